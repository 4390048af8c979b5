package engine

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"unsafe"

	"perigee/engine/stream"
)

// A signature is a digest of data that is the same however they are held, and
// equal to that of Redis but for scores of -0, which count as 0. What has no
// order is xored into it, what has one is mixed.
type signature [sha1.Size]byte

// String is the signature in hexadecimal.
func (d signature) String() string { return hex.EncodeToString(d[:]) }

// xor adds bytes whose place does not matter.
func (d *signature) xor(b []byte) {
	for i, c := range sha1.Sum(b) {
		d[i] ^= c
	}
}

// mix adds bytes behind those that were added before.
func (d *signature) mix(b []byte) {
	d.xor(b)
	*d = sha1.Sum(d[:])
}

func (d *signature) mixInt(n int) { d.mix(binary.BigEndian.AppendUint32(nil, uint32(n))) }

// digest is the signature of all databases. O(all data).
func (e *Engine) digest() signature {
	var all signature
	for _, ks := range e.dbs {
		if ks.Len() == 0 {
			continue
		}
		all.mixInt(ks.index)
		ks.keys.Each(func(p unsafe.Pointer) bool {
			h := entry(p)
			var d signature
			d.mix(h.keyBytes())
			d.addValue(h)
			all.xor(d[:])
			return true
		})
	}
	return all
}

// digestAt is the signature of the value at key, zero if there is none.
func (ks *Keyspace) digestAt(key []byte) signature {
	var d signature
	if h := ks.find(key); h != nil {
		d.addValue(h)
	}
	return d
}

// redisTypes are the numbers by which Redis knows types.
var redisTypes = map[Kind]int{KindString: 0, KindList: 1, KindSet: 2, KindSortedSet: 3, KindHash: 4, KindStream: 6}

// addValue adds an entry's type, value and whether it has a deadline.
func (d *signature) addValue(h entry) {
	d.mixInt(redisTypes[h.kind])
	switch h.kind {
	case KindString:
		d.mix(stringOf(h))
	case KindList:
		v := (*listValue)(unsafe.Pointer(h))
		for it := v.list.Iter(0); it.Valid(); it.Next() {
			d.mix(it.Value(v.ks.e.lists.scratch[:]))
		}
	case KindSet:
		(*setValue)(unsafe.Pointer(h)).Each(func(member []byte) bool {
			d.xor(member)
			return true
		})
	case KindSortedSet:
		(*zsetValue)(unsafe.Pointer(h)).Each(func(member []byte, score float64) bool {
			var one signature
			one.mix(member)
			one.mix(appendScannedScore(nil, score+0))
			d.xor(one[:])
			return true
		})
	case KindHash:
		(*hashValue)(unsafe.Pointer(h)).eachTimed(func(field, value []byte, at int64) bool {
			var one signature
			one.mix(field)
			one.mix(value)
			if at != 0 {
				one.xor([]byte("!!hexpire!!"))
			}
			d.xor(one[:])
			return true
		})
	case KindStream:
		d.addStream((*streamValue)(unsafe.Pointer(h)))
	}
	if h.deadlineMs() != 0 {
		d.xor([]byte("!!expire!!"))
	}
}

func (d *signature) addStream(v *streamValue) {
	it := v.log.Range(stream.ID{}, stream.Max, false)
	for it.Next() {
		id := it.ID()
		d.mix(strconv.AppendUint(append(strconv.AppendUint(nil, id.Ms, 10), '.'), id.Seq, 10))
		it.Each(func(field, value []byte) {
			d.mix(field)
			d.mix(value)
		})
	}
}
