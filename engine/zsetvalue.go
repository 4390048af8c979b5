package engine

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"perigee/engine/dict"
	"perigee/engine/listpack"
	"perigee/engine/resp"
	"perigee/engine/sizeclass"
	"perigee/engine/ztree"
)

// zsetValue is a set of members, each with a score, in order of score and,
// where scores are equal, of the member's bytes. A small one is a listpack in
// that order; one with many or long members has an index, and stays so.
//
// Invariants:
//
//  1. Exactly one of pack and index is not nil.
//  2. A pack alternates members and scores, strictly in order.
//  3. Both views of an index hold the same items, and no score is NaN.
type zsetValue struct {
	object
	pack  listpack.List
	index *zsetIndex
}

// zsetIndex has two views of the same items, one block each: by member and in
// order.
type zsetIndex struct {
	members *dict.Table
	order   ztree.Tree
}

func zsetItemKey(e dict.Entry) []byte { return (*ztree.Item)(e).Member() }

func newZSetValue() *zsetValue { return &zsetValue{pack: listpack.New()} }

// zsetAt returns the sorted set at key for a command that reads it, nil if
// there is none.
func (ks *Keyspace) zsetAt(key []byte) (*zsetValue, error) {
	o, err := ks.lookupKind(key, KindSortedSet)
	return (*zsetValue)(unsafe.Pointer(o)), err
}

// zsetToChange returns the sorted set at key for a command that writes, nil if
// there is none.
func (ks *Keyspace) zsetToChange(key []byte) (*zsetValue, error) {
	o, err := ks.findKind(key, KindSortedSet)
	return (*zsetValue)(unsafe.Pointer(o)), err
}

// addZSet makes a sorted set at key, which must not exist; the caller fills it.
func (ks *Keyspace) addZSet(key []byte) *zsetValue {
	v := newZSetValue()
	ks.addObject(asObject(v), key, KindSortedSet)
	return v
}

// Len counts the members. O(1).
func (v *zsetValue) Len() int {
	if v.index != nil {
		return v.index.order.Len()
	}
	return v.pack.Len() / 2
}

// Score returns a member's score and whether it is there. O(1); O(Len) in a
// pack.
func (v *zsetValue) Score(member []byte) (float64, bool) {
	at := v.locate(member)
	return at.score, at.found
}

// Rank returns how many members stand before this one, its score and whether
// it is there. O(log Len); O(Len) in a pack.
func (v *zsetValue) Rank(member []byte) (rank int, score float64, ok bool) {
	if v.index != nil {
		if score, ok = v.Score(member); ok {
			rank, _ = v.index.order.Rank(score, member)
		}
		return rank, score, ok
	}
	needle := listpack.NewNeedle(member)
	for off := v.pack.First(); off >= 0; rank++ {
		at := v.pack.Next(off)
		if v.pack.Matches(off, needle) {
			return rank, v.scoreAt(at), true
		}
		off = v.pack.Next(at)
	}
	return 0, 0, false
}

// find returns member's offset in the pack, -1 if it is not there.
func (v *zsetValue) find(member []byte) int { return v.pack.Find(v.pack.First(), member, 1) }

// scoreAt returns the score at an offset of the pack.
func (v *zsetValue) scoreAt(off int) float64 {
	b, n, isInt := v.pack.Value(off)
	if isInt {
		return float64(n)
	}
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), 64)
	if err != nil {
		panic(fmt.Sprintf("sorted set %q has the score %q", v.key, b))
	}
	return f
}

// walk calls fn for up to n members from rank first on, or backwards from
// there, until it returns false. The member is valid during the call, and fn
// must not change the sorted set. O(log Len + n); in a pack O(Len).
func (v *zsetValue) walk(first, n int, backwards bool, fn func(member []byte, score float64) bool) {
	if v.index != nil {
		it := v.index.order.IterAt(first)
		for ; n > 0 && it.Item() != nil && fn(it.Item().Member(), it.Item().Score()); n-- {
			if backwards {
				it.Prev()
			} else {
				it.Next()
			}
		}
		return
	}
	var scratch [listpack.ScratchSize]byte
	for off := v.pack.Seek(2 * first); n > 0 && off >= 0; n-- {
		at := v.pack.Next(off)
		if !fn(v.pack.Get(off, scratch[:0]), v.scoreAt(at)) {
			return
		}
		if !backwards {
			off = v.pack.Next(at)
		} else if off = v.pack.Prev(off); off >= 0 {
			off = v.pack.Prev(off)
		}
	}
}

// Each calls fn for every member in order until it returns false.
func (v *zsetValue) Each(fn func(member []byte, score float64) bool) { v.walk(0, v.Len(), false, fn) }

// beforeScore counts the members whose score is below a bound or, with itself, at
// it. O(log Len); O(Len) in a pack.
func (v *zsetValue) beforeScore(bound float64, itself bool) int {
	reached := func(score float64) bool { return score > bound || !itself && score == bound }
	if v.index != nil {
		it := v.index.order.Seek(func(it *ztree.Item) bool { return reached(it.Score()) })
		return it.Rank()
	}
	rank := 0
	for off := v.pack.First(); off >= 0; rank++ {
		at := v.pack.Next(off)
		if reached(v.scoreAt(at)) {
			break
		}
		off = v.pack.Next(at)
	}
	return rank
}

// beforeName counts the members below a bound or, with itself, at it, given
// that all scores are equal. O(log Len); O(Len) in a pack.
func (v *zsetValue) beforeName(bound *lexBound, itself bool) int {
	reached := func(name []byte) bool {
		c := bound.compare(name)
		return c > 0 || !itself && c == 0
	}
	if v.index != nil {
		it := v.index.order.Seek(func(it *ztree.Item) bool { return reached(it.Member()) })
		return it.Rank()
	}
	var scratch [listpack.ScratchSize]byte
	rank := 0
	for off := v.pack.First(); off >= 0 && !reached(v.pack.Get(off, scratch[:0])); rank++ {
		off = v.pack.Next(v.pack.Next(off))
	}
	return rank
}

// zsetPlace is where a member is, if it is there, and its score. It is void
// after the next write.
type zsetPlace struct {
	found bool
	score float64
	item  *ztree.Item // in an index
	off   int         // in a pack
}

// locate finds member. O(1); O(Len) in a pack.
func (v *zsetValue) locate(member []byte) zsetPlace {
	if v.index != nil {
		it := (*ztree.Item)(v.index.members.Find(member))
		if it == nil {
			return zsetPlace{}
		}
		return zsetPlace{found: true, score: it.Score(), item: it}
	}
	off := v.find(member)
	if off < 0 {
		return zsetPlace{}
	}
	return zsetPlace{found: true, score: v.scoreAt(v.pack.Next(off)), off: off}
}

// put gives member a score, adding it if it is not there. O(log Len); O(Len)
// in a pack.
func (v *zsetValue) put(member []byte, score float64) { v.putAt(v.locate(member), member, score) }

// putAt is put for a member that has been located.
func (v *zsetValue) putAt(at zsetPlace, member []byte, score float64) {
	if v.index == nil && !at.found && !v.fits(member) {
		v.toIndex()
	}
	v.undoScore(member, at.found, at.score)
	if v.index != nil {
		v.index.put(at.item, member, score)
	} else {
		if at.found {
			v.pack = v.pack.Delete(at.off).Delete(at.off)
		}
		v.insert(member, score)
	}
	v.record(&Effect{Op: OpScorePut, Elem: member, Score: score})
}

// fits tells whether the pack may take one more member.
func (v *zsetValue) fits(member []byte) bool {
	s := &v.ks.e.settings
	return len(member) <= s.ZSetMaxListpackValue && v.Len() < s.ZSetMaxListpackEntries &&
		v.pack.Bytes()+len(member)+64 <= listpack.MaxBytes
}

// put gives a score to an item of the index, or to a new one for member.
func (x *zsetIndex) put(it *ztree.Item, member []byte, score float64) {
	if it == nil {
		it = ztree.NewItem(score, member)
		x.members.Insert(member, dict.Entry(it))
	} else {
		x.order.Delete(it.Score(), member)
		it.SetScore(score)
	}
	x.order.Insert(it)
}

// undoScore is undoElem for a member and its score.
func (v *zsetValue) undoScore(member []byte, had bool, score float64) {
	v.undoElem(member, math.Float64bits(score), 0, had, nil)
}

// insert adds a member, which is not there, to the pack.
func (v *zsetValue) insert(member []byte, score float64) {
	var text [32]byte
	value := appendPackedScore(text[:0], score)
	off := v.place(member, score)
	if off < 0 {
		v.pack = v.pack.Append(member).Append(value)
		return
	}
	v.pack = v.pack.InsertBefore(off, member)
	v.pack = v.pack.InsertAfter(off, value)
}

// appendPackedScore writes a score as a pack holds it: as the reference does,
// without telling the zeros apart.
func appendPackedScore(b []byte, score float64) []byte {
	if score == 0 {
		return append(b, '0')
	}
	return resp.AppendDouble(b, score)
}

// place returns the offset in the pack before which member, which it does not
// hold, belongs; -1 at the end.
func (v *zsetValue) place(member []byte, score float64) int {
	var scratch [listpack.ScratchSize]byte
	before := func(off, at int) bool {
		if other := v.scoreAt(at); other != score {
			return other < score
		}
		return bytes.Compare(v.pack.Get(off, scratch[:0]), member) < 0
	}
	// Scores are often times or counters, which only grow.
	last := v.pack.Last()
	if last < 0 || before(v.pack.Prev(last), last) {
		return -1
	}
	off := v.pack.First()
	for at := v.pack.Next(off); before(off, at); at = v.pack.Next(off) {
		off = v.pack.Next(at)
	}
	return off
}

// delete removes member and tells whether it was there. The caller removes a
// sorted set that is empty then.
func (v *zsetValue) delete(member []byte) bool {
	if v.index != nil {
		it := (*ztree.Item)(v.index.members.Delete(member))
		if it == nil {
			return false
		}
		v.undoScore(member, true, it.Score())
		v.index.order.Delete(it.Score(), member)
	} else {
		off := v.find(member)
		if off < 0 {
			return false
		}
		v.undoScore(member, true, v.scoreAt(v.pack.Next(off)))
		v.pack = v.pack.Delete(off).Delete(off)
	}
	v.record(&Effect{Op: OpScoreDel, Elem: member})
	return true
}

// deleteRange removes n members from rank first on, and the whole key, as one
// effect, if that is all of them. The caller has told what event that is.
// O(log Len + n); in a pack O(Len).
func (v *zsetValue) deleteRange(first, n int) {
	switch {
	case n <= 0:
	case n == v.Len():
		v.ks.removeEmpty(&v.object)
	case v.index != nil:
		v.index.order.DeleteRange(first, n, func(it *ztree.Item) {
			v.forget(it.Member(), it.Score())
			v.index.members.Delete(it.Member())
		})
	default:
		v.walk(first, n, false, func(member []byte, score float64) bool {
			v.forget(member, score)
			return true
		})
		v.pack = v.pack.DeleteRange(2*first, 2*n)
	}
}

// forget notes that a member is about to go.
func (v *zsetValue) forget(member []byte, score float64) {
	v.undoScore(member, true, score)
	v.record(&Effect{Op: OpScoreDel, Elem: member})
}

// toIndex converts a pack; undo brings it back.
func (v *zsetValue) toIndex() {
	if v.undoable() {
		pack := v.pack
		v.onUndo(func() { v.pack, v.index = pack, nil })
	}
	x := &zsetIndex{members: dict.New(zsetItemKey)}
	x.members.Reserve(v.Len())
	v.Each(func(member []byte, score float64) bool {
		it := ztree.NewItem(score, member)
		x.members.Insert(member, dict.Entry(it))
		x.order.Insert(it)
		return true
	})
	v.pack, v.index = nil, x
}

// expect converts a pack when members more are too many for one, before they
// come one by one.
func (v *zsetValue) expect(members int) {
	if v.index == nil && members > v.ks.e.settings.ZSetMaxListpackEntries {
		v.toIndex()
	}
}

func (v *zsetValue) length() int { return v.Len() }

func (v *zsetValue) encoding() string {
	if v.index != nil {
		return "skiplist"
	}
	return "listpack"
}

// memory leaves the account of the items' blocks to the order.
func (v *zsetValue) memory() int {
	size := sizeclass.WithPointers(int(unsafe.Sizeof(*v)))
	if v.index == nil {
		return size + sizeclass.Of(cap(v.pack))
	}
	return size + sizeclass.WithPointers(int(unsafe.Sizeof(*v.index))-int(unsafe.Sizeof(v.index.order))) + int(v.index.members.Bytes()) + v.index.order.Bytes()
}

func (v *zsetValue) copyTo(ks *Keyspace, key []byte) {
	c := ks.addZSet(key)
	if v.index != nil {
		c.toIndex()
	}
	v.Each(func(member []byte, score float64) bool {
		c.put(member, score)
		return true
	})
}

func (v *zsetValue) apply(f *Effect) error {
	switch {
	case f.Op == OpScorePut && f.Score == f.Score:
		v.put(f.Elem, f.Score)
	case f.Op == OpScoreDel:
		v.delete(f.Elem)
	default:
		return fmt.Errorf("effect %d (score %v) on a sorted set", f.Op, f.Score)
	}
	return nil
}

// restore gives a member back its old score; where it stands follows from that.
func (v *zsetValue) restore(s *undoStep, member, _ []byte) {
	if s.had {
		v.put(member, math.Float64frombits(s.num))
	} else {
		v.delete(member)
	}
}

func (v *zsetValue) check() error {
	if (v.pack == nil) == (v.index == nil) {
		return fmt.Errorf("sorted set %q is neither pack nor index, or both", v.key)
	}
	if v.index != nil {
		if a, b := v.index.members.Len(), v.index.order.Len(); a != b {
			return fmt.Errorf("sorted set %q: %d members, but %d in order", v.key, a, b)
		}
	} else if err := listpack.Validate(v.pack); err != nil {
		return fmt.Errorf("sorted set %q: %w", v.key, err)
	} else if v.pack.Len()%2 != 0 {
		return fmt.Errorf("sorted set %q: a member without a score", v.key)
	}
	return v.checkOrder()
}

func (v *zsetValue) checkOrder() error {
	var err error
	var lastMember []byte
	var lastScore float64
	rank := 0
	v.Each(func(member []byte, score float64) bool {
		if rank > 0 && (lastScore > score || lastScore == score && bytes.Compare(lastMember, member) >= 0) {
			err = fmt.Errorf("sorted set %q: (%v, %q) before (%v, %q)", v.key, lastScore, lastMember, score, member)
		}
		if at, s, ok := v.Rank(member); err == nil && (!ok || at != rank || s != score) {
			err = fmt.Errorf("sorted set %q: member %q of rank %d is found at %d, %v", v.key, member, rank, at, ok)
		}
		lastMember, lastScore = bytes.Clone(member), score
		rank++
		return err == nil
	})
	return err
}
