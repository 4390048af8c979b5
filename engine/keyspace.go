package engine

import (
	"unsafe"

	"perigee/engine/dict"
)

// Keyspace is the keys of one database. Invariants, checked by check:
//
//  1. No empty collection exists.
//  2. expires holds exactly the entries that have a deadline, by the same
//     pointers as keys.
//  3. Every object knows its key and its keyspace.
//  4. fieldQueue holds exactly the hashes of which a field has a deadline.
//  5. Applying all effects to an empty engine gives an equal keyspace.
type Keyspace struct {
	e          *Engine
	index      int    // database number, changed by SWAPDB
	namespace  uint64 // changes whenever all keys go at once
	keys       *dict.Table
	expires    *dict.Table
	cursor     uint64 // where the active expiry cycle goes on
	averageTTL int64  // milliseconds, of keys with a deadline: a moving average
	// fieldQueue is the hashes whose fields have deadlines.
	fieldQueue fieldQueue
}

func newKeyspace(e *Engine, index int, namespace uint64) *Keyspace {
	return &Keyspace{e: e, index: index, namespace: namespace, keys: e.newKeyTable(), expires: e.newExpireTable()}
}

// Now is the time in Unix milliseconds, fixed for the whole unit.
func (ks *Keyspace) Now() int64 { return ks.e.now }

// Index is the database's number.
func (ks *Keyspace) Index() int { return ks.index }

// Len counts the keys, expired ones that nobody has met yet included.
func (ks *Keyspace) Len() int { return ks.keys.Len() }

// Engine returns the engine that the keyspace belongs to.
func (ks *Keyspace) Engine() *Engine { return ks.e }

// Other returns another database of the same engine, or an error for a number
// out of range.
func (ks *Keyspace) Other(index int64) (*Keyspace, error) {
	if index < 0 || index >= int64(len(ks.e.dbs)) {
		return nil, ErrDBIndex
	}
	return ks.e.dbs[index], nil
}

// Rand returns 64 random bits of the engine's seeded source.
func (ks *Keyspace) Rand() uint64 { return ks.e.random.Uint64() }

// RandN returns a random number in [0, n).
func (ks *Keyspace) RandN(n int) int { return ks.e.random.IntN(n) }

// find returns the live entry of key, or nil. A key whose deadline has passed
// is removed, as an effect of the unit that met it.
func (ks *Keyspace) find(key []byte) entry {
	h := entry(ks.keys.Find(key))
	if h == nil {
		return nil
	}
	if at := h.deadlineMs(); at != 0 && at <= ks.e.now && !ks.e.unit.replay {
		ks.expire(h)
		return nil
	}
	return h
}

// see is find for a command that only reads: during CLIENT PAUSE it leaves what
// has expired, so it must not be followed by making the key.
func (ks *Keyspace) see(key []byte) entry {
	if !ks.e.pause.on {
		return ks.find(key)
	}
	h := entry(ks.keys.Find(key))
	if h == nil || ks.expired(h) {
		return nil
	}
	return h
}

// lookup is find for a command that reads the value: it counts a hit or miss
// and notes the access.
func (ks *Keyspace) lookup(key []byte) entry {
	h := ks.peek(key)
	if h != nil {
		ks.e.noteAccess(h)
	}
	return h
}

// peek is lookup for a command that asks about a key, not for its value: it
// counts a hit or miss, but is no access.
func (ks *Keyspace) peek(key []byte) entry {
	h := ks.inspect(key)
	if h == nil {
		ks.notify(EventKeyMiss, "keymiss", key)
	}
	return h
}

// inspect is peek for a command to which a miss is no event.
func (ks *Keyspace) inspect(key []byte) entry {
	h := ks.see(key)
	if h == nil {
		ks.e.stats.misses++
		return nil
	}
	ks.e.stats.hits++
	return h
}

// lookupKind is lookup for a value of one type, ErrWrongType for another.
func (ks *Keyspace) lookupKind(key []byte, kind Kind) (*object, error) {
	h := ks.lookup(key)
	if h == nil {
		return nil, nil
	}
	if h.kind != kind {
		return nil, ErrWrongType
	}
	return h.object(), nil
}

// findKind is lookupKind for a command that is about to write: no statistics.
func (ks *Keyspace) findKind(key []byte, kind Kind) (*object, error) {
	h := ks.find(key)
	if h == nil {
		return nil, nil
	}
	if h.kind != kind {
		return nil, ErrWrongType
	}
	ks.e.noteAccess(h)
	ks.e.resized(h.object())
	return h.object(), nil
}

// Exists tells whether key exists, without counting as an access.
func (ks *Keyspace) Exists(key []byte) bool { return ks.find(key) != nil }

// KindOf returns the type of key's value, KindNone when there is none.
func (ks *Keyspace) KindOf(key []byte) Kind {
	if h := ks.find(key); h != nil {
		return h.kind
	}
	return KindNone
}

// Deadline returns key's deadline in Unix milliseconds, 0 for none, and
// whether key exists.
func (ks *Keyspace) Deadline(key []byte) (int64, bool) {
	h := ks.find(key)
	if h == nil {
		return 0, false
	}
	return h.deadlineMs(), true
}

// SetDeadline gives an existing key a deadline; 0 takes it away. A missing
// key is an error of the caller.
func (ks *Keyspace) SetDeadline(key []byte, at int64) {
	h := entry(ks.keys.Find(key))
	old := h.deadlineMs()
	if old == at {
		return
	}
	ks.e.unit.record(&Effect{Op: OpDeadline, DB: ks.index, Key: key, Deadline: at})
	if h.isInline() && h.flags&flagDeadline == 0 {
		moved := newInline(key, int(h.valLen), 0, at)
		copy(moved.inlineValue(), h.inlineValue())
		moved.access, moved.flags = h.access, moved.flags|h.flags&flagsEncoding
		ks.putSlot(key, h, moved)
		return
	}
	u := &ks.e.unit
	if u.keepUndo && !u.replay {
		u.undo = append(u.undo, undoStep{kind: undoDeadline, ks: ks, old: h, num: uint64(old)})
	}
	ks.placeDeadline(h, at)
}

// placeDeadline sets the deadline of an entry that has room for it and keeps
// expires right.
func (ks *Keyspace) placeDeadline(h entry, at int64) {
	was := h.deadlineMs() != 0
	h.setDeadline(at)
	switch {
	case at != 0 && !was:
		ks.expires.Insert(h.keyBytes(), unsafe.Pointer(h))
	case at == 0 && was:
		ks.expires.Delete(h.keyBytes())
	}
}

// putSlot makes h the entry of key, where old (nil for none) was, and notes
// how to undo that. It records no effect.
func (ks *Keyspace) putSlot(key []byte, old, h entry) {
	u := &ks.e.unit
	if len(u.resized) > 0 {
		ks.e.settle()
	}
	if u.keepUndo && !u.replay {
		u.undo = append(u.undo, undoStep{kind: undoSlot, ks: ks, old: old, new: h})
		u.fresh = h
	}
	if h == nil {
		ks.keys.Delete(key)
	} else if old == nil {
		ks.keys.Insert(key, unsafe.Pointer(h))
	} else {
		ks.keys.Replace(key, unsafe.Pointer(h))
	}
	ks.replaceExpires(key, old, h)
}

// replaceExpires keeps expires and fieldQueue right where h takes old's place.
func (ks *Keyspace) replaceExpires(key []byte, old, h entry) {
	if old != nil && old.kind == KindHash {
		ks.unqueue((*hashValue)(unsafe.Pointer(old)))
	}
	if h != nil && h.kind == KindHash && (*hashValue)(unsafe.Pointer(h)).timed != nil {
		ks.requeue((*hashValue)(unsafe.Pointer(h)))
	}
	had := old != nil && old.deadlineMs() != 0
	has := h != nil && h.deadlineMs() != 0
	switch {
	case has && had:
		ks.expires.Replace(key, unsafe.Pointer(h))
	case has:
		ks.expires.Insert(key, unsafe.Pointer(h))
	case had:
		ks.expires.Delete(key)
	}
}

// restoreSlot takes back a putSlot(old → now).
func (ks *Keyspace) restoreSlot(old, now entry) {
	ks.e.settle()
	if old != nil {
		if now == nil {
			ks.keys.Insert(old.keyBytes(), unsafe.Pointer(old))
		} else {
			ks.keys.Replace(old.keyBytes(), unsafe.Pointer(old))
		}
		ks.replaceExpires(old.keyBytes(), now, old)
		return
	}
	key := now.keyBytes()
	ks.keys.Delete(key)
	ks.replaceExpires(key, now, nil)
}

// Delete removes key and tells whether it was there.
func (ks *Keyspace) Delete(key []byte) bool {
	h := ks.find(key)
	if h == nil {
		return false
	}
	ks.remove(h)
	return true
}

// remove removes an entry of the keyspace: O(1) whatever its size, as the
// collector frees it.
func (ks *Keyspace) remove(h entry) {
	key := h.keyBytes()
	ks.e.unit.record(&Effect{Op: OpDelete, DB: ks.index, Key: key, Gen: h.generation()})
	ks.putSlot(key, h, nil)
}

// generation is the entry's, 0 for an inline string.
func (h *header) generation() uint64 {
	if h.isInline() {
		return 0
	}
	return h.object().gen
}

// expire removes an entry whose deadline has passed.
func (ks *Keyspace) expire(h entry) {
	began := ks.e.latencyClock()
	ks.e.countExpired(&ks.e.stats.expired, 1)
	ks.remove(h)
	ks.notify(EventExpired, "expired", h.keyBytes())
	ks.e.latencySince("expire-del", began)
}

// countExpired adds to a count of what has expired: where that is undone, it
// has not expired yet.
func (e *Engine) countExpired(count *int64, n int) {
	*count += int64(n)
	if e.unit.keepUndo {
		e.unit.onUndo(func() { *count -= int64(n) })
	}
}

// removeEmpty removes a collection whose last element has gone.
func (ks *Keyspace) removeEmpty(o *object) {
	ks.remove(&o.header)
	ks.notify(EventGeneric, "del", o.keyBytes())
}

// addObject makes o, the head of a new and still empty collection of kind,
// the value of key, which must not exist. The caller fills it before the unit
// ends.
func (ks *Keyspace) addObject(o *object, key []byte, kind Kind) {
	ks.putObject(o, key, kind)
	ks.notify(EventNew, "new", key)
}

// putObject is addObject for a key that has just lost its old value to the
// new one: to events it is no new key.
func (ks *Keyspace) putObject(o *object, key []byte, kind Kind) {
	o.header = header{kind: kind, access: ks.e.newAccess()}
	o.key, o.ks = string(key), ks
	if o.gen == 0 {
		o.gen = ks.e.nextGeneration()
	}
	ks.e.unit.record(&Effect{Op: OpObject, DB: ks.index, Key: key, Kind: kind, Gen: o.gen, Deadline: o.deadline})
	ks.putSlot(key, nil, &o.header)
	ks.e.resized(o) // it may stay empty, as a stream does
}

// replaceObject is addObject for a key that may exist: what is there goes.
func (ks *Keyspace) replaceObject(o *object, key []byte, kind Kind) {
	h := ks.find(key)
	if h == nil {
		ks.addObject(o, key, kind)
		return
	}
	ks.remove(h)
	ks.putObject(o, key, kind)
}

// storeNothing removes what is at key, for a command whose result is empty.
func (ks *Keyspace) storeNothing(key []byte) {
	if ks.discard(key) {
		ks.notify(EventGeneric, "del", key)
	}
}

// discard is Delete where Redis does not ask whether the key has expired.
func (ks *Keyspace) discard(key []byte) bool {
	h := entry(ks.keys.Find(key))
	if h == nil {
		return false
	}
	ks.remove(h)
	return true
}

// record records an effect on o: it fills in database, key and generation.
func (o *object) record(f *Effect) {
	u := &o.ks.e.unit
	if u.replay {
		return
	}
	o.ks.e.resized(o)
	f.DB, f.Key, f.Gen = o.ks.index, unsafe.Slice(unsafe.StringData(o.key), len(o.key)), o.gen
	u.record(f)
}

// undoElem notes the state of one element before a change: elem names it
// (field, member), or num and index do (list address); had and old are its
// value before. restoreElement in the type's file takes it back.
func (o *object) undoElem(elem []byte, num uint64, index int32, had bool, old []byte) {
	u := &o.ks.e.unit
	if !u.keepUndo || u.replay {
		return
	}
	u.undo = append(u.undo, undoStep{kind: undoElement, object: o, elem: u.keep(elem), num: num, index: index, had: had, value: u.keep(old)})
}

// undoable tells whether the unit keeps undo steps, for which closures are
// made. What is in no keyspace yet, and so has no generation, has none.
func (o *object) undoable() bool {
	return o.gen != 0 && o.ks.e.unit.keepUndo && !o.ks.e.unit.replay
}

// onUndo registers the step that takes a change of o back, where it is undoable.
func (o *object) onUndo(restore func()) {
	u := &o.ks.e.unit
	u.undo = append(u.undo, undoStep{kind: undoCall, object: o, restore: restore})
}

// Rename moves the value of src, which exists, to key in database to,
// replacing what is there.
func (ks *Keyspace) rename(src []byte, to *Keyspace, key []byte) {
	h := entry(ks.keys.Find(src))
	if there := entry(to.keys.Find(key)); there != nil {
		to.remove(there)
	}
	f := &Effect{Op: OpRename, DB: ks.index, Key: src, Kind: h.kind, Gen: h.generation(), Deadline: h.deadlineMs(), ToDB: to.index, ToKey: key}
	if h.isInline() {
		f.Value = h.inlineValue()
	}
	ks.e.unit.record(f)
	ks.move(h, src, to, key)
}

func (ks *Keyspace) move(h entry, src []byte, to *Keyspace, key []byte) {
	ks.putSlot(src, h, nil)
	if h.isInline() {
		moved := newInline(key, int(h.valLen), 0, h.deadlineMs())
		copy(moved.inlineValue(), h.inlineValue())
		moved.access, moved.flags = h.access, moved.flags|h.flags&flagsEncoding
		to.putSlot(key, nil, moved)
		return
	}
	o := h.object()
	oldKey, oldKs := o.key, o.ks
	ks.e.unit.onUndo(func() {
		o.key, o.ks = oldKey, oldKs
		o.setSize(o.measure())
	})
	o.key, o.ks = string(key), to
	o.setSize(o.measure())
	to.putSlot(key, nil, h)
}

// Flush removes all keys at once.
func (ks *Keyspace) Flush() {
	ks.showNamespace(ks.e.nextNamespace())
}

// showNamespace empties the database under a new namespace.
func (ks *Keyspace) showNamespace(namespace uint64) {
	e := ks.e
	e.unit.record(&Effect{Op: OpNamespace, DB: ks.index, Gen: namespace})
	e.hitWatched(ks.index, nil)
	e.settle()
	keys, expires, queue, old, cursor := ks.keys, ks.expires, ks.fieldQueue, ks.namespace, ks.cursor
	e.unit.onUndo(func() {
		e.settle()
		e.used -= ks.counted()
		ks.keys, ks.expires, ks.fieldQueue, ks.namespace, ks.cursor = keys, expires, queue, old, cursor
		e.used += ks.counted()
	})
	e.used -= ks.counted()
	ks.keys, ks.expires, ks.fieldQueue, ks.namespace, ks.cursor = e.newKeyTable(), e.newExpireTable(), nil, namespace, 0
}

// swap exchanges two databases.
func (e *Engine) swap(a, b int) {
	if a == b {
		return
	}
	e.hitWatched(a, e.dbs[b].keys)
	e.hitWatched(b, e.dbs[a].keys)
	e.dbs[a], e.dbs[b] = e.dbs[b], e.dbs[a]
	e.dbs[a].index, e.dbs[b].index = a, b
	e.unit.record(&Effect{Op: OpNamespace, DB: a, Gen: e.dbs[a].namespace})
	e.unit.record(&Effect{Op: OpNamespace, DB: b, Gen: e.dbs[b].namespace})
	e.unit.onUndo(func() {
		e.dbs[a], e.dbs[b] = e.dbs[b], e.dbs[a]
		e.dbs[a].index, e.dbs[b].index = a, b
	})
}
