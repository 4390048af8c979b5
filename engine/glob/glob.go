// Package glob matches keys, channels and names against the protocol's glob
// patterns: * any run, ? any byte, [abc] [a-z] [^a] a byte of a class, \x the
// byte x itself. Patterns and subjects are bytes, and no pattern is an error.
//
// The odd corners are those that clients of this protocol know: a class that
// is not closed ends with the pattern, a range may be reversed and compares
// signed bytes, a backslash at the very end stands for itself, an escaped byte
// in a class never ignores case, and an empty subject is matched by the empty
// pattern only, not by "*" (see IsAll).
package glob

import (
	"bytes"
	"unsafe"
)

// Match reports whether the whole of s matches pattern; nocase ignores the
// case of ASCII letters. It does not allocate and takes at most
// len(pattern)*len(s) steps.
func Match(pattern, s []byte, nocase bool) bool {
	if len(s) == 0 {
		return len(pattern) == 0
	}
	// Only the last star met need be tried further: where it gives way, any
	// stars before it could only have done worse.
	p, i := 0, 0
	star, from := -1, 0
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			p = skipStars(pattern, p)
			if p == len(pattern) {
				return true
			}
			star, from = p, i
			continue
		}
		next, ok := matchByte(pattern, p, s[i], nocase)
		switch {
		case ok:
			p, i = next, i+1
		case star < 0:
			return false
		default:
			from++
			p, i = star, from
		}
	}
	return skipStars(pattern, p) == len(pattern)
}

// MatchString is Match for strings.
func MatchString(pattern, s string, nocase bool) bool {
	return Match(bytesOf(pattern), bytesOf(s), nocase)
}

// IsLiteral reports whether pattern has no special byte, so that, when case
// matters, it matches just the subject equal to it.
func IsLiteral(pattern []byte) bool { return !bytes.ContainsAny(pattern, `*?[\`) }

// IsAll reports whether pattern is "*". The commands that list keys and
// elements then leave the matching out, and so include an empty name, which
// Match would not.
func IsAll(pattern []byte) bool { return len(pattern) == 1 && pattern[0] == '*' }

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

func skipStars(pattern []byte, p int) int {
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p
}

// matchByte matches c with the element of the pattern at p, which is no star,
// and returns where the next element starts. At the end nothing matches.
func matchByte(pattern []byte, p int, c byte, nocase bool) (next int, ok bool) {
	if p == len(pattern) {
		return p, false
	}
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return matchClass(pattern, p+1, c, nocase)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, equal(pattern[p], c, nocase)
}

// matchClass matches c with the class whose bytes start at p, after the "[".
func matchClass(pattern []byte, p int, c byte, nocase bool) (next int, ok bool) {
	not := p < len(pattern) && pattern[p] == '^'
	if not {
		p++
	}
	for ; p < len(pattern) && pattern[p] != ']'; p++ {
		left := len(pattern) - p
		switch {
		case pattern[p] == '\\' && left >= 2:
			p++
			ok = ok || pattern[p] == c
		case left >= 3 && pattern[p+1] == '-':
			ok = ok || inRange(pattern[p], pattern[p+2], c, nocase)
			p += 2
		default:
			ok = ok || equal(pattern[p], c, nocase)
		}
	}
	return min(p+1, len(pattern)), ok != not
}

// inRange reports whether c lies between two bytes, given in either order.
// They are put in order before their case is dropped.
func inRange(first, last, c byte, nocase bool) bool {
	if int8(first) > int8(last) {
		first, last = last, first
	}
	if nocase {
		first, last, c = lower(first), lower(last), lower(c)
	}
	return int8(first) <= int8(c) && int8(c) <= int8(last)
}

func equal(a, b byte, nocase bool) bool {
	return a == b || nocase && lower(a) == lower(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
