package engine

import "perigee/engine/stream"

// references is what becomes of an entry that is to be deleted and of the
// consumer groups that refer to it: those for which it is pending.
type references uint8

const (
	// keepReferences deletes the entry, which stays pending.
	keepReferences references = iota
	// dropReferences deletes the entry and ends that it is pending.
	dropReferences
	// needNoReferences leaves an entry that is pending in a group, or that a
	// group has not read yet.
	needNoReferences
)

// referencesArg is the option of commands that delete entries.
func referencesArg() Arg {
	return Opt(AddedIn("8.2.0", OneOf("condition", Word("keepref", "KEEPREF"), Word("delref", "DELREF"), Word("acked", "ACKED"))))
}

// referencesOption is an option that may be given once.
type referencesOption struct {
	references
	given bool
}

// option reads the option at argument i, and tells whether it is there.
func (o *referencesOption) option(args Args, i int) (ok bool, err error) {
	switch {
	case args.Is(i, "KEEPREF"):
		o.references = keepReferences
	case args.Is(i, "DELREF"):
		o.references = dropReferences
	case args.Is(i, "ACKED"):
		o.references = needNoReferences
	default:
		return false, nil
	}
	if o.given {
		return false, ErrSyntax
	}
	o.given = true
	return true, nil
}

func streamReferenceCommands() []Command {
	ids := With("IDS", Block("ids", Integer("numids"), Many(String("id"))))
	return []Command{{
		Name: "xackdel", Group: GroupStream, Since: "8.2.0",
		Summary:    "Ends that entries are pending in a consumer group and deletes them.",
		Complexity: "O(1) for each message ID processed.",
		Args:       []Arg{Key("key"), String("group"), referencesArg(), ids},
		Arity:      -6, Flags: Write | Fast, Keys: OneKey(1, RW|Delete),
		Run: xackdel,
	}, {
		Name: "xdelex", Group: GroupStream, Since: "8.2.0",
		Summary:    "Deletes entries of a stream, and says what is to become of groups for which they are pending.",
		Complexity: "O(1) for each single item to delete in the stream, regardless of the stream size.",
		Args:       []Arg{Key("key"), referencesArg(), ids},
		Arity:      -5, Flags: Write | Fast, Keys: OneKey(1, RW|Delete),
		Run: xdelex,
	}}
}

// What XDELEX and XACKDEL reply for each ID.
const (
	idMissing    = -1 // there is no such entry, or it is not pending in the group
	idDeleted    = 1
	idReferenced = 2 // the entry stays, as a group refers to it
)

var (
	errIDCount = Errf("Number of IDs must be a positive integer")
	errIDs     = Errf("The `numids` parameter must match the number of arguments")
)

// parseDeletion reads the options of XDELEX and XACKDEL.
func parseDeletion(args Args) (o referencesOption, ids []stream.ID, err error) {
	for i := 0; i < len(args); i++ {
		ok, err := o.option(args, i)
		switch {
		case err != nil:
			return o, nil, err
		case ok:
			continue
		case ids != nil || !args.Is(i, "IDS") || i+1 == len(args):
			return o, nil, ErrSyntax
		}
		n, ok := ParseInt(args[i+1])
		if !ok || n < 1 {
			return o, nil, errIDCount
		}
		i += 2
		if n > int64(len(args)-i) {
			return o, nil, errIDs
		}
		if ids, err = args[i : i+int(n)].streamIDs(); err != nil {
			return o, nil, err
		}
		i += int(n) - 1
	}
	if ids == nil {
		return o, nil, ErrSyntax
	}
	return o, ids, nil
}

// xdelex replies for each ID what has become of it.
func xdelex(ks *Keyspace, args Args, w Reply) error {
	o, ids, err := parseDeletion(args[1:])
	if err != nil {
		return err
	}
	v, err := ks.streamToChange(args.Key(0))
	if err != nil {
		return err
	}
	deleteEach(v, ids, func(id stream.ID) int64 {
		return v.deleteReferenced(id, o.references)
	}, w)
	return nil
}

// xackdel replies for each ID what has become of it. An ID that is not pending
// in the group is left alone.
func xackdel(ks *Keyspace, args Args, w Reply) error {
	o, ids, err := parseDeletion(args[2:])
	if err != nil {
		return err
	}
	v, err := ks.streamToChange(args.Key(0))
	if err != nil {
		return err
	}
	var g *streamGroup
	if v != nil {
		g = v.group(args[1])
	}
	deleteEach(v, ids, func(id stream.ID) int64 {
		if g == nil || !v.deletePending(g, id) {
			return idMissing
		}
		if v.deleteReferenced(id, o.references) == idReferenced {
			return idReferenced
		}
		return idDeleted // maybe before, while it was pending
	}, w)
	return nil
}

// deleteEach replies with what remove says of each ID, and notes what it has
// deleted of v, which may be nil.
func deleteEach(v *streamValue, ids []stream.ID, remove func(id stream.ID) int64, w Reply) {
	w.Array(len(ids))
	if v == nil {
		for range ids {
			w.Int(idMissing)
		}
		return
	}
	before, s := v.Len(), v.streamState
	for _, id := range ids {
		n := v.Len()
		w.Int(remove(id))
		if v.Len() < n && s.maxDeleted.Less(id) {
			s.maxDeleted = id
		}
	}
	v.setState(s)
	if v.Len() < before {
		v.ks.notify(EventStream, "xdel", stringBytes(v.key))
	}
}

// deleteReferenced deletes an entry, if what is said of references lets it, and
// returns what XDELEX replies. Groups for which an entry is pending that has
// been deleted before are told of too.
func (v *streamValue) deleteReferenced(id stream.ID, r references) int64 {
	if r == needNoReferences && v.log.Has(id) && v.referenced(id) {
		return idReferenced
	}
	if r == dropReferences {
		v.dropReferencesTo(id)
	}
	if v.delete(id) {
		return idDeleted
	}
	return idMissing
}

// referenced tells whether an entry is pending in a group or was not read by
// one. O(groups).
func (v *streamValue) referenced(id stream.ID) bool {
	for _, g := range v.groups {
		if g.last.Less(id) {
			return true
		}
		if _, ok := g.pending.Find(id); ok {
			return true
		}
	}
	return false
}

// dropReferencesTo ends that an entry is pending, in whatever group. O(groups).
func (v *streamValue) dropReferencesTo(id stream.ID) {
	for _, g := range v.groups {
		v.deletePending(g, id)
	}
}
