package server

import (
	"sync/atomic"
	"time"
)

// A poller is what the loop waits with.
type poller interface {
	// poll waits for at most d, and not at all if wake was called. It returns
	// how many events there are for dispatch.
	poll(d time.Duration) int
	// dispatch acts on the n events that poll found.
	dispatch(n int)
	// again polls without waiting, and dispatches, while dispatch is under way.
	again()
	// wake ends the wait that is under way, or else the next one. Any
	// goroutine may call it, even after close.
	wake()
	// rouse takes the mark that wake left, and says whether there was one.
	rouse() bool
	// close is called when nobody waits.
	close()
}

// bell is a poller that waits for wake alone. It is for loops all of whose
// clients have goroutines: the runtime polls for those, and hands over to a
// loop that waits on a channel without a system call.
type bell struct {
	woken atomic.Bool
	rung  chan struct{}
	timer *time.Timer
}

func newBell() *bell {
	b := &bell{rung: make(chan struct{}, 1), timer: time.NewTimer(time.Hour)}
	b.timer.Stop()
	return b
}

func (b *bell) poll(d time.Duration) int {
	if d <= 0 || b.woken.Load() {
		return 0
	}
	b.timer.Reset(d)
	select {
	case <-b.rung:
	case <-b.timer.C:
	}
	b.timer.Stop()
	return 0
}

func (b *bell) wake() {
	if b.woken.Swap(true) {
		return
	}
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

func (b *bell) rouse() bool {
	if !b.woken.Load() {
		return false
	}
	b.woken.Store(false)
	return true
}

func (b *bell) dispatch(int) {}
func (b *bell) again()       {}
func (b *bell) close()       {}
