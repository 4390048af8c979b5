package persist

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/dgraph-io/badger/v4"

	"perigee/engine"
)

// A Target is what recovery rebuilds; *engine.Loader is one.
type Target interface {
	// Apply takes one effect that stands for a record. Effects on elements
	// name their collection by Gen alone.
	Apply(f *engine.Effect) error
	// Unit takes one unit of the journal.
	Unit(unit []byte) error
	// SetIDs tells the highest generation and namespace ever given.
	SetIDs(generation, namespace uint64)
}

// A loading carries one pass over Badger's records into a target.
type loading struct {
	s      *state
	txn    *badger.Txn
	target Target
	kinds  map[uint64]engine.Kind // by generation
	doomed map[uint64]bool        // generations known as garbage
	lost   []uint64               // generations that no key names
	keys   int
	effect engine.Effect
}

// load gives the target all records as effects: system records, which
// namespace each of the databases shows, keys, then elements in order.
func (s *state) load(target Target, databases int) (keys int, err error) {
	l := &loading{s: s, target: target, kinds: map[uint64]engine.Kind{}, doomed: map[uint64]bool{}}
	err = s.db.View(func(txn *badger.Txn) error {
		l.txn = txn
		return firstError(l.system, func() error { return l.databases(databases) }, l.garbage, l.strings, l.elements, l.deadlines)
	})
	if err != nil {
		return l.keys, fmt.Errorf("load badger: %w", err)
	}
	target.SetIDs(s.fold.generation, s.fold.namespace)
	return l.keys, l.note()
}

// body returns a record's name and body.
func (l *loading) body(named, value []byte) (name, body []byte, err error) {
	body, err = bodyOf(value, func(id blobID, n uint32) ([]byte, error) { return l.s.get(id.page(n)) })
	if err != nil {
		return nil, nil, err
	}
	return splitName(named, body)
}

func (l *loading) system() error {
	return eachOf(l.txn, []byte{tagSystem}, func(rk, value []byte) (bool, error) {
		name, body, err := l.body(rk[1:], value)
		if err != nil {
			return false, err
		}
		return true, l.target.Apply(&engine.Effect{Op: engine.OpSystemPut, Key: name, Value: body})
	})
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (l *loading) databases(n int) error {
	shown := l.s.fold.databases
	for db, ns := range shown[:min(n, len(shown))] {
		if err := l.target.Apply(&engine.Effect{Op: engine.OpNamespace, DB: db, Gen: ns}); err != nil {
			return err
		}
	}
	for db, ns := range shown {
		err := eachOf(l.txn, tagged(tagKey, ns), func(rk, value []byte) (bool, error) {
			if db >= n {
				return false, fmt.Errorf("database %d holds keys, but 'databases' is %d", db, n)
			}
			if err := l.key(db, rk, value); err != nil {
				return false, fmt.Errorf("key record %q: %w", clip(rk[9:]), err)
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func clip(b []byte) []byte { return b[:min(len(b), 64)] }

func (l *loading) key(db int, rk, value []byte) error {
	name, body, err := l.body(rk[9:], value)
	if err != nil {
		return err
	}
	m, err := parseMeta(body)
	if err != nil {
		return err
	}
	l.keys++
	if m.gen != 0 {
		l.kinds[m.gen] = m.kind
	}
	f := &l.effect
	*f = engine.Effect{Op: engine.OpObject, Kind: m.kind, DB: db, Key: name, Gen: m.gen, Deadline: m.deadline}
	switch {
	case m.kind != engine.KindString:
	case m.gen == 0:
		f.Op, f.Kind, f.Value = engine.OpString, engine.KindNone, m.value
	default:
		f.Op, f.Kind = engine.OpString, engine.KindNone
		if f.Value, err = l.s.pages(m.gen); err != nil {
			return err
		}
	}
	return l.target.Apply(f)
}

// longestString bounds what a damaged length can make us allocate.
const longestString = 1 << 32

// pages puts together the string that lies under a generation.
func (s *state) pages(gen uint64) ([]byte, error) {
	b, err := s.get(tagged(tagLength, gen))
	if err != nil {
		return nil, err
	}
	if len(b) != 8 {
		return nil, fmt.Errorf("%w: no length of generation %d", errBadRecord, gen)
	}
	length := binary.LittleEndian.Uint64(b)
	if length > longestString {
		return nil, fmt.Errorf("%w: generation %d has %d bytes", errBadRecord, gen, length)
	}
	value := make([]byte, length)
	return value, s.each(tagged(tagPage, gen), func(rk, page []byte) (bool, error) {
		if len(rk) != 13 {
			return false, errBadRecord
		}
		if at := uint64(binary.BigEndian.Uint32(rk[9:])) * pageSize; at < length {
			copy(value[at:], page)
		}
		return true, nil
	})
}

func (l *loading) garbage() error {
	return eachOf(l.txn, []byte{tagGarbage}, func(rk, _ []byte) (bool, error) {
		if len(rk) != 9 {
			return false, errBadRecord
		}
		l.doomed[binary.BigEndian.Uint64(rk[1:])] = true
		return true, nil
	})
}

// strings finds the generations of strings that no key names.
func (l *loading) strings() error {
	return eachOf(l.txn, []byte{tagLength}, func(rk, _ []byte) (bool, error) {
		if len(rk) != 9 {
			return false, errBadRecord
		}
		if gen := binary.BigEndian.Uint64(rk[1:]); l.kinds[gen] == engine.KindNone && !l.doomed[gen] {
			l.lost = append(l.lost, gen)
		}
		return true, nil
	})
}

// elements goes through all generations' elements in one pass.
func (l *loading) elements() error {
	it := l.txn.NewIterator(badger.IteratorOptions{Prefix: []byte{tagElement}})
	defer it.Close()
	var gen uint64
	var kind engine.Kind
	known := false
	for it.Rewind(); it.Valid(); {
		item := it.Item()
		rk := item.Key()
		if len(rk) < 10 {
			return fmt.Errorf("%w: element", errBadRecord)
		}
		if g := binary.BigEndian.Uint64(rk[1:]); g != gen || !known {
			gen = g
			if kind, known = l.kinds[gen]; !known {
				if !l.doomed[gen] {
					l.lost = append(l.lost, gen)
				}
				it.Seek(tagged(tagElement, gen+1))
				continue
			}
		}
		err := item.Value(func(value []byte) error { return l.element(kind, gen, rk, value) })
		if err != nil {
			return fmt.Errorf("element record %q of generation %d: %w", clip(rk[9:]), gen, err)
		}
		it.Next()
	}
	return nil
}

func (l *loading) element(kind engine.Kind, gen uint64, rk, value []byte) error {
	name, body, err := l.body(rk[9:], value)
	if err != nil {
		return err
	}
	f := &l.effect
	*f = engine.Effect{Gen: gen, Elem: name}
	switch kind {
	case engine.KindHash:
		f.Op, f.Value = engine.OpFieldPut, body
	case engine.KindSet:
		f.Op = engine.OpMemberPut
	case engine.KindSortedSet:
		if len(body) != 8 {
			return errBadRecord
		}
		f.Op, f.Score = engine.OpScorePut, math.Float64frombits(binary.LittleEndian.Uint64(body))
	case engine.KindList:
		f.Op, f.Elem, f.Value = engine.OpElemPut, nil, body
		if f.Pos, f.Index, err = parseListAddress(name); err != nil {
			return err
		}
	case engine.KindStream:
		f.Op, f.Value = engine.OpStreamPut, body
	default:
		return fmt.Errorf("%w: a %v has no elements", errBadRecord, kind)
	}
	return l.target.Apply(f)
}

// deadlines goes through the deadlines of hash fields, which are all there by
// now. Those of garbage are passed over.
func (l *loading) deadlines() error {
	return eachOf(l.txn, []byte{tagDeadline}, func(rk, value []byte) (bool, error) {
		if len(rk) < 10 {
			return false, fmt.Errorf("%w: deadline", errBadRecord)
		}
		gen := binary.BigEndian.Uint64(rk[1:])
		kind, known := l.kinds[gen]
		if !known {
			return true, nil
		}
		name, body, err := l.body(rk[9:], value)
		if err != nil {
			return false, err
		}
		at, size := binary.Uvarint(body)
		if size <= 0 || kind != engine.KindHash {
			return false, fmt.Errorf("%w: deadline of field %q of generation %d", errBadRecord, clip(name), gen)
		}
		return true, l.target.Apply(&engine.Effect{Op: engine.OpFieldDeadline, Gen: gen, Elem: name, Deadline: int64(at)})
	})
}

// note writes down generations that nothing names as garbage. They are left
// when a key is overwritten in a way that leaves no trace of the old value.
func (l *loading) note() error {
	b := &batch{s: l.s}
	for _, gen := range l.lost {
		if err := b.put(tagged(tagGarbage, gen), []byte{}); err != nil {
			return err
		}
	}
	return b.commit()
}
