package stream

import "perigee/engine/listpack"

// Iter goes through a range of live entries. Range makes one.
type Iter struct {
	log        *Log
	start, end ID
	backwards  bool
	place      Place
	block      *Block // nil when the next is the one at place
	done       bool
	head       master
	off        int // forwards: of the next entry; backwards: behind it
	entry      entry
	a, b       [listpack.ScratchSize]byte // texts of integers
	id         [41]byte
}

// Range returns an iterator over the entries from start to end, both of which
// belong to it. O(log n), and the size of a block.
func (l *Log) Range(start, end ID, backwards bool) Iter {
	it := Iter{log: l, start: start, end: end, backwards: backwards}
	from := start
	if backwards {
		from = end
	}
	// The block of an ID is the last that does not begin above it.
	it.place = l.blocks.Seek(from)
	if b, ok := l.blocks.At(it.place); !ok || b.first != from {
		p, found := l.blocks.Prev(it.place)
		if found {
			it.place = p
		} else if backwards || !ok {
			it.done = true
		}
	}
	return it
}

// Next goes to the next entry, and tells whether there is one.
func (it *Iter) Next() bool {
	for !it.done {
		if it.block == nil && !it.open() {
			break
		}
		if !it.step() {
			it.leave()
			continue
		}
		e := &it.entry
		switch {
		case e.deleted:
		case e.id.Less(it.start):
			it.done = it.backwards
		case it.end.Less(e.id):
			it.done = !it.backwards
		default:
			return true
		}
	}
	it.done = true
	return false
}

// Count counts the entries from start to end, but not beyond most. Blocks that
// lie within are counted whole.
func (l *Log) Count(start, end ID, most int) int {
	if end.Less(start) {
		return 0
	}
	n := 0
	for it := l.Range(start, end, false); n < most; it.leave() {
		if it.done || !it.open() {
			break
		}
		next, ok := l.blocks.At(l.blocks.Next(it.place))
		if ok && !it.block.first.Less(start) && !end.Less(next.first) {
			n += it.head.live
			continue
		}
		for it.step() {
			if e := &it.entry; !e.deleted && !e.id.Less(start) && !end.Less(e.id) {
				n++
			}
		}
		if ok && end.Less(next.first) {
			break
		}
	}
	return min(n, most)
}

// open begins the block at place.
func (it *Iter) open() bool {
	b, ok := it.log.blocks.At(it.place)
	if !ok {
		return false
	}
	it.block, it.head = b, b.master()
	it.off = b.end()
	if !it.backwards {
		it.off = b.entries(it.head)
	}
	return true
}

// step reads the next entry of the block, deleted ones included.
func (it *Iter) step() bool {
	if it.backwards {
		at, ok := it.block.before(it.off)
		if !ok {
			return false
		}
		it.off, it.entry = at, it.block.read(at, it.head)
		return true
	}
	if it.off >= it.block.end() {
		return false
	}
	it.entry = it.block.read(it.off, it.head)
	it.off = it.block.behind(it.entry)
	return true
}

// leave goes on to the next block.
func (it *Iter) leave() {
	it.block = nil
	if !it.backwards {
		it.place = it.log.blocks.Next(it.place)
		return
	}
	p, ok := it.log.blocks.Prev(it.place)
	it.place, it.done = p, !ok
}

// ID is the entry's.
func (it *Iter) ID() ID { return it.entry.id }

// IDText is the entry's ID as clients see it, valid until the next.
func (it *Iter) IDText() []byte { return it.entry.id.AppendText(it.id[:0]) }

// Fields counts the entry's fields.
func (it *Iter) Fields() int { return it.entry.fields }

// Each calls fn for every field of the entry. The slices are valid during the
// call.
func (it *Iter) Each(fn func(field, value []byte)) {
	pack, name, value := it.block.pack, it.head.names, it.entry.body
	for range it.entry.fields {
		var field, text []byte
		if it.entry.same {
			field, name = pack.Read(name, it.a[:0])
		} else {
			field, value = pack.Read(value, it.a[:0])
		}
		text, value = pack.Read(value, it.b[:0])
		fn(field, text)
	}
}
