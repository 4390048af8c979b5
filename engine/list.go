package engine

import "math"

func listCommands() []Command {
	index := Integer("index")
	element := String("element")
	start, stop := Integer("start"), Integer("stop")
	return append(blockingListCommands(), []Command{{
		Name: "lindex", Group: GroupList, Since: "1.0.0",
		Summary:    "Returns the element of a list at an index.",
		Complexity: "O(N) where N is the number of elements between the index and the nearer end.",
		Args:       []Arg{Key("key"), index},
		Arity:      3, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: lindex,
	}, {
		Name: "linsert", Group: GroupList, Since: "2.2.0",
		Summary:    "Inserts an element before or after the first one that equals a pivot.",
		Complexity: "O(N) where N is the number of elements before the pivot.",
		Args:       []Arg{Key("key"), OneOf("where", Word("before", "BEFORE"), Word("after", "AFTER")), String("pivot"), element},
		Arity:      5, Flags: Write | DenyOOM, Keys: OneKey(1, RW|Insert),
		Run: linsert,
	}, {
		Name: "llen", Group: GroupList, Since: "1.0.0",
		Summary:    "Returns the length of a list.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO),
		Run: lengthOf((*Keyspace).listAt),
	}, {
		Name: "lmove", Group: GroupList, Since: "6.2.0",
		Summary:    "Moves an element from an end of one list to an end of another and returns it.",
		Complexity: "O(1)",
		Args:       append(sourceAndDestination(), fromAndTo()...),
		Arity:      5, Flags: Write | DenyOOM, Keys: moveKeys(),
		Run: lmove,
	}, {
		Name: "lmpop", Group: GroupList, Since: "7.0.0",
		Summary:    "Removes and returns elements from an end of the first list that exists among several.",
		Complexity: "O(N+M) where N is the number of keys given and M is the number of elements returned.",
		Args:       popManyArgs(),
		Arity:      -4, Flags: Write | MovableKeys, Keys: NumKeys(1, 2, RW|Access|Delete),
		Run: lmpop,
	}, {
		Name: "lpop", Group: GroupList, Since: "1.0.0",
		Summary:    "Removes and returns the first elements of a list.",
		Complexity: "O(N) where N is the number of elements returned.",
		Args:       []Arg{Key("key"), AddedIn("6.2.0", Opt(Integer("count")))},
		Arity:      -2, Flags: Write | Fast, Keys: OneKey(1, RW|Access|Delete),
		Run: func(ks *Keyspace, args Args, w Reply) error { return pop(ks, args, left, "lpop", w) },
	}, {
		Name: "lpos", Group: GroupList, Since: "6.0.6",
		Summary:    "Returns the indexes of elements that equal a value.",
		Complexity: "O(N) where N is the number of elements looked at.",
		Args:       []Arg{Key("key"), element, Opt(With("RANK", Integer("rank"))), Opt(With("COUNT", Integer("num-matches"))), Opt(With("MAXLEN", Integer("len")))},
		Arity:      -3, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: lpos,
	}, {
		Name: "lpush", Group: GroupList, Since: "1.0.0",
		Summary:    "Adds elements in front of a list, creating the list if it is missing.",
		Complexity: "O(N) where N is the number of elements given.",
		Args:       []Arg{Key("key"), Many(element)},
		Arity:      -3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Insert),
		Run: func(ks *Keyspace, args Args, w Reply) error { return push(ks, args, left, w) },
	}, {
		Name: "lpushx", Group: GroupList, Since: "2.2.0",
		Summary:    "Adds elements in front of a list if the list exists.",
		Complexity: "O(N) where N is the number of elements given.",
		Args:       []Arg{Key("key"), Many(element)},
		Arity:      -3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Insert),
		Run: func(ks *Keyspace, args Args, w Reply) error { return pushToExisting(ks, args, left, w) },
	}, {
		Name: "lrange", Group: GroupList, Since: "1.0.0",
		Summary:    "Returns the elements of a list between two indexes.",
		Complexity: "O(S+N) where S is the distance of the start from the nearer end and N is the number of elements returned.",
		Args:       []Arg{Key("key"), start, stop},
		Arity:      4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: lrange,
	}, {
		Name: "lrem", Group: GroupList, Since: "1.0.0",
		Summary:    "Removes elements that equal a value from a list.",
		Complexity: "O(N) where N is the length of the list.",
		Args:       []Arg{Key("key"), Integer("count"), element},
		Arity:      4, Flags: Write, Keys: OneKey(1, RW|Delete),
		Run: lrem,
	}, {
		Name: "lset", Group: GroupList, Since: "1.0.0",
		Summary:    "Replaces the element of a list at an index.",
		Complexity: "O(N) where N is the number of elements between the index and the nearer end.",
		Args:       []Arg{Key("key"), index, element},
		Arity:      4, Flags: Write | DenyOOM, Keys: OneKey(1, RW|Update),
		Run: lset,
	}, {
		Name: "ltrim", Group: GroupList, Since: "1.0.0",
		Summary:    "Removes all elements of a list but those between two indexes.",
		Complexity: "O(N) where N is the number of elements removed.",
		Args:       []Arg{Key("key"), start, stop},
		Arity:      4, Flags: Write, Keys: OneKey(1, RW|Delete),
		Run: ltrim,
	}, {
		Name: "rpop", Group: GroupList, Since: "1.0.0",
		Summary:    "Removes and returns the last elements of a list.",
		Complexity: "O(N) where N is the number of elements returned.",
		Args:       []Arg{Key("key"), AddedIn("6.2.0", Opt(Integer("count")))},
		Arity:      -2, Flags: Write | Fast, Keys: OneKey(1, RW|Access|Delete),
		Run: func(ks *Keyspace, args Args, w Reply) error { return pop(ks, args, right, "rpop", w) },
	}, {
		Name: "rpoplpush", Group: GroupList, Since: "1.2.0",
		Summary:    "Moves the last element of one list to the front of another and returns it.",
		Complexity: "O(1)",
		Args:       sourceAndDestination(),
		Arity:      3, Flags: Write | DenyOOM, Keys: moveKeys(),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.moveElement(move{args[0], args[1], right, left}, w)
		},
	}, {
		Name: "rpush", Group: GroupList, Since: "1.0.0",
		Summary:    "Adds elements at the end of a list, creating the list if it is missing.",
		Complexity: "O(N) where N is the number of elements given.",
		Args:       []Arg{Key("key"), Many(element)},
		Arity:      -3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Insert),
		Run: func(ks *Keyspace, args Args, w Reply) error { return push(ks, args, right, w) },
	}, {
		Name: "rpushx", Group: GroupList, Since: "2.2.0",
		Summary:    "Adds elements at the end of a list if the list exists.",
		Complexity: "O(N) where N is the number of elements given.",
		Args:       []Arg{Key("key"), Many(element)},
		Arity:      -3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Insert),
		Run: func(ks *Keyspace, args Args, w Reply) error { return pushToExisting(ks, args, right, w) },
	}}...)
}

func lindex(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.listAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Null()
		return nil
	}
	// A missing key answers before the index is read, as in Redis.
	index, err := args.Int(1)
	if err != nil {
		return err
	}
	if i, ok := within(index, v.length()); ok {
		w.Bulk(v.at(i))
		return nil
	}
	w.Null()
	return nil
}

// within makes an index that may count from the end one from the start, and
// tells whether there is such an element.
func within(index int64, length int) (int, bool) {
	if index < 0 {
		index += int64(length)
	}
	return int(index), index >= 0 && index < int64(length)
}

// elementRange makes start and stop, which may count from the end, a start and a
// number of elements.
func elementRange(start, stop int64, length int) (from, n int) {
	size := int64(length)
	if start < 0 {
		start = max(start+size, 0)
	}
	if stop < 0 {
		stop += size
	}
	stop = min(stop, size-1)
	if start > stop {
		return 0, 0
	}
	return int(start), int(stop - start + 1)
}

func linsert(ks *Keyspace, args Args, w Reply) error {
	before := args.Is(1, "BEFORE")
	if !before && !args.Is(1, "AFTER") {
		return ErrSyntax
	}
	v, err := ks.listToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Int(0)
		return nil
	}
	insert := v.list.InsertAfter
	if before {
		insert = v.list.InsertBefore
	}
	if !insert(args[2], args[3], v.changes()) {
		w.Int(-1)
		return nil
	}
	ks.notify(EventList, "linsert", args.Key(0))
	w.Int(int64(v.length()))
	return nil
}

func pop(ks *Keyspace, args Args, from side, name string, w Reply) error {
	count := int64(-1)
	switch len(args) {
	case 1:
	case 2:
		var err error
		if count, err = args.Count(1); err != nil {
			return ErrPositive
		}
	default:
		return errArity(name)
	}
	v, err := ks.listToChange(args.Key(0))
	switch {
	case err != nil:
		return err
	case v == nil && count >= 0:
		w.NullArray()
	case v == nil:
		w.Null()
	case count < 0:
		v.popOne(from, w)
	default:
		v.popMany(from, count, w)
	}
	return nil
}

// popOne replies with the element at an end and removes it.
func (v *listValue) popOne(from side, w Reply) {
	w.Bulk(v.at(v.end(from)))
	v.ks.notify(EventList, from.popEvent(), v.keyBytes())
	v.removeEnd(from, 1)
}

// popMany replies with up to count elements, from an end inwards, and removes
// them.
func (v *listValue) popMany(from side, count int64, w Reply) {
	n := int(min(count, int64(v.length())))
	w.Array(n)
	if n == 0 {
		return
	}
	scratch := v.ks.e.lists.scratch[:]
	if from == left {
		v.list.Each(0, n, scratch, w.Bulk)
	} else {
		for i, it := 0, v.list.Iter(v.length()-1); i < n; i++ {
			w.Bulk(it.Value(scratch))
			it.Prev()
		}
	}
	v.ks.notify(EventList, from.popEvent(), v.keyBytes())
	v.removeEnd(from, n)
}

func push(ks *Keyspace, args Args, at side, w Reply) error {
	v, err := ks.listToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		v = ks.addList(args.Key(0))
	}
	v.pushAll(args[1:], at)
	ks.notify(EventList, at.pushEvent(), args.Key(0))
	w.Int(int64(v.length()))
	return nil
}

func pushToExisting(ks *Keyspace, args Args, at side, w Reply) error {
	v, err := ks.listToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Int(0)
		return nil
	}
	v.pushAll(args[1:], at)
	ks.notify(EventList, at.pushEvent(), args.Key(0))
	w.Int(int64(v.length()))
	return nil
}

func lrange(ks *Keyspace, args Args, w Reply) error {
	start, stop, err := args.bounds(1)
	if err != nil {
		return err
	}
	v, err := ks.listAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Array(0)
		return nil
	}
	from, n := elementRange(start, stop, v.length())
	w.Array(n)
	v.list.Each(from, n, ks.e.lists.scratch[:], w.Bulk)
	return nil
}

// bounds reads the arguments from i on as start and stop.
func (a Args) bounds(i int) (start, stop int64, err error) {
	if start, err = a.Int(i); err != nil {
		return 0, 0, err
	}
	stop, err = a.Int(i + 1)
	return start, stop, err
}

// lrem removes the first count matches; from the tail on if count is negative,
// all of them if it is 0.
func lrem(ks *Keyspace, args Args, w Reply) error {
	count, err := args.Int(1)
	if err != nil {
		return err
	}
	v, err := ks.listToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Int(0)
		return nil
	}
	// The one number without an absolute value stands for all, as 0 does.
	limit := max(0, count, -count)
	removed := v.list.RemoveValue(args[2], int(min(limit, math.MaxInt)), count < 0, v.changes())
	if removed > 0 {
		ks.notify(EventList, "lrem", args.Key(0))
	}
	if v.length() == 0 {
		ks.removeEmpty(&v.object)
	}
	w.Int(int64(removed))
	return nil
}

func lset(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.listToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		return ErrNoKey
	}
	index, err := args.Int(1)
	if err != nil {
		return err
	}
	i, ok := within(index, v.length())
	if !ok {
		return ErrOutOfRange
	}
	v.list.Set(i, args[2], v.changes())
	ks.notify(EventList, "lset", args.Key(0))
	w.Status("OK")
	return nil
}

func ltrim(ks *Keyspace, args Args, w Reply) error {
	start, stop, err := args.bounds(1)
	if err != nil {
		return err
	}
	v, err := ks.listToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v != nil {
		ks.notify(EventList, "ltrim", args.Key(0))
		v.trim(elementRange(start, stop, v.length()))
	}
	w.Status("OK")
	return nil
}

// trim removes all but n elements from from on.
func (v *listValue) trim(from, n int) {
	switch n {
	case 0:
		v.ks.removeEmpty(&v.object)
		return
	case v.length():
		// Nothing goes, but to WATCH it is a change, as in Redis.
		v.ks.noteTouched(v.keyBytes())
		return
	}
	v.removeRange(from+n, v.length()-from-n)
	v.removeRange(0, from)
}
