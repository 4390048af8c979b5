package engine

import (
	"math"
)

func expireCommands() []Command {
	condition := AddedIn("7.0.0", Opt(OneOf("condition", Word("nx", "NX"), Word("xx", "XX"), Word("gt", "GT"), Word("lt", "LT"))))
	random := []string{"nondeterministic_output"}
	return []Command{{
		Name: "expire", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Sets the time to live of a key in seconds.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Integer("seconds"), condition},
		Arity:      -3, Flags: Write | Fast, Keys: OneKey(1, RW|Update),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.expireAfter(args, expireTime{name: "expire", unit: 1000, from: ks.Now()}, w)
		},
	}, {
		Name: "expireat", Group: GroupGeneric, Since: "1.2.0",
		Summary:    "Sets the expiration time of a key to a Unix time in seconds.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), UnixTime("unix-time-seconds"), condition},
		Arity:      -3, Flags: Write | Fast, Keys: OneKey(1, RW|Update),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.expireAfter(args, expireTime{name: "expireat", unit: 1000}, w)
		},
	}, {
		Name: "expiretime", Group: GroupGeneric, Since: "7.0.0",
		Summary:    "Returns the expiration time of a key as a Unix time in seconds.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.replyDeadline(args.Key(0), w, func(at int64) int64 { return int64((uint64(at) + 500) / 1000) })
		},
	}, {
		Name: "persist", Group: GroupGeneric, Since: "2.2.0",
		Summary:    "Removes the expiration time of a key.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: Write | Fast, Keys: OneKey(1, RW|Update),
		Run: persist,
	}, {
		Name: "pexpire", Group: GroupGeneric, Since: "2.6.0",
		Summary:    "Sets the time to live of a key in milliseconds.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Integer("milliseconds"), condition},
		Arity:      -3, Flags: Write | Fast, Keys: OneKey(1, RW|Update),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.expireAfter(args, expireTime{name: "pexpire", unit: 1, from: ks.Now()}, w)
		},
	}, {
		Name: "pexpireat", Group: GroupGeneric, Since: "2.6.0",
		Summary:    "Sets the expiration time of a key to a Unix time in milliseconds.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), UnixTime("unix-time-milliseconds"), condition},
		Arity:      -3, Flags: Write | Fast, Keys: OneKey(1, RW|Update),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.expireAfter(args, expireTime{name: "pexpireat", unit: 1}, w)
		},
	}, {
		Name: "pexpiretime", Group: GroupGeneric, Since: "7.0.0",
		Summary:    "Returns the expiration time of a key as a Unix time in milliseconds.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.replyDeadline(args.Key(0), w, func(at int64) int64 { return at })
		},
	}, {
		Name: "pttl", Group: GroupGeneric, Since: "2.6.0",
		Summary:    "Returns the time to live of a key in milliseconds.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access), Tips: random,
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.replyDeadline(args.Key(0), w, func(at int64) int64 { return at - ks.Now() })
		},
	}, {
		Name: "ttl", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Returns the time to live of a key in seconds.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access), Tips: random,
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.replyDeadline(args.Key(0), w, func(at int64) int64 { return (at - ks.Now() + 500) / 1000 })
		},
	}}
}

// expireTime says how a command of the EXPIRE family counts time.
type expireTime struct {
	name string
	unit int64 // milliseconds
	from int64 // Unix milliseconds, 0 for absolute times
}

// read returns the Unix milliseconds that arg means. They may have passed, or
// lie before 1970.
func (t expireTime) read(arg []byte) (int64, error) {
	n, ok := ParseInt(arg)
	if !ok {
		return 0, ErrNotInteger
	}
	if n > math.MaxInt64/t.unit || n < math.MinInt64/t.unit {
		return 0, errExpireTime(t.name)
	}
	n *= t.unit
	if n > math.MaxInt64-t.from {
		return 0, errExpireTime(t.name)
	}
	return n + t.from, nil
}

// expireCondition is when a command of the EXPIRE family does something.
type expireCondition struct{ nx, xx, gt, lt bool }

func parseExpireCondition(args Args) (expireCondition, error) {
	var c expireCondition
	for i := range args {
		switch {
		case args.Is(i, "NX"):
			c.nx = true
		case args.Is(i, "XX"):
			c.xx = true
		case args.Is(i, "GT"):
			c.gt = true
		case args.Is(i, "LT"):
			c.lt = true
		default:
			return c, Errf("Unsupported option " + clip(args[i], len(args[i])))
		}
	}
	if c.nx && (c.xx || c.gt || c.lt) {
		return c, Errf("NX and XX, GT or LT options at the same time are not compatible")
	}
	if c.gt && c.lt {
		return c, Errf("GT and LT options at the same time are not compatible")
	}
	return c, nil
}

// holds tells whether deadline at may replace the deadline was, 0 for none,
// which is later than any.
func (c expireCondition) holds(was, at int64) bool {
	switch {
	case c.nx && was != 0, c.xx && was == 0:
		return false
	case c.gt && (was == 0 || at <= was):
		return false
	case c.lt && was != 0 && at >= was:
		return false
	}
	return true
}

// expireAfter replies whether the key has a new deadline. One that has passed
// already deletes it.
func (ks *Keyspace) expireAfter(args Args, t expireTime, w Reply) error {
	condition, err := parseExpireCondition(args[2:])
	if err != nil {
		return err
	}
	at, err := t.read(args[1])
	if err != nil {
		return err
	}
	key := args.Key(0)
	was, ok := ks.Deadline(key)
	if !ok || !condition.holds(was, at) {
		w.Int(0)
		return nil
	}
	if at <= ks.Now() {
		ks.Delete(key)
		ks.notify(EventGeneric, "del", key)
	} else {
		ks.SetDeadline(key, at)
		ks.notify(EventGeneric, "expire", key)
	}
	w.Int(1)
	return nil
}

// replyDeadline replies with what count makes of the key's deadline, -1 when
// it has none and -2 when there is no key.
func (ks *Keyspace) replyDeadline(key []byte, w Reply, count func(at int64) int64) error {
	h := ks.peek(key)
	switch {
	case h == nil:
		w.Int(-2)
	case h.deadlineMs() == 0:
		w.Int(-1)
	default:
		w.Int(count(h.deadlineMs()))
	}
	return nil
}

// persist replies whether the key had a deadline.
func persist(ks *Keyspace, args Args, w Reply) error {
	if ks.persist(args.Key(0)) {
		w.Int(1)
	} else {
		w.Int(0)
	}
	return nil
}

// persist takes away a key's deadline and tells whether there was one.
func (ks *Keyspace) persist(key []byte) bool {
	at, _ := ks.Deadline(key)
	if at == 0 {
		return false
	}
	ks.SetDeadline(key, 0)
	ks.notify(EventGeneric, "persist", key)
	return true
}
