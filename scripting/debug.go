package scripting

import (
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
)

// debugSession debugs one script, function or module command of a client that
// asked for it by SCRIPT DEBUG, in the protocol of redis-cli --ldb. It runs in
// a machine of its own, so that the scripts of others run while it waits.
//
// Under YES it works on a private view of the data: whenever it waits, all it
// has changed is undone, and the commands it has called are called again
// before it goes on. So others are served meanwhile and never see its
// changes, while it sees theirs. Under SYNC its changes are real: others get
// BUSY from beginning to end.
//
// Invariants: the script's goroutine and the loop's never run at the same
// time, one hands over to the other; Lua runs on the script's only, so that
// what the debugger is asked to evaluate can be interrupted as the script can.
type debugSession struct {
	debugLog
	debugSources
	stepping

	server *Scripting // whose client it is
	own    *Scripting // runs the script
	client *engine.Client
	sync   bool
	state  debugState
	inbox  [][][]byte // commands that wait for the script to stop
	goOn   bool       // the last command lets the script go on
	task   func()     // or rather this, before it waits again
	gone   bool       // the client has left

	env       *environment // of the script
	quiet     bool         // the debugger's own code runs
	asked     bool         // redis.breakpoint was called
	overdue   bool         // it ran too long without a stop
	since     time.Duration
	turnSince time.Duration // when it was its turn

	thread  *lua.LState // that has stopped
	frame   int         // of it, that commands are about: 0 is the innermost
	watches []string    // expressions that are shown at each stop
	perigee bool        // the client speaks Perigee's dialect

	value lua.LValue // what came of the script
	err   error
	resp3 bool

	turn, back chan struct{} // to the script's goroutine, and back
	view       privateView
}

type debugState uint8

const (
	debugIdle    debugState = iota // no script yet
	debugRunning                   // or about to
	debugWaiting                   // for a command
	debugEnded
)

var (
	errAborted = errors.New("script aborted for user request")
	errLeft    = errors.New("the debugging client has left") // ends a private session
	errOverdue = errors.New("timeout reached, infinite loop?")
)

const (
	debugTurn     = 10 * time.Millisecond // how long a private session runs before others have their turn
	debugOverdue  = 5 * time.Second
	debugIdleWait = time.Millisecond
)

// scriptDebug is SCRIPT DEBUG YES|SYNC|NO.
func (s *Scripting) scriptDebug(c *engine.Client, args engine.Args, w engine.Reply) error {
	if c.Out.Len() > 0 {
		return engine.Errf("SCRIPT DEBUG must be called outside a pipeline")
	}
	switch {
	case args.Is(0, "NO"):
		c.SetInterceptor(nil)
	case args.Is(0, "YES"), args.Is(0, "SYNC"):
		c.SetInterceptor(&debugSession{server: s, client: c, sync: args.Is(0, "SYNC"), debugLog: debugLog{maxLen: debugMaxLen}})
	default:
		return engine.Errf("Use SCRIPT DEBUG YES/SYNC/NO")
	}
	w.Status("OK")
	return nil
}

// debugs returns the session that the client's next script belongs to, or nil.
func (s *Scripting) debugs(c *engine.Client) *debugSession {
	d, ok := c.Interceptor().(*debugSession)
	if !ok || !c.MayBlock() {
		return nil
	}
	return d
}

// endDebug ends the session of a client whose script does not even begin, for
// the reason err, which it returns.
func (s *Scripting) endDebug(c *engine.Client, err error) error {
	if d := s.debugs(c); d != nil && err != nil {
		d.end()
	}
	return err
}

// startEval begins to debug an EVAL script.
func (d *debugSession) startEval(sc *script, keys, args engine.Args, readOnly bool) error {
	d.open()
	d.addChunk("user_script", sc.source)
	compiled, err := d.own.load([]byte(sc.source), false)
	if err != nil {
		return err
	}
	r, err := d.own.begin(d.client, runEval, &sc.stats, sc.flags, readOnly)
	if err != nil {
		return err
	}
	d.env = d.own.m.eval
	d.own.m.arguments(keys, args)
	d.start(r, compiled.fn)
	return nil
}

// startFunction begins to debug a function, in a copy of its library.
func (d *debugSession) startFunction(f *function, keys, args engine.Args, readOnly bool) error {
	d.open()
	lib, err := d.copyLibrary(f.library)
	if err != nil {
		return err
	}
	for _, copied := range lib.functions {
		if copied.name != f.name {
			continue
		}
		r, err := d.own.begin(d.client, runFunction, &f.stats, f.flags, readOnly)
		if err != nil {
			return err
		}
		d.env = lib.env
		d.start(r, copied.fn, d.own.stringTable(keys), d.own.stringTable(args))
		return nil
	}
	return engine.Errf("Function not found")
}

func (d *debugSession) copyLibrary(lib *library) (*library, error) {
	if lib.owner == nil {
		d.addChunk("user_function", lib.source)
		return d.own.loadLibrary(lib.source)
	}
	m, err := d.copyModule(lib.owner)
	if err != nil {
		return nil, err
	}
	return m.library, nil
}

// copyModule loads a module once more, from the texts that it was loaded from.
func (d *debugSession) copyModule(m *Module) (*Module, error) {
	copied, err := m.loadAgain(d.own)
	if err != nil {
		return nil, engine.Errf(oneLine(err))
	}
	for _, f := range copied.files {
		d.addChunk(f.file, f.text)
	}
	return copied, nil
}

// startCommand begins to debug a command of a module, in a copy of it.
func (d *debugSession) startCommand(mc *moduleCommand, args engine.Args) error {
	d.open()
	m, err := d.copyModule(mc.owner)
	if err != nil {
		return err
	}
	for _, copied := range m.library.commands {
		if copied.name != mc.name {
			continue
		}
		raw := d.own.stringTable(args)
		named, err := copied.parse(args, raw)
		if err != nil {
			return err
		}
		r, err := mc.begin(d.own, d.client)
		if err != nil {
			return err
		}
		d.env = m.library.env
		d.start(r, copied.handler, named, raw)
		return nil
	}
	return engine.Errf("the module no longer has this command")
}

// open makes the machine.
func (d *debugSession) open() {
	d.own = New(d.server.clock, d.server.log)
	d.own.e, d.own.within, d.own.debug = d.server.e, d.server.within, d
	d.own.m.watchLines(d.atLine)
	d.quiet = true
}

// start has the script begin once the command that asks for it has ended.
func (d *debugSession) start(r *run, fn *lua.LFunction, args ...lua.LValue) {
	e := d.server.e
	d.state, d.quiet, d.mode = debugRunning, false, stepInto
	d.view.begin(e, d.client)
	run := func() {
		d.since, d.turnSince = d.own.clock(), d.own.clock()
		d.value, d.err = d.own.execute(r, fn, r.kind == runModule || d.own.undoes(r.flags), args...)
		d.resp3, d.state = r.resp3, debugEnded
	}
	if d.sync {
		e.Post(func() {
			d.server.debugging = d
			e.InUnit(run)
			d.server.debugging = nil
			d.finish()
		})
		return
	}
	d.turn, d.back = make(chan struct{}), make(chan struct{})
	// The goroutine touches the data while the loop waits for it, and ends with the script; when the client leaves, the
	// script is stopped.
	go func() {
		<-d.turn
		run()
		d.back <- struct{}{}
	}()
	e.Post(d.proceed)
}

// proceed gives a private session its turn, and then sees what came of it.
func (d *debugSession) proceed() {
	if d.server.run != nil || d.server.debugging != nil {
		d.server.e.Post(d.proceed) // another script overruns and is half done
		return
	}
	for {
		d.view.in(func() {
			d.turnSince = d.own.clock()
			d.turn <- struct{}{}
			<-d.back
		})
		switch d.state {
		case debugEnded:
			d.finish()
			return
		case debugRunning: // it has let others in
			d.server.e.Post(d.proceed)
			return
		}
		d.flush(d.client)
		if !d.obey() {
			return
		}
		d.goOn, d.state = false, debugRunning
	}
}

// handOver lets the loop go on, until it is the script's turn again.
func (d *debugSession) handOver() {
	d.back <- struct{}{}
	<-d.turn
}

// finish ends the session: the script's reply comes behind the mark of the
// session's end, and then the connection closes.
func (d *debugSession) finish() {
	if d.gone {
		return
	}
	d.end()
	err := d.err
	if err == nil {
		err = d.own.reply(&d.client.Out, d.value, d.resp3)
	}
	if err != nil {
		engine.WriteError(&d.client.Out, err)
	}
}

// end says that there is nothing more to debug; the reply comes next.
func (d *debugSession) end() {
	d.say("<endsession>")
	d.flush(d.client)
	d.client.SetInterceptor(nil)
	d.client.CloseSoon()
}

// Intercept implements engine.Interceptor.
func (d *debugSession) Intercept(argv [][]byte) bool {
	if d.state == debugIdle {
		return false
	}
	d.inbox = append(d.inbox, copyWords(argv))
	if !d.sync && d.state == debugWaiting && d.obey() {
		d.goOn, d.state = false, debugRunning
		d.proceed()
	}
	return true
}

// obey executes commands until one lets the script go on, and tells whether
// one did.
func (d *debugSession) obey() bool {
	for !d.goOn && len(d.inbox) > 0 {
		argv := d.inbox[0]
		d.inbox = d.inbox[1:]
		if d.command(argv); !d.goOn {
			d.flush(d.client)
		}
	}
	return d.goOn
}

// wait has the script wait for commands, on its own goroutine.
func (d *debugSession) wait() {
	for {
		d.state = debugWaiting
		if d.sync {
			d.flush(d.client)
			for !d.obey() {
				d.server.e.Yield(d.client)
				time.Sleep(debugIdleWait)
			}
			d.goOn = false
		} else {
			d.handOver()
		}
		d.state, d.since = debugRunning, d.own.clock()
		task := d.task
		if d.task = nil; task == nil || d.own.m.hook.err != nil {
			return
		}
		d.quietly(task)
	}
}

// Gone implements engine.Interceptor. A private session ends; in a real one
// the script goes on to its end, as in Redis.
func (d *debugSession) Gone() {
	if d.gone = true; d.state == debugIdle || d.state == debugEnded {
		return
	}
	d.mode, d.inbox, d.breakpoints = stepNone, nil, nil
	if d.sync {
		d.goOn = true
		return
	}
	d.own.killed = errLeft
	d.own.m.hook.stop(errLeft)
	if d.state == debugWaiting {
		d.state = debugRunning
		d.server.e.Post(d.proceed)
	}
}

// kill ends a script that is debugged under SYNC.
func (d *debugSession) kill(err error) {
	d.own.killed = err
	d.own.m.hook.stop(err)
	d.goOn = true
}

// tick is the script's look at the clock.
func (d *debugSession) tick() error {
	now := d.own.clock()
	limit := time.Duration(d.server.e.Settings().BusyThresholdMs) * time.Millisecond
	if limit == 0 {
		limit = debugOverdue
	}
	if now-d.since >= limit {
		d.exceed()
	}
	switch {
	case d.sync && now-d.own.yielded >= yieldEvery:
		d.own.m.passing(func() { d.server.e.Yield(d.client) })
		d.own.yielded = d.own.clock()
	case !d.sync && now-d.turnSince >= d.view.turn():
		d.handOver()
	}
	return d.own.killed
}

// exceed ends what ran too long: the script stops at its next line, and what
// the debugger evaluates is given up.
func (d *debugSession) exceed() {
	switch {
	case d.quiet:
		d.own.m.hook.stop(errOverdue)
	case !d.gone && d.mode != stepInto:
		d.mode, d.overdue = stepInto, true
	}
}

var _ engine.Interceptor = (*debugSession)(nil)
