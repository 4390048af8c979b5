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
		b = (*hashValue)(unsafe.Pointer(h)).appendHash(b)
	case KindSortedSet:
		b = (*zsetValue)(unsafe.Pointer(h)).appendZSet(b)
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
	if v.pack != nil {
		return rdb.AppendString(append(b, byte(rdb.TypeHashListpack)), v.pack)
	}
	b = rdb.AppendLen(append(b, byte(rdb.TypeHash)), uint64(v.Len()))
	v.Each(func(field, value []byte) bool {
		b = rdb.AppendString(rdb.AppendString(b, field), value)
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
