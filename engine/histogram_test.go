package engine

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestHistogramClasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, 2*histogramMax).Draw(t, "d"))
		c := class(d)
		if c < 0 || c >= histogramOctaves<<histogramBits {
			t.Fatalf("%v: class %d", d, c)
		}
		if n := min(int64(d), histogramMax); top(c) < n || top(c) > n+n/32 {
			t.Fatalf("%v: the class ends at %d", d, top(c))
		}
		if class(time.Duration(min(top(c), histogramMax))) != c || c > 0 && class(time.Duration(top(c-1))) != c-1 {
			t.Fatalf("%v: class %d is not that of its end", d, c)
		}
	})
}

func TestHistogramPercentiles(t *testing.T) {
	var h Histogram
	for i := range 1000 {
		h.add(time.Duration(i+1) * time.Microsecond)
	}
	for _, c := range []struct {
		percent float64
		micros  int64
	}{{0, 1}, {50, 500}, {99, 990}, {99.9, 999}, {100, 1000}} {
		if got := h.Percentile(c.percent).Nanoseconds(); got < c.micros*1000 || got > c.micros*1033 {
			t.Errorf("p%v: got %d ns, want about %d µs", c.percent, got, c.micros)
		}
	}
	var bounds, counts []int64
	h.cumulate(func(bound, below int64) { bounds, counts = append(bounds, bound), append(counts, below) })
	if bounds[0] != 1024 || counts[0] != 1 || counts[len(counts)-1] != 1000 || bounds[len(bounds)-1] != 1<<20 {
		t.Errorf("bounds %v, counts %v", bounds, counts)
	}
}
