package engine

import (
	"math"
	"slices"
	"time"
)

// pause is what CLIENT PAUSE asked for: until then commands that may write, or
// all of them, are held back, and no key is removed because it has expired or
// memory is short, so that the data stays as it is.
type pause struct {
	on    bool
	all   bool          // reads as well
	until time.Duration // on the engine's tick
	held  []*Client     // whose commands wait, in the order in which they came
}

func pauseCommands() []Command {
	const sub = NoScript | Loading | Stale | Admin
	return []Command{{
		Name: "client|pause", Group: GroupConnection, Since: "2.9.50",
		Summary: "Suspends commands processing.", Complexity: "O(1)",
		Args:  []Arg{Integer("timeout"), AddedIn("6.2.0", Opt(OneOf("mode", Word("write", "WRITE"), Word("all", "ALL"))))},
		Arity: -3, Flags: sub,
		RunClient: clientPause,
	}, {
		Name: "client|unpause", Group: GroupConnection, Since: "6.2.0",
		Summary: "Resumes processing commands from paused clients.", Complexity: "O(N) Where N is the number of paused clients",
		Arity: 2, Flags: sub,
		RunClient: func(c *Client, _ Args, w Reply) error {
			c.e.resume()
			w.Status("OK")
			return nil
		},
	}}
}

// clientPause begins a pause, or makes the present one longer or wider.
func clientPause(c *Client, args Args, w Reply) error {
	all := true
	switch {
	case len(args) > 2:
		return c.errSubcommandSyntax()
	case len(args) == 1 || args.Is(1, "ALL"):
	case args.Is(1, "WRITE"):
		all = false
	default:
		return Errf("CLIENT PAUSE mode must be WRITE or ALL")
	}
	ms, ok := ParseInt(args[0])
	if !ok {
		return Errf("timeout is not an integer or out of range")
	}
	if ms < 0 {
		return ErrTimeoutNeg
	}
	until := c.e.tick + time.Duration(min(ms, math.MaxInt64/4/int64(time.Millisecond)))*time.Millisecond
	p := &c.e.pause
	p.on, p.all, p.until = true, p.all || all, max(p.until, until)
	w.Status("OK")
	return nil
}

// resume ends the pause and lets the clients go on that it has held.
func (e *Engine) resume() {
	held := e.pause.held
	e.pause = pause{}
	for _, c := range held {
		c.held = false
		c.kick()
	}
}

// Paused tells whether CLIENT PAUSE keeps the data as it is.
func (e *Engine) Paused() bool { return e.pause.on }

// holds tells whether a command has to wait for the end of the pause. A client
// that monitors does not: it may not touch keys anyway.
func (p *pause) holds(c *Client, cmd *tableEntry, argv [][]byte) bool {
	if c.monitoring {
		return false
	}
	return p.all || c.needs(cmd, argv)&(Write|MayReplicate) != 0
}

// hold keeps a client's command back.
func (e *Engine) hold(c *Client) {
	if !c.held {
		c.held = true
		e.pause.held = append(e.pause.held, c)
	}
}

// release forgets a client that leaves.
func (p *pause) release(c *Client) {
	if c.held {
		c.held = false
		p.held = slices.DeleteFunc(p.held, func(other *Client) bool { return other == c })
	}
}
