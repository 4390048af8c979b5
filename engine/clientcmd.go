package engine

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

func clientCommands() []Command {
	const sub = NoScript | Loading | Stale
	return []Command{{
		Name: "client", Group: GroupConnection, Since: "2.4.0",
		Summary:    "A container for client connection commands.",
		Complexity: "Depends on subcommand.",
		Arity:      -2,
	}, {
		Name: "client|getname", Group: GroupConnection, Since: "2.6.9",
		Summary: "Returns the name of the connection.", Complexity: "O(1)",
		Arity: 2, Flags: sub,
		RunClient: func(c *Client, _ Args, w Reply) error {
			if len(c.name) == 0 {
				w.Null()
			} else {
				w.Bulk(c.name)
			}
			return nil
		},
	}, {
		Name: "client|help", Group: GroupConnection, Since: "5.0.0",
		Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)",
		Arity: 2, Flags: Loading | Stale,
		Run: Help("CLIENT", []string{
			"CACHING (YES|NO)", "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
			"GETREDIR", "    Return the client ID we are redirecting to when tracking is enabled.",
			"GETNAME", "    Return the name of the current connection.",
			"ID", "    Return the ID of the current connection.",
			"INFO", "    Return information about the current client connection.",
			"KILL <ip:port>", "    Kill connection made from <ip:port>.",
			"KILL <option> <value> [<option> <value> [...]]", "    Kill connections. Options are:",
			"    * ADDR (<ip:port>|<unixsocket>:0)", "      Kill connections made from the specified address",
			"    * LADDR (<ip:port>|<unixsocket>:0)", "      Kill connections made to specified local address",
			"    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)", "      Kill connections by type.",
			"    * USER <username>", "      Kill connections authenticated by <username>.",
			"    * SKIPME (YES|NO)", "      Skip killing current connection (default: yes).",
			"    * ID <client-id>", "      Kill connections by client id.",
			"    * MAXAGE <maxage>", "      Kill connections older than the specified age.",
			"LIST [options ...]", "    Return information about client connections. Options:",
			"    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)", "      Return clients of specified type.",
			"    * ID <client-id> [<client-id> [...]]", "      Return clients of specified IDs only.",
			"UNPAUSE", "    Stop the current client pause, resuming traffic.",
			"PAUSE <timeout> [WRITE|ALL]", "    Suspend all, or just write, clients for <timeout> milliseconds.",
			"REPLY (ON|OFF|SKIP)", "    Control the replies sent to the current connection.",
			"SETINFO <option> <value>", "    Set client meta attr. Options are:",
			"    * LIB-NAME: the client lib name.", "    * LIB-VER: the client lib version.",
			"SETNAME <name>", "    Assign the name <name> to the current connection.",
			"UNBLOCK <clientid> [TIMEOUT|ERROR]", "    Unblock the specified blocked client.",
			"TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]", "         [OPTIN] [OPTOUT] [NOLOOP]", "    Control server assisted client side caching.",
			"TRACKINGINFO", "    Report tracking status for the current connection.",
			"NO-EVICT (ON|OFF)", "    Protect current client connection from eviction.",
			"NO-TOUCH (ON|OFF)", "    Will not touch LRU/LFU stats when this mode is on.",
		}),
	}, {
		Name: "client|id", Group: GroupConnection, Since: "5.0.0",
		Summary: "Returns the unique client ID of the connection.", Complexity: "O(1)",
		Arity: 2, Flags: sub,
		RunClient: func(c *Client, _ Args, w Reply) error { w.Int(int64(c.ID)); return nil },
	}, {
		Name: "client|info", Group: GroupConnection, Since: "6.2.0",
		Summary: "Returns information about the connection.", Complexity: "O(1)",
		Arity: 2, Flags: sub, Tips: []string{"nondeterministic_output"},
		RunClient: func(c *Client, _ Args, w Reply) error {
			var b strings.Builder
			c.infoLine(&b)
			b.WriteByte('\n')
			w.Verbatim("txt", []byte(b.String()))
			return nil
		},
	}, {
		Name: "client|kill", Group: GroupConnection, Since: "2.4.0",
		Summary: "Terminates open connections.", Complexity: "O(N) where N is the number of client connections",
		Args: []Arg{OneOf("filter", String("old-format"), Many(OneOf("new-format",
			AddedIn("2.8.12", Opt(With("ID", Integer("client-id")))),
			AddedIn("2.8.12", Opt(With("TYPE", OneOf("client-type", Word("normal", "NORMAL"), AddedIn("3.2.0", Word("master", "MASTER")),
				Word("slave", "SLAVE"), AddedIn("5.0.0", Word("replica", "REPLICA")), Word("pubsub", "PUBSUB"))))),
			Opt(With("USER", String("username"))), Opt(With("ADDR", String("addr"))), AddedIn("6.2.0", Opt(With("LADDR", String("laddr")))),
			Opt(With("SKIPME", OneOf("skipme", Word("yes", "YES"), Word("no", "NO")))), AddedIn("7.4.0", Opt(With("MAXAGE", Integer("maxage")))))))},
		Arity: -3, Flags: sub | Admin,
		RunClient: clientKill,
	}, {
		Name: "client|list", Group: GroupConnection, Since: "2.4.0",
		Summary: "Lists open connections.", Complexity: "O(N) where N is the number of client connections",
		Args: []Arg{AddedIn("5.0.0", Opt(With("TYPE", OneOf("client-type", Word("normal", "NORMAL"), Word("master", "MASTER"), Word("replica", "REPLICA"), Word("pubsub", "PUBSUB"))))),
			AddedIn("6.2.0", Opt(With("ID", Many(Integer("client-id")))))},
		Arity: -2, Flags: sub | Admin, Tips: []string{"nondeterministic_output"},
		RunClient: clientList,
	}, {
		Name: "client|no-evict", Group: GroupConnection, Since: "7.0.0",
		Summary: "Sets the client eviction mode of the connection.", Complexity: "O(1)",
		Args:  []Arg{OneOf("enabled", Word("on", "ON"), Word("off", "OFF"))},
		Arity: 3, Flags: sub | Admin,
		RunClient: func(c *Client, args Args, w Reply) error { return onOff(args, &c.noEvict, w) },
	}, {
		Name: "client|no-touch", Group: GroupConnection, Since: "7.2.0",
		Summary: "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.", Complexity: "O(1)",
		Args:  []Arg{OneOf("enabled", Word("on", "ON"), Word("off", "OFF"))},
		Arity: 3, Flags: sub,
		RunClient: func(c *Client, args Args, w Reply) error { return onOff(args, &c.noTouch, w) },
	}, {
		Name: "client|reply", Group: GroupConnection, Since: "3.2.0",
		Summary: "Instructs the server whether to reply to commands.", Complexity: "O(1)",
		Args:  []Arg{OneOf("action", Word("on", "ON"), Word("off", "OFF"), Word("skip", "SKIP"))},
		Arity: 3, Flags: sub,
		RunClient: clientReply,
	}, {
		Name: "client|setinfo", Group: GroupConnection, Since: "7.2.0",
		Summary: "Sets information specific to the client or connection.", Complexity: "O(1)",
		Args:  []Arg{OneOf("attr", With("LIB-NAME", String("libname")), With("LIB-VER", String("libver")))},
		Arity: 4, Flags: sub, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		RunClient: clientSetInfo,
	}, {
		Name: "client|setname", Group: GroupConnection, Since: "2.6.9",
		Summary: "Sets the connection name.", Complexity: "O(1)",
		Args:  []Arg{String("connection-name")},
		Arity: 3, Flags: sub, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		RunClient: func(c *Client, args Args, w Reply) error {
			if !validClientName(args[0]) {
				return errName
			}
			c.name = append([]byte(nil), args[0]...)
			w.Status("OK")
			return nil
		},
	}, {
		Name: "client|unblock", Group: GroupConnection, Since: "5.0.0",
		Summary: "Unblocks a client blocked by a blocking command from a different connection.", Complexity: "O(log N) where N is the number of client connections",
		Args:  []Arg{Integer("client-id"), Opt(OneOf("unblock-type", Word("timeout", "TIMEOUT"), Word("error", "ERROR")))},
		Arity: -3, Flags: sub | Admin,
		RunClient: clientUnblock,
	}}
}

// Help makes the handler of a HELP subcommand.
func Help(command string, lines []string) func(*Keyspace, Args, Reply) error {
	return func(_ *Keyspace, _ Args, w Reply) error {
		w.Array(len(lines) + 3)
		w.Status(command + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
		for _, l := range lines {
			w.Status(l)
		}
		w.Status("HELP")
		w.Status("    Prints this help.")
		return nil
	}
}

func onOff(args Args, flag *bool, w Reply) error {
	switch {
	case args.Is(0, "ON"):
		*flag = true
	case args.Is(0, "OFF"):
		*flag = false
	default:
		return ErrSyntax
	}
	w.Status("OK")
	return nil
}

func clientReply(c *Client, args Args, w Reply) error {
	switch {
	case args.Is(0, "ON"):
		c.replyMode = replyOn
		w.Status("OK")
	case args.Is(0, "OFF"):
		c.replyMode = replyOff
	case args.Is(0, "SKIP"):
		if c.replyMode != replyOff {
			c.replyMode = replySkipNext
		}
	default:
		return ErrSyntax
	}
	return nil
}

func clientSetInfo(c *Client, args Args, w Reply) error {
	target, name := &c.libName, "lib-name"
	switch {
	case args.Is(0, "LIB-NAME"):
	case args.Is(0, "LIB-VER"):
		target, name = &c.libVer, "lib-ver"
	default:
		return Errf("Unrecognized option '" + string(args[0]) + "'")
	}
	if !validClientName(args[1]) {
		return Errf(name + " cannot contain spaces, newlines or special characters.")
	}
	*target = append([]byte(nil), args[1]...)
	w.Status("OK")
	return nil
}

// sorted is every connection, oldest first.
func (c *clients) sorted() []*Client {
	all := make([]*Client, 0, len(c.byID))
	for _, cl := range c.byID {
		all = append(all, cl)
	}
	slices.SortFunc(all, func(a, b *Client) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// clientType is a class of clients as TYPE filters name it.
func clientType(word []byte) (string, error) {
	switch t := strings.ToLower(string(word)); t {
	case "normal", "master", "replica", "pubsub":
		return t, nil
	case "slave":
		return "replica", nil
	}
	return "", Errf("Unknown client type '" + string(word) + "'")
}

func (c *Client) typeName() string {
	if c.subs.any() {
		return "pubsub"
	}
	return "normal"
}

func clientList(c *Client, args Args, w Reply) error {
	keep := func(*Client) bool { return true }
	switch {
	case len(args) == 0:
	case args.Is(0, "TYPE") && len(args) == 2:
		t, err := clientType(args[1])
		if err != nil {
			return err
		}
		keep = func(o *Client) bool { return o.typeName() == t }
	case args.Is(0, "ID") && len(args) > 1:
		ids := map[uint64]bool{}
		for i := range args[1:] {
			id, ok := ParseInt(args[1+i])
			if !ok {
				return Errf("Invalid client ID")
			}
			ids[uint64(id)] = true
		}
		keep = func(o *Client) bool { return ids[o.ID] }
	default:
		return ErrSyntax
	}
	var b strings.Builder
	for _, o := range c.e.clients.sorted() {
		if keep(o) {
			o.infoLine(&b)
			b.WriteByte('\n')
		}
	}
	w.Verbatim("txt", []byte(b.String()))
	return nil
}

// killFilter is what CLIENT KILL's arguments ask for.
type killFilter struct {
	id                          uint64
	addr, laddr, user, typeName string
	maxAge                      time.Duration
	keepSelf                    bool
}

func (f *killFilter) matches(c *Client) bool {
	return (f.id == 0 || c.ID == f.id) && (f.addr == "" || c.Peer.Addr == f.addr) &&
		(f.laddr == "" || c.Peer.Local == f.laddr) && (f.user == "" || c.user.Name == f.user) &&
		(f.typeName == "" || c.typeName() == f.typeName) && (f.maxAge == 0 || c.e.tick-c.created >= f.maxAge)
}

func (c *Client) parseKill(args Args) (killFilter, error) {
	f := killFilter{keepSelf: true}
	for i := 0; i < len(args); i += 2 {
		if i+1 == len(args) {
			return f, ErrSyntax
		}
		value := string(args[i+1])
		switch {
		case args.Is(i, "ID"):
			id, ok := ParseInt(args[i+1])
			if !ok || id < 1 {
				return f, Errf("client-id should be greater than 0")
			}
			f.id = uint64(id)
		case args.Is(i, "TYPE"):
			t, err := clientType(args[i+1])
			if err != nil {
				return f, err
			}
			f.typeName = t
		case args.Is(i, "ADDR"):
			f.addr = value
		case args.Is(i, "LADDR"):
			f.laddr = value
		case args.Is(i, "USER"):
			if c.e.access.users.Find(value) == nil {
				return f, Errf("No such user '" + value + "'")
			}
			f.user = value
		case args.Is(i, "MAXAGE"):
			age, ok := ParseInt(args[i+1])
			if !ok {
				return f, Errf("maxage is not an integer or out of range")
			}
			if age < 1 {
				return f, Errf("maxage should be greater than 0")
			}
			f.maxAge = time.Duration(min(age, math.MaxInt64/int64(time.Second))) * time.Second
		case args.Is(i, "SKIPME") && args.Is(i+1, "YES"):
			f.keepSelf = true
		case args.Is(i, "SKIPME") && args.Is(i+1, "NO"):
			f.keepSelf = false
		default:
			return f, ErrSyntax
		}
	}
	return f, nil
}

func clientKill(c *Client, args Args, w Reply) error {
	if len(args) == 1 {
		f := killFilter{addr: string(args[0])}
		if c.kill(f) == 0 {
			return Errf("No such client")
		}
		w.Status("OK")
		return nil
	}
	f, err := c.parseKill(args)
	if err != nil {
		return err
	}
	w.Int(int64(c.kill(f)))
	return nil
}

// kill closes the clients that f matches, the caller's own after its reply.
func (c *Client) kill(f killFilter) int {
	candidates := c.e.clients.byID
	if f.id != 0 {
		candidates = map[uint64]*Client{}
		if o := c.e.clients.byID[f.id]; o != nil {
			candidates[f.id] = o
		}
	}
	n := 0
	for _, o := range candidates {
		if !f.matches(o) || o == c && f.keepSelf {
			continue
		}
		n++
		if o == c {
			o.CloseSoon()
		} else {
			o.Close()
		}
	}
	return n
}

func clientUnblock(c *Client, args Args, w Reply) error {
	if len(args) > 2 {
		return c.errSubcommandSyntax()
	}
	asError := args.Is(1, "ERROR")
	if len(args) == 2 && !asError && !args.Is(1, "TIMEOUT") {
		return Errf("CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
	}
	id, err := args.Int(0)
	if err != nil {
		return err
	}
	o := c.e.clients.byID[uint64(id)]
	if o == nil || o.blocked == nil || o.blocked.fixed {
		w.Int(0)
		return nil
	}
	if asError {
		o.blocked.reply().Error("UNBLOCKED", "client unblocked via CLIENT UNBLOCK")
	} else {
		o.blocked.timedOut(o.blocked.reply())
	}
	c.e.unblock(o)
	w.Int(1)
	return nil
}

// itoa64 is strconv for INFO's and CLIENT's fields.
func itoa64(n int64) string { return strconv.FormatInt(n, 10) }
