package engine

import "bytes"

// zsetRangeCommands are about runs of members that follow each other.
func zsetRangeCommands() []Command {
	limit := Opt(With("LIMIT", Block("offset_count", Integer("offset"), Integer("count"))))
	withScores := Opt(Word("withscores", "WITHSCORES"))
	sortBy := Opt(OneOf("sortby", Word("byscore", "BYSCORE"), Word("bylex", "BYLEX")))
	const perRange = "O(log(N)+M) where N is the size of the sorted set and M the number of members returned"
	const perRemoval = "O(log(N)+M) where N is the size of the sorted set and M the number of members removed"
	return []Command{{
		Name: "zcount", Group: GroupSortedSet, Since: "2.0.0",
		Summary:    "Counts the members of a sorted set with scores in a range.",
		Complexity: "O(log(N)) where N is the size of the sorted set",
		Args:       []Arg{Key("key"), Double("min"), Double("max")},
		Arity:      4, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: zcount,
	}, {
		Name: "zlexcount", Group: GroupSortedSet, Since: "2.8.9",
		Summary:    "Counts the members of a sorted set in a range of names.",
		Complexity: "O(log(N)) where N is the size of the sorted set",
		Args:       []Arg{Key("key"), String("min"), String("max")},
		Arity:      4, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: zlexcount,
	}, {
		Name: "zrange", Group: GroupSortedSet, Since: "1.2.0",
		Summary:    "Returns the members of a sorted set in a range of ranks, scores or names.",
		Complexity: perRange,
		Args: []Arg{Key("key"), String("start"), String("stop"), AddedIn("6.2.0", sortBy),
			Opt(AddedIn("6.2.0", Word("rev", "REV"))), AddedIn("6.2.0", limit), withScores},
		Arity: -4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: zrange,
	}, {
		Name: "zrangebylex", Group: GroupSortedSet, Since: "2.8.9",
		Summary:    "Returns the members of a sorted set in a range of names.",
		Complexity: perRange,
		Args:       []Arg{Key("key"), String("min"), String("max"), limit},
		Arity:      -4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: zrangebylex,
	}, {
		Name: "zrangebyscore", Group: GroupSortedSet, Since: "1.0.5",
		Summary:    "Returns the members of a sorted set with scores in a range.",
		Complexity: perRange,
		Args:       []Arg{Key("key"), Double("min"), Double("max"), AddedIn("2.0.0", withScores), limit},
		Arity:      -4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: zrangebyscore,
	}, {
		Name: "zrangestore", Group: GroupSortedSet, Since: "6.2.0",
		Summary:    "Stores the members of a sorted set in a range at another key.",
		Complexity: "O(log(N)+M) where N is the size of the sorted set and M the number of members stored",
		Args: []Arg{Key("dst"), Keyed(1, Key("src")), String("min"), String("max"), sortBy,
			Opt(Word("rev", "REV")), limit},
		Arity: -5, Flags: Write | DenyOOM, Keys: Specs(OneKey(1, OW|Update), OneKey(2, RO|Access)),
		Run: zrangestore,
	}, {
		Name: "zremrangebylex", Group: GroupSortedSet, Since: "2.8.9",
		Summary:    "Removes the members of a sorted set in a range of names.",
		Complexity: perRemoval,
		Args:       []Arg{Key("key"), String("min"), String("max")},
		Arity:      4, Flags: Write, Keys: OneKey(1, RW|Delete),
		Run: zremrangebylex,
	}, {
		Name: "zremrangebyrank", Group: GroupSortedSet, Since: "2.0.0",
		Summary:    "Removes the members of a sorted set in a range of ranks.",
		Complexity: perRemoval,
		Args:       []Arg{Key("key"), Integer("start"), Integer("stop")},
		Arity:      4, Flags: Write, Keys: OneKey(1, RW|Delete),
		Run: zremrangebyrank,
	}, {
		Name: "zremrangebyscore", Group: GroupSortedSet, Since: "1.2.0",
		Summary:    "Removes the members of a sorted set with scores in a range.",
		Complexity: perRemoval,
		Args:       []Arg{Key("key"), Double("min"), Double("max")},
		Arity:      4, Flags: Write, Keys: OneKey(1, RW|Delete),
		Run: zremrangebyscore,
	}, {
		Name: "zrevrange", Group: GroupSortedSet, Since: "1.2.0",
		Summary:    "Returns the members of a sorted set in a range of ranks, highest score first.",
		Complexity: perRange,
		Args:       []Arg{Key("key"), Integer("start"), Integer("stop"), withScores},
		Arity:      -4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: zrevrange,
	}, {
		Name: "zrevrangebylex", Group: GroupSortedSet, Since: "2.8.9",
		Summary:    "Returns the members of a sorted set in a range of names, highest first.",
		Complexity: perRange,
		Args:       []Arg{Key("key"), String("max"), String("min"), limit},
		Arity:      -4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: zrevrangebylex,
	}, {
		Name: "zrevrangebyscore", Group: GroupSortedSet, Since: "2.2.0",
		Summary:    "Returns the members of a sorted set with scores in a range, highest first.",
		Complexity: perRange,
		Args:       []Arg{Key("key"), Double("max"), Double("min"), withScores, limit},
		Arity:      -4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: zrevrangebyscore,
	}}
}

func zcount(ks *Keyspace, args Args, w Reply) error { return countRange(ks, args, byScore, w) }

func zlexcount(ks *Keyspace, args Args, w Reply) error { return countRange(ks, args, byLex, w) }

func countRange(ks *Keyspace, args Args, by zrangeBy, w Reply) error {
	q := zrangeQuery{by: by}
	if err := q.readBounds(args, 1); err != nil {
		return err
	}
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	n := 0
	if v != nil {
		_, n = v.span(&q)
	}
	w.Int(int64(n))
	return nil
}

func zrange(ks *Keyspace, args Args, w Reply) error {
	return replyRange(ks, args, zrangeQuery{open: true}, w)
}

func zrangebylex(ks *Keyspace, args Args, w Reply) error {
	return replyRange(ks, args, zrangeQuery{by: byLex}, w)
}

func zrangebyscore(ks *Keyspace, args Args, w Reply) error {
	return replyRange(ks, args, zrangeQuery{by: byScore}, w)
}

func zrevrange(ks *Keyspace, args Args, w Reply) error {
	return replyRange(ks, args, zrangeQuery{backwards: true}, w)
}

func zrevrangebylex(ks *Keyspace, args Args, w Reply) error {
	return replyRange(ks, args, zrangeQuery{by: byLex, backwards: true}, w)
}

func zrevrangebyscore(ks *Keyspace, args Args, w Reply) error {
	return replyRange(ks, args, zrangeQuery{by: byScore, backwards: true}, w)
}

// replyRange replies with the members that q and the arguments ask for.
func replyRange(ks *Keyspace, args Args, q zrangeQuery, w Reply) error {
	if err := q.read(args, 1); err != nil {
		return err
	}
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Array(0)
		return nil
	}
	first, n := v.run(&q)
	v.walk(first, n, q.backwards, membersTo(w, n, q.withScores))
	return nil
}

// zrangestore replies with the number of members stored.
func zrangestore(ks *Keyspace, args Args, w Reply) error {
	q := zrangeQuery{open: true, storing: true}
	if err := q.read(args, 2); err != nil {
		return err
	}
	v, err := ks.zsetAt(args.Key(1))
	if err != nil {
		return err
	}
	var result zresult
	if v != nil {
		first, n := v.run(&q)
		v.walk(first, n, q.backwards, result.add)
	}
	ks.storeZSet(args.Key(0), &result, "zrangestore")
	w.Int(int64(len(result.items)))
	return nil
}

func zremrangebylex(ks *Keyspace, args Args, w Reply) error {
	return removeRange(ks, args, byLex, "zremrangebylex", w)
}

func zremrangebyrank(ks *Keyspace, args Args, w Reply) error {
	return removeRange(ks, args, byRank, "zremrangebyrank", w)
}

func zremrangebyscore(ks *Keyspace, args Args, w Reply) error {
	return removeRange(ks, args, byScore, "zremrangebyscore", w)
}

// removeRange replies with the number of members removed.
func removeRange(ks *Keyspace, args Args, by zrangeBy, event string, w Reply) error {
	q := zrangeQuery{by: by}
	if err := q.readBounds(args, 1); err != nil {
		return err
	}
	v, err := ks.zsetToChange(args.Key(0))
	if err != nil {
		return err
	}
	n := 0
	if v != nil {
		var first int
		if first, n = v.span(&q); n > 0 {
			ks.notify(EventZSet, event, args.Key(0))
		}
		v.deleteRange(first, n)
	}
	w.Int(int64(n))
	return nil
}

// zrangeBy is what the bounds of a range are.
type zrangeBy uint8

const (
	byRank zrangeBy = iota
	byScore
	byLex
)

// zrangeQuery is what a command of the ZRANGE family asks for.
type zrangeQuery struct {
	by         zrangeBy
	backwards  bool
	withScores bool
	open       bool // BYSCORE, BYLEX and REV are allowed
	storing    bool // WITHSCORES is not

	start, stop   int64      // byRank
	min, max      scoreBound // byScore
	from, to      lexBound   // byLex
	offset, count int64      // LIMIT; a negative count is none
}

// read reads bounds from argument i on and the options behind them. The
// options come first in what can be wrong.
func (q *zrangeQuery) read(args Args, i int) error {
	if err := q.readOptions(args, i+2); err != nil {
		return err
	}
	return q.readBounds(args, i)
}

func (q *zrangeQuery) readOptions(args Args, i int) (err error) {
	q.count = -1
	for ; i < len(args); i++ {
		switch {
		case !q.storing && args.Is(i, "WITHSCORES"):
			q.withScores = true
		case args.Is(i, "LIMIT") && i+2 < len(args):
			if q.offset, err = args.Int(i + 1); err != nil {
				return err
			}
			if q.count, err = args.Int(i + 2); err != nil {
				return err
			}
			i += 2
		case q.open && !q.backwards && args.Is(i, "REV"):
			q.backwards = true
		case q.open && q.by == byRank && args.Is(i, "BYLEX"):
			q.by = byLex
		case q.open && q.by == byRank && args.Is(i, "BYSCORE"):
			q.by = byScore
		default:
			return ErrSyntax
		}
	}
	if q.by == byRank {
		if q.count != -1 {
			return Errf("syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
		}
		q.offset = 0
	}
	if q.by == byLex && q.withScores {
		return Errf("syntax error, WITHSCORES not supported in combination with BYLEX")
	}
	return nil
}

// readBounds reads arguments i and i+1. Scores and names come highest first
// where the range goes backwards; ranks then count from the highest score.
func (q *zrangeQuery) readBounds(args Args, i int) (err error) {
	low, high := args[i], args[i+1]
	if q.backwards {
		low, high = high, low
	}
	ok := true
	switch q.by {
	case byRank:
		if q.start, err = args.Int(i); err == nil {
			q.stop, err = args.Int(i + 1)
		}
	case byScore:
		if q.min, ok = readScoreBound(low); ok {
			q.max, ok = readScoreBound(high)
		}
		if !ok {
			err = ErrMinMaxFloat
		}
	case byLex:
		if q.from, ok = readLexBound(low); ok {
			q.to, ok = readLexBound(high)
		}
		if !ok {
			err = ErrMinMaxLex
		}
	}
	return err
}

// scoreBound is one end of a range of scores.
type scoreBound struct {
	score     float64
	exclusive bool
}

// readScoreBound reads a score, after a parenthesis if it is exclusive. As
// with C's strtod it may have spaces before, overflow to infinity, end at a zero
// byte and be empty, which is 0.
func readScoreBound(b []byte) (bound scoreBound, ok bool) {
	if len(b) > 0 && b[0] == '(' {
		bound.exclusive = true
		b = b[1:]
	}
	if n, isInt := ParseInt(b); isInt {
		bound.score = float64(n)
		return bound, true
	}
	b, _, _ = bytes.Cut(b, []byte{0})
	if len(b) == 0 {
		return bound, true
	}
	bound.score, _, ok = readDouble(bytes.TrimLeft(b, " \t\n\v\f\r"))
	return bound, ok
}

// lexBound is one end of a range of names: a name, or, for infinite -1 or 1,
// what is lower or higher than all of them.
type lexBound struct {
	name      []byte
	infinite  int
	exclusive bool
}

func readLexBound(b []byte) (bound lexBound, ok bool) {
	if len(b) == 0 {
		return bound, false
	}
	bound.name = b[1:]
	switch b[0] {
	case '-':
		bound.infinite = -1
		return bound, len(b) == 1
	case '+':
		bound.infinite = 1
		return bound, len(b) == 1
	case '(':
		bound.exclusive = true
		return bound, true
	}
	return bound, b[0] == '['
}

// compare tells whether name is below, at or above the bound's name.
func (l *lexBound) compare(name []byte) int {
	if l.infinite != 0 {
		return -l.infinite
	}
	return bytes.Compare(name, l.name)
}

// span returns the rank of the first member in the range and how many there
// are, without regard to LIMIT.
func (v *zsetValue) span(q *zrangeQuery) (first, n int) {
	switch q.by {
	case byRank:
		return v.ranks(q.start, q.stop, q.backwards)
	case byScore:
		first = v.beforeScore(q.min.score, q.min.exclusive)
		n = v.beforeScore(q.max.score, !q.max.exclusive)
	case byLex:
		first = v.beforeName(&q.from, q.from.exclusive)
		n = v.beforeName(&q.to, !q.to.exclusive)
	}
	return first, max(n-first, 0)
}

// ranks is span for ranks from start to stop, of which negative ones count from
// the end. Backwards, the highest score has rank 0.
func (v *zsetValue) ranks(start, stop int64, backwards bool) (first, n int) {
	size := int64(v.Len())
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
	if backwards {
		return int(size - 1 - stop), int(stop - start + 1)
	}
	return int(start), int(stop - start + 1)
}

// run is span under LIMIT, first being where a walk in the query's direction
// begins.
func (v *zsetValue) run(q *zrangeQuery) (first, n int) {
	first, all := v.span(q)
	if q.offset < 0 || q.offset >= int64(all) {
		return 0, 0
	}
	skip := int(q.offset)
	n = all - skip
	if q.count >= 0 {
		n = int(min(q.count, int64(n)))
	}
	if q.backwards {
		return first + all - 1 - skip, n
	}
	return first + skip, n
}
