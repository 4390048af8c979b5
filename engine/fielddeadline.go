package engine

import (
	"bytes"
	"container/heap"
	"fmt"
	"math"
	"unsafe"

	"perigee/engine/dict"
	"perigee/engine/listpack"
	"perigee/engine/sizeclass"
	"perigee/engine/ztree"
)

// fieldDeadlines is what a hash has besides once a field was given a deadline.
// Fields past theirs go some at a time, when the hash is met and by the active
// cycle, so that a million of one moment stall nobody; until then readers
// pass over them.
//
// Invariants:
//
//  1. count fields have deadlines, and no deadline is before next.
//  2. Those of a table are in order, by deadline.
//  3. The hash is in its keyspace's queue, at place, exactly if it is in the
//     keyspace and count is not 0; place is -1 else.
type fieldDeadlines struct {
	next  int64
	count int
	place int
	order ztree.Tree
}

func newFieldDeadlines() *fieldDeadlines { return &fieldDeadlines{next: noDeadline, place: -1} }

// memory is what deadlines take besides the fields' blocks, with the place in
// the queue.
func (t *fieldDeadlines) memory() int {
	size := sizeclass.WithPointers(int(unsafe.Sizeof(*t))) - int(unsafe.Sizeof(t.order)) + t.order.Bytes()
	if t.count > 0 {
		size += int(unsafe.Sizeof(t))
	}
	return size
}

const (
	noDeadline = math.MaxInt64
	// maxStoredDeadline is the latest deadline that an effect may have.
	maxStoredDeadline = 1 << 48
	// fieldStep bounds how many fields go at once.
	fieldStep = 256
	// undoFieldDeadline, as the index of an undo step, says that it is about
	// the field's deadline, which is its number; its length is the bound of all.
	undoFieldDeadline = 1
)

// due tells whether a field's deadline may have passed.
func (v *hashValue) due() bool {
	return v.timed != nil && v.timed.next <= v.ks.e.now && !v.ks.e.unit.replay
}

// hides tells whether a field with this deadline, 0 for none, is no more for
// whoever asks.
func (v *hashValue) hides(at int64) bool {
	return at != 0 && at <= v.ks.e.now && !v.ks.e.unit.replay
}

// deadline returns a field's deadline, 0 for none, and whether there is such a
// field, though its deadline may have passed.
func (v *hashValue) deadline(field []byte) (at int64, ok bool) {
	if v.table != nil {
		f := (*hashField)(v.table.Find(field))
		if f == nil {
			return 0, false
		}
		return f.deadline(), true
	}
	off := v.find(field)
	if off < 0 || v.timed == nil {
		return 0, off >= 0
	}
	return v.deadlineAt(off), true
}

// deadlineAt returns the deadline of the field at off in the pack of a hash
// with deadlines.
func (v *hashValue) deadlineAt(off int) int64 {
	_, at, _ := v.pack.Value(v.pack.Next(v.pack.Next(off)))
	return at
}

// eachTimed calls fn for every field with its deadline, 0 for none, until it
// returns false; those past theirs are among them. The slices are valid during
// the call, and fn must not change the hash.
func (v *hashValue) eachTimed(fn func(field, value []byte, deadline int64) bool) {
	if v.table != nil {
		v.table.Each(func(e dict.Entry) bool {
			f := (*hashField)(e)
			return fn(f.name(), f.value(), f.deadline())
		})
		return
	}
	var a, b [listpack.ScratchSize]byte
	for off := v.pack.First(); off >= 0; off = v.nextField(off) {
		at := int64(0)
		if v.timed != nil {
			at = v.deadlineAt(off)
		}
		if !fn(v.pack.Get(off, a[:0]), v.pack.Get(v.pack.Next(off), b[:0]), at) {
			return
		}
	}
}

// setDeadline gives a field a deadline; 0 takes it away. Nothing happens if
// there is no such field, or it has that deadline.
func (v *hashValue) setDeadline(field []byte, at int64) {
	was, ok := v.deadline(field)
	if !ok || was == at {
		return
	}
	if v.timed == nil {
		v.beginDeadlines()
	}
	v.undoElem(field, uint64(was), undoFieldDeadline, true, nil)
	if v.undoable() {
		u := &v.ks.e.unit
		u.undo[len(u.undo)-1].length = v.timed.next
	}
	v.placeDeadline(field, was, at)
	v.record(&Effect{Op: OpFieldDeadline, Elem: field, Deadline: at})
}

// setNext changes the bound of the deadlines.
func (v *hashValue) setNext(next int64) {
	v.timed.next = next
	v.ks.requeue(v)
}

// beginDeadlines makes room for deadlines: in a pack each field gets one.
func (v *hashValue) beginDeadlines() {
	v.setTimed(newFieldDeadlines())
	v.ks.e.unit.onUndo(func() { v.setTimed(nil) })
}

// setTimed converts a pack, in which no field has a deadline, to or from one
// with room for deadlines.
func (v *hashValue) setTimed(timed *fieldDeadlines) {
	old := *v
	v.timed = timed
	v.ks.e.resized(&v.object)
	if v.table != nil {
		return
	}
	v.pack = listpack.New()
	old.eachTimed(func(field, value []byte, _ int64) bool {
		v.pack = v.appendPack(v.pack, field, value, 0)
		return true
	})
}

// placeDeadline changes a deadline that differs.
func (v *hashValue) placeDeadline(field []byte, was, at int64) {
	if v.table == nil {
		off := v.find(field)
		v.pack = v.pack.ReplaceInt(v.pack.Next(v.pack.Next(off)), at)
	} else {
		f := (*hashField)(v.table.Find(field))
		if !f.setDeadline(at) {
			v.table.Replace(field, dict.Entry(newHashField(f.name(), f.value(), at)))
		}
		if was != 0 {
			v.timed.order.Delete(float64(was), field)
		}
		if at != 0 {
			v.timed.order.Insert(ztree.NewItem(float64(at), field))
		}
	}
	t := v.timed
	switch {
	case was == 0:
		t.count++
	case at == 0:
		t.count--
	}
	if at != 0 {
		t.next = min(t.next, at)
	}
	v.ks.requeue(v)
}

// Live counts the fields whose deadline has not passed. O(1) as a rule; O(Len)
// in a pack that has others.
func (v *hashValue) Live() int {
	if !v.due() {
		return v.Len()
	}
	if v.table != nil {
		passed := v.timed.order.Seek(func(it *ztree.Item) bool { return it.Score() > float64(v.ks.e.now) })
		return v.Len() - passed.Rank()
	}
	n := 0
	v.Each(func(_, _ []byte) bool { n++; return true })
	return n
}

// fieldsPast counts the fields of an entry, which may be nil or of another
// type, that are there though their deadline has passed.
func (h *header) fieldsPast() int {
	if h == nil || h.kind != KindHash {
		return 0
	}
	v := (*hashValue)(unsafe.Pointer(h))
	return v.Len() - v.Live()
}

// dueFields returns up to fieldStep fields whose deadline has passed, and the
// earliest deadline of the others.
func (v *hashValue) dueFields() (due [][]byte, next int64) {
	next = noDeadline
	take := func(field []byte, at int64) (more bool) {
		if len(due) < fieldStep && at <= v.ks.e.now {
			due = append(due, field)
			return true
		}
		next = min(next, at)
		return v.table == nil
	}
	if v.table != nil {
		it := v.timed.order.IterAt(0)
		for it.Item() != nil && take(it.Item().Member(), int64(it.Item().Score())) {
			it.Next()
		}
		return due, next
	}
	for off := v.pack.First(); off >= 0; off = v.nextField(off) {
		if at := v.deadlineAt(off); at != 0 {
			take(bytes.Clone(v.pack.Get(off, nil)), at)
		}
	}
	return due, next
}

// withoutDue returns a hash with deadlines for a command to work on: some of
// the fields that are due are gone, and so is the hash with its last one, so
// that nil comes back. During a pause nothing goes, as with keys.
func (ks *Keyspace) withoutDue(v *hashValue) *hashValue {
	if !v.due() || ks.e.pause.on || ks.expireFields(v) {
		return v
	}
	return nil
}

// expireFields removes up to fieldStep fields whose deadline has passed, and
// the hash with its last one: then it returns false.
func (ks *Keyspace) expireFields(v *hashValue) bool {
	due, next := v.dueFields()
	if v.undoable() {
		was := v.timed.next
		v.onUndo(func() { v.setNext(was) })
	}
	for _, field := range due {
		v.delete(field)
	}
	v.setNext(next)
	if len(due) == 0 {
		return true
	}
	ks.e.countExpired(&ks.e.stats.expiredFields, len(due))
	key := v.keyBytes()
	ks.notify(EventHash, "hexpired", key)
	if v.Len() > 0 {
		return true
	}
	ks.remove(&v.header)
	ks.notify(EventGeneric, "del", key)
	return false
}

// expireField removes one field if its deadline has passed, for a command that
// is about to set it.
func (v *hashValue) expireField(field []byte) {
	if at, ok := v.deadline(field); ok && v.hides(at) {
		v.delete(field)
		v.ks.e.countExpired(&v.ks.e.stats.expiredFields, 1)
		v.ks.notify(EventHash, "hexpired", v.keyBytes())
	}
}

// requeue gives a hash of the keyspace its place in the queue of hashes whose
// fields have deadlines.
func (ks *Keyspace) requeue(v *hashValue) {
	t := v.timed
	switch {
	case t.count == 0:
		ks.unqueue(v)
	case t.place < 0:
		heap.Push(&ks.fieldQueue, v)
	default:
		heap.Fix(&ks.fieldQueue, t.place)
	}
}

// unqueue takes a hash that may be in the queue out.
func (ks *Keyspace) unqueue(v *hashValue) {
	if v.timed != nil && v.timed.place >= 0 {
		heap.Remove(&ks.fieldQueue, v.timed.place)
	}
}

// fieldQueue is a heap of hashes, that with the earliest deadline first.
type fieldQueue []*hashValue

func (q fieldQueue) Len() int           { return len(q) }
func (q fieldQueue) Less(i, j int) bool { return q[i].timed.next < q[j].timed.next }
func (q fieldQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].timed.place, q[j].timed.place = i, j
}
func (q *fieldQueue) Push(x any) {
	v := x.(*hashValue)
	v.timed.place = len(*q)
	*q = append(*q, v)
}
func (q *fieldQueue) Pop() any {
	old := *q
	last := len(old) - 1
	v := old[last]
	old[last] = nil
	*q = old[:last]
	v.timed.place = -1
	return v
}

// checkDeadlines verifies the invariants of fieldDeadlines.
func (v *hashValue) checkDeadlines() error {
	count, next := 0, int64(noDeadline)
	ordered := true
	v.eachTimed(func(field []byte, _ []byte, at int64) bool {
		if at == 0 {
			return true
		}
		count++
		next = min(next, at)
		if v.table != nil && v.timed != nil {
			_, ok := v.timed.order.Rank(float64(at), field)
			ordered = ordered && ok
		}
		return true
	})
	t := v.timed
	switch {
	case t == nil && count == 0:
		return nil
	case t == nil:
		return fmt.Errorf("hash %q: %d deadlines that nothing knows of", v.key, count)
	case t.count != count || t.next > next:
		return fmt.Errorf("hash %q: %d deadlines from %d on, not %d from %d on", v.key, count, next, t.count, t.next)
	case !ordered || v.table != nil && t.order.Len() != count:
		return fmt.Errorf("hash %q: %d deadlines, %d in order", v.key, count, t.order.Len())
	case (t.place >= 0) != (count > 0) || t.place >= 0 && v.ks.fieldQueue[t.place] != v:
		return fmt.Errorf("hash %q with %d deadlines has place %d in the queue", v.key, count, t.place)
	}
	return nil
}
