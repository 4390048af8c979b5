package engine

import (
	"slices"
	"strconv"
	"strings"

	"perigee/engine/acl"
)

// RedisVersion is the version whose behaviour clients may count on, as INFO
// and HELLO tell them; Version is our own.
const (
	RedisVersion = "7.4.0"
	Version      = "0.1.0"
)

// connectionCommands are about the connection itself; CLIENT is in
// clientcmd.go.
func connectionCommands() []Command {
	return append([]Command{{
		Name: "auth", Group: GroupConnection, Since: "1.0.0",
		Summary:    "Authenticates the connection.",
		Complexity: "O(N) where N is the number of passwords defined for the user",
		Args:       []Arg{AddedIn("6.0.0", Opt(String("username"))), String("password")},
		Arity:      -2, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy,
		RunClient: auth,
	}, {
		Name: "echo", Group: GroupConnection, Since: "1.0.0",
		Summary:    "Returns the given string.",
		Complexity: "O(1)",
		Args:       []Arg{String("message")},
		Arity:      2, Flags: Loading | Stale | Fast,
		Run: echo,
	}, {
		Name: "hello", Group: GroupConnection, Since: "6.0.0",
		Summary:    "Handshakes with the server.",
		Complexity: "O(1)",
		Args: []Arg{Opt(Block("arguments", Integer("protover"),
			Opt(With("AUTH", Block("auth", String("username"), String("password")))),
			Opt(With("SETNAME", String("clientname")))))},
		Arity: -1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy,
		RunClient: hello,
	}, {
		Name: "ping", Group: GroupConnection, Since: "1.0.0",
		Summary:    "Returns the server's liveliness response.",
		Complexity: "O(1)",
		Args:       []Arg{Opt(String("message"))},
		Arity:      -1, Flags: Fast, Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		RunClient: ping,
	}, {
		Name: "quit", Group: GroupConnection, Since: "1.0.0",
		Summary:    "Closes the connection.",
		Complexity: "O(1)",
		Arity:      -1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy,
		RunClient: quit,
	}, {
		Name: "reset", Group: GroupConnection, Since: "6.2.0",
		Summary:    "Resets the connection.",
		Complexity: "O(1)",
		Arity:      1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy,
		RunClient: reset,
	}, {
		Name: "select", Group: GroupConnection, Since: "1.0.0",
		Summary:    "Changes the selected database.",
		Complexity: "O(1)",
		Args:       []Arg{Integer("index")},
		Arity:      2, Flags: Loading | Stale | Fast,
		RunClient: selectDB,
	}}, slices.Concat(clientCommands(), trackingCommands(), pauseCommands())...)
}

var (
	errWrongPass = &Error{"WRONGPASS", "invalid username-password pair or user is disabled."}
	errNoPass    = Errf("AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	errNoProto   = &Error{"NOPROTO", "unsupported protocol version"}
	errHelloAuth = &Error{"NOAUTH", "HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"}
	errName      = Errf("Client names cannot contain spaces, newlines or special characters.")
)

func auth(c *Client, args Args, w Reply) error {
	if len(args) > 2 {
		return ErrSyntax
	}
	user, pass := []byte("default"), args[len(args)-1]
	if len(args) == 2 {
		user = args[0]
	} else if c.e.access.users.Default().NoPass() {
		return errNoPass
	}
	if err := c.authenticate(user, pass); err != nil {
		return err
	}
	w.Status("OK")
	return nil
}

// authenticate makes the client a user, if the password is the user's.
func (c *Client) authenticate(name, pass []byte) error {
	u := c.e.access.users.Find(string(name))
	if u == nil || !u.Accepts(pass) {
		c.e.stats.denied[acl.Authentication]++
		c.e.access.note(c, acl.Authentication, c.denialContext(), string(c.argv[0]), string(name))
		c.e.log.Warn("authentication failed", "user", clip(name, 64), "address", c.Peer.Addr)
		return errWrongPass
	}
	c.user, c.authed = u, true
	return nil
}

func echo(_ *Keyspace, args Args, w Reply) error {
	w.Bulk(args[0])
	return nil
}

// helloOptions are HELLO's arguments; absent ones are nil.
type helloOptions struct {
	proto            int64
	user, pass, name []byte
}

func parseHello(args Args) (helloOptions, error) {
	var o helloOptions
	if len(args) == 0 {
		return o, nil
	}
	n, ok := ParseInt(args[0])
	if !ok {
		return o, Errf("Protocol version is not an integer or out of range")
	}
	if n != 2 && n != 3 {
		return o, errNoProto
	}
	o.proto = n
	for i := 1; i < len(args); {
		switch {
		case args.Is(i, "AUTH") && i+2 < len(args):
			o.user, o.pass = args[i+1], args[i+2]
			i += 3
		case args.Is(i, "SETNAME") && i+1 < len(args):
			o.name = args[i+1]
			if !validClientName(o.name) {
				return o, errName
			}
			i += 2
		default:
			return o, Errf("Syntax error in HELLO option '" + string(args[i]) + "'")
		}
	}
	return o, nil
}

func hello(c *Client, args Args, w Reply) error {
	o, err := parseHello(args)
	if err != nil {
		return err
	}
	if o.user != nil {
		if err := c.authenticate(o.user, o.pass); err != nil {
			return err
		}
	}
	if !c.Authenticated() {
		return errHelloAuth
	}
	if o.name != nil {
		c.name = append([]byte(nil), o.name...)
	}
	if o.proto != 0 {
		c.Out.SetProto(int(o.proto))
	}
	w.Map(7)
	w.BulkString("server")
	w.BulkString("redis")
	w.BulkString("version")
	w.BulkString(RedisVersion)
	w.BulkString("proto")
	w.Int(int64(c.Proto()))
	w.BulkString("id")
	w.Int(int64(c.ID))
	w.BulkString("mode")
	w.BulkString("standalone")
	w.BulkString("role")
	w.BulkString("master")
	w.BulkString("modules")
	w.Array(0)
	return nil
}

func ping(c *Client, args Args, w Reply) error {
	if len(args) > 1 {
		return errArity("ping")
	}
	var message []byte
	if len(args) == 1 {
		message = args[0]
	}
	switch {
	case c.subs.any() && c.Proto() == 2:
		w.Array(2)
		w.BulkString("pong")
		w.Bulk(message)
	case message != nil:
		w.Bulk(message)
	default:
		w.Status("PONG")
	}
	return nil
}

func quit(c *Client, _ Args, w Reply) error {
	w.Status("OK")
	c.CloseSoon()
	return nil
}

// reset makes the connection what it was when it was made.
func reset(c *Client, _ Args, w Reply) error {
	c.discard()
	c.e.pubsub.leave(c)
	c.untrack()
	c.e.monitors.leave(c)
	c.db, c.name, c.noEvict, c.noTouch = 0, nil, false, false
	if c.replyMode != replySkip { // that is about this command's own reply
		c.replyMode = replyOn
	}
	c.forgetUser()
	c.Out.SetProto(2)
	w.Status("RESET")
	return nil
}

func selectDB(c *Client, args Args, w Reply) error {
	ks, err := args.database(c.Keyspace(), 0)
	if err != nil {
		return err
	}
	c.Select(ks.index)
	w.Status("OK")
	return nil
}

// validClientName tells whether a name is printable ASCII without spaces.
func validClientName(name []byte) bool {
	for _, b := range name {
		if b < '!' || b > '~' {
			return false
		}
	}
	return true
}

// infoLine is what CLIENT LIST and CLIENT INFO say of a client, with Redis's
// names of fields.
func (c *Client) infoLine(b *strings.Builder) {
	field := func(name, value string) {
		if b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
			b.WriteByte(' ')
		}
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(value)
	}
	number := func(name string, n int) { field(name, strconv.Itoa(n)) }
	queued, queuedBytes, argvBytes, used, free := -1, 0, sizeOf(c.argv), 0, 0
	if c.multi != nil {
		queued, queuedBytes = len(c.multi.queued), c.multi.bytes
	}
	if c.queryBuf != nil {
		used, free = c.queryBuf()
	}
	command := "NULL"
	if c.lastCmd != nil {
		command = c.lastCmd.Name
	}
	out := c.Out.Len()
	field("id", strconv.FormatUint(c.ID, 10))
	field("addr", c.Peer.Addr)
	field("laddr", c.Peer.Local)
	number("fd", c.Peer.FD)
	field("name", string(c.name))
	number("age", int((c.e.tick - c.created).Seconds()))
	number("idle", int((c.e.tick - c.lastUsed).Seconds()))
	field("flags", c.flagLetters())
	number("db", c.db)
	number("sub", len(c.subs.channels))
	number("psub", len(c.subs.patterns))
	number("ssub", len(c.subs.shards))
	number("multi", queued)
	number("watch", len(c.watches))
	number("qbuf", used)
	number("qbuf-free", free)
	number("argv-mem", argvBytes)
	number("multi-mem", queuedBytes)
	number("rbs", c.Out.Memory())
	number("rbp", c.Out.Memory())
	number("obl", out)
	number("oll", 0)
	number("omem", out)
	number("tot-mem", int(c.memory())+argvBytes)
	field("events", "r")
	field("cmd", command)
	field("user", c.user.Name)
	field("redir", strconv.FormatInt(c.redirection(), 10))
	number("resp", c.Proto())
	field("lib-name", string(c.libName))
	field("lib-ver", string(c.libVer))
}

// sizeOf counts the bytes of arguments.
func sizeOf(argv [][]byte) int {
	n := 0
	for _, a := range argv {
		n += len(a)
	}
	return n
}

func (c *Client) flagLetters() string {
	var s string
	t := c.tracking
	for _, f := range []struct {
		on     bool
		letter string
	}{
		{c.monitoring, "O"}, {c.subs.any(), "P"}, {c.multi != nil, "x"}, {c.blocked != nil || c.held, "b"},
		{t != nil, "t"}, {t != nil && t.broken, "R"}, {t != nil && t.broadcast, "B"},
		{c.watchDirty, "d"}, {c.closeDone, "c"}, {c.Peer.Unix, "U"}, {c.noEvict, "e"}, {c.noTouch, "T"},
	} {
		if f.on {
			s += f.letter
		}
	}
	if s == "" {
		return "N"
	}
	return s
}
