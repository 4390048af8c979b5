package engine

import (
	"fmt"
	"strconv"
	"unsafe"

	"perigee/engine/dict"
	"perigee/engine/listpack"
	"perigee/engine/sizeclass"
	"perigee/engine/ztree"
)

// hashValue maps fields to values. A small one is a listpack in the order in
// which fields came; one with many or long entries is a table, and stays one.
// Fields may have deadlines (fielddeadline.go).
//
// Invariants:
//
//  1. Exactly one of pack and table is not nil.
//  2. A pack alternates fields and values, and no field comes twice. If timed
//     is not nil, each value is followed by the field's deadline, 0 for none.
//  3. The entries of a table are hashFields.
//  4. timed knows all deadlines, if there are any.
type hashValue struct {
	object
	pack  listpack.List
	table *dict.Table
	timed *fieldDeadlines // nil as long as no field was given a deadline
}

// hashField heads the block of one field, one allocation without pointers:
//
//	hashField | deadline int64 (timedField) | field | value | padding
//
// The size is rounded up to 8 bytes, so that a value often has room to change
// in place, and only the lengths need to be known to tell whether it has. At
// least one byte is padding: a pointer to an empty value stays in the block.
type hashField struct{ nameLen, valueLen uint32 }

const (
	// timedField, set in nameLen, says that the block has room for a deadline.
	timedField    = 1 << 31
	hashFieldSize = int(unsafe.Sizeof(hashField{}))
)

// newHashField makes a block, with room for a deadline if one is given.
func newHashField(name, value []byte, deadline int64) *hashField {
	f := hashField{uint32(len(name)), uint32(len(value))}
	if deadline != 0 {
		f.nameLen |= timedField
	}
	b := make([]byte, f.bytes())
	p := (*hashField)(unsafe.Pointer(unsafe.SliceData(b)))
	*p = f
	p.setDeadline(deadline)
	copy(b[f.head():], name)
	copy(b[f.head()+len(name):], value)
	return p
}

// head is the size of what stands before the name.
func (f *hashField) head() int { return hashFieldSize + int(f.nameLen>>31)*8 }

func (f *hashField) nameBytes() int { return int(f.nameLen &^ timedField) }

func (f *hashField) name() []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(f), f.head())), f.nameBytes())
}

func (f *hashField) value() []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(f), f.head()+f.nameBytes())), int(f.valueLen))
}

// deadline returns the field's deadline, 0 for none.
func (f *hashField) deadline() int64 {
	if f.nameLen&timedField == 0 {
		return 0
	}
	return *(*int64)(unsafe.Add(unsafe.Pointer(f), hashFieldSize))
}

// setDeadline stores a deadline if the block has room for it.
func (f *hashField) setDeadline(at int64) bool {
	if f.nameLen&timedField == 0 {
		return at == 0
	}
	*(*int64)(unsafe.Add(unsafe.Pointer(f), hashFieldSize)) = at
	return true
}

// bytes is the size of the block.
func (f *hashField) bytes() int { return (f.head() + f.nameBytes() + int(f.valueLen) + 8) &^ 7 }

// overwrite puts value into the block if a new block would be as large.
func (f *hashField) overwrite(value []byte) bool {
	if now := (hashField{f.nameLen, uint32(len(value))}); now.bytes() != f.bytes() {
		return false
	}
	f.valueLen = uint32(len(value))
	copy(f.value(), value)
	return true
}

func hashFieldKey(e dict.Entry) []byte { return (*hashField)(e).name() }

// hashFieldMemory is what the block takes of the heap.
func hashFieldMemory(e dict.Entry) int { return sizeclass.Of((*hashField)(e).bytes()) }

func newHashTable() *dict.Table { return dict.New(hashFieldKey).Count(hashFieldMemory, nil) }

func newHashValue() *hashValue { return &hashValue{pack: listpack.New()} }

// hashAt returns the hash at key for a command that reads it, nil if there is
// none.
func (ks *Keyspace) hashAt(key []byte) (*hashValue, error) {
	o, err := ks.lookupKind(key, KindHash)
	v := (*hashValue)(unsafe.Pointer(o))
	if v != nil && v.timed != nil {
		v = ks.withoutDue(v)
	}
	return v, err
}

// hashToChange returns the hash at key for a command that writes, nil if there
// is none.
func (ks *Keyspace) hashToChange(key []byte) (*hashValue, error) {
	o, err := ks.findKind(key, KindHash)
	v := (*hashValue)(unsafe.Pointer(o))
	if v != nil && v.timed != nil {
		v = ks.withoutDue(v)
	}
	return v, err
}

// addHash makes a hash at key, which must not exist; the caller fills it.
func (ks *Keyspace) addHash(key []byte) *hashValue {
	v := newHashValue()
	ks.addObject(asObject(v), key, KindHash)
	return v
}

// Len counts the fields, those past their deadline that are still there
// included. O(1).
func (v *hashValue) Len() int {
	if v.table != nil {
		return v.table.Len()
	}
	return v.pack.Len() / v.width()
}

// width is the number of a pack's entries for one field.
func (v *hashValue) width() int {
	if v.timed != nil {
		return 3
	}
	return 2
}

// Get returns the value of field and whether there is one. The value may alias
// the hash: it is valid until the next write. O(1); O(Len) in a pack.
func (v *hashValue) Get(field []byte) ([]byte, bool) {
	if v.table != nil {
		f := (*hashField)(v.table.Find(field))
		if f == nil || v.hides(f.deadline()) {
			return nil, false
		}
		return f.value(), true
	}
	off := v.find(field)
	if off < 0 || v.timed != nil && v.hides(v.deadlineAt(off)) {
		return nil, false
	}
	return textAt(v.pack, v.pack.Next(off)), true
}

// textAt returns a listpack's entry; only that of an integer is allocated.
func textAt(l listpack.List, off int) []byte {
	b, n, isInt := l.Value(off)
	if isInt {
		return strconv.AppendInt(make([]byte, 0, listpack.ScratchSize), n, 10)
	}
	return b
}

// Has tells whether the hash has field.
func (v *hashValue) Has(field []byte) bool {
	if v.timed != nil {
		at, ok := v.deadline(field)
		return ok && !v.hides(at)
	}
	if v.table != nil {
		return v.table.Find(field) != nil
	}
	return v.find(field) >= 0
}

// find returns field's offset in the pack, -1 if it is not there.
func (v *hashValue) find(field []byte) int { return v.pack.Find(v.pack.First(), field, v.width()-1) }

// Each calls fn for every field whose deadline has not passed, until it returns
// false. The slices are valid during the call, and fn must not change the hash.
func (v *hashValue) Each(fn func(field, value []byte) bool) {
	if v.timed != nil {
		v.eachTimed(func(field, value []byte, at int64) bool { return v.hides(at) || fn(field, value) })
		return
	}
	if v.table != nil {
		v.table.Each(func(e dict.Entry) bool {
			f := (*hashField)(e)
			return fn(f.name(), f.value())
		})
		return
	}
	var a, b [listpack.ScratchSize]byte
	for off := v.pack.First(); off >= 0; {
		valueAt := v.pack.Next(off)
		if !fn(v.pack.Get(off, a[:0]), v.pack.Get(valueAt, b[:0])) {
			return
		}
		off = v.pack.Next(valueAt)
	}
}

// set is put for a command after which the field has no deadline.
func (v *hashValue) set(field, value []byte) (added bool) {
	added = v.put(field, value)
	if v.timed != nil {
		v.setDeadline(field, 0)
	}
	return added
}

// put sets field and tells whether it is new; if not, it keeps its deadline.
// O(1) amortised; O(Len) in a pack.
func (v *hashValue) put(field, value []byte) (added bool) {
	if v.due() {
		v.expireField(field)
	}
	if v.table == nil && !v.fits(field, value) {
		v.toTable()
	}
	if v.table != nil {
		added = v.putTable(field, value)
	} else {
		added = v.putPack(field, value)
	}
	v.record(&Effect{Op: OpFieldPut, Elem: field, Value: value})
	return added
}

// fits tells whether the pack may take field and value. A field that would be
// one too many converts only once it is known to be new.
func (v *hashValue) fits(field, value []byte) bool {
	s := &v.ks.e.settings
	return len(field) <= s.HashMaxListpackValue && len(value) <= s.HashMaxListpackValue &&
		v.pack.Bytes()+len(field)+len(value)+32 <= listpack.MaxBytes
}

func (v *hashValue) putPack(field, value []byte) bool {
	if off := v.find(field); off >= 0 {
		off = v.pack.Next(off)
		var scratch [listpack.ScratchSize]byte
		if old := v.pack.Get(off, scratch[:0]); string(old) != string(value) {
			v.undoElem(field, 0, 0, true, old)
			v.pack = v.pack.Replace(off, value)
		}
		return false
	}
	v.undoElem(field, 0, 0, false, nil)
	v.pack = v.appendPack(v.pack, field, value, 0)
	if v.Len() > v.ks.e.settings.HashMaxListpackEntries {
		v.toTable()
	}
	return true
}

// appendPack appends a field to a pack as v has it.
func (v *hashValue) appendPack(pack listpack.List, field, value []byte, deadline int64) listpack.List {
	pack = pack.Append(field).Append(value)
	if v.timed != nil {
		pack = pack.AppendInt(deadline)
	}
	return pack
}

func (v *hashValue) putTable(field, value []byte) bool {
	f := (*hashField)(v.table.Find(field))
	if f == nil {
		v.undoElem(field, 0, 0, false, nil)
		v.table.Insert(field, dict.Entry(newHashField(field, value, 0)))
		return true
	}
	if string(f.value()) == string(value) {
		return false
	}
	v.undoElem(field, 0, 0, true, f.value())
	if !f.overwrite(value) {
		v.table.Replace(field, dict.Entry(newHashField(field, value, f.deadline())))
	}
	return false
}

// delete removes field and tells whether it was there. The caller removes a
// hash that is empty then.
func (v *hashValue) delete(field []byte) bool {
	if v.timed != nil {
		v.setDeadline(field, 0)
	}
	if v.table != nil {
		f := (*hashField)(v.table.Delete(field))
		if f == nil {
			return false
		}
		v.undoElem(field, 0, 0, true, f.value())
	} else {
		off := v.find(field)
		if off < 0 {
			return false
		}
		valueAt := v.pack.Next(off)
		var scratch [listpack.ScratchSize]byte
		v.undoElem(field, uint64(off), 0, true, v.pack.Get(valueAt, scratch[:0])) // off is where restore inserts it
		if v.timed != nil {
			v.pack = v.pack.Delete(v.pack.Next(valueAt))
		}
		v.pack = v.pack.Delete(valueAt).Delete(off)
	}
	v.record(&Effect{Op: OpFieldDel, Elem: field})
	return true
}

// toTable converts a pack; undo brings it back.
func (v *hashValue) toTable() {
	if v.undoable() {
		pack := v.pack
		v.onUndo(func() {
			v.pack, v.table = pack, nil
			if v.timed != nil {
				v.timed.order = ztree.Tree{}
			}
		})
	}
	t := newHashTable()
	v.eachTimed(func(field, value []byte, at int64) bool {
		t.Insert(field, dict.Entry(newHashField(field, value, at)))
		if at != 0 {
			v.timed.order.Insert(ztree.NewItem(float64(at), field))
		}
		return true
	})
	v.pack, v.table = nil, t
}

// expect converts a pack when fields more are too many for one, before they
// come one by one.
func (v *hashValue) expect(fields int) {
	if v.table == nil && fields > v.ks.e.settings.HashMaxListpackEntries {
		v.toTable()
	}
}

func (v *hashValue) length() int { return v.Len() }

func (v *hashValue) encoding() string {
	if v.table != nil {
		return "hashtable"
	}
	if v.timed != nil {
		return "listpackex"
	}
	return "listpack"
}

func (v *hashValue) memory() int {
	size := sizeclass.WithPointers(int(unsafe.Sizeof(*v)))
	if v.timed != nil {
		size += v.timed.memory()
	}
	if v.table == nil {
		return size + sizeclass.Of(cap(v.pack))
	}
	return size + int(v.table.Bytes()+v.table.Blocks())
}

func (v *hashValue) copyTo(ks *Keyspace, key []byte) {
	c := ks.addHash(key)
	if v.table != nil {
		c.toTable()
	}
	v.eachTimed(func(field, value []byte, at int64) bool {
		c.put(field, value)
		c.setDeadline(field, at)
		return true
	})
}

func (v *hashValue) apply(f *Effect) error {
	switch f.Op {
	case OpFieldPut:
		v.put(f.Elem, f.Value)
	case OpFieldDel:
		v.delete(f.Elem)
	case OpFieldDeadline:
		if !v.Has(f.Elem) {
			return fmt.Errorf("deadline of %q, which is no field of %q", f.Elem, v.key)
		}
		v.setDeadline(f.Elem, f.Deadline)
	default:
		return fmt.Errorf("effect %d on a hash", f.Op)
	}
	return nil
}

// restore brings back field's old value or deadline; in a pack a deleted field
// returns to its old place.
func (v *hashValue) restore(s *undoStep, field, old []byte) {
	switch {
	case s.index == undoFieldDeadline:
		v.setDeadline(field, int64(s.num))
		v.setNext(s.length)
	case !s.had:
		v.delete(field)
	case v.table != nil:
		v.putTable(field, old)
	case v.find(field) >= 0:
		v.putPack(field, old)
	case int(s.num) >= v.pack.Bytes()-1:
		v.pack = v.appendPack(v.pack, field, old, 0)
	default:
		v.pack = v.pack.InsertBefore(int(s.num), field)
		v.pack = v.pack.InsertAfter(int(s.num), old)
		if v.timed != nil {
			v.pack = v.pack.InsertAfter(v.pack.Next(int(s.num)), []byte("0"))
		}
	}
}

func (v *hashValue) check() error {
	if (v.pack == nil) == (v.table == nil) {
		return fmt.Errorf("hash %q is neither pack nor table, or both", v.key)
	}
	if err := v.checkDeadlines(); err != nil || v.table != nil {
		return err
	}
	if err := listpack.Validate(v.pack); err != nil {
		return fmt.Errorf("hash %q: %w", v.key, err)
	}
	if v.pack.Len()%v.width() != 0 {
		return fmt.Errorf("hash %q: a field without a value", v.key)
	}
	seen := map[string]bool{}
	var err error
	v.eachTimed(func(field, _ []byte, _ int64) bool {
		if seen[string(field)] {
			err = fmt.Errorf("hash %q: field %q twice", v.key, field)
		}
		seen[string(field)] = true
		return err == nil
	})
	return err
}
