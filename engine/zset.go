package engine

import (
	"math"
	"slices"
)

func zsetCommands() []Command {
	return slices.Concat(zsetMemberCommands(), zsetRangeCommands(), zsetPopCommands(), zsetStoreCommands())
}

// zsetMemberCommands are about single members.
func zsetMemberCommands() []Command {
	return []Command{{
		Name: "zadd", Group: GroupSortedSet, Since: "1.2.0",
		Summary:    "Adds members to a sorted set, or changes their scores.",
		Complexity: "O(log(N)) for each member given, where N is the size of the sorted set",
		Args: []Arg{Key("key"),
			Opt(AddedIn("3.0.2", OneOf("condition", Word("nx", "NX"), Word("xx", "XX")))),
			Opt(AddedIn("6.2.0", OneOf("comparison", Word("gt", "GT"), Word("lt", "LT")))),
			Opt(AddedIn("3.0.2", Word("change", "CH"))), Opt(AddedIn("3.0.2", Word("increment", "INCR"))),
			Many(Double("score"), String("member"))},
		Arity: -4, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Update),
		Run: zadd,
	}, {
		Name: "zcard", Group: GroupSortedSet, Since: "1.2.0",
		Summary:    "Returns the number of members of a sorted set.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO),
		Run: lengthOf((*Keyspace).zsetAt),
	}, {
		Name: "zincrby", Group: GroupSortedSet, Since: "1.2.0",
		Summary:    "Adds to the score of a member of a sorted set, 0 if the member is missing.",
		Complexity: "O(log(N)) where N is the size of the sorted set",
		Args:       []Arg{Key("key"), Integer("increment"), String("member")},
		Arity:      4, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Access|Update),
		Run: zincrby,
	}, {
		Name: "zmscore", Group: GroupSortedSet, Since: "6.2.0",
		Summary:    "Returns the scores of members of a sorted set.",
		Complexity: "O(N) where N is the number of members given",
		Args:       []Arg{Key("key"), Many(String("member"))},
		Arity:      -3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: zmscore,
	}, {
		Name: "zrandmember", Group: GroupSortedSet, Since: "6.2.0",
		Summary:    "Returns random members of a sorted set, with their scores if asked.",
		Complexity: "O(N) where N is the number of members returned",
		Args:       []Arg{Key("key"), Opt(Block("options", Integer("count"), Opt(Word("withscores", "WITHSCORES"))))},
		Arity:      -2, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Tips: []string{"nondeterministic_output"},
		Run:  zrandmember,
	}, {
		Name: "zrank", Group: GroupSortedSet, Since: "2.0.0",
		Summary:    "Returns how many members of a sorted set come before one, lowest score first.",
		Complexity: "O(log(N)) where N is the size of the sorted set",
		Args:       []Arg{Key("key"), String("member"), Opt(AddedIn("7.2.0", Word("withscore", "WITHSCORE")))},
		Arity:      -3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: zrank,
	}, {
		Name: "zrem", Group: GroupSortedSet, Since: "1.2.0",
		Summary:    "Removes members of a sorted set, and the sorted set with its last one.",
		Complexity: "O(M*log(N)) where N is the size of the sorted set and M the number of members given",
		Args:       []Arg{Key("key"), Many(String("member"))},
		Arity:      -3, Flags: Write | Fast, Keys: OneKey(1, RW|Delete),
		Run: zrem,
	}, {
		Name: "zrevrank", Group: GroupSortedSet, Since: "2.0.0",
		Summary:    "Returns how many members of a sorted set come before one, highest score first.",
		Complexity: "O(log(N)) where N is the size of the sorted set",
		Args:       []Arg{Key("key"), String("member"), Opt(AddedIn("7.2.0", Word("withscore", "WITHSCORE")))},
		Arity:      -3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: zrevrank,
	}, {
		Name: "zscan", Group: GroupSortedSet, Since: "2.8.0",
		Summary:    "Walks through the members and scores of a sorted set, some with each call.",
		Complexity: "O(1) for every call, O(N) for a complete walk, where N is the size of the sorted set",
		Args:       []Arg{Key("key"), Integer("cursor"), Opt(With("MATCH", Pattern("pattern"))), Opt(With("COUNT", Integer("count")))},
		Arity:      -3, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Tips: []string{"nondeterministic_output"},
		Run:  zscan,
	}, {
		Name: "zscore", Group: GroupSortedSet, Since: "1.2.0",
		Summary:    "Returns the score of a member of a sorted set.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("member")},
		Arity:      3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: zscore,
	}}
}

var errScoreNaN = Errf("resulting score is not a number (NaN)")

// zaddOptions are what ZADD takes before the scores and members.
type zaddOptions struct {
	onlyNew, onlyOld, greater, less bool // NX XX GT LT
	countChanged, increment         bool // CH INCR
}

// zaddOptions reads the options from argument 1 on and returns the scores and
// members behind them.
func (a Args) zaddOptions(o *zaddOptions) (pairs Args, err error) {
	i := 1
options:
	for ; i < len(a); i++ {
		switch {
		case a.Is(i, "NX"):
			o.onlyNew = true
		case a.Is(i, "XX"):
			o.onlyOld = true
		case a.Is(i, "GT"):
			o.greater = true
		case a.Is(i, "LT"):
			o.less = true
		case a.Is(i, "CH"):
			o.countChanged = true
		case a.Is(i, "INCR"):
			o.increment = true
		default:
			break options
		}
	}
	pairs = a[i:]
	switch {
	case len(pairs) == 0 || len(pairs)%2 != 0:
		return nil, ErrSyntax
	case o.onlyNew && o.onlyOld:
		return nil, Errf("XX and NX options at the same time are not compatible")
	case o.onlyNew && (o.greater || o.less) || o.greater && o.less:
		return nil, Errf("GT, LT, and/or NX options at the same time are not compatible")
	case o.increment && len(pairs) > 2:
		return nil, Errf("INCR option supports a single increment-element pair")
	}
	return pairs, nil
}

// refuses tells whether the options keep a member from its new score.
func (o *zaddOptions) refuses(at zsetPlace, score float64) bool {
	if !at.found {
		return o.onlyOld
	}
	return o.onlyNew || o.greater && score <= at.score || o.less && score >= at.score
}

// zadd replies with the number of new members (or, with CH, of changed ones);
// with INCR with the new score, null if the options refused it.
func zadd(ks *Keyspace, args Args, w Reply) error { return zaddWith(ks, args, zaddOptions{}, w) }

// zincrby is ZADD with INCR, down to the options that it reads.
func zincrby(ks *Keyspace, args Args, w Reply) error {
	return zaddWith(ks, args, zaddOptions{increment: true}, w)
}

func zaddWith(ks *Keyspace, args Args, o zaddOptions, w Reply) error {
	pairs, err := args.zaddOptions(&o)
	if err != nil {
		return err
	}
	var few [8]float64
	scores := few[:0]
	for i := 0; i < len(pairs); i += 2 {
		score, err := pairs.Float(i)
		if err != nil {
			return err
		}
		scores = append(scores, score)
	}
	v, err := ks.zsetToChange(args.Key(0))
	if err != nil {
		return err
	}
	if o.increment {
		return zaddIncrement(ks, v, args.Key(0), pairs[1], scores[0], &o, w)
	}
	ks.addScores(v, args.Key(0), scores, pairs, &o, w)
	return nil
}

// addScores adds the members of pairs with scores to v, the sorted set at key,
// or to a new one if v is nil, and replies as ZADD does.
func (ks *Keyspace) addScores(v *zsetValue, key []byte, scores []float64, pairs Args, o *zaddOptions, w Reply) {
	if v == nil {
		if o.onlyOld {
			w.Int(0)
			return
		}
		v = ks.addZSet(key)
	}
	v.expect(len(scores))
	count, changed := v.putAll(scores, pairs, o)
	if changed {
		ks.notify(EventZSet, "zadd", key)
	}
	w.Int(count)
}

// putAll gives the members of pairs their scores as far as the options let
// it, and counts what ZADD counts.
func (v *zsetValue) putAll(scores []float64, pairs Args, o *zaddOptions) (count int64, changed bool) {
	for i, score := range scores {
		member := pairs[2*i+1]
		at := v.locate(member)
		if at.found && at.score == score || o.refuses(at, score) {
			continue
		}
		v.putAt(at, member, score)
		changed = true
		if !at.found || o.countChanged {
			count++
		}
	}
	return count, changed
}

func zaddIncrement(ks *Keyspace, v *zsetValue, key, member []byte, by float64, o *zaddOptions, w Reply) error {
	var at zsetPlace
	if v != nil {
		at = v.locate(member)
	}
	score := by
	if at.found {
		score += at.score
	}
	if math.IsNaN(score) && !o.onlyNew {
		return errScoreNaN
	}
	if o.refuses(at, score) {
		w.Null()
		return nil
	}
	if v == nil {
		v = ks.addZSet(key)
	}
	if !at.found || score != at.score {
		v.putAt(at, member, score)
		ks.notify(EventZSet, "zincr", key)
	}
	w.Double(score)
	return nil
}

func zscore(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	writeScore(v, args[1], w)
	return nil
}

// writeScore replies with a member's score, null if v, which may be nil, does
// not have it.
func writeScore(v *zsetValue, member []byte, w Reply) {
	if v != nil {
		if score, ok := v.Score(member); ok {
			w.Double(score)
			return
		}
	}
	w.Null()
}

func zmscore(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	w.Array(len(args) - 1)
	for _, member := range args[1:] {
		writeScore(v, member, w)
	}
	return nil
}

// zrem replies with the number of members removed.
func zrem(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.zsetToChange(args.Key(0))
	if err != nil {
		return err
	}
	removed := 0
	if v != nil {
		for _, member := range args[1:] {
			if v.delete(member) {
				removed++
			}
		}
		if removed > 0 {
			ks.notify(EventZSet, "zrem", args.Key(0))
		}
		if v.Len() == 0 {
			ks.removeEmpty(&v.object)
		}
	}
	w.Int(int64(removed))
	return nil
}

func zrank(ks *Keyspace, args Args, w Reply) error { return writeRank(ks, args, "zrank", false, w) }

func zrevrank(ks *Keyspace, args Args, w Reply) error {
	return writeRank(ks, args, "zrevrank", true, w)
}

func writeRank(ks *Keyspace, args Args, name string, backwards bool, w Reply) error {
	withScore := args.Is(2, "WITHSCORE")
	if len(args) > 3 {
		return errArity(name)
	}
	if len(args) == 3 && !withScore {
		return ErrSyntax
	}
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	rank, score, ok := 0, 0.0, false
	if v != nil {
		rank, score, ok = v.Rank(args[1])
	}
	if ok && backwards {
		rank = v.Len() - 1 - rank
	}
	switch {
	case ok && withScore:
		w.Array(2)
		w.Int(int64(rank))
		w.Double(score)
	case ok:
		w.Int(int64(rank))
	case withScore:
		w.NullArray()
	default:
		w.Null()
	}
	return nil
}

// zscan replies with the next cursor and some members and scores; with all of
// them at once for a small sorted set.
func zscan(ks *Keyspace, args Args, w Reply) error {
	cursor, err := args.cursor(1)
	if err != nil {
		return err
	}
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		writeScan(w, 0, 0)
		return nil
	}
	o, err := args.scanOptions(2, "")
	if err != nil {
		return err
	}
	var found [][]byte
	cursor = v.scan(cursor, &o, func(member, score []byte) { found = append(found, member, score) })
	writeScan(w, cursor, len(found))
	for _, b := range found {
		w.Bulk(b)
	}
	return nil
}

// zrandmember without a count replies with one member; with one, with that
// many different ones, or, if it is negative, with exactly so many that may
// repeat.
func zrandmember(ks *Keyspace, args Args, w Reply) error {
	if len(args) == 1 {
		return zrandmemberOne(ks, args, w)
	}
	count, withScores, err := args.samplePairs("WITHSCORES")
	if err != nil {
		return err
	}
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil || count == 0 {
		w.Array(0)
		return nil
	}
	return v.writeRandom(count, withScores, w)
}

func zrandmemberOne(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil {
		w.Null()
		return nil
	}
	v.repeat(1, func(member []byte, _ float64) bool { w.Bulk(member); return true })
	return nil
}

func (v *zsetValue) writeRandom(count int64, withScores bool, w Reply) error {
	if count >= 0 {
		n := int(min(count, int64(v.Len())))
		v.choose(n, membersTo(w, n, withScores))
		return nil
	}
	if err := checkRepeats(-count, int64(v.memory()), int64(v.Len())); err != nil {
		return err
	}
	v.repeat(int(-count), membersTo(w, int(-count), withScores))
	return nil
}

// membersTo announces n members, which the function that it returns writes.
func membersTo(w Reply, n int, withScores bool) func(member []byte, score float64) bool {
	if !withScores {
		w.Array(n)
		return func(member []byte, _ float64) bool {
			w.Bulk(member)
			return true
		}
	}
	w.Pairs(n)
	return func(member []byte, score float64) bool {
		w.Pair()
		w.Bulk(member)
		w.Double(score)
		return true
	}
}
