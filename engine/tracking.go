package engine

import (
	"slices"
	"strings"
)

// trackingState is what a client that caches values asked for with CLIENT
// TRACKING.
type trackingState struct {
	broadcast bool // told of all keys under prefixes, not of those it has read
	optIn     bool // reads count only after CLIENT CACHING YES
	optOut    bool // reads count but after CLIENT CACHING NO
	noLoop    bool // not told of its own changes
	caching   bool // CLIENT CACHING was the command before
	broken    bool // the client to tell instead has gone
	redirect  uint64
	prefixes  []string // sorted
}

func trackingCommands() []Command {
	const sub = NoScript | Loading | Stale
	prefix := Opt(Many(With("PREFIX", String("prefix"))))
	prefix.MultipleToken = true
	return []Command{{
		Name: "client|caching", Group: GroupConnection, Since: "6.0.0",
		Summary: "Instructs the server whether to track the keys in the next request.", Complexity: "O(1)",
		Args:  []Arg{OneOf("mode", Word("yes", "YES"), Word("no", "NO"))},
		Arity: 3, Flags: sub,
		RunClient: clientCaching,
	}, {
		Name: "client|getredir", Group: GroupConnection, Since: "6.0.0",
		Summary: "Returns the client ID to which the connection's tracking notifications are redirected.", Complexity: "O(1)",
		Arity: 2, Flags: sub,
		RunClient: func(c *Client, _ Args, w Reply) error { w.Int(c.redirection()); return nil },
	}, {
		Name: "client|tracking", Group: GroupConnection, Since: "6.0.0",
		Summary: "Controls server-assisted client-side caching for the connection.", Complexity: "O(1). Some options may introduce additional complexity.",
		Args: []Arg{OneOf("status", Word("on", "ON"), Word("off", "OFF")), Opt(With("REDIRECT", Integer("client-id"))), prefix,
			Opt(Word("bcast", "BCAST")), Opt(Word("optin", "OPTIN")), Opt(Word("optout", "OPTOUT")), Opt(Word("noloop", "NOLOOP"))},
		Arity: -3, Flags: sub,
		RunClient: clientTracking,
	}, {
		Name: "client|trackinginfo", Group: GroupConnection, Since: "6.2.0",
		Summary: "Returns information about server-assisted client-side caching for the connection.", Complexity: "O(1)",
		Arity: 2, Flags: sub,
		RunClient: clientTrackingInfo,
	}}
}

func clientTracking(c *Client, args Args, w Reply) error {
	o, err := c.parseTracking(args)
	if err != nil {
		return err
	}
	switch {
	case args.Is(0, "ON"):
		if err := c.checkTracking(&o); err != nil {
			return err
		}
		c.track(o)
	case args.Is(0, "OFF"):
		c.untrack()
	default:
		return ErrSyntax
	}
	w.Status("OK")
	return nil
}

// parseTracking reads the options that follow ON or OFF.
func (c *Client) parseTracking(args Args) (o trackingState, err error) {
	for i := 1; i < len(args); i++ {
		switch {
		case args.Is(i, "REDIRECT") && i+1 < len(args):
			i++
			if o.redirect != 0 {
				return o, Errf("A client can only redirect to a single other client")
			}
			id, err := args.Int(i)
			if err != nil {
				return o, err
			}
			if c.e.clients.byID[uint64(id)] == nil {
				return o, Errf("The client ID you want redirect to does not exist")
			}
			o.redirect = uint64(id)
		case args.Is(i, "PREFIX") && i+1 < len(args):
			i++
			o.prefixes = append(o.prefixes, string(args[i]))
		case args.Is(i, "BCAST"):
			o.broadcast = true
		case args.Is(i, "OPTIN"):
			o.optIn = true
		case args.Is(i, "OPTOUT"):
			o.optOut = true
		case args.Is(i, "NOLOOP"):
			o.noLoop = true
		default:
			return o, ErrSyntax
		}
	}
	return o, nil
}

// checkTracking tells why options cannot be, alone or after those that the
// client has.
func (c *Client) checkTracking(o *trackingState) error {
	was := c.tracking
	switch {
	case !o.broadcast && len(o.prefixes) > 0:
		return Errf("PREFIX option requires BCAST mode to be enabled")
	case was != nil && was.broadcast != o.broadcast:
		return Errf("You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.")
	case o.broadcast && (o.optIn || o.optOut):
		return Errf("OPTIN and OPTOUT are not compatible with BCAST")
	case o.optIn && o.optOut:
		return Errf("You can't specify both OPTIN mode and OPTOUT mode")
	case was != nil && (o.optIn && was.optOut || o.optOut && was.optIn):
		return Errf("You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.")
	case o.broadcast:
		return c.checkPrefixes(o.prefixes)
	}
	return nil
}

// checkPrefixes makes sure that a key is under one prefix of a client at most.
func (c *Client) checkPrefixes(prefixes []string) error {
	for i, p := range prefixes {
		if c.tracking != nil {
			for _, old := range c.tracking.prefixes {
				if overlap(p, old) {
					return errOverlap(p, "an existing", old)
				}
			}
		}
		for _, other := range prefixes[i+1:] {
			if overlap(p, other) {
				return errOverlap(p, "another provided", other)
			}
		}
	}
	return nil
}

func overlap(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }

func errOverlap(prefix, which, other string) *Error {
	return Errf("Prefix '" + prefix + "' overlaps with " + which + " prefix '" + other + "'. Prefixes for a single client must not overlap.")
}

// track turns tracking on, or changes its options. Prefixes are added to those
// that the client has.
func (c *Client) track(o trackingState) {
	t := &c.e.tracking
	added := o.prefixes
	if o.broadcast && len(added) == 0 {
		added = []string{""}
	}
	o.prefixes = nil
	if c.tracking == nil {
		t.clients++
	} else {
		o.prefixes = c.tracking.prefixes
	}
	for _, p := range added {
		if i, known := slices.BinarySearch(o.prefixes, p); !known {
			o.prefixes = slices.Insert(o.prefixes, i, p)
			t.joinPrefix(c, p)
		}
	}
	c.tracking = &o
}

// untrack turns tracking off. Keys that the client has read stay in the table
// until they change.
func (c *Client) untrack() {
	if c.tracking == nil {
		return
	}
	t := &c.e.tracking
	for _, p := range c.tracking.prefixes {
		t.leavePrefix(c, p)
	}
	c.tracking = nil
	t.clients--
	if t.clients == 0 {
		t.clear()
	}
}

// settleCaching ends what CLIENT CACHING asked for: it is about the next
// command, or the next transaction.
func (c *Client) settleCaching(cmd *tableEntry) {
	if c.multi == nil && (cmd == nil || !strings.HasPrefix(cmd.Name, "client|")) {
		c.tracking.caching = false
	}
}

func clientCaching(c *Client, args Args, w Reply) error {
	t := c.tracking
	if t == nil {
		return Errf("CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
	}
	switch {
	case args.Is(0, "YES"):
		if !t.optIn {
			return Errf("CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
		}
	case args.Is(0, "NO"):
		if !t.optOut {
			return Errf("CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
		}
	default:
		return ErrSyntax
	}
	t.caching = true
	w.Status("OK")
	return nil
}

// redirection is the client that is told of changes instead of this one, 0 for
// none, -1 where nobody is told.
func (c *Client) redirection() int64 {
	if c.tracking == nil {
		return -1
	}
	return int64(c.tracking.redirect)
}

func clientTrackingInfo(c *Client, _ Args, w Reply) error {
	flags := c.tracking.flags()
	w.Map(3)
	w.BulkString("flags")
	w.Set(len(flags))
	for _, f := range flags {
		w.BulkString(f)
	}
	w.BulkString("redirect")
	w.Int(c.redirection())
	w.BulkString("prefixes")
	var prefixes []string
	if c.tracking != nil {
		prefixes = c.tracking.prefixes
	}
	w.Array(len(prefixes))
	for _, p := range prefixes {
		w.BulkString(p)
	}
	return nil
}

// flags are TRACKINGINFO's words for what t, nil for no tracking, says.
func (t *trackingState) flags() []string {
	if t == nil {
		return []string{"off"}
	}
	flags := []string{"on"}
	for _, f := range []struct {
		on   bool
		word string
	}{
		{t.broadcast, "bcast"},
		{t.optIn, "optin"}, {t.optIn && t.caching, "caching-yes"},
		{t.optOut, "optout"}, {t.optOut && t.caching, "caching-no"},
		{t.noLoop, "noloop"}, {t.broken, "broken_redirect"},
	} {
		if f.on {
			flags = append(flags, f.word)
		}
	}
	return flags
}
