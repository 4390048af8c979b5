package transcript

import (
	"bytes"
	"fmt"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
)

// Engine is a Target that talks to an engine in the same process, without
// sockets, under a clock that only "! advance" moves.
type Engine struct {
	Engine *engine.Engine
	// Proto is the protocol of new connections, 2 or 3.
	Proto int
	// New makes the engine again, for restarts; nil cannot restart.
	New func(clock func() time.Time) (*engine.Engine, error)
	// Call, if set, runs commands in place of the client itself, such as
	// through a script.
	Call func(e *engine.Engine, c *engine.Client, args [][]byte)
	// Label is the target's name.
	Label string

	at      time.Time
	clients map[string]*engine.Client
}

// Start makes the engine and must be called first.
func (t *Engine) Start() error {
	t.at = time.UnixMilli(1_700_000_000_000)
	return t.Restart()
}

// Restart replaces the engine by what New recovers; all connections end.
func (t *Engine) Restart() error {
	e, err := t.New(func() time.Time { return t.at })
	if err != nil {
		return err
	}
	t.Engine, t.clients = e, map[string]*engine.Client{}
	t.turn()
	return nil
}

// Name implements Target.
func (t *Engine) Name() string { return t.Label }

func (t *Engine) turn() {
	t.Engine.BeginIteration(t.at)
	t.Engine.EndIteration()
}

// nobody is a transport without a socket.
type nobody struct{}

func (nobody) Kick() {}

// Client returns the connection of that name, new if need be.
func (t *Engine) Client(name string) (*engine.Client, error) {
	if c := t.clients[name]; c != nil && !c.ShouldClose() && !c.CloseAfterReply() {
		return c, nil
	}
	c, err := t.Engine.Connect(engine.Peer{Addr: name, Unix: true}, nobody{})
	if err != nil {
		return nil, err
	}
	c.Out.SetProto(max(t.Proto, 2))
	t.clients[name] = c
	return c, nil
}

// Do implements Target.
func (t *Engine) Do(conn string, args [][]byte) (resp.Value, bool, error) {
	c, err := t.Client(conn)
	if err != nil {
		return resp.Value{}, false, err
	}
	if c.InputPaused() {
		return resp.Value{}, false, fmt.Errorf("connection %s is blocked", conn)
	}
	call := t.Call
	if call == nil {
		call = func(e *engine.Engine, c *engine.Client, args [][]byte) { e.Execute(c, args) }
	}
	call(t.Engine, c, args)
	t.turn()
	values, err := drain(c)
	if err != nil || len(values) == 0 {
		return resp.Value{}, false, err
	}
	if len(values) > 1 {
		return resp.Value{Kind: resp.KindArray, Elems: values}, true, nil
	}
	return values[0], true, nil
}

// Arrived implements Target.
func (t *Engine) Arrived(conn string) ([]resp.Value, error) {
	c, err := t.Client(conn)
	if err != nil {
		return nil, err
	}
	return drain(c)
}

func drain(c *engine.Client) ([]resp.Value, error) {
	out := bytes.Clone(c.Out.Bytes())
	c.Sent(len(out))
	r := resp.NewReader(bytes.NewReader(out))
	var values []resp.Value
	for r.Buffered() > 0 || len(values) == 0 && len(out) > 0 {
		v, err := r.Read()
		if err != nil {
			return nil, fmt.Errorf("reply %q: %w", out, err)
		}
		values = append(values, v)
	}
	return values, nil
}

// Directive implements Target.
func (t *Engine) Directive(words []string) error {
	switch words[0] {
	case "advance":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			return err
		}
		t.at = t.at.Add(d)
		t.turn()
		return nil
	case "restart":
		return t.Restart()
	}
	return fmt.Errorf("unknown directive %q", words[0])
}

// Idle tells whether no connection holds state, or a reply yet to be seen,
// that a restart would lose.
func (t *Engine) Idle() bool {
	for _, c := range t.clients {
		if c.HoldsState() || c.Out.Len() > 0 {
			return false
		}
	}
	return true
}
