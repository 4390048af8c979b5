package engine

import (
	"fmt"
	"math"
	"runtime"
	"testing"
)

// TestTheAccountAgreesWithTheHeap fills databases of one kind each, and
// compares what is counted with what the heap has grown by.
func TestTheAccountAgreesWithTheHeap(t *testing.T) {
	for _, c := range []struct {
		name string
		line func(i int) string
	}{
		{"small strings", func(i int) string { return fmt.Sprintf("SET key:%d value:%d", i, i) }},
		{"strings with deadlines", func(i int) string { return fmt.Sprintf("SET key:%d %060d EX 1000", i, i) }},
		{"strings that grow", func(i int) string { return fmt.Sprintf("APPEND key:%d %0*d", i%2000, i%700, i) }},
		{"long strings", func(i int) string { return fmt.Sprintf("SETRANGE key:%d %d x", i%100, 60000+i%30000) }},
		{"small hashes", func(i int) string { return fmt.Sprintf("HSET key:%d field:%d %d", i/5, i%5, i) }},
		{"a large hash", func(i int) string { return fmt.Sprintf("HSET key field:%d %d", i, i) }},
		{"small hashes with deadlines", func(i int) string {
			return fmt.Sprintf("HSETEX key:%d EX %d FIELDS 1 field:%d %d", i/5, 1000+i, i%5, i)
		}},
		{"a large hash with deadlines", func(i int) string { return fmt.Sprintf("HSETEX key EX %d FIELDS 1 field:%d %d", 1000+i, i, i) }},
		{"a large set", func(i int) string { return fmt.Sprintf("SADD key member:%d", i) }},
		{"sets of integers", func(i int) string { return fmt.Sprintf("SADD key:%d %d", i/100, i) }},
		{"a large sorted set", func(i int) string { return fmt.Sprintf("ZADD key %d member:%d", i, i) }},
		{"small sorted sets", func(i int) string { return fmt.Sprintf("ZADD key:%d %d member:%d", i/9, i, i) }},
		{"a stream", func(i int) string { return fmt.Sprintf("XADD key * field %d", i) }},
		{"small streams", func(i int) string { return fmt.Sprintf("XADD key:%d * field %d", i/20, i) }},
		{"a large list", func(i int) string { return fmt.Sprintf("RPUSH key element:%d", i) }},
		{"small lists", func(i int) string { return fmt.Sprintf("LPUSH key:%d element:%d", i/7, i) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			te := newTestEngine(t)
			te.do("SET warm up")
			te.do("FLUSHALL")
			heap, used := liveHeap(), te.used
			for i := range 120_000 {
				te.do(c.line(i))
			}
			grown, counted := float64(liveHeap()-heap), float64(te.used-used)
			const runtimes = 32 << 10 // the Go runtime's own, for threads and the like
			if math.Abs(counted-grown) > grown*0.05+runtimes {
				t.Errorf("counted %.0f bytes, the heap has grown by %.0f: %+.1f %%", counted, grown, (counted/grown-1)*100)
			}
			if err := te.Check(); err != nil {
				t.Error(err)
			}
			te.do("FLUSHALL")
			if te.used != used {
				t.Errorf("%d bytes counted when all keys are gone, %d before there were any", te.used, used)
			}
		})
	}
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestEmptyStreamsCount copies a stream that has neither entries nor groups.
func TestEmptyStreamsCount(t *testing.T) {
	te := newTestEngine(t)
	for _, line := range []string{"XGROUP CREATE x g $ MKSTREAM", "XGROUP DESTROY x g", "COPY x y", "RENAME y z"} {
		te.do(line)
		if err := te.Check(); err != nil {
			t.Errorf("after %s: %v", line, err)
		}
	}
}
