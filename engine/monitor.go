package engine

import (
	"fmt"
	"slices"
	"strings"

	"perigee/engine/resp"
)

// monitors are the clients that see every command, in the order in which they
// asked. A command is shown when it has run, and one that runs others before
// them; commands for administrators are not shown, and passwords never.
type monitors struct {
	clients []*Client
	own     []string // lines for the running client itself, for after its reply
}

func monitorCommands() []Command {
	return []Command{{
		Name: "monitor", Group: GroupServer, Since: "1.0.0",
		Summary: "Listens for all requests received by the server in real-time.", Complexity: "",
		Arity: 1, Flags: Admin | NoScript | Loading | Stale,
		RunClient: monitor,
	}}
}

// monitor replies once: a client that monitors already gets no reply, as in
// Redis.
func monitor(c *Client, _ Args, w Reply) error {
	switch {
	case c.executing:
		return Errf("MONITOR isn't allowed for DENY BLOCKING client")
	case c.monitoring:
		return nil
	}
	c.monitoring = true
	c.e.monitors.clients = append(c.e.monitors.clients, c)
	w.Status("OK")
	return nil
}

// leave ends the monitoring of a client.
func (m *monitors) leave(c *Client) {
	if c.monitoring {
		c.monitoring = false
		m.clients = slices.DeleteFunc(m.clients, func(other *Client) bool { return other == c })
	}
}

var errMonitorKeyspace = Errf("Replica can't interact with the keyspace")

// mayMonitor tells whether a client that monitors may run a command: those on
// keys it may not, as it is spared CLIENT PAUSE.
func (c *Client) mayMonitor(cmd *tableEntry) bool {
	needs := cmd.Flags
	if cmd.Name == "exec" && c.multi != nil {
		needs |= c.multi.needs
	}
	return needs&(Write|MayReplicate|ReadOnly) == 0
}

// showFirst tells whether a command is shown before it runs.
func (c *tableEntry) showFirst() bool {
	return c.Group == GroupScripting && c.Flags&SkipMonitor != 0 || c.Module != ""
}

// feedMonitors shows a command that c has called with argv.
func (e *Engine) feedMonitors(c *Client, cmd *tableEntry, argv [][]byte) {
	if e.rehearsal != nil || cmd.Flags&Admin != 0 || cmd.Flags&SkipMonitor != 0 && !cmd.showFirst() {
		return
	}
	line := e.monitorLine(c, withoutSecrets(cmd, argv))
	for _, m := range e.monitors.clients {
		switch {
		case m == e.current:
			e.monitors.own = append(e.monitors.own, line)
		case !m.closeDone:
			m.Out.Status(line)
			m.gate()
			m.kick()
		}
	}
}

// feedOwn shows a client that monitors what it has run itself.
func (e *Engine) feedOwn(c *Client) {
	for _, line := range e.monitors.own {
		if c.monitoring {
			c.Out.Status(line)
		}
	}
	clear(e.monitors.own)
	e.monitors.own = e.monitors.own[:0]
}

// monitorLine is time, database, source and arguments, the latter quoted.
func (e *Engine) monitorLine(c *Client, argv [][]byte) string {
	source := c.Peer.Addr
	switch {
	case c.script:
		source = "lua"
	case c.Peer.Unix:
		source = "unix:" + strings.TrimSuffix(c.Peer.Addr, ":0")
	}
	line := fmt.Appendf(nil, "%d.%06d [%d %s]", e.micros/1e6, e.micros%1e6, c.db, source)
	for _, a := range argv {
		line = resp.AppendQuoted(append(line, ' '), a)
	}
	return string(line)
}
