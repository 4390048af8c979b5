package hyperloglog

import (
	"slices"
	"strconv"
)

const (
	maxSparseRank = 32
	maxRanksRun   = 4
	maxZeros      = 64 // of the shorter form
)

// run reads the run at off of a sparse value: how many registers have which
// rank, and how many bytes say so. A missing second byte counts as 0.
func (v Value) run(off int) (n int, rank byte, size int) {
	switch c := v[off]; {
	case c&0x80 != 0:
		return int(c&3) + 1, c>>2&31 + 1, 1
	case c&0x40 == 0:
		return int(c) + 1, 0, 1
	case off+1 < len(v):
		return int(c&63)<<8 + int(v[off+1]) + 1, 0, 2
	default:
		return int(c&63)<<8 + 1, 0, 2
	}
}

// eachRun calls fn for the runs of a sparse value, in order, none of which
// goes beyond the last register.
func (v Value) eachRun(fn func(first, n int, rank byte)) error {
	first := 0
	for off := headerSize; off < len(v); {
		n, rank, size := v.run(off)
		if off+size > len(v) || first+n > Registers {
			return ErrCorrupt
		}
		fn(first, n, rank)
		first, off = first+n, off+size
	}
	if first != Registers {
		return ErrCorrupt
	}
	return nil
}

func appendZeros(v Value, n int) Value {
	switch {
	case n == 0:
		return v
	case n <= maxZeros:
		return append(v, byte(n-1))
	}
	return append(v, 0x40|byte((n-1)>>8), byte(n-1))
}

func appendRanks(v Value, rank byte, n int) Value {
	if n == 0 {
		return v
	}
	return append(v, 0x80|(rank-1)<<2|byte(n-1))
}

// addSparse is Add for a sparse value: the run that has the register is split
// in up to three, and neighbours that became equal are joined. Which runs
// there are after that is part of the format: the reference makes the same.
func (v Value) addSparse(index int, rank byte, sparseMax int) (Value, bool, error) {
	before := headerSize // the run before the one that has the register
	off, first := headerSize, 0
	var n, size int
	var old byte
	for {
		if off >= len(v) {
			return v, false, ErrCorrupt
		}
		n, old, size = v.run(off)
		if off+size > len(v) {
			return v, false, ErrCorrupt
		}
		if index < first+n {
			break
		}
		before, off, first = off, off+size, first+n
	}
	if old >= rank {
		return v, false, nil
	}
	if rank > maxSparseRank {
		return v.promote(index, rank)
	}
	var room [5]byte
	split := Value(room[:0])
	left, right := index-first, first+n-1-index
	if old == 0 {
		split = appendZeros(appendRanks(appendZeros(split, left), rank, 1), right)
	} else {
		split = appendRanks(appendRanks(appendRanks(split, old, left), rank, 1), old, right)
	}
	if grows := len(split) - size; grows > 0 && len(v)+grows > sparseMax {
		return v.promote(index, rank)
	}
	v = slices.Replace(v, off, off+size, split...).join(before)
	v.Invalidate()
	return v, true, nil
}

// promote makes v dense and raises a register, which is lower.
func (v Value) promote(index int, rank byte) (Value, bool, error) {
	d, err := v.ToDense()
	if err != nil {
		return v, false, err
	}
	return d.Add(index, rank, 0)
}

// join joins equal neighbours among five runs from off on, where one run can
// hold both. A join counts as one of the five.
func (v Value) join(off int) Value {
	for steps := 0; steps < 5 && off < len(v); steps++ {
		n, rank, size := v.run(off)
		if rank > 0 && off+1 < len(v) {
			next, nextRank, _ := v.run(off + 1)
			if nextRank == rank && n+next <= maxRanksRun {
				v = slices.Delete(v, off, off+1)
				appendRanks(v[:off], rank, n+next)
				continue
			}
		}
		off += size
	}
	return v
}

// Runs describes the runs of a sparse value, as PFDEBUG DECODE does: z and Z for
// the shorter and the longer form of zeros, with their number, v for a rank,
// with its number of registers.
func (v Value) Runs() string {
	var b []byte
	for off := headerSize; off < len(v); {
		n, rank, size := v.run(off)
		if len(b) > 0 {
			b = append(b, ' ')
		}
		switch {
		case rank > 0:
			b = append(strconv.AppendInt(append(b, "v:"...), int64(rank), 10), ',')
		case size == 2:
			b = append(b, "Z:"...)
		default:
			b = append(b, "z:"...)
		}
		b = strconv.AppendInt(b, int64(n), 10)
		off += size
	}
	return string(b)
}
