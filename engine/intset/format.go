package intset

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ErrInvalid tells that bytes are not an intset.
var ErrInvalid = errors.New("invalid intset")

// Append appends the set as Redis holds it in memory and in DUMP payloads:
//
//	<bytes per element u32 LE> <elements u32 LE> <element LE>...
func (s *Set) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(max(s.width, 2)))
	b = binary.LittleEndian.AppendUint32(b, uint32(s.Len()))
	return append(b, s.data...)
}

// Parse returns the set that Append wrote, which shares nothing with b. The
// error is ErrInvalid if b is anything else, such as one out of order.
func Parse(b []byte) (*Set, error) {
	if len(b) < 8 {
		return nil, ErrInvalid
	}
	width, n := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	b = b[8:]
	if width != 2 && width != 4 && width != 8 || uint64(n)*uint64(width) != uint64(len(b)) {
		return nil, ErrInvalid
	}
	s := &Set{data: slices.Clone(b), width: int(width)}
	for i := 1; i < s.Len(); i++ {
		if s.At(i-1) >= s.At(i) {
			return nil, ErrInvalid
		}
	}
	return s, nil
}
