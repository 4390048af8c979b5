package engine

func setCommands() []Command {
	many := []Arg{Many(Key("key"))}
	toMany := []Arg{Key("destination"), Many(Keyed(1, Key("key")))}
	return []Command{{
		Name: "sadd", Group: GroupSet, Since: "1.0.0",
		Summary:    "Adds members to a set, creating the set if it is missing.",
		Complexity: "O(N) where N is the number of members given",
		Args:       []Arg{Key("key"), Many(String("member"))},
		Arity:      -3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Insert),
		Run: sadd,
	}, {
		Name: "scard", Group: GroupSet, Since: "1.0.0",
		Summary:    "Returns the number of members of a set.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO),
		Run: lengthOf((*Keyspace).setAt),
	}, {
		Name: "sdiff", Group: GroupSet, Since: "1.0.0",
		Summary:    "Returns the members of the first set that are in none of the others.",
		Complexity: "O(N) where N is the total number of members of all sets",
		Args:       many,
		Arity:      -2, Flags: ReadOnly, Keys: KeyRange(1, -1, 1, RO|Access),
		Tips: []string{"nondeterministic_output_order"},
		Run:  sdiff,
	}, {
		Name: "sdiffstore", Group: GroupSet, Since: "1.0.0",
		Summary:    "Stores the members of the first set that are in none of the others.",
		Complexity: "O(N) where N is the total number of members of all sets",
		Args:       toMany,
		Arity:      -3, Flags: Write | DenyOOM, Keys: Specs(OneKey(1, OW|Update), KeyRange(2, -1, 1, RO|Access)),
		Run: sdiffstore,
	}, {
		Name: "sinter", Group: GroupSet, Since: "1.0.0",
		Summary:    "Returns the members that all sets share.",
		Complexity: "O(N*M) worst case where N is the size of the smallest set and M is the number of sets",
		Args:       many,
		Arity:      -2, Flags: ReadOnly, Keys: KeyRange(1, -1, 1, RO|Access),
		Tips: []string{"nondeterministic_output_order"},
		Run:  sinter,
	}, {
		Name: "sintercard", Group: GroupSet, Since: "7.0.0",
		Summary:    "Returns the number of members that all sets share, counting up to a limit.",
		Complexity: "O(N*M) worst case where N is the size of the smallest set and M is the number of sets",
		Args:       []Arg{Integer("numkeys"), Many(Key("key")), Opt(With("LIMIT", Integer("limit")))},
		Arity:      -3, Flags: ReadOnly | MovableKeys, Keys: NumKeys(1, 2, RO|Access),
		Run: sintercard,
	}, {
		Name: "sinterstore", Group: GroupSet, Since: "1.0.0",
		Summary:    "Stores the members that all sets share.",
		Complexity: "O(N*M) worst case where N is the size of the smallest set and M is the number of sets",
		Args:       toMany,
		Arity:      -3, Flags: Write | DenyOOM, Keys: Specs(OneKey(1, RW|Update), KeyRange(2, -1, 1, RO|Access)),
		Run: sinterstore,
	}, {
		Name: "sismember", Group: GroupSet, Since: "1.0.0",
		Summary:    "Tells whether a set has a member.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("member")},
		Arity:      3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO),
		Run: sismember,
	}, {
		Name: "smembers", Group: GroupSet, Since: "1.0.0",
		Summary:    "Returns all members of a set.",
		Complexity: "O(N) where N is the size of the set",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Tips: []string{"nondeterministic_output_order"},
		Run:  smembers,
	}, {
		Name: "smismember", Group: GroupSet, Since: "6.2.0",
		Summary:    "Tells of several members whether a set has them.",
		Complexity: "O(N) where N is the number of members given",
		Args:       []Arg{Key("key"), Many(String("member"))},
		Arity:      -3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: smismember,
	}, {
		Name: "smove", Group: GroupSet, Since: "1.0.0",
		Summary:    "Moves a member from one set to another.",
		Complexity: "O(1)",
		Args:       []Arg{Key("source"), Keyed(1, Key("destination")), String("member")},
		Arity:      4, Flags: Write | Fast, Keys: Specs(OneKey(1, RW|Access|Delete), OneKey(2, RW|Insert)),
		Run: smove,
	}, {
		Name: "spop", Group: GroupSet, Since: "1.0.0",
		Summary:    "Removes random members from a set and returns them.",
		Complexity: "O(N) where N is the number of members returned",
		Args:       []Arg{Key("key"), Opt(AddedIn("3.2.0", Integer("count")))},
		Arity:      -2, Flags: Write | Fast, Keys: OneKey(1, RW|Access|Delete),
		Tips: []string{"nondeterministic_output"},
		Run:  spop,
	}, {
		Name: "srandmember", Group: GroupSet, Since: "1.0.0",
		Summary:    "Returns random members of a set.",
		Complexity: "O(N) where N is the number of members returned",
		Args:       []Arg{Key("key"), Opt(AddedIn("2.6.0", Integer("count")))},
		Arity:      -2, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Tips: []string{"nondeterministic_output"},
		Run:  srandmember,
	}, {
		Name: "srem", Group: GroupSet, Since: "1.0.0",
		Summary:    "Removes members from a set, and the set with its last one.",
		Complexity: "O(N) where N is the number of members given",
		Args:       []Arg{Key("key"), Many(String("member"))},
		Arity:      -3, Flags: Write | Fast, Keys: OneKey(1, RW|Delete),
		Run: srem,
	}, {
		Name: "sscan", Group: GroupSet, Since: "2.8.0",
		Summary:    "Walks through the members of a set, some with each call.",
		Complexity: "O(1) for every call, O(N) for a complete walk, where N is the size of the set",
		Args:       []Arg{Key("key"), Integer("cursor"), Opt(With("MATCH", Pattern("pattern"))), Opt(With("COUNT", Integer("count")))},
		Arity:      -3, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Tips: []string{"nondeterministic_output"},
		Run:  sscan,
	}, {
		Name: "sunion", Group: GroupSet, Since: "1.0.0",
		Summary:    "Returns the members that any of the sets has.",
		Complexity: "O(N) where N is the total number of members of all sets",
		Args:       many,
		Arity:      -2, Flags: ReadOnly, Keys: KeyRange(1, -1, 1, RO|Access),
		Tips: []string{"nondeterministic_output_order"},
		Run:  sunion,
	}, {
		Name: "sunionstore", Group: GroupSet, Since: "1.0.0",
		Summary:    "Stores the members that any of the sets has.",
		Complexity: "O(N) where N is the total number of members of all sets",
		Args:       toMany,
		Arity:      -3, Flags: Write | DenyOOM, Keys: Specs(OneKey(1, OW|Update), KeyRange(2, -1, 1, RO|Access)),
		Run: sunionstore,
	}}
}

// sadd replies with the number of new members.
func sadd(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.setToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		v = ks.addSet(args.Key(0), membersFor(args[1], len(args)-1, &ks.e.settings))
	} else {
		v.expect(len(args) - 1)
	}
	added := 0
	for _, member := range args[1:] {
		if v.add(member) {
			added++
		}
	}
	if added > 0 {
		ks.notify(EventSet, "sadd", args.Key(0))
	}
	w.Int(int64(added))
	return nil
}

func sismember(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.setAt(args.Key(0))
	if err != nil {
		return err
	}
	writeIsMember(v, args[1], w)
	return nil
}

// writeIsMember replies with 1 if member is in v, which may be nil.
func writeIsMember(v *setValue, member []byte, w Reply) {
	if v != nil && v.Has(member) {
		w.Int(1)
	} else {
		w.Int(0)
	}
}

func smembers(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.setAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Set(0)
		return nil
	}
	v.write(w)
	return nil
}

// write replies with all members.
func (m *members) write(w Reply) {
	w.Set(m.Len())
	m.Each(func(member []byte) bool {
		w.Bulk(member)
		return true
	})
}

func smismember(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.setAt(args.Key(0))
	if err != nil {
		return err
	}
	w.Array(len(args) - 1)
	for _, member := range args[1:] {
		writeIsMember(v, member, w)
	}
	return nil
}

// smove replies with 1 if the member was in the source.
func smove(ks *Keyspace, args Args, w Reply) error {
	// Both are met before either can be wrong.
	from, err := ks.setToChange(args.Key(0))
	to, errTo := ks.setToChange(args.Key(1))
	switch {
	case err != nil:
		return err
	case from == nil:
		w.Int(0)
		return nil
	case errTo != nil:
		return errTo
	}
	member := args[2]
	if from == to {
		writeIsMember(from, member, w)
		return nil
	}
	if !from.remove(member) {
		w.Int(0)
		return nil
	}
	ks.notify(EventSet, "srem", args.Key(0))
	if from.Len() == 0 {
		ks.removeEmpty(&from.object)
	}
	if to == nil {
		to = ks.addSet(args.Key(1), membersFor(member, 1, &ks.e.settings))
	}
	if to.add(member) {
		ks.notify(EventSet, "sadd", args.Key(1))
	}
	w.Int(1)
	return nil
}

// spop without a count replies with one member, with one with a set of them.
func spop(ks *Keyspace, args Args, w Reply) error {
	if len(args) > 2 {
		return ErrSyntax
	}
	count := int64(-1)
	if len(args) == 2 {
		n, err := args.Int(1)
		if err != nil || n < 0 {
			return ErrPositive
		}
		count = n
	}
	v, err := ks.setToChange(args.Key(0))
	if err != nil {
		return err
	}
	switch {
	case count < 0:
		ks.popOne(v, w)
	case v == nil || count == 0:
		w.Set(0)
	case count >= int64(v.Len()):
		v.write(w)
		ks.notify(EventSet, "spop", args.Key(0))
		ks.removeEmpty(&v.object)
	default:
		ks.notify(EventSet, "spop", args.Key(0))
		w.Set(int(count))
		v.pop(int(count), w.Bulk)
	}
	return nil
}

// popOne replies with a member that it removes, null if v is nil.
func (ks *Keyspace) popOne(v *setValue, w Reply) {
	if v == nil {
		w.Null()
		return
	}
	member := v.random(ks)
	w.Bulk(member)
	ks.notify(EventSet, "spop", v.keyBytes())
	if v.Len() == 1 {
		ks.removeEmpty(&v.object)
		return
	}
	v.remove(member)
}

// srandmember without a count replies with one member; with one, with that
// many different ones, or, if it is negative, with exactly so many that may
// repeat.
func srandmember(ks *Keyspace, args Args, w Reply) error {
	if len(args) > 2 {
		return ErrSyntax
	}
	if len(args) == 1 {
		return srandmemberOne(ks, args, w)
	}
	count, err := args.randomCount(1)
	if err != nil {
		return err
	}
	v, err := ks.setAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil || count == 0 {
		w.Array(0)
		return nil
	}
	if count < 0 {
		if err := checkRepeats(-count, int64(v.memory()), int64(v.Len())); err != nil {
			return err
		}
		w.Array(int(-count))
		v.repeat(ks, -count, w.Bulk)
		return nil
	}
	n := int(min(count, int64(v.Len())))
	w.Array(n)
	v.choose(ks, n, w.Bulk)
	return nil
}

func srandmemberOne(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.setAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Null()
	} else {
		w.Bulk(v.random(ks))
	}
	return nil
}

// srem replies with the number of members removed.
func srem(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.setToChange(args.Key(0))
	if err != nil {
		return err
	}
	removed := 0
	if v != nil {
		for _, member := range args[1:] {
			if v.remove(member) {
				removed++
			}
		}
		if removed > 0 {
			ks.notify(EventSet, "srem", args.Key(0))
		}
		if v.Len() == 0 {
			ks.removeEmpty(&v.object)
		}
	}
	w.Int(int64(removed))
	return nil
}

// sscan replies with the next cursor and some members; with all of them at
// once for a small set.
func sscan(ks *Keyspace, args Args, w Reply) error {
	cursor, err := args.cursor(1)
	if err != nil {
		return err
	}
	v, err := ks.setAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		writeScan(w, 0, 0)
		return nil
	}
	o, err := args.scanOptions(2, "")
	if err != nil {
		return err
	}
	var found [][]byte
	cursor = v.scan(cursor, &o, func(member []byte) { found = append(found, member) })
	writeScan(w, cursor, len(found))
	for _, member := range found {
		w.Bulk(member)
	}
	return nil
}
