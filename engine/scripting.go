package engine

import (
	"math/rand/v2"
	"time"
	"unsafe"
)

// Scripting is what the engine needs of whoever runs scripts.
type Scripting interface {
	// Busy is the error for commands of others while a script overruns.
	Busy() error
	// Stop ends the running script soon, whatever it is, with what it wrote
	// undone.
	Stop()
	// Use is what scripts and functions there are, for INFO.
	Use() ScriptUse
	// Took tells how long a command took that runs a script, and its error. It
	// comes right after the run, if there was one: the command may have been
	// refused.
	Took(spent time.Duration, err error)
	// LastRun is the run that Took was told of last, or nil.
	LastRun() *ScriptRun
	// Stats is the account of everything that can be called and was, those that
	// took most time first.
	Stats() []*ScriptStats
	// Totals is the sums of all accounts, those of what is gone included.
	Totals() []ScriptTotals
	// ResetStats begins all accounts anew.
	ResetStats()
}

// UseScripting tells the engine who runs scripts.
func (e *Engine) UseScripting(s Scripting) { e.scripting = s }

// Script is one run of a script as the engine sees it: on whose behalf and
// under which rules it calls commands. A run and everything it does belongs
// to the unit of the command that started it.
type Script struct {
	// Client runs the script's commands: see NewScriptClient. Its database
	// and protocol are the script's own.
	Client *Client
	// ReadOnly refuses commands that write.
	ReadOnly bool
	// AllowOOM lets the script write over maxmemory.
	AllowOOM bool
	// OverMemory says that memory was over maxmemory when the run began: that
	// moment decides for the whole run.
	OverMemory bool

	wrote bool
	ran   bool          // the last call passed all checks
	spent time.Duration // on the last call, as far as calls are timed
	used  []CommandUse  // the commands that ran, in the order of their first calls
	last  int           // in used, of the last call
}

// Begin readies s for another run, by the same client.
func (s *Script) Begin(readOnly, allowOOM bool) {
	s.ReadOnly, s.AllowOOM, s.OverMemory = readOnly, allowOOM, s.Client.e.OverMemory()
	s.wrote, s.ran, s.spent = false, false, 0
	s.used, s.last = s.used[:0], 0
}

// Commands are what the run has called, until the next one begins.
func (s *Script) Commands() []CommandUse { return s.used }

// tally notes a call. Scripts call the same command over and over, or the same
// few in turn.
func (s *Script) tally(cmd *tableEntry, spent time.Duration) {
	if s.last >= len(s.used) || s.used[s.last].cmd != cmd {
		s.last = useOf(&s.used, cmd)
	}
	u := &s.used[s.last]
	u.Calls++
	u.Time += spent
}

// Spent is how long the last call took.
func (s *Script) Spent() time.Duration { return s.spent }

// Ran tells whether the last call passed the checks and reached its command.
func (s *Script) Ran() bool { return s.ran }

// Wrote tells whether the script has called a command that writes.
func (s *Script) Wrote() bool { return s.wrote }

var (
	errScriptUnknown  = Errf("Unknown Redis command called from script")
	errScriptArity    = Errf("Wrong number of args calling Redis command from script")
	errScriptReadOnly = Errf("Write commands are not allowed from read-only scripts.")
)

// Call runs one command for the script inside the current unit; the reply
// goes to w. The error is what the script sees as {err=…}; then nothing was
// written to w. argv must stay valid until Call returns only.
func (s *Script) Call(argv [][]byte, w Reply) error {
	e := s.Client.e
	s.spent = 0
	cmd, err := s.admit(argv)
	s.ran = err == nil
	if err != nil {
		if cmd != nil {
			cmd.rejected++
			if e.rehearsal != nil {
				e.rehearsal.count(cmd, false, err)
			}
		}
		e.countError(err)
		return err
	}
	if cmd.Flags&Write != 0 {
		s.wrote = true
	}
	outer, changes := s.Client.argv, e.unit.count
	s.Client.argv = argv
	if cmd.timedInScripts(argv) || e.settings.SlowlogSlowerThan == 0 { // then the log is to have all
		before := monotonic()
		err = e.call(s.Client, cmd, argv, w)
		cmd.usual = monotonic() - before
		e.account(s.Client, cmd, argv, cmd.usual, err)
	} else {
		err = e.call(s.Client, cmd, argv, w)
		e.count(cmd, cmd.usual, err)
	}
	if e.rehearsal != nil {
		e.rehearsal.called(s.Client, cmd, argv, e.unit.count > changes, err)
	} else {
		e.witness(s.Client, cmd, argv)
	}
	s.tally(cmd, cmd.usual)
	s.Client.argv, s.spent = outer, cmd.usual
	return err
}

// timedInScripts tells whether a call of a script is timed: reading the clock
// twice takes longer than many a fast command with few arguments, so of these
// one in sixteen stands for the others.
func (c *tableEntry) timedInScripts(argv [][]byte) bool {
	return c.Flags&Fast == 0 || len(argv) > 8 || c.calls%16 == 0
}

// admit makes the checks of the dispatcher in a script's words.
func (s *Script) admit(argv [][]byte) (*tableEntry, error) {
	e := s.Client.e
	cmd, known := e.table.lookup(argv)
	switch {
	case !known:
		return nil, errScriptUnknown
	case !cmd.arityOK(argv) || cmd.Run == nil && cmd.RunClient == nil:
		return cmd, errScriptArity
	case cmd.Flags&NoScript != 0:
		return cmd, ErrNoScript
	}
	if c := s.Client; !c.trusted && !c.user.Unrestricted() {
		if err := c.permitScripted(cmd, argv); err != nil {
			return cmd, err
		}
	}
	if s.ReadOnly && cmd.Flags&(Write|MayReplicate) != 0 {
		return cmd, errScriptReadOnly
	}
	// The first write decides: a script that has begun to write may go on.
	if s.wrote || cmd.Flags&(Write|DenyOOM) == 0 {
		return cmd, nil
	}
	if cmd.Flags&DenyOOM != 0 && s.OverMemory && !s.AllowOOM {
		return cmd, ErrOOM
	}
	if cmd.Flags&Write != 0 {
		return cmd, e.room()
	}
	return cmd, nil
}

// errorCount is what the statistics must know of the errors of the command
// that runs, beside the one that it may return.
type errorCount struct {
	before bool  // that one was counted when a command called by the script replied with it
	within int64 // errors within its reply
}

// CountedBefore says that the error which the running command is about to
// return has been counted already.
func (e *Engine) CountedBefore() { e.errors.before = true }

// ErrorWithin notes an error within the reply of the running command, which
// has failed with it; before says that it has been counted already.
func (e *Engine) ErrorWithin(err error, before bool) {
	e.errors.within++
	if !before {
		e.countError(err)
	}
}

// Savepoint is a place in the current unit to which it can be rolled back.
type Savepoint struct{ m mark }

// Savepoint notes the present place in the current unit and makes sure that
// what follows can be undone. Every Savepoint is ended by Release or Rollback,
// the newest first.
func (e *Engine) Savepoint() Savepoint { return Savepoint{e.unit.mark()} }

// Release keeps what was done since s.
func (e *Engine) Release(s Savepoint) { e.unit.release(s.m) }

// Rollback undoes everything since s: no write, no effect, nothing to notify.
func (e *Engine) Rollback(s Savepoint) { e.unit.rollback(s.m) }

// Written counts the bytes of keys, elements and values that were ever
// changed: what a script wrote is the difference.
func (e *Engine) Written() int64 { return e.unit.written }

// Taken is how many bytes the databases take, and how many the effects of the
// current unit with what it takes to undo them. O(1).
func (e *Engine) Taken() (data, undo int64) {
	e.settle()
	u := &e.unit
	return e.used, int64(cap(u.effects)+cap(u.arena)) + int64(cap(u.undo))*int64(unsafe.Sizeof(undoStep{}))
}

// Posted is about how many bytes the messages take that the current unit has
// published.
func (e *Engine) Posted() int64 { return e.unit.outbox.size() }

// Changed tells whether the current unit has changed anything since s.
func (e *Engine) Changed(s Savepoint) bool { return e.unit.count > s.m.count }

// OnUndo has restore called if the current unit is rolled back to before this
// point: for state beside the databases that goes with a system record.
func (e *Engine) OnUndo(restore func()) { e.unit.onUndo(restore) }

// InUnit runs fn as a unit of its own, or as part of the current one: for
// work on the loop that no client asked for.
func (e *Engine) InUnit(fn func()) {
	e.beginUnit()
	fn()
	e.endUnit()
}

// Private runs fn as a unit at a given time, in microseconds, and with
// randomness of its own. fn must undo all that it changes: nothing is to stay.
func (e *Engine) Private(micros int64, seed uint64, fn func()) {
	now, was, random := e.now, e.micros, e.random
	e.now, e.micros, e.random = micros/1000, micros, rand.New(rand.NewPCG(seed, seed))
	e.beginUnit()
	fn()
	e.endUnit()
	e.now, e.micros, e.random = now, was, random
}

// Yield lets the loop serve others for a moment while the script that c runs
// goes on: they get BUSY but for the commands that may run then.
func (e *Engine) Yield(c *Client) {
	busy, noTouch := e.busy, e.noTouch
	e.busy, e.stopwatch = c, monotonic()
	e.yield()
	e.answerAsked()
	e.busy, e.noTouch = busy, noTouch
}

// StopScript ends the script that overruns, if one does, as the server is
// about to stop.
func (e *Engine) StopScript() {
	if e.busy != nil {
		e.scripting.Stop()
	}
}

// AddCommand adds a command to the running engine, as modules do; the error
// says what it collides with.
func (e *Engine) AddCommand(c Command) error {
	err := e.table.add(c)
	e.access.users.Recompute()
	return err
}

// RemoveCommand takes such a command out again.
func (e *Engine) RemoveCommand(name string) {
	e.table.remove(name)
	e.access.users.Recompute()
}

// RenameCommand has a command called by another name, from scripts too, or,
// when that is empty, not at all. The error says that there is no such command
// or that the other name is taken. It is for the time before serving.
func (e *Engine) RenameCommand(from, to string) error { return e.table.rename(from, to) }

// HasCommand tells whether a command of this name exists.
func (e *Engine) HasCommand(name string) bool { return e.table.named([]byte(name)) != nil }

// Now is the time of the current unit in Unix milliseconds.
func (e *Engine) Now() int64 { return e.now }

// NowMicro is the same in microseconds.
func (e *Engine) NowMicro() int64 { return e.micros }
