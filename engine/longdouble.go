package engine

import (
	"bytes"
	"math/big"
	"strings"
)

// INCRBYFLOAT and HINCRBYFLOAT calculate with a mantissa of 64 bits, the
// extended precision that clients of this protocol know: 0.1 and 0.2 make
// 0.3, and integers stay exact up to 2^64. big.Float with that precision
// rounds likewise, so the digits agree.
const (
	longDoubleBits = 64
	// Exponents, as big.Float counts them, of the greatest and of the least
	// number of that format.
	longDoubleMaxExp = 16384
	longDoubleMinExp = -16444
	// maxLongDoubleText bounds the text of a number.
	maxLongDoubleText = 5*1024 - 1
)

// parseLongDouble reads the whole of b as C's strtold does: decimal or
// hexadecimal, inf and infinity in any case; no spaces, no NaN, nothing out
// of range. Cost: O(len(b)²) at worst, and that is bounded by 5 kB.
func parseLongDouble(b []byte) (*big.Float, bool) {
	if len(b) == 0 || len(b) > maxLongDoubleText {
		return nil, false
	}
	digits := bytes.TrimLeft(b, "+-")
	if len(b)-len(digits) > 1 {
		return nil, false
	}
	if EqualFold(digits, "INF") || EqualFold(digits, "INFINITY") {
		return new(big.Float).SetInf(b[0] == '-'), true
	}
	base := 10
	if isHexPrefix(digits) {
		base = 0 // as the prefix says
	}
	magnitude, zero, ok := scanFloat(digits)
	if !ok {
		return nil, false
	}
	if zero {
		f := new(big.Float).SetPrec(longDoubleBits)
		if b[0] == '-' {
			f.Neg(f)
		}
		return f, true
	}
	// Far out of range in any base: not worth calculating.
	if magnitude > 1<<15 || magnitude < -(1<<15) {
		return nil, false
	}
	// Enough bits to hold all digits, so that only the last step rounds.
	f, _, err := big.ParseFloat(string(b), base, uint(4*len(b)+128), big.ToNearestEven)
	if err != nil {
		return nil, false
	}
	f.SetPrec(longDoubleBits)
	exp := f.MantExp(nil)
	return f, exp <= longDoubleMaxExp && exp >= longDoubleMinExp
}

// scanFloat checks an unsigned number's form. magnitude is about the exponent
// of its first digit, in the base of the exponent; zero says that all digits
// are 0.
func scanFloat(s []byte) (magnitude int, zero, ok bool) {
	set, marks, perDigit := "0123456789", "eE", 1
	if isHexPrefix(s) {
		s, set, marks, perDigit = s[2:], "0123456789abcdefABCDEF", "pP", 4
	}
	whole := countIn(s, set)
	mantissa := s[:whole]
	s = s[whole:]
	if len(s) > 0 && s[0] == '.' {
		part := countIn(s[1:], set)
		if whole+part == 0 {
			return 0, false, false
		}
		mantissa, s = append(bytes.Clone(mantissa), s[1:1+part]...), s[1+part:]
	}
	if len(mantissa) == 0 {
		return 0, false, false
	}
	exp, ok := scanExponent(s, marks)
	leading := len(mantissa) - len(bytes.TrimLeft(mantissa, "0"))
	return exp + perDigit*(whole-leading), leading == len(mantissa), ok
}

func isHexPrefix(s []byte) bool {
	return len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')
}

// scanExponent reads an optional exponent that takes up all of s; one that is
// too large for anything is clamped.
func scanExponent(s []byte, marks string) (exp int, ok bool) {
	if len(s) == 0 {
		return 0, true
	}
	if strings.IndexByte(marks, s[0]) < 0 {
		return 0, false
	}
	s = s[1:]
	negative := false
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		negative, s = s[0] == '-', s[1:]
	}
	if len(s) == 0 || countIn(s, "0123456789") != len(s) {
		return 0, false
	}
	for _, c := range s {
		exp = min(exp*10+int(c-'0'), 1<<20)
	}
	if negative {
		exp = -exp
	}
	return exp, true
}

// countIn counts the bytes at the beginning of s that are in set.
func countIn(s []byte, set string) int {
	for i, c := range s {
		if strings.IndexByte(set, c) < 0 {
			return i
		}
	}
	return len(s)
}

// sumLongDouble adds two numbers; ok is false when the result is infinite or
// no number.
func sumLongDouble(a, b *big.Float) (sum *big.Float, ok bool) {
	if a.IsInf() || b.IsInf() {
		return nil, false
	}
	sum = new(big.Float).SetPrec(longDoubleBits).Add(a, b)
	return sum, sum.MantExp(nil) <= longDoubleMaxExp
}

// formatLongDouble writes f, which is finite, with at most 17 digits behind
// the point and no zeros at the end: never with an exponent.
func formatLongDouble(f *big.Float) []byte {
	s := f.Append(make([]byte, 0, 40), 'f', 17)
	s = bytes.TrimRight(s, "0")
	s = bytes.TrimSuffix(s, []byte("."))
	if string(s) == "-0" {
		return s[1:]
	}
	return s
}
