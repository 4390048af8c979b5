package engine

import (
	"fmt"
	"unsafe"
)

// collection is what every type but strings does for the keyspace. Each
// type's struct begins with an object.
type collection interface {
	// length counts the elements.
	length() int
	// encoding is what OBJECT ENCODING says.
	encoding() string
	// memory is what the value takes of the heap with all its elements and the
	// type's struct, but without its key. O(1).
	memory() int
	// copyTo makes a copy at key of ks, which is free, through recorded writes.
	copyTo(ks *Keyspace, key []byte)
	// apply replays one effect on an element, recording nothing. Effects that
	// the type does not know are damage.
	apply(f *Effect) error
	// restore takes one element back to what an undo step kept.
	restore(s *undoStep, elem, old []byte)
	// check verifies the type's invariants, for tests.
	check() error
}

// newCollection makes an empty value of kind.
func newCollection(kind Kind) *object {
	switch kind {
	case KindHash:
		return asObject(newHashValue())
	case KindList:
		return asObject(&listValue{})
	case KindSet:
		return asObject(&setValue{members: newIntMembers()})
	case KindSortedSet:
		return asObject(newZSetValue())
	case KindStream:
		return asObject(&streamValue{})
	}
	return nil
}

// collection returns the value that o heads.
func (o *object) collection() collection {
	switch o.kind {
	case KindHash:
		return (*hashValue)(unsafe.Pointer(o))
	case KindList:
		return (*listValue)(unsafe.Pointer(o))
	case KindSet:
		return (*setValue)(unsafe.Pointer(o))
	case KindSortedSet:
		return (*zsetValue)(unsafe.Pointer(o))
	case KindStream:
		return (*streamValue)(unsafe.Pointer(o))
	}
	panic(fmt.Sprintf("no collection of kind %v", o.kind))
}

// restoreElement takes one element back, as part of undo.
func (o *object) restoreElement(u *unit, s *undoStep) {
	o.collection().restore(s, u.kept(s.elem), u.kept(s.value))
}

// asObject is the head of any collection.
func asObject[T any](v *T) *object { return (*object)(unsafe.Pointer(v)) }

// lengthOf makes the handler that replies with the number of elements of the
// collection that at finds, 0 where there is none.
func lengthOf[V interface {
	comparable
	length() int
}](at func(ks *Keyspace, key []byte) (V, error)) func(*Keyspace, Args, Reply) error {
	return func(ks *Keyspace, args Args, w Reply) error {
		v, err := at(ks, args.Key(0))
		if err != nil {
			return err
		}
		var none V
		if v == none {
			w.Int(0)
			return nil
		}
		w.Int(int64(v.length()))
		return nil
	}
}
