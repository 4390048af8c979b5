// Package xxh3 computes XXH3 with 64 bits, seed 0 and the secret that its
// specification gives: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
package xxh3

import (
	"encoding/binary"
	"math/bits"
)

const (
	prime32x1 = 0x9E3779B1
	prime32x2 = 0x85EBCA77
	prime32x3 = 0xC2B2AE3D
	prime64x1 = 0x9E3779B185EBCA87
	prime64x2 = 0xC2B2AE3D27D4EB4F
	prime64x3 = 0x165667B19E3779F9
	prime64x4 = 0x85EBCA77C2B2AE63
	prime64x5 = 0x27D4EB2F165667C5
	primeMX1  = 0x165667919E3779F9
	primeMX2  = 0x9FB21C651E98DF25

	stripe     = 64
	stepSecret = 8 // by which the secret moves on with each stripe
	block      = stripe * (len(secret) - stripe) / stepSecret
)

// Sum64 returns the hash of b. O(len(b)).
func Sum64(b []byte) uint64 {
	switch n := len(b); {
	case n == 0:
		return avalanche64(key(56) ^ key(64))
	case n <= 3:
		text := uint32(b[0])<<16 | uint32(b[n>>1])<<24 | uint32(b[n-1]) | uint32(n)<<8
		return avalanche64(uint64(text ^ uint32(key(0)) ^ uint32(key(0)>>32)))
	case n <= 8:
		text := uint64(word32(b, n-4)) + uint64(word32(b, 0))<<32
		return mixShort(text^key(8)^key(16), uint64(n))
	case n <= 16:
		low, high := word(b, 0)^key(24)^key(32), word(b, n-8)^key(40)^key(48)
		return avalanche(uint64(n) + bits.ReverseBytes64(low) + high + fold(low, high))
	case n <= 128:
		return sumMedium(b)
	case n <= 240:
		return sumLonger(b)
	}
	return sumLong(b)
}

func key(at int) uint64              { return word(secret[:], at) }
func word(b []byte, at int) uint64   { return binary.LittleEndian.Uint64(b[at:]) }
func word32(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
func mix(b []byte, at, k int) uint64 { return fold(word(b, at)^key(k), word(b, at+8)^key(k+8)) }

// fold is the two halves of a product, folded into one.
func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

func avalanche(h uint64) uint64 {
	h ^= h >> 37
	h *= primeMX1
	return h ^ h>>32
}

func avalanche64(h uint64) uint64 {
	h ^= h >> 33
	h *= prime64x2
	h ^= h >> 29
	h *= prime64x3
	return h ^ h>>32
}

func mixShort(h, n uint64) uint64 {
	h ^= bits.RotateLeft64(h, 49) ^ bits.RotateLeft64(h, 24)
	h *= primeMX2
	h ^= h>>35 + n
	h *= primeMX2
	return h ^ h>>28
}

// sumMedium takes 17 to 128 bytes, from both ends inwards.
func sumMedium(b []byte) uint64 {
	n := len(b)
	h := uint64(n) * prime64x1
	for i := (n - 1) / 32; i >= 0; i-- {
		h += mix(b, 16*i, 32*i) + mix(b, n-16*(i+1), 32*i+16)
	}
	return avalanche(h)
}

// sumLonger takes 129 to 240 bytes.
func sumLonger(b []byte) uint64 {
	n := len(b)
	h := uint64(n) * prime64x1
	for i := range 8 {
		h += mix(b, 16*i, 16*i)
	}
	h = avalanche(h)
	for i := 8; i < n/16; i++ {
		h += mix(b, 16*i, 16*(i-8)+3)
	}
	return avalanche(h + mix(b, n-16, 136-17))
}

// sumLong takes more than 240 bytes, by stripes and blocks of stripes.
func sumLong(b []byte) uint64 {
	acc := lanes{prime32x3, prime64x1, prime64x2, prime64x3, prime64x4, prime32x2, prime64x5, prime32x1}
	rest := b
	for ; len(rest) > block; rest = rest[block:] {
		acc.stripes(rest[:block])
		acc.scramble()
	}
	acc.stripes(rest[:(len(rest)-1)/stripe*stripe])
	acc.add(b[len(b)-stripe:], len(secret)-stripe-7)
	h := uint64(len(b)) * prime64x1
	for i := range 4 {
		h += fold(acc[2*i]^key(11+16*i), acc[2*i+1]^key(11+16*i+8))
	}
	return avalanche(h)
}

type lanes [8]uint64

func (l *lanes) stripes(b []byte) {
	for i := 0; i < len(b); i += stripe {
		l.add(b[i:i+stripe], i/stripe*stepSecret)
	}
}

func (l *lanes) add(b []byte, k int) {
	text, keys := (*[stripe]byte)(b), (*[stripe]byte)(secret[k:])
	for i := 0; i < len(l); i += 2 {
		at := 8 * i & (stripe - 16) // which spares the checks of bounds
		t, u := binary.LittleEndian.Uint64(text[at:at+8]), binary.LittleEndian.Uint64(text[at+8:at+16])
		x, y := t^binary.LittleEndian.Uint64(keys[at:at+8]), u^binary.LittleEndian.Uint64(keys[at+8:at+16])
		l[i] += u + x&(1<<32-1)*(x>>32)
		l[i+1] += t + y&(1<<32-1)*(y>>32)
	}
}

func (l *lanes) scramble() {
	for i := range l {
		l[i] = (l[i] ^ l[i]>>47 ^ key(len(secret)-stripe+8*i)) * prime32x1
	}
}

// secret is the specification's.
var secret = [192]byte{
	0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
	0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
	0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
	0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
	0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
	0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
	0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
	0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
	0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
	0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
	0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
	0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
}
