package bitstring

import "encoding/binary"

// Op is a way to combine strings bit by bit. The shorter ones count as if
// zeros followed.
type Op uint8

const (
	And   Op = iota // set in all
	Or              // set in any
	Xor             // set in an odd number
	Not             // clear in the only one
	Diff            // set in the first and in no other
	Diff1           // set in another and not in the first
	AndOr           // set in the first and in another
	One             // set in exactly one
)

// block is the piece of the result that is worked on at a time, so that it
// stays in the processor's cache while one source after the other comes.
const block = 8 << 10

// Combine returns the combination of sources, of which there is at least one,
// as long as the longest of them. O(bytes of all sources).
func Combine(op Op, sources [][]byte) []byte {
	longest := 0
	for _, s := range sources {
		longest = max(longest, len(s))
	}
	result := make([]byte, longest)
	for at := 0; at < longest; at += block {
		combineBlock(op, result[at:min(at+block, longest)], sources, at)
	}
	return result
}

// combineBlock makes dst, which is all zeros, what the sources combine to from
// byte at on.
func combineBlock(op Op, dst []byte, sources [][]byte, at int) {
	first, others := part(sources[0], at, len(dst)), sources[1:]
	switch op {
	case And:
		copy(dst, first)
		for _, s := range others {
			and(dst, part(s, at, len(dst)))
		}
	case Or, Xor, Diff:
		copy(dst, first)
		for _, s := range others {
			zip(op, dst, part(s, at, len(dst)))
		}
	case Not:
		for i := range dst {
			dst[i] = 0xff
		}
		zip(Xor, dst, first)
	case Diff1, AndOr:
		for _, s := range others {
			zip(Or, dst, part(s, at, len(dst)))
		}
		if op == AndOr {
			and(dst, first)
		} else {
			zip(Diff, dst, first)
		}
	case One:
		var more [block]byte // set in two or more
		copy(dst, first)
		for _, s := range others {
			one(dst, more[:], part(s, at, len(dst)))
		}
		zip(Diff, dst, more[:len(dst)])
	}
}

// part returns up to n bytes of s from at on, as far as it has them.
func part(s []byte, at, n int) []byte {
	if at >= len(s) {
		return nil
	}
	return s[at:min(at+n, len(s))]
}

// and intersects dst with src; what is beyond src goes.
func and(dst, src []byte) {
	clear(dst[len(src):])
	dst = dst[:len(src)]
	for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(dst)&binary.LittleEndian.Uint64(src))
	}
	for i, c := range src {
		dst[i] &= c
	}
}

// zip applies Or, Xor or Diff (and not) to dst, as far as src goes.
func zip(op Op, dst, src []byte) {
	switch op {
	case Or:
		for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
			binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(dst)|binary.LittleEndian.Uint64(src))
		}
		for i, c := range src {
			dst[i] |= c
		}
	case Xor:
		for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
			binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(dst)^binary.LittleEndian.Uint64(src))
		}
		for i, c := range src {
			dst[i] ^= c
		}
	case Diff:
		for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
			binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(dst)&^binary.LittleEndian.Uint64(src))
		}
		for i, c := range src {
			dst[i] &^= c
		}
	}
}

// one adds src to the bits set in any and, where they were set, in more.
func one(any, more, src []byte) {
	for ; len(src) >= 8; any, more, src = any[8:], more[8:], src[8:] {
		a, s := binary.LittleEndian.Uint64(any), binary.LittleEndian.Uint64(src)
		binary.LittleEndian.PutUint64(more, binary.LittleEndian.Uint64(more)|a&s)
		binary.LittleEndian.PutUint64(any, a|s)
	}
	for i, c := range src {
		more[i] |= any[i] & c
		any[i] |= c
	}
}
