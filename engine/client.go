package engine

import (
	"net/netip"
	"time"

	"perigee/engine/acl"
	"perigee/engine/resp"
)

// Peer is what a transport knows of the other side.
type Peer struct {
	Addr  string // ip:port, or the socket's path
	Local string
	IP    netip.Addr // not valid for a Unix socket
	Unix  bool
	TLS   bool
	FD    int
}

// Transport carries a client's bytes. The server implements it.
type Transport interface {
	// Kick says that the client has output, wants to be closed, or may go on
	// reading. It is called on the loop, and at most marks the client for the
	// end of the iteration.
	Kick()
}

// Client is our state for a peer. Only the loop touches it. Invariants:
//
//  1. A client in e.watched is there once for each key in watches.
//  2. blocked is not nil exactly while the client is in e.blocking.
//  3. A closed client is in none of the engine's registers.
type Client struct {
	ID   uint64
	Peer Peer
	// Out holds replies that have not left yet.
	Out resp.Writer

	e         *Engine
	transport Transport
	db        int
	name      []byte
	libName   []byte
	libVer    []byte
	user      *acl.User
	authed    bool
	caller    *Client // on whose behalf a script's client acts, or nil
	trusted   bool    // it may do what the caller may not
	script    bool    // runs commands of a script: not a connection
	closed    bool
	closing   bool // close as soon as possible, without writing more
	closeDone bool // close when all replies have left
	noEvict   bool
	noTouch   bool

	replyMode  replyMode
	multi      *transaction
	executing  bool // inside EXEC
	watches    map[dbKey]*watchedKey
	watchDirty bool
	blocked    *blockedState
	intercept  Interceptor
	subs       subscriptions
	tracking   *trackingState // nil while tracking is off
	monitoring bool
	held       bool // its command waits for the end of CLIENT PAUSE

	created  time.Duration
	lastUsed time.Duration
	lastCmd  *tableEntry
	argv     [][]byte // of the running command
	pushing  bool     // what it wrote are messages, which CLIENT REPLY lets pass
	marks    []outMark
	netIn    int64
	netOut   int64
	queryBuf func() (used, free int) // for CLIENT LIST; set by the server
	size     int64                   // what it counts towards clients.used
}

// outMark says that the bytes of Out before end wait for sequence number need.
type outMark struct {
	end  int
	need uint64
}

type replyMode uint8

const (
	replyOn replyMode = iota
	replyOff
	replySkipNext // CLIENT REPLY SKIP was this command
	replySkip     // and this is the one skipped
)

// clients is every connection, by id and in order of arrival.
type clients struct {
	byID    map[uint64]*Client
	nextID  uint64
	peak    int
	used    int64         // bytes of all connections
	weighed time.Duration // when all were counted last
}

func (c *clients) init() { c.byID = map[uint64]*Client{} }

var errMaxClients = Errf("max number of clients reached")

// deniedText is protected mode's refusal in Redis's words.
const deniedText = "Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside."

// Connect registers a connection. The error is for the peer, after which the
// connection is to be closed: too many clients, or protected mode.
func (e *Engine) Connect(p Peer, t Transport) (*Client, error) {
	e.stats.connections++
	if len(e.clients.byID) >= e.settings.MaxClients {
		e.stats.rejectedConns++
		return nil, errMaxClients
	}
	if e.settings.ProtectedMode && e.access.users.Default().NoPass() && !p.Unix && p.IP.IsValid() && !p.IP.Unmap().IsLoopback() {
		return nil, &Error{"DENIED", deniedText}
	}
	c := e.newClient(p, t)
	e.clients.nextID++
	c.ID = e.clients.nextID
	e.clients.byID[c.ID] = c
	c.weigh()
	e.clients.peak = max(e.clients.peak, len(e.clients.byID))
	return c, nil
}

func (e *Engine) newClient(p Peer, t Transport) *Client {
	c := &Client{e: e, Peer: p, transport: t, created: e.tick, lastUsed: e.tick}
	c.Out.SetProto(2)
	c.forgetUser()
	return c
}

// NewScriptClient makes the client on whose behalf a script runs commands: it
// has no connection and its database is its own.
func (e *Engine) NewScriptClient() *Client {
	c := e.newClient(Peer{}, nil)
	c.script, c.authed, c.user = true, true, e.access.anybody
	return c
}

// Disconnect forgets a client: its watches, subscriptions, block.
func (e *Engine) Disconnect(c *Client) {
	if c.closed {
		return
	}
	c.closed, c.closing = true, true
	if c.intercept != nil {
		c.intercept.Gone()
	}
	c.unwatch()
	c.multi = nil
	e.blocking.remove(c)
	e.pubsub.leave(c)
	c.untrack()
	e.monitors.leave(c)
	e.pause.release(c)
	delete(e.clients.byID, c.ID)
	c.weigh()
}

// Engine returns the client's engine.
func (c *Client) Engine() *Engine { return c.e }

// Keyspace returns the database that the client has selected.
func (c *Client) Keyspace() *Keyspace { return c.e.dbs[c.db] }

// DB is the number of the selected database.
func (c *Client) DB() int { return c.db }

// Select chooses a database, which must exist.
func (c *Client) Select(db int) { c.db = db }

// Proto is the protocol that the client speaks, 2 or 3.
func (c *Client) Proto() int { return c.Out.Proto() }

// User is the name of the authenticated user.
func (c *Client) User() string { return c.user.Name }

// Argv is the whole argument vector of the running command.
func (c *Client) Argv() [][]byte { return c.argv }

// IsScript tells whether c runs a script's commands.
func (c *Client) IsScript() bool { return c.script }

// MayBlock tells whether a blocking command may park the client: not inside
// EXEC and not in a script, where it acts as if its time had run out.
func (c *Client) MayBlock() bool { return !c.script && !c.executing }

// InputPaused tells the server to leave the client's input alone until the
// next Kick.
func (c *Client) InputPaused() bool { return c.blocked != nil || c.held || c.closing || c.closeDone }

// Held tells whether CLIENT PAUSE has held back the command that was given to
// Execute last.
func (c *Client) Held() bool { return c.held }

// CloseAfterReply tells the server to close the client once Out is empty.
func (c *Client) CloseAfterReply() bool { return c.closeDone }

// ShouldClose tells the server to close the client now.
func (c *Client) ShouldClose() bool { return c.closing }

// An Interceptor takes a client's commands before the dispatcher does, as a
// debugger does. Both methods are called on the loop.
type Interceptor interface {
	// Intercept takes a command, or leaves it to the dispatcher by returning
	// false. argv is valid during the call only.
	Intercept(argv [][]byte) bool
	// Gone says that the client has disconnected.
	Gone()
}

// SetInterceptor makes i the client's interceptor; nil is none.
func (c *Client) SetInterceptor(i Interceptor) { c.intercept = i }

// Interceptor returns the client's interceptor, or nil.
func (c *Client) Interceptor() Interceptor { return c.intercept }

// Authenticated tells whether the client may run commands, and which limits
// its input is under. It may when there is no password, even if there was one
// when it came.
func (c *Client) Authenticated() bool { return c.authed || c.e.access.users.Default().Open() }

// CloseSoon makes the server close the client once its replies have left.
func (c *Client) CloseSoon() { c.closeDone = true; c.kick() }

// Close makes the server close the client without writing more. The engine
// forgets the client at once, so that nothing is given to it any more.
func (c *Client) Close() {
	c.closing = true
	c.kick()
	c.e.Disconnect(c)
}

// Kick tells the transport that the client has output, from outside of a
// command of its own.
func (c *Client) Kick() {
	c.gate()
	c.kick()
}

func (c *Client) kick() {
	if c.e.weighsClients() {
		c.weigh()
	}
	if c.transport != nil && !c.closed {
		c.transport.Kick()
	}
}

// ProtocolError answers input that is not the protocol, and closes.
func (c *Client) ProtocolError(err error) {
	c.e.stats.protocolErrors++
	c.Out.Error("ERR", err.Error())
	c.gate()
	c.CloseSoon()
}

// Traffic counts bytes for INFO and CLIENT LIST.
func (c *Client) Traffic(in, out int) {
	c.netIn += int64(in)
	c.netOut += int64(out)
	c.e.stats.netIn += int64(in)
	c.e.stats.netOut += int64(out)
	if in > 0 {
		c.e.stats.reads++
	}
	if out > 0 {
		c.e.stats.writes++
	}
	if c.e.weighsClients() {
		c.weigh()
	}
	if in > 0 || out > 0 {
		c.lastUsed = c.e.tick
	}
}

// Idle is how long the client has been silent, for the idle timeout; it is 0
// for clients that the timeout spares.
func (c *Client) Idle() time.Duration {
	if c.blocked != nil || c.held || c.monitoring || c.subs.any() {
		return 0
	}
	return c.e.tick - c.lastUsed
}

// OutputLimit bounds the replies that wait for the client, by its class.
func (c *Client) OutputLimit() OutputLimit {
	if c.subs.any() {
		return c.e.settings.OutputLimits[2]
	}
	return c.e.settings.OutputLimits[0]
}

// OnQueryBuffer gives CLIENT LIST the sizes of the client's input buffer.
func (c *Client) OnQueryBuffer(sizes func() (used, free int)) { c.queryBuf = sizes }

// gate notes that what Out holds by now was made when the last unit applied
// was e.applied, so that it may not leave before that unit is released.
func (c *Client) gate() {
	if c.e.journal == nil {
		return
	}
	n := c.Out.Len()
	if last := len(c.marks) - 1; last >= 0 && c.marks[last].need == c.e.applied {
		c.marks[last].end = n
		return
	}
	if last := len(c.marks) - 1; last >= 0 && c.marks[last].end >= n {
		return
	}
	c.marks = append(c.marks, outMark{n, c.e.applied})
}

// Sendable is how many bytes of Out may leave now.
func (c *Client) Sendable() int {
	if c.e.journal == nil || len(c.marks) == 0 {
		return c.Out.Len()
	}
	released, n := c.e.journal.Released(), 0
	for _, m := range c.marks {
		if m.need > released {
			return n
		}
		n = m.end
	}
	return c.Out.Len()
}

// Sent drops the first n bytes of Out, which have left.
func (c *Client) Sent(n int) {
	c.Out.Consume(n)
	c.Traffic(0, n)
	keep := c.marks[:0]
	for _, m := range c.marks {
		if m.end > n {
			keep = append(keep, outMark{m.end - n, m.need})
		}
	}
	c.marks = keep
}

// HoldsState tells whether the connection has state that ends with it, so
// that a restart would be noticed: MULTI, WATCH, a block, subscriptions, a
// selected database, a name, a user.
func (c *Client) HoldsState() bool {
	return c.multi != nil || len(c.watches) > 0 || c.blocked != nil || c.subs.any() || c.db != 0 || len(c.name) > 0 || c.user != c.e.access.users.Default() || c.replyMode != replyOn || c.tracking != nil || c.monitoring
}
