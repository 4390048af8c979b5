package main

import (
	"runtime/debug"
	"runtime/metrics"
)

// collector paces the garbage collector by the size of the heap. By itself Go
// lets the heap grow by a share of what lives, which is far too eager for a
// heap of a few megabytes and wasteful for one of gigabytes. What a collection
// costs depends on what lives, how often one is due on the garbage: scripts
// over many keys can make it dear, and then more garbage may gather.
type collector struct {
	percent int   // gc-percent: the share for large heaps
	set     int   // what the runtime was told last
	extra   int64 // bytes that may gather beyond that share
	limit   int64 // the bound that the process was started with
	sample  []metrics.Sample
	spent   float64 // processor seconds of collections so far
	worked  float64 // and of the program
	cycles  uint64
}

const (
	// heapFloor is the size of the heap below which no collection is worth its
	// work: scripts make much garbage, and a collection looks at all keys.
	heapFloor = 160 << 20
	// runtimeMinimum is the live heap below which Go's own minimum counts,
	// which grows with the percentage too.
	runtimeMinimum = 4 << 20
	// maxExtra bounds what may gather while collections are dear.
	maxExtra  = 256 << 20
	extraStep = maxExtra / 4
	// dear and cheap are shares of the processor that collections take.
	dear, cheap = 0.08, 0.02
)

func newCollector(percent int) *collector {
	c := &collector{percent: percent, limit: debug.SetMemoryLimit(-1)}
	for _, name := range []string{
		"/gc/heap/live:bytes", // what survived the last collection
		"/gc/cycles/total:gc-cycles",
		"/cpu/classes/gc/mark/assist:cpu-seconds",
		"/cpu/classes/gc/mark/dedicated:cpu-seconds",
		"/cpu/classes/user:cpu-seconds",
	} {
		c.sample = append(c.sample, metrics.Sample{Name: name})
	}
	return c
}

// pace is called on the loop from time to time. Telling the runtime stops the
// world for a moment, so it does so only when the pace is off by a quarter.
func (c *collector) pace() {
	metrics.Read(c.sample)
	c.weigh(c.sample[1].Value.Uint64(), c.sample[2].Value.Float64()+c.sample[3].Value.Float64(), c.sample[4].Value.Float64())
	live := max(int64(c.sample[0].Value.Uint64()), runtimeMinimum)
	want := max(int((heapFloor-live)*100/live), c.percent) + int(c.extra*100/live)
	if c.percent >= 0 && (want > c.set+c.set/4 || want < c.set-c.set/4) {
		debug.SetGCPercent(want)
		c.set = want
	}
}

// weigh lets more garbage gather, or less, by what the collections since the
// last look have cost. The figures are totals since the start.
func (c *collector) weigh(cycles uint64, spent, worked float64) {
	if cycles < c.cycles+2 {
		return // the runtime's figures come at the end of a cycle
	}
	gc, all := spent-c.spent, spent-c.spent+worked-c.worked
	c.cycles, c.spent, c.worked = cycles, spent, worked
	switch {
	case gc > dear*all:
		c.extra = min(c.extra+extraStep, maxExtra)
	case gc < cheap*all:
		c.extra = max(c.extra-extraStep, 0)
	}
}

// change takes a new gc-percent; a negative one turns collection off.
func (c *collector) change(percent int) {
	c.percent, c.set = percent, percent
	debug.SetGCPercent(percent)
	c.pace()
}

// memoryMargin is what the process may take beyond maxmemory at least: for
// replies on their way, scripts, storage and what is dead but not collected.
const memoryMargin = 128 << 20

// bound lets garbage take half as much as maxmemory, 0 for none, allows data:
// as the process comes near that, collections come sooner than by gc-percent.
// A lower GOMEMLIMIT stays in force.
func (c *collector) bound(maxMemory int64) { debug.SetMemoryLimit(memoryLimit(c.limit, maxMemory)) }

func memoryLimit(limit, maxMemory int64) int64 {
	margin := max(maxMemory/2, memoryMargin)
	if maxMemory <= 0 || maxMemory > limit-margin {
		return limit
	}
	return maxMemory + margin
}
