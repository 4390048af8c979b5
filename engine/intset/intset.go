// Package intset holds small sets of integers in one sorted array whose
// elements take 2, 4 or 8 bytes, whichever the widest value ever added needs.
//
// Look-ups are binary searches and changes move the bytes behind the place, so
// it serves sets of hundreds of elements, not of millions.
package intset

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"perigee/engine/sizeclass"
)

// Set is a set of integers; the zero value is empty and ready for use. A Set
// must not be copied while either copy changes.
//
// Invariants: data holds whole little-endian elements of this width, in
// strictly ascending order; the width is 2, 4 or 8, or 0 before the first Add.
type Set struct {
	data  []byte
	width int
}

// Len returns the number of elements.
func (s *Set) Len() int {
	if s.width == 0 {
		return 0
	}
	return len(s.data) / s.width
}

// Bytes returns the memory that the set takes.
func (s *Set) Bytes() int64 {
	return int64(sizeclass.WithPointers(int(unsafe.Sizeof(*s))) + sizeclass.Of(cap(s.data)))
}

// At returns element i in ascending order; i is below Len. With a random i
// each element is equally likely.
func (s *Set) At(i int) int64 { return get(s.data[i*s.width:], s.width) }

// Has reports whether v is in the set, in O(log n).
func (s *Set) Has(v int64) bool {
	_, found := s.search(v)
	return found
}

// Add puts v into the set and reports whether it was new, in O(n). All
// elements are rewritten when v needs more bytes than they do.
func (s *Set) Add(v int64) bool {
	i, found := s.search(v)
	if found {
		return false
	}
	if w := widthOf(v); w > s.width {
		s.widen(w)
	}
	var element [8]byte
	put(element[:], s.width, v)
	s.data = slices.Insert(s.data, i*s.width, element[:s.width]...)
	return true
}

// Widens tells whether adding v rewrites all elements.
func (s *Set) Widens(v int64) bool { return widthOf(v) > s.width }

// Clone returns a copy whose elements are as wide.
func (s *Set) Clone() *Set { return &Set{slices.Clone(s.data), s.width} }

// Remove takes v out of the set and reports whether it was there, in O(n). The
// width stays, as a value that needed it may well come back.
func (s *Set) Remove(v int64) bool {
	i, found := s.search(v)
	if !found {
		return false
	}
	s.data = slices.Delete(s.data, i*s.width, (i+1)*s.width)
	if len(s.data) < cap(s.data)/4 {
		s.data = slices.Clone(s.data)
	}
	return true
}

// Each calls fn for the elements in ascending order until it returns false. fn
// must not change the set.
func (s *Set) Each(fn func(int64) bool) {
	for i := range s.Len() {
		if !fn(s.At(i)) {
			return
		}
	}
}

// search returns the place of v, or where it would go.
func (s *Set) search(v int64) (i int, found bool) {
	low, high := 0, s.Len()
	// Sets of numbers are mostly built in ascending order.
	if high > 0 && s.At(high-1) < v {
		return high, false
	}
	for low < high {
		mid := (low + high) / 2
		switch at := s.At(mid); {
		case at == v:
			return mid, true
		case at < v:
			low = mid + 1
		default:
			high = mid
		}
	}
	return low, false
}

// widen rewrites all elements with more bytes each, with room for one more.
func (s *Set) widen(width int) {
	n := s.Len()
	data := make([]byte, n*width, (n+1)*width)
	for i := range n {
		put(data[i*width:], width, s.At(i))
	}
	s.data, s.width = data, width
}

func widthOf(v int64) int {
	switch {
	case math.MinInt16 <= v && v <= math.MaxInt16:
		return 2
	case math.MinInt32 <= v && v <= math.MaxInt32:
		return 4
	}
	return 8
}

func get(b []byte, width int) int64 {
	switch width {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	}
	return int64(binary.LittleEndian.Uint64(b))
}

func put(b []byte, width int, v int64) {
	switch width {
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(v))
	default:
		binary.LittleEndian.PutUint64(b, uint64(v))
	}
}
