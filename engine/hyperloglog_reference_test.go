package engine_test

import (
	"fmt"
	"testing"
)

// TestHyperLogLogsAreThoseOfTheReference compares values byte by byte, sparse,
// dense and as they are promoted, and what they count.
func TestHyperLogLogsAreThoseOfTheReference(t *testing.T) {
	r := newReferencePair(t)
	for round := range 12 {
		r.both("FLUSHALL")
		limit := []int{3000, 3000, 100, 16000, 0}[round%5]
		r.e.Settings().HLLSparseMaxBytes = limit
		if _, err := r.ref.Do("CONFIG", "SET", "hll-sparse-max-bytes", fmt.Sprint(limit)); err != nil {
			t.Fatal(err)
		}
		pool := 1 << (4 + r.random.IntN(14)) // of different elements
		for range 150 {
			key := fmt.Sprint("p", r.random.IntN(4))
			switch r.random.IntN(8) {
			case 0:
				r.both("PFCOUNT", key)
			case 1:
				r.both("PFCOUNT", key, "p0", "p9")
			case 2:
				r.both("PFMERGE", fmt.Sprint("p", r.random.IntN(4)), key)
			default:
				words := []string{"PFADD", key}
				for range 1 + r.random.IntN(1+pool/50) {
					element := fmt.Sprintf("element:%d", r.random.IntN(pool))
					words = append(words, element[r.random.IntN(9):])
				}
				r.both(words...)
			}
			r.both("GET", key)
			r.both("OBJECT", "ENCODING", key)
		}
	}
}
