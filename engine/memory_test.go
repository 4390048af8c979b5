package engine

import (
	"testing"
	"time"
)

// TestGarbageIsCollectedBeforeWritesAreRefused moves the heap, of which a part
// is dead, around maxmemory.
func TestGarbageIsCollectedBeforeWritesAreRefused(t *testing.T) {
	const mb = 1 << 20
	te := newTestEngine(t)
	te.settings.MaxMemory = 100 * mb
	var used, live, collections int64
	te.memory.read = func() (int64, int64) { return used, live }
	te.memory.collect = func(done func()) {
		collections++
		used = live
		done()
	}
	for _, step := range []struct {
		name        string
		used, live  int64
		over        bool
		collections int64
	}{
		{"below", 90 * mb, 10 * mb, false, 0},
		{"over by garbage", 150 * mb, 10 * mb, false, 1},
		{"collected", 0, 0, false, 1},
		{"over by data", 150 * mb, 140 * mb, true, 2},
		{"over by data still, a moment after", 150 * mb, 140 * mb, true, 2},
		{"over by new data", 105 * mb, 97 * mb, true, 3},
		{"below again", 90 * mb, 89 * mb, false, 3},
	} {
		if step.used > 0 {
			used, live = step.used, step.live
		}
		te.advance(2 * time.Second)
		if over := te.OverMemory(); over != step.over || collections != step.collections {
			t.Errorf("%s: over %v after %d collections, want %v after %d", step.name, over, collections, step.over, step.collections)
		}
	}
	used, live = 150*mb, 140*mb
	te.advance(2 * time.Second)
	before := collections
	for range 10 {
		te.advance(100 * time.Millisecond)
	}
	if n := collections - before; n > 1 {
		t.Errorf("%d collections in a second in which nothing was made", n)
	}
}
