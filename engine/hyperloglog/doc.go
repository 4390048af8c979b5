// Package hyperloglog estimates how many different elements it has seen, in
// the bytes that Redis keeps: a value made here can be read there, and the
// other way round.
//
// An element's hash picks one of 16384 registers and a rank, and the register
// keeps the highest rank it was given. A value is a header and the registers:
//
//	"HYLL" | encoding | 3 unused | cached count, 8 bytes, little-endian | registers
//
// The highest bit of the cached count says that it is out of date. Dense
// registers (encoding 0) take 6 bits each, the lowest bits of a byte first.
// Sparse ones (encoding 1) are runs:
//
//	00nnnnnn           n+1 registers are 0 (1 to 64)
//	01nnnnnn nnnnnnnn  n+1 registers are 0 (1 to 16384)
//	1vvvvvnn           n+1 registers (1 to 4) are v+1 (1 to 32)
//
// A Value may come from anywhere. Valid looks at its header; all that reads
// sparse registers returns ErrCorrupt where the runs do not make up exactly
// 16384 of them, and nothing panics or reads on beyond the end.
//
// The hash is MurmurHash64A. The estimate is that of O. Ertl, "New cardinality
// estimation algorithms for HyperLogLog sketches", arXiv:1702.01284.
package hyperloglog
