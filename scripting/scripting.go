package scripting

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
)

// Scripting runs EVAL scripts, functions and module commands for one engine,
// all in one Lua machine. Like the engine it belongs to the loop.
type Scripting struct {
	e       *engine.Engine
	m       *machine
	log     *slog.Logger
	cache   scriptCache
	library libraries
	run     *run       // the running script, innermost; nil while none runs
	runs    []*run     // by depth, used again and again
	argvs   [][][]byte // likewise
	replies []*luaReply
	started time.Duration // of the outermost run, by its first tick
	clock   func() time.Duration
	look    func() error                 // tick
	grown   func() int64                 // grow, likewise
	within  func(err error, before bool) // the engine's ErrorWithin
	yielded time.Duration
	slow    bool   // the slow script was logged
	killed  error  // why the outermost run is to end, or nil
	numbers []byte // scratch for number arguments

	profile    profiler
	explaining bool     // the outermost run is for trial
	hot        hotLines // of the outermost run

	debug     *debugSession // whose script runs here, if it is not a server's
	debugging *debugSession // that keeps the server busy

	leaving atomic.Bool // set from anywhere: the server is to stop

	finished finished // the last run
	totals   [3]engine.ScriptTotals

	limits   engine.ScriptLimits // of the outermost run, which its inner ones share
	commands int64               // that it has called
	lookAt   int64               // how many commands it may call before the next look
	mayWrite int64               // the engine's count of bytes written that it may come to
	posted   int64               // the engine's, after the last command
	began    engineMemory        // when it began
	taken    engineMemory        // at the last look
}

// runKind says what runs, as BUSY and KILL tell scripts from functions.
type runKind uint8

const (
	runEval runKind = iota
	runFunction
	runModule
)

// run is one script in execution.
type run struct {
	engine.Script
	kind   runKind
	name   string         // SHA1 of the script, or the function's name
	caller *engine.Client // whose command runs it
	resp3  bool           // redis.setresp(3) was called
	outer  *run
	depth  int // runs around this one
	flags  flags

	stats        *engine.ScriptStats
	instructions int64 // the hook's count when it began
	memory       int64 // likewise
	outerPeak    int64 // the hook's peak of the run around it
	written      int64 // the engine's count when it began
}

// New makes the scripting of an engine that Attach names later, so that its
// commands can be in the engine's table from the start. clock measures time
// monotonically for limits; nil is the system's.
func New(clock func() time.Duration, log *slog.Logger) *Scripting {
	if clock == nil {
		start := time.Now()
		clock = func() time.Duration { return time.Since(start) }
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Scripting{clock: clock, log: log}
	s.look, s.grown = s.tick, s.grow
	for i, kind := range engine.ScriptKinds() {
		s.totals[i].Kind = kind
	}
	s.m = newMachine(s.openRedis)
	s.profile.s = s
	s.profile.reset()
	s.extendRedis(s.m.eval.values, "replicate_commands", replicateCommands)
	s.m.reporter = s.m.newErrorHandler()
	s.m.eval.values.RawSetString("__redis__err__handler", s.m.reporter)
	s.library.globals = s.loadGlobals()
	s.cache.init()
	s.library.init()
	return s
}

// Attach names the engine and loads the function libraries that its system
// records hold. One that no longer loads is logged and kept.
func (s *Scripting) Attach(e *engine.Engine) {
	s.e, s.within = e, e.ErrorWithin
	e.UseScripting(s)
	s.loadStored()
}

// Errors that a client sees while a script overruns.
var (
	errBusyScript   = &engine.Error{Code: "BUSY", Text: "Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."}
	errBusyFunction = &engine.Error{Code: "BUSY", Text: "Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."}
	errNotBusy      = &engine.Error{Code: "NOTBUSY", Text: "No scripts in execution right now."}
)

// Use implements engine.Scripting. Functions of modules count too.
func (s *Scripting) Use() engine.ScriptUse {
	u := engine.ScriptUse{
		Scripts: len(s.cache.bySHA), Functions: len(s.library.functions), Libraries: len(s.library.byName), Evicted: s.cache.evicted,
		EvalBytes: registryBytes,
	}
	for _, script := range s.cache.bySHA {
		u.ScriptBytes += int64(len(script.source))
		u.EvalBytes += script.footprint
	}
	for _, l := range s.library.byName {
		u.FunctionBytes += int64(len(l.source))
		for _, f := range l.functions {
			u.FunctionVMBytes += f.footprint
		}
	}
	return u
}

// Busy implements engine.Scripting.
func (s *Scripting) Busy() error {
	if o := s.outermost(); o != nil && o.kind != runEval {
		return errBusyFunction
	}
	return errBusyScript
}

func (s *Scripting) outermost() *run {
	r := s.run
	for r != nil && r.outer != nil {
		r = r.outer
	}
	return r
}

// What ends a killed script; the text is the reply's.
var (
	errKilled  = errors.New("Script killed by user with SCRIPT KILL...") // with FUNCTION KILL, too, as in Redis
	errStopped = errors.New("Script killed because the server stops.")
)

// yieldEvery is how often an overrunning script lets the loop serve others.
const yieldEvery = 5 * time.Millisecond

// partingTime is how long a script may run when the server is to stop.
const partingTime = time.Second

// Leave has scripts end, with all they wrote undone, that have run for a second
// or come to that, because the server is to stop. Any goroutine may call it.
func (s *Scripting) Leave() { s.leaving.Store(true) }

// tick is the monitor's look at the clock and at the kill flag.
func (s *Scripting) tick() error {
	s.hot.note(s.m.L.G.CurrentThread, s.m.hook.spent)
	limit := time.Duration(s.e.Settings().BusyThresholdMs) * time.Millisecond
	if s.debug != nil {
		return s.debug.tick()
	}
	now := s.clock()
	if s.started == 0 {
		// Most scripts end before their first tick, so the clock is read no
		// earlier; what the run took so far is well under a millisecond.
		s.started = now
	}
	if err := exceeds("time", (now - s.started).Milliseconds(), s.limits.TimeMs); err != nil {
		return err
	}
	if now-s.started >= partingTime && s.leaving.Load() {
		s.Stop()
		return s.killed
	}
	if limit > 0 && now-s.started >= limit && now-s.yielded >= yieldEvery {
		o := s.outermost()
		if !s.slow {
			s.slow = true
			s.log.Warn("Slow script detected: still in execution. You can try killing the script using the "+o.killCommand()+" command.",
				"milliseconds", (now - s.started).Milliseconds(), "script", o.name)
		}
		s.m.passing(func() { s.e.Yield(o.caller) })
		s.yielded = s.clock()
		s.profile.at = s.yielded // others had this time
	}
	return s.killed
}

func (r *run) killCommand() string {
	if r.kind == runEval {
		return "SCRIPT KILL"
	}
	return "FUNCTION KILL"
}

// kill ends the running script of a kind at its next tick, with all it wrote
// undone.
func (s *Scripting) kill(eval bool) error {
	if s.debugging != nil {
		s.debugging.kill(errKilled)
		return nil
	}
	o := s.outermost()
	if o == nil {
		return errNotBusy
	}
	if (o.kind == runEval) != eval {
		return s.Busy()
	}
	s.killed = errKilled
	return nil
}

// Stop implements engine.Scripting.
func (s *Scripting) Stop() {
	if s.debugging != nil {
		s.debugging.kill(errStopped)
	}
	s.killed = errStopped
}

// flags are what a shebang or register_function may declare.
type flags struct {
	noWrites, allowOOM, allowStale, noCluster, allowCrossSlot bool
	rollback                                                  bool                // an error undoes what was written: Perigee's own
	declared                                                  bool                // there was a shebang: its defaults are strict
	limits                                                    engine.ScriptLimits // tighter than the server's, where set
}

func (f *flags) set(name string) bool {
	switch name {
	case "no-writes":
		f.noWrites = true
	case "allow-oom":
		f.allowOOM = true
	case "allow-stale":
		f.allowStale = true
	case "no-cluster":
		f.noCluster = true
	case "allow-cross-slot-keys":
		f.allowCrossSlot = true
	case "rollback":
		f.rollback = true
	default:
		return false
	}
	return true
}

// needs is what a script with these flags asks of disk and memory before it
// begins; one that declares none is asked at its first write, but may write as
// far as CLIENT PAUSE knows.
func (f *flags) needs() engine.Flags {
	if !f.declared {
		return engine.MayReplicate
	}
	var needs engine.Flags
	if !f.noWrites {
		needs = engine.Write
		if !f.allowOOM {
			needs |= engine.DenyOOM
		}
	}
	return needs
}

// names are the flags as FUNCTION LIST shows them.
func (f *flags) names() []string {
	var names []string
	for _, n := range []struct {
		on   bool
		name string
	}{{f.noWrites, "no-writes"}, {f.allowOOM, "allow-oom"}, {f.allowStale, "allow-stale"}, {f.noCluster, "no-cluster"}, {f.allowCrossSlot, "allow-cross-slot-keys"}, {f.rollback, "rollback"}} {
		if n.on {
			names = append(names, n.name)
		}
	}
	return names
}

var (
	errReadOnlyCommand = engine.Errf("Can not execute a script with write flag using *_ro command.")
	errOOMFlag         = &engine.Error{Code: "OOM", Text: "allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"}
)

// begin makes the run of a script for a client, or says why it may not run.
func (s *Scripting) begin(c *engine.Client, kind runKind, stats *engine.ScriptStats, f flags, readOnly bool) (*run, error) {
	if f.declared {
		if readOnly && !f.noWrites {
			return nil, errReadOnlyCommand
		}
		if s.e.OverMemory() && !f.allowOOM && !f.noWrites {
			return nil, errOOMFlag
		}
	}
	r := s.freeRun()
	r.Client.Select(c.DB())
	r.Client.ActFor(c, kind == runModule)
	r.kind, r.flags, r.name, r.stats, r.caller = kind, f, stats.Name, stats, c
	r.outer, r.depth, r.resp3 = s.run, s.depth(), false
	r.Begin(readOnly || f.noWrites, f.allowOOM)
	return r, nil
}

// depth is that of a run that would begin now.
func (s *Scripting) depth() int {
	if s.run == nil {
		return 0
	}
	return s.run.depth + 1
}

// freeRun returns the run of the present depth, with its client, for use.
func (s *Scripting) freeRun() *run {
	depth := s.depth()
	for len(s.runs) <= depth {
		s.runs = append(s.runs, &run{Script: engine.Script{Client: s.e.NewScriptClient()}})
	}
	return s.runs[depth]
}

// execute calls fn as run r. A run that was stopped is rolled back, and so is
// one that fails when undo asks for it. The error is ready for the client.
func (s *Scripting) execute(r *run, fn *lua.LFunction, undo bool, args ...lua.LValue) (lua.LValue, error) {
	if s.run == nil {
		s.started, s.yielded, s.slow, s.killed = 0, 0, false, nil
		s.limits = s.e.Settings().ScriptLimits
		r.caller.LowerLimits(&s.limits)
		if r.flags.limits != (engine.ScriptLimits{}) {
			s.limits = s.limits.Lower(r.flags.limits)
		}
		s.beginCount()
		s.hot.n, s.hot.steps = 0, 0
	}
	s.measure(r)
	s.run = r
	if s.profile.on && r.outer == nil {
		s.profile.begin(r)
	}
	recycling := s.m.tables.on
	s.m.tables.on = r.kind == runEval && r.outer == nil
	point := s.savepoint()
	settled := false
	defer func() {
		if s.profile.on && r.outer == nil {
			s.profile.end()
		}
		s.run, s.m.tables.on = r.outer, recycling && r.outer != nil
		if !settled { // a panic passes: the process is about to end
			s.rollback(point)
		}
	}()
	value, err := s.m.call(fn, s.monitor(), args...)
	settled = true
	s.finish(r)
	bound := s.limits.Reply
	if bound == 0 {
		bound = s.limits.Memory
	}
	if err == nil {
		if bound == 0 || s.m.fits(value, r.resp3, bound) {
			s.release(point)
			return value, nil
		}
		if err = s.m.hook.err; err == nil {
			err = &LimitError{"reply", bound}
		}
		err = &ScriptError{Stop: err}
	}
	var failed *ScriptError
	if !errors.As(err, &failed) {
		s.rollback(point)
		return nil, err
	}
	if failed.Stop == nil && bound > 0 && int64(len(errorText(failed.Value))) > bound {
		failed = &ScriptError{Stop: &LimitError{"reply", bound}}
	}
	s.finished.Failure = failure(failed)
	if failed.Stop != nil && failed.Stop != errAborted || undo {
		s.finished.Failure.Undone = s.e.Changed(point.engine)
		s.rollback(point)
	} else {
		s.release(point)
	}
	if t, ok := failed.Value.(*lua.LTable); ok && failed.Stop == nil && isCounted(s.m.reader(t)) {
		s.e.CountedBefore()
	}
	return nil, r.replyError(failed)
}

// monitor watches the outermost run; those within it are part of it.
func (s *Scripting) monitor() Monitor {
	return Monitor{
		Instructions: s.limits.Instructions, MemoryBytes: s.limits.Memory, PatternSteps: s.limits.PatternSteps, Tick: s.look, Taken: s.grown,
	}
}

// grow is by how much the engine has taken more since the last call.
func (s *Scripting) grow() int64 { return s.taken.grow(s.e) }

// leastUndo is how many bytes the undo of small changes may take, however
// little a run may write.
const leastUndo = 16 << 20

// lookEvery is after how many commands the run looks at what the engine has
// taken, at the latest: before data may have gone that others replaced.
const lookEvery = 16

// beginCount begins to count what the outermost run does with commands.
func (s *Scripting) beginCount() {
	s.taken.look(s.e)
	s.began, s.posted = s.taken, s.e.Posted()
	s.mayWrite = math.MaxInt64
	if most := s.limits.Written; most > 0 && most < math.MaxInt64-s.began.written {
		s.mayWrite = s.began.written + most
	}
	s.commands = 0
	s.planLook()
}

// planLook sets after which command the run looks at what was called and taken.
func (s *Scripting) planLook() {
	s.lookAt = s.commands + lookEvery
	if most := s.limits.Commands; most > 0 && most < s.lookAt {
		s.lookAt = most + 1
	}
}

// called counts a command that the run has called.
func (s *Scripting) called() {
	s.commands++
	if s.commands >= s.lookAt || s.e.Written() > s.mayWrite {
		s.lookAtCalls()
	}
}

// lookAtCalls looks at what the commands were that the run has called, and ends
// it if they were too many, or wrote too much, or if it takes too much to undo
// them.
func (s *Scripting) lookAtCalls() {
	s.planLook()
	s.m.hook.exempt(s.grow())
	written := s.e.Written() - s.began.written
	if undo := s.taken.undo - s.began.undo; undo > leastUndo {
		written = max(written, undo)
	}
	err := exceeds("commands", s.commands, s.limits.Commands)
	if err == nil {
		err = exceeds("written", written, s.limits.Written)
	}
	if err != nil {
		s.m.hook.stop(err)
	}
}

// undoes tells whether an error undoes what a script with these flags wrote.
func (s *Scripting) undoes(f flags) bool { return f.rollback || s.e.Settings().ScriptRollback }

// replyError words what ended a run as the client sees it.
func (r *run) replyError(f *ScriptError) error {
	text := ""
	if f.Stop != nil {
		text = stopText(f.Stop)
	} else {
		text = errorText(f.Value)
	}
	text = cText(text)
	if f.Line != 0 {
		text += fmt.Sprintf(" script: %s, on %s:%d.", r.name, f.Source, f.Line)
	}
	return replyOf(text)
}

// stopText is the error reply for what ended a run from outside.
func stopText(err error) string {
	var limit *LimitError
	if errors.As(err, &limit) {
		return "LIMIT " + err.Error()
	}
	return "ERR " + err.Error()
}

// errorText is the error reply, code first, for what a script raised.
func errorText(v lua.LValue) string {
	if t, ok := v.(*lua.LTable); ok {
		if text, ok := toText(t.RawGetString("err")); ok {
			return text
		}
		return "ERR unknown error" // its address is nobody's business
	}
	if text, ok := toText(v); ok {
		return "ERR " + text
	}
	return "ERR " + addressText(v)
}

// replyOf makes an error of an error reply, whose first word is the code. A space behind it stays.
func replyOf(text string) *engine.Error {
	text = inLine(text)
	code, rest, _ := strings.Cut(text, " ")
	if rest == "" {
		code = text
	}
	return &engine.Error{Code: code, Text: rest}
}
