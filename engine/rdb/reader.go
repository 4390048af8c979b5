package rdb

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
)

// ErrFormat says that bytes are not what a writer of the format writes.
var ErrFormat = errors.New("bad data format")

// The two top bits of a length's first byte.
const (
	len6   = 0
	len14  = 1
	lenBig = 2 // lenU32 or lenU64
	lenEnc = 3 // not a length: a string in one of the encodings below

	lenU32 = 0x80
	lenU64 = 0x81

	encInt8  = 0
	encInt16 = 1
	encInt32 = 2
	encLZF   = 3
)

// Reader reads the parts of a value one after the other. After the first
// failure Err is ErrFormat, and everything reads as zero or empty: a loop
// whose bound was read asks OK before each turn. Strings that were not encoded
// alias the input.
type Reader struct {
	b    []byte
	room int
	err  error
}

// NewReader reads from b. All compressed strings together may come to room
// bytes; more is ErrFormat.
func NewReader(b []byte, room int) *Reader { return &Reader{b: b, room: room} }

// Err is ErrFormat if anything read so far was not what it had to be.
func (r *Reader) Err() error { return r.err }

// OK tells whether all read so far was as it had to be.
func (r *Reader) OK() bool { return r.err == nil }

// Fail makes the reader fail: what was read makes no sense together.
func (r *Reader) Fail() { r.err, r.b = ErrFormat, nil }

// Rest counts the bytes that have not been read.
func (r *Reader) Rest() int { return len(r.b) }

// Raw returns the next n bytes.
func (r *Reader) Raw(n int) []byte {
	if n > len(r.b) || r.err != nil {
		r.Fail()
		return nil
	}
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}

// Byte returns the next byte.
func (r *Reader) Byte() byte {
	if b := r.Raw(1); b != nil {
		return b[0]
	}
	return 0
}

// Uint64 returns the next eight bytes, least first.
func (r *Reader) Uint64() uint64 {
	if b := r.Raw(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Int64 is Uint64 of a signed number, such as a time in milliseconds.
func (r *Reader) Int64() int64 { return int64(r.Uint64()) }

// Double returns a binary double.
func (r *Reader) Double() float64 { return math.Float64frombits(r.Uint64()) }

// TextDouble returns a double in the old form: a length and that many
// characters, or a length that stands for NaN or an infinity.
func (r *Reader) TextDouble() float64 {
	switch n := r.Byte(); n {
	case 253:
		return math.NaN()
	case 254:
		return math.Inf(1)
	case 255:
		return math.Inf(-1)
	default:
		f, err := strconv.ParseFloat(string(r.Raw(int(n))), 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			r.Fail()
		}
		return f
	}
}

// Len returns a length, a count or any other number in that form. It may be
// far more than there is to read.
func (r *Reader) Len() uint64 {
	n, isLen := r.length()
	if !isLen {
		r.Fail()
		return 0
	}
	return n
}

// length returns a length, or, if isLen is false, the encoding of a string.
func (r *Reader) length() (n uint64, isLen bool) {
	first := r.Byte()
	switch first >> 6 {
	case len6:
		return uint64(first & 0x3F), true
	case len14:
		return uint64(first&0x3F)<<8 | uint64(r.Byte()), true
	case lenEnc:
		return uint64(first & 0x3F), false
	}
	switch first {
	case lenU32:
		if b := r.Raw(4); b != nil {
			return uint64(binary.BigEndian.Uint32(b)), true
		}
	case lenU64:
		if b := r.Raw(8); b != nil {
			return binary.BigEndian.Uint64(b), true
		}
	default:
		r.Fail()
	}
	return 0, true
}

// String returns a string; one that was held as an integer as its text.
func (r *Reader) String() []byte {
	n, isLen := r.length()
	if isLen {
		if n > uint64(len(r.b)) {
			r.Fail()
			return nil
		}
		return r.Raw(int(n))
	}
	switch n {
	case encInt8:
		return strconv.AppendInt(nil, int64(int8(r.Byte())), 10)
	case encInt16:
		if b := r.Raw(2); b != nil {
			return strconv.AppendInt(nil, int64(int16(binary.LittleEndian.Uint16(b))), 10)
		}
		return nil
	case encInt32:
		if b := r.Raw(4); b != nil {
			return strconv.AppendInt(nil, int64(int32(binary.LittleEndian.Uint32(b))), 10)
		}
		return nil
	case encLZF:
		return r.compressed()
	}
	r.Fail()
	return nil
}

// compressed reads the lengths of a string before and after compression, and
// the string.
func (r *Reader) compressed() []byte {
	packed, size := r.Len(), r.Len()
	if packed > uint64(len(r.b)) || size > min(packed*maxExpansion, uint64(r.room)) {
		r.Fail()
		return nil
	}
	r.room -= int(size)
	s, err := Decompress(r.Raw(int(packed)), int(size))
	if err != nil {
		r.Fail()
		return nil
	}
	return s
}
