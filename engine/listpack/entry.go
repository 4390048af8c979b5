package listpack

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// First bytes of the encodings, and the bits that tell them apart.
const (
	tagStr32 = 0xF0 // four bytes of length, content
	tagInt16 = 0xF1
	tagInt24 = 0xF2
	tagInt32 = 0xF3
	tagInt64 = 0xF4
)

// Get returns the entry at off as bytes: a part of the list, valid until the
// list changes, or, for an integer, its text written to scratch, which should
// have a capacity of ScratchSize.
func (l List) Get(off int, scratch []byte) []byte {
	b, n, isInt := l.Value(off)
	if isInt {
		return strconv.AppendInt(scratch[:0], n, 10)
	}
	return b
}

// Read returns the entry at off as Get does, and the offset behind it: that of
// the next entry unless this is the last one.
func (l List) Read(off int, scratch []byte) (value []byte, next int) {
	switch c := int(l[off]); {
	case c < 0x80:
		return strconv.AppendInt(scratch[:0], int64(c), 10), off + 2
	case c < 0xC0:
		// A text of up to 63 bytes: one byte before it, one behind.
		next = off + c - 0x80 + 2
		return l[off+1 : next-1 : next-1], next
	}
	return l.Get(off, scratch), l.skip(off)
}

// Value returns the entry at off as it is held: bytes, or an integer.
// The bytes are a part of the list.
func (l List) Value(off int) (b []byte, n int64, isInt bool) {
	p := l[off:]
	switch c := p[0]; {
	case c < 0x80:
		return nil, int64(c), true
	case c < 0xC0:
		size := int(c & 0x3F)
		return p[1 : 1+size : 1+size], 0, false
	case c < 0xE0:
		u := uint16(c&0x1F)<<8 | uint16(p[1])
		return nil, int64(int16(u<<3) >> 3), true
	case c < 0xF0:
		size := int(c&0x0F)<<8 | int(p[1])
		return p[2 : 2+size : 2+size], 0, false
	case c == tagStr32:
		size := int(binary.LittleEndian.Uint32(p[1:]))
		return p[5 : 5+size : 5+size], 0, false
	case c == tagInt16:
		return nil, int64(int16(binary.LittleEndian.Uint16(p[1:]))), true
	case c == tagInt24:
		u := uint32(p[1]) | uint32(p[2])<<8 | uint32(p[3])<<16
		return nil, int64(int32(u<<8) >> 8), true
	case c == tagInt32:
		return nil, int64(int32(binary.LittleEndian.Uint32(p[1:]))), true
	case c == tagInt64:
		return nil, int64(binary.LittleEndian.Uint64(p[1:])), true
	}
	panic("listpack: no entry at this offset")
}

// Needle is a value prepared for comparison with many entries.
type Needle struct {
	value []byte
	n     int64
	isInt bool
}

// NewNeedle prepares a value, which it keeps a reference to.
func NewNeedle(value []byte) Needle {
	n, isInt := parseInt(value)
	return Needle{value, n, isInt}
}

// EqualBytes tells whether the needle's value is b.
func (n Needle) EqualBytes(b []byte) bool { return bytes.Equal(n.value, b) }

// Matches tells whether the entry at off holds the needle's value, in whichever
// encoding.
func (l List) Matches(off int, needle Needle) bool {
	b, n, isInt := l.Value(off)
	if isInt {
		return needle.isInt && needle.n == n
	}
	return bytes.Equal(b, needle.value)
}

// EntrySize returns the bytes that the value takes in a list.
func EntrySize(value []byte) int { return encode(value).total() }

// entry is an entry about to be written: a head of encoding and perhaps an
// integer, then content.
type entry struct {
	head    [9]byte
	headLen int
	content []byte
}

func (e *entry) size() int { return e.headLen + len(e.content) }

func (e entry) total() int { return e.size() + backLenWidth(e.size()) }

func (e *entry) write(p []byte) {
	copy(p, e.head[:e.headLen])
	copy(p[e.headLen:], e.content)
	writeBackLen(p[e.size():], e.size())
}

func encode(value []byte) entry {
	if n, ok := parseInt(value); ok {
		return encodeInt(n)
	}
	e := entry{content: value}
	switch size := len(value); {
	case size < 1<<6:
		e.head[0], e.headLen = 0x80|byte(size), 1
	case size < 1<<12:
		e.head[0], e.head[1], e.headLen = 0xE0|byte(size>>8), byte(size), 2
	default:
		e.head[0], e.headLen = tagStr32, 5
		binary.LittleEndian.PutUint32(e.head[1:], uint32(size))
	}
	return e
}

func encodeInt(n int64) entry {
	var e entry
	switch {
	case n >= 0 && n < 1<<7:
		e.head[0], e.headLen = byte(n), 1
	case n >= -1<<12 && n < 1<<12:
		e.head[0], e.head[1], e.headLen = 0xC0|byte(n>>8)&0x1F, byte(n), 2
	default:
		e.headLen = 1 + intWidth(n)
		e.head[0] = [...]byte{2: tagInt16, 3: tagInt24, 4: tagInt32, 8: tagInt64}[intWidth(n)]
		binary.LittleEndian.PutUint64(e.head[1:], uint64(n))
	}
	return e
}

// intWidth returns the bytes that hold n when it is too large for the encodings
// that share a byte with their tag.
func intWidth(n int64) int {
	switch {
	case n >= -1<<15 && n < 1<<15:
		return 2
	case n >= -1<<23 && n < 1<<23:
		return 3
	case n >= -1<<31 && n < 1<<31:
		return 4
	}
	return 8
}

// parseInt reads a canonical decimal: what formatting the number gives back.
func parseInt(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > ScratchSize {
		return 0, false
	}
	digits, negative := b, b[0] == '-'
	if negative {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	if digits[0] == '0' && (negative || len(digits) > 1) {
		return 0, false
	}
	var u uint64 // 19 digits cannot overflow it
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	if negative {
		return -int64(u), u <= 1<<63
	}
	return int64(u), u < 1<<63
}

// skip returns the offset behind the entry at off.
func (l List) skip(off int) int {
	size := entrySize(l[off:])
	return off + size + backLenWidth(size)
}

// entrySize returns the size of the entry at p without its back length. It
// reads as many bytes as headSize tells.
func entrySize(p []byte) int {
	switch c := p[0]; {
	case c < 0x80:
		return 1
	case c < 0xC0:
		return 1 + int(c&0x3F)
	case c < 0xE0:
		return 2
	case c < 0xF0:
		return 2 + int(c&0x0F)<<8 + int(p[1])
	case c == tagStr32:
		return 5 + int(binary.LittleEndian.Uint32(p[1:]))
	case c == tagInt16:
		return 3
	case c == tagInt24:
		return 4
	case c == tagInt32:
		return 5
	case c == tagInt64:
		return 9
	}
	panic("listpack: no entry at this offset")
}

// backLenWidth returns the bytes of a back length. The format's bounds are one
// below what seven bits a byte could hold, except for the first.
func backLenWidth(size int) int {
	switch {
	case size <= 127:
		return 1
	case size < 1<<14-1:
		return 2
	case size < 1<<21-1:
		return 3
	case size < 1<<28-1:
		return 4
	}
	return 5
}

// writeBackLen writes the size in groups of seven bits, highest first. All but
// the first byte have the top bit set, which says to a reader from the right
// that more follows on the left.
func writeBackLen(p []byte, size int) {
	for i := backLenWidth(size) - 1; i >= 0; i-- {
		p[i] = byte(size) | 0x80
		size >>= 7
	}
	p[0] &^= 0x80
}

// readBackLen reads the back length that ends p. A width of 0 tells that there
// is none.
func readBackLen(p []byte) (size, width int) {
	for shift := 0; width < 5 && width < len(p); shift += 7 {
		c := p[len(p)-1-width]
		size |= int(c&0x7F) << shift
		width++
		if c < 0x80 {
			return size, width
		}
	}
	return 0, 0
}
