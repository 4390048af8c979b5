package persist

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"perigee/engine"
)

// A model is a keyspace of maps: what effects mean, told as simply as can be.
// As a Target it is what a store has to rebuild.
type model struct {
	shown   []uint64
	spaces  map[uint64]map[string]*value
	gens    map[uint64]*value
	system  map[string]string
	lastGen uint64
	lastNS  uint64
}

type value struct {
	kind     engine.Kind
	gen      uint64
	deadline int64
	text     string
	elems    map[string]string
	times    map[string]int64 // deadlines of hash fields
}

const modelDatabases = 4

func newModel() *model {
	m := &model{spaces: map[uint64]map[string]*value{}, gens: map[uint64]*value{}, system: map[string]string{}}
	for range modelDatabases {
		m.lastNS++
		m.shown = append(m.shown, m.lastNS)
	}
	return m
}

func (m *model) db(i int) map[string]*value {
	ns := m.shown[i]
	if m.spaces[ns] == nil {
		m.spaces[ns] = map[string]*value{}
	}
	return m.spaces[ns]
}

func (m *model) Unit(unit []byte) error { return engine.DecodeUnit(unit, m.Apply) }

func (m *model) SetIDs(generation, namespace uint64) {
	m.lastGen, m.lastNS = max(m.lastGen, generation), max(m.lastNS, namespace)
}

func (m *model) Apply(f *engine.Effect) error {
	if f.Op == engine.OpNamespace {
		m.shown[f.DB] = f.Gen
		m.lastNS = max(m.lastNS, f.Gen)
		return nil
	}
	m.lastGen = max(m.lastGen, f.Gen)
	keys, key := m.db(f.DB), string(f.Key)
	v := keys[key]
	switch f.Op {
	case engine.OpSystemPut:
		m.system[key] = string(f.Value)
		return nil
	case engine.OpSystemDel:
		delete(m.system, key)
		return nil
	case engine.OpString:
		m.put(keys, key, &value{kind: engine.KindString, gen: f.Gen, deadline: f.Deadline, text: string(f.Value)})
		return nil
	case engine.OpObject:
		m.put(keys, key, &value{kind: f.Kind, gen: f.Gen, deadline: f.Deadline, elems: map[string]string{}, times: map[string]int64{}})
		return nil
	case engine.OpRange:
		if v == nil {
			v = &value{kind: engine.KindString}
			keys[key] = v
		}
		if v.gen != f.Gen {
			return fmt.Errorf("range of generation %d on %q, which has %d", f.Gen, clip(f.Key), v.gen)
		}
		b := resizeTo([]byte(v.text), int(f.Length))
		copy(b[f.Offset:], f.Value)
		v.text = string(b)
		return nil
	case engine.OpDeadline, engine.OpDelete, engine.OpRename:
		if v == nil {
			return fmt.Errorf("effect %d on %q, which is not there", f.Op, clip(f.Key))
		}
		switch f.Op {
		case engine.OpDeadline:
			v.deadline = f.Deadline
		case engine.OpRename:
			delete(keys, key)
			m.db(f.ToDB)[string(f.ToKey)] = v
		default:
			delete(keys, key)
			delete(m.gens, v.gen)
		}
		return nil
	}
	v = m.gens[f.Gen]
	if v == nil {
		return fmt.Errorf("effect %d on generation %d, which is not there", f.Op, f.Gen)
	}
	switch f.Op {
	case engine.OpFieldPut, engine.OpMemberPut, engine.OpStreamPut:
		v.elems[string(f.Elem)] = string(f.Value)
	case engine.OpScorePut:
		v.elems[string(f.Elem)] = fmt.Sprint(f.Score)
	case engine.OpElemPut:
		v.elems[fmt.Sprintf("%020d %d", f.Pos, f.Index)] = string(f.Value)
	case engine.OpElemDel:
		delete(v.elems, fmt.Sprintf("%020d %d", f.Pos, f.Index))
	case engine.OpFieldDeadline:
		if v.times[string(f.Elem)] = f.Deadline; f.Deadline == 0 {
			delete(v.times, string(f.Elem))
		}
	default:
		delete(v.elems, string(f.Elem))
	}
	return nil
}

func (m *model) put(keys map[string]*value, key string, v *value) {
	keys[key] = v
	if v.gen != 0 {
		m.gens[v.gen] = v
	}
}

// diff says how two models differ, in one line, or nothing.
func (m *model) diff(o *model) string {
	if !maps.Equal(m.system, o.system) {
		return fmt.Sprintf("system records: %d and %d", len(m.system), len(o.system))
	}
	for db := range modelDatabases {
		a, b := m.db(db), o.db(db)
		for key, v := range a {
			if b[key] == nil {
				return fmt.Sprintf("db %d has no %.40q", db, key)
			}
			if w := b[key]; v.kind != w.kind || v.gen != w.gen || v.deadline != w.deadline || v.text != w.text || !maps.Equal(v.elems, w.elems) || !maps.Equal(v.times, w.times) {
				return fmt.Sprintf("db %d, key %.40q: %v, generation %d, %d bytes, %d elements; and %v, generation %d, %d bytes, %d elements",
					db, key, v.kind, v.gen, len(v.text), len(v.elems), w.kind, w.gen, len(w.text), len(w.elems))
			}
		}
		if len(a) != len(b) {
			return fmt.Sprintf("db %d: %d and %d keys", db, len(a), len(b))
		}
	}
	return ""
}

// A writer makes units that an engine might record, and applies them to its
// own model. The same seed makes the same units.
type writer struct {
	*model
	rng  *rand.Rand
	unit []byte
}

func newWriter(seed uint64) *writer {
	return &writer{model: newModel(), rng: rand.New(rand.NewPCG(seed, 1))}
}

// next returns the next unit.
func (w *writer) next() []byte {
	w.unit = w.unit[:0]
	for n := 1 + w.rng.IntN(4); n > 0; n-- {
		w.change()
	}
	return w.unit
}

func (w *writer) do(f engine.Effect) {
	w.unit = f.Append(w.unit)
	if err := w.Apply(&f); err != nil {
		panic(err)
	}
}

// name returns one of a few keys, rarely a very long one.
func (w *writer) name() []byte {
	n := w.rng.IntN(12)
	if n == 0 {
		return bytes.Repeat([]byte("long "), 16_000)
	}
	return fmt.Appendf(nil, "key%d", n)
}

func (w *writer) text() []byte {
	size := w.rng.IntN(40)
	switch w.rng.IntN(60) {
	case 0:
		size = 60_000 + w.rng.IntN(10_000)
	case 1:
		size = longValue - 10 + w.rng.IntN(2*longValue)
	}
	return []byte(strings.Repeat(string(rune('a'+w.rng.IntN(26))), size))
}

func (w *writer) deadline() int64 { return int64(w.rng.IntN(2)) * int64(1+w.rng.IntN(1e9)) }

func (w *writer) change() {
	db := w.rng.IntN(modelDatabases)
	key := w.name()
	v := w.db(db)[string(key)]
	switch n := w.rng.IntN(100); {
	case n == 0:
		w.do(engine.Effect{Op: engine.OpNamespace, DB: db, Gen: w.lastNS + 1})
	case n == 1:
		other := w.rng.IntN(modelDatabases)
		a, b := w.shown[db], w.shown[other]
		w.do(engine.Effect{Op: engine.OpNamespace, DB: db, Gen: b})
		w.do(engine.Effect{Op: engine.OpNamespace, DB: other, Gen: a})
	case n == 2:
		w.flushOwn(db, key)
	case n < 4:
		w.do(engine.Effect{Op: engine.OpSystemPut, Key: key, Value: w.text()})
	case n < 5:
		w.do(engine.Effect{Op: engine.OpSystemDel, Key: key})
	case v == nil || n < 15:
		w.create(db, key)
	case n < 22:
		w.remove(db, key)
	case n < 28:
		w.do(engine.Effect{Op: engine.OpDeadline, DB: db, Key: key, Deadline: w.deadline()})
	case n < 36:
		w.rename(db, key, v)
	default:
		w.edit(db, key, v)
	}
}

// flushOwn flushes a database, writes a key and flushes that too, all in one
// unit, as a script may.
func (w *writer) flushOwn(db int, key []byte) {
	w.do(engine.Effect{Op: engine.OpNamespace, DB: db, Gen: w.lastNS + 1})
	w.create(db, key)
	w.do(engine.Effect{Op: engine.OpNamespace, DB: db, Gen: w.lastNS + 1})
}

func (w *writer) remove(db int, key []byte) {
	if v := w.db(db)[string(key)]; v != nil {
		w.do(engine.Effect{Op: engine.OpDelete, DB: db, Key: key, Gen: v.gen})
	}
}

func (w *writer) create(db int, key []byte) {
	if v := w.db(db)[string(key)]; v != nil && v.gen != 0 {
		w.remove(db, key)
	}
	kinds := []engine.Kind{engine.KindString, engine.KindString, engine.KindList, engine.KindSet, engine.KindSortedSet, engine.KindHash, engine.KindStream}
	kind := kinds[w.rng.IntN(len(kinds))]
	if kind != engine.KindString {
		w.remove(db, key)
		w.do(engine.Effect{Op: engine.OpObject, DB: db, Key: key, Kind: kind, Gen: w.lastGen + 1, Deadline: w.deadline()})
		w.edit(db, key, w.db(db)[string(key)])
		return
	}
	f := engine.Effect{Op: engine.OpString, DB: db, Key: key, Value: w.text(), Deadline: w.deadline()}
	if len(f.Value) > pageSize {
		f.Gen = w.lastGen + 1
	}
	w.do(f)
}

func (w *writer) rename(db int, key []byte, v *value) {
	to, name := w.rng.IntN(modelDatabases), w.name()
	if to == db && bytes.Equal(key, name) {
		return
	}
	w.remove(to, name)
	f := engine.Effect{Op: engine.OpRename, DB: db, Key: key, Kind: v.kind, Gen: v.gen, Deadline: v.deadline, ToDB: to, ToKey: name}
	if v.gen == 0 {
		f.Value = []byte(v.text)
	}
	w.do(f)
}

// edit changes a key's value in place.
func (w *writer) edit(db int, key []byte, v *value) {
	f := engine.Effect{DB: db, Key: key, Gen: v.gen}
	if v.kind == engine.KindString {
		f.Op, f.Offset, f.Value = engine.OpRange, int64(w.rng.IntN(len(v.text)+20)), []byte("edited")
		f.Length = max(int64(len(v.text)), f.Offset+int64(len(f.Value)))
		if v.gen == 0 && f.Length > pageSize {
			return
		}
		w.do(f)
		return
	}
	for n := 1 + w.rng.IntN(5); n > 0; n-- {
		f.Elem, f.Value, f.Score = w.name(), nil, 0
		f.Pos, f.Index = uint64(w.rng.IntN(3))<<62, int32(w.rng.IntN(10)-5)
		del := w.rng.IntN(3) == 0
		switch v.kind {
		case engine.KindHash:
			w.editField(f, v, del)
			continue
		case engine.KindStream:
			f.Op, f.Value = engine.OpStreamPut, w.text()
		case engine.KindSet:
			f.Op = engine.OpMemberPut
		case engine.KindSortedSet:
			f.Op, f.Score = engine.OpScorePut, w.rng.Float64()
		case engine.KindList:
			f.Op, f.Elem, f.Value = engine.OpElemPut, nil, w.text()
		}
		if del {
			f.Op++
		}
		w.do(f)
	}
}

// editField sets or removes a field, or its deadline alone. A field that goes
// has none.
func (w *writer) editField(f engine.Effect, v *value, del bool) {
	_, had := v.elems[string(f.Elem)]
	timed := v.times[string(f.Elem)] != 0
	f.Op, f.Value = engine.OpFieldPut, w.text()
	if !del {
		w.do(f)
		had = true
	}
	if had && (del && timed || !del && w.rng.IntN(3) == 0) {
		f.Op, f.Value, f.Deadline = engine.OpFieldDeadline, nil, 0
		if !del {
			f.Deadline = w.deadline()
		}
		w.do(f)
	}
	if del {
		f.Op, f.Value, f.Deadline = engine.OpFieldDel, nil, 0
		w.do(f)
	}
}

// liveGenerations are those that some key of a shown database names.
func (m *model) liveGenerations() []uint64 {
	var gens []uint64
	for db := range modelDatabases {
		for _, v := range m.db(db) {
			if v.gen != 0 {
				gens = append(gens, v.gen)
			}
		}
	}
	slices.Sort(gens)
	return gens
}
