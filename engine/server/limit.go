package server

import (
	"bytes"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
)

const (
	// sweepEvery is how often all connections are looked at for what happens
	// by mere passing of time.
	sweepEvery = time.Second
	// trimAfter is how long a connection is silent before its buffers go.
	trimAfter = 2 * time.Second
	// warnEvery bounds how often a hostile peer can make us log.
	warnEvery = time.Minute
)

// refusal is what a peer that Connect refused is told.
func refusal(err error) []byte {
	var w resp.Writer
	engine.WriteError(&w, err)
	return w.Bytes()
}

// framing returns what c's next command is bounded by.
func (l *loop) framing(c *conn) *resp.Limits {
	l.bounds.Authenticated = c.client.Authenticated()
	return &l.bounds
}

// readSettings takes over what may have changed since the last iteration.
func (l *loop) readSettings() {
	settings := l.engine.Settings()
	l.bounds.Bulk = settings.MaxBulkLen
	l.bounds.QueryBuffer = settings.QueryBufferLimit
}

func (c *conn) outputLimit() engine.OutputLimit { return c.client.OutputLimit() }

// overSoft says that so many replies wait that no more should be made.
func (c *conn) overSoft() bool {
	if c.out.Len() == 0 {
		return false
	}
	soft := c.outputLimit().Soft
	return soft > 0 && int64(c.out.Len()) >= soft
}

// exceeds says that the client leaves more replies unread than it may: over
// the hard bound, or over the soft one for too long.
func (c *conn) exceeds() bool {
	n := int64(c.out.Len())
	if n == 0 {
		c.over = time.Time{}
		return false
	}
	limit := c.outputLimit()
	hard := limit.Hard > 0 && n >= limit.Hard
	switch {
	case limit.Soft <= 0 || n < limit.Soft:
		c.over = time.Time{}
	case c.over.IsZero():
		c.over = c.loop.now
	case c.loop.now.Sub(c.over) > time.Duration(limit.SoftSeconds)*time.Second:
		hard = true
	}
	if hard {
		c.loop.opts.Log.Warn("client closed for exceeding its output buffer limit", "client", c.client.Peer.Addr, "bytes", n)
	}
	return hard
}

// sweep looks at all connections once in a while.
func (l *loop) sweep() {
	if l.now.Sub(l.swept) < sweepEvery {
		return
	}
	l.swept = l.now
	timeout := time.Duration(l.engine.Settings().Timeout) * time.Second
	for i := len(l.conns) - 1; i >= 0; i-- { // Backwards, because drop moves the last one here.
		c := l.conns[i]
		if timeout > 0 && c.client.Idle() > timeout {
			l.opts.Log.Info("closing idle client", "client", c.client.Peer.Addr)
			c.drop()
			continue
		}
		if c.exceeds() || c.link.stuck(l.now) {
			c.drop()
			continue
		}
		if l.now.Sub(c.seen) > trimAfter {
			c.trim()
		}
	}
}

// trim gives memory back that an idle connection does not need.
func (c *conn) trim() {
	c.in.Release()
	c.out.Release()
	c.link.trim()
}

// crossProtocol says that a command is a line of HTTP, which a browser can be
// tricked into sending to a server of another protocol.
func crossProtocol(name []byte) bool {
	switch len(name) {
	case 4:
		return name[0]|0x20 == 'p' && bytes.EqualFold(name, []byte("post"))
	case 5:
		return name[4] == ':' && bytes.EqualFold(name, []byte("host:"))
	}
	return false
}

func (l *loop) warnCrossProtocol(c *conn) {
	if l.now.Sub(l.warned) < warnEvery {
		return
	}
	l.warned = l.now
	l.opts.Log.Warn("possible SECURITY ATTACK detected: somebody is sending POST or Host: commands, likely an attempt at "+
		"cross protocol scripting to compromise this server; connection aborted", "client", c.client.Peer.Addr)
}
