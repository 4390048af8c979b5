package hyperloglog

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
)

// SelfTest checks that registers keep what is put into them, that sparse and
// dense values agree, and that estimates are near. It takes some 10 ms.
func SelfTest(seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 0))
	v, err := New().ToDense()
	if err != nil {
		return err
	}
	for range 10 {
		var registers [Registers]byte
		for i := range registers {
			registers[i] = byte(random.IntN(maxRank + 1))
		}
		clear(v[headerSize:])
		if v, err = v.With(&registers, true, 0); err != nil {
			return err
		}
		for i, want := range registers {
			if got := v.Register(i); got != want {
				return fmt.Errorf("Register %d should be %d but is %d", i, want, got)
			}
		}
	}
	return testEstimates(random)
}

// testEstimates compares a sparse value that becomes dense with one that is.
func testEstimates(random *rand.Rand) error {
	const most = 100_000
	const standard = 1.04 / 128 // the error that one in three estimates is within
	sparse := New()
	dense, err := sparse.ToDense()
	if err != nil {
		return err
	}
	var element [8]byte
	next := 1
	for n := 1; n <= most; n++ {
		binary.LittleEndian.PutUint64(element[:], random.Uint64())
		index, rank := Hash(element[:])
		if sparse, _, err = sparse.Add(index, rank, 3000); err != nil {
			return err
		}
		if dense, _, err = dense.Add(index, rank, 0); err != nil {
			return err
		}
		if n != next {
			continue
		}
		next *= 10
		count, err := sparse.Count()
		if err != nil {
			return err
		}
		if other, _ := dense.Count(); other != count {
			return fmt.Errorf("dense/sparse disagree")
		}
		if off := math.Abs(float64(count) - float64(n)); off > math.Ceil(6*standard*float64(n)) {
			return fmt.Errorf("Too big error. card:%d abserr:%d", n, int64(off))
		}
	}
	return nil
}
