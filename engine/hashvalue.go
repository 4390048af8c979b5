package engine

import (
	"bytes"
	"fmt"
	"strconv"
	"unsafe"

	"perigee/engine/dict"
	"perigee/engine/listpack"
	"perigee/engine/sizeclass"
)

// hashValue maps fields to values. A small one is a listpack in the order in
// which fields came; one with many or long entries is a table, and stays one.
//
// Invariants:
//
//  1. Exactly one of pack and table is not nil.
//  2. A pack alternates fields and values, and no field comes twice.
//  3. The entries of a table are hashFields.
type hashValue struct {
	object
	pack  listpack.List
	table *dict.Table
}

// hashField heads the block of one field, one allocation without pointers:
//
//	hashField | field | value | padding
//
// The size is rounded up to 8 bytes, so that a value often has room to change
// in place, and only the lengths need to be known to tell whether it has. At
// least one byte is padding: a pointer to an empty value stays in the block.
type hashField struct{ nameLen, valueLen uint32 }

const hashFieldSize = int(unsafe.Sizeof(hashField{}))

func hashFieldBytes(name, value int) int { return (hashFieldSize + name + value + 8) &^ 7 }

func newHashField(name, value []byte) *hashField {
	b := make([]byte, hashFieldBytes(len(name), len(value)))
	f := (*hashField)(unsafe.Pointer(unsafe.SliceData(b)))
	f.nameLen, f.valueLen = uint32(len(name)), uint32(len(value))
	copy(b[hashFieldSize:], name)
	copy(b[hashFieldSize+len(name):], value)
	return f
}

func (f *hashField) name() []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(f), hashFieldSize)), int(f.nameLen))
}

func (f *hashField) value() []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(f), hashFieldSize+int(f.nameLen))), int(f.valueLen))
}

// bytes is the size of the block.
func (f *hashField) bytes() int { return hashFieldBytes(int(f.nameLen), int(f.valueLen)) }

// overwrite puts value into the block if a new block would be as large.
func (f *hashField) overwrite(value []byte) bool {
	if hashFieldBytes(int(f.nameLen), len(value)) != f.bytes() {
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
	return (*hashValue)(unsafe.Pointer(o)), err
}

// hashToChange returns the hash at key for a command that writes, nil if there
// is none.
func (ks *Keyspace) hashToChange(key []byte) (*hashValue, error) {
	o, err := ks.findKind(key, KindHash)
	return (*hashValue)(unsafe.Pointer(o)), err
}

// addHash makes a hash at key, which must not exist; the caller fills it.
func (ks *Keyspace) addHash(key []byte) *hashValue {
	v := newHashValue()
	ks.addObject(asObject(v), key, KindHash)
	return v
}

// Len counts the fields. O(1).
func (v *hashValue) Len() int {
	if v.table != nil {
		return v.table.Len()
	}
	return v.pack.Len() / 2
}

// Get returns the value of field and whether there is one. The value may alias
// the hash: it is valid until the next write. O(1); O(Len) in a pack.
func (v *hashValue) Get(field []byte) ([]byte, bool) {
	if v.table != nil {
		f := (*hashField)(v.table.Find(field))
		if f == nil {
			return nil, false
		}
		return f.value(), true
	}
	off := v.find(field)
	if off < 0 {
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
	if v.table != nil {
		return v.table.Find(field) != nil
	}
	return v.find(field) >= 0
}

// find returns field's offset in the pack, -1 if it is not there.
func (v *hashValue) find(field []byte) int { return v.pack.Find(v.pack.First(), field, 1) }

// Each calls fn for every field until it returns false. The slices are valid
// during the call, and fn must not change the hash.
func (v *hashValue) Each(fn func(field, value []byte) bool) {
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

// put sets field and tells whether it is new. O(1) amortised; O(Len) in a pack.
func (v *hashValue) put(field, value []byte) (added bool) {
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
		v.undoPack(field, 0, off)
		v.pack = v.pack.Replace(off, value)
		return false
	}
	v.undoElem(field, 0, 0, false, nil)
	v.pack = v.pack.Append(field).Append(value)
	if v.Len() > v.ks.e.settings.HashMaxListpackEntries {
		v.toTable()
	}
	return true
}

// undoPack is undoElem for a field of the pack; off is where restore inserts
// one that is gone.
func (v *hashValue) undoPack(field []byte, off, valueAt int) {
	if v.ks.e.unit.keepUndo {
		v.undoElem(field, uint64(off), 0, true, textAt(v.pack, valueAt))
	}
}

func (v *hashValue) putTable(field, value []byte) bool {
	f := (*hashField)(v.table.Find(field))
	if f == nil {
		v.undoElem(field, 0, 0, false, nil)
		v.table.Insert(field, dict.Entry(newHashField(field, value)))
		return true
	}
	v.undoElem(field, 0, 0, true, f.value())
	if !f.overwrite(value) {
		v.table.Replace(field, dict.Entry(newHashField(field, value)))
	}
	return false
}

// delete removes field and tells whether it was there. The caller removes a
// hash that is empty then.
func (v *hashValue) delete(field []byte) bool {
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
		v.undoPack(field, off, valueAt)
		v.pack = v.pack.Delete(valueAt).Delete(off)
	}
	v.record(&Effect{Op: OpFieldDel, Elem: field})
	return true
}

// toTable converts a pack.
func (v *hashValue) toTable() {
	t := newHashTable()
	v.Each(func(field, value []byte) bool {
		t.Insert(field, dict.Entry(newHashField(field, value)))
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

// random returns a field and its value, each equally likely; the hash is not
// empty.
func (v *hashValue) random() (field, value []byte) {
	if v.table != nil {
		f := (*hashField)(v.table.Random(v.ks.Rand))
		return f.name(), f.value()
	}
	off := v.pack.Seek(2 * v.ks.RandN(v.Len()))
	return textAt(v.pack, off), textAt(v.pack, v.pack.Next(off))
}

// choose calls fn for n different fields, n being at most Len. Cost: O(n), or
// O(Len) in a pack.
func (v *hashValue) choose(n int, fn func(field, value []byte)) {
	if v.table != nil && distinctIsRare(n, v.Len()) {
		v.ks.drawDistinct(v.table, n, func(e dict.Entry) {
			f := (*hashField)(e)
			fn(f.name(), f.value())
		})
		return
	}
	s := selection{v.ks, n, v.Len()}
	v.Each(func(field, value []byte) bool {
		if s.take() {
			fn(field, value)
		}
		return s.need > 0
	})
}

// repeat calls fn for n random fields, which may come more than once. Cost:
// O(n), and O(Len) more in a pack.
func (v *hashValue) repeat(n int64, fn func(field, value []byte)) {
	if v.table != nil {
		for ; n > 0; n-- {
			fn(v.random())
		}
		return
	}
	offsets := make([]int, 0, v.Len())
	for off := v.pack.First(); off >= 0; off = v.pack.Next(v.pack.Next(off)) {
		offsets = append(offsets, off)
	}
	var a, b [listpack.ScratchSize]byte
	for ; n > 0; n-- {
		off := offsets[v.ks.RandN(len(offsets))]
		fn(v.pack.Get(off, a[:0]), v.pack.Get(v.pack.Next(off), b[:0]))
	}
}

// scan visits some fields from cursor on and returns the cursor to go on from.
// The slices stay valid until the next write.
func (v *hashValue) scan(cursor uint64, o *scanOptions, visit func(field, value []byte)) uint64 {
	if v.table != nil {
		return o.table(v.table, cursor, func(e dict.Entry) {
			if f := (*hashField)(e); o.matches(f.name()) {
				visit(f.name(), f.value())
			}
		})
	}
	for off := v.pack.First(); off >= 0; off = v.pack.Next(v.pack.Next(off)) {
		if field := textAt(v.pack, off); o.matches(field) {
			visit(field, textAt(v.pack, v.pack.Next(off)))
		}
	}
	return 0
}

func (v *hashValue) length() int { return v.Len() }

func (v *hashValue) encoding() string {
	if v.table != nil {
		return "hashtable"
	}
	return "listpack"
}

func (v *hashValue) memory() int {
	size := sizeclass.WithPointers(int(unsafe.Sizeof(*v)))
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
	v.Each(func(field, value []byte) bool {
		c.put(field, value)
		return true
	})
}

func (v *hashValue) apply(f *Effect) error {
	switch f.Op {
	case OpFieldPut:
		v.put(f.Elem, f.Value)
	case OpFieldDel:
		v.delete(f.Elem)
	default:
		return fmt.Errorf("effect %d on a hash", f.Op)
	}
	return nil
}

// restore brings back field's old value; in a pack a deleted field returns to
// its old place.
func (v *hashValue) restore(s *undoStep, field, old []byte) {
	switch {
	case !s.had:
		v.delete(field)
	case v.table != nil:
		v.putTable(field, old)
	case v.find(field) >= 0:
		v.putPack(field, old)
	case int(s.num) >= v.pack.Bytes()-1:
		v.pack = v.pack.Append(field).Append(old)
	default:
		v.pack = v.pack.InsertBefore(int(s.num), field)
		v.pack = v.pack.InsertAfter(int(s.num), old)
	}
}

func (v *hashValue) check() error {
	if (v.pack == nil) == (v.table == nil) {
		return fmt.Errorf("hash %q is neither pack nor table, or both", v.key)
	}
	if v.table != nil {
		return nil
	}
	if err := listpack.Validate(v.pack); err != nil {
		return fmt.Errorf("hash %q: %w", v.key, err)
	}
	if v.pack.Len()%2 != 0 {
		return fmt.Errorf("hash %q: a field without a value", v.key)
	}
	seen := map[string]bool{}
	var err error
	v.Each(func(field, _ []byte) bool {
		if seen[string(field)] {
			err = fmt.Errorf("hash %q: field %q twice", v.key, field)
		}
		seen[string(bytes.Clone(field))] = true
		return err == nil
	})
	return err
}
