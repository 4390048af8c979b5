package engine

import (
	"strings"
	"unsafe"

	"perigee/engine/dict"
	"perigee/engine/glob"
)

func keyscanCommands() []Command {
	return []Command{{
		Name: "keys", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Returns all keys that match a pattern.",
		Complexity: "O(N) with N being the number of keys in the database; O(1) for a pattern without special characters.",
		Args:       []Arg{Pattern("pattern")},
		Arity:      2, Flags: ReadOnly, Categories: []string{"dangerous"},
		Tips: []string{"request_policy:all_shards", "nondeterministic_output_order"},
		Run:  keysCommand,
	}, {
		Name: "scan", Group: GroupGeneric, Since: "2.8.0",
		Summary:    "Iterates over the keys of the database.",
		Complexity: "O(1) for every call. O(N) for a complete iteration, N being the number of keys in the database.",
		Args: []Arg{Integer("cursor"), Opt(With("MATCH", Pattern("pattern"))),
			Opt(With("COUNT", Integer("count"))), AddedIn("6.0.0", Opt(With("TYPE", String("type"))))},
		Arity: -2, Flags: ReadOnly,
		Tips: []string{"nondeterministic_output", "request_policy:special"},
		Run:  scanCommand,
	}}
}

// keysCommand replies with the live keys that match. A pattern that is just a
// key is looked up.
func keysCommand(ks *Keyspace, args Args, w Reply) error {
	pattern := args[0]
	if glob.IsLiteral(pattern) {
		h := entry(ks.keys.Find(pattern))
		if h == nil || ks.expired(h) {
			w.Array(0)
			return nil
		}
		w.Array(1)
		w.Bulk(pattern)
		return nil
	}
	var found [][]byte
	all := glob.IsAll(pattern)
	ks.keys.Each(func(p unsafe.Pointer) bool {
		h := entry(p)
		if (all || glob.Match(pattern, h.keyBytes(), false)) && !ks.expired(h) {
			found = append(found, h.keyBytes())
		}
		return true
	})
	w.Array(len(found))
	for _, key := range found {
		w.Bulk(key)
	}
	return nil
}

// expired tells whether an entry's deadline has passed.
func (ks *Keyspace) expired(h entry) bool {
	at := h.deadlineMs()
	return at != 0 && at <= ks.e.now
}

// scanCommand removes the expired keys that it would have replied with.
func scanCommand(ks *Keyspace, args Args, w Reply) error {
	cursor, err := args.cursor(0)
	if err != nil {
		return err
	}
	o, err := args.scanOptions(1, "TYPE")
	if err != nil {
		return err
	}
	kind := strings.ToLower(string(o.kind))
	var found, gone []entry
	cursor = o.table(ks.keys, cursor, func(p dict.Entry) {
		h := entry(p)
		switch {
		case !o.matches(h.keyBytes()):
		case ks.expired(h):
			gone = append(gone, h)
		case o.kind == nil || h.kind.String() == kind:
			found = append(found, h)
		}
	})
	for _, h := range gone {
		if !ks.e.pause.on {
			ks.expire(h)
		}
	}
	writeScan(w, cursor, len(found))
	for _, h := range found {
		w.Bulk(h.keyBytes())
	}
	return nil
}
