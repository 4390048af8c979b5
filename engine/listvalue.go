package engine

import (
	"fmt"
	"unsafe"

	"perigee/engine/listpack"
	"perigee/engine/quicklist"
	"perigee/engine/sizeclass"
)

// listValue is a list. Invariants:
//
//  1. It is not empty between units.
//  2. Its elements have strictly ascending addresses, those of the effects
//     that put them.
type listValue struct {
	object
	list quicklist.List
}

// side is an end of a list.
type side bool

const (
	left  side = false
	right side = true
)

// pushEvent and popEvent name what happens at that end.
func (s side) pushEvent() string {
	if s == left {
		return "lpush"
	}
	return "rpush"
}

func (s side) popEvent() string {
	if s == left {
		return "lpop"
	}
	return "rpop"
}

// listRecorder turns the changes of a list into effects and undo steps. An
// engine has one, so that a change allocates none.
type listRecorder struct {
	quicklist.Changes
	list    *listValue // whose changes these are
	scratch [listpack.ScratchSize]byte
	moving  []byte // the element on its way from one list to another
}

func newListRecorder() *listRecorder {
	r := &listRecorder{}
	r.Put = func(pos uint64, index int32, value, old []byte, had bool) {
		r.list.undoElem(nil, pos, index, had, old)
		r.list.record(&Effect{Op: OpElemPut, Pos: pos, Index: index, Value: value})
	}
	r.Del = func(pos uint64, index int32, old []byte) {
		r.list.undoElem(nil, pos, index, true, old)
		r.list.record(&Effect{Op: OpElemDel, Pos: pos, Index: index})
	}
	return r
}

// changes is what the next mutation of v must report to.
func (v *listValue) changes() *quicklist.Changes {
	r := v.ks.e.lists
	r.list = v
	return &r.Changes
}

// listAt returns the list at key for a command that reads it, nil if there is
// none.
func (ks *Keyspace) listAt(key []byte) (*listValue, error) {
	o, err := ks.lookupKind(key, KindList)
	return (*listValue)(unsafe.Pointer(o)), err
}

// listToChange returns the list at key for a command that writes, nil if there
// is none.
func (ks *Keyspace) listToChange(key []byte) (*listValue, error) {
	o, err := ks.findKind(key, KindList)
	if o == nil {
		return nil, err
	}
	v := (*listValue)(unsafe.Pointer(o))
	v.list.SetFill(ks.e.settings.ListMaxListpackSize)
	if v.undoable() {
		v.undoEncoding()
	}
	return v, nil
}

// undoEncoding notes the list's encoding, once for each mark, which does not
// follow from its elements alone.
func (v *listValue) undoEncoding() {
	u := &v.ks.e.unit
	if u.encoded == v {
		return
	}
	u.encoded = v
	u.undo = append(u.undo, undoStep{kind: undoEncoding, object: &v.object, had: v.list.Encoding() == quicklist.Quick})
}

// restoreEncoding takes the encoding back to what it was, with the elements.
func (v *listValue) restoreEncoding(quick bool) {
	if err := v.list.SettleAs(quick); err != nil {
		panic(err) // the undo steps do not yield the list
	}
}

// addList makes a list at key, which must not exist; the caller fills it.
func (ks *Keyspace) addList(key []byte) *listValue {
	v := ks.newList()
	ks.addObject(asObject(v), key, KindList)
	return v
}

func (ks *Keyspace) newList() *listValue {
	v := &listValue{}
	v.list.SetFill(ks.e.settings.ListMaxListpackSize)
	return v
}

// pushAll adds values, one after the other, at an end.
func (v *listValue) pushAll(values [][]byte, at side) {
	if len(values) > 1 {
		v.list.Expect(values)
	}
	for _, value := range values {
		v.push(value, at)
	}
}

// push adds one element at an end, as one effect. Cost: amortised O(1) on the
// right, bounded by the size of a node on the left.
func (v *listValue) push(value []byte, at side) {
	if at == left {
		v.list.PushLeft(value, v.changes())
	} else {
		v.list.PushRight(value, v.changes())
	}
}

// at returns element i, which must exist: valid until the next write or look
// at a list.
func (v *listValue) at(i int) []byte { return v.list.At(i, v.ks.e.lists.scratch[:]) }

// end is the index of the outermost element.
func (v *listValue) end(at side) int {
	if at == left {
		return 0
	}
	return v.list.Len() - 1
}

// removeRange removes n elements from start on, and the key with the last of
// them. The caller has told what event that is.
func (v *listValue) removeRange(start, n int) {
	if n == v.list.Len() {
		v.ks.removeEmpty(&v.object)
		return
	}
	v.list.RemoveRange(start, n, v.changes())
}

// removeEnd removes n elements from an end.
func (v *listValue) removeEnd(from side, n int) {
	start := 0
	if from == right {
		start = v.list.Len() - n
	}
	v.removeRange(start, n)
}

// moveTo moves the element at one end to an end of a list, which may be v, and
// returns it, valid until the next write.
func (v *listValue) moveTo(to *listValue, from, whereto side) []byte {
	r := v.ks.e.lists
	r.moving = append(r.moving[:0], v.at(v.end(from))...)
	to.ks.notify(EventList, whereto.pushEvent(), to.keyBytes())
	v.ks.notify(EventList, from.popEvent(), v.keyBytes())
	if to == v {
		// The key stays even if this is its only element.
		v.list.RemoveRange(v.end(from), 1, v.changes())
	} else {
		v.removeEnd(from, 1)
	}
	to.push(r.moving, whereto)
	value := r.moving
	if cap(r.moving) > maxInline {
		r.moving = nil
	}
	return value
}

func (v *listValue) length() int { return v.list.Len() }

func (v *listValue) encoding() string { return v.list.Encoding() }

// memory leaves the account of the blocks to the quicklist.
func (v *listValue) memory() int {
	return sizeclass.WithPointers(int(unsafe.Sizeof(*v))) - int(unsafe.Sizeof(v.list)) + v.list.Bytes()
}

func (v *listValue) copyTo(ks *Keyspace, key []byte) {
	to := ks.addList(key)
	to.list = *v.list.Clone()
	to.recordElements()
}

// recordElements records every element of a list that was made aside.
func (v *listValue) recordElements() {
	for it := v.list.Iter(0); it.Valid(); it.Next() {
		pos, index := it.Address()
		v.record(&Effect{Op: OpElemPut, Pos: pos, Index: index, Value: it.Value(v.ks.e.lists.scratch[:])})
	}
}

func (v *listValue) apply(f *Effect) error {
	v.list.SetFill(v.ks.e.settings.ListMaxListpackSize)
	switch f.Op {
	case OpElemPut:
		v.list.Apply(f.Pos, f.Index, f.Value)
	case OpElemDel:
		v.list.ApplyDel(f.Pos, f.Index)
	default:
		return fmt.Errorf("effect %d on list %q", f.Op, v.key)
	}
	return nil
}

func (v *listValue) restore(s *undoStep, _, old []byte) {
	if s.had {
		v.list.Apply(s.num, s.index, old)
	} else {
		v.list.ApplyDel(s.num, s.index)
	}
}

func (v *listValue) check() error {
	if err := v.list.Whole(); err != nil {
		return err
	}
	var pos uint64
	var index int32
	n := 0
	for it := v.list.Iter(0); it.Valid(); it.Next() {
		p, i := it.Address()
		if n > 0 && (p < pos || p == pos && i != index+1) {
			return fmt.Errorf("element %d at %d, %d follows %d, %d", n, p, i, pos, index)
		}
		pos, index = p, i
		n++
	}
	if n == 0 || n != v.list.Len() {
		return fmt.Errorf("%d elements, counted %d", n, v.list.Len())
	}
	return nil
}
