package engine

// zsetPopCommands take the first or last members out of sorted sets; the ones
// that begin with B wait for one.
func zsetPopCommands() []Command {
	const perPop = "O(log(N)*M) where N is the size of the sorted set and M the number of members popped"
	const perMPop = "O(K)+O(M*log(N)) where K is the number of keys given, N the size of the sorted set and M the number of members popped"
	where := OneOf("where", Word("min", "MIN"), Word("max", "MAX"))
	count := Opt(With("COUNT", Integer("count")))
	return []Command{{
		Name: "bzmpop", Group: GroupSortedSet, Since: "7.0.0",
		Summary:    "Removes and returns first or last members of one of several sorted sets, waiting for one to have some.",
		Complexity: perMPop,
		Args:       []Arg{Double("timeout"), Integer("numkeys"), Many(Key("key")), where, count},
		Arity:      -5, Flags: Write | Blocking, Keys: NumKeys(2, 3, RW|Access|Delete),
		RunClient: bzmpop,
	}, {
		Name: "bzpopmax", Group: GroupSortedSet, Since: "5.0.0",
		Summary:    "Removes and returns the last member of one of several sorted sets, waiting for one to have some.",
		Complexity: "O(log(N)) where N is the size of the sorted set",
		Args:       []Arg{Many(Key("key")), Double("timeout")},
		Arity:      -3, Flags: Write | NoScript | Blocking | Fast, Keys: KeyRange(1, -2, 1, RW|Access|Delete),
		RunClient: bzpopmax,
	}, {
		Name: "bzpopmin", Group: GroupSortedSet, Since: "5.0.0",
		Summary:    "Removes and returns the first member of one of several sorted sets, waiting for one to have some.",
		Complexity: "O(log(N)) where N is the size of the sorted set",
		Args:       []Arg{Many(Key("key")), Double("timeout")},
		Arity:      -3, Flags: Write | NoScript | Blocking | Fast, Keys: KeyRange(1, -2, 1, RW|Access|Delete),
		RunClient: bzpopmin,
	}, {
		Name: "zmpop", Group: GroupSortedSet, Since: "7.0.0",
		Summary:    "Removes and returns first or last members of the first sorted set that exists.",
		Complexity: perMPop,
		Args:       []Arg{Integer("numkeys"), Many(Key("key")), where, count},
		Arity:      -4, Flags: Write, Keys: NumKeys(1, 2, RW|Access|Delete),
		Run: zmpop,
	}, {
		Name: "zpopmax", Group: GroupSortedSet, Since: "5.0.0",
		Summary:    "Removes and returns the last members of a sorted set.",
		Complexity: perPop,
		Args:       []Arg{Key("key"), Opt(Integer("count"))},
		Arity:      -2, Flags: Write | Fast, Keys: OneKey(1, RW|Access|Delete),
		Run: zpopmax,
	}, {
		Name: "zpopmin", Group: GroupSortedSet, Since: "5.0.0",
		Summary:    "Removes and returns the first members of a sorted set.",
		Complexity: perPop,
		Args:       []Arg{Key("key"), Opt(Integer("count"))},
		Arity:      -2, Flags: Write | Fast, Keys: OneKey(1, RW|Access|Delete),
		Run: zpopmin,
	}}
}

// pop calls fn for the n first members, or the n last ones, last first, and
// removes them; with the last one the key.
func (v *zsetValue) pop(n int, last bool, fn func(member []byte, score float64) bool) {
	first, from, event := 0, 0, "zpopmin"
	if last {
		first, from, event = v.Len()-n, v.Len()-1, "zpopmax"
	}
	v.walk(from, n, last, fn)
	v.ks.notify(EventZSet, event, v.keyBytes())
	v.deleteRange(first, n)
}

func zpopmin(ks *Keyspace, args Args, w Reply) error { return zpop(ks, args, false, w) }

func zpopmax(ks *Keyspace, args Args, w Reply) error { return zpop(ks, args, true, w) }

// zpop replies with one member and its score, or, given a count, with as many
// pairs as there are.
func zpop(ks *Keyspace, args Args, last bool, w Reply) error {
	if len(args) > 2 {
		return ErrSyntax
	}
	count := int64(1)
	if len(args) == 2 {
		var ok bool
		if count, ok = ParseInt(args[1]); !ok || count < 0 {
			return ErrPositive
		}
	}
	v, err := ks.zsetToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil || count == 0 {
		w.Array(0)
		return nil
	}
	n := int(min(count, int64(v.Len())))
	if len(args) == 2 {
		v.pop(n, last, membersTo(w, n, true))
		return nil
	}
	w.Array(2)
	v.pop(1, last, func(member []byte, score float64) bool {
		w.Bulk(member)
		w.Double(score)
		return true
	})
	return nil
}

// zpopSpec is what ZMPOP and BZMPOP are to pop.
type zpopSpec struct {
	keys  Args
	last  bool
	count int64
}

// zpopSpec reads the number of keys at argument i and what follows.
func (a Args) zpopSpec(i int) (s zpopSpec, err error) {
	n, ok := ParseInt(a[i])
	if !ok || n <= 0 {
		return s, Errf("numkeys should be greater than 0")
	}
	i++
	if n >= int64(len(a)-i) {
		return s, ErrSyntax
	}
	s.keys, i = a[i:i+int(n)], i+int(n)
	switch {
	case a.Is(i, "MIN"):
	case a.Is(i, "MAX"):
		s.last = true
	default:
		return s, ErrSyntax
	}
	s.count = 1
	if i++; i == len(a) {
		return s, nil
	}
	if !a.Is(i, "COUNT") || i+1 == len(a) {
		return s, ErrSyntax
	}
	if s.count, ok = ParseInt(a[i+1]); !ok || s.count <= 0 {
		return s, Errf("count should be greater than 0")
	}
	if i+2 < len(a) {
		return s, ErrSyntax
	}
	return s, nil
}

// zmpop replies with the key and its members popped, null if no key exists.
func zmpop(ks *Keyspace, args Args, w Reply) error {
	s, err := args.zpopSpec(0)
	if err != nil {
		return err
	}
	popped, err := ks.popFirstZSet(s.keys, s.popTo, w)
	if err == nil && !popped {
		w.NullArray()
	}
	return err
}

// popTo pops from v, the value of key, in the way of ZMPOP.
func (s zpopSpec) popTo(v *zsetValue, key []byte, w Reply) {
	n := int(min(s.count, int64(v.Len())))
	w.Array(2)
	w.Bulk(key)
	w.Array(n)
	v.pop(n, s.last, func(member []byte, score float64) bool {
		w.Array(2)
		w.Bulk(member)
		w.Double(score)
		return true
	})
}

// popFirstZSet calls pop, which writes the reply, for the first of keys that
// exists, and tells whether there was one.
func (ks *Keyspace) popFirstZSet(keys Args, pop func(v *zsetValue, key []byte, w Reply), w Reply) (bool, error) {
	for _, key := range keys {
		v, err := ks.zsetToChange(key)
		if err != nil {
			return false, err
		}
		if v != nil {
			pop(v, key, w)
			return true, nil
		}
	}
	return false, nil
}

func bzmpop(c *Client, args Args, w Reply) error {
	s, err := args.zpopSpec(1)
	if err != nil {
		return err
	}
	keys := s.keys
	s.keys = nil // they end with the command, and a blocked client keeps s
	return c.popOrBlock(args, 0, keys, s.popTo, w)
}

func bzpopmin(c *Client, args Args, w Reply) error {
	return c.popOrBlock(args, len(args)-1, args[:len(args)-1], popOne(false), w)
}

func bzpopmax(c *Client, args Args, w Reply) error {
	return c.popOrBlock(args, len(args)-1, args[:len(args)-1], popOne(true), w)
}

// popOne pops one member in the way of BZPOPMIN.
func popOne(last bool) func(v *zsetValue, key []byte, w Reply) {
	return func(v *zsetValue, key []byte, w Reply) {
		w.Array(3)
		w.Bulk(key)
		v.pop(1, last, func(member []byte, score float64) bool {
			w.Bulk(member)
			w.Double(score)
			return true
		})
	}
}

// popOrBlock pops from the first of keys that exists, or waits for one as long
// as the argument timeoutAt says.
func (c *Client) popOrBlock(args Args, timeoutAt int, keys Args, pop func(v *zsetValue, key []byte, w Reply), w Reply) error {
	timeout, err := args.blockTimeout(timeoutAt)
	if err != nil {
		return err
	}
	popped, err := c.e.dbs[c.db].popFirstZSet(keys, pop, w)
	if popped || err != nil {
		return err
	}
	if !c.MayBlock() {
		w.NullArray()
		return nil
	}
	serve := func(ks *Keyspace, key []byte, w Reply) bool {
		v, err := ks.zsetToChange(key)
		if v == nil || err != nil {
			return false
		}
		pop(v, key, w)
		return true
	}
	c.Block(keys, timeout, serve, Reply.NullArray)
	return nil
}
