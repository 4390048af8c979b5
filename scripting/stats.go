package scripting

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"perigee/engine"
)

// finished is the last run that ended: first without the time it took, which
// the engine tells of once its command is over.
type finished struct {
	engine.ScriptOutcome
	run  *run // nil if there is none
	told bool // of the time
}

func newStats(kind engine.ScriptKind, name, library string) engine.ScriptStats {
	return engine.ScriptStats{ScriptTotals: engine.ScriptTotals{Kind: kind}, Name: name, Library: library}
}

// measure notes where the counters stand that a run moves. The outermost run
// begins with the hook's at zero.
func (s *Scripting) measure(r *run) {
	r.written = s.e.Written()
	if r.outer == nil {
		return
	}
	h := s.m.hook
	r.instructions, r.memory, r.outerPeak = h.steps(), h.memory(), h.peak
	h.peak = r.memory
}

// finish notes what a run came to, before anything is undone.
func (s *Scripting) finish(r *run) {
	h := s.m.hook
	peak := max(h.peak, h.memory())
	f := &s.finished
	f.run, f.told, f.Failure = r, false, nil
	f.Instructions, f.Memory, f.Written = h.steps()-r.instructions, peak-r.memory, s.e.Written()-r.written
	f.Commands = r.Commands()
	if r.outer != nil {
		h.peak = max(r.outerPeak, peak)
	}
}

// failure tells how a run ended.
func failure(err *ScriptError) *engine.ScriptFailure {
	var limit *LimitError
	return &engine.ScriptFailure{
		Killed:    err.Stop == errKilled || err.Stop == errStopped,
		Limited:   errors.As(err.Stop, &limit),
		Traceback: err.Traceback,
	}
}

// Took implements engine.Scripting.
func (s *Scripting) Took(spent time.Duration, err error) {
	f := &s.finished
	if s.explaining {
		return // what is for trial does not count
	}
	if f.run == nil || f.told {
		f.run = nil // the command was refused before it ran anything
		return
	}
	f.told = true
	f.Time = spent
	if err != nil {
		if f.Failure == nil {
			f.Failure = &engine.ScriptFailure{} // the script returned the error
		}
		f.Failure.Err, f.Failure.AtMs = err, s.e.Now()
	}
	f.run.stats.Add(&f.ScriptOutcome, &s.totals[f.run.kind])
}

// LastRun implements engine.Scripting.
func (s *Scripting) LastRun() *engine.ScriptRun {
	f := &s.finished
	if f.run == nil {
		return nil
	}
	stats := f.run.stats
	last := &engine.ScriptRun{Kind: stats.Kind, Name: stats.Name, Commands: slices.Clone(f.Commands)}
	if f.run.outer == nil {
		last.HotLine = s.hot.String()
	}
	return last
}

// everything is the account of all that can be called: scripts by SHA1, then
// functions and commands by name.
func (s *Scripting) everything() []*engine.ScriptStats {
	var all []*engine.ScriptStats
	for _, sc := range s.cache.bySHA {
		all = append(all, &sc.stats)
	}
	for _, f := range s.library.functions {
		all = append(all, &f.stats)
	}
	for _, lib := range s.library.byName {
		for _, c := range lib.commands {
			all = append(all, &c.stats)
		}
	}
	kinds := engine.ScriptKinds()
	slices.SortFunc(all, func(a, b *engine.ScriptStats) int {
		return cmp.Or(slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// Stats implements engine.Scripting.
func (s *Scripting) Stats() []*engine.ScriptStats {
	called := slices.DeleteFunc(s.everything(), func(t *engine.ScriptStats) bool { return t.Calls == 0 })
	slices.SortStableFunc(called, func(a, b *engine.ScriptStats) int { return cmp.Compare(b.Time, a.Time) })
	return called
}

// Totals implements engine.Scripting.
func (s *Scripting) Totals() []engine.ScriptTotals { return s.totals[:] }

// ResetStats implements engine.Scripting.
func (s *Scripting) ResetStats() {
	for _, t := range s.everything() {
		t.Reset()
	}
	for i := range s.totals {
		s.totals[i] = engine.ScriptTotals{Kind: s.totals[i].Kind}
	}
}

// statsOf is the account of a script, by SHA1, a function or a module's
// command, or nil.
func (s *Scripting) statsOf(name []byte) *engine.ScriptStats {
	if sc := s.cache.named(name); sc != nil {
		return &sc.stats
	}
	if f := s.library.function(name); f != nil {
		return &f.stats
	}
	if c := s.library.command(name); c != nil {
		return &c.stats
	}
	return nil
}
