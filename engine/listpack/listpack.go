// Package listpack holds short byte strings and integers in one contiguous
// block, in the listpack format that Redis uses in memory and in DUMP payloads:
//
//	<total bytes u32 LE> <entries u16 LE> <entry>... <0xFF>
//	entry: <encoding and content> <back length>
//
// The back length lets a reader walk from the tail to the head. A value that
// reads as a canonical 64-bit decimal integer is held as an integer, and reads
// back as the same text.
//
// Entries are named by their offset in the block. Any change of the list makes
// all offsets at or behind the change void. Changes return the list, as append
// does; spare capacity of the slice is the room to grow.
//
// A List is trusted: bytes from outside must pass Validate first. A list must
// stay below MaxBytes.
package listpack

import "encoding/binary"

const (
	headerSize = 6
	end        = 0xFF
	// manyEntries in the header's count means that only a walk can tell it.
	manyEntries = 1<<16 - 1

	// MaxBytes bounds a list's size, below what the header can express.
	MaxBytes = 1 << 30
	// ScratchSize is the room that the text of any integer entry needs.
	ScratchSize = 20
)

// List is a listpack. The zero value is not a list; New makes an empty one.
type List []byte

// New returns an empty list.
func New() List {
	return List{headerSize + 1, 0, 0, 0, 0, 0, end}
}

// Bytes returns the size of the list in bytes, without spare capacity.
func (l List) Bytes() int { return len(l) }

// Len returns the number of entries: O(1) below 65535 entries, O(n) from there.
func (l List) Len() int {
	if n := l.headerCount(); n != manyEntries {
		return n
	}
	n := 0
	for off := l.First(); off >= 0; off = l.Next(off) {
		n++
	}
	return n
}

// First returns the offset of the first entry, -1 if the list is empty.
func (l List) First() int {
	if l[headerSize] == end {
		return -1
	}
	return headerSize
}

// Last returns the offset of the last entry, -1 if the list is empty.
func (l List) Last() int { return l.Prev(len(l) - 1) }

// Next returns the offset of the entry behind off, -1 at the end.
func (l List) Next(off int) int {
	off = l.skip(off)
	if l[off] == end {
		return -1
	}
	return off
}

// Behind returns the offset behind the entry at off: that of the next entry
// unless it is the last one.
func (l List) Behind(off int) int { return l.skip(off) }

// Prev returns the offset of the entry before off, -1 at the start.
func (l List) Prev(off int) int {
	if off <= headerSize {
		return -1
	}
	size, width := readBackLen(l[:off])
	return off - size - width
}

// Seek returns the offset of entry index, walking from the nearer end.
// A negative index counts from the tail, -1 being the last entry.
// It returns -1 if there is no such entry.
func (l List) Seek(index int) int {
	n := l.Len()
	if index < 0 {
		index += n
	}
	if index < 0 || index >= n {
		return -1
	}
	if index <= n/2 {
		off := headerSize
		for ; index > 0; index-- {
			off = l.skip(off)
		}
		return off
	}
	off := len(l) - 1
	for ; index < n; index++ {
		off = l.Prev(off)
	}
	return off
}

// Find returns the offset of the first entry at or behind from that holds the
// value, looking at one entry and then passing over skip entries; -1 if none.
func (l List) Find(from int, value []byte, skip int) int {
	needle := NewNeedle(value)
	pass := 0
	for off := from; off >= 0; off = l.Next(off) {
		if pass > 0 {
			pass--
			continue
		}
		if l.Matches(off, needle) {
			return off
		}
		pass = skip
	}
	return -1
}

// Append adds the value behind the last entry; amortised O(size of value).
// The value must not be a part of l.
func (l List) Append(value []byte) List {
	return l.insert(len(l)-1, encode(value))
}

// AppendInt adds an integer behind the last entry.
func (l List) AppendInt(n int64) List {
	return l.insert(len(l)-1, encodeInt(n))
}

// Prepend adds the value before the first entry; O(size of list), as all
// changes away from the tail.
func (l List) Prepend(value []byte) List {
	return l.insert(headerSize, encode(value))
}

// InsertBefore adds the value before the entry at off.
func (l List) InsertBefore(off int, value []byte) List {
	return l.insert(off, encode(value))
}

// InsertAfter adds the value behind the entry at off.
func (l List) InsertAfter(off int, value []byte) List {
	return l.insert(l.skip(off), encode(value))
}

// Replace puts the value in place of the entry at off, whose offset stays.
func (l List) Replace(off int, value []byte) List {
	return l.replace(off, encode(value))
}

// ReplaceInt puts an integer in place of the entry at off.
func (l List) ReplaceInt(off int, n int64) List {
	return l.replace(off, encodeInt(n))
}

// Delete removes the entry at off. The entry that followed it is now at off.
func (l List) Delete(off int) List {
	return l.cut(off, l.skip(off), 1)
}

// Truncate removes the entry at off and all behind it; O(entries removed).
func (l List) Truncate(off int) List {
	gone := 0
	for at := off; l[at] != end; gone++ {
		at = l.skip(at)
	}
	return l.cut(off, len(l)-1, gone)
}

// DeleteRange removes up to n entries from index on, which may be negative to
// count from the tail. Nothing happens if there is no such entry.
func (l List) DeleteRange(index, n int) List {
	from := l.Seek(index)
	if from < 0 || n <= 0 {
		return l
	}
	to, gone := from, 0
	for ; gone < n && l[to] != end; gone++ {
		to = l.skip(to)
	}
	return l.cut(from, to, gone)
}

// Filter removes the entries for which drop, called once for each entry in
// order with its index, answers true; O(size of list).
func (l List) Filter(drop func(index int) bool) List {
	w, gone := headerSize, 0
	for off, i := headerSize, 0; l[off] != end; i++ {
		next := l.skip(off)
		if drop(i) {
			gone++
		} else {
			w += copy(l[w:], l[off:next])
		}
		off = next
	}
	l[w] = end
	count := l.headerCount()
	l = l[:w+1]
	l.setHeader(count, -gone)
	return l
}

// Extract returns a new list of up to n entries from index on.
func (l List) Extract(index, n int) List {
	out := New()
	from := l.Seek(index)
	if from < 0 || n <= 0 {
		return out
	}
	to, taken := from, 0
	for ; taken < n && l[to] != end; taken++ {
		to = l.skip(to)
	}
	size := len(out) + to - from
	out = append(append(append(make(List, 0, size), out[:headerSize]...), l[from:to]...), end)
	out.setHeader(0, taken)
	return out
}

// insert opens room at off for an entry and writes it there.
func (l List) insert(off int, e entry) List {
	count := l.headerCount()
	l = l.resize(off, off, e.total())
	e.write(l[off:])
	l.setHeader(count, 1)
	return l
}

func (l List) replace(off int, e entry) List {
	if l.skip(off)-off == e.total() {
		e.write(l[off:])
		return l
	}
	count := l.headerCount()
	l = l.resize(off, l.skip(off), e.total())
	e.write(l[off:])
	l.setHeader(count, 0)
	return l
}

func (l List) cut(from, to, entries int) List {
	count := l.headerCount()
	l = l.resize(from, to, 0)
	l.setHeader(count, -entries)
	return l
}

// resize makes the bytes [from, to) size bytes long, their content undefined.
func (l List) resize(from, to, size int) List {
	grow := size - (to - from)
	old := len(l)
	if grow > 0 {
		l = growBy(l, grow)
	}
	copy(l[from+size:], l[to:old])
	return l[:old+grow]
}

// growBy lengthens the list by n bytes of any content. It leaves a quarter of
// room where append would double: most lists are small and many, and never
// grow again.
func growBy(l List, n int) List {
	need := len(l) + n
	if need <= cap(l) {
		return l[:need]
	}
	room := need
	if len(l) > headerSize+1 {
		room += need / 4
	}
	return append(make(List, 0, room), l...)[:need]
}

func (l List) headerCount() int { return int(binary.LittleEndian.Uint16(l[4:])) }

// setHeader writes the list's size, and its count as the count from before the
// change plus delta. A list that was once too long to count is counted again
// only when it may have become short enough.
func (l List) setHeader(count, delta int) {
	binary.LittleEndian.PutUint32(l, uint32(len(l)))
	if count == manyEntries {
		binary.LittleEndian.PutUint16(l[4:], manyEntries)
		if delta < 0 {
			l.recount()
		}
		return
	}
	binary.LittleEndian.PutUint16(l[4:], uint16(min(count+delta, manyEntries)))
}

// recount restores the header's count once the list is small enough that
// walking it costs no more than the change that has just copied it.
func (l List) recount() {
	if len(l) > 4*manyEntries {
		return
	}
	binary.LittleEndian.PutUint16(l[4:], uint16(min(l.Len(), manyEntries)))
}
