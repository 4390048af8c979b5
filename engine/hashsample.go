package engine

import (
	"bytes"

	"perigee/engine/dict"
	"perigee/engine/listpack"
)

// random returns a field and its value, each equally likely; the hash has one
// whose deadline has not passed.
func (v *hashValue) random() (field, value []byte) {
	if v.due() {
		v.choose(1, func(f, val []byte) { field, value = bytes.Clone(f), bytes.Clone(val) })
		return field, value
	}
	if v.table != nil {
		f := (*hashField)(v.table.Random(v.ks.Rand))
		return f.name(), f.value()
	}
	off := v.pack.Seek(v.width() * v.ks.RandN(v.Len()))
	return textAt(v.pack, off), textAt(v.pack, v.pack.Next(off))
}

// choose calls fn for n different fields, n being at most Live. Cost: O(n), or
// O(Len) in a pack and while there are fields past their deadline.
func (v *hashValue) choose(n int, fn func(field, value []byte)) {
	if v.table != nil && distinctIsRare(n, v.Len()) && !v.due() {
		v.ks.drawDistinct(v.table, n, func(e dict.Entry) {
			f := (*hashField)(e)
			fn(f.name(), f.value())
		})
		return
	}
	s := selection{v.ks, n, v.Live()}
	v.Each(func(field, value []byte) bool {
		if s.take() {
			fn(field, value)
		}
		return s.need > 0
	})
}

// repeat calls fn for n random fields, which may come more than once; the hash
// has one. Cost: O(n), and O(Len) more in a pack and while there are fields
// past their deadline.
func (v *hashValue) repeat(n int64, fn func(field, value []byte)) {
	if v.due() {
		v.repeatLive(n, fn)
		return
	}
	if v.table != nil {
		for ; n > 0; n-- {
			fn(v.random())
		}
		return
	}
	offsets := make([]int, 0, v.Len())
	for off := v.pack.First(); off >= 0; off = v.nextField(off) {
		offsets = append(offsets, off)
	}
	var a, b [listpack.ScratchSize]byte
	for ; n > 0; n-- {
		off := offsets[v.ks.RandN(len(offsets))]
		fn(v.pack.Get(off, a[:0]), v.pack.Get(v.pack.Next(off), b[:0]))
	}
}

func (v *hashValue) repeatLive(n int64, fn func(field, value []byte)) {
	var live [][2][]byte
	v.Each(func(field, value []byte) bool {
		live = append(live, [2][]byte{bytes.Clone(field), bytes.Clone(value)})
		return true
	})
	for ; n > 0; n-- {
		pair := live[v.ks.RandN(len(live))]
		fn(pair[0], pair[1])
	}
}

// nextField returns the offset of the field behind the one at off in the
// pack, -1 at the end.
func (v *hashValue) nextField(off int) int {
	for range v.width() {
		if off = v.pack.Next(off); off < 0 {
			return -1
		}
	}
	return off
}

// scan visits some fields from cursor on and returns the cursor to go on from.
// The slices stay valid until the next write.
func (v *hashValue) scan(cursor uint64, o *scanOptions, visit func(field, value []byte)) uint64 {
	if v.table != nil {
		return o.table(v.table, cursor, func(e dict.Entry) {
			if f := (*hashField)(e); o.matches(f.name()) && !v.hides(f.deadline()) {
				visit(f.name(), f.value())
			}
		})
	}
	for off := v.pack.First(); off >= 0; off = v.nextField(off) {
		field := textAt(v.pack, off)
		if o.matches(field) && (v.timed == nil || !v.hides(v.deadlineAt(off))) {
			visit(field, textAt(v.pack, v.pack.Next(off)))
		}
	}
	return 0
}
