package stream

import "slices"

// Indexed is what an Index holds: something with an ID that does not change.
type Indexed interface {
	comparable
	IndexID() ID
}

// chunkSize bounds how many items lie in one chunk of an Index.
const chunkSize = 256

// Index is a sequence of items in strictly ascending order of their IDs: a list
// of chunks, so that it is searched in O(log n), grows at its end in O(1) and
// changes elsewhere by moving a chunk's pointers. The zero value is empty.
type Index[T Indexed] struct {
	chunks [][]T // none is empty
	length int
	room   int // items that the chunks have room for
}

// Place is where an item stands in an Index; it is void after a change.
type Place struct{ chunk, at int }

// Len counts the items.
func (x *Index[T]) Len() int { return x.length }

// Bytes is the memory of the index without its items, which are pointers. O(1).
func (x *Index[T]) Bytes() int {
	const sliceHeader, pointer = 24, 8
	return cap(x.chunks)*sliceHeader + x.room*pointer
}

// Seek returns the place of the first item whose ID is not below id, the end
// if there is none. O(log n).
func (x *Index[T]) Seek(id ID) Place {
	c, _ := slices.BinarySearchFunc(x.chunks, id, func(chunk []T, id ID) int {
		return chunk[len(chunk)-1].IndexID().Compare(id)
	})
	if c == len(x.chunks) {
		return x.End()
	}
	at, _ := slices.BinarySearchFunc(x.chunks[c], id, func(item T, id ID) int { return item.IndexID().Compare(id) })
	return Place{c, at}
}

// Find returns the item with an ID, and whether there is one.
func (x *Index[T]) Find(id ID) (item T, ok bool) {
	if item, ok = x.At(x.Seek(id)); ok && item.IndexID() == id {
		return item, true
	}
	var none T
	return none, false
}

// Begin is the place of the first item, End that behind the last.
func (x *Index[T]) Begin() Place { return Place{} }
func (x *Index[T]) End() Place   { return Place{len(x.chunks), 0} }

// Last returns the last item, and whether there is one.
func (x *Index[T]) Last() (item T, ok bool) {
	p, ok := x.Prev(x.End())
	if !ok {
		return item, false
	}
	return x.At(p)
}

// First returns the first item, and whether there is one.
func (x *Index[T]) First() (item T, ok bool) { return x.At(x.Begin()) }

// At returns the item at a place, and whether there is one.
func (x *Index[T]) At(p Place) (item T, ok bool) {
	if p.chunk >= len(x.chunks) {
		return item, false
	}
	return x.chunks[p.chunk][p.at], true
}

// Next returns the place behind p, which is that of an item.
func (x *Index[T]) Next(p Place) Place {
	if p.at++; p.at == len(x.chunks[p.chunk]) {
		return Place{p.chunk + 1, 0}
	}
	return p
}

// Prev returns the place before p; false if there is none.
func (x *Index[T]) Prev(p Place) (Place, bool) {
	if p.at > 0 {
		return Place{p.chunk, p.at - 1}, true
	}
	if p.chunk == 0 {
		return p, false
	}
	return Place{p.chunk - 1, len(x.chunks[p.chunk-1]) - 1}, true
}

// Each calls fn for every item in order until it returns false.
func (x *Index[T]) Each(fn func(item T) bool) {
	for _, c := range x.chunks {
		for _, item := range c {
			if !fn(item) {
				return
			}
		}
	}
}

// Insert adds an item, whose ID must not be there yet.
func (x *Index[T]) Insert(item T) {
	x.length++
	last := len(x.chunks) - 1
	if last >= 0 {
		if c := x.chunks[last]; !c[len(c)-1].IndexID().Less(item.IndexID()) {
			x.insertAt(x.Seek(item.IndexID()), item)
			return
		} else if len(c) < chunkSize {
			x.set(last, append(c, item))
			return
		}
	}
	x.chunks = append(x.chunks, nil)
	x.set(last+1, []T{item})
}

// set replaces a chunk and counts its room.
func (x *Index[T]) set(c int, chunk []T) {
	x.room += cap(chunk) - cap(x.chunks[c])
	x.chunks[c] = chunk
}

// insertAt puts an item before the one at p; a chunk that is full is halved.
func (x *Index[T]) insertAt(p Place, item T) {
	c := x.chunks[p.chunk]
	if len(c) == chunkSize {
		const half = chunkSize / 2
		x.chunks = slices.Insert(x.chunks, p.chunk+1, nil)
		x.set(p.chunk+1, slices.Clone(c[half:]))
		clear(c[half:])
		c = c[:half]
		x.chunks[p.chunk] = c
		if p.at > half {
			p = Place{p.chunk + 1, p.at - half}
			c = x.chunks[p.chunk]
		}
	}
	x.set(p.chunk, slices.Insert(c, p.at, item))
}

// Delete removes the item with an ID and returns it, and whether it was there.
func (x *Index[T]) Delete(id ID) (item T, ok bool) {
	p := x.Seek(id)
	if item, ok = x.At(p); !ok || item.IndexID() != id {
		var none T
		return none, false
	}
	x.length--
	x.chunks[p.chunk] = slices.Delete(x.chunks[p.chunk], p.at, p.at+1)
	x.shrink(p.chunk)
	return item, true
}

// shrink drops a chunk that is empty, and joins one that is nearly so with the
// one behind it if they fit well.
func (x *Index[T]) shrink(c int) {
	switch n := len(x.chunks[c]); {
	case n == 0:
		x.drop(c)
	case n < chunkSize/4 && c+1 < len(x.chunks) && n+len(x.chunks[c+1]) <= chunkSize/2:
		x.set(c, append(x.chunks[c], x.chunks[c+1]...))
		x.drop(c + 1)
	}
}

// drop removes a chunk; the first goes without moving the others.
func (x *Index[T]) drop(c int) {
	x.set(c, nil)
	if c == 0 {
		x.chunks = x.chunks[1:]
		return
	}
	x.chunks = slices.Delete(x.chunks, c, c+1)
}
