package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// ScriptKind says what a ScriptStats is of.
type ScriptKind string

const (
	KindScript   ScriptKind = "script"   // of the script cache
	KindFunction ScriptKind = "function" // of a function library or a module
	KindCommand  ScriptKind = "command"  // declared by a module
)

// ScriptKinds are all kinds.
func ScriptKinds() []ScriptKind { return []ScriptKind{KindScript, KindFunction, KindCommand} }

// ScriptTotals are sums over runs.
type ScriptTotals struct {
	Kind         ScriptKind
	Calls        int64
	Errors       int64 // runs that ended with an error, whatever kind
	Kills        int64 // of these, ended by SCRIPT KILL, FUNCTION KILL or the server's end
	Limits       int64 // of these, ended by a limit
	Rollbacks    int64 // runs whose writes were undone
	Time         time.Duration
	Instructions int64 // of the virtual machine, and comparable steps of library functions
	Written      int64 // bytes of keys, elements and values, undone ones included
}

// ScriptStats is the account of one script, function or command of a module
// since it was loaded, or since CONFIG RESETSTAT.
type ScriptStats struct {
	ScriptTotals
	Name       string // the script's SHA1, the function's or the command's name
	Library    string // that the function or command belongs to, or module
	Durations  Histogram
	Longest    time.Duration
	MemoryPeak int64          // most bytes that a run was seen to allocate
	Commands   []CommandUse   // that runs called
	LastError  *ScriptFailure // nil if there was none
}

// ScriptFailure is an error that ended a run.
type ScriptFailure struct {
	Err                     error  // as the client saw it
	Traceback               string // in the words of Lua's debug.traceback; empty where nothing was raised
	AtMs                    int64  // Unix time
	Killed, Limited, Undone bool
}

// Text is the error, code first.
func (f *ScriptFailure) Text() string {
	if known, ok := f.Err.(*Error); ok {
		return known.Error()
	}
	return "ERR " + f.Err.Error()
}

// CommandUse is how often a script called a command, and for how long: of fast
// commands one call in sixteen is timed and stands for the others.
type CommandUse struct {
	cmd   *tableEntry
	Calls int64
	Time  time.Duration
}

// Name is the command's full name, as "get" or "config|get".
func (u CommandUse) Name() string { return u.cmd.Name }

// useOf finds the place of a command in a list, to which it is added if need be.
func useOf(list *[]CommandUse, cmd *tableEntry) int {
	for i := range *list {
		if (*list)[i].cmd == cmd {
			return i
		}
	}
	*list = append(*list, CommandUse{cmd: cmd})
	return len(*list) - 1
}

// ScriptRun is one finished run, for the slow log.
type ScriptRun struct {
	Kind     ScriptKind
	Name     string
	Commands []CommandUse // that it called
	HotLine  string       // where it spent most, and which share, as "user_script:3 (85%)", or empty
}

// write shows what the script did to slow a client down: its kind and name, the
// commands by name, dearest first, each with its calls and microseconds, and
// its hottest line, or null.
func (r *ScriptRun) write(w Reply) {
	w.Map(4)
	w.BulkString("kind")
	w.BulkString(string(r.Kind))
	w.BulkString("name")
	w.BulkString(r.Name)
	w.BulkString("commands")
	WriteCommands(w, r.Commands)
	w.BulkString("hottest_line")
	if r.HotLine == "" {
		w.Null()
	} else {
		w.BulkString(r.HotLine)
	}
}

// WriteCommands writes commands by name, those that took most time first, each
// with its calls and microseconds.
func WriteCommands(w Reply, commands []CommandUse) {
	commands = slices.Clone(commands)
	slices.SortStableFunc(commands, func(a, b CommandUse) int { return cmp.Compare(b.Time, a.Time) })
	w.Map(len(commands))
	for _, u := range commands {
		w.BulkString(u.Name())
		w.Map(2)
		w.BulkString("calls")
		w.Int(u.Calls)
		w.BulkString("usec")
		w.Int(u.Time.Microseconds())
	}
}

// ScriptOutcome is what one run came to.
type ScriptOutcome struct {
	Time                          time.Duration
	Instructions, Memory, Written int64
	Commands                      []CommandUse
	Failure                       *ScriptFailure // nil if it did not fail
}

// add adds a run. It is called for every run of a script, so it is quick.
func (t *ScriptTotals) add(o *ScriptOutcome) {
	t.Calls++
	t.Time += o.Time
	t.Instructions += o.Instructions
	t.Written += o.Written
	if o.Failure != nil {
		t.Errors++
		t.Kills += int64(flag(o.Failure.Killed))
		t.Limits += int64(flag(o.Failure.Limited))
		t.Rollbacks += int64(flag(o.Failure.Undone))
	}
}

// Add adds a run to the account of a script and to the totals of its kind.
func (t *ScriptStats) Add(o *ScriptOutcome, totals *ScriptTotals) {
	t.ScriptTotals.add(o)
	totals.add(o)
	t.Durations.add(o.Time)
	t.Longest = max(t.Longest, o.Time)
	t.MemoryPeak = max(t.MemoryPeak, o.Memory)
	for i, u := range o.Commands {
		if i >= len(t.Commands) || t.Commands[i].cmd != u.cmd {
			i = useOf(&t.Commands, u.cmd)
		}
		t.Commands[i].Calls += u.Calls
		t.Commands[i].Time += u.Time
	}
	if o.Failure != nil {
		t.LastError = o.Failure
	}
}

// Reset begins the account anew.
func (t *ScriptStats) Reset() {
	*t = ScriptStats{ScriptTotals: ScriptTotals{Kind: t.Kind}, Name: t.Name, Library: t.Library}
}

// shownScripts is how many scripts have lines of their own in INFO and series
// of their own in metrics: those that took most time.
const shownScripts = 100

// infoScriptStats shows the totals of each kind and the scripts that took most
// time.
func infoScriptStats(e *Engine, _ *Client, f *infoWriter) {
	if e.scripting == nil {
		return
	}
	for _, t := range e.scripting.Totals() {
		f.field("scripttotals_"+string(t.Kind), t.line())
	}
	all := e.scripting.Stats()
	for _, t := range all[:min(len(all), shownScripts)] {
		f.field("scriptstat_"+t.Name, fmt.Sprintf("kind=%s,%s,usec_p50=%.3f,usec_p99=%.3f,usec_max=%.3f,memory_peak=%d",
			t.Kind, t.line(), micros(t.P(50)), micros(t.P(99)), micros(t.Longest), t.MemoryPeak))
	}
}

// line shows sums as INFO does.
func (t *ScriptTotals) line() string {
	usec := micros(t.Time)
	return fmt.Sprintf("calls=%d,usec=%.0f,usec_per_call=%.2f,errors=%d,kills=%d,limits=%d,rollbacks=%d,instructions=%d,written_bytes=%d",
		t.Calls, usec, usec/float64(max(t.Calls, 1)), t.Errors, t.Kills, t.Limits, t.Rollbacks, t.Instructions, t.Written)
}

// P is the duration that so many percent of the runs do not exceed, to about
// three percent.
func (t *ScriptStats) P(percent float64) time.Duration {
	return min(t.Durations.Percentile(percent), t.Longest)
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
