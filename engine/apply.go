package engine

import (
	"bytes"
	"fmt"
	"unsafe"
)

// Loader rebuilds an engine from effects: those of the journal, or those that
// storage makes from its records. It records nothing, keeps deadlines that
// have passed (they are removed when they are met), and needs no clock.
type Loader struct {
	e        *Engine
	byGen    map[uint64]*object   // for effects that name no key
	detached map[uint64]*Keyspace // databases that a unit has taken out so far
}

// NewLoader begins recovery; the engine must not have served anyone yet.
func (e *Engine) NewLoader() *Loader {
	e.unit.replay = true
	return &Loader{e: e, byGen: map[uint64]*object{}, detached: map[uint64]*Keyspace{}}
}

// Unit replays one unit of the journal.
func (l *Loader) Unit(unit []byte) error {
	err := DecodeUnit(unit, l.Apply)
	clear(l.detached)
	return err
}

// Apply replays one effect. An effect on an element may leave Key empty and
// name its collection by Gen alone, when that was loaded by this Loader.
func (l *Loader) Apply(f *Effect) error {
	if f.Op == OpSystemPut || f.Op == OpSystemDel {
		l.e.applySystem(f)
		return nil
	}
	if f.DB >= len(l.e.dbs) || f.ToDB >= len(l.e.dbs) {
		return fmt.Errorf("effect on database %d, but 'databases' is %d", max(f.DB, f.ToDB), len(l.e.dbs))
	}
	if f.Op != OpNamespace {
		l.e.generation = max(l.e.generation, f.Gen)
	}
	ks := l.e.dbs[f.DB]
	switch f.Op {
	case OpNamespace:
		l.namespace(f.DB, f.Gen)
		return nil
	case OpString:
		ks.applyString(f, l)
		return nil
	case OpRange:
		return l.applyRange(ks, f)
	case OpObject:
		return l.applyObject(ks, f)
	case OpDeadline, OpDelete, OpRename:
		return ks.applyKey(f, l.e.dbs[f.ToDB])
	}
	o, err := l.target(ks, f)
	if err != nil {
		return err
	}
	return o.collection().apply(f)
}

// SetIDs raises the counters of generations and namespaces to those that
// storage has seen.
func (l *Loader) SetIDs(generation, namespace uint64) {
	l.e.generation = max(l.e.generation, generation)
	l.e.namespaces = max(l.e.namespaces, namespace)
}

// Close ends recovery: collections that were announced but never filled are
// damage.
func (l *Loader) Close() error {
	l.e.unit.replay = false
	l.e.recount()
	for _, ks := range l.e.dbs {
		var err error
		ks.keys.Each(func(p unsafe.Pointer) bool {
			h := entry(p)
			err = h.checkLoaded(ks)
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkLoaded tells what is wrong with a value that effects have made.
func (h *header) checkLoaded(ks *Keyspace) error {
	if h.kind == KindString {
		return nil
	}
	if h.object().collection().length() == 0 && h.kind != KindStream {
		return fmt.Errorf("key %q of database %d is an empty %v", h.keyBytes(), ks.index, h.kind)
	}
	if h.kind == KindList {
		if err := (*listValue)(unsafe.Pointer(h)).list.Settle(); err != nil {
			return fmt.Errorf("key %q of database %d: %w", h.keyBytes(), ks.index, err)
		}
	}
	return nil
}

// Keys counts the keys of all databases.
func (e *Engine) Keys() int {
	n := 0
	for _, ks := range e.dbs {
		n += ks.Len()
	}
	return n
}

// Namespaces tells which namespace each database shows, for storage.
func (e *Engine) Namespaces() []uint64 {
	all := make([]uint64, len(e.dbs))
	for i, ks := range e.dbs {
		all[i] = ks.namespace
	}
	return all
}

func (l *Loader) namespace(db int, namespace uint64) {
	e := l.e
	e.namespaces = max(e.namespaces, namespace)
	old := e.dbs[db]
	if old.namespace == namespace {
		return
	}
	next := l.detached[namespace]
	for _, ks := range e.dbs {
		if ks.namespace == namespace {
			next = ks
		}
	}
	if next == nil {
		next = newKeyspace(e, db, namespace)
	} else if next.index != db && e.dbs[next.index] == next {
		// The other half of a swap follows; until then an empty database
		// stands in.
		e.dbs[next.index] = newKeyspace(e, next.index, 0)
	}
	l.detached[old.namespace] = old
	next.index = db
	e.dbs[db] = next
}

func (l *Loader) target(ks *Keyspace, f *Effect) (*object, error) {
	o := l.byGen[f.Gen]
	if len(f.Key) > 0 || o == nil {
		h := entry(ks.keys.Find(f.Key))
		if h == nil || h.isInline() || h.object().gen != f.Gen {
			return nil, fmt.Errorf("effect %d on %q: no value of generation %d", f.Op, f.Key, f.Gen)
		}
		o = h.object()
	}
	if o.kind == KindString {
		return nil, fmt.Errorf("effect %d on %q, which is a string", f.Op, f.Key)
	}
	l.e.resized(o)
	return o, nil
}

func (ks *Keyspace) applyString(f *Effect, l *Loader) {
	old := entry(ks.keys.Find(f.Key))
	if f.Gen == 0 && ks.overwrite(old, f.Value, f.Deadline) {
		return
	}
	ks.setStringGen(f.Key, old, f.Value, f.Deadline, f.Gen)
	if f.Gen != 0 {
		l.byGen[f.Gen] = entry(ks.keys.Find(f.Key)).object()
	}
}

func (l *Loader) applyRange(ks *Keyspace, f *Effect) error {
	if o := l.byGen[f.Gen]; len(f.Key) == 0 && o != nil {
		if o.kind != KindString {
			return fmt.Errorf("bytes written to generation %d, which is a %v", f.Gen, o.kind)
		}
		s := (*stringObject)(unsafe.Pointer(o))
		s.setRange(int(f.Offset), int(f.Length), f.Value)
		l.e.resized(o)
		return nil
	}
	h := entry(ks.keys.Find(f.Key))
	if h != nil && h.kind != KindString {
		return fmt.Errorf("bytes written to %q, which is a %v", f.Key, h.kind)
	}
	if f.Gen != 0 && (h == nil || h.isInline()) {
		return fmt.Errorf("bytes written to %q: no string of generation %d", f.Key, f.Gen)
	}
	ks.SetRange(f.Key, int(f.Offset), f.Value)
	return nil
}

func (l *Loader) applyObject(ks *Keyspace, f *Effect) error {
	o := newCollection(f.Kind)
	if o == nil {
		return fmt.Errorf("key %q has unknown type %d", f.Key, f.Kind)
	}
	old := entry(ks.keys.Find(f.Key))
	o.header = header{kind: f.Kind, access: ks.e.newAccess()}
	o.key, o.ks, o.gen, o.deadline = string(f.Key), ks, f.Gen, f.Deadline
	l.byGen[f.Gen] = o
	ks.putSlot(f.Key, old, &o.header)
	l.e.resized(o) // a stream may stay empty
	return nil
}

func (ks *Keyspace) applyKey(f *Effect, to *Keyspace) error {
	h := entry(ks.keys.Find(f.Key))
	if h == nil {
		return fmt.Errorf("effect %d on %q, which does not exist", f.Op, f.Key)
	}
	switch f.Op {
	case OpDeadline:
		ks.SetDeadline(f.Key, f.Deadline)
	case OpDelete:
		ks.putSlot(h.keyBytes(), h, nil)
	case OpRename:
		if there := entry(to.keys.Find(f.ToKey)); there != nil {
			to.putSlot(f.ToKey, there, nil)
		}
		ks.move(h, f.Key, to, f.ToKey)
	}
	return nil
}

// System returns a system record: state beside the databases, such as a
// function library's code. It must not be modified.
func (e *Engine) System(name string) ([]byte, bool) {
	v, ok := e.system[name]
	return v, ok
}

// SystemNames returns the names of all system records, in no order.
func (e *Engine) SystemNames() []string {
	names := make([]string, 0, len(e.system))
	for n := range e.system {
		names = append(names, n)
	}
	return names
}

// PutSystem sets a system record as part of the current unit; nil removes it.
func (e *Engine) PutSystem(name string, value []byte) {
	old, had := e.system[name]
	f := &Effect{Op: OpSystemPut, Key: []byte(name), Value: value}
	if value == nil {
		f.Op = OpSystemDel
	}
	e.unit.record(f)
	e.unit.onUndo(func() {
		if had {
			e.system[name] = old
		} else {
			delete(e.system, name)
		}
	})
	e.applySystem(f)
}

func (e *Engine) applySystem(f *Effect) {
	if f.Op == OpSystemDel {
		delete(e.system, string(f.Key))
		return
	}
	e.system[string(f.Key)] = bytes.Clone(f.Value)
}
