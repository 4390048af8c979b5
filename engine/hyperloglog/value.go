package hyperloglog

import (
	"bytes"
	"encoding/binary"
	"errors"
)

const (
	// Registers is how many registers every value has.
	Registers = 1 << indexBits
	// DenseSize is the length of a dense value.
	DenseSize = headerSize + Registers*registerBits/8

	indexBits    = 14
	rankBits     = 64 - indexBits // of the hash, which ranks count zeros in
	maxRank      = rankBits + 1
	registerBits = 6
	headerSize   = 16

	encodingAt = 4
	countAt    = 8
	staleAt    = 15
	stale      = 0x80

	dense  = 0
	sparse = 1
)

// ErrCorrupt says that sparse registers are not as they must be.
var ErrCorrupt = errors.New("corrupt registers")

// Value is a HyperLogLog.
type Value []byte

// New returns a sparse value that has seen nothing.
func New() Value {
	v := append(make(Value, 0, 32), "HYLL"...)
	v = append(v, sparse)
	v = append(v, make([]byte, headerSize-len(v))...)
	v.Invalidate()
	return appendZeros(v, Registers)
}

// Valid tells whether v has the header of a HyperLogLog and, if it is dense,
// the length. All other methods are for such values.
func (v Value) Valid() bool {
	return len(v) >= headerSize && string(v[:encodingAt]) == "HYLL" && v[encodingAt] <= sparse && (v[encodingAt] == sparse || len(v) == DenseSize)
}

// Dense tells how the registers are held.
func (v Value) Dense() bool { return v[encodingAt] == dense }

// Cached returns the count that v holds, and whether it is up to date.
func (v Value) Cached() (uint64, bool) {
	return binary.LittleEndian.Uint64(v[countAt:]), v[staleAt]&stale == 0
}

// CountBytes is where in a value the bytes of a cached count go, and the bytes.
func CountBytes(count uint64) (offset int, b [8]byte) {
	binary.LittleEndian.PutUint64(b[:], count)
	return countAt, b
}

// StaleByte is where in v a byte goes, and the byte, for the cached count to be
// out of date.
func (v Value) StaleByte() (offset int, b byte) { return staleAt, v[staleAt] | stale }

// Invalidate notes that the cached count is out of date.
func (v Value) Invalidate() { v[staleAt] |= stale }

// Add raises a register to a rank, as Hash gives them. It returns v, which it
// may have changed and moved, and whether the register was lower. A sparse
// value that would be longer than sparseMax bytes, or cannot hold the rank,
// becomes dense. After an error v is to be forgotten. O(1) if v is dense,
// else O(len(v)).
func (v Value) Add(index int, rank byte, sparseMax int) (Value, bool, error) {
	if v.Dense() {
		offset, part, n := v.Raise(index, rank)
		if n == 0 {
			return v, false, nil
		}
		copy(v[offset:], part[:n])
		v.Invalidate()
		return v, true, nil
	}
	return v.addSparse(index, rank, sparseMax)
}

// With returns a copy of v with its registers raised to those given, dense if
// that is asked for, with no count. O(Registers), and len(v) for each that is
// raised in a sparse value.
func (v Value) With(registers *[Registers]byte, dense bool, sparseMax int) (Value, error) {
	var err error
	if dense && !v.Dense() {
		v, err = v.ToDense()
	} else {
		v = bytes.Clone(v)
	}
	for i, rank := range registers {
		if err != nil {
			return nil, err
		}
		if rank > 0 {
			v, _, err = v.Add(i, rank, sparseMax)
		}
	}
	if err != nil {
		return nil, err
	}
	v.Invalidate()
	return v, nil
}

// Merge raises each of registers to what v has. O(Registers).
func (v Value) Merge(registers *[Registers]byte) error {
	if v.Dense() {
		for i := 0; i < Registers; i += 4 {
			a, b, c, d := v.four(i)
			r := registers[i : i+4 : i+4]
			r[0], r[1], r[2], r[3] = max(r[0], a), max(r[1], b), max(r[2], c), max(r[3], d)
		}
		return nil
	}
	return v.eachRun(func(first, n int, rank byte) {
		if rank > 0 {
			for i := first; i < first+n; i++ {
				registers[i] = max(registers[i], rank)
			}
		}
	})
}

// Count estimates how many elements v has seen, without regard to the cached
// count. O(Registers) if v is dense, else O(len(v)).
func (v Value) Count() (uint64, error) {
	var h histogram
	if v.Dense() {
		for i := 0; i < Registers; i += 4 {
			a, b, c, d := v.four(i)
			h[a]++
			h[b]++
			h[c]++
			h[d]++
		}
		return h.estimate(), nil
	}
	if err := v.eachRun(func(_, n int, rank byte) { h[rank] += n }); err != nil {
		return 0, err
	}
	return h.estimate(), nil
}

// CountOf estimates how many elements were seen by values that were merged.
func CountOf(registers *[Registers]byte) uint64 {
	var h histogram
	for _, rank := range registers {
		h[rank&(1<<registerBits-1)]++
	}
	return h.estimate()
}
