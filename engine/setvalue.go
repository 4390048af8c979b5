package engine

import (
	"fmt"
	"math"
	"unsafe"

	"perigee/engine/dict"
	"perigee/engine/sizeclass"
)

// setValue is a set in the keyspace. Members change through add, remove and
// what pops several, which record what happened.
type setValue struct {
	object
	members
}

// setAt returns the set at key for a command that reads it, nil if there is
// none.
func (ks *Keyspace) setAt(key []byte) (*setValue, error) {
	o, err := ks.lookupKind(key, KindSet)
	return (*setValue)(unsafe.Pointer(o)), err
}

// setToChange returns the set at key for a command that writes, nil if there
// is none.
func (ks *Keyspace) setToChange(key []byte) (*setValue, error) {
	o, err := ks.findKind(key, KindSet)
	return (*setValue)(unsafe.Pointer(o)), err
}

// addSet makes m, which must not be used elsewhere any more, the value of key,
// which must not exist. The caller fills it if it is empty.
func (ks *Keyspace) addSet(key []byte, m members) *setValue {
	v := &setValue{members: m}
	ks.addObject(asObject(v), key, KindSet)
	v.recordAll()
	return v
}

// recordAll records the members of a new set.
func (v *setValue) recordAll() {
	v.Each(func(member []byte) bool {
		v.record(&Effect{Op: OpMemberPut, Elem: member})
		return true
	})
}

// storeSet makes m the value of key, whatever was there, which is the event
// named; an empty m only deletes. It returns the number of members.
func (ks *Keyspace) storeSet(key []byte, m members, event string) int {
	if m.Len() == 0 {
		ks.storeNothing(key)
		return 0
	}
	v := &setValue{members: m}
	ks.replaceObject(asObject(v), key, KindSet)
	v.recordAll()
	ks.notify(EventSet, event, key)
	return m.Len()
}

// add adds member and tells whether it is new.
func (v *setValue) add(member []byte) bool {
	if n, isInt := ParseInt(member); isInt && v.ints != nil && v.undoable() && v.ints.Widens(n) {
		v.replace(v.clone())
	}
	before := v.members
	if !v.insert(member, &v.ks.e.settings) {
		return false
	}
	v.undoElem(member, 0, 0, false, nil)
	v.undoEncoding(before)
	v.record(&Effect{Op: OpMemberPut, Elem: member})
	return true
}

// expect converts the set, if so many members are too many for anything but a
// table, before they come one by one.
func (v *setValue) expect(n int) {
	before := v.members
	v.members.expect(n, &v.ks.e.settings)
	v.undoEncoding(before)
}

// undoEncoding notes what the set was if it has been converted. A step of the
// change that did it must come first.
func (v *setValue) undoEncoding(before members) {
	if (before.ints == nil) != (v.ints == nil) || (before.pack == nil) != (v.pack == nil) {
		v.undoTo(before)
	}
}

// remove removes member, which may alias the set, and tells whether it was
// there. The caller removes a set that is empty then.
func (v *setValue) remove(member []byte) bool {
	place := math.MaxInt
	if v.pack != nil {
		place = v.pack.Find(v.pack.First(), member, 0)
	} else if !v.drop(member) {
		place = -1
	}
	if place < 0 {
		return false
	}
	v.undoElem(member, uint64(place), 0, true, nil)
	v.record(&Effect{Op: OpMemberDel, Elem: member})
	if v.pack != nil {
		v.pack = v.pack.Delete(place)
	}
	return true
}

// pop removes n random members, fewer than there are, and calls fn with each.
// Cost: O(n), or O(Len) in a pack or when few members stay.
func (v *setValue) pop(n int, fn func(member []byte)) {
	rest := v.Len() - n
	switch {
	case v.pack != nil:
		v.popPacked(n, fn)
	case v.table != nil && rest*5 <= n:
		v.popAllBut(rest, fn)
	default:
		for range n {
			member := v.random(v.ks)
			fn(member)
			v.remove(member)
		}
	}
}

// popPacked pops in one pass through the pack.
func (v *setValue) popPacked(n int, fn func(member []byte)) {
	if v.ks.e.unit.keepUndo {
		v.replace(v.clone())
	}
	gone := make([]bool, 0, v.Len())
	s := selection{v.ks, n, v.Len()}
	v.Each(func(member []byte) bool {
		gone = append(gone, s.take())
		if gone[len(gone)-1] {
			fn(member)
			v.record(&Effect{Op: OpMemberDel, Elem: member})
		}
		return true
	})
	v.pack = v.pack.Filter(func(i int) bool { return gone[i] })
}

// popAllBut moves the few members that stay to a new value, which may be a
// pack again, and pops all others.
func (v *setValue) popAllBut(rest int, fn func(member []byte)) {
	stay, compact := newMemberTable(), newPackMembers()
	v.ks.drawDistinct(v.table, rest, func(e dict.Entry) {
		stay.Insert(setMemberKey(e), e)
		compact.insert(setMemberKey(e), &v.ks.e.settings)
	})
	v.Each(func(member []byte) bool {
		if stay.Find(member) == nil {
			fn(member)
			v.record(&Effect{Op: OpMemberDel, Elem: member})
		}
		return true
	})
	v.replace(compact)
}

// replace makes m what v holds; undo brings back the value before, so nobody
// may change that.
func (v *setValue) replace(m members) {
	v.undoTo(v.members)
	v.members = m
}

func (v *setValue) undoTo(m members) {
	if v.undoable() {
		v.onUndo(func() { v.members = m })
	}
}

func (v *setValue) length() int { return v.Len() }

func (v *setValue) encoding() string { return v.members.encoding() }

func (v *setValue) memory() int {
	return sizeclass.WithPointers(int(unsafe.Sizeof(*v))) + v.bytes()
}

func (v *setValue) copyTo(ks *Keyspace, key []byte) { ks.addSet(key, v.clone()) }

func (v *setValue) apply(f *Effect) error {
	switch f.Op {
	case OpMemberPut:
		v.add(f.Elem)
	case OpMemberDel:
		v.remove(f.Elem)
	default:
		return fmt.Errorf("effect %d on a set", f.Op)
	}
	return nil
}

// restore takes back one add or remove; a member removed from a pack that is
// still one returns to its old place.
func (v *setValue) restore(s *undoStep, member, _ []byte) {
	switch {
	case !s.had:
		v.drop(member)
	case v.pack == nil || int(s.num) >= v.pack.Bytes()-1:
		v.insert(member, &v.ks.e.settings)
	default:
		v.pack = v.pack.InsertBefore(int(s.num), member)
	}
}

func (v *setValue) check() error {
	if err := v.members.check(); err != nil {
		return fmt.Errorf("set %q: %w", v.key, err)
	}
	return nil
}
