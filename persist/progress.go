package persist

import (
	"log/slog"
	"sync/atomic"
	"time"

	"perigee/engine"
)

// reportEvery is how often recovery says how far it is.
const reportEvery = 10 * time.Second

// progress passes on what recovery gives its target, and logs from time to
// time how much that was: a long recovery is not to look like a hanging one.
type progress struct {
	Target
	records, units atomic.Uint64
	done, ended    chan struct{}
}

// watchProgress begins to log, until stop is called.
func watchProgress(target Target, log *slog.Logger, every time.Duration) *progress {
	p := &progress{Target: target, done: make(chan struct{}), ended: make(chan struct{})}
	go p.report(log, every)
	return p
}

func (p *progress) report(log *slog.Logger, every time.Duration) {
	defer close(p.ended)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	began := time.Now()
	for {
		select {
		case <-p.done:
			return
		case <-ticker.C:
			log.Info("recovering", "records", p.records.Load(), "units", p.units.Load(), "took", time.Since(began).Round(time.Second).String())
		}
	}
}

func (p *progress) stop() {
	close(p.done)
	<-p.ended
}

// Apply implements Target.
func (p *progress) Apply(f *engine.Effect) error {
	p.records.Add(1)
	return p.Target.Apply(f)
}

// Unit implements Target.
func (p *progress) Unit(unit []byte) error {
	p.units.Add(1)
	return p.Target.Unit(unit)
}
