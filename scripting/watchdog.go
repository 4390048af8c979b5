package scripting

import (
	"sync/atomic"
	"time"
)

// watchdog has a run that goes on for a while look at the clock and at the
// heap every few milliseconds, however few instructions it executes meanwhile:
// comparing two long strings is one, and so is making a table of many values.
// So a run never goes further beyond its limits than in one step and a period.
type watchdog struct {
	due   atomic.Bool   // the run in progress is to look
	runs  atomic.Uint64 // runs that began or ended: odd while one is in progress
	awake atomic.Bool   // watch is running
}

const (
	watchPeriod = 5 * time.Millisecond
	watchIdle   = 200 // periods without a run after which watch ends
)

// begin and end enclose a run; the script's goroutine calls them.
func (w *watchdog) begin() {
	w.runs.Add(1)
	if !w.awake.Load() && w.awake.CompareAndSwap(false, true) {
		go w.watch() // touches nothing but w, and ends by itself when there have been no runs for a second
	}
}

func (w *watchdog) end() { w.runs.Add(1) }

func (w *watchdog) watch() {
	ticker := time.NewTicker(watchPeriod)
	defer ticker.Stop()
	seen, idle := uint64(0), 0
	for range ticker.C {
		now := w.runs.Load()
		switch {
		case now != seen:
			seen, idle = now, 0
		case now%2 == 1:
			w.due.Store(true)
		default:
			if idle++; idle < watchIdle {
				continue
			}
			w.awake.Store(false)
			// A run that began just now may have seen it awake.
			if w.runs.Load() == seen || !w.awake.CompareAndSwap(false, true) {
				return
			}
			idle = 0
		}
	}
}
