package engine

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Used is the memory that counts towards maxmemory: what lives of the
// databases, and what clients take. Cost: O(1).
func (e *Engine) Used() int64 { return e.used + e.clients.used + e.tracking.bytes }

// OverMemory tells whether writes that need memory are refused: there is no
// room within maxmemory, and there was nothing to evict when the running
// command began.
func (e *Engine) OverMemory() bool {
	return e.eviction.refusing && e.settings.MaxMemory > 0 && e.Used() > e.settings.MaxMemory
}

// heapSizes is what the runtime says of the process's memory.
type heapSizes struct {
	objects int64 // dead ones included that are not collected yet
	live    int64 // survived the last collection
	free    int64 // held for new objects
	total   int64 // all that the system gave and has not got back
}

// readHeap costs microseconds, so it is not done per command.
func readHeap() heapSizes {
	names := [...]string{
		"/memory/classes/heap/objects:bytes", "/gc/heap/live:bytes",
		"/memory/classes/heap/free:bytes", "/memory/classes/heap/unused:bytes",
		"/memory/classes/total:bytes", "/memory/classes/heap/released:bytes",
	}
	var samples [len(names)]metrics.Sample
	for i, name := range names {
		samples[i].Name = name
	}
	metrics.Read(samples[:])
	value := func(i int) int64 { return int64(samples[i].Value.Uint64()) }
	return heapSizes{objects: value(0), live: value(1), free: value(2) + value(3), total: value(4) - value(5)}
}

// sampleMemory notes the highest use.
func (e *Engine) sampleMemory() { e.stats.memoryPeak = max(e.stats.memoryPeak, e.Used()) }

// Work is what the process has done since its start: commands, and processor
// time where the system tells.
func (e *Engine) Work() (commands int64, spent time.Duration) {
	sys, user := processTimes()
	return e.stats.commands, sys + user
}

// Purge starts a goroutine that collects garbage and gives the system back
// what is free. It touches nothing and ends by itself; there is one at most.
// The loop calls it.
func (e *Engine) Purge() {
	if e.purging {
		return
	}
	e.purging = true
	go func() {
		debug.FreeOSMemory()
		e.Post(func() { e.purging = false })
	}()
}
