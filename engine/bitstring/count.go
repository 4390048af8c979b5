package bitstring

import (
	"encoding/binary"
	"math/bits"
)

// Count counts the bits set in b, a word at a time. O(len(b)).
func Count(b []byte) int64 {
	n := 0
	for ; len(b) >= 32; b = b[32:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b)) + bits.OnesCount64(binary.LittleEndian.Uint64(b[8:])) +
			bits.OnesCount64(binary.LittleEndian.Uint64(b[16:])) + bits.OnesCount64(binary.LittleEndian.Uint64(b[24:]))
	}
	for ; len(b) >= 8; b = b[8:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b))
	}
	for _, c := range b {
		n += bits.OnesCount8(c)
	}
	return int64(n)
}

// CountRange counts the bits set from first to last, inclusive, both of which
// b must have.
func CountRange(b []byte, first, last int64) int64 {
	from, to := first>>3, last>>3
	n := Count(b[from : to+1])
	n -= int64(bits.OnesCount8(b[from] &^ (0xff >> (first & 7))))
	return n - int64(bits.OnesCount8(b[to]&(0x7f>>(last&7))))
}

// Index returns the first bit from first to last, inclusive, that is set, or
// with set false clear; -1 if there is none. b must have both ends.
func Index(b []byte, set bool, first, last int64) int64 {
	var flip uint64 // makes the bits looked for ones
	if !set {
		flip = ^uint64(0)
	}
	pos := first &^ 7
	skip := byte(0xff) >> (first & 7)
	for pos <= last {
		if rest := b[pos>>3:]; skip == 0xff && len(rest) >= 8 {
			word := binary.BigEndian.Uint64(rest) ^ flip
			if word == 0 {
				pos += 64
				continue
			}
			pos += int64(bits.LeadingZeros64(word))
			break
		}
		if c := (b[pos>>3] ^ byte(flip)) & skip; c != 0 {
			pos += int64(bits.LeadingZeros8(c))
			break
		}
		pos, skip = pos+8, 0xff
	}
	if pos > last {
		return -1
	}
	return pos
}
