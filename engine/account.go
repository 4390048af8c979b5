package engine

import (
	"unsafe"

	"perigee/engine/dict"
	"perigee/engine/sizeclass"
)

// The account of memory is of what lives: dead objects, which the runtime
// counts until it has collected them, are not in it. Every block counts what
// the allocator takes for it. Each keyspace's tables count the keys in them,
// and all add to Engine.used; a large value counts its own blocks as it
// changes, and settle brings its key's count up to date when a unit ends or
// keys come and go.

// maxResized bounds the objects whose new size a unit has not counted yet.
const maxResized = 64

func (e *Engine) newKeyTable() *dict.Table {
	return dict.New(entryKey).Count(entryMemory, &e.used)
}

func (e *Engine) newExpireTable() *dict.Table {
	return dict.New(entryKey).Count(nil, &e.used)
}

// entryMemory is what an entry of a keyspace counts.
func entryMemory(p unsafe.Pointer) int {
	h := entry(p)
	if h.isInline() {
		return h.inlineBytes()
	}
	return h.object().size()
}

// measure is what o takes of the heap with its key and its elements. O(1).
func (o *object) measure() int {
	size := sizeclass.Of(len(o.key))
	if o.kind == KindString {
		s := (*stringObject)(unsafe.Pointer(o))
		return size + sizeclass.WithPointers(int(unsafe.Sizeof(*s))) + sizeclass.Of(cap(s.value))
	}
	return size + o.collection().memory()
}

// resized notes that the size of o, which is in its keyspace, may change until
// the next settle.
func (e *Engine) resized(o *object) {
	if n := len(e.unit.resized); n == 0 || e.unit.resized[n-1] != o {
		e.addResized(o)
	}
}

// addResized is the part of resized that is not inlined.
func (e *Engine) addResized(o *object) {
	if len(e.unit.resized) == maxResized {
		e.settle()
	}
	e.unit.resized = append(e.unit.resized, o)
}

// settle counts what objects have grown by. It comes before any key does or
// goes, so that all whose size has changed are where they were.
func (e *Engine) settle() {
	u := &e.unit
	for _, o := range u.resized {
		if size := o.measure(); size != o.size() {
			o.ks.keys.Resized(size - o.size())
			o.setSize(size)
		}
	}
	clear(u.resized)
	u.resized = u.resized[:0]
}

// counted is what the keyspace adds to Engine.used.
func (ks *Keyspace) counted() int64 { return ks.keys.Counted() + ks.expires.Counted() }

// recount sums up what the databases count, after recovery.
func (e *Engine) recount() {
	e.settle()
	e.used = 0
	for _, ks := range e.dbs {
		e.used += ks.counted()
	}
}
