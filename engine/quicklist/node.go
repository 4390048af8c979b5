package quicklist

import (
	"math"
	"slices"
	"sort"
	"unsafe"

	"perigee/engine/listpack"
	"perigee/engine/sizeclass"
)

// form is how a node holds its elements.
type form uint8

const (
	packed form = iota // data is a listpack of all elements
	plain              // data is the only element
	loose              // the list's loose map holds the elements by index
)

// node is a run of elements with consecutive indexes from base on.
type node struct {
	pos   uint64
	base  int32
	count int32
	data  []byte
	form  form
}

func (n *node) len() int { return int(n.count) }

func (n *node) pack() listpack.List { return listpack.List(n.data) }

func (n *node) bytes() int {
	return sizeclass.WithPointers(int(unsafe.Sizeof(*n))) + sizeclass.Of(cap(n.data))
}

// index returns the persistent index of element k.
func (n *node) index(k int) int32 { return n.base + int32(k) }

// hasRoomLeft tells whether the index before the first one exists.
func (n *node) hasRoomLeft() bool { return n.base > math.MinInt32 }

func (n *node) hasRoomRight() bool { return int64(n.base)+int64(n.count) <= math.MaxInt32 }

// at returns a cursor at element k of a packed or plain node.
func (n *node) at(k int) cursor {
	c := cursor{n: n, k: k}
	if n.form == packed {
		c.off = n.pack().Seek(k)
	}
	return c
}

// cursor stands at element k of a node, or just off either end.
type cursor struct {
	n   *node
	k   int
	off int
}

func (c *cursor) next() {
	c.k++
	if c.n.form == packed {
		c.off = c.n.pack().Next(c.off)
	}
}

func (c *cursor) prev() {
	c.k--
	if c.n.form == packed {
		c.off = c.n.pack().Prev(c.off)
	}
}

func (c *cursor) value(scratch []byte) []byte {
	if c.n.form == packed {
		return c.n.pack().Get(c.off, scratch)
	}
	return c.n.data
}

func (c *cursor) matches(needle listpack.Needle) bool {
	if c.n.form == packed {
		return c.n.pack().Matches(c.off, needle)
	}
	return needle.EqualBytes(c.n.data)
}

func (l *List) nodes() []*node { return l.buf[l.lo:] }

// locate returns the node of element index and the element's place in it,
// counting from the nearer end.
func (l *List) locate(index int) (di, k int) {
	l.ready()
	if index < 0 || index >= l.count {
		panic("quicklist: index out of range")
	}
	ns := l.nodes()
	if index <= l.count/2 {
		for index >= ns[di].len() {
			index -= ns[di].len()
			di++
		}
		return di, index
	}
	fromEnd := l.count - index
	for di = len(ns) - 1; fromEnd > ns[di].len(); di-- {
		fromEnd -= ns[di].len()
	}
	return di, ns[di].len() - fromEnd
}

// find returns the place of the node at pos, or where it would stand.
func (l *List) find(pos uint64) (di int, ok bool) {
	ns := l.nodes()
	switch last := len(ns) - 1; {
	case last < 0 || pos > ns[last].pos:
		return len(ns), false
	case pos == ns[last].pos:
		return last, true
	}
	di = sort.Search(len(ns), func(i int) bool { return ns[i].pos >= pos })
	return di, ns[di].pos == pos
}

// insertNode adds a node to the directory, amortised O(1) at both ends.
func (l *List) insertNode(di int, n *node) {
	l.mem += n.bytes()
	if di > 0 || len(l.buf) == 0 {
		l.buf = slices.Insert(l.buf, l.lo+di, n)
		return
	}
	if l.lo == 0 {
		room := len(l.buf)/2 + 1
		grown := make([]*node, room+len(l.buf))
		copy(grown[room:], l.buf)
		l.buf, l.lo = grown, room
	}
	l.lo--
	l.buf[l.lo] = n
}

// removeNodes takes the nodes [from, to) out of the directory.
func (l *List) removeNodes(from, to int) {
	for _, n := range l.nodes()[from:to] {
		l.mem -= n.bytes()
	}
	if from > 0 {
		l.buf = slices.Delete(l.buf, l.lo+from, l.lo+to)
		return
	}
	clear(l.nodes()[:to])
	l.lo += to
	if live := len(l.nodes()); live == 0 {
		l.buf, l.lo = nil, 0
	} else if l.lo > 2*live+8 {
		l.buf, l.lo = append(make([]*node, 0, live+live/4+1), l.nodes()...), 0
	}
}

// setData gives a node its new content, keeping account of memory.
func (l *List) setData(n *node, f form, data []byte) {
	l.mem += sizeclass.Of(cap(data)) - sizeclass.Of(cap(n.data))
	n.form, n.data = f, data
}

// single returns how a node holds the value alone.
func (l *List) single(value []byte) (form, []byte) {
	if l.large(value) {
		return plain, append(make([]byte, 0, len(value)), value...)
	}
	return packed, listpack.New().Append(value)
}

// replaceIn puts value in place of element k.
func (l *List) replaceIn(n *node, k int, value []byte) {
	if n.count == 1 {
		f, data := l.single(value)
		l.setData(n, f, data)
		return
	}
	l.setData(n, packed, n.pack().Replace(n.pack().Seek(k), value))
}

// cutFront removes the first k elements, but not all.
func (l *List) cutFront(n *node, k int) {
	l.setData(n, packed, trimmed(n.pack().DeleteRange(0, k)))
	n.base += int32(k)
	n.count -= int32(k)
}

// cutBack removes all but the first k elements, k > 0.
func (l *List) cutBack(n *node, k int) {
	l.setData(n, packed, trimmed(n.pack().DeleteRange(k, n.len()-k)))
	n.count = int32(k)
}

// trimmed gives memory back when most of the capacity is spare.
func trimmed(data []byte) []byte {
	if cap(data) > 256 && len(data) < cap(data)/4 {
		return append(make([]byte, 0, len(data)*2), data...)
	}
	return data
}

// maxOverhead bounds what an entry takes besides the text of its value.
const maxOverhead = 10

// roomy returns a node's pack, with room for the value if it is larger than
// most small lists ever get: then it is likely to grow on to the bound.
func (l *List) roomy(n *node, value []byte) listpack.List {
	if len(n.data)+len(value)+maxOverhead <= cap(n.data) {
		return n.pack() // most often, and without encoding the value twice
	}
	need := len(n.data) + listpack.EntrySize(value)
	if need <= cap(n.data) || need < 256 {
		return n.pack()
	}
	room := max(need, min(2*need, l.maxBytes()))
	return append(make(listpack.List, 0, room), n.data...)
}

// clip gives back the spare capacity of a node that is not expected to grow.
func (l *List) clip(n *node) {
	if cap(n.data) > len(n.data)+len(n.data)/16 {
		l.setData(n, n.form, append(make([]byte, 0, len(n.data)), n.data...))
	}
}
