package scripting

import (
	"errors"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
)

// debugSession debugs one script of a client that asked for it by SCRIPT
// DEBUG, in the protocol of redis-cli --ldb. The script runs in a machine of
// its own, so that the scripts of others run while it waits.
//
// Under YES it works on a private view of the data: whenever it waits, all it
// has changed is undone, and the commands it has called are called again
// before it goes on. So others are served meanwhile and never see its
// changes, while it sees theirs. Under SYNC its changes are real: others get
// BUSY from beginning to end.
//
// Invariants: the script's goroutine and the loop's never run at the same
// time, one hands over to the other; what is in calls is exactly what the
// view differs in from the data.
type debugSession struct {
	server *Scripting // whose client it is
	own    *Scripting // runs the script
	client *engine.Client
	sync   bool

	state debugState
	inbox [][][]byte // commands that wait for the script to stop
	goOn  bool       // the last command lets the script go on
	gone  bool       // the client has left
	value lua.LValue // what came of the script
	err   error
	resp3 bool

	source      []string
	chunk       string // the name of the source
	log         []string
	maxLen      int // of values and replies that are shown; 0 is no bound
	hinted      bool
	breakpoints map[int]bool
	step        bool // stop at the next line
	asked       bool // redis.breakpoint was called
	overdue     bool // it ran too long without a stop
	quiet       bool // the debugger's own code runs
	line        int
	thread      *lua.LState
	since       time.Duration // when it went on
	turnSince   time.Duration // when it was its turn

	turn, back chan struct{} // to the script's goroutine, and back
	calls      [][][]byte
	base       engine.Savepoint
	view       engine.Script // calls them again
	db         int
	micros     int64
	seed       uint64
}

type debugState uint8

const (
	debugIdle    debugState = iota // no script yet
	debugRunning                   // or about to
	debugWaiting                   // for a command
	debugEnded
)

var errAborted = errors.New("script aborted for user request")

// errLeft ends a private session whose client has left.
var errLeft = errors.New("the debugging client has left")

const (
	debugTurn     = 10 * time.Millisecond // how long a private session runs before others have their turn
	debugMaxLen   = 256
	minMaxLen     = 60
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
		c.SetInterceptor(&debugSession{server: s, client: c, sync: args.Is(0, "SYNC"), maxLen: debugMaxLen, breakpoints: map[int]bool{}})
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

// startEval begins to debug an EVAL script.
func (d *debugSession) startEval(sc *script, keys, args engine.Args, readOnly bool) error {
	d.open("user_script", sc.source)
	compiled, err := d.own.load([]byte(sc.source), false)
	if err != nil {
		return err
	}
	r, err := d.own.begin(d.client, runEval, &sc.stats, sc.flags, readOnly)
	if err != nil {
		return err
	}
	d.own.m.arguments(keys, args)
	d.start(r, compiled.fn)
	return nil
}

// startFunction begins to debug a function, in a copy of its library.
func (d *debugSession) startFunction(f *function, keys, args engine.Args, readOnly bool) error {
	if f.library.module {
		return engine.Errf("Functions of modules can not be debugged")
	}
	d.open("user_function", f.library.source)
	lib, err := d.own.loadLibrary(f.library.source)
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
		d.start(r, copied.fn, d.own.stringTable(keys), d.own.stringTable(args))
		return nil
	}
	return engine.Errf("Function not found")
}

// open makes the machine.
func (d *debugSession) open(chunk, source string) {
	d.chunk, d.source = chunk, strings.Split(strings.TrimSuffix(source, "\n"), "\n")
	d.own = New(d.server.clock, d.server.log)
	d.own.e, d.own.debug = d.server.e, d
	d.own.m.watchLines(d.atLine)
	d.quiet = true
}

// start has the script begin once the command that asks for it has ended.
func (d *debugSession) start(r *run, fn *lua.LFunction, args ...lua.LValue) {
	e := d.server.e
	d.state, d.step, d.quiet = debugRunning, true, false
	d.db, d.micros, d.seed = d.client.DB(), e.NowMicro(), e.DB(0).Rand()
	d.view = engine.Script{Client: e.NewScriptClient(), AllowOOM: true}
	d.view.Client.ActFor(d.client, false)
	run := func() {
		d.since, d.turnSince = d.own.clock(), d.own.clock()
		d.value, d.err = d.own.execute(r, fn, d.own.undoes(r.flags), args...)
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
	go func() {
		<-d.turn
		run()
		d.back <- struct{}{}
	}()
	e.Post(d.proceed)
}

// proceed gives a private session its turn, and then sees what came of it.
func (d *debugSession) proceed() {
	for {
		d.inView(func() {
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
		d.flush()
		if !d.obey() {
			return
		}
		d.state = debugRunning
	}
}

// inView runs fn in a unit where all that the script has done is done, and
// which leaves nothing.
func (d *debugSession) inView(fn func()) {
	d.server.e.Private(d.micros, d.seed, func() {
		d.base = d.server.e.Savepoint()
		d.replay()
		fn()
		d.server.e.Rollback(d.base)
	})
}

func (d *debugSession) replay() {
	d.view.Client.Select(d.db)
	for _, argv := range d.calls {
		_ = d.view.Call(argv, engine.Discard{}) // the script has seen the error, if it is one
	}
}

// rollback forgets the calls of a private session from number n on.
func (d *debugSession) rollback(n int) {
	d.server.e.Rollback(d.base)
	d.base, d.calls = d.server.e.Savepoint(), d.calls[:n]
	d.replay()
}

// finish ends the session: the script's reply comes behind the mark of the
// session's end, and then the connection closes.
func (d *debugSession) finish() {
	c := d.client
	if d.gone {
		return
	}
	d.say("<endsession>")
	d.flush()
	err := d.err
	if err == nil {
		err = d.own.reply(&c.Out, d.value, d.resp3)
	}
	if err != nil {
		engine.WriteError(&c.Out, err)
	}
	c.SetInterceptor(nil)
	c.CloseSoon()
}

// Intercept implements engine.Interceptor.
func (d *debugSession) Intercept(argv [][]byte) bool {
	if d.state == debugIdle {
		return false
	}
	d.inbox = append(d.inbox, copyWords(argv))
	if d.state == debugWaiting && d.obey() && !d.sync {
		d.state = debugRunning
		d.proceed()
	}
	return true
}

// obey executes commands until one lets the script go on.
func (d *debugSession) obey() bool {
	for !d.goOn && len(d.inbox) > 0 {
		argv := d.inbox[0]
		d.inbox = d.inbox[1:]
		d.command(argv)
		d.flush()
	}
	if !d.goOn {
		return false
	}
	d.goOn, d.since = d.sync, d.own.clock()
	return true
}

// Gone implements engine.Interceptor. A private session ends; in a real one
// the script goes on to its end, as in Redis.
func (d *debugSession) Gone() {
	if d.gone = true; d.state == debugIdle || d.state == debugEnded {
		return
	}
	d.step, d.inbox = false, nil
	clear(d.breakpoints)
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
	if !d.step && !d.quiet && !d.gone && now-d.since >= limit {
		d.step, d.overdue = true, true
	}
	switch {
	case d.sync && now-d.own.yielded >= yieldEvery:
		d.own.m.passing(func() { d.server.e.Yield(d.client) })
		d.own.yielded = d.own.clock()
	case !d.sync && !d.quiet && now-d.turnSince >= debugTurn:
		d.handOver()
	}
	return d.own.killed
}

// handOver lets the loop go on, until it is the script's turn again.
func (d *debugSession) handOver() {
	d.back <- struct{}{}
	<-d.turn
}

// atLine is called before a line of any function is executed.
func (d *debugSession) atLine(L *lua.LState, proto *lua.FunctionProto, line int) {
	if d.quiet || proto.SourceName != d.chunk || d.own.m.hook.err != nil {
		return
	}
	d.line, d.thread = line, L
	if d.gone || !d.step && !d.asked && !d.breakpoints[line] {
		return
	}
	reason := "step over"
	switch {
	case d.asked:
		reason = "redis.breakpoint() called"
	case d.breakpoints[line]:
		reason = "break point"
	case d.overdue:
		reason = "timeout reached, infinite loop?"
	}
	d.step, d.asked, d.overdue = false, false, false
	d.say("* Stopped at " + itoa(line) + ", stop reason = " + reason)
	d.sayLine(line)
	d.state = debugWaiting
	if !d.sync {
		d.handOver()
		return
	}
	d.flush()
	for !d.obey() && !d.goOn {
		d.server.e.Yield(d.client)
		time.Sleep(debugIdleWait)
	}
	d.state, d.goOn = debugRunning, false
}

// called notes a command that the script has called, what it replied, and
// whether it ran at all.
func (d *debugSession) called(argv [][]byte, ran bool, reply lua.LValue, err error) {
	if d.step {
		d.sayCall(argv, ran, reply, err)
	}
	if d.sync || !ran {
		return
	}
	d.calls = append(d.calls, copyWords(argv))
}

// copyWords copies an argument vector that is valid during a call only; an
// empty argument stays one that is not nil.
func copyWords(argv [][]byte) [][]byte {
	copied := make([][]byte, len(argv))
	for i, a := range argv {
		copied[i] = append([]byte{}, a...)
	}
	return copied
}

func (d *debugSession) sayCall(argv [][]byte, ran bool, reply lua.LValue, err error) {
	d.say("<redis>" + commandLine(argv))
	switch {
	case err == nil:
		d.sayTrimmed("<reply> ", d.own.m.dumpReply(reply))
	case !ran:
		d.say("<error> " + strings.TrimPrefix(wireError(err), "ERR "))
	default:
		d.say("<error> -" + wireError(err))
		d.sayTrimmed("<reply> ", `"-`+wireError(err)+`"`)
	}
}

// say adds a line to what the client is sent next.
func (d *debugSession) say(line string) {
	d.log = append(d.log, strings.NewReplacer("\r", " ", "\n", " ").Replace(line))
}

// sayTrimmed adds a line that is as long as maxlen allows.
func (d *debugSession) sayTrimmed(prefix, text string) {
	if d.maxLen == 0 || len(prefix)+len(text) <= d.maxLen {
		d.say(prefix + text)
		return
	}
	d.say((prefix + text)[:d.maxLen] + " ...")
	if !d.hinted {
		d.hinted = true
		d.say("<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.")
	}
}

// flush sends the lines.
func (d *debugSession) flush() {
	if len(d.log) == 0 || d.gone {
		d.log = nil
		return
	}
	d.client.Out.Array(len(d.log))
	for _, line := range d.log {
		d.client.Out.Status(line)
	}
	d.log = nil
	d.client.Kick()
}
