package engine

import (
	"perigee/engine/stream"
)

func streamCommands() []Command {
	tips := []string{"nondeterministic_output"}
	return []Command{{
		Name: "xadd", Group: GroupStream, Since: "5.0.0",
		Summary:    "Adds an entry to a stream, creating the stream if it is missing.",
		Complexity: "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
		Args: []Arg{Key("key"), Opt(AddedIn("6.2.0", Word("nomkstream", "NOMKSTREAM"))), referencesArg(), Opt(trimArg()),
			OneOf("id-selector", Word("auto-id", "*"), String("id")), Many(String("field"), String("value"))},
		Arity: -5, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Update), Tips: tips,
		Run: xadd,
	}, {
		Name: "xdel", Group: GroupStream, Since: "5.0.0",
		Summary:    "Deletes entries of a stream and counts those that were there.",
		Complexity: "O(1) for each single item to delete in the stream, regardless of the stream size.",
		Args:       []Arg{Key("key"), Many(String("id"))},
		Arity:      -3, Flags: Write | Fast, Keys: OneKey(1, RW|Delete),
		Run: xdel,
	}, {
		Name: "xlen", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns the number of entries of a stream.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO),
		Run: lengthOf((*Keyspace).streamAt),
	}, {
		Name: "xrange", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns the entries of a stream within a range of IDs.",
		Complexity: "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
		Args:       []Arg{Key("key"), String("start"), String("end"), Opt(With("COUNT", Integer("count")))},
		Arity:      -4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: func(ks *Keyspace, args Args, w Reply) error { return xrange(ks, args, args[1], args[2], false, w) },
	}, {
		Name: "xrevrange", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns the entries of a stream within a range of IDs, the last first.",
		Complexity: "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
		Args:       []Arg{Key("key"), String("end"), String("start"), Opt(With("COUNT", Integer("count")))},
		Arity:      -4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: func(ks *Keyspace, args Args, w Reply) error { return xrange(ks, args, args[2], args[1], true, w) },
	}, {
		Name: "xsetid", Group: GroupStream, Since: "5.0.0",
		Summary:    "Sets the last ID of a stream, from which it goes on.",
		Complexity: "O(1)",
		Args: []Arg{Key("key"), String("last-id"), Opt(AddedIn("7.0.0", With("ENTRIESADDED", Integer("entries-added")))),
			Opt(AddedIn("7.0.0", With("MAXDELETEDID", String("max-deleted-id"))))},
		Arity: -3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Update),
		Run: xsetid,
	}, {
		Name: "xtrim", Group: GroupStream, Since: "5.0.0",
		Summary:    "Deletes the first entries of a stream down to a length or up to an ID.",
		Complexity: "O(N), with N being the number of evicted entries. Constant times are very small however, since entries are organized in macro nodes containing multiple entries that can be released with a single deallocation.",
		Args:       []Arg{Key("key"), trimArg(), referencesArg()},
		Arity:      -4, Flags: Write, Keys: OneKey(1, RW|Delete), Tips: tips,
		Run: xtrim,
	}}
}

// trimArg is how XADD and XTRIM trim.
func trimArg() Arg {
	return Block("trim",
		OneOf("strategy", Word("maxlen", "MAXLEN"), AddedIn("6.2.0", Word("minid", "MINID"))),
		Opt(OneOf("operator", Word("equal", "="), Word("approximately", "~"))),
		String("threshold"),
		Opt(AddedIn("6.2.0", With("LIMIT", Integer("count")))))
}

var (
	errStreamID        = Errf("Invalid stream ID specified as stream command argument")
	errStreamIDZero    = Errf("The ID specified in XADD must be greater than 0-0")
	errStreamIDSmall   = Errf("The ID specified in XADD is equal or smaller than the target stream top item")
	errStreamExhausted = Errf("The stream has exhausted the last possible ID, unable to add more items")
	errEntryTooLarge   = Errf("Elements are too large to be stored")
)

// streamID reads argument i as an ID, without sequence 0.
func (a Args) streamID(i int) (stream.ID, error) {
	id, ok := stream.Parse(a[i], 0)
	if !ok {
		return id, errStreamID
	}
	return id, nil
}

// streamIDs reads all arguments as IDs.
func (a Args) streamIDs() ([]stream.ID, error) {
	ids := make([]stream.ID, len(a))
	for i := range a {
		var err error
		if ids[i], err = a.streamID(i); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// xadd replies with the new entry's ID, null if the stream is missing and not
// to be made.
func xadd(ks *Keyspace, args Args, w Reply) error {
	o, at, err := parseXadd(args)
	if err != nil {
		return err
	}
	if err := o.trim.settle(ks); err != nil {
		return err
	}
	pairs := args[min(at+1, len(args)):]
	if len(pairs) < 2 || len(pairs)%2 != 0 {
		return errArity("xadd")
	}
	if o.given && !o.auto && o.id.IsZero() {
		return errStreamIDZero
	}
	v, err := ks.streamToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil && o.noMake {
		w.Null()
		return nil
	}
	var s streamState
	if v != nil {
		s = v.streamState
	}
	if s.last, err = o.next(s.last, ks.Now()); err != nil {
		return err
	}
	if tooLarge(pairs) {
		return errEntryTooLarge
	}
	if v == nil {
		v = ks.addStream(args.Key(0))
	}
	v.add(s, pairs)
	ks.notify(EventStream, "xadd", args.Key(0))
	if v.trim(&o.trim) > 0 {
		ks.notify(EventStream, "xtrim", args.Key(0))
	}
	var text [41]byte
	w.Bulk(s.last.AppendText(text[:0]))
	return nil
}

// add adds an entry with the ID that s has for its last.
func (v *streamValue) add(s streamState, pairs [][]byte) {
	v.append(s.last, pairs)
	s.added++
	v.setState(s)
}

func tooLarge(pairs [][]byte) bool {
	size := 0
	for _, p := range pairs {
		size += len(p)
	}
	return size > stream.MaxBytes
}

// addOptions is what stands before the fields of XADD.
type addOptions struct {
	trim
	noMake bool
	given  bool // there is an ID
	auto   bool // whose sequence is to be chosen
	id     stream.ID
}

// parseXadd returns the position of the ID too, behind the arguments if there
// is none.
func parseXadd(args Args) (o addOptions, at int, err error) {
	for at = 1; at < len(args); at++ {
		if len(args[at]) == 1 && args[at][0] == '*' {
			break
		}
		used, err := o.trim.option(args, at)
		if err != nil {
			return o, 0, err
		}
		if used > 0 {
			at += used - 1
			continue
		}
		if args.Is(at, "NOMKSTREAM") {
			o.noMake = true
			continue
		}
		var ok bool
		if o.id, o.auto, ok = stream.ParseAuto(args[at], 0); !ok {
			return o, 0, errStreamID
		}
		o.given = true
		break
	}
	return o, at, nil
}

// next chooses the ID that follows last.
func (o *addOptions) next(last stream.ID, now int64) (stream.ID, error) {
	if last == stream.Max {
		return last, errStreamExhausted
	}
	id := o.id
	switch {
	case !o.given:
		id = stream.ID{Ms: uint64(now)}
		if id.Ms <= last.Ms {
			id, _ = last.Next()
		}
	case o.auto && id.Ms == last.Ms:
		id.Seq = last.Seq + 1
	}
	if !last.Less(id) {
		return id, errStreamIDSmall
	}
	return id, nil
}

// xdel replies with the number of entries deleted.
func xdel(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.streamToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Int(0)
		return nil
	}
	ids, err := args[1:].streamIDs()
	if err != nil {
		return err
	}
	deleted, s := 0, v.streamState
	for _, id := range ids {
		if v.delete(id) {
			deleted++
			if s.maxDeleted.Less(id) {
				s.maxDeleted = id
			}
		}
	}
	v.setState(s)
	if deleted > 0 {
		ks.notify(EventStream, "xdel", args.Key(0))
	}
	w.Int(int64(deleted))
	return nil
}

// idRange is a range of IDs, both of which belong to it.
type idRange struct{ start, end stream.ID }

var (
	errRangeStart = Errf("invalid start ID for the interval")
	errRangeEnd   = Errf("invalid end ID for the interval")
)

func parseIDRange(start, end []byte) (r idRange, err error) {
	if r.start, err = parseRangeStart(start); err != nil {
		return r, err
	}
	id, excluded, err := parseRangeBound(end, stream.Max.Seq)
	if err == nil && excluded {
		var ok bool
		if id, ok = id.Prev(); !ok {
			err = errRangeEnd
		}
	}
	r.end = id
	return r, err
}

func parseRangeStart(b []byte) (stream.ID, error) {
	id, excluded, err := parseRangeBound(b, 0)
	if err == nil && excluded {
		var ok bool
		if id, ok = id.Next(); !ok {
			err = errRangeStart
		}
	}
	return id, err
}

// parseRangeBound reads one end of a range; seq is for an ID without one.
func parseRangeBound(b []byte, seq uint64) (id stream.ID, excluded bool, err error) {
	excluded, ok := len(b) > 1 && b[0] == '(', false
	if excluded {
		id, ok = stream.Parse(b[1:], seq)
	} else {
		id, ok = stream.ParseBound(b, seq)
	}
	if !ok {
		return id, excluded, errStreamID
	}
	return id, excluded, nil
}

func xrange(ks *Keyspace, args Args, start, end []byte, backwards bool, w Reply) error {
	r, err := parseIDRange(start, end)
	if err != nil {
		return err
	}
	count := int64(-1)
	for i := 3; i < len(args); i += 2 {
		if !args.Is(i, "COUNT") || i+1 == len(args) {
			return ErrSyntax
		}
		if count, err = args.Int(i + 1); err != nil {
			return err
		}
		count = max(count, 0)
	}
	v, err := ks.streamAt(args.Key(0))
	switch {
	case err != nil:
		return err
	case v == nil:
		w.Array(0)
	case count == 0:
		w.NullArray()
	default:
		v.writeRange(r, max(count, 0), backwards, w)
	}
	return nil
}

// writeRange replies with up to count entries of a range, all for 0.
func (v *streamValue) writeRange(r idRange, count int64, backwards bool, w Reply) {
	n := v.Len()
	if count > 0 {
		n = int(min(count, int64(n)))
	}
	n = v.log.Count(r.start, r.end, n)
	w.Array(n)
	it := v.log.Range(r.start, r.end, backwards)
	for ; n > 0 && it.Next(); n-- {
		writeEntry(&it, w)
	}
}

// writeEntry replies with an entry: its ID and its fields.
func writeEntry(it *stream.Iter, w Reply) {
	w.Array(2)
	w.Bulk(it.IDText())
	w.Array(2 * it.Fields())
	it.Each(func(field, value []byte) {
		w.Bulk(field)
		w.Bulk(value)
	})
}

func writeStreamID(id stream.ID, w Reply) {
	var text [41]byte
	w.Bulk(id.AppendText(text[:0]))
}

// idOptions is what XSETID sets.
type idOptions struct {
	last, maxDeleted stream.ID
	added            int64 // -1 if not given
}

var (
	errSetIDDeletedGiven = Errf("The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
	errSetIDDeleted      = Errf("The ID specified in XSETID is smaller than current max_deleted_entry_id")
	errSetIDSmall        = Errf("The ID specified in XSETID is smaller than the target stream top item")
	errSetIDAdded        = Errf("The entries_added specified in XSETID is smaller than the target stream length")
	errSetIDNegative     = Errf("entries_added must be positive")
)

func parseXsetid(args Args) (o idOptions, err error) {
	o.added = -1
	if o.last, err = args.streamID(1); err != nil {
		return o, err
	}
	for i := 2; i < len(args); i += 2 {
		switch {
		case i+1 < len(args) && args.Is(i, "ENTRIESADDED"):
			if o.added, err = args.Int(i + 1); err == nil && o.added < 0 {
				err = errSetIDNegative
			}
		case i+1 < len(args) && args.Is(i, "MAXDELETEDID"):
			if o.maxDeleted, err = args.streamID(i + 1); err == nil && o.last.Less(o.maxDeleted) {
				err = errSetIDDeletedGiven
			}
		default:
			err = ErrSyntax
		}
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

func xsetid(ks *Keyspace, args Args, w Reply) error {
	o, err := parseXsetid(args)
	if err != nil {
		return err
	}
	v, err := ks.streamToChange(args.Key(0))
	switch {
	case err != nil:
		return err
	case v == nil:
		return ErrNoKey
	case o.last.Less(v.maxDeleted):
		return errSetIDDeleted
	case v.Len() > 0 && o.last.Less(v.log.Last()):
		return errSetIDSmall
	case v.Len() > 0 && o.added != -1 && o.added < int64(v.Len()):
		return errSetIDAdded
	}
	s := v.streamState
	s.last = o.last
	if o.added != -1 {
		s.added = o.added
	}
	if !o.maxDeleted.IsZero() {
		s.maxDeleted = o.maxDeleted
	}
	v.setState(s)
	ks.notify(EventStream, "xsetid", args.Key(0))
	w.Status("OK")
	return nil
}
