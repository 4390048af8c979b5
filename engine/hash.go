package engine

import (
	"math"
	"strconv"
)

func hashCommands() []Command {
	return []Command{{
		Name: "hdel", Group: GroupHash, Since: "2.0.0",
		Summary:    "Deletes fields of a hash, and the hash with its last one.",
		Complexity: "O(N) where N is the number of fields given",
		Args:       []Arg{Key("key"), Many(String("field"))},
		Arity:      -3, Flags: Write | Fast, Keys: OneKey(1, RW|Delete),
		Run: hdel,
	}, {
		Name: "hexists", Group: GroupHash, Since: "2.0.0",
		Summary:    "Tells whether a hash has a field.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("field")},
		Arity:      3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO),
		Run: hexists,
	}, {
		Name: "hget", Group: GroupHash, Since: "2.0.0",
		Summary:    "Returns the value of a field of a hash.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("field")},
		Arity:      3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: hget,
	}, {
		Name: "hgetall", Group: GroupHash, Since: "2.0.0",
		Summary:    "Returns all fields and values of a hash.",
		Complexity: "O(N) where N is the size of the hash",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Tips: []string{"nondeterministic_output_order"},
		Run:  hgetall,
	}, {
		Name: "hincrby", Group: GroupHash, Since: "2.0.0",
		Summary:    "Adds to the integer in a field of a hash, 0 if the field is missing.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("field"), Integer("increment")},
		Arity:      4, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Access|Update),
		Run: hincrby,
	}, {
		Name: "hincrbyfloat", Group: GroupHash, Since: "2.6.0",
		Summary:    "Adds to the number in a field of a hash, 0 if the field is missing.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("field"), Double("increment")},
		Arity:      4, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Access|Update),
		Run: hincrbyfloat,
	}, {
		Name: "hkeys", Group: GroupHash, Since: "2.0.0",
		Summary:    "Returns all fields of a hash.",
		Complexity: "O(N) where N is the size of the hash",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Tips: []string{"nondeterministic_output_order"},
		Run:  hkeys,
	}, {
		Name: "hlen", Group: GroupHash, Since: "2.0.0",
		Summary:    "Returns the number of fields of a hash.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO),
		Run: lengthOf((*Keyspace).hashAt),
	}, {
		Name: "hmget", Group: GroupHash, Since: "2.0.0",
		Summary:    "Returns the values of several fields of a hash.",
		Complexity: "O(N) where N is the number of fields given",
		Args:       []Arg{Key("key"), Many(String("field"))},
		Arity:      -3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: hmget,
	}, {
		Name: "hmset", Group: GroupHash, Since: "2.0.0",
		Summary:    "Sets fields of a hash, as HSET does, and replies OK.",
		Complexity: "O(N) where N is the number of fields given",
		Args:       []Arg{Key("key"), Many(String("field"), String("value"))},
		Arity:      -4, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Update),
		Run: hmset,
	}, {
		Name: "hrandfield", Group: GroupHash, Since: "6.2.0",
		Summary:    "Returns random fields of a hash, with their values if asked.",
		Complexity: "O(N) where N is the number of fields returned",
		Args:       []Arg{Key("key"), Opt(Block("options", Integer("count"), Opt(Word("withvalues", "WITHVALUES"))))},
		Arity:      -2, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Tips: []string{"nondeterministic_output"},
		Run:  hrandfield,
	}, {
		Name: "hscan", Group: GroupHash, Since: "2.8.0",
		Summary:    "Walks through the fields and values of a hash, some with each call.",
		Complexity: "O(1) for every call, O(N) for a complete walk, where N is the size of the hash",
		Args:       []Arg{Key("key"), Integer("cursor"), Opt(With("MATCH", Pattern("pattern"))), Opt(With("COUNT", Integer("count"))), AddedIn("7.4.0", Opt(Word("novalues", "NOVALUES")))},
		Arity:      -3, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Tips: []string{"nondeterministic_output"},
		Run:  hscan,
	}, {
		Name: "hset", Group: GroupHash, Since: "2.0.0",
		Summary:    "Sets fields of a hash, creating the hash if it is missing.",
		Complexity: "O(N) where N is the number of fields given",
		Args:       []Arg{Key("key"), Many(String("field"), String("value"))},
		Arity:      -4, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Update),
		Run: hset,
	}, {
		Name: "hsetnx", Group: GroupHash, Since: "2.0.0",
		Summary:    "Sets a field of a hash if the field is missing.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("field"), String("value")},
		Arity:      4, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Insert),
		Run: hsetnx,
	}, {
		Name: "hstrlen", Group: GroupHash, Since: "3.2.0",
		Summary:    "Returns the length of the value of a field of a hash.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("field")},
		Arity:      3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO),
		Run: hstrlen,
	}, {
		Name: "hvals", Group: GroupHash, Since: "2.0.0",
		Summary:    "Returns all values of a hash.",
		Complexity: "O(N) where N is the size of the hash",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Tips: []string{"nondeterministic_output_order"},
		Run:  hvals,
	}}
}

// hdel replies with the number of fields removed.
func hdel(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.hashToChange(args.Key(0))
	if err != nil {
		return err
	}
	removed := 0
	if v != nil {
		for _, field := range args[1:] {
			if v.due() && !v.Has(field) {
				continue // past its deadline
			}
			if v.delete(field) {
				removed++
			}
		}
		if removed > 0 {
			ks.notify(EventHash, "hdel", args.Key(0))
		}
		if v.Len() == 0 {
			ks.removeEmpty(&v.object)
		}
	}
	w.Int(int64(removed))
	return nil
}

func hexists(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.hashAt(args.Key(0))
	if err != nil {
		return err
	}
	if v != nil && v.Has(args[1]) {
		w.Int(1)
	} else {
		w.Int(0)
	}
	return nil
}

func hget(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.hashAt(args.Key(0))
	if err != nil {
		return err
	}
	writeField(v, args[1], w)
	return nil
}

// writeField replies with the value of one field, null if v, which may be nil,
// has no such field.
func writeField(v *hashValue, field []byte, w Reply) {
	if v != nil {
		if value, ok := v.Get(field); ok {
			w.Bulk(value)
			return
		}
	}
	w.Null()
}

func hgetall(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.hashAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Map(0)
		return nil
	}
	w.Map(v.Live())
	v.Each(func(field, value []byte) bool {
		w.Bulk(field)
		w.Bulk(value)
		return true
	})
	return nil
}

var errHashNotInteger = Errf("hash value is not an integer")

// hincrby replies with the field's new value.
func hincrby(ks *Keyspace, args Args, w Reply) error {
	by, err := args.Int(2)
	if err != nil {
		return err
	}
	v, err := ks.hashToChange(args.Key(0))
	if err != nil {
		return err
	}
	n := int64(0)
	if v != nil {
		if old, ok := v.Get(args[1]); ok {
			if n, ok = ParseInt(old); !ok {
				return errHashNotInteger
			}
		}
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		return ErrOverflow
	}
	if v == nil {
		v = ks.addHash(args.Key(0))
	}
	var text [20]byte
	v.put(args[1], strconv.AppendInt(text[:0], n+by, 10))
	ks.notify(EventHash, "hincrby", args.Key(0))
	w.Int(n + by)
	return nil
}

var (
	errHashNotFloat = Errf("hash value is not a float")
	errInfinite     = Errf("value is NaN or Infinity")
)

// hincrbyfloat replies with the field's new value.
func hincrbyfloat(ks *Keyspace, args Args, w Reply) error {
	by, ok := parseLongDouble(args[2])
	if !ok {
		return ErrNotFloat
	}
	if by.IsInf() {
		return errInfinite
	}
	v, err := ks.hashToChange(args.Key(0))
	if err != nil {
		return err
	}
	old := []byte("0")
	if v != nil {
		if value, ok := v.Get(args[1]); ok {
			old = value
		}
	}
	n, ok := parseLongDouble(old)
	if !ok {
		return errHashNotFloat
	}
	sum, ok := sumLongDouble(n, by)
	if !ok {
		return ErrNaN
	}
	if v == nil {
		v = ks.addHash(args.Key(0))
	}
	text := formatLongDouble(sum)
	v.put(args[1], text)
	ks.notify(EventHash, "hincrbyfloat", args.Key(0))
	w.Bulk(text)
	return nil
}

func hkeys(ks *Keyspace, args Args, w Reply) error {
	return hlist(ks, args, w, func(field, _ []byte) []byte { return field })
}

func hvals(ks *Keyspace, args Args, w Reply) error {
	return hlist(ks, args, w, func(_, value []byte) []byte { return value })
}

// hlist replies with what pick picks of each field and value.
func hlist(ks *Keyspace, args Args, w Reply, pick func(field, value []byte) []byte) error {
	v, err := ks.hashAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Array(0)
		return nil
	}
	w.Array(v.Live())
	v.Each(func(field, value []byte) bool {
		w.Bulk(pick(field, value))
		return true
	})
	return nil
}

func hmget(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.hashAt(args.Key(0))
	if err != nil {
		return err
	}
	w.Array(len(args) - 1)
	for _, field := range args[1:] {
		writeField(v, field, w)
	}
	return nil
}

func hmset(ks *Keyspace, args Args, w Reply) error {
	if _, err := ks.putFields(args, "hmset"); err != nil {
		return err
	}
	w.Status("OK")
	return nil
}

// hset replies with the number of new fields.
func hset(ks *Keyspace, args Args, w Reply) error {
	added, err := ks.putFields(args, "hset")
	if err != nil {
		return err
	}
	w.Int(added)
	return nil
}

// putFields does the work of HSET and HMSET; added counts the new fields.
func (ks *Keyspace) putFields(args Args, command string) (added int64, err error) {
	pairs, err := args.Pairs(1, command)
	if err != nil {
		return 0, err
	}
	v, err := ks.hashToChange(args.Key(0))
	if err != nil {
		return 0, err
	}
	if v == nil {
		v = ks.addHash(args.Key(0))
	}
	v.expect(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		if v.set(pairs[i], pairs[i+1]) {
			added++
		}
	}
	ks.notify(EventHash, "hset", args.Key(0))
	return added, nil
}

// hsetnx replies with 1 if the field was set.
func hsetnx(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.hashToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v != nil && v.Has(args[1]) {
		w.Int(0)
		return nil
	}
	if v == nil {
		v = ks.addHash(args.Key(0))
	}
	v.put(args[1], args[2])
	ks.notify(EventHash, "hset", args.Key(0))
	w.Int(1)
	return nil
}

func hstrlen(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.hashAt(args.Key(0))
	if err != nil {
		return err
	}
	n := 0
	if v != nil {
		value, _ := v.Get(args[1])
		n = len(value)
	}
	w.Int(int64(n))
	return nil
}

// hrandfield without a count replies with one field; with one, with that many
// different ones, or, if it is negative, with exactly so many that may repeat.
func hrandfield(ks *Keyspace, args Args, w Reply) error {
	if len(args) == 1 {
		return hrandfieldOne(ks, args, w)
	}
	count, withValues, err := args.samplePairs("WITHVALUES")
	if err != nil {
		return err
	}
	v, err := ks.hashAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil || count == 0 || v.Live() == 0 {
		w.Array(0)
		return nil
	}
	return v.writeRandom(count, withValues, w)
}

func hrandfieldOne(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.hashAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil || v.Live() == 0 {
		w.Null()
		return nil
	}
	field, _ := v.random()
	w.Bulk(field)
	return nil
}

func (v *hashValue) writeRandom(count int64, withValues bool, w Reply) error {
	n := min(count, int64(v.Live()))
	if count < 0 {
		n = -count
		if err := checkRepeats(n, int64(v.memory()), int64(v.Len())); err != nil {
			return err
		}
	}
	write := func(field, _ []byte) { w.Bulk(field) }
	if withValues {
		w.Pairs(int(n))
		write = func(field, value []byte) {
			w.Pair()
			w.Bulk(field)
			w.Bulk(value)
		}
	} else {
		w.Array(int(n))
	}
	if count < 0 {
		v.repeat(n, write)
	} else {
		v.choose(int(n), write)
	}
	return nil
}

// hscan replies with the next cursor and some fields, with values unless told
// not to; with all of them at once for a small hash.
func hscan(ks *Keyspace, args Args, w Reply) error {
	cursor, err := args.cursor(1)
	if err != nil {
		return err
	}
	v, err := ks.hashAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		writeScan(w, 0, 0)
		return nil
	}
	o, err := args.scanOptions(2, "NOVALUES")
	if err != nil {
		return err
	}
	var found [][]byte
	cursor = v.scan(cursor, &o, func(field, value []byte) {
		if found = append(found, field); !o.noValues {
			found = append(found, value)
		}
	})
	writeScan(w, cursor, len(found))
	for _, b := range found {
		w.Bulk(b)
	}
	return nil
}
