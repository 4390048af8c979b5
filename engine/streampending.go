package engine

import (
	"math"

	"perigee/engine/stream"
)

func streamPendingCommands() []Command {
	tips := []string{"nondeterministic_output"}
	return []Command{{
		Name: "xautoclaim", Group: GroupStream, Since: "6.2.0",
		Summary:    "Gives a consumer the entries that have been pending in its group for some time.",
		Complexity: "O(1) if COUNT is small.",
		Args: []Arg{Key("key"), String("group"), String("consumer"), String("min-idle-time"), String("start"),
			Opt(With("COUNT", Integer("count"))), Opt(Word("justid", "JUSTID"))},
		Arity: -6, Flags: Write | Fast, Keys: OneKey(1, RW|Delete), Tips: tips,
		Run: xautoclaim,
	}, {
		Name: "xclaim", Group: GroupStream, Since: "5.0.0",
		Summary:    "Gives a consumer entries that are pending in its group.",
		Complexity: "O(log N) with N being the number of messages in the PEL of the consumer group.",
		Args: []Arg{Key("key"), String("group"), String("consumer"), String("min-idle-time"), Many(String("id")), Opt(With("IDLE", Integer("ms"))),
			Opt(With("TIME", UnixTime("unix-time-milliseconds"))), Opt(With("RETRYCOUNT", Integer("count"))), Opt(Word("force", "FORCE")),
			Opt(Word("justid", "JUSTID")), Opt(With("LASTID", String("lastid")))},
		Arity: -6, Flags: Write | Fast, Keys: OneKey(1, RW|Update), Tips: tips,
		Run: xclaim,
	}, {
		Name: "xpending", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns what is pending in a consumer group: a summary, or entries within a range of IDs.",
		Complexity: "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the command returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for iterating every consumer.",
		Args: []Arg{Key("key"), String("group"), Opt(Block("filters", Opt(AddedIn("6.2.0", With("IDLE", Integer("min-idle-time")))),
			String("start"), String("end"), Integer("count"), Opt(String("consumer"))))},
		Arity: -3, Flags: ReadOnly, Keys: OneKey(1, RO|Access), Tips: tips,
		Run: xpending,
	}}
}

func errNoKeyOrGroup(key, group []byte) *Error {
	return &Error{"NOGROUP", "No such key '" + string(key) + "' or consumer group '" + string(group) + "'"}
}

// groupAt returns the stream of argument 0 and its group of argument 1, both of
// which must exist.
func groupAt(v *streamValue, args Args) (*streamGroup, error) {
	if v != nil {
		if g := v.group(args[1]); g != nil {
			return g, nil
		}
	}
	return nil, errNoKeyOrGroup(args.Key(0), args[1])
}

// pendingRange is which pending entries XPENDING is to list.
type pendingRange struct {
	idRange
	count    int64
	minIdle  int64
	consumer []byte // nil for all
}

func parsePendingRange(args Args) (r pendingRange, err error) {
	at := 2
	if args.Is(at, "IDLE") {
		if r.minIdle, err = args.Int(at + 1); err != nil {
			return r, err
		}
		if len(args) < 7 {
			return r, ErrSyntax
		}
		at += 2
	}
	if r.count, err = args.Int(at + 2); err != nil {
		return r, err
	}
	if r.idRange, err = parseIDRange(args[at], args[at+1]); err != nil {
		return r, err
	}
	if at+3 < len(args) {
		r.consumer = args[at+3]
	}
	return r, nil
}

func xpending(ks *Keyspace, args Args, w Reply) error {
	summary := len(args) == 2
	if !summary && (len(args) < 5 || len(args) > 8) {
		return ErrSyntax
	}
	var r pendingRange
	if !summary {
		var err error
		if r, err = parsePendingRange(args); err != nil {
			return err
		}
	}
	v, err := ks.streamAt(args.Key(0))
	if err != nil {
		return err
	}
	g, err := groupAt(v, args)
	if err != nil {
		return err
	}
	if summary {
		g.writePendingSummary(w)
	} else {
		g.writePending(&r, ks.Now(), w)
	}
	return nil
}

func (g *streamGroup) writePendingSummary(w Reply) {
	w.Array(4)
	w.Int(int64(g.pending.Len()))
	first, ok := g.pending.First()
	if !ok {
		w.Null()
		w.Null()
		w.NullArray()
		return
	}
	last, _ := g.pending.Last()
	writeStreamID(first.id, w)
	writeStreamID(last.id, w)
	busy := 0
	for _, c := range g.consumers {
		if c.pending.Len() > 0 {
			busy++
		}
	}
	w.Array(busy)
	for _, c := range g.consumers {
		if n := c.pending.Len(); n > 0 {
			w.Array(2)
			w.BulkString(c.name)
			w.BulkString(itoa64(int64(n)))
		}
	}
}

func (g *streamGroup) writePending(r *pendingRange, now int64, w Reply) {
	index := &g.pending
	if r.consumer != nil {
		c := g.consumer(r.consumer)
		if c == nil {
			w.Array(0)
			return
		}
		index = &c.pending
	}
	var found []*pendingEntry
	for at := index.Seek(r.start); int64(len(found)) < r.count; at = index.Next(at) {
		p, ok := index.At(at)
		if !ok || r.end.Less(p.id) {
			break
		}
		if r.minIdle == 0 || now-p.delivered >= r.minIdle {
			found = append(found, p)
		}
	}
	w.Array(len(found))
	for _, p := range found {
		w.Array(4)
		writeStreamID(p.id, w)
		w.BulkString(p.consumer.name)
		w.Int(max(now-p.delivered, 0))
		w.Int(p.count)
	}
}

// claim is how XCLAIM and XAUTOCLAIM change pending entries.
type claim struct {
	minIdle   int64
	delivered int64 // when they count as delivered, -1 for now
	retries   int64 // how often, -1 to count up
	force     bool  // make entries pending that are not
	justID    bool
	last      stream.ID // moves the group on, if it is higher
	ids       []stream.ID
}

var (
	errClaimIdle    = Errf("Invalid IDLE option argument for XCLAIM")
	errClaimTime    = Errf("Invalid TIME option argument for XCLAIM")
	errClaimRetries = Errf("Invalid RETRYCOUNT option argument for XCLAIM")
)

func errMinIdle(command string) *Error {
	return Errf("Invalid min-idle-time argument for " + command)
}

// parseClaim reads the arguments of XCLAIM from the least idle time on: IDs up
// to the first argument that is none, then options.
func parseClaim(args Args, now int64) (o claim, err error) {
	o.delivered, o.retries = -1, -1
	var ok bool
	if o.minIdle, ok = ParseInt(args[0]); !ok {
		return o, errMinIdle("XCLAIM")
	}
	o.minIdle = max(o.minIdle, 0)
	i := 1
	for ; i < len(args); i++ {
		id, ok := stream.Parse(args[i], 0)
		if !ok {
			break
		}
		o.ids = append(o.ids, id)
	}
	for ; i < len(args); i++ {
		used, err := o.option(args[i:], now)
		if err != nil {
			return o, err
		}
		i += used
	}
	if o.delivered == -1 || o.delivered < 0 || o.delivered > now {
		o.delivered = now
	}
	return o, nil
}

// option reads one option, and returns how many arguments follow its name.
func (o *claim) option(args Args, now int64) (used int, err error) {
	more := len(args) > 1
	number := func(err error) (int64, error) {
		if n, ok := ParseInt(args[1]); ok {
			return n, nil
		}
		return 0, err
	}
	switch {
	case args.Is(0, "FORCE"):
		o.force = true
		return 0, nil
	case args.Is(0, "JUSTID"):
		o.justID = true
		return 0, nil
	case args.Is(0, "IDLE") && more:
		o.delivered, err = number(errClaimIdle)
		o.delivered = now - o.delivered
	case args.Is(0, "TIME") && more:
		o.delivered, err = number(errClaimTime)
	case args.Is(0, "RETRYCOUNT") && more:
		o.retries, err = number(errClaimRetries)
	case args.Is(0, "LASTID") && more:
		o.last, err = args.streamID(1)
	default:
		err = Errf("Unrecognized XCLAIM option '" + string(args[0]) + "'")
	}
	return 1, err
}

// xclaim replies with the entries that the consumer has got, or their IDs.
func xclaim(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.streamAt(args.Key(0))
	if err != nil {
		return err
	}
	g, err := groupAt(v, args)
	if err != nil {
		return err
	}
	o, err := parseClaim(args[3:], ks.Now())
	if err != nil {
		return err
	}
	if g.last.Less(o.last) {
		v.putGroup(g.name, o.last, g.read)
	}
	c := v.greet(g, args[2], -1)
	var got []stream.ID
	for _, id := range o.ids {
		p, ok := g.pending.Find(id)
		if !v.log.Has(id) {
			v.deletePending(g, id)
			continue
		}
		if !ok && o.force {
			p, ok = v.putPending(g, id, c, o.delivered, 1), true
		} else if ok && o.minIdle > 0 && ks.Now()-p.delivered < o.minIdle {
			continue
		}
		if ok {
			v.give(g, p, c, &o)
			got = append(got, id)
		}
	}
	v.writeClaimed(got, o.justID, w)
	return nil
}

// give makes a pending entry a consumer's.
func (v *streamValue) give(g *streamGroup, p *pendingEntry, c *streamConsumer, o *claim) {
	count := p.count
	if o.retries >= 0 {
		count = o.retries
	} else if !o.justID {
		count++
	}
	v.putPending(g, p.id, c, o.delivered, count)
	v.greet(g, stringBytes(c.name), v.ks.Now())
}

// writeClaimed replies with entries, which exist, or just their IDs.
func (v *streamValue) writeClaimed(ids []stream.ID, justID bool, w Reply) {
	w.Array(len(ids))
	for _, id := range ids {
		if justID {
			writeStreamID(id, w)
			continue
		}
		it := v.log.Range(id, id, false)
		it.Next()
		writeEntry(&it, w)
	}
}

// autoClaim is what XAUTOCLAIM asks for.
type autoClaim struct {
	claim
	start stream.ID
	count int64
}

const (
	// claimAttempts bounds how many pending entries XAUTOCLAIM looks at for
	// each that it may return.
	claimAttempts = 10
	maxAutoClaim  = math.MaxInt64 / 16
)

var errClaimCount = Errf("COUNT must be > 0")

func parseAutoClaim(args Args, now int64) (o autoClaim, err error) {
	o.claim = claim{delivered: now, retries: -1}
	o.count = 100
	var ok bool
	if o.minIdle, ok = ParseInt(args[0]); !ok {
		return o, errMinIdle("XAUTOCLAIM")
	}
	o.minIdle = max(o.minIdle, 0)
	if o.start, err = parseRangeStart(args[1]); err != nil {
		return o, err
	}
	for i := 2; i < len(args); i++ {
		switch {
		case args.Is(i, "COUNT") && i+1 < len(args):
			i++
			n, ok := ParseInt(args[i])
			if !ok || n < 1 || n > maxAutoClaim {
				return o, errClaimCount
			}
			o.count = n
		case args.Is(i, "JUSTID"):
			o.justID = true
		default:
			return o, ErrSyntax
		}
	}
	return o, nil
}

// xautoclaim replies with the ID to go on from, the entries that the consumer
// has got, or their IDs, and the IDs of those that exist no more.
func xautoclaim(ks *Keyspace, args Args, w Reply) error {
	// Redis looks for the key first, which may be told as an event, but has
	// bad arguments come before a wrong type.
	v, wrongType := ks.streamAt(args.Key(0))
	o, err := parseAutoClaim(args[3:], ks.Now())
	if err == nil {
		err = wrongType
	}
	if err != nil {
		return err
	}
	g, err := groupAt(v, args)
	if err != nil {
		return err
	}
	c := v.greet(g, args[2], -1)
	next, got, gone := v.autoClaim(g, c, &o)
	w.Array(3)
	writeStreamID(next, w)
	v.writeClaimed(got, o.justID, w)
	w.Array(len(gone))
	for _, id := range gone {
		writeStreamID(id, w)
	}
	return nil
}

func (v *streamValue) autoClaim(g *streamGroup, c *streamConsumer, o *autoClaim) (next stream.ID, got, gone []stream.ID) {
	attempts := o.count * claimAttempts
	at := g.pending.Seek(o.start)
	for ; attempts > 0 && int64(len(got)+len(gone)) < o.count; attempts-- {
		p, ok := g.pending.At(at)
		if !ok {
			break
		}
		if !v.log.Has(p.id) {
			gone = append(gone, p.id)
			v.deletePending(g, p.id)
			at = g.pending.Seek(p.id)
			continue
		}
		if o.minIdle == 0 || v.ks.Now()-p.delivered >= o.minIdle {
			v.give(g, p, c, &o.claim)
			got = append(got, p.id)
		}
		at = g.pending.Next(at)
	}
	if p, ok := g.pending.At(at); ok {
		next = p.id
	}
	return next, got, gone
}
