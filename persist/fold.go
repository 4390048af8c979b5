package persist

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"perigee/engine"
)

// A fold gathers the last value of each record that some units changed,
// until write brings them to Badger. Effects are absolute, so folding the
// same units again gives the same records; the few that are read before they
// are changed (deadlines, ranges of strings) are changed in the order of the
// units, so what a fold that was cut short has left does not matter either.
type fold struct {
	s       *state
	again   bool     // these units may have been folded before, in part
	shown   []uint64 // the namespace of each database after the last unit
	seq     uint64
	effect  uint32
	keys    map[uint64]*records // by namespace
	elems   map[uint64]*records // by generation: elements, pages, length
	others  *records
	changed bool     // databases were given other namespaces
	unitOld []uint64 // namespaces that some database showed before or within the unit
}

// records are new values by record key; nil deletes.
type records struct {
	m     map[string][]byte
	born  bool // Badger has none of this generation
	blobs bool // some are pages of blobs
}

// newFold begins behind the state's position.
func newFold(s *state) *fold {
	f := &fold{s: s, shown: slices.Clone(s.fold.databases)}
	f.clear()
	return f
}

func (f *fold) clear() {
	f.again = f.s.fold.intent > f.s.fold.position
	f.keys, f.elems = map[uint64]*records{}, map[uint64]*records{}
	f.others = &records{m: map[string][]byte{}}
}

// unit takes in a unit's effects.
func (f *fold) unit(seq uint64, unit []byte) error {
	f.seq, f.effect, f.changed = seq, 0, false
	f.unitOld = append(f.unitOld[:0], f.shown...)
	if err := engine.DecodeUnit(unit, f.apply); err != nil {
		return err
	}
	if f.changed {
		return f.dropNamespaces()
	}
	return nil
}

func (f *fold) apply(e *engine.Effect) error {
	f.effect++
	if e.Op != engine.OpNamespace && e.Gen > f.s.fold.generation {
		f.newGeneration(e)
	}
	switch e.Op {
	case engine.OpSystemPut:
		return f.put(f.others, systemRecord(e.Key), appendHead(nil, e.Key), e.Value)
	case engine.OpSystemDel:
		return f.del(f.others, systemRecord(e.Key))
	case engine.OpNamespace:
		return f.namespace(e.DB, e.Gen)
	case engine.OpString, engine.OpRange, engine.OpObject, engine.OpDeadline, engine.OpDelete, engine.OpRename:
		return f.applyKey(e)
	}
	return f.applyElement(e)
}

// newGeneration takes note of a generation that nothing is stored under yet:
// what is put there and deleted again need not reach Badger.
func (f *fold) newGeneration(e *engine.Effect) {
	f.s.fold.generation = e.Gen
	if begins := e.Op == engine.OpObject || e.Op == engine.OpString; begins && !f.again {
		f.elems[e.Gen] = &records{m: map[string][]byte{}, born: true}
	}
}

func (f *fold) applyKey(e *engine.Effect) error {
	ns, err := f.database(e.DB)
	if err != nil {
		return err
	}
	switch e.Op {
	case engine.OpString:
		return f.putString(ns, e.Key, meta{engine.KindString, e.Gen, e.Deadline, e.Value})
	case engine.OpRange:
		return f.putRange(ns, e)
	case engine.OpObject:
		return f.putMeta(ns, e.Key, meta{kind: e.Kind, gen: e.Gen, deadline: e.Deadline})
	case engine.OpDeadline:
		m, ok, err := f.meta(ns, e.Key)
		if err != nil || !ok {
			return f.missing(e, err)
		}
		m.deadline = e.Deadline
		return f.putMeta(ns, e.Key, m)
	case engine.OpRename:
		to, err := f.database(e.ToDB)
		if err != nil {
			return err
		}
		if err := f.del(f.ofNamespace(ns), keyRecord(ns, e.Key)); err != nil {
			return err
		}
		return f.putMeta(to, e.ToKey, meta{e.Kind, e.Gen, e.Deadline, e.Value})
	}
	f.dropGeneration(e.Gen)
	return f.del(f.ofNamespace(ns), keyRecord(ns, e.Key))
}

// missing is what comes of an effect on a key that is not there: nothing,
// when the units were folded before and a later one has removed it.
func (f *fold) missing(e *engine.Effect, err error) error {
	if err == nil && !f.again {
		err = fmt.Errorf("effect %d of type %d is on key %q of database %d, which is not there", f.effect, e.Op, e.Key, e.DB)
	}
	return err
}

func (f *fold) database(db int) (namespace uint64, err error) {
	if db >= len(f.shown) {
		return 0, fmt.Errorf("effect on database %d of %d", db, len(f.shown))
	}
	return f.shown[db], nil
}

func (f *fold) ofNamespace(ns uint64) *records { return recordsOf(f.keys, ns) }
func (f *fold) ofGeneration(g uint64) *records { return recordsOf(f.elems, g) }

func recordsOf(in map[uint64]*records, n uint64) *records {
	r := in[n]
	if r == nil {
		r = &records{m: map[string][]byte{}}
		in[n] = r
	}
	return r
}

func (f *fold) applyElement(e *engine.Effect) error {
	name, value, del := e.Elem, e.Value, false
	switch e.Op {
	case engine.OpFieldPut, engine.OpMemberPut, engine.OpStreamPut:
	case engine.OpScorePut:
		value = binary.LittleEndian.AppendUint64(nil, math.Float64bits(e.Score))
	case engine.OpFieldDeadline:
		value, del = binary.AppendUvarint(nil, uint64(e.Deadline)), e.Deadline == 0
	case engine.OpElemPut:
		name = listAddress(e.Pos, e.Index)
	case engine.OpFieldDel, engine.OpMemberDel, engine.OpScoreDel, engine.OpStreamDel:
		del = true
	case engine.OpElemDel:
		name, del = listAddress(e.Pos, e.Index), true
	default:
		return fmt.Errorf("effect of unknown type %d", e.Op)
	}
	r, rk := f.ofGeneration(e.Gen), elementRecord(e.Gen, name)
	if e.Op == engine.OpFieldDeadline {
		rk = deadlineRecord(e.Gen, name)
	}
	if del {
		return f.del(r, rk)
	}
	return f.put(r, rk, appendHead(nil, name), value)
}

// put sets a record to head and body, as a blob if they are long.
func (f *fold) put(r *records, rk, head, body []byte) error {
	if err := f.dropBlob(r, rk); err != nil {
		return err
	}
	if len(head)+len(body) <= longValue {
		value := append(make([]byte, 0, 1+len(head)+len(body)), formPlain)
		r.m[string(rk)] = append(append(value, head...), body...)
		return nil
	}
	id, whole := blobID{f.seq, f.effect}, append(slices.Clip(head), body...)
	for page := range blobPages(uint64(len(whole))) {
		from := int(page) * longValue
		r.m[string(id.page(page))] = whole[from:min(from+longValue, len(whole)):len(whole)]
	}
	r.m[string(id.index())] = rk
	r.m[string(rk)] = blobValue(id, uint64(len(whole)))
	r.blobs = true
	f.s.blobs[string(rk)] = []blobID{id}
	return nil
}

// del deletes a record.
func (f *fold) del(r *records, rk []byte) error {
	if err := f.dropBlob(r, rk); err != nil {
		return err
	}
	if r.born {
		delete(r.m, string(rk))
	} else {
		r.m[string(rk)] = nil
	}
	return nil
}

// dropBlob deletes the blob that a record's value is, if it is one.
func (f *fold) dropBlob(r *records, rk []byte) error {
	if len(f.s.blobs) == 0 || f.s.blobs[string(rk)] == nil {
		return nil
	}
	value, err := f.get(r, rk)
	if err != nil {
		return err
	}
	gone, err := f.s.blobRecords(rk, value)
	for _, page := range gone {
		r.m[string(page)] = nil
	}
	r.blobs = true
	return err
}

// get returns a record's value, nil if there is none.
func (f *fold) get(r *records, rk []byte) ([]byte, error) {
	if value, ok := r.m[string(rk)]; ok || r.born {
		return value, nil
	}
	return f.s.get(rk)
}

func (f *fold) putMeta(ns uint64, key []byte, m meta) error {
	return f.put(f.ofNamespace(ns), keyRecord(ns, key), appendHead(nil, key), m.appendTo(nil))
}

// meta reads what is stored of a key.
func (f *fold) meta(ns uint64, key []byte) (m meta, ok bool, err error) {
	r, rk := f.ofNamespace(ns), keyRecord(ns, key)
	value, err := f.get(r, rk)
	if err != nil || value == nil {
		return meta{}, false, err
	}
	body, err := bodyOf(value, func(id blobID, n uint32) ([]byte, error) { return f.get(r, id.page(n)) })
	if err != nil {
		return meta{}, false, err
	}
	_, body, err = splitName(rk[9:], body)
	if err != nil {
		return meta{}, false, err
	}
	m, err = parseMeta(body)
	return m, err == nil, err
}

// bodyOf returns a record's body, which page fetches if it is a blob.
func bodyOf(value []byte, page func(id blobID, n uint32) ([]byte, error)) ([]byte, error) {
	if len(value) > 0 && value[0] == formPlain {
		return value[1:], nil
	}
	id, n, ok := parseBlobValue(value)
	if !ok {
		return nil, errBadRecord
	}
	body := make([]byte, 0, min(n, 4*longValue))
	for i := range blobPages(n) {
		part, err := page(id, i)
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			break
		}
		body = append(body, part...)
	}
	if uint64(len(body)) != n {
		return nil, fmt.Errorf("%w: %d bytes of a value of %d", errBadRecord, len(body), n)
	}
	return body, nil
}

// putString replaces a string as a whole; a generation is a new one.
func (f *fold) putString(ns uint64, key []byte, m meta) error {
	if m.gen == 0 {
		return f.putMeta(ns, key, m)
	}
	if err := f.writePages(m.gen, 0, m.value); err != nil {
		return err
	}
	f.putLength(m.gen, int64(len(m.value)))
	m.value = nil
	return f.putMeta(ns, key, m)
}

func (f *fold) putLength(gen uint64, n int64) {
	f.ofGeneration(gen).m[string(tagged(tagLength, gen))] = binary.LittleEndian.AppendUint64(nil, uint64(n))
}

// putRange changes part of a string: its pages, or the value in its metadata.
func (f *fold) putRange(ns uint64, e *engine.Effect) error {
	if e.Gen != 0 {
		f.putLength(e.Gen, e.Length)
		return f.writePages(e.Gen, e.Offset, e.Value)
	}
	if e.Length > pageSize {
		return fmt.Errorf("%w: %d bytes without a generation", engine.ErrDamagedUnit, e.Length)
	}
	m, ok, err := f.meta(ns, e.Key)
	if err != nil {
		return err
	}
	if !ok || m.kind != engine.KindString || m.gen != 0 {
		if ok && !f.again {
			return fmt.Errorf("range of key %q, which holds a %v of generation %d", e.Key, m.kind, m.gen)
		}
		m = meta{kind: engine.KindString}
	}
	value := resizeTo(m.value, int(e.Length))
	copy(value[e.Offset:], e.Value)
	m.value = value
	return f.putMeta(ns, e.Key, m)
}

// resizeTo returns a copy of b that is n bytes long, cut or filled with zeros.
func resizeTo(b []byte, n int) []byte {
	c := make([]byte, n)
	copy(c, b)
	return c
}

// writePages writes bytes at an offset into the pages of a generation.
func (f *fold) writePages(gen uint64, offset int64, b []byte) error {
	r := f.ofGeneration(gen)
	for len(b) > 0 {
		rk, at := pageRecord(gen, uint32(offset/pageSize)), int(offset%pageSize)
		n := min(len(b), pageSize-at)
		old, err := f.get(r, rk)
		if err != nil {
			return err
		}
		page := resizeTo(old, max(len(old), at+n))
		copy(page[at:], b[:n])
		r.m[string(rk)] = page
		b, offset = b[n:], offset+int64(n)
	}
	return nil
}

// dropGeneration forgets what was gathered of a generation and notes that its
// records in Badger are garbage.
func (f *fold) dropGeneration(gen uint64) {
	if gen == 0 {
		return
	}
	r := f.elems[gen]
	born := r != nil && r.born
	if r != nil && (born || !r.blobs) {
		for rk := range r.m {
			delete(f.s.blobs, rk)
		}
		delete(f.elems, gen)
	}
	if !born {
		f.others.m[string(tagged(tagGarbage, gen))] = []byte{}
	}
}

// namespace gives a database another namespace.
func (f *fold) namespace(db int, ns uint64) error {
	if _, err := f.database(db); err != nil {
		return err
	}
	f.unitOld = append(f.unitOld, f.shown[db]) // a unit may flush what it has written itself
	f.shown[db] = ns
	f.s.fold.namespace = max(f.s.fold.namespace, ns)
	f.changed = true
	return nil
}

// dropNamespaces notes as garbage the namespaces that no database shows after
// the unit. What was gathered for their keys becomes a deletion, not nothing:
// a key that Badger still has may name a generation which has moved to
// another namespace, and the sweeper must not meet it.
func (f *fold) dropNamespaces() error {
	for _, ns := range f.unitOld {
		if slices.Contains(f.shown, ns) {
			continue
		}
		f.others.m[string(tagged(tagNamespace, ns))] = []byte{}
		r := f.ofNamespace(ns)
		for rk, value := range r.m {
			if len(rk) < 10 || rk[0] != tagKey || rk[9] != formPlain || len(value) == 0 || value[0] != formPlain {
				continue // rare enough to be left to the sweeper
			}
			m, err := parseMeta(value[1:])
			if err != nil {
				return err
			}
			f.dropGeneration(m.gen)
			r.m[rk] = nil
		}
	}
	return nil
}

// write notes the intent, writes what was gathered of the units up to seq,
// and makes seq the state's position.
func (f *fold) write(seq uint64) error {
	state := &f.s.fold
	state.intent = max(state.intent, seq)
	if err := f.s.writeState(); err != nil {
		return err
	}
	if err := f.writeRecords(); err != nil {
		return err
	}
	state.position, state.databases = seq, slices.Clone(f.shown)
	if err := f.s.writeState(); err != nil {
		return err
	}
	f.clear()
	return nil
}

// writeRecords writes what was gathered. The index of a blob comes before its
// pages and goes after them, so that a fold which does again what was cut
// short finds whatever pages there are.
func (f *fold) writeRecords() error {
	b, all := &batch{s: f.s}, f.allRecords()
	put := func(r *records, due func(index, gone bool) bool) error {
		for rk, value := range r.m {
			if !due(rk[0] == tagBlobIndex, value == nil) {
				continue
			}
			if err := b.put([]byte(rk), value); err != nil {
				return err
			}
		}
		return nil
	}
	for _, due := range []func(index, gone bool) bool{
		func(index, gone bool) bool { return index && !gone },
		func(index, _ bool) bool { return !index },
		func(index, gone bool) bool { return index && gone },
	} {
		for _, r := range all {
			if err := put(r, due); err != nil {
				return err
			}
		}
	}
	return b.commit()
}

func (f *fold) allRecords() []*records {
	all := []*records{f.others}
	for _, r := range f.keys {
		all = append(all, r)
	}
	for _, r := range f.elems {
		all = append(all, r)
	}
	return all
}
