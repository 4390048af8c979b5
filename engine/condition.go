package engine

import (
	"bytes"
	"math"
	"strconv"

	"perigee/engine/xxh3"
)

// conditionCommands change strings that are what their client thinks they are.
func conditionCommands() []Command {
	expiration := []Arg{
		With("EX", Integer("seconds")),
		With("PX", Integer("milliseconds")),
		With("EXAT", UnixTime("unix-time-seconds")),
		With("PXAT", UnixTime("unix-time-milliseconds")),
		Word("keepttl", "KEEPTTL"),
	}
	pairs := NumKeys(1, 2, OW|Update)
	pairs[0].Step = 2
	return []Command{{
		Name: "delex", Group: GroupString, Since: "8.4.0",
		Summary:    "Deletes a key if its string value, or the digest of that, is or is not the given one.",
		Complexity: "O(1) for IFEQ and IFNE, O(N) for IFDEQ and IFDNE where N is the length of the string value.",
		Args:       []Arg{Key("key"), Opt(OneOf("condition", valueConditions()...))},
		Arity:      -2, Flags: Write | Fast, Keys: OneKey(1, RW|Delete),
		Run: delex,
	}, {
		Name: "digest", Group: GroupString, Since: "8.4.0",
		Summary:    "Returns the digest of a string value, XXH3 in hexadecimal.",
		Complexity: "O(N) where N is the length of the string value.",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: digest,
	}, {
		Name: "msetex", Group: GroupString, Since: "8.4.0",
		Summary:    "Sets one or more keys to string values with one expiration time, all or none.",
		Complexity: "O(N) where N is the number of keys to set.",
		Args: []Arg{Integer("numkeys"), Many(Key("key"), String("value")),
			Opt(OneOf("condition", Word("nx", "NX"), Word("xx", "XX"))), Opt(OneOf("expiration", expiration...))},
		Arity: -4, Flags: Write | DenyOOM | MovableKeys, Keys: pairs,
		Tips: []string{"request_policy:multi_shard", "response_policy:agg_min"},
		Run:  msetex,
	}}
}

// valueConditions are the arguments that a valueCondition reads.
func valueConditions() []Arg {
	return []Arg{
		AddedIn("8.4.0", With("IFEQ", String("ifeq-value"))),
		AddedIn("8.4.0", With("IFNE", String("ifne-value"))),
		AddedIn("8.4.0", With("IFDEQ", String("ifdeq-digest"))),
		AddedIn("8.4.0", With("IFDNE", String("ifdne-digest"))),
	}
}

// valueCondition is what a client thinks of a string's value.
type valueCondition struct {
	given   bool
	want    []byte
	digest  bool // want is the digest of the value
	differs bool // the value must be another; a missing one is
}

// is tells whether word names a condition.
func (c *valueCondition) is(word []byte) bool {
	return EqualFold(word, "IFEQ") || EqualFold(word, "IFNE") || EqualFold(word, "IFDEQ") || EqualFold(word, "IFDNE")
}

// read reads a condition that word names.
func (c *valueCondition) read(word, want []byte) error {
	c.given, c.want = true, want
	c.digest = EqualFold(word[2:3], "D")
	c.differs = EqualFold(word[len(word)-2:], "NE")
	if c.digest {
		if _, err := strconv.ParseUint(string(want), 16, 64); err != nil || len(want) != digestSize {
			return Errf("must be exactly 16 hexadecimal characters")
		}
	}
	return nil
}

// holds tells whether a value, which exists or does not, meets the condition.
func (c *valueCondition) holds(value []byte, exists bool) bool {
	if !exists {
		return c.differs
	}
	same := false
	if c.digest {
		same = bytes.EqualFold(appendDigest(nil, value), c.want)
	} else {
		same = bytes.Equal(value, c.want)
	}
	return same != c.differs
}

const digestSize = 16

// appendDigest appends the digest of a value in hexadecimal.
func appendDigest(b, value []byte) []byte {
	sum := xxh3.Sum64(value)
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, hexDigits[sum>>shift&15])
	}
	return b
}

// delex replies whether the key was deleted.
func delex(ks *Keyspace, args Args, w Reply) error {
	if len(args) == 1 {
		return del(ks, args, w)
	}
	var c valueCondition
	switch {
	case len(args) != 3:
		return errArity("delex")
	case !c.is(args[1]):
		return Errf("Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE")
	}
	if err := c.read(args[1], args[2]); err != nil {
		return err
	}
	value, ok, err := ks.String(args.Key(0))
	if err != nil {
		return Errf("Key should be of string type if conditions are specified")
	}
	if !ok || !c.holds(value, true) {
		w.Int(0)
		return nil
	}
	return del(ks, args[:1], w)
}

func digest(ks *Keyspace, args Args, w Reply) error {
	value, ok, err := ks.String(args.Key(0))
	if err != nil {
		return err
	}
	if !ok {
		w.Null()
		return nil
	}
	w.Bulk(appendDigest(nil, value))
	return nil
}

// msetex replies whether the keys were set: all or none.
func msetex(ks *Keyspace, args Args, w Reply) error {
	n, ok := ParseInt(args[0])
	if !ok || n < 1 || n > math.MaxInt32 {
		return Errf("invalid numkeys value")
	}
	if 2*n > int64(len(args)-1) {
		return Errf("wrong number of key-value pairs")
	}
	pairs, rest := args[1:1+2*n], args[1+2*n:]
	o, err := parseOptions(rest, false, func(o *setOptions, i int) (int, bool, error) { return i, o.existence(rest, i), nil })
	if err != nil {
		return err
	}
	deadline, err := o.deadline(ks, "msetex")
	if err != nil {
		return err
	}
	for i := 0; i < len(pairs); i += 2 {
		if may, _ := o.maySet(ks, pairs.Key(i)); !may {
			w.Int(0)
			return nil
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		o.put(ks, pairs.Key(i), pairs[i+1], deadline)
	}
	w.Int(1)
	return nil
}
