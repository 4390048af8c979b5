package engine

import "math"

func databaseCommands() []Command {
	mode := Opt(OneOf("flush-type", AddedIn("4.0.0", Word("async", "ASYNC")), AddedIn("6.2.0", Word("sync", "SYNC"))))
	all := []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	return []Command{{
		Name: "dbsize", Group: GroupServer, Since: "1.0.0",
		Summary:    "Returns the number of keys in the database.",
		Complexity: "O(1)",
		Arity:      1, Flags: ReadOnly | Fast, Categories: []string{"keyspace"},
		Tips: []string{"request_policy:all_shards", "response_policy:agg_sum"},
		Run:  dbsize,
	}, {
		Name: "flushall", Group: GroupServer, Since: "1.0.0",
		Summary:    "Removes all keys from all databases.",
		Complexity: "O(1)",
		Args:       []Arg{mode},
		Arity:      -1, Flags: Write, Categories: []string{"keyspace", "dangerous"}, Tips: all,
		Run: flushall,
	}, {
		Name: "flushdb", Group: GroupServer, Since: "1.0.0",
		Summary:    "Removes all keys from the current database.",
		Complexity: "O(1)",
		Args:       []Arg{mode},
		Arity:      -1, Flags: Write, Categories: []string{"keyspace", "dangerous"}, Tips: all,
		Run: flushdb,
	}, {
		Name: "swapdb", Group: GroupServer, Since: "4.0.0",
		Summary:    "Swaps two databases.",
		Complexity: "O(N) where N is the count of clients watching or blocking on keys from both databases.",
		Args:       []Arg{Integer("index1"), Integer("index2")},
		Arity:      3, Flags: Write | Fast, Categories: []string{"keyspace", "dangerous"},
		Run: swapdb,
	}}
}

// dbsize counts expired keys too until somebody meets them.
func dbsize(ks *Keyspace, _ Args, w Reply) error {
	w.Int(int64(ks.Len()))
	return nil
}

func flushdb(ks *Keyspace, args Args, w Reply) error {
	if err := checkFlushMode(args); err != nil {
		return err
	}
	ks.flushKeys()
	ks.e.noteFlush()
	w.Status("OK")
	return nil
}

func flushall(ks *Keyspace, args Args, w Reply) error {
	if err := checkFlushMode(args); err != nil {
		return err
	}
	for _, db := range ks.e.dbs {
		db.flushKeys()
	}
	ks.e.noteFlush()
	w.Status("OK")
	return nil
}

// checkFlushMode checks that args is nothing or one of SYNC and ASYNC, which
// do the same here: a database goes at once, and the collector frees it.
func checkFlushMode(args Args) error {
	if len(args) == 0 || len(args) == 1 && (args.Is(0, "SYNC") || args.Is(0, "ASYNC")) {
		return nil
	}
	return ErrSyntax
}

// flushKeys is Flush, but leaves an empty database as it is.
func (ks *Keyspace) flushKeys() {
	if ks.Len() > 0 {
		ks.Flush()
	}
}

func swapdb(ks *Keyspace, args Args, w Reply) error {
	a, err := args.IntIn(0, math.MinInt32, math.MaxInt32)
	if err != nil {
		return Errf("invalid first DB index")
	}
	b, err := args.IntIn(1, math.MinInt32, math.MaxInt32)
	if err != nil {
		return Errf("invalid second DB index")
	}
	for _, index := range [2]int64{a, b} {
		if _, err := ks.Other(index); err != nil {
			return err
		}
	}
	ks.e.swap(int(a), int(b))
	ks.e.noteFlush()
	w.Status("OK")
	return nil
}
