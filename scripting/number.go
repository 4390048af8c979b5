package scripting

import (
	"bytes"
	"math"
	"strconv"

	"perigee/engine"
)

// appendNumber appends a number as Lua 5.1 prints it: C's %.14g.
func appendNumber(dst []byte, f float64) []byte {
	if i := int64(f); float64(i) == f && i < 1e14 && i > -1e14 && (i != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(dst, i, 10)
	}
	return appendG(dst, f, 14, false)
}

// formatNumber is a number as tostring, concatenation and everything else that turns numbers into text shows it.
func formatNumber(f float64) string {
	var buf [32]byte
	return string(appendNumber(buf[:0], f))
}

// AppendArgument appends a number as redis.call sends it: whole numbers as integers, others in the shortest form that
// reads back as the same number, with an exponent only where the plain form would be long.
func AppendArgument(dst []byte, f float64) []byte {
	if i := int64(f); float64(i) == f && f > -(1<<52) && f < 1<<52 && (i != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(dst, i, 10)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) || f == 0 {
		return appendG(dst, f, 17, false)
	}
	if i := int64(f); float64(i) == f && f > -(1<<63) && f < 1<<63 {
		return strconv.AppendInt(dst, i, 10)
	}
	var buf [32]byte
	e := strconv.AppendFloat(buf[:0], math.Abs(f), 'e', -1, 64)
	mark := bytes.IndexByte(e, 'e')
	digits := mark
	if mark > 1 {
		digits-- // the point
	}
	exponent, _ := strconv.Atoi(string(e[mark+1:]))
	lowest := exponent - digits + 1 // the decimal position of the last digit
	switch {
	case lowest >= 0 && exponent < digits+7, lowest < 0 && (lowest > -7 || exponent > -4 && exponent < 4):
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	if math.Signbit(f) {
		dst = append(dst, '-')
	}
	dst = append(append(dst, e[:mark]...), 'e')
	if exponent >= 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, int64(exponent), 10)
}

// appendG formats as C's %.<precision>g does; keep is its # flag, which keeps trailing zeros.
func appendG(dst []byte, f float64, precision int, keep bool) []byte {
	switch {
	case math.IsNaN(f):
		if math.Signbit(f) {
			return append(dst, "-nan"...)
		}
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	if precision == 0 {
		precision = 1
	}
	// C decides between the forms by the exponent after rounding, which the e form shows.
	var buf [64]byte
	e := strconv.AppendFloat(buf[:0], f, 'e', precision-1, 64)
	mark := len(e) - 1
	for e[mark] != 'e' {
		mark--
	}
	exponent, _ := strconv.Atoi(string(e[mark+1:]))
	if exponent < -4 || exponent >= precision {
		mantissa := e[:mark]
		if !keep {
			mantissa = trimZeros(mantissa)
		}
		dst = append(dst, mantissa...)
		if keep && precision == 1 {
			dst = append(dst, '.')
		}
		return append(dst, e[mark:]...)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', precision-1-exponent, 64)
	switch {
	case !keep:
		dst = dst[:start+len(trimZeros(dst[start:]))]
	case exponent == precision-1: // the point stays too
		dst = append(dst, '.')
	}
	return dst
}

// trimZeros drops zeros at the end of a fraction, and the point if nothing follows it.
func trimZeros(digits []byte) []byte {
	point := false
	for _, c := range digits {
		point = point || c == '.'
	}
	if !point {
		return digits
	}
	end := len(digits)
	for digits[end-1] == '0' {
		end--
	}
	if digits[end-1] == '.' {
		end--
	}
	return digits[:end]
}

// parseNumber reads a number as Lua 5.1 converts strings: what C's strtod takes (decimal, 0x with or without binary
// exponent, inf, nan), with white space around it.
func parseNumber(s string) (float64, bool) {
	s = cText(s)
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	if s == "" {
		return 0, false
	}
	if f, ok := parseShort(s); ok {
		return f, true
	}
	return parseLong(s)
}

// parseShort reads unsigned integers of up to 15 digits, by far the most frequent numbers.
func parseShort(s string) (float64, bool) {
	n, length := fewDigits(s)
	return float64(n), length == len(s)
}

// fewDigits reads the digits that s begins with. The length is 0 if they are more than 15.
func fewDigits(s string) (n int64, length int) {
	for length < len(s) && isDigit(s[length]) {
		n = 10*n + int64(s[length]-'0')
		if length++; length > 15 {
			return 0, 0
		}
	}
	return n, length
}

func parseLong(s string) (float64, bool) {
	digits, negative := s, false
	if digits[0] == '+' || digits[0] == '-' {
		negative = digits[0] == '-'
		digits = digits[1:]
	}
	if digits == "" {
		return 0, false
	}
	var f float64
	switch c := digits[0]; {
	case len(digits) > 1 && c == '0' && digits[1]|0x20 == 'x':
		hex, ok := parseHex(digits)
		if !ok {
			return 0, false
		}
		f = hex
	case isDigit(c) || c == '.':
		for i := 0; i < len(digits); i++ {
			if c := digits[i]; !isDigit(c) && c != '.' && c|0x20 != 'e' && c != '+' && c != '-' {
				return 0, false
			}
		}
		decimal, err := strconv.ParseFloat(digits, 64)
		if err != nil && err.(*strconv.NumError).Err != strconv.ErrRange {
			return 0, false
		}
		f = decimal
	default:
		named, ok := parseNamed(digits)
		if !ok {
			return 0, false
		}
		f = named
	}
	if negative {
		f = math.Copysign(f, -1)
	}
	return f, true
}

// parseNamed reads a word for what is no finite number, without its sign.
func parseNamed(s string) (float64, bool) {
	switch {
	case len(s) == 3 && hasWord(s, "INF"), len(s) == 8 && hasWord(s, "INFINITY"):
		return math.Inf(1), true
	case hasWord(s, "NAN") && nanLength(s) == len(s):
		payload := uint64(0)
		if len(s) > 3 {
			payload, _ = strconv.ParseUint(s[4:len(s)-1], 0, 64)
		}
		return math.Float64frombits(quietNaN | payload&(1<<51-1)), true
	}
	return 0, false
}

// hasWord tells whether s begins with a word, which is in capitals, in letters of any case.
func hasWord(s, word string) bool {
	return len(s) >= len(word) && engine.EqualFold(bytesOf(s[:len(word)]), word)
}

// quietNaN is C's NaN. The bit library shows the lowest bits of one, which are its payload.
const quietNaN = 0x7ff8 << 48

// nanLength is how much C's strtod takes of a text that begins with nan: also letters and digits in brackets, which may be
// the payload.
func nanLength(s string) int {
	const word = len("nan")
	if len(s) == word || s[word] != '(' {
		return word
	}
	for i := word + 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == ')':
			return i + 1
		case !isDigit(c) && !isLetter(c) && c != '_':
			return word
		}
	}
	return word
}

// parseHex reads 0x, hexadecimal digits with an optional point, and an optional binary exponent.
func parseHex(s string) (float64, bool) {
	for i := 2; i < len(s); i++ {
		if s[i] == '_' {
			return 0, false
		}
	}
	exponent := false
	for i := 2; i < len(s); i++ {
		exponent = exponent || s[i]|0x20 == 'p'
	}
	if !exponent {
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && err.(*strconv.NumError).Err != strconv.ErrRange {
		return 0, false
	}
	return f, true
}
