package resp

import (
	"math"
	"strconv"
)

// plainIntegers bounds the whole numbers that are always printed digit by digit: half the range of a signed 64-bit
// integer, where the reference server stops casting.
const plainIntegers = float64(1 << 62)

// AppendDouble appends the text of f as Redis 7.2 prints doubles in replies, and returns the extended slice. It does
// not allocate when dst has 32 bytes to spare.
//
// The digits are the shortest that read back as f. Whole numbers up to 2^62 in size are printed plainly. Otherwise, for
// digits d1 … dn and f = d1…dn × 10^k:
//
//   - k ≥ 0, and at most 7 zeros to append: d1…dn and k zeros (12345678901234567000);
//   - k < 0, and up to 6 decimals or a size from 10^-3 up to 10^4: decimal notation (0.001234567, 123456.789);
//   - else scientific notation with a sign and no leading zero in the exponent (1e+19, 1e-7, 1.2345678901234e+4).
//
// The others are nan, inf, -inf and -0.
func AppendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case f == 0 && math.Signbit(f):
		return append(dst, "-0"...)
	}
	if math.Abs(f) <= plainIntegers && f == math.Trunc(f) {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	if f < 0 {
		dst = append(dst, '-')
	}
	var scratch [32]byte
	digits, exponent := shortest(scratch[:0], math.Abs(f))
	return appendDigits(dst, digits, exponent)
}

// shortest returns the digits of f, without a point, and the power of ten of the first of them.
func shortest(scratch []byte, f float64) (digits []byte, exponent int) {
	text := strconv.AppendFloat(scratch, f, 'e', -1, 64) // d.ddde±xx
	e := len(text) - 1
	for text[e] != 'e' {
		e--
	}
	for _, c := range text[e+2:] {
		exponent = exponent*10 + int(c-'0')
	}
	if text[e+1] == '-' {
		exponent = -exponent
	}
	digits = text[:e]
	if len(digits) > 1 { // close the gap that the point leaves
		copy(digits[1:], digits[2:])
		digits = digits[:len(digits)-1]
	}
	return digits, exponent
}

// appendDigits appends digits, the first of which counts 10^exponent, in the notation described at AppendDouble.
func appendDigits(dst, digits []byte, exponent int) []byte {
	n := len(digits)
	k := exponent - n + 1
	switch {
	case k >= 0 && k < 8:
		return appendZeros(append(dst, digits...), k)
	case k < 0 && (k > -7 || (exponent > -4 && exponent < 4)):
		if exponent < 0 {
			dst = appendZeros(append(dst, '0', '.'), -exponent-1)
			return append(dst, digits...)
		}
		dst = append(dst, digits[:exponent+1]...)
		dst = append(dst, '.')
		return append(dst, digits[exponent+1:]...)
	}
	dst = append(dst, digits[0])
	if n > 1 {
		dst = append(dst, '.')
		dst = append(dst, digits[1:]...)
	}
	dst = append(dst, 'e')
	if exponent >= 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, int64(exponent), 10)
}

func appendZeros(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, '0')
	}
	return dst
}
