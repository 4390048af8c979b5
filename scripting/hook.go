package scripting

import (
	"runtime"
	"runtime/metrics"
	"time"
)

// Monitor bounds one run of a script. The zero value sets no bound.
type Monitor struct {
	Instructions int64 // VM instructions, and comparable steps of library functions; 0 means no bound
	MemoryBytes  int64 // by which the process's heap may grow while the script runs; 0 means no bound
	PatternSteps int64 // of matching patterns; 0 means no bound

	// Tick is called about every tickInstructions, from the script's goroutine: the place to look at the clock or a kill
	// flag, and to serve others meanwhile. An error ends the run; no pcall catches it.
	Tick func() error

	// Taken is by how many bytes the process's heap has grown, since Taken was called last, for which the script does not
	// answer: data, journal and undo.
	Taken func() int64
}

const (
	tickInstructions = 10_000
	stepInstructions = 250
	maxStringBytes   = 512 << 20 // as proto-max-bulk-len
	sparedPeriods    = 4         // of the watchdog, in which a run that claims little does not look at the heap
	minMemoryCheck   = 1 << 20   // bytes a script may claim between two looks at the heap
	stepBytes        = 64        // that an instruction may claim: more than it does, but for tables of many arguments
)

// hook watches a run. It is the context of the machine's LState, as gopher-lua calls Done before each instruction.
// Once it has stopped a run, every further instruction of that run fails, so pcall cannot go on.
type hook struct {
	left    int // instructions until the next look
	granted int // what left was set to
	spent   int64
	ticked  int64 // what was spent at the last tick
	closed  chan struct{}
	stopped chan struct{} // nil while the run may go on, then closed
	err     error
	watchdog
	Monitor

	// Between ticks a profiler may look every stepInstructions: while it is set,
	// onStep is called.
	onStep func()

	matched  int64 // steps of patterns
	exempted int64 // bytes of growth that are data, not the script's
	claimed  int64 // bytes, since the last look at the heap
	mayClaim int64 // before the next look
	baseline int64 // heap when the run first looked, without what was garbage then
	live     int64 // heap after the last collection this run asked for
	measured bool  // baseline is set
	peak     int64 // most bytes that the run was seen to hold
	before   int64 // bytes claimed before the first look
	grown    int64 // growth of the heap since then, at the last look
	overdue  int   // periods of the watchdog that the run has seen
	sample   []metrics.Sample
}

func newHook() *hook {
	h := &hook{closed: make(chan struct{}), sample: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}}
	close(h.closed)
	return h
}

// begin starts a run, which ends with end.
func (h *hook) begin(monitor Monitor) {
	h.watchdog.begin()
	h.Monitor = monitor
	h.spent, h.ticked = 0, 0
	h.grant()
	h.stopped, h.err = nil, nil
	h.matched = 0
	h.exempted, h.claimed, h.mayClaim, h.measured, h.live = 0, 0, max(minMemoryCheck, h.MemoryBytes/8), false, 0
	h.peak, h.before, h.grown, h.overdue = 0, 0, 0, 0
}

func (h *hook) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }
func (h *hook) Value(key any) any                       { return nil }

// Err is the text gopher-lua raises once Done gave a closed channel.
func (h *hook) Err() error { return h.err }

func (h *hook) Done() <-chan struct{} {
	if h.left--; h.left <= 0 || h.due.Load() {
		h.tick()
	}
	return h.stopped
}

// work accounts for steps of a library function as if they were instructions. The caller must stop if it gives an error.
func (h *hook) work(steps int) error {
	if h.left -= steps; h.left <= 0 || h.due.Load() {
		h.tick()
	}
	return h.err
}

// grant sets how many instructions may run until the next look.
func (h *hook) grant() {
	h.left = tickInstructions
	if h.onStep != nil {
		h.left = stepInstructions
	}
	h.granted = h.left
}

// steps is what the run has spent up to now.
func (h *hook) steps() int64 { return h.spent + int64(h.granted-h.left) }

func (h *hook) tick() {
	h.spent = h.steps()
	h.grant()
	due := h.due.Load()
	if due {
		h.due.Store(false)
		h.overdue++
	}
	if h.err != nil {
		return
	}
	if h.onStep != nil {
		h.onStep()
		if !due && h.spent < h.ticked+tickInstructions {
			return
		}
	}
	h.ticked = h.spent
	if err := exceeds("instructions", h.spent, h.Instructions); err != nil {
		h.stop(err)
		return
	}
	// Short runs that cannot have claimed much are spared a look at the heap, whose first may collect garbage: also those
	// that take a little longer because garbage is being collected.
	if h.MemoryBytes > 0 && (h.overdue > sparedPeriods || h.measured || h.claimed+h.spent*stepBytes > h.mayClaim) && h.checkHeap(0) != nil {
		return
	}
	if h.Tick != nil {
		if err := h.Tick(); err != nil {
			h.stop(err)
		}
	}
}

// match accounts for steps of a pattern.
func (h *hook) match(steps int) error {
	h.matched += int64(steps)
	if err := exceeds("pattern", h.matched, h.PatternSteps); err != nil {
		h.stop(err)
	}
	return h.work(steps)
}

// stop ends the run with an error. The first one counts.
func (h *hook) stop(err error) {
	if h.err == nil {
		h.err, h.stopped = err, h.closed
	}
}

// resume takes back stop.
func (h *hook) resume() { h.err, h.stopped = nil, nil }

// claim accounts for bytes about to be allocated. The caller must not allocate them if it gives an error.
func (h *hook) claim(bytes int64) error {
	if h.due.Load() { // first, as a look at the heap ends what was claimed before it
		h.tick()
	}
	h.claimed += bytes
	if h.claimed <= h.mayClaim || h.MemoryBytes <= 0 {
		return h.err
	}
	return h.checkHeap(bytes)
}

// mustLook tells whether a claim of nothing would look at the heap or fail, because of what was claimed by claimReply.
func (h *hook) mustLook() bool { return h.err != nil || h.claimed > h.mayClaim }

// exempt tells that the heap may have grown by some bytes that the script does not answer for, as Taken does.
func (h *hook) exempt(bytes int64) { h.exempted += bytes }

// checkHeap looks whether the heap has room for bytes more. Claims only decide when to look: what a script has dropped is
// collected and does not count against it.
func (h *hook) checkHeap(bytes int64) error {
	if h.err != nil {
		return h.err
	}
	if bytes > h.MemoryBytes {
		h.stop(&LimitError{"memory", h.MemoryBytes})
		return h.err
	}
	if h.Taken != nil {
		h.exempt(h.Taken())
	}
	heap := h.heap() - h.exempted
	if !h.measured {
		// What others have left on the heap would hide as much of what this run claims.
		h.live = int64(h.sample[1].Value.Uint64())
		if heap > h.mayGrow() {
			heap = h.collect()
		}
		h.baseline, h.measured, h.before = heap, true, h.claimed
	}
	h.forget(heap)
	if heap-h.baseline+bytes > h.MemoryBytes && heap+bytes > h.mayGrow() {
		heap = h.collect()
		h.forget(heap)
		if h.err == nil && heap-h.baseline+bytes > h.MemoryBytes {
			h.stop(&LimitError{"memory", h.MemoryBytes})
		}
	}
	h.grown = heap - h.baseline
	h.peak = max(h.peak, h.before+h.grown)
	h.claimed = 0
	h.mayClaim = max(minMemoryCheck, (h.MemoryBytes-(heap-h.baseline)-bytes)/2)
	return h.err
}

// forget keeps what others have dropped since the first look from being room
// for this run: neither what was there then nor what lives is more than the heap.
func (h *hook) forget(heap int64) { h.baseline, h.live = min(h.baseline, heap), min(h.live, heap) }

// mayGrow is the size of the heap up to which it is not collected again. A collection is dear, the more so the larger the
// heap, so it waits until a quarter of the limit, or a part of the heap, was allocated; the limit may be exceeded by as much.
func (h *hook) mayGrow() int64 { return h.live + max(h.MemoryBytes/4, h.live/16) }

// collect collects garbage and gives what the heap is then. It takes the longer the more data there is; meanwhile the run
// looks at the clock, and others are served, as ever.
func (h *hook) collect() int64 {
	done := make(chan struct{})
	go func() { // touches nothing of the run's, which waits for it unless the run is to end
		runtime.GC()
		close(done)
	}()
	ticker := time.NewTicker(watchPeriod)
	defer ticker.Stop()
	for h.err == nil {
		select {
		case <-done:
			h.live = h.heap() - h.exempted
			return h.live
		case <-ticker.C:
		}
		if h.Tick != nil {
			if err := h.Tick(); err != nil {
				h.stop(err)
			}
		}
	}
	return h.heap() - h.exempted
}

// claimReply is claim for values that a command replies: nothing may end or delay the command itself, so the heap is only
// looked at, and a run that is over it ends as soon as the command has.
func (h *hook) claimReply(bytes int64) error {
	h.claimed += bytes
	if h.err == nil && h.MemoryBytes > 0 && h.claimed > max(h.mayClaim, h.MemoryBytes) {
		h.stop(&LimitError{"memory", h.MemoryBytes})
	}
	return h.err
}

// memory is the bytes that the run holds, as far as is known: what it claimed
// before the first look at the heap, what the heap has grown by since, and what
// it claimed after the last look. Runs that claim little are never looked at,
// so all that they claimed counts, dropped or not.
func (h *hook) memory() int64 { return max(h.before+h.grown, 0) + h.claimed }

func (h *hook) heap() int64 {
	metrics.Read(h.sample)
	return int64(h.sample[0].Value.Uint64())
}
