package main

import (
	"math"
	"testing"
)

func TestMemoryLimit(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct{ limit, maxMemory, want int64 }{
		{math.MaxInt64, 0, math.MaxInt64},
		{math.MaxInt64, 10 * mb, 138 * mb},
		{math.MaxInt64, 1000 * mb, 1500 * mb},
		{math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64},
		{100 * mb, 10 * mb, 100 * mb},
		{200 * mb, 10 * mb, 138 * mb},
	} {
		if got := memoryLimit(c.limit, c.maxMemory); got != c.want {
			t.Errorf("started with %d, maxmemory %d: got %d, want %d", c.limit, c.maxMemory, got, c.want)
		}
	}
}
