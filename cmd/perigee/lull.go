package main

import (
	"runtime/metrics"
	"time"
)

// lull finds the moments at which so little runs that a collection and giving
// memory back to the system disturb nobody: by themselves both wait until the
// heap has grown once more, which after a burst may be never.
type lull struct {
	at       time.Time // of the last look
	commands int64     // until then
	spent    time.Duration
	sample   []metrics.Sample
}

const (
	// lullRound is the time between two looks.
	lullRound = time.Second
	// quietRate is how many commands a second are as good as none, and
	// quietShare what the process may take of a processor.
	quietRate  = 100
	quietShare = 0.05
	// leastWaste is what must be won at least, which is a tenth of what lives
	// where that is more, as a collection looks at all of it.
	leastWaste = 32 << 20
)

func newLull(now time.Time) *lull {
	l := &lull{at: now}
	for _, name := range []string{"/gc/heap/live:bytes", "/memory/classes/heap/objects:bytes", "/memory/classes/heap/free:bytes"} {
		l.sample = append(l.sample, metrics.Sample{Name: name})
	}
	return l
}

// due is called from time to time with what the process has done since its
// start, and tells whether to collect garbage and give memory back now.
func (l *lull) due(now time.Time, commands int64, spent time.Duration) bool {
	return l.quiet(now, commands, spent) && l.worthwhile()
}

// quiet tells, once in a round, whether little has run in it.
func (l *lull) quiet(now time.Time, commands int64, spent time.Duration) bool {
	passed := now.Sub(l.at)
	if passed < lullRound {
		return false
	}
	ran, worked := commands-l.commands, spent-l.spent
	l.at, l.commands, l.spent = now, commands, spent
	return float64(ran) <= quietRate*passed.Seconds() && worked.Seconds() <= quietShare*passed.Seconds()
}

// worthwhile asks the runtime for what a collection would win at most.
func (l *lull) worthwhile() bool {
	metrics.Read(l.sample)
	live, objects, free := int64(l.sample[0].Value.Uint64()), int64(l.sample[1].Value.Uint64()), int64(l.sample[2].Value.Uint64())
	return wasteful(live, objects, free)
}

// wasteful tells whether what has come since the last collection, of which live
// bytes were left, and what is free are much.
func wasteful(live, objects, free int64) bool { return objects-live+free > max(leastWaste, live/10) }
