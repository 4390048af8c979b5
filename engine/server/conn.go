package server

import (
	"time"

	"perigee/engine"
	"perigee/engine/resp"
)

const (
	// A client's turn ends after so many commands, or so many bytes of
	// replies, so that one client's pipeline does not keep the others waiting.
	commandsPerTurn = 1024
	repliesPerTurn  = 1 << 20
	// pausedInput is how much of a client's input is kept while it may not be
	// executed; the rest waits in the kernel.
	pausedInput = 64 << 10
)

// A link carries a connection's bytes. Its methods are called on the loop and
// never wait.
type link interface {
	// send takes as much of p as it can now, which may be nothing; the loop is
	// told when it can take more.
	send(p []byte) (int, error)
	// sending says that bytes it took are still on their way to the kernel.
	sending() bool
	// listen says whether the loop wants what the peer sends next.
	listen(on bool)
	// trim gives memory back that an idle connection does not need.
	trim()
	// stuck says that sending, or parting, has made no headway for too long.
	stuck(now time.Time) bool
	// part tells the peer that nothing more will come, discards what it still
	// sends, and drops the connection when the peer has closed it. Closing
	// while input is unread would take back replies that are on their way.
	part()
	// close ends the connection, dropping what was not sent.
	close()
}

// conn is a client's connection: input that is not executed yet, and the state
// that decides when it is read, written and closed.
type conn struct {
	loop   *loop
	client *engine.Client
	out    *resp.Writer
	link   link
	in     resp.Buffer // What came, from the first byte that is not executed.
	framer resp.Framer
	index  int

	seen time.Time // When bytes last came.
	over time.Time // Since when the output is over its soft bound; zero if it is not.

	blocked    bool // The link takes nothing more until it says so.
	stalled    bool // Commands may lie in the buffer, but were not to be executed.
	ended      bool // The peer sends nothing more.
	leaving    bool // Nothing more is executed; to be closed once the output is sent.
	executing  bool
	queued     bool
	backlogged bool
	closed     bool
}

// Kick makes the loop look at the connection before it waits again. The engine
// calls it when it queued output, let the input go on, or wants the connection
// closed.
func (c *conn) Kick() { c.loop.queue(c) }

// open makes a client of a new connection. The error is the engine's refusal.
func (l *loop) open(ln link, peer engine.Peer) (*conn, error) {
	c := &conn{loop: l, link: ln, seen: l.now}
	client, err := l.engine.Connect(peer, c)
	if err != nil {
		return nil, err
	}
	c.client, c.out = client, &client.Out
	client.OnQueryBuffer(c.inputSizes)
	l.add(c)
	return c, nil
}

// inputSizes tells how much of the query buffer is used and free.
func (c *conn) inputSizes() (used, free int) { return c.in.Len(), c.in.Memory() - c.in.Len() }

// feed takes bytes that the peer sent and executes the commands that they
// complete. It does not keep data.
func (c *conn) feed(data []byte) {
	c.came(len(data))
	if c.in.Len() > 0 {
		c.in.Append(data, c.framer.Need())
		if !c.backlogged {
			c.resume()
		}
		return
	}
	used := c.execute(data)
	if used < len(data) && !c.closed {
		c.in.Append(data[used:], c.framer.Need())
	}
	c.loop.queue(c)
}

// came notes that n bytes were received.
func (c *conn) came(n int) {
	c.seen = c.loop.now
	c.client.Traffic(n, 0)
}

// resume executes commands from the connection's own buffer.
func (c *conn) resume() {
	c.stalled = false
	if c.in.Len() > 0 {
		used := c.execute(c.in.Bytes())
		if c.closed {
			return
		}
		c.in.Consume(used)
	}
	c.loop.queue(c)
}

// execute executes the complete commands at the beginning of data, as far as
// the client's turn goes, and returns how many bytes they took. When the
// client is to be closed that is all of them.
func (c *conn) execute(data []byte) (used int) {
	defer c.framer.Forget()
	l := c.loop
	limit := c.out.Len() + repliesPerTurn
	for budget := commandsPerTurn; ; budget-- {
		if c.finishing() {
			return len(data)
		}
		if c.stalled = c.held(); c.stalled {
			return used
		}
		if budget == 0 || c.out.Len() > limit {
			l.postpone(c)
			return used
		}
		bounds := l.framing(c)
		if !l.nested && c.framer.Drained() {
			l.engine.Expect(c.client, c.framer.Ahead(data[used:], bounds, &l.ahead))
		}
		args, n, err := c.framer.Next(data[used:], bounds)
		used += n
		if err != nil {
			c.reject(err)
			return len(data)
		}
		if args == nil {
			return used
		}
		if crossProtocol(args[0]) {
			l.warnCrossProtocol(c)
			c.drop()
			return len(data)
		}
		c.executing = true
		l.engine.Execute(c.client, args)
		c.executing = false
		if c.client.Held() {
			c.stalled = true
			return used - n
		}
	}
}

// finishing says that no more commands of this client will be executed.
func (c *conn) finishing() bool {
	return c.closed || c.leaving || c.client.CloseAfterReply() || c.client.ShouldClose()
}

// held says that the client's next command has to wait.
func (c *conn) held() bool { return c.client.InputPaused() || c.overSoft() }

// reject answers a breach of the protocol and lets the connection end.
func (c *conn) reject(err error) {
	if err == resp.ErrQueryBuffer {
		c.loop.opts.Log.Warn("client closed for reaching the query buffer limit", "client", c.client.Peer.Addr)
		c.drop()
		return
	}
	c.client.ProtocolError(err)
}

// end notes that the peer sends nothing more. What came whole is still
// executed and answered.
func (c *conn) end() {
	c.ended = true
	c.loop.queue(c)
}

// settle writes what may be written and acts on the connection's state.
func (c *conn) settle() {
	if c.client.ShouldClose() {
		c.drop()
		return
	}
	if !c.write() {
		return
	}
	if c.exceeds() {
		c.drop()
		return
	}
	if c.done() {
		c.retire()
		return
	}
	if c.stalled && !c.held() {
		c.loop.postpone(c)
	}
	c.link.listen(c.wanted())
}

// write sends what the engine lets the client see. It returns false if the
// connection was lost.
func (c *conn) write() bool {
	for !c.blocked {
		n := c.client.Sendable()
		if n == 0 {
			break
		}
		sent, err := c.link.send(c.out.Bytes()[:n])
		if err != nil {
			c.drop()
			return false
		}
		c.blocked = sent < n
		c.client.Sent(sent)
	}
	// What is not released yet wants another look after the next iteration,
	// which the journal brings about.
	if !c.blocked && c.out.Len() > 0 {
		c.loop.queue(c)
	}
	return true
}

// done says that the connection has served its purpose. A blocked client that
// half-closes is done too: it cannot be told from one that has gone.
func (c *conn) done() bool {
	if c.ended && c.client.InputPaused() && !c.finishing() {
		return true
	}
	if c.out.Len() > 0 || c.link.sending() {
		return false
	}
	return c.finishing() || c.ended && !c.backlogged && !c.stalled
}

// retire ends a connection that has served its purpose. A server that stops
// does not wait for its peers.
func (c *conn) retire() {
	if c.ended || c.loop.stop.Load() {
		c.drop()
		return
	}
	c.leaving = true
	c.link.part()
}

// wanted says whether more input is welcome.
func (c *conn) wanted() bool {
	if c.ended || c.finishing() || c.overSoft() {
		return false
	}
	return !c.stalled || c.in.Len() < pausedInput
}

// drop closes the connection at once; what was not sent is lost.
func (c *conn) drop() {
	if c.closed {
		return
	}
	c.closed = true
	c.loop.remove(c)
	c.link.close()
	c.loop.engine.Disconnect(c.client)
	c.in = resp.Buffer{}
}
