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

// TestDearCollectionsBecomeRarer gives the collector what the runtime would.
func TestDearCollectionsBecomeRarer(t *testing.T) {
	c := newCollector(100)
	cycles, spent, worked := uint64(0), 0.0, 0.0
	step := func(gc, program float64) int64 {
		cycles, spent, worked = cycles+2, spent+gc, worked+program
		c.weigh(cycles, spent, worked)
		return c.extra
	}
	for i := range int64(10) {
		if got, want := step(0.3, 0.7), min((i+1)*extraStep, maxExtra); got != want {
			t.Fatalf("after %d dear rounds: %d bytes more, want %d", i+1, got, want)
		}
	}
	if got := step(0.05, 0.95); got != maxExtra {
		t.Errorf("a round in between: %d", got)
	}
	c.weigh(cycles+1, spent, worked+100)
	if c.extra != maxExtra {
		t.Errorf("half a look counts: %d", c.extra)
	}
	for range 10 {
		step(0.001, 1)
	}
	if c.extra != 0 {
		t.Errorf("after cheap rounds: %d", c.extra)
	}
}
