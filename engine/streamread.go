package engine

import (
	"bytes"
	"math"
	"time"

	"perigee/engine/stream"
)

func streamReadCommands() []Command {
	streams := With("STREAMS", Block("streams", Many(Key("key")), Many(String("id"))))
	return []Command{{
		Name: "xread", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns the entries of streams above given IDs, waiting until there are some if asked.",
		Complexity: "For each stream mentioned: O(N) with N being the number of elements being returned, it means that XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is used, XADD will pay O(M) time in order to serve the M clients blocked on the stream getting new data.",
		Args:       []Arg{Opt(With("COUNT", Integer("count"))), Opt(With("BLOCK", Integer("milliseconds"))), streams},
		Arity:      -4, Flags: ReadOnly | Blocking | MovableKeys, Keys: KeysAfter("STREAMS", 1, RO|Access),
		RunClient: func(c *Client, args Args, w Reply) error { return xread(c, args, false, w) },
	}, {
		Name: "xreadgroup", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns new entries of streams to a consumer of a group, or those pending for it, waiting until there are some if asked.",
		Complexity: "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting new data.",
		Args: []Arg{With("GROUP", Block("group-block", String("group"), String("consumer"))), Opt(With("COUNT", Integer("count"))),
			Opt(With("BLOCK", Integer("milliseconds"))), Opt(Word("noack", "NOACK")), streams},
		Arity: -7, Flags: Write | Blocking | MovableKeys, Keys: KeysAfter("STREAMS", 4, RO|Access),
		RunClient: func(c *Client, args Args, w Reply) error { return xread(c, args, true, w) },
	}}
}

// streamRead is what XREAD and XREADGROUP ask for.
type streamRead struct {
	ofGroup         bool // XREADGROUP
	group, consumer []byte
	noAck           bool
	count           int64 // 0 for all
	block           bool
	timeout         time.Duration
	keys            Args
	ids             Args
	after           []stream.ID // what is wanted is above it; newEntries of a group
}

// newEntries stands for the entries that were delivered to no consumer yet.
var newEntries = stream.Max

var (
	errReadGroupOption = Errf("The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
	errReadNoAck       = Errf("The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
	errReadNoGroup     = Errf("Missing GROUP option for XREADGROUP")
	errReadNew         = Errf("The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.")
	errReadTimeout     = Errf("timeout is not an integer or out of range")
	errReadTooLate     = Errf("timeout is out of range")
)

func errMeaningless(id string) *Error {
	return Errf("The " + id + " ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The " + id + " ID would just return an empty result set.")
}

func errUnbalanced(ofGroup bool) *Error {
	if ofGroup {
		return Errf("Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.")
	}
	return Errf("Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.")
}

// parseStreamRead reads all arguments but the IDs, which mean something only
// together with the streams.
func parseStreamRead(args Args, ofGroup bool, now int64) (*streamRead, error) {
	r := &streamRead{ofGroup: ofGroup}
	for i := 0; i < len(args); i++ {
		var err error
		switch more := len(args) - i - 1; {
		case more > 0 && args.Is(i, "BLOCK"):
			i++
			r.block = true
			r.timeout, err = args.blockMilliseconds(i, now)
		case more > 0 && args.Is(i, "COUNT"):
			i++
			r.count, err = args.Int(i)
			r.count = max(r.count, 0)
		case more > 0 && args.Is(i, "STREAMS"):
			return r, r.takeStreams(args[i+1:])
		case more > 1 && args.Is(i, "GROUP"):
			if !ofGroup {
				return nil, errReadGroupOption
			}
			r.group, r.consumer = args[i+1], args[i+2]
			i += 2
		case args.Is(i, "NOACK"):
			if !ofGroup {
				return nil, errReadNoAck
			}
			r.noAck = true
		default:
			err = ErrSyntax
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, ErrSyntax
}

func (r *streamRead) takeStreams(args Args) error {
	n := len(args) / 2
	if len(args)%2 != 0 {
		return errUnbalanced(r.ofGroup)
	}
	if r.ofGroup && r.group == nil {
		return errReadNoGroup
	}
	r.keys, r.ids, r.after = args[:n], args[n:], make([]stream.ID, n)
	return nil
}

// blockMilliseconds reads a timeout in milliseconds, 0 for ever.
func (a Args) blockMilliseconds(i int, now int64) (time.Duration, error) {
	ms, ok := ParseInt(a[i])
	switch {
	case !ok:
		return 0, errReadTimeout
	case ms < 0:
		return 0, ErrTimeoutNeg
	case ms > math.MaxInt64-now:
		return 0, errReadTooLate
	}
	return time.Duration(min(ms, longestBlock.Milliseconds())) * time.Millisecond, nil
}

func xread(c *Client, args Args, ofGroup bool, w Reply) error {
	ks := c.Keyspace()
	r, err := parseStreamRead(args, ofGroup, ks.Now())
	if err != nil {
		return err
	}
	if err := r.resolve(ks); err != nil {
		return err
	}
	if r.serve(ks.streamAt, w) {
		return nil
	}
	if !r.block || !c.MayBlock() {
		w.NullArray()
		return nil
	}
	c.Block(r.keys, r.timeout, r.again, Reply.NullArray)
	c.blocked.whenGone = ofGroup
	r.keep()
	return nil
}

// resolve looks up the streams, which must be of the right type and, for
// XREADGROUP, have the group, and finds out what the IDs mean.
func (r *streamRead) resolve(ks *Keyspace) error {
	for i, key := range r.keys {
		v, err := r.check(ks.streamAt, key)
		if err == nil {
			r.after[i], err = r.bound(v, r.ids[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// streamLookup looks a stream up, as an access or without telling anybody.
type streamLookup func(key []byte) (*streamValue, error)

// check returns the stream at key, nil if there is none and that is no error.
func (r *streamRead) check(at streamLookup, key []byte) (*streamValue, error) {
	v, err := at(key)
	if err == nil && r.ofGroup && (v == nil || v.group(r.group) == nil) {
		err = &Error{"NOGROUP", "No such key '" + string(key) + "' or consumer group '" + string(r.group) + "' in XREADGROUP with GROUP option"}
	}
	return v, err
}

// bound returns the ID above which entries are wanted. v may be nil.
func (r *streamRead) bound(v *streamValue, id []byte) (stream.ID, error) {
	switch word := string(id); {
	case (word == "$" || word == "+") && r.ofGroup:
		return stream.ID{}, errMeaningless(word)
	case (word == "$" || word == "+") && v == nil:
		return stream.ID{}, nil
	case word == "$":
		return v.last, nil
	case word == "+":
		// The last entry itself, if there is one.
		if last, ok := v.log.Last().Prev(); ok {
			return last, nil
		}
		return v.last, nil
	case word == ">" && !r.ofGroup:
		return stream.ID{}, errReadNew
	case word == ">":
		return newEntries, nil
	}
	after, ok := stream.Parse(id, 0)
	if !ok {
		return after, errStreamID
	}
	return after, nil
}

// keep copies what outlives the command.
func (r *streamRead) keep() {
	r.group, r.consumer = bytes.Clone(r.group), bytes.Clone(r.consumer)
	keys := make(Args, len(r.keys))
	for i, key := range r.keys {
		keys[i] = bytes.Clone(key)
	}
	r.keys, r.ids = keys, nil
}

// again serves a client that waits, as if it sent its command now, but what $
// meant stays. An error ends its wait too.
func (r *streamRead) again(ks *Keyspace, key []byte, w Reply) bool {
	if v, err := ks.streamToChange(key); !r.ofGroup && (v == nil || err != nil) {
		return false
	}
	for _, key := range r.keys {
		if _, err := r.check(ks.streamToChange, key); err != nil {
			WriteError(w, err)
			return true
		}
	}
	return r.serve(ks.streamToChange, w)
}

// delivery is what one stream has for a client: n entries from an ID on, or
// those of a consumer's that are pending.
type delivery struct {
	key     []byte
	v       *streamValue
	from    stream.ID
	n       int
	history bool
	pending []stream.ID
}

// serve replies with what the streams, which have been checked, have, and tells
// whether that is anything. As in Redis this is another look-up of each.
func (r *streamRead) serve(at streamLookup, w Reply) bool {
	var found []delivery
	for i, key := range r.keys {
		v, err := at(key)
		if v == nil || err != nil {
			continue
		}
		d := delivery{key: key, v: v}
		if r.ofGroup && r.deliver(&d, r.after[i]) || !r.ofGroup && r.find(&d, r.after[i]) {
			found = append(found, d)
		}
	}
	if len(found) == 0 {
		return false
	}
	w.NestedMap(len(found))
	for i := range found {
		w.NestedPair()
		found[i].write(w)
	}
	return true
}

// find sets the entries above an ID, up to count, and tells whether there are
// any.
func (r *streamRead) find(d *delivery, after stream.ID) bool {
	v := d.v
	if v.Len() == 0 || !after.Less(v.log.Last()) {
		return false
	}
	d.from, _ = after.Next()
	most := v.Len()
	if r.count > 0 {
		most = int(min(r.count, int64(most)))
	}
	d.n = v.log.Count(d.from, stream.Max, most)
	return true
}

func (d *delivery) write(w Reply) {
	w.Bulk(d.key)
	if !d.history {
		w.Array(d.n)
		it := d.v.log.Range(d.from, stream.Max, false)
		for n := d.n; n > 0 && it.Next(); n-- {
			writeEntry(&it, w)
		}
		return
	}
	w.Array(len(d.pending))
	for _, id := range d.pending {
		if it := d.v.log.Range(id, id, false); it.Next() {
			writeEntry(&it, w)
			continue
		}
		w.Array(2)
		writeStreamID(id, w)
		w.NullArray()
	}
}

// deliver hands entries to the consumer, which is made if it is missing: new
// ones, or those pending for it above an ID. It tells whether there is a reply.
func (r *streamRead) deliver(d *delivery, after stream.ID) bool {
	v := d.v
	g, now := v.group(r.group), v.ks.Now()
	history := after != newEntries
	served := history || r.find(d, g.last)
	active := now
	if !served || history || r.noAck {
		active = -1
	}
	c := v.greet(g, r.consumer, active)
	switch {
	case history:
		d.history, d.pending = true, v.redeliver(g, c, after, r.count)
	case served:
		v.advance(g, d)
		if !r.noAck {
			v.handOver(g, c, d)
		}
	}
	return served
}

// greet notes that a consumer, which is made if it is missing, has been seen,
// and when it got something if that is not -1.
func (v *streamValue) greet(g *streamGroup, name []byte, active int64) *streamConsumer {
	now := v.ks.Now()
	c := g.consumer(name)
	if c == nil {
		c = v.putConsumer(g, string(name), now, active)
		v.ks.notify(EventStream, "xgroup-createconsumer", stringBytes(v.key))
		return c
	}
	if active = max(active, c.active); c.seen != now || c.active != active {
		v.putConsumer(g, c.name, now, active)
	}
	return c
}

// advance moves a group behind the new entries that it gets, and counts them.
func (v *streamValue) advance(g *streamGroup, d *delivery) {
	last, read := g.last, g.read
	it := v.log.Range(d.from, stream.Max, false)
	for n := d.n; n > 0 && it.Next(); n-- {
		last = it.ID()
		if read != -1 && !v.hasTombstoneFrom(last) {
			read++
		} else if v.added != 0 {
			read = v.entriesUpTo(last)
		}
	}
	v.putGroup(g.name, last, read)
}

// handOver makes new entries pending for a consumer, even if they are for
// another already, which happens when a group is set back.
func (v *streamValue) handOver(g *streamGroup, c *streamConsumer, d *delivery) {
	now := v.ks.Now()
	it := v.log.Range(d.from, stream.Max, false)
	for n := d.n; n > 0 && it.Next(); n-- {
		v.putPending(g, it.ID(), c, now, 1)
	}
}

// redeliver returns up to count, all for 0, of the entries pending for a
// consumer above an ID, and counts that those that still exist were delivered.
func (v *streamValue) redeliver(g *streamGroup, c *streamConsumer, after stream.ID, count int64) []stream.ID {
	var ids []stream.ID
	from, ok := after.Next()
	if !ok {
		return nil
	}
	now := v.ks.Now()
	for at := c.pending.Seek(from); count == 0 || int64(len(ids)) < count; at = c.pending.Next(at) {
		p, ok := c.pending.At(at)
		if !ok {
			break
		}
		ids = append(ids, p.id)
		if v.log.Has(p.id) {
			v.putPending(g, p.id, c, now, p.count+1)
		}
	}
	return ids
}
