package engine

import (
	"math/bits"
	"time"
)

// Histogram counts durations in classes that are a thirty-second of a power of
// two wide, up to a bit over a minute, beyond which all count as that. The
// classes of a power of two have room once a duration needs them, so counting
// is one addition as a rule. The zero value is empty.
type Histogram struct {
	total   int64
	octaves [histogramOctaves]*[1 << histogramBits]int64
}

const (
	histogramBits    = 5         // classes in a power of two, as a power of two
	histogramMax     = 1<<36 - 1 // nanoseconds
	histogramOctaves = 36 - histogramBits + 1

	// commandHistogramMax bounds the histograms of commands, as LATENCY
	// HISTOGRAM and INFO latencystats show them, in nanoseconds.
	commandHistogramMax = 1e9
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

func (h *Histogram) add(d time.Duration) {
	h.total++
	c := class(d)
	octave := &h.octaves[c>>histogramBits]
	if *octave == nil {
		*octave = new([1 << histogramBits]int64)
	}
	(*octave)[c&(1<<histogramBits-1)]++
}

// each calls fn with the classes that counted something, from the lowest on,
// until it says that it has seen enough.
func (h *Histogram) each(fn func(class int, n int64) bool) {
	for i, octave := range h.octaves {
		if octave == nil {
			continue
		}
		for j, n := range octave {
			if n > 0 && !fn(i<<histogramBits+j, n) {
				return
			}
		}
	}
}

// Percentile is the duration that so many percent do not exceed: the top of its
// class, or zero if there is none.
func (h *Histogram) Percentile(percent float64) time.Duration {
	rank, seen := int64(percent/100*float64(h.total)+0.5), int64(0)
	var found time.Duration
	h.each(func(class int, n int64) bool {
		seen += n
		found = time.Duration(top(class))
		return seen < rank
	})
	return found
}

// cumulate calls fn with each power of two of nanoseconds, from a microsecond
// or so on, below which more durations lie than below the one before, and with
// their number.
func (h *Histogram) cumulate(fn func(nanoseconds, below int64)) {
	var seen, told int64
	power := int64(1024)
	tell := func() {
		if seen > told {
			fn(power, seen)
			told = seen
		}
	}
	h.each(func(class int, n int64) bool {
		for ; top(class) >= power; power *= 2 {
			tell()
		}
		seen += n
		return true
	})
	tell()
}
