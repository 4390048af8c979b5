package scripting

import (
	"math"
	"time"

	"perigee/engine"
)

// statsFlags are those of the commands that show what scripts do: they change
// nothing, and may be asked while one overruns.
const statsFlags = engine.NoScript | engine.Loading | engine.Stale | engine.AllowBusy

var statsTips = []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}

var errNoStats = engine.Errf("No such script, function or command of a module")

// scriptList replies with one map for each script, function and command of a
// module: what it is and how often it was called, or, with STATS, all that
// SCRIPT STATS says of it.
func (s *Scripting) scriptList(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
	write := writeListed
	switch {
	case len(args) == 1 && args.Is(0, "STATS"):
		write = writeStats
	case len(args) > 0:
		return engine.Errf("SCRIPT LIST only supports STATS option")
	}
	all := s.everything()
	w.Array(len(all))
	for _, t := range all {
		write(w, t)
	}
	return nil
}

// scriptStats replies with a map: see writeStats.
func (s *Scripting) scriptStats(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
	t := s.statsOf(args[0])
	if t == nil {
		return errNoStats
	}
	writeStats(w, t)
	return nil
}

func writeListed(w engine.Reply, t *engine.ScriptStats) {
	w.Map(4)
	writeIdentity(w, t)
	writeCount(w, "calls", t.Calls)
}

// writeIdentity writes the pairs that say what has the account.
func writeIdentity(w engine.Reply, t *engine.ScriptStats) {
	writeText(w, "kind", string(t.Kind))
	writeText(w, "name", t.Name)
	writeText(w, "library", t.Library)
}

// writeStats writes an account as a map. Durations are microseconds, fractions
// included, but for sums; sizes are bytes.
func writeStats(w engine.Reply, t *engine.ScriptStats) {
	w.Map(17)
	writeIdentity(w, t)
	writeCount(w, "calls", t.Calls)
	writeCount(w, "errors", t.Errors)
	writeCount(w, "kills", t.Kills)
	writeCount(w, "limits", t.Limits)
	writeCount(w, "rollbacks", t.Rollbacks)
	writeCount(w, "usec", t.Time.Microseconds())
	writeMicros(w, "usec_p50", t.P(50))
	writeMicros(w, "usec_p99", t.P(99))
	writeMicros(w, "usec_max", t.Longest)
	writeCount(w, "instructions", t.Instructions)
	writeCount(w, "memory_peak", t.MemoryPeak)
	writeCount(w, "written_bytes", t.Written)
	w.BulkString("commands")
	engine.WriteCommands(w, t.Commands)
	w.BulkString("last_error")
	if t.LastError == nil {
		w.Null()
		return
	}
	w.Map(3)
	writeText(w, "text", t.LastError.Text())
	writeText(w, "traceback", t.LastError.Traceback)
	writeCount(w, "unix_ms", t.LastError.AtMs)
}

func writeCount(w engine.Reply, name string, n int64) {
	w.BulkString(name)
	w.Int(n)
}

// writeText writes a text, or null where there is none.
func writeText(w engine.Reply, name, text string) {
	w.BulkString(name)
	if text == "" {
		w.Null()
	} else {
		w.BulkString(text)
	}
}

// writeMicros writes a duration in microseconds with three decimals.
func writeMicros(w engine.Reply, name string, d time.Duration) {
	w.BulkString(name)
	w.Double(math.Round(float64(d)) / 1000)
}
