// Package quicklist is the list value: a sequence of nodes, each of which holds
// a run of elements in one listpack, or one large element by itself.
//
// Every element has a persistent address (pos, index): pos names and orders the
// nodes, and the elements of a node have consecutive indexes from the node's
// base on. A push or a pop at an end touches one address; an edit in the middle
// shifts the shorter side of its node, at most half a node's elements.
//
// Every change reports the addresses that it puts and deletes to a Changes. In
// their order, on an ordered map keyed by address, these always yield the list;
// Apply and ApplyDel do the same to a List, forwards for replay and backwards,
// with the old values, for undo.
//
// A List belongs to one goroutine and must not change during an iteration.
package quicklist

import (
	"unsafe"

	"perigee/engine/listpack"
	"perigee/engine/sizeclass"
)

// Changes receives what a mutation changes, before the list itself changes. A
// nil *Changes ignores it. The slices are valid during the call only.
//
// The changes of one mutation come in an order in which the indexes of each
// node stay without holes after every single change, forwards as well as
// backwards: a shift starts at the end of the node that grows, a removal
// deletes from the end inwards, and a moved run is put whole at its new place
// before it goes, from the end, at its old one.
type Changes struct {
	// Put tells that the address now holds value, and what it held before.
	Put func(pos uint64, idx int32, value, old []byte, had bool)
	// Del tells that the address, which held old, is absent now.
	Del func(pos uint64, idx int32, old []byte)

	value, old [listpack.ScratchSize]byte // texts of integer elements
}

// List is a list value. New makes one.
//
// Invariants, held between mutations and after Settle:
//  1. nodes are in strictly ascending order of pos, and none is empty;
//  2. count is the sum of the nodes' counts, mem of their bytes;
//  3. the indexes of a node, base to base+count-1, fit an int32;
//  4. unless quick, there is at most one node, and it is packed.
type List struct {
	buf   []*node // the nodes are buf[lo:]
	lo    int
	count int
	mem   int
	loose map[*node]map[int32][]byte // content of the nodes in loose form
	fill  int16
	quick bool // the encoding to show
}

// New returns an empty list. fill bounds the nodes as list-max-listpack-size
// does: -1 to -5 for 4 to 64 KB, a positive number for so many elements.
func New(fill int) *List {
	l := &List{}
	l.SetFill(fill)
	return l
}

// SetFill changes the bound for nodes; it holds for changes from now on.
func (l *List) SetFill(fill int) { l.fill = int16(max(-5, min(fill, 1<<15-1))) }

// Len returns the number of elements.
func (l *List) Len() int { return l.count }

// Bytes returns the memory that the list takes; O(1).
func (l *List) Bytes() int {
	return int(unsafe.Sizeof(*l)) + sizeclass.WithPointers(cap(l.buf)*int(unsafe.Sizeof(l))) + l.mem
}

// At returns element index, which must be within the list: a part of the list,
// valid until it changes, or scratch, which should have a capacity of
// listpack.ScratchSize. O(nodes), from the nearer end.
func (l *List) At(index int, scratch []byte) []byte {
	di, k := l.locate(index)
	c := l.nodes()[di].at(k)
	return c.value(scratch)
}

// PushLeft adds the value before the first element; bounded by the node's size.
func (l *List) PushLeft(value []byte, c *Changes) {
	l.grow(1, len(value))
	if ns := l.nodes(); len(ns) > 0 && l.canInsert(ns[0], 0, value) {
		l.insertInto(ns[0], 0, value, c)
		return
	}
	l.addNode(0, value, c)
}

// PushRight adds the value behind the last element; amortised O(1).
func (l *List) PushRight(value []byte, c *Changes) {
	l.grow(1, len(value))
	ns := l.nodes()
	if last := len(ns) - 1; last >= 0 && l.canInsert(ns[last], ns[last].len(), value) {
		l.insertInto(ns[last], ns[last].len(), value, c)
		return
	}
	l.addNode(len(ns), value, c)
}

// PopLeft removes the first element and returns it, appended to dst[:0] or in a
// slice of its own; false if the list is empty.
func (l *List) PopLeft(dst []byte, c *Changes) ([]byte, bool) {
	return l.pop(0, dst, c)
}

// PopRight removes the last element, otherwise like PopLeft.
func (l *List) PopRight(dst []byte, c *Changes) ([]byte, bool) {
	return l.pop(l.count-1, dst, c)
}

func (l *List) pop(index int, dst []byte, c *Changes) ([]byte, bool) {
	if l.count == 0 {
		return nil, false
	}
	value := append(dst[:0], l.At(index, dst)...)
	l.RemoveRange(index, 1, c)
	return value, true
}

// Set replaces element index, which must be within the list.
func (l *List) Set(index int, value []byte, c *Changes) {
	di, k := l.locate(index)
	n := l.nodes()[di]
	l.grow(1, len(value))
	if n.count > 1 && l.large(value) {
		l.isolate(di, k, value, c)
		return
	}
	c.replace(n, k, value)
	l.replaceIn(n, k, value)
	if n.count > 1 && l.quick && len(n.data) > l.maxBytes() {
		l.split(di, n.len()/2, c)
	}
	l.shrink()
}

// Insert adds the value before element index; at Len() behind the last one.
func (l *List) Insert(index int, value []byte, c *Changes) {
	if index == l.count {
		l.PushRight(value, c)
		return
	}
	di, k := l.locate(index)
	l.grow(1, len(value))
	l.insertAt(di, k, value, c)
}

// InsertBefore adds the value before the first element equal to pivot and tells
// whether there is one; O(n).
func (l *List) InsertBefore(pivot, value []byte, c *Changes) bool {
	return l.insertBy(pivot, value, 0, c)
}

// InsertAfter adds the value behind the first element equal to pivot.
func (l *List) InsertAfter(pivot, value []byte, c *Changes) bool {
	return l.insertBy(pivot, value, 1, c)
}

func (l *List) insertBy(pivot, value []byte, behind int, c *Changes) bool {
	// The encoding grows even if the pivot turns out to be missing, as it does
	// in Redis.
	l.grow(1, len(value))
	needle := listpack.NewNeedle(pivot)
	for it := l.Iter(0); it.Valid(); it.Next() {
		if it.Matches(needle) {
			l.insertAt(it.di, it.cur.k+behind, value, c)
			return true
		}
	}
	return false
}

// Clone returns a copy that shares nothing with the list; O(bytes).
func (l *List) Clone() *List {
	l.ready()
	d := *l
	d.buf, d.lo = make([]*node, 0, len(l.nodes())), 0
	d.mem = 0
	for _, n := range l.nodes() {
		m := *n
		m.data = append(make([]byte, 0, len(n.data)), n.data...)
		d.buf = append(d.buf, &m)
		d.mem += m.bytes()
	}
	return &d
}
