package engine

import (
	"time"
	"unsafe"
)

// BeginIteration starts a turn of the loop: it fixes the time and runs what
// other goroutines posted and what is due by the clock.
func (e *Engine) BeginIteration(now time.Time) {
	e.setNow(now)
	e.ahead = now.Sub(e.clock())
	e.stopwatch = monotonic()
	e.runPosted()
	e.expireBlocked()
	if e.pause.on && e.pause.until <= e.tick {
		e.resume()
	}
	if len(e.syncWaits) > 0 {
		e.serveSynced()
	}
	if e.eviction.running {
		e.makeRoom()
	}
	if period := time.Second / time.Duration(max(e.settings.Hz, 1)); e.tick-e.lastCron >= period {
		e.lastCron = e.tick
		if !e.debug.cronPaused {
			e.cron()
		}
	} else if e.expiring {
		e.activeExpireCycle()
	}
	if len(e.blocking.ready) > 0 {
		e.serveReady()
	}
}

// EndIteration ends a turn of the loop: what the turn changed goes to the
// journal as one group, and to those who track prefixes.
func (e *Engine) EndIteration() {
	e.evictClients()
	if len(e.tracking.changed) > 0 {
		e.broadcast()
	}
	if e.journal != nil {
		began := e.latencyClock()
		e.journal.Flush()
		e.latencySince("aof-write", began)
	}
}

// NextWake is how long the loop may sleep when nothing arrives.
func (e *Engine) NextWake() time.Duration {
	wake := time.Second/time.Duration(max(e.settings.Hz, 1)) - (e.tick - e.lastCron)
	if len(e.blocking.timeouts) > 0 {
		wake = min(wake, e.blocking.timeouts[0].deadline-e.tick)
	}
	if e.eviction.running {
		return 0
	}
	if e.expiring {
		wake = min(wake, 2*time.Millisecond)
	}
	if e.pause.on {
		wake = min(wake, e.pause.until-e.tick)
	}
	return max(wake, 0)
}

// cron is the periodic work: hz times a second.
func (e *Engine) cron() {
	if e.tick-e.clients.weighed >= time.Second {
		e.clients.weighed = e.tick
		e.weighAll()
	}
	e.sampleMemory()
	e.makeRoom()
	e.stats.sample(e.tick)
	if e.activeExpire {
		e.activeExpireCycle()
	}
	for _, ks := range e.dbs {
		ks.keys.Rehash(64)
		ks.expires.Rehash(64)
	}
	for _, hook := range e.crons {
		hook()
	}
}

// OnCron registers fn to run on the loop hz times a second.
func (e *Engine) OnCron(fn func()) { e.crons = append(e.crons, fn) }

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
	began := e.latencyClock()
	defer func() { e.latencySince("expire-cycle", began) }()
	end := monotonic() + expireBudget*time.Duration(e.settings.ExpireEffort+3)
	for i := range e.dbs {
		ks := e.dbs[(e.expireDB+i)%len(e.dbs)]
		if !ks.expireSlice(end) || !ks.fieldSlice(end) {
			e.expireDB, e.expiring = (e.expireDB+i)%len(e.dbs), true
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
		seen, due := 0, make([]entry, 0, 32)
		for step := 0; seen < 20 && step < 400; step++ {
			ks.cursor = ks.expires.Scan(ks.cursor, func(p unsafe.Pointer) {
				seen++
				if h := entry(p); h.deadlineMs() <= e.now {
					due = append(due, h)
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
		if len(due)*10 <= seen {
			return true
		}
		if monotonic() > end {
			return false
		}
	}
	return true
}
