package engine

import (
	"time"
)

// BeginIteration starts a turn of the loop: it fixes the time and runs what
// other goroutines posted and what is due by the clock.
func (e *Engine) BeginIteration(now time.Time) {
	e.setNow(now)
	e.ahead = now.Sub(e.clock())
	e.stopwatch = monotonic()
	e.runPosted()
	e.answerAsked()
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
	} else if e.expiring && e.tick >= e.expiry.rest {
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
		wake = min(wake, e.expiry.rest-e.tick)
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
