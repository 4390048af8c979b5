//go:build !linux

package server

import (
	"sync/atomic"
	"time"
)

// hasPoller says that every connection needs goroutines here.
const hasPoller = false

// poller waits for wake alone, since goroutines do the polling.
type poller struct {
	woken atomic.Bool
	bell  chan struct{}
	timer *time.Timer
}

func newPoller() (*poller, error) {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &poller{bell: make(chan struct{}, 1), timer: timer}, nil
}

// close is called when nobody waits.
func (p *poller) close() {}

// wake ends a wait that is under way, or else the next one. Any goroutine may
// call it.
func (p *poller) wake() {
	if p.woken.Swap(true) {
		return
	}
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// rouse takes the mark that wake left, and says whether there was one.
func (p *poller) rouse() bool { return p.woken.Swap(false) }

// poll waits for at most d. There are never events for dispatch.
func (p *poller) poll(d time.Duration) int {
	if d <= 0 || p.woken.Load() {
		return 0
	}
	p.timer.Reset(d)
	select {
	case <-p.bell:
	case <-p.timer.C:
	}
	p.timer.Stop()
	return 0
}

func (p *poller) dispatch(int) {}

func (p *poller) again() {}
