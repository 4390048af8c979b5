package engine

import (
	"strings"
	"time"
)

// Execute runs one command of a client: argv is the whole vector, valid
// during the call only. The reply is appended to c.Out. A command that CLIENT
// PAUSE holds back does nothing: c.Held tells, and the caller gives it once more
// after the next Kick.
func (e *Engine) Execute(c *Client, argv [][]byte) {
	if c.intercept != nil && e.intercepted(c, argv) {
		return
	}
	if e.tracking.clients > 0 {
		e.limitTracked()
	}
	outer := e.current
	c.argv, e.current = argv, c
	begin := c.Out.Len()
	cmd, err := e.admit(c, argv)
	switch {
	case err == nil && e.pause.on && e.pause.holds(c, cmd, argv):
		e.hold(c)
		c.argv, e.current = nil, outer
		return
	case err != nil:
		e.reject(c, cmd, err)
		c.suppress(begin)
	case c.multi != nil && !runsInsideMulti(cmd):
		c.queue(cmd, argv)
		c.Out.Status("QUEUED")
		c.suppress(begin)
	default:
		e.run(c, cmd, argv, begin)
	}
	c.argv = nil
	if c.tracking != nil {
		c.settleCaching(cmd)
	}
	if len(e.monitors.own) > 0 {
		e.feedOwn(c)
	}
	c.gate()
	if e.weighsClients() {
		c.weigh()
	}
	if len(e.blocking.ready) > 0 && e.unit.depth == 0 {
		e.serveReady()
	}
	e.current = outer
}

// intercepted lets the client's interceptor take a command.
func (e *Engine) intercepted(c *Client, argv [][]byte) bool {
	outer := e.current
	e.current = c
	took := c.intercept.Intercept(argv)
	e.current = outer
	if took {
		c.gate()
	}
	return took
}

// run executes an admitted command as a unit of its own. Its reply begins at
// begin in c.Out; messages that the unit sends to the client itself follow.
func (e *Engine) run(c *Client, cmd *tableEntry, argv [][]byte, begin int) {
	c.lastCmd = cmd
	e.noTouch = c.noTouch
	e.beginUnit()
	before := e.stopwatch
	err := e.call(c, cmd, argv, &c.Out)
	e.stopwatch = monotonic()
	if err != nil {
		WriteError(&c.Out, err)
	}
	c.suppress(begin)
	e.witness(c, cmd, argv)
	e.endUnit()
	spent := e.stopwatch - before
	if spent >= staleTime && e.unit.depth == 0 {
		e.setNow(e.clock().Add(e.ahead))
	}
	e.account(c, cmd, argv, spent, err)
}

// staleTime is how long a command may take before those that follow in the
// same iteration need the time to be read again.
const staleTime = time.Millisecond

// call runs a command's handler inside the current unit.
func (e *Engine) call(c *Client, cmd *tableEntry, argv [][]byte, w Reply) error {
	if len(e.monitors.clients) > 0 && cmd.showFirst() {
		e.feedMonitors(c, cmd, argv)
	}
	e.errors = errorCount{}
	if cmd.Run != nil {
		return cmd.Run(e.dbs[c.db], cmd.args(argv), w)
	}
	return cmd.RunClient(c, cmd.args(argv), w)
}

// witness lets those know of a command that ran who want to: monitors, and the
// register of keys that clients have read.
func (e *Engine) witness(c *Client, cmd *tableEntry, argv [][]byte) {
	if e.tracking.clients > 0 && cmd.Flags&ReadOnly != 0 {
		e.trackRead(cmd, argv)
	}
	if len(e.monitors.clients) > 0 && !cmd.showFirst() {
		e.feedMonitors(c, cmd, argv)
	}
}

// account counts a finished command, and notes it if it was slow.
func (e *Engine) account(c *Client, cmd *tableEntry, argv [][]byte, spent time.Duration, err error) {
	e.count(cmd, spent, err)
	if limit := e.settings.LatencyThreshold; limit > 0 && spent.Milliseconds() >= limit {
		event := "command"
		if cmd.Flags&Fast != 0 {
			event = "fast-command"
		}
		e.LatencyEvent(event, spent)
	}
	if limit := e.settings.SlowlogSlowerThan; limit >= 0 && spent.Microseconds() >= limit && cmd.Flags&SkipSlowlog == 0 {
		e.slowlog.add(e, c, cmd, argv, spent)
	}
}

// count adds a finished command to the statistics.
func (e *Engine) count(cmd *tableEntry, spent time.Duration, err error) {
	e.stats.commands++
	cmd.calls++
	cmd.spent += spent
	if e.settings.LatencyTracking {
		if cmd.durations == nil {
			cmd.durations = new(Histogram)
		}
		cmd.durations.add(min(spent, commandHistogramMax))
	}
	if err != nil {
		cmd.failed++
		if !e.errors.before {
			e.countError(err)
		}
	}
	cmd.failed += e.errors.within
	e.errors = errorCount{} // they are not those of the command around this one
	if cmd.Flags&RunsScript != 0 {
		e.scripting.Took(spent, err)
	}
}

func (e *Engine) countError(err error) {
	code := "ERR"
	if known, ok := err.(*Error); ok && (known.Text != "" || strings.HasSuffix(known.Code, " ")) {
		code = strings.TrimSuffix(known.Code, " ")
	}
	e.stats.errors++
	e.stats.errorCodes[code]++
}

// admit finds the command and makes the checks common to all, in Redis's
// order. The entry is nil for an unknown command.
func (e *Engine) admit(c *Client, argv [][]byte) (*tableEntry, error) {
	cmd, known := e.table.lookup(argv)
	if cmd == nil {
		return nil, errUnknownCommand(argv)
	}
	if !known {
		return nil, errUnknownSubcommand(cmd.Name, argv[1])
	}
	if !cmd.arityOK(argv) || cmd.Run == nil && cmd.RunClient == nil {
		return cmd, errArity(cmd.Name)
	}
	if cmd.Flags&NoAuth == 0 && !c.Authenticated() {
		return cmd, ErrNoAuth
	}
	if c.multi != nil && cmd.Flags&NoMulti != 0 {
		return cmd, Errf("Command not allowed inside a transaction")
	}
	if !c.user.Unrestricted() {
		if err := c.permit(cmd, argv); err != nil {
			return cmd, err
		}
	}
	if err := e.mayWrite(c.needs(cmd, argv)); err != nil {
		return cmd, err
	}
	if c.subs.any() && c.Out.Proto() == 2 && !runsInPubSub(cmd) {
		return cmd, Errf("Can't execute '" + cmd.Name + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context")
	}
	if c.monitoring && !c.mayMonitor(cmd) {
		return cmd, errMonitorKeyspace
	}
	if e.loading && cmd.Flags&Loading == 0 {
		return cmd, &Error{"LOADING", "Redis is loading the dataset in memory"}
	}
	if e.busy != nil && cmd.Flags&AllowBusy == 0 {
		return cmd, e.scripting.Busy()
	}
	return cmd, nil
}

// needs is what the call asks for from where the client stands: EXEC asks for
// what its queue does, and within MULTI all that is queued takes memory.
func (c *Client) needs(cmd *tableEntry, argv [][]byte) Flags {
	needs := cmd.needs(argv)
	if c.multi == nil {
		return needs
	}
	switch cmd.Name {
	case "exec":
		return c.multi.needs
	case "discard", "quit", "reset":
		return needs
	}
	return needs | DenyOOM
}

// mayWrite checks memory and disk before a command that needs them. Room for
// data is made before any command.
func (e *Engine) mayWrite(needs Flags) error {
	if e.settings.MaxMemory > 0 && e.busy == nil && !e.makeRoom() && needs&DenyOOM != 0 {
		return ErrOOM
	}
	if needs&Write != 0 {
		return e.room()
	}
	return nil
}

// room refuses writes when the journal has no room for them.
func (e *Engine) room() error {
	if e.journal == nil {
		return nil
	}
	if err := e.journal.Room(); err != nil {
		return &Error{"MISCONF", "Errors writing to the journal: " + err.Error()}
	}
	return nil
}

// reject answers a command that does not run and spoils the transaction that
// it was meant for. An EXEC that does not run ends it.
func (e *Engine) reject(c *Client, cmd *tableEntry, err error) {
	e.countError(err)
	if cmd != nil {
		cmd.rejected++
		if cmd.Name == "exec" {
			c.discard()
			err = &Error{"EXECABORT", "Transaction discarded because of: " + strings.TrimPrefix(err.Error(), "ERR ")}
		}
	}
	if c.multi != nil {
		c.multi.aborted = true
	}
	WriteError(&c.Out, err)
}

func runsInPubSub(cmd *tableEntry) bool {
	switch cmd.Name {
	case "ping", "subscribe", "ssubscribe", "unsubscribe", "sunsubscribe", "psubscribe", "punsubscribe", "quit", "reset":
		return true
	}
	return false
}

// suppress takes back what the command replied, if CLIENT REPLY asked for it.
func (c *Client) suppress(begin int) {
	pushed := c.pushing
	c.pushing = false
	switch c.replyMode {
	case replyOn:
		return
	case replySkipNext:
		c.replyMode = replySkip
	case replySkip:
		c.replyMode = replyOn
	}
	if !pushed {
		c.Out.Truncate(begin)
	}
}
