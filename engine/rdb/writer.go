package rdb

import (
	"encoding/binary"
	"math"
	"strconv"
)

// AppendLen appends a length, a count or any other number in that form.
func AppendLen(b []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(b, byte(n))
	case n < 1<<14:
		return append(b, len14<<6|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, lenU32), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, lenU64), n)
}

// compressFrom is the length from which strings are compressed, if that makes
// them shorter.
const compressFrom = 21

// AppendString appends a string in the shortest form: a small integer as one,
// a long string compressed. O(len(s)).
func AppendString(b, s []byte) []byte {
	if n, ok := smallInt(s); ok {
		return appendInt(b, n)
	}
	if len(s) >= compressFrom {
		if packed := Compress(s); packed != nil {
			b = append(b, lenEnc<<6|encLZF)
			b = AppendLen(AppendLen(b, uint64(len(packed))), uint64(len(s)))
			return append(b, packed...)
		}
	}
	return AppendRaw(b, s)
}

// AppendRaw appends a string as it is.
func AppendRaw(b, s []byte) []byte { return append(AppendLen(b, uint64(len(s))), s...) }

// smallInt reads what an integer of up to 32 bits is written as.
func smallInt(s []byte) (int32, bool) {
	if len(s) == 0 || len(s) > len("-2147483648") {
		return 0, false
	}
	n, err := strconv.ParseInt(string(s), 10, 32)
	if err != nil {
		return 0, false
	}
	var text [12]byte
	return int32(n), string(strconv.AppendInt(text[:0], n, 10)) == string(s)
}

func appendInt(b []byte, n int32) []byte {
	switch {
	case n == int32(int8(n)):
		return append(b, lenEnc<<6|encInt8, byte(n))
	case n == int32(int16(n)):
		return binary.LittleEndian.AppendUint16(append(b, lenEnc<<6|encInt16), uint16(n))
	}
	return binary.LittleEndian.AppendUint32(append(b, lenEnc<<6|encInt32), uint32(n))
}

// AppendInt64 appends eight bytes, least first: times in milliseconds.
func AppendInt64(b []byte, n int64) []byte { return binary.LittleEndian.AppendUint64(b, uint64(n)) }

// AppendDouble appends a binary double.
func AppendDouble(b []byte, f float64) []byte { return AppendInt64(b, int64(math.Float64bits(f))) }
