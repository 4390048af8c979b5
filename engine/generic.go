package engine

import (
	"bytes"
	"fmt"
	"math"
)

func genericCommands() []Command {
	sum := []string{"request_policy:multi_shard", "response_policy:agg_sum"}
	return []Command{{
		Name: "copy", Group: GroupGeneric, Since: "6.2.0",
		Summary:    "Copies the value of a key to a new key.",
		Complexity: "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
		Args: []Arg{Key("source"), Keyed(1, Key("destination")),
			Opt(With("DB", Integer("destination-db"))), Opt(Word("replace", "REPLACE"))},
		Arity: -3, Flags: Write | DenyOOM, Keys: Specs(OneKey(1, RO|Access), OneKey(2, OW|Update)),
		Run: copyCommand,
	}, {
		Name: "del", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Deletes one or more keys.",
		Complexity: "O(N) where N is the number of keys that will be removed.",
		Args:       []Arg{Many(Key("key"))},
		Arity:      -2, Flags: Write, Keys: KeyRange(1, -1, 1, RM|Delete), Tips: sum,
		Run: del,
	}, {
		Name: "exists", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Counts which of the given keys exist.",
		Complexity: "O(N) where N is the number of keys to check.",
		Args:       []Arg{Many(Key("key"))},
		Arity:      -2, Flags: ReadOnly | Fast, Keys: KeyRange(1, -1, 1, RO), Tips: sum,
		Run: exists,
	}, {
		Name: "move", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Moves a key to another database.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Integer("db")},
		Arity:      3, Flags: Write | Fast, Keys: OneKey(1, RW|Access|Update),
		Run: moveCommand,
	}, {
		Name: "randomkey", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Returns a random key of the database.",
		Complexity: "O(1)",
		Arity:      1, Flags: ReadOnly,
		Tips: []string{"request_policy:all_shards", "nondeterministic_output"},
		Run:  randomkey,
	}, {
		Name: "rename", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Renames a key and overwrites the destination.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Keyed(1, Key("newkey"))},
		Arity:      3, Flags: Write, Keys: Specs(OneKey(1, RW|Access|Delete), OneKey(2, OW|Update)),
		Run: rename,
	}, {
		Name: "renamenx", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Renames a key, only if the destination does not exist.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Keyed(1, Key("newkey"))},
		Arity:      3, Flags: Write | Fast, Keys: Specs(OneKey(1, RW|Access|Delete), OneKey(2, OW|Insert)),
		Run: renamenx,
	}, {
		Name: "touch", Group: GroupGeneric, Since: "3.2.1",
		Summary:    "Counts which of the given keys exist and updates when they were last accessed.",
		Complexity: "O(N) where N is the number of keys that will be touched.",
		Args:       []Arg{Many(Key("key"))},
		Arity:      -2, Flags: ReadOnly | Fast, Keys: KeyRange(1, -1, 1, RO), Tips: sum,
		Run: touch,
	}, {
		Name: "type", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Returns the type of the value at a key.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO),
		Run: typeCommand,
	}, {
		Name: "unlink", Group: GroupGeneric, Since: "4.0.0",
		Summary:    "Deletes one or more keys, as DEL does.",
		Complexity: "O(N) where N is the number of keys that will be removed.",
		Args:       []Arg{Many(Key("key"))},
		Arity:      -2, Flags: Write | Fast, Keys: KeyRange(1, -1, 1, RM|Delete), Tips: sum,
		Run: del,
	}}
}

// copyCommand replies whether the key was copied, its deadline along with it.
func copyCommand(ks *Keyspace, args Args, w Reply) error {
	to, replace, err := parseCopyOptions(ks, args)
	if err != nil {
		return err
	}
	if to == ks && bytes.Equal(args.Key(0), args.Key(1)) {
		return ErrSameObject
	}
	h := ks.lookup(args.Key(0))
	if h == nil {
		w.Int(0)
		return nil
	}
	if there := to.find(args.Key(1)); there != nil {
		if !replace {
			w.Int(0)
			return nil
		}
		to.remove(there)
	}
	h.copyTo(to, args.Key(1))
	to.notify(EventGeneric, "copy_to", args.Key(1))
	w.Int(1)
	return nil
}

func parseCopyOptions(ks *Keyspace, args Args) (to *Keyspace, replace bool, err error) {
	to = ks
	for i := 2; i < len(args); i++ {
		switch {
		case args.Is(i, "REPLACE"):
			replace = true
		case args.Is(i, "DB") && i+1 < len(args):
			i++
			if to, err = args.database(ks, i); err != nil {
				return nil, false, err
			}
		default:
			return nil, false, ErrSyntax
		}
	}
	return to, replace, nil
}

// database reads argument i as the number of a database.
func (a Args) database(ks *Keyspace, i int) (*Keyspace, error) {
	n, err := a.Int(i)
	if err != nil {
		return nil, err
	}
	if n != int64(int32(n)) {
		return nil, Errf(fmt.Sprintf("value is out of range, value must between %d and %d", math.MinInt32, math.MaxInt32))
	}
	return ks.Other(n)
}

// copyTo copies the entry's value and deadline to key of ks, which is free.
func (h *header) copyTo(ks *Keyspace, key []byte) {
	if h.kind != KindString {
		h.object().collection().copyTo(ks, key)
		if at := h.deadlineMs(); at != 0 {
			ks.SetDeadline(key, at)
		}
		return
	}
	ks.SetString(key, stringOf(h), h.deadlineMs())
	entry(ks.keys.Find(key)).flags |= h.flags & flagsEncoding
}

// del replies with the number of keys removed. UNLINK is the same: removing
// is O(1) here whatever the value's size.
func del(ks *Keyspace, args Args, w Reply) error {
	n := 0
	for _, key := range args {
		if ks.Delete(key) {
			ks.notify(EventGeneric, "del", key)
			n++
		}
	}
	w.Int(int64(n))
	return nil
}

// exists counts a key as often as it is given.
func exists(ks *Keyspace, args Args, w Reply) error {
	n := 0
	for _, key := range args {
		if ks.peek(key) != nil {
			n++
		}
	}
	w.Int(int64(n))
	return nil
}

func moveCommand(ks *Keyspace, args Args, w Reply) error {
	to, err := args.database(ks, 1)
	if err != nil {
		return err
	}
	if to == ks {
		return ErrSameObject
	}
	key := args.Key(0)
	if !ks.Exists(key) || to.Exists(key) {
		w.Int(0)
		return nil
	}
	ks.rename(key, to, key)
	to.notify(EventNew, "new", key)
	ks.notify(EventGeneric, "move_from", key)
	to.notify(EventGeneric, "move_to", key)
	w.Int(1)
	return nil
}

func randomkey(ks *Keyspace, _ Args, w Reply) error {
	for tries := 1; ; tries++ {
		h := entry(ks.keys.Random(ks.Rand))
		if h == nil {
			w.Null()
			return nil
		}
		// One that has expired goes, and another is drawn; but for a pause,
		// during which all there is may have expired.
		if ks.see(h.keyBytes()) != nil || ks.e.pause.on && tries == 100 {
			w.Bulk(h.keyBytes())
			return nil
		}
	}
}

func rename(ks *Keyspace, args Args, w Reply) error {
	if !ks.Exists(args.Key(0)) {
		return ErrNoKey
	}
	if !bytes.Equal(args.Key(0), args.Key(1)) {
		ks.find(args.Key(1)) // it goes in either case, but one that has expired is told of
		ks.renameKey(args.Key(0), args.Key(1))
	}
	w.Status("OK")
	return nil
}

// renameKey is rename within the database, with its events.
func (ks *Keyspace) renameKey(from, to []byte) {
	ks.rename(from, ks, to)
	ks.notify(EventNew, "new", to)
	ks.notify(EventGeneric, "rename_from", from)
	ks.notify(EventGeneric, "rename_to", to)
}

// renamenx replies whether the key was renamed.
func renamenx(ks *Keyspace, args Args, w Reply) error {
	if !ks.Exists(args.Key(0)) {
		return ErrNoKey
	}
	if ks.Exists(args.Key(1)) {
		w.Int(0)
		return nil
	}
	ks.renameKey(args.Key(0), args.Key(1))
	w.Int(1)
	return nil
}

func touch(ks *Keyspace, args Args, w Reply) error {
	n := 0
	for _, key := range args {
		if h := ks.peek(key); h != nil {
			// Even for a client that asked not to touch keys otherwise.
			if ks.e.rehearsal == nil {
				ks.e.touchEntry(h)
			}
			n++
		}
	}
	w.Int(int64(n))
	return nil
}

func typeCommand(ks *Keyspace, args Args, w Reply) error {
	kind := KindNone
	if h := ks.peek(args.Key(0)); h != nil {
		kind = h.kind
	}
	w.Status(kind.String())
	return nil
}
