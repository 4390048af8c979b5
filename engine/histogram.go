package engine

import (
	"math/bits"
	"time"
)

// histogram counts durations in classes that are a thirty-second of a power of
// two wide, up to one second, beyond which all count as that. It is of a fixed
// size, so that counting is one addition.
type histogram struct {
	total  int64
	counts [histogramClasses]int64
}

const (
	histogramBits    = 5                                                    // classes in a power of two, as a power of two
	histogramMax     = 1e9                                                  // nanoseconds
	histogramClasses = (30-histogramBits)<<histogramBits + 1<<histogramBits // 30 is the bits of histogramMax
)

// class is the number of a duration's class.
func class(d time.Duration) int {
	n := uint64(min(max(d, 0), histogramMax))
	shift := max(bits.Len64(n)-histogramBits-1, 0)
	return shift<<histogramBits + int(n>>shift)
}

// top is the longest duration of a class, in nanoseconds.
func top(class int) int64 {
	shift := max(class>>histogramBits-1, 0)
	return int64(class-shift<<histogramBits+1)<<shift - 1
}

func (h *histogram) add(d time.Duration) {
	h.total++
	h.counts[class(d)]++
}

// percentile is the duration that so many percent do not exceed, in
// nanoseconds: the top of its class.
func (h *histogram) percentile(percent float64) int64 {
	rank, seen := int64(percent/100*float64(h.total)+0.5), int64(0)
	for i, n := range h.counts {
		seen += n
		if n > 0 && seen >= rank {
			return top(i)
		}
	}
	return 0
}

// cumulate calls fn with each power of two of nanoseconds, from a microsecond
// or so on, below which more durations lie than below the one before, and with
// their number.
func (h *histogram) cumulate(fn func(nanoseconds, below int64)) {
	var seen, told int64
	next := 0
	for power := int64(1024); told < h.total; power *= 2 {
		for ; next < len(h.counts) && top(next) < power; next++ {
			seen += h.counts[next]
		}
		if seen > told {
			fn(power, seen)
			told = seen
		}
	}
}
