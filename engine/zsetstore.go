package engine

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"unsafe"

	"perigee/engine/dict"
	"perigee/engine/ztree"
)

// zsetStoreCommands calculate with whole sorted sets.
func zsetStoreCommands() []Command {
	const perUnion = "O(N)+O(M*log(M)) where N is the number of members of all inputs and M that of the result"
	const perInter = "O(N*K)+O(M*log(M)) where N is the size of the smallest input, K the number of inputs and M the size of the result"
	const perDiff = "O(N*K)+O(M*log(M)) where N is the size of the first input, K the number of inputs and M the size of the result"
	weights := With("WEIGHTS", Opt(Many(Integer("weight"))))
	aggregate := Opt(With("AGGREGATE", OneOf("aggregate", Word("sum", "SUM"), Word("min", "MIN"), Word("max", "MAX"))))
	withScores := Opt(Word("withscores", "WITHSCORES"))
	read := func(name, since, summary, complexity string, run func(*Keyspace, Args, Reply) error, options ...Arg) Command {
		return Command{
			Name: name, Group: GroupSortedSet, Since: since, Summary: summary, Complexity: complexity,
			Args:  append([]Arg{Integer("numkeys"), Many(Key("key"))}, options...),
			Arity: -3, Flags: ReadOnly, Keys: NumKeys(1, 2, RO|Access), Run: run,
		}
	}
	store := func(name, since, summary, complexity string, run func(*Keyspace, Args, Reply) error, options ...Arg) Command {
		return Command{
			Name: name, Group: GroupSortedSet, Since: since, Summary: summary, Complexity: complexity,
			Args:  append([]Arg{Key("destination"), Integer("numkeys"), Keyed(1, Many(Key("key")))}, options...),
			Arity: -4, Flags: Write | DenyOOM, Keys: Specs(OneKey(1, OW|Update), NumKeys(2, 3, RO|Access)), Run: run,
		}
	}
	return []Command{
		read("zdiff", "6.2.0", "Returns the members of a sorted set that no other has.", perDiff, zdiff, withScores),
		store("zdiffstore", "6.2.0", "Stores the members of a sorted set that no other has.", perDiff, zdiffstore),
		read("zinter", "6.2.0", "Returns the members that all of several sorted sets have.", perInter, zinter, weights, aggregate, withScores),
		read("zintercard", "7.0.0", "Counts the members that all of several sorted sets have.", "O(N*K) where N is the size of the smallest input and K the number of inputs", zintercard, Opt(With("LIMIT", Integer("limit")))),
		store("zinterstore", "2.0.0", "Stores the members that all of several sorted sets have.", perInter, zinterstore, weights, aggregate),
		read("zunion", "6.2.0", "Returns the members that any of several sorted sets has.", perUnion, zunion, weights, aggregate, withScores),
		store("zunionstore", "2.0.0", "Stores the members that any of several sorted sets has.", perUnion, zunionstore, weights, aggregate),
	}
}

func zdiff(ks *Keyspace, args Args, w Reply) error {
	return replyAlgebra(ks, args, zalgebra{name: "zdiff", op: zsetDiff}, w)
}

func zinter(ks *Keyspace, args Args, w Reply) error {
	return replyAlgebra(ks, args, zalgebra{name: "zinter", op: zsetInter}, w)
}

func zunion(ks *Keyspace, args Args, w Reply) error {
	return replyAlgebra(ks, args, zalgebra{name: "zunion", op: zsetUnion}, w)
}

func zdiffstore(ks *Keyspace, args Args, w Reply) error {
	return storeAlgebra(ks, args, zalgebra{name: "zdiffstore", op: zsetDiff, storing: true}, w)
}

func zinterstore(ks *Keyspace, args Args, w Reply) error {
	return storeAlgebra(ks, args, zalgebra{name: "zinterstore", op: zsetInter, storing: true}, w)
}

func zunionstore(ks *Keyspace, args Args, w Reply) error {
	return storeAlgebra(ks, args, zalgebra{name: "zunionstore", op: zsetUnion, storing: true}, w)
}

// zintercard replies with the number of members common to all inputs; a LIMIT
// bounds the counting.
func zintercard(ks *Keyspace, args Args, w Reply) error {
	a := zalgebra{name: "zintercard", op: zsetInter, counting: true}
	if err := a.read(ks, args, 0); err != nil {
		return err
	}
	n := int64(0)
	a.intersect(func([]byte, float64) bool {
		n++
		return n != a.limit
	})
	w.Int(n)
	return nil
}

func replyAlgebra(ks *Keyspace, args Args, a zalgebra, w Reply) error {
	if err := a.read(ks, args, 0); err != nil {
		return err
	}
	r := a.result()
	write := membersTo(w, len(r.items), a.withScores)
	for _, it := range r.sorted() {
		write(it.Member(), it.Score())
	}
	return nil
}

// storeAlgebra replies with the number of members stored.
func storeAlgebra(ks *Keyspace, args Args, a zalgebra, w Reply) error {
	if err := a.read(ks, args, 1); err != nil {
		return err
	}
	r := a.result()
	ks.storeZSet(args.Key(0), r, a.name)
	w.Int(int64(len(r.items)))
	return nil
}

// zsource is an input of the algebra: a sorted set, or a set, all of whose
// members then have score 1.
type zsource interface {
	Len() int
	Score(member []byte) (float64, bool)
	Each(fn func(member []byte, score float64) bool)
}

// zsourceAt returns the value at key as an input; an empty one if key does not
// exist.
func (ks *Keyspace) zsourceAt(key []byte) (zsource, error) {
	h := ks.lookup(key)
	switch {
	case h == nil:
		return newZSetValue(), nil
	case h.kind == KindSortedSet:
		return (*zsetValue)(unsafe.Pointer(h)), nil
	case h.kind == KindSet:
		return setSource{(*setValue)(unsafe.Pointer(h))}, nil
	}
	return nil, ErrWrongType
}

// setSource makes a set an input.
type setSource struct{ set *setValue }

func (s setSource) Len() int { return s.set.Len() }

func (s setSource) Score(member []byte) (float64, bool) { return 1, s.set.Has(member) }

func (s setSource) Each(fn func(member []byte, score float64) bool) {
	s.set.Each(func(member []byte) bool { return fn(member, 1) })
}

type zinput struct {
	zsource
	weight float64
}

type zsetOp uint8

const (
	zsetUnion zsetOp = iota
	zsetInter
	zsetDiff
)

// zalgebra is what ZUNION and its kin are to calculate.
type zalgebra struct {
	name       string
	op         zsetOp
	storing    bool // WITHSCORES is not allowed
	counting   bool // LIMIT is the only option
	withScores bool
	limit      int64 // 0 is none
	inputs     []zinput
	aggregate  func(a, b float64) float64
}

// read reads the number of keys at argument i, the keys and the options. The
// inputs' types come before the options in what can be wrong.
func (a *zalgebra) read(ks *Keyspace, args Args, i int) error {
	n, err := args.Int(i)
	if err != nil {
		return err
	}
	if n < 1 {
		return Errf("at least 1 input key is needed for '" + a.name + "' command")
	}
	i++
	if n > int64(len(args)-i) {
		return ErrSyntax
	}
	for _, key := range args[i : i+int(n)] {
		source, err := ks.zsourceAt(key)
		if err != nil {
			return err
		}
		a.inputs = append(a.inputs, zinput{source, 1})
	}
	a.aggregate = addScores
	return a.readOptions(args[i+int(n):])
}

func (a *zalgebra) readOptions(args Args) error {
	weighted := a.op != zsetDiff && !a.counting
	for i := 0; i < len(args); i++ {
		more := len(args) - i - 1
		var err error
		switch {
		case weighted && more >= len(a.inputs) && args.Is(i, "WEIGHTS"):
			err = a.readWeights(args[i+1:])
			i += len(a.inputs)
		case weighted && more >= 1 && args.Is(i, "AGGREGATE"):
			i++
			err = a.readAggregate(args, i)
		case !a.storing && !a.counting && args.Is(i, "WITHSCORES"):
			a.withScores = true
		case a.counting && more >= 1 && args.Is(i, "LIMIT"):
			i++
			var ok bool
			if a.limit, ok = ParseInt(args[i]); !ok || a.limit < 0 {
				err = Errf("LIMIT can't be negative")
			}
		default:
			err = ErrSyntax
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *zalgebra) readWeights(args Args) error {
	for i := range a.inputs {
		weight, ok := ParseFloat(args[i])
		if !ok {
			return Errf("weight value is not a float")
		}
		a.inputs[i].weight = weight
	}
	return nil
}

func (a *zalgebra) readAggregate(args Args, i int) error {
	switch {
	case args.Is(i, "SUM"):
		a.aggregate = addScores
	case args.Is(i, "MIN"):
		a.aggregate = lowerScore
	case args.Is(i, "MAX"):
		a.aggregate = higherScore
	default:
		return ErrSyntax
	}
	return nil
}

// addScores adds; opposite infinities make 0.
func addScores(a, b float64) float64 { return orZero(a + b) }

// lowerScore and higherScore prefer a where b is not a number.
func lowerScore(a, b float64) float64 {
	if b < a {
		return b
	}
	return a
}

func higherScore(a, b float64) float64 {
	if b > a {
		return b
	}
	return a
}

func orZero(score float64) float64 {
	if math.IsNaN(score) {
		return 0
	}
	return score
}

func (a *zalgebra) result() *zresult {
	var r zresult
	switch a.op {
	case zsetUnion:
		a.unite(&r)
	case zsetInter:
		a.intersect(r.add)
	case zsetDiff:
		a.subtract(r.add)
	}
	return &r
}

// bySize puts the smallest input first. Rounding depends on this order, so it
// is the reference's.
func (a *zalgebra) bySize() {
	slices.SortStableFunc(a.inputs, func(x, y zinput) int { return cmp.Compare(x.Len(), y.Len()) })
}

func (a *zalgebra) unite(r *zresult) {
	a.bySize()
	found := dict.New(zsetItemKey)
	found.Reserve(a.inputs[len(a.inputs)-1].Len())
	for _, in := range a.inputs {
		in.Each(func(member []byte, score float64) bool {
			score = orZero(score * in.weight)
			if it := (*ztree.Item)(found.Find(member)); it != nil {
				it.SetScore(a.aggregate(it.Score(), score))
				return true
			}
			r.add(member, score)
			found.Insert(member, dict.Entry(r.items[len(r.items)-1]))
			return true
		})
	}
}

// intersect calls fn for the members that all inputs have until it returns
// false.
func (a *zalgebra) intersect(fn func(member []byte, score float64) bool) {
	a.bySize()
	smallest, others := a.inputs[0], a.inputs[1:]
	smallest.Each(func(member []byte, score float64) bool {
		score = orZero(score * smallest.weight)
		for _, in := range others {
			other, ok := in.Score(member)
			if !ok {
				return true
			}
			score = a.aggregate(score, other*in.weight)
		}
		return fn(member, score)
	})
}

// subtract calls fn for the members that the first input alone has.
func (a *zalgebra) subtract(fn func(member []byte, score float64) bool) {
	a.inputs[0].Each(func(member []byte, score float64) bool {
		for _, in := range a.inputs[1:] {
			if _, ok := in.Score(member); ok {
				return true
			}
		}
		return fn(member, score)
	})
}

// zresult is a sorted set that belongs to no key yet.
type zresult struct {
	items   []*ztree.Item
	longest int // bytes of the longest member
	bytes   int // of all members
}

// add adds a member, which must not be there yet.
func (r *zresult) add(member []byte, score float64) bool {
	r.items = append(r.items, ztree.NewItem(score, member))
	r.longest = max(r.longest, len(member))
	r.bytes += len(member)
	return true
}

// sorted returns the items in order.
func (r *zresult) sorted() []*ztree.Item {
	slices.SortFunc(r.items, func(a, b *ztree.Item) int {
		if c := cmp.Compare(a.Score(), b.Score()); c != 0 {
			return c
		}
		return bytes.Compare(a.Member(), b.Member())
	})
	return r.items
}

// storeZSet makes r the value of key, whatever was there, which is the event
// named; an empty r only deletes. r is used up.
func (ks *Keyspace) storeZSet(key []byte, r *zresult, event string) {
	if len(r.items) == 0 {
		ks.storeNothing(key)
		return
	}
	v := newZSetValue()
	ks.replaceObject(asObject(v), key, KindSortedSet)
	s := &ks.e.settings
	const most = 1 << 24 // a pack of entries with scores is far below its bound then
	if len(r.items) > s.ZSetMaxListpackEntries || r.longest > s.ZSetMaxListpackValue || r.bytes+64*len(r.items) > most {
		v.toIndex()
		v.index.members.Reserve(len(r.items))
	}
	// No undo by element: taking back the key takes back all.
	var text [32]byte
	for _, it := range r.sorted() {
		if v.index != nil {
			v.index.members.Insert(it.Member(), dict.Entry(it))
			v.index.order.Insert(it)
		} else {
			v.pack = v.pack.Append(it.Member()).Append(appendPackedScore(text[:0], it.Score()))
		}
		v.record(&Effect{Op: OpScorePut, Elem: it.Member(), Score: it.Score()})
	}
	ks.notify(EventZSet, event, key)
}
