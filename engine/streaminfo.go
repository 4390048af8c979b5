package engine

import "perigee/engine/stream"

func streamInfoCommands() []Command {
	return []Command{{
		Name: "xinfo", Group: GroupStream, Since: "5.0.0",
		Summary:    "A container for commands that look into streams.",
		Complexity: "Depends on subcommand.",
		Arity:      -2,
	}, {
		Name: "xinfo|consumers", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns the consumers of a consumer group.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("group")},
		Arity:      4, Flags: ReadOnly, Keys: OneKey(2, RO|Access), Tips: []string{"nondeterministic_output"},
		Run: xinfoConsumers,
	}, {
		Name: "xinfo|groups", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns the consumer groups of a stream.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      3, Flags: ReadOnly, Keys: OneKey(2, RO|Access),
		Run: xinfoGroups,
	}, {
		Name: "xinfo|help", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns helpful text about the different subcommands.",
		Complexity: "O(1)",
		Arity:      2, Flags: Loading | Stale,
		Run: Help("XINFO", []string{
			"CONSUMERS <key> <groupname>",
			"    Show consumers of <groupname>.",
			"GROUPS <key>",
			"    Show the stream consumer groups.",
			"STREAM <key> [FULL [COUNT <count>]",
			"    Show information about the stream.",
		}),
	}, {
		Name: "xinfo|stream", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns what there is to know about a stream.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Opt(With("FULL", Block("full-block", Opt(With("COUNT", Integer("count"))))))},
		Arity:      -3, Flags: ReadOnly, Keys: OneKey(2, RO|Access),
		RunClient: xinfoStream,
	}}
}

// streamToShow is streamAt for a stream that must exist.
func (ks *Keyspace) streamToShow(key []byte) (*streamValue, error) {
	v, err := ks.streamAt(key)
	if err == nil && v == nil {
		err = ErrNoKey
	}
	return v, err
}

func xinfoConsumers(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.streamToShow(args.Key(0))
	if err != nil {
		return err
	}
	g := v.group(args[1])
	if g == nil {
		return errNoGroup(args.Key(0), args[1])
	}
	now := ks.Now()
	w.Array(len(g.consumers))
	for _, c := range g.consumers {
		inactive := int64(-1)
		if c.active != -1 {
			inactive = max(now-c.active, 0)
		}
		w.Map(4)
		w.BulkString("name")
		w.BulkString(c.name)
		w.BulkString("pending")
		w.Int(int64(c.pending.Len()))
		w.BulkString("idle")
		w.Int(max(now-c.seen, 0))
		w.BulkString("inactive")
		w.Int(inactive)
	}
	return nil
}

func xinfoGroups(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.streamToShow(args.Key(0))
	if err != nil {
		return err
	}
	w.Array(len(v.groups))
	for _, g := range v.groups {
		w.Map(6)
		w.BulkString("name")
		w.BulkString(g.name)
		w.BulkString("consumers")
		w.Int(int64(len(g.consumers)))
		w.BulkString("pending")
		w.Int(int64(g.pending.Len()))
		v.writeProgress(g, w)
	}
	return nil
}

// writeProgress replies with three pairs: how far a group has read.
func (v *streamValue) writeProgress(g *streamGroup, w Reply) {
	w.BulkString("last-delivered-id")
	writeStreamID(g.last, w)
	w.BulkString("entries-read")
	writeKnown(g.read, g.read != -1, w)
	w.BulkString("lag")
	lag, ok := v.lag(g)
	writeKnown(lag, ok, w)
}

func writeKnown(n int64, known bool, w Reply) {
	if known {
		w.Int(n)
	} else {
		w.Null()
	}
}

func xinfoStream(c *Client, args Args, w Reply) error {
	v, err := c.Keyspace().streamToShow(args.Key(0))
	if err != nil {
		return err
	}
	count, full := int64(10), len(args) > 1
	if full {
		if len(args) != 2 && len(args) != 4 || !args.Is(1, "FULL") || len(args) == 4 && !args.Is(2, "COUNT") {
			return c.errSubcommandSyntax()
		}
	}
	if len(args) == 4 {
		n, err := args.Int(3)
		if err != nil {
			return err
		}
		if n >= 0 {
			count = n
		}
	}
	if full {
		w.Map(9)
	} else {
		w.Map(10)
	}
	v.writeInfo(w)
	if full {
		v.writeContents(count, w)
	} else {
		v.writeEnds(w)
	}
	return nil
}

// writeInfo replies with seven pairs about a stream.
func (v *streamValue) writeInfo(w Reply) {
	w.BulkString("length")
	w.Int(int64(v.Len()))
	w.BulkString("radix-tree-keys")
	w.Int(int64(v.log.Blocks()))
	w.BulkString("radix-tree-nodes")
	w.Int(int64(v.log.Blocks() + 1))
	w.BulkString("last-generated-id")
	writeStreamID(v.last, w)
	w.BulkString("max-deleted-entry-id")
	writeStreamID(v.maxDeleted, w)
	w.BulkString("entries-added")
	w.Int(v.added)
	w.BulkString("recorded-first-entry-id")
	writeStreamID(v.first, w)
}

// writeEnds replies with three pairs: the number of groups, and the first and
// last entry.
func (v *streamValue) writeEnds(w Reply) {
	w.BulkString("groups")
	w.Int(int64(len(v.groups)))
	for _, end := range []struct {
		name      string
		backwards bool
	}{{"first-entry", false}, {"last-entry", true}} {
		w.BulkString(end.name)
		if it := v.log.Range(stream.ID{}, stream.Max, end.backwards); it.Next() {
			writeEntry(&it, w)
		} else {
			w.Null()
		}
	}
}

// writeContents replies with two pairs: up to count entries, all for 0, and the
// groups, each with as many pending entries.
func (v *streamValue) writeContents(count int64, w Reply) {
	w.BulkString("entries")
	v.writeRange(idRange{end: stream.Max}, count, false, w)
	w.BulkString("groups")
	w.Array(len(v.groups))
	for _, g := range v.groups {
		w.Map(7)
		w.BulkString("name")
		w.BulkString(g.name)
		v.writeProgress(g, w)
		w.BulkString("pel-count")
		w.Int(int64(g.pending.Len()))
		w.BulkString("pending")
		eachPending(&g.pending, count, 4, w, func(p *pendingEntry) { w.BulkString(p.consumer.name) })
		w.BulkString("consumers")
		w.Array(len(g.consumers))
		for _, c := range g.consumers {
			c.write(count, w)
		}
	}
}

func (c *streamConsumer) write(count int64, w Reply) {
	w.Map(5)
	w.BulkString("name")
	w.BulkString(c.name)
	w.BulkString("seen-time")
	w.Int(c.seen)
	w.BulkString("active-time")
	w.Int(c.active)
	w.BulkString("pel-count")
	w.Int(int64(c.pending.Len()))
	w.BulkString("pending")
	eachPending(&c.pending, count, 3, w, func(*pendingEntry) {})
}

// eachPending replies with up to count pending entries, all for 0, as arrays of
// size elements: the ID, what owner adds, the time and number of deliveries.
func eachPending(index *stream.Index[*pendingEntry], count int64, size int, w Reply, owner func(*pendingEntry)) {
	n := index.Len()
	if count > 0 {
		n = int(min(count, int64(n)))
	}
	w.Array(n)
	index.Each(func(p *pendingEntry) bool {
		if n--; n < 0 {
			return false
		}
		w.Array(size)
		writeStreamID(p.id, w)
		owner(p)
		w.Int(p.delivered)
		w.Int(p.count)
		return true
	})
}
