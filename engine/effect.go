package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Op says what an effect changed. The numbers are part of the on-disk format.
type Op uint8

const (
	// OpString: Key holds the string Value with deadline Deadline. Gen is not
	// zero when the string is longer than 64 kB or was ever that long; pages
	// of such a string are stored under Gen.
	OpString Op = 1
	// OpRange: the string Key (Gen as above, possibly newly given) has Value
	// at Offset and is Length bytes long afterwards; a gap is zero bytes.
	OpRange Op = 2
	// OpObject: Key is a collection of type Kind, whose elements live under
	// Gen, with deadline Deadline. A new Gen begins empty.
	OpObject Op = 3
	// OpDeadline: Key, which exists, has deadline Deadline, 0 for none.
	OpDeadline Op = 4
	// OpDelete: Key is gone, with all under Gen when that is not zero.
	OpDelete Op = 5
	// OpRename: what Key held (type Kind, Gen, Deadline, and for a string with
	// Gen 0 its Value) is at ToKey in database ToDB; Key is gone.
	OpRename Op = 6
	// OpFieldPut, OpFieldDel: field Elem of hash Key has Value, or is gone.
	OpFieldPut Op = 7
	OpFieldDel Op = 8
	// OpMemberPut, OpMemberDel: Elem is, or is no more, in set Key.
	OpMemberPut Op = 9
	OpMemberDel Op = 10
	// OpScorePut, OpScoreDel: member Elem of sorted set Key has Score, or is gone.
	OpScorePut Op = 11
	OpScoreDel Op = 12
	// OpElemPut, OpElemDel: the element of list Key at address (Pos, Index)
	// is Value, or is gone. Elements are in the order of their addresses.
	OpElemPut Op = 13
	OpElemDel Op = 14
	// OpNamespace: database DB shows namespace Gen; what other namespace it
	// showed is gone unless another database shows it at the unit's end.
	OpNamespace Op = 15
	// OpSystemPut, OpSystemDel: the system record Key (functions, module
	// state; not part of any database) has Value, or is gone.
	OpSystemPut Op = 16
	OpSystemDel Op = 17
	// OpFieldDeadline: field Elem of hash Key, which exists, has deadline
	// Deadline, 0 for none. A field keeps its deadline through OpFieldPut, and
	// has none when OpFieldDel removes it.
	OpFieldDeadline Op = 18
	// OpStreamPut, OpStreamDel: the record Elem of stream Key (its state, an
	// entry, a consumer group, a consumer, a pending entry; streamrecord.go
	// names them) has Value, or is gone.
	OpStreamPut Op = 19
	OpStreamDel Op = 20
)

// onKey tells whether the op is about a key of a database, which the effect
// behind may share.
func (op Op) onKey() bool { return op != OpNamespace && op != OpSystemPut && op != OpSystemDel }

// sameKey, set on an encoded op, says that database and key are those of the
// effect before.
const sameKey = 0x80

// An Effect is one recorded change: a result, absolute, so that applying it
// twice in order gives the same state and replay needs neither clock nor
// randomness. Slices of a decoded effect alias the unit's bytes.
type Effect struct {
	Op       Op
	Kind     Kind
	DB       int
	Key      []byte
	Gen      uint64
	Deadline int64 // Unix milliseconds, 0 for none
	Elem     []byte
	Value    []byte
	Score    float64
	Pos      uint64
	Index    int32
	Offset   int64
	Length   int64
	ToDB     int
	ToKey    []byte
}

// Append encodes the effect behind a unit's bytes: op, database, key, then
// what the op needs, integers as varints, byte strings length-prefixed.
// persist/FORMAT.md draws the bytes.
func (f *Effect) Append(b []byte) []byte {
	b = append(b, byte(f.Op))
	b = binary.AppendUvarint(b, uint64(f.DB))
	return f.appendRest(appendBytes(b, f.Key))
}

// appendSame is Append for an effect whose database and key are those of the
// effect before.
func (f *Effect) appendSame(b []byte) []byte {
	return f.appendRest(append(b, byte(f.Op)|sameKey))
}

func (f *Effect) appendRest(b []byte) []byte {
	switch f.Op {
	case OpString:
		b = binary.AppendUvarint(b, uint64(f.Deadline))
		b = binary.AppendUvarint(b, f.Gen)
		return appendBytes(b, f.Value)
	case OpRange:
		b = binary.AppendUvarint(b, f.Gen)
		b = binary.AppendUvarint(b, uint64(f.Offset))
		b = binary.AppendUvarint(b, uint64(f.Length))
		return appendBytes(b, f.Value)
	case OpObject:
		b = append(b, byte(f.Kind))
		b = binary.AppendUvarint(b, f.Gen)
		return binary.AppendUvarint(b, uint64(f.Deadline))
	case OpDeadline:
		return binary.AppendUvarint(b, uint64(f.Deadline))
	case OpDelete, OpNamespace:
		return binary.AppendUvarint(b, f.Gen)
	case OpRename:
		b = append(b, byte(f.Kind))
		b = binary.AppendUvarint(b, f.Gen)
		b = binary.AppendUvarint(b, uint64(f.Deadline))
		b = binary.AppendUvarint(b, uint64(f.ToDB))
		b = appendBytes(b, f.ToKey)
		return appendBytes(b, f.Value)
	case OpFieldPut, OpStreamPut:
		b = binary.AppendUvarint(b, f.Gen)
		b = appendBytes(b, f.Elem)
		return appendBytes(b, f.Value)
	case OpFieldDel, OpMemberPut, OpMemberDel, OpScoreDel, OpStreamDel:
		b = binary.AppendUvarint(b, f.Gen)
		return appendBytes(b, f.Elem)
	case OpFieldDeadline:
		b = binary.AppendUvarint(b, f.Gen)
		b = appendBytes(b, f.Elem)
		return binary.AppendUvarint(b, uint64(f.Deadline))
	case OpScorePut:
		b = binary.AppendUvarint(b, f.Gen)
		b = appendBytes(b, f.Elem)
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(f.Score))
	case OpElemPut:
		b = appendAddress(b, f.Gen, f.Pos, f.Index)
		return appendBytes(b, f.Value)
	case OpElemDel:
		return appendAddress(b, f.Gen, f.Pos, f.Index)
	case OpSystemPut:
		return appendBytes(b, f.Value)
	case OpSystemDel:
		return b
	}
	panic(fmt.Sprintf("effect with unknown op %d", f.Op))
}

func appendAddress(b []byte, gen, pos uint64, index int32) []byte {
	b = binary.AppendUvarint(b, gen)
	b = binary.LittleEndian.AppendUint64(b, pos)
	return binary.AppendVarint(b, int64(index))
}

func appendBytes(b, s []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// ErrDamagedUnit says that a unit's bytes are not what Append wrote.
var ErrDamagedUnit = errors.New("damaged unit")

// DecodeUnit calls fn for each effect of a unit, oldest first, and stops at
// fn's first error. The Effect is reused between calls.
func DecodeUnit(unit []byte, fn func(*Effect) error) error {
	d := decoder{b: unit}
	var f Effect
	for len(d.b) > 0 {
		d.effect(&f)
		if d.bad {
			return fmt.Errorf("%w: at byte %d of %d", ErrDamagedUnit, len(unit)-len(d.b), len(unit))
		}
		if err := fn(&f); err != nil {
			return err
		}
	}
	return nil
}

type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) effect(f *Effect) {
	db, key, have := f.DB, f.Key, f.Op != 0
	op := d.byte()
	*f = Effect{Op: Op(op &^ sameKey), DB: db, Key: key}
	if op&sameKey == 0 {
		f.DB, f.Key = int(d.small()), d.bytes()
	} else if !have {
		d.bad = true
	}
	switch f.Op {
	case OpString:
		f.Deadline, f.Gen, f.Value = int64(d.uvarint()), d.uvarint(), d.bytes()
	case OpRange:
		f.Gen, f.Offset, f.Length, f.Value = d.uvarint(), d.size(), d.size(), d.bytes()
		if f.Offset+int64(len(f.Value)) > f.Length {
			d.bad = true
		}
	case OpObject:
		f.Kind, f.Gen, f.Deadline = Kind(d.byte()), d.uvarint(), int64(d.uvarint())
	case OpDeadline:
		f.Deadline = int64(d.uvarint())
	case OpDelete, OpNamespace:
		f.Gen = d.uvarint()
	case OpRename:
		f.Kind, f.Gen, f.Deadline = Kind(d.byte()), d.uvarint(), int64(d.uvarint())
		f.ToDB, f.ToKey, f.Value = int(d.small()), d.bytes(), d.bytes()
	case OpFieldPut, OpStreamPut:
		f.Gen, f.Elem, f.Value = d.uvarint(), d.bytes(), d.bytes()
	case OpFieldDel, OpMemberPut, OpMemberDel, OpScoreDel, OpStreamDel:
		f.Gen, f.Elem = d.uvarint(), d.bytes()
	case OpFieldDeadline:
		f.Gen, f.Elem, f.Deadline = d.uvarint(), d.bytes(), d.size()
	case OpScorePut:
		f.Gen, f.Elem, f.Score = d.uvarint(), d.bytes(), math.Float64frombits(d.uint64())
	case OpElemPut:
		f.Gen, f.Pos, f.Index, f.Value = d.uvarint(), d.uint64(), d.index(), d.bytes()
	case OpElemDel:
		f.Gen, f.Pos, f.Index = d.uvarint(), d.uint64(), d.index()
	case OpSystemPut:
		f.Value = d.bytes()
	case OpSystemDel:
	default:
		d.bad = true
	}
	if f.Kind > KindStream {
		d.bad = true
	}
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		d.bad = true
		return 0
	}
	d.b = d.b[size:]
	return n
}

// small is a uvarint that must be a plausible database index.
func (d *decoder) small() uint64 {
	n := d.uvarint()
	if n > math.MaxInt32 {
		d.bad = true
		return 0
	}
	return n
}

// size is a uvarint that must be a plausible length of a value, or time.
func (d *decoder) size() int64 {
	n := d.uvarint()
	if n > 1<<48 {
		d.bad = true
		return 0
	}
	return int64(n)
}

func (d *decoder) uint64() uint64 {
	if len(d.b) < 8 {
		d.bad = true
		return 0
	}
	n := binary.LittleEndian.Uint64(d.b)
	d.b = d.b[8:]
	return n
}

func (d *decoder) index() int32 {
	n, size := binary.Varint(d.b)
	if size <= 0 || n != int64(int32(n)) {
		d.bad = true
		return 0
	}
	d.b = d.b[size:]
	return int32(n)
}

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.bad = true
		return nil
	}
	s := d.b[:n:n]
	d.b = d.b[n:]
	return s
}

// Clone returns an effect that shares no memory with f.
func (f *Effect) Clone() *Effect {
	c := *f
	c.Key, c.Elem = bytes.Clone(f.Key), bytes.Clone(f.Elem)
	c.Value, c.ToKey = bytes.Clone(f.Value), bytes.Clone(f.ToKey)
	return &c
}
