package engine

import (
	"time"
	"unsafe"
)

// expiry is the account of the active cycle.
type expiry struct {
	rest  time.Duration // the tick before which the next slice would take more than its share
	spent time.Duration // on all slices
	stale float64       // percent of keys with a deadline that are past it: a moving average
	cut   int64         // slices that ended for want of time
}

// expireShare is the percentage of the loop's time that the cycle may take, of
// which each unit of effort beyond the first adds two.
const expireShare = 25

// expireBudget bounds the time that one slice of the active cycle may take,
// per unit of effort.
const expireBudget = 500 * time.Microsecond

// activeExpireCycle removes keys and fields whose deadline has passed without anybody
// asking for them. It goes through the keys with deadlines by cursor, stops
// when its budget is used up, and goes on in the next iteration while a large
// share of what it meets has expired.
func (e *Engine) activeExpireCycle() {
	e.expiring = false
	if !e.activeExpire || e.pause.on || e.unit.depth > 0 {
		return
	}
	began := monotonic()
	e.expireAll(began + expireBudget*time.Duration(e.settings.ExpireEffort+3))
	spent := monotonic() - began
	share := time.Duration(expireShare + 2*(e.settings.ExpireEffort-1))
	e.expiry.rest = e.tick + spent*100/share
	e.expiry.spent += spent
	e.LatencyEvent("expire-cycle", spent)
}

// expireAll goes through the databases, beginning where it stopped last.
func (e *Engine) expireAll(end time.Duration) {
	for i := range e.dbs {
		ks := e.dbs[(e.expireDB+i)%len(e.dbs)]
		if !ks.expireSlice(end) || !ks.fieldSlice(end) {
			e.expireDB, e.expiring = (e.expireDB+i)%len(e.dbs), true
			e.expiry.cut++
			return
		}
	}
}

// fieldSlice removes fields that have expired from the hashes of one database,
// the earliest first; false says that the time was up before all were gone.
func (ks *Keyspace) fieldSlice(end time.Duration) bool {
	e := ks.e
	for len(ks.fieldQueue) > 0 && ks.fieldQueue[0].timed.next <= e.now {
		if monotonic() > end {
			return false
		}
		e.beginUnit()
		ks.expireFields(ks.fieldQueue[0])
		e.endUnit()
	}
	return true
}

// expireSlice removes expired keys of one database until few are left among
// those sampled; false says that the time was up first.
func (ks *Keyspace) expireSlice(end time.Duration) bool {
	e := ks.e
	for ks.expires.Len() > 0 {
		seen, due, left := 0, make([]entry, 0, 32), int64(0)
		for step := 0; seen < 20 && step < 400; step++ {
			ks.cursor = ks.expires.Scan(ks.cursor, func(p unsafe.Pointer) {
				seen++
				h := entry(p)
				if h.deadlineMs() <= e.now {
					due = append(due, h)
				} else {
					left += h.deadlineMs() - e.now
				}
			})
			if ks.cursor == 0 {
				break
			}
		}
		e.beginUnit()
		for _, h := range due {
			ks.expire(h)
		}
		e.endUnit()
		ks.sampled(seen, len(due), left)
		if len(due)*10 <= seen {
			return true
		}
		if monotonic() > end {
			return false
		}
	}
	return true
}

// sampled notes what a look at some keys with a deadline met: so many past it,
// and for the others the milliseconds left, all together.
func (ks *Keyspace) sampled(seen, due int, left int64) {
	if seen == 0 {
		return
	}
	x := &ks.e.expiry
	x.stale += (100*float64(due)/float64(seen) - x.stale) / 20
	if due == seen {
		return
	}
	average := left / int64(seen-due)
	if ks.averageTTL == 0 {
		ks.averageTTL = average
	}
	ks.averageTTL += (average - ks.averageTTL) / 50
}
