package rdb

import "math/bits"

// The LZF format: a control byte below 32 announces one more literal bytes
// than it says. Any other says, in its top three bits and, if these are all
// set, in the next byte, how many bytes beyond two to copy, and in its other
// bits and the byte that follows how far back they stand, less one.
const (
	maxLiteral = 1 << 5
	maxBack    = 1 << 13
	minMatch   = 3
	maxMatch   = 2 + 7 + 255
	// maxExpansion is how many bytes one byte may stand for: three make the
	// longest match.
	maxExpansion = maxMatch / 3
)

// Compress returns s in the LZF format, nil if that saves fewer than four
// bytes. O(len(s)), with one look at each place.
func Compress(s []byte) []byte {
	room := len(s) - 4
	if room <= 0 {
		return nil
	}
	shift := 32 - min(max(bits.Len(uint(len(s))), 6), 14)
	seen := make([]int32, 1<<(32-shift)) // by hash: one more than the place of three bytes
	out := make([]byte, 0, room)
	literal := 0 // where the literal bytes begin
	for i := 0; i+minMatch <= len(s); {
		three := uint32(s[i])<<16 | uint32(s[i+1])<<8 | uint32(s[i+2])
		slot := &seen[three*2654435761>>shift]
		from := int(*slot) - 1
		*slot = int32(min(i+1, 1<<31-1))
		if from < 0 || i-from > maxBack || from >= i || s[from] != s[i] || s[from+1] != s[i+1] || s[from+2] != s[i+2] {
			i++
			continue
		}
		n := matchLen(s, from, i)
		out = appendLiteral(out, s[literal:i])
		out = appendMatch(out, i-from-1, n-2)
		if len(out) > room {
			return nil
		}
		i += n
		literal = i
	}
	out = appendLiteral(out, s[literal:])
	if len(out) > room {
		return nil
	}
	return out
}

// matchLen counts the equal bytes from two places on, up to maxMatch.
func matchLen(s []byte, from, at int) int {
	n, most := minMatch, min(maxMatch, len(s)-at)
	for n < most && s[from+n] == s[at+n] {
		n++
	}
	return n
}

func appendLiteral(out, s []byte) []byte {
	for len(s) > 0 {
		n := min(len(s), maxLiteral)
		out = append(append(out, byte(n-1)), s[:n]...)
		s = s[n:]
	}
	return out
}

// appendMatch appends the copy of length+2 bytes from back+1 bytes ago.
func appendMatch(out []byte, back, length int) []byte {
	if length < 7 {
		out = append(out, byte(length)<<5|byte(back>>8))
	} else {
		out = append(out, 7<<5|byte(back>>8), byte(length-7))
	}
	return append(out, byte(back))
}

// Decompress returns the size bytes that b stands for; the error is ErrFormat
// if it stands for more or fewer, or for none at all. size must not be larger
// than what b can stand for.
func Decompress(b []byte, size int) ([]byte, error) {
	out := make([]byte, 0, size)
	for len(b) > 0 {
		control := int(b[0])
		b = b[1:]
		if control < maxLiteral {
			n := control + 1
			if n > len(b) || len(out)+n > size {
				return nil, ErrFormat
			}
			out = append(out, b[:n]...)
			b = b[n:]
			continue
		}
		n := control >> 5
		if n == 7 && len(b) > 0 {
			n += int(b[0])
			b = b[1:]
		}
		if len(b) == 0 {
			return nil, ErrFormat
		}
		from := len(out) - (control&0x1F)<<8 - int(b[0]) - 1
		b = b[1:]
		n += 2
		if from < 0 || len(out)+n > size {
			return nil, ErrFormat
		}
		out = appendFrom(out, from, n)
	}
	if len(out) != size || size == 0 {
		return nil, ErrFormat
	}
	return out, nil
}

// appendFrom repeats n bytes from a place on; they may be among those that it
// appends.
func appendFrom(out []byte, from, n int) []byte {
	for n > 0 {
		part := out[from:min(from+n, len(out))]
		out = append(out, part...)
		from, n = from+len(part), n-len(part)
	}
	return out
}
