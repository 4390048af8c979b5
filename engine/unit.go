package engine

import (
	"bytes"
	"encoding/binary"
	"unsafe"
)

// A unit is what one command, EXEC or script changes: its effects, encoded in
// the order in which they happened, and, where the unit may be taken back,
// the steps that undo them. Invariants:
//
//  1. Effects are recorded only between beginUnit and endUnit.
//  2. While keepUndo is set, every effect has its undo steps, so that
//     rollback to any mark restores the state at that mark.
//  3. The buffers are empty between units.
type unit struct {
	effects  []byte
	count    int
	written  int64 // bytes of all effects ever recorded, and of the zeros that they filled strings up with
	depth    int
	marked   bool // there was a savepoint
	lean     bool // nobody reads values: no journal
	replay   bool // changes come from the journal: record nothing
	keepUndo bool

	lastDB             int
	lastStart, lastEnd int // the last encoded key, for sameKey

	resized []*object // whose size is not counted yet

	undo []undoStep
	// fresh is an inline string that came after the newest mark: undo takes
	// it out whole, so it may be changed in place.
	fresh     entry
	encoded   *listValue // whose encoding the steps since the newest mark begin with
	arena     []byte     // bytes that undo steps refer to
	watchHits []*Client  // watchers that no effect tells of what happened to their keys
	notes     []trackNote
	outbox    outbox
}

// undoStep is one step back. What its fields mean depends on kind.
type undoStep struct {
	kind     undoKind
	had      bool
	index    int32
	ks       *Keyspace
	old, new entry   // undoSlot: what the table held and holds
	object   *object // element steps
	num      uint64  // deadline, generation, score bits, position, offset
	length   int64
	elem     span
	value    span
	restore  func() // undoCall
}

// span is a part of the unit's arena.
type span struct{ start, end int }

type undoKind uint8

const (
	undoSlot     undoKind = iota // a key's entry was put, replaced or removed
	undoDeadline                 // a deadline changed in place
	undoAccess                   // an entry was used
	undoRange                    // bytes of a stringObject changed
	undoElement                  // an element of a collection changed
	undoEncoding                 // a list may change its encoding
	undoCall                     // anything rare: call restore
)

// mark is a place in the unit to which it can be rolled back.
type mark struct {
	effects, count, undo, arena, hits, notes, messages int
	kept                                               bool
}

func (u *unit) reset() {
	u.effects, u.count, u.marked = u.effects[:0], 0, false
	if cap(u.effects) > 1<<20 {
		u.effects = nil
	}
	clear(u.undo)
	u.undo = u.undo[:0]
	if cap(u.undo) > 1<<14 {
		u.undo = nil
	}
	u.arena = u.arena[:0]
	if cap(u.arena) > 1<<20 {
		u.arena = nil
	}
	u.fresh, u.encoded = nil, nil
	clear(u.watchHits)
	u.watchHits = u.watchHits[:0]
	clear(u.notes)
	u.notes = u.notes[:0]
	u.outbox.reset()
	u.lastDB = -1
}

// record appends an effect; f's slices are copied.
func (u *unit) record(f *Effect) {
	if u.replay {
		return
	}
	if u.depth == 0 {
		panic("effect recorded outside a unit")
	}
	u.written += int64(len(f.Key) + len(f.Elem) + len(f.Value))
	if u.lean && f.Op != OpSystemPut {
		f.Value = nil
	}
	u.count++
	if u.lastDB == f.DB && f.Op.onKey() && bytes.Equal(u.effects[u.lastStart:u.lastEnd], f.Key) {
		u.effects = f.appendSame(u.effects)
		return
	}
	u.effects = append(u.effects, byte(f.Op))
	u.effects = binary.AppendUvarint(u.effects, uint64(f.DB))
	u.effects = binary.AppendUvarint(u.effects, uint64(len(f.Key)))
	u.lastDB, u.lastStart = f.DB, len(u.effects)
	u.effects = append(u.effects, f.Key...)
	u.lastEnd = len(u.effects)
	u.effects = f.appendRest(u.effects)
	if !f.Op.onKey() {
		u.lastDB = -1
	}
}

// keep copies b into the arena.
func (u *unit) keep(b []byte) span {
	start := len(u.arena)
	u.arena = append(u.arena, b...)
	return span{start, len(u.arena)}
}

func (u *unit) kept(s span) []byte { return u.arena[s.start:s.end] }

// fixed tells whether h must stay as it is, as undo may want it back.
func (u *unit) fixed(h entry) bool { return u.keepUndo && u.fresh != h }

// mark notes the present place and turns undo on from here.
func (u *unit) mark() mark {
	m := mark{len(u.effects), u.count, len(u.undo), len(u.arena), len(u.watchHits), len(u.notes), len(u.outbox.messages), u.keepUndo}
	u.keepUndo, u.marked, u.fresh, u.encoded = true, true, nil, nil
	return m
}

// release ends the obligation to be able to go back to m.
func (u *unit) release(m mark) { u.keepUndo = m.kept }

// rollback undoes everything since m, newest first.
func (u *unit) rollback(m mark) {
	replay := u.replay
	u.replay = true
	for i := len(u.undo) - 1; i >= m.undo; i-- {
		u.undoOne(&u.undo[i])
	}
	u.replay = replay
	clear(u.undo[m.undo:])
	u.undo = u.undo[:m.undo]
	u.arena = u.arena[:m.arena]
	u.effects, u.count = u.effects[:m.effects], m.count
	u.watchHits = u.watchHits[:m.hits]
	u.cutNotes(m)
	u.outbox.cut(m.messages)
	u.fresh, u.encoded = nil, nil
	u.lastDB = -1
	u.keepUndo = m.kept
}

func (u *unit) undoOne(s *undoStep) {
	switch s.kind {
	case undoSlot:
		s.ks.restoreSlot(s.old, s.new)
	case undoDeadline:
		s.ks.placeDeadline(s.old, int64(s.num))
	case undoAccess:
		s.old.access = uint32(s.num)
	case undoRange:
		str := (*stringObject)(unsafe.Pointer(s.object))
		str.value = str.value[:s.length]
		copy(str.value[s.num:], u.kept(s.value))
		str.ks.e.resized(&str.object)
	case undoElement:
		s.object.ks.e.resized(s.object)
		s.object.restoreElement(u, s)
	case undoEncoding:
		(*listValue)(unsafe.Pointer(s.object)).restoreEncoding(s.had)
	case undoCall:
		if s.object != nil {
			s.object.ks.e.resized(s.object)
		}
		s.restore()
	}
}

// undoAccess notes when or how often h was used before it is used again.
func (u *unit) undoAccess(h entry) {
	if u.keepUndo && !u.replay {
		u.undo = append(u.undo, undoStep{kind: undoAccess, old: h, num: uint64(h.access)})
	}
}

// onUndo registers a step for changes too rare to have a kind of their own.
func (u *unit) onUndo(restore func()) {
	if u.keepUndo && !u.replay {
		u.undo = append(u.undo, undoStep{kind: undoCall, restore: restore})
	}
}

// beginUnit opens a unit; units nest by depth, and only the outermost ends.
func (e *Engine) beginUnit() { e.unit.depth++ }

// endUnit closes a unit: the journal, WATCH, blocked clients, trackers and the
// dirty counter get its effects, and subscribers its messages.
func (e *Engine) endUnit() {
	u := &e.unit
	if u.depth--; u.depth > 0 {
		return
	}
	if len(u.resized) > 0 {
		e.settle()
	}
	if u.count > 0 {
		e.tell(u)
	}
	for _, c := range u.watchHits {
		c.watchDirty = len(c.watches) > 0 // it may have stopped watching meanwhile
	}
	tracked := e.tracking.clients > 0 && (u.count > 0 || len(u.notes) > 0)
	if tracked {
		e.tellTrackers(u)
	}
	if len(u.outbox.messages) > 0 {
		e.deliver()
	}
	if tracked {
		e.sendLater()
	}
	if u.count > 0 || u.marked || len(u.watchHits) > 0 || len(u.notes) > 0 || len(u.outbox.messages) > 0 {
		u.reset()
	}
}

// tell lets everyone who reads effects read those of a unit that has ended.
func (e *Engine) tell(u *unit) {
	e.dirty += int64(u.count)
	if e.journal != nil {
		e.applied = e.journal.Append(u.effects)
	}
	if len(e.watched) > 0 || len(e.blocking.keys) > 0 {
		e.observe(u.effects)
	}
}

// observe serves WATCH and finds keys for which clients are blocked.
func (e *Engine) observe(effects []byte) {
	err := DecodeUnit(effects, func(f *Effect) error {
		switch f.Op {
		case OpSystemPut, OpSystemDel:
		case OpNamespace:
			e.blocking.touchDatabase(e.dbs[f.DB])
		case OpRename:
			e.touch(f.DB, f.Key)
			e.touch(f.ToDB, f.ToKey)
		case OpStreamPut, OpStreamDel:
			e.touchStream(f)
		default:
			e.touch(f.DB, f.Key)
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
}

// touch is what WATCH notices and what may serve a blocked client.
func (e *Engine) touch(db int, key []byte) {
	e.touchWatched(db, key)
	e.blocking.touch(db, key)
}
