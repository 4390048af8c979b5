package listpack

import (
	"encoding/binary"
	"errors"
)

// ErrInvalid tells that bytes are not a listpack.
var ErrInvalid = errors.New("invalid listpack")

// Validate checks that b is a whole listpack, so that List(b) can be read and
// changed safely: the header agrees with the content, every entry ends within
// the list, and every back length leads to its entry. O(n).
func Validate(b []byte) error {
	if len(b) < headerSize+1 || len(b) > MaxBytes || b[len(b)-1] != end {
		return ErrInvalid
	}
	if int(binary.LittleEndian.Uint32(b)) != len(b) {
		return ErrInvalid
	}
	count, off := 0, headerSize
	for ; off < len(b)-1; count++ {
		next := checkEntry(b, off)
		if next < 0 {
			return ErrInvalid
		}
		off = next
	}
	if off != len(b)-1 {
		return ErrInvalid
	}
	if stated := List(b).headerCount(); stated != manyEntries && stated != count {
		return ErrInvalid
	}
	return nil
}

// checkEntry returns the offset behind the entry at off, -1 if that is not an
// entry within b.
func checkEntry(b []byte, off int) int {
	body := b[off : len(b)-1]
	head := headSize(body[0])
	if head == 0 || head > len(body) {
		return -1
	}
	size := entrySize(body)
	width := backLenWidth(size)
	if size+width > len(body) {
		return -1
	}
	if back, w := readBackLen(body[:size+width]); back != size || w != width {
		return -1
	}
	return off + size + width
}

// headSize returns how many bytes tell the size of an entry that starts with c,
// 0 if none does.
func headSize(c byte) int {
	switch {
	case c < 0xC0:
		return 1
	case c < 0xF0:
		return 2
	case c == tagStr32:
		return 5
	case c <= tagInt64:
		return 1
	}
	return 0
}
