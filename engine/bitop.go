package engine

import (
	"slices"
	"strings"

	"perigee/engine/bitstring"
)

func bitopCommands() []Command {
	return []Command{{
		Name: "bitop", Group: GroupBitmap, Since: "2.6.0",
		Summary:    "Combines strings bit by bit and stores the result.",
		Complexity: "O(N) where N is the length of all strings",
		Args: []Arg{OneOf("operation", Word("and", "AND"), Word("or", "OR"), Word("xor", "XOR"), Word("not", "NOT"),
			AddedIn("8.2.0", Word("diff", "DIFF")), AddedIn("8.2.0", Word("diff1", "DIFF1")),
			AddedIn("8.2.0", Word("andor", "ANDOR")), AddedIn("8.2.0", Word("one", "ONE"))),
			Key("destkey"), Keyed(1, Many(Key("key")))},
		Arity: -4, Flags: Write | DenyOOM, Keys: Specs(OneKey(2, OW|Update), KeyRange(3, -1, 1, RO|Access)),
		Run: bitop,
	}}
}

// bitOps are BITOP's operations in the order of bitstring's.
var bitOps = []string{"AND", "OR", "XOR", "NOT", "DIFF", "DIFF1", "ANDOR", "ONE"}

// bitop replies with the length of the result; an empty one deletes the
// destination.
func bitop(ks *Keyspace, args Args, w Reply) error {
	op := bitstring.Op(slices.IndexFunc(bitOps, func(word string) bool { return args.Is(0, word) }))
	keys := args[2:]
	switch {
	case int(op) >= len(bitOps):
		return ErrSyntax
	case op == bitstring.Not && len(keys) != 1:
		return Errf("BITOP NOT must be called with a single source key.")
	case (op == bitstring.Diff || op == bitstring.Diff1 || op == bitstring.AndOr) && len(keys) < 2:
		return Errf("BITOP " + strings.ToUpper(string(args[0])) + " must be called with at least two source keys.")
	}
	sources := make([][]byte, len(keys))
	for i := range keys {
		var err error
		if sources[i], _, err = ks.String(keys.Key(i)); err != nil {
			return err
		}
	}
	result := bitstring.Combine(op, sources)
	n := len(result)
	if n > 0 {
		ks.SetRaw(args.Key(1), result)
		ks.notify(EventString, "set", args.Key(1))
	} else {
		ks.storeNothing(args.Key(1))
	}
	w.Int(int64(n))
	return nil
}
