package engine

import (
	"math"
	"strconv"

	"perigee/engine/dict"
	"perigee/engine/listpack"
	"perigee/engine/ztree"
)

// choose calls fn for n different members, n being at most Len. Cost: O(n), or
// O(Len) in a pack or for many.
func (v *zsetValue) choose(n int, fn func(member []byte, score float64) bool) {
	if v.index != nil && distinctIsRare(n, v.Len()) {
		v.ks.drawDistinct(v.index.members, n, func(e dict.Entry) {
			it := (*ztree.Item)(e)
			fn(it.Member(), it.Score())
		})
		return
	}
	s := selection{v.ks, n, v.Len()}
	v.Each(func(member []byte, score float64) bool {
		if s.take() {
			fn(member, score)
		}
		return s.need > 0
	})
}

// repeat calls fn for n random members, which may come more than once. Cost:
// O(n), and O(Len) more in a pack.
func (v *zsetValue) repeat(n int, fn func(member []byte, score float64) bool) {
	if v.index != nil {
		for ; n > 0; n-- {
			it := (*ztree.Item)(v.index.members.Random(v.ks.Rand))
			fn(it.Member(), it.Score())
		}
		return
	}
	offsets := make([]int, 0, v.Len())
	for off := v.pack.First(); off >= 0; off = v.pack.Next(v.pack.Next(off)) {
		offsets = append(offsets, off)
	}
	var scratch [listpack.ScratchSize]byte
	for ; n > 0; n-- {
		off := offsets[v.ks.RandN(len(offsets))]
		fn(v.pack.Get(off, scratch[:0]), v.scoreAt(v.pack.Next(off)))
	}
}

// scan visits some members and the text of their scores from cursor on and
// returns the cursor to go on from. The slices stay valid until the next write.
func (v *zsetValue) scan(cursor uint64, o *scanOptions, visit func(member, score []byte)) uint64 {
	if v.index != nil {
		return o.table(v.index.members, cursor, func(e dict.Entry) {
			if it := (*ztree.Item)(e); o.matches(it.Member()) {
				visit(it.Member(), appendScannedScore(nil, it.Score()))
			}
		})
	}
	for off := v.pack.First(); off >= 0; off = v.pack.Next(v.pack.Next(off)) {
		if member := textAt(v.pack, off); o.matches(member) {
			visit(member, textAt(v.pack, v.pack.Next(off)))
		}
	}
	return 0
}

// appendScannedScore writes a score of an index as ZSCAN shows it: with 17
// digits, unlike all other commands, as C's %.17g does.
func appendScannedScore(b []byte, score float64) []byte {
	switch {
	case math.IsInf(score, 1):
		return append(b, "inf"...)
	case math.IsInf(score, -1):
		return append(b, "-inf"...)
	}
	return strconv.AppendFloat(b, score, 'g', 17, 64)
}
