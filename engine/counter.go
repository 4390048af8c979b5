package engine

import (
	"math"
	"strconv"
)

func counterCommands() []Command {
	const keyFlags = RW | Access | Update
	return []Command{{
		Name: "decr", Group: GroupString, Since: "1.0.0",
		Summary:    "Decrements the integer value of a key by one, starting from 0 if it is missing.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, keyFlags),
		Run: decr,
	}, {
		Name: "decrby", Group: GroupString, Since: "1.0.0",
		Summary:    "Decrements the integer value of a key by a number, starting from 0 if it is missing.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Integer("decrement")},
		Arity:      3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, keyFlags),
		Run: decrby,
	}, {
		Name: "incr", Group: GroupString, Since: "1.0.0",
		Summary:    "Increments the integer value of a key by one, starting from 0 if it is missing.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, keyFlags),
		Run: incr,
	}, {
		Name: "incrby", Group: GroupString, Since: "1.0.0",
		Summary:    "Increments the integer value of a key by a number, starting from 0 if it is missing.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Integer("increment")},
		Arity:      3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, keyFlags),
		Run: incrby,
	}, {
		Name: "incrbyfloat", Group: GroupString, Since: "2.6.0",
		Summary:    "Increments the floating-point value of a key by a number, starting from 0 if it is missing.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Double("increment")},
		Arity:      3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, keyFlags),
		Run: incrbyfloat,
	}}
}

func incr(ks *Keyspace, args Args, w Reply) error { return ks.increment(args.Key(0), 1, w) }

func decr(ks *Keyspace, args Args, w Reply) error { return ks.increment(args.Key(0), -1, w) }

func incrby(ks *Keyspace, args Args, w Reply) error {
	by, err := args.Int(1)
	if err != nil {
		return err
	}
	return ks.increment(args.Key(0), by, w)
}

func decrby(ks *Keyspace, args Args, w Reply) error {
	by, err := args.Int(1)
	if err != nil {
		return err
	}
	if by == math.MinInt64 {
		return Errf("decrement would overflow")
	}
	return ks.increment(args.Key(0), -by, w)
}

// increment replies with the new value of the counter at key, which keeps its
// deadline. It allocates nothing where the value may be changed in place.
func (ks *Keyspace) increment(key []byte, by int64, w Reply) error {
	h := ks.find(key)
	n, deadline := int64(0), int64(0)
	if h != nil {
		if h.kind != KindString {
			return ErrWrongType
		}
		var ok bool
		if n, ok = ParseInt(stringOf(h)); !ok {
			return ErrNotInteger
		}
		deadline = h.deadlineMs()
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		return ErrOverflow
	}
	var text [20]byte
	ks.putString(h, key, strconv.AppendInt(text[:0], n+by, 10), deadline)
	ks.notify(EventString, "incrby", key)
	w.Int(n + by)
	return nil
}

// incrbyfloat replies with the new value. Redis never holds it as an integer.
func incrbyfloat(ks *Keyspace, args Args, w Reply) error {
	value, ok, err := ks.StringForWrite(args.Key(0))
	if err != nil {
		return err
	}
	if !ok {
		value = []byte("0")
	}
	n, ok := parseLongDouble(value)
	if !ok {
		return ErrNotFloat
	}
	by, ok := parseLongDouble(args[1])
	if !ok {
		return ErrNotFloat
	}
	sum, ok := sumLongDouble(n, by)
	if !ok {
		return ErrNaN
	}
	deadline, _ := ks.Deadline(args.Key(0))
	text := formatLongDouble(sum)
	ks.SetText(args.Key(0), text, deadline)
	ks.notify(EventString, "incrbyfloat", args.Key(0))
	w.Bulk(text)
	return nil
}
