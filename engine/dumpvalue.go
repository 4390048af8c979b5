package engine

import (
	"math"
	"unsafe"

	"perigee/engine/listpack"
	"perigee/engine/rdb"
)

// appendValue appends the type byte and the bytes of the entry's value as
// Redis 7.0 serialises them, and returns the version of the format that they
// need.
func (h *header) appendValue(b []byte) ([]byte, uint16) {
	switch h.kind {
	case KindString:
		b = rdb.AppendString(append(b, byte(rdb.TypeString)), stringOf(h))
	case KindList:
		b = (*listValue)(unsafe.Pointer(h)).appendList(b)
	case KindSet:
		b = (*setValue)(unsafe.Pointer(h)).appendSet(b)
	case KindHash:
		v := (*hashValue)(unsafe.Pointer(h))
		if v.timed != nil && v.timed.count > 0 {
			return v.appendTimedHash(b), rdb.Newest
		}
		b = v.appendHash(b)
	case KindSortedSet:
		b = (*zsetValue)(unsafe.Pointer(h)).appendZSet(b)
	case KindStream:
		b = (*streamValue)(unsafe.Pointer(h)).appendStream(b)
	}
	return b, rdb.Version
}

func (v *listValue) appendList(b []byte) []byte {
	b = rdb.AppendLen(append(b, byte(rdb.TypeListQuicklist2)), uint64(v.list.Nodes()))
	v.list.EachNode(func(pack listpack.List, element []byte) {
		if pack != nil {
			b = rdb.AppendString(rdb.AppendLen(b, rdb.NodePacked), pack)
		} else {
			b = rdb.AppendString(rdb.AppendLen(b, rdb.NodePlain), element)
		}
	})
	return b
}

// appendSet writes a small set of strings member by member, as 7.0 does not
// know listpacks of sets; whoever reads it makes one of it again.
func (v *setValue) appendSet(b []byte) []byte {
	if v.ints != nil {
		return rdb.AppendString(append(b, byte(rdb.TypeSetIntset)), v.ints.Append(nil))
	}
	b = rdb.AppendLen(append(b, byte(rdb.TypeSet)), uint64(v.Len()))
	v.Each(func(member []byte) bool {
		b = rdb.AppendString(b, member)
		return true
	})
	return b
}

func (v *hashValue) appendHash(b []byte) []byte {
	if v.pack != nil && v.timed == nil {
		return rdb.AppendString(append(b, byte(rdb.TypeHashListpack)), v.pack)
	}
	b = rdb.AppendLen(append(b, byte(rdb.TypeHash)), uint64(v.Len()))
	v.Each(func(field, value []byte) bool {
		b = rdb.AppendString(rdb.AppendString(b, field), value)
		return true
	})
	return b
}

// appendTimedHash writes a hash of which fields have deadlines field by field,
// as Redis 7.4 does a large one: whoever reads it makes a small one of it again.
func (v *hashValue) appendTimedHash(b []byte) []byte {
	first := v.timed.next
	b = rdb.AppendInt64(append(b, byte(rdb.TypeHashFieldTTL)), first)
	b = rdb.AppendLen(b, uint64(v.Len()))
	v.eachTimed(func(field, value []byte, at int64) bool {
		if at != 0 {
			at -= first - 1
		}
		b = rdb.AppendString(rdb.AppendString(rdb.AppendLen(b, uint64(at)), field), value)
		return true
	})
	return b
}

// appendZSet writes a large sorted set from its end on, as Redis does: a skip
// list is filled fastest that way.
func (v *zsetValue) appendZSet(b []byte) []byte {
	if v.pack != nil {
		return rdb.AppendString(append(b, byte(rdb.TypeZSetListpack)), v.pack)
	}
	b = rdb.AppendLen(append(b, byte(rdb.TypeZSet2)), uint64(v.Len()))
	v.walk(v.Len()-1, math.MaxInt, true, func(member []byte, score float64) bool {
		b = rdb.AppendDouble(rdb.AppendString(b, member), score)
		return true
	})
	return b
}
