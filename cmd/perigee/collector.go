package main

import (
	"runtime/debug"
	"runtime/metrics"
)

// collector paces the garbage collector by the size of the heap. By itself Go
// lets the heap grow by a share of what lives, which is far too eager for a
// heap of a few megabytes and wasteful for one of gigabytes.
type collector struct {
	percent int   // gc-percent: the share for large heaps
	set     int   // what the runtime was told last
	limit   int64 // the bound that the process was started with
	sample  []metrics.Sample
}

// heapFloor is the size of the heap below which no collection is worth its
// work: scripts make much garbage, and a collection looks at all keys.
const heapFloor = 160 << 20

// runtimeMinimum is the live heap below which Go's own minimum counts, which
// grows with the percentage too.
const runtimeMinimum = 4 << 20

// liveHeap is what survived the last collection.
const liveHeap = "/gc/heap/live:bytes"

func newCollector(percent int) *collector {
	return &collector{percent: percent, limit: debug.SetMemoryLimit(-1), sample: []metrics.Sample{{Name: liveHeap}}}
}

// pace is called on the loop from time to time. Telling the runtime stops the
// world for a moment, so it does so only when the pace is off by a quarter.
func (c *collector) pace() {
	metrics.Read(c.sample)
	live := max(int64(c.sample[0].Value.Uint64()), runtimeMinimum)
	want := max(int((heapFloor-live)*100/live), c.percent)
	if c.percent >= 0 && (want > c.set+c.set/4 || want < c.set-c.set/4) {
		debug.SetGCPercent(want)
		c.set = want
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
