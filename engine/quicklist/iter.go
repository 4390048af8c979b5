package quicklist

import "perigee/engine/listpack"

// Iter walks a list in either direction:
//
//	for it := l.Iter(0); it.Valid(); it.Next() { … it.Value(scratch) … }
type Iter struct {
	l   *List
	di  int
	cur cursor
}

// Iter returns an iterator at element index; it is not valid if there is none.
func (l *List) Iter(index int) Iter {
	l.ready()
	if index < 0 || index >= l.count {
		return Iter{l: l, di: -1}
	}
	di, k := l.locate(index)
	return Iter{l, di, l.nodes()[di].at(k)}
}

// Valid tells whether the iterator is at an element.
func (it *Iter) Valid() bool { return it.di >= 0 }

// Value returns the element, as List.At does.
func (it *Iter) Value(scratch []byte) []byte { return it.cur.value(scratch) }

// Matches tells whether the element equals the needle's value, without making
// text of an integer.
func (it *Iter) Matches(needle listpack.Needle) bool { return it.cur.matches(needle) }

// Address returns the element's persistent address.
func (it *Iter) Address() (pos uint64, idx int32) {
	return it.cur.n.pos, it.cur.n.index(it.cur.k)
}

// Next goes to the next element; behind the last one the iterator is not valid.
func (it *Iter) Next() {
	it.cur.next()
	if it.cur.k < it.cur.n.len() {
		return
	}
	if it.di++; it.di == len(it.l.nodes()) {
		it.di = -1
		return
	}
	it.cur = it.l.nodes()[it.di].at(0)
}

// Each calls fn for n elements from index on, which must be within the list,
// with values as At returns them. It is faster than an Iter.
func (l *List) Each(index, n int, scratch []byte, fn func(value []byte)) {
	if n <= 0 {
		return
	}
	di, k := l.locate(index)
	for ; n > 0; di, k = di+1, 0 {
		here := l.nodes()[di]
		run := min(n, here.len()-k)
		n -= run
		if here.form == plain {
			fn(here.data)
			continue
		}
		pack := here.pack()
		for off := pack.Seek(k); run > 0; run-- {
			var value []byte
			value, off = pack.Read(off, scratch)
			fn(value)
		}
	}
}

// Prev goes to the element before; before the first one it is not valid.
func (it *Iter) Prev() {
	it.cur.prev()
	if it.cur.k >= 0 {
		return
	}
	if it.di--; it.di < 0 {
		return
	}
	n := it.l.nodes()[it.di]
	it.cur = n.at(n.len() - 1)
}
