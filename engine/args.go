package engine

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// Args are the arguments after the command's name (and its subcommand's).
// They alias the client's input: whoever keeps one copies it.
type Args [][]byte

// Key returns argument i as a key.
func (a Args) Key(i int) []byte { return a[i] }

// Is tells whether argument i exists and is the given word in any case; word
// is in upper case.
func (a Args) Is(i int, word string) bool { return i < len(a) && EqualFold(a[i], word) }

// Int reads argument i as Redis reads integers: decimal, no plus sign, no
// spaces, no leading zeros.
func (a Args) Int(i int) (int64, error) {
	n, ok := ParseInt(a[i])
	if !ok {
		return 0, ErrNotInteger
	}
	return n, nil
}

// IntIn is Int with bounds; outside them the error is ErrNotInteger.
func (a Args) IntIn(i int, low, high int64) (int64, error) {
	n, err := a.Int(i)
	if err != nil || n < low || n > high {
		return 0, ErrNotInteger
	}
	return n, nil
}

// Count reads argument i as a non-negative count; the error for a negative
// one is ErrPositive.
func (a Args) Count(i int) (int64, error) {
	n, err := a.Int(i)
	if err != nil {
		return 0, ErrNotInteger
	}
	if n < 0 {
		return 0, ErrPositive
	}
	return n, nil
}

// Float reads argument i as strtod does, without spaces, NaN excluded.
func (a Args) Float(i int) (float64, error) {
	f, ok := ParseFloat(a[i])
	if !ok {
		return 0, ErrNotFloat
	}
	return f, nil
}

// Pairs returns the arguments from i on, which must be an even number; else
// the error is the arity error of the named command.
func (a Args) Pairs(i int, name string) (Args, error) {
	if (len(a)-i)%2 != 0 || len(a) <= i {
		return nil, errArity(name)
	}
	return a[i:], nil
}

// EqualFold compares b with an upper-case ASCII word, ignoring case.
func EqualFold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i := 0; i < len(b); i++ {
		c := b[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// ParseInt reads a canonical decimal int64, the only form that Redis accepts
// and that an int-encoded string may have.
func ParseInt(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	if len(b) == 1 && b[0] == '0' {
		return 0, true
	}
	negative := b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || b[0] < '1' || b[0] > '9' {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		d := uint64(c - '0')
		if n > (math.MaxUint64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	if negative {
		if n > 1<<63 {
			return 0, false
		}
		return -int64(n), true
	}
	if n > math.MaxInt64 {
		return 0, false
	}
	return int64(n), true
}

// ParseFloat reads a double as C's strtod does for the whole of b: decimal or
// hexadecimal, inf and infinity in any case. Spaces, NaN and what is out of
// range, the small end included, are refused.
func ParseFloat(b []byte) (float64, bool) {
	if n, ok := ParseInt(b); ok {
		return float64(n), true
	}
	f, inRange, ok := readDouble(b)
	if !ok || !inRange {
		return 0, false
	}
	return f, true
}

// readDouble is ParseFloat for callers to whom what is out of range is the
// infinity or zero that it is nearest to.
func readDouble(b []byte) (f float64, inRange, ok bool) {
	if len(b) == 0 || bytes.IndexByte(b, '_') >= 0 {
		return 0, false, false
	}
	s := unsafe.String(unsafe.SliceData(b), len(b))
	if isHexFloat(s) {
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(f) {
		return 0, false, false
	}
	return f, err == nil && (f != 0 || isZero(s)), true
}

// isZero tells whether the digits of a number whose value is zero are, too.
func isZero(s string) bool {
	exponent := "eE"
	if strings.ContainsAny(s, "xX") {
		exponent = "pP"
	}
	if i := strings.IndexAny(s, exponent); i >= 0 {
		s = s[:i]
	}
	return !strings.ContainsAny(s, "123456789abcdefABCDEF")
}

// isHexFloat tells whether s is hexadecimal and lacks the exponent that Go
// asks for.
func isHexFloat(s string) bool {
	t := strings.TrimLeft(s, "+-")
	return len(t) > 2 && len(s)-len(t) <= 1 && t[0] == '0' && (t[1] == 'x' || t[1] == 'X') && !strings.ContainsAny(t, "pP")
}
