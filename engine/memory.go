package engine

import (
	"runtime"
	"runtime/metrics"
	"time"
)

// memory judges the heap by maxmemory. The runtime counts dead objects until
// they are collected, and collects late; so what is over maxmemory by count is
// collected before writes are refused.
type memory struct {
	live       int64 // bytes that survived the last collection
	collecting bool
	began      time.Duration // of the collection
	rest       time.Duration // the tick before which another is not worth its work

	// read returns the bytes of all objects and of those that survived the last
	// collection; collect collects, in the background, and calls done, from
	// any goroutine.
	read    func() (used, live int64)
	collect func(done func())
}

// Names of what the runtime measures.
const (
	memoryUsed = "/memory/classes/heap/objects:bytes"
	memoryLive = "/gc/heap/live:bytes"
)

func readHeap() (used, live int64) {
	sample := []metrics.Sample{{Name: memoryUsed}, {Name: memoryLive}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64()), int64(sample[1].Value.Uint64())
}

// collectHeap starts a goroutine that touches nothing and ends by itself.
func collectHeap(done func()) {
	go func() {
		runtime.GC()
		done()
	}()
}

// sampleMemory reads the size of the heap; it costs microseconds, so it is not
// done per command.
func (e *Engine) sampleMemory() {
	e.stats.memory, e.memory.live = e.memory.read()
	e.stats.memoryPeak = max(e.stats.memoryPeak, e.stats.memory)
}

// reclaim has the heap collected when it is over maxmemory by count, and dead
// objects may be why: at once when many were made since the last collection,
// else now and then.
func (e *Engine) reclaim() {
	m := &e.memory
	if e.settings.MaxMemory <= 0 || e.stats.memory <= e.settings.MaxMemory || m.collecting {
		return
	}
	if e.mostlyLive() && e.tick < m.rest {
		return
	}
	m.collecting, m.began = true, monotonic()
	m.collect(func() { e.Post(e.reclaimed) })
}

// reclaimed notes the end of a collection. Collections that change nothing
// take a twentieth of the time at most.
func (e *Engine) reclaimed() {
	e.memory.collecting = false
	e.memory.rest = e.tick + max(time.Second, 20*(monotonic()-e.memory.began))
	e.sampleMemory()
}

// mostlyLive tells whether nearly all objects, as far as is known, are in use.
func (e *Engine) mostlyLive() bool {
	limit := e.settings.MaxMemory
	return e.memory.live > limit || e.stats.memory-e.memory.live <= max(limit/10, 1<<20)
}

// OverMemory tells whether the process uses more than maxmemory, as of the
// last sample. While much of it may be dead, and is about to be collected, it
// does not.
func (e *Engine) OverMemory() bool {
	return e.settings.MaxMemory > 0 && e.stats.memory > e.settings.MaxMemory && e.mostlyLive()
}
