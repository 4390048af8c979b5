package engine

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everyEffect has one effect of each op, with values at the bounds.
func everyEffect() []Effect {
	return []Effect{
		{Op: OpString, DB: 3, Key: []byte("k"), Value: []byte("v"), Deadline: 1 << 50, Gen: math.MaxUint64},
		{Op: OpRange, Key: []byte("k"), Gen: 7, Offset: 1 << 20, Length: 1<<20 + 3, Value: []byte("abc")},
		{Op: OpObject, Key: []byte("h"), Kind: KindHash, Gen: 8},
		{Op: OpDeadline, DB: 15, Key: []byte("h"), Deadline: 5},
		{Op: OpDelete, Key: []byte(""), Gen: 9},
		{Op: OpRename, Key: []byte("a"), Kind: KindString, ToDB: 2, ToKey: []byte("b"), Value: []byte("x"), Deadline: 1},
		{Op: OpFieldPut, Key: []byte("h"), Gen: 8, Elem: []byte("f"), Value: []byte{0, 255}},
		{Op: OpFieldDel, Key: []byte("h"), Gen: 8, Elem: []byte("f")},
		{Op: OpMemberPut, Key: []byte("s"), Gen: 1, Elem: []byte("m")},
		{Op: OpMemberDel, Key: []byte("s"), Gen: 1, Elem: []byte("m")},
		{Op: OpScorePut, Key: []byte("z"), Gen: 2, Elem: []byte("m"), Score: math.Inf(-1)},
		{Op: OpScoreDel, Key: []byte("z"), Gen: 2, Elem: []byte("m")},
		{Op: OpElemPut, Key: []byte("l"), Gen: 3, Pos: math.MaxUint64, Index: math.MinInt32, Value: []byte("e")},
		{Op: OpElemDel, Key: []byte("l"), Gen: 3, Pos: 1, Index: math.MaxInt32},
		{Op: OpStreamPut, Key: []byte("x"), Gen: 4, Elem: []byte("\x02entry"), Value: []byte("fields")},
		{Op: OpStreamDel, Key: []byte("x"), Gen: 4, Elem: []byte("\x02entry")},
		{Op: OpNamespace, DB: 1, Key: []byte{}, Gen: 12},
		{Op: OpSystemPut, Key: []byte("function/f"), Value: []byte("code")},
		{Op: OpSystemDel, Key: []byte("function/f")},
		{Op: OpFieldDeadline, Key: []byte("h"), Gen: 8, Elem: []byte("f"), Deadline: 1 << 46},
	}
}

func decodeAll(t *testing.T, unit []byte) []Effect {
	t.Helper()
	var all []Effect
	if err := DecodeUnit(unit, func(f *Effect) error { all = append(all, *f.Clone()); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEffectsComeBackAsTheyWere(t *testing.T) {
	var unit []byte
	for _, f := range everyEffect() {
		unit = f.Append(unit)
	}
	empty := cmp.Transformer("text", func(b []byte) string { return string(b) })
	if diff := cmp.Diff(everyEffect(), decodeAll(t, unit), empty); diff != "" {
		t.Error(diff)
	}
}

func TestRecordLeavesOutARepeatedKey(t *testing.T) {
	u := &unit{depth: 1, lastDB: -1}
	for range 3 {
		u.record(&Effect{Op: OpFieldPut, Key: []byte("a-rather-long-key"), Gen: 1, Elem: []byte("f"), Value: []byte("v")})
	}
	if n := bytes.Count(u.effects, []byte("a-rather-long-key")); n != 1 {
		t.Errorf("the key is there %d times", n)
	}
	for _, f := range decodeAll(t, u.effects) {
		if string(f.Key) != "a-rather-long-key" {
			t.Errorf("key %q", f.Key)
		}
	}
}

// FuzzDecodeUnit: no bytes panic, and what decodes encodes to bytes that
// decode to the same.
func FuzzDecodeUnit(f *testing.F) {
	var unit []byte
	for _, e := range everyEffect() {
		f.Add(e.Append(nil))
		unit = e.Append(unit)
	}
	f.Add(unit)
	f.Fuzz(func(t *testing.T, unit []byte) {
		var again []byte
		if DecodeUnit(unit, func(e *Effect) error { again = e.Append(again); return nil }) != nil {
			return
		}
		var third []byte
		if err := DecodeUnit(again, func(e *Effect) error { third = e.Append(third); return nil }); err != nil {
			t.Fatalf("%q decodes, %q does not: %v", unit, again, err)
		}
		if !bytes.Equal(again, third) {
			t.Fatalf("%q became %q", again, third)
		}
	})
}

// FuzzLoader: no effects, however wrong, panic the recovery.
func FuzzLoader(f *testing.F) {
	var unit []byte
	for _, e := range everyEffect() {
		unit = e.Append(unit)
	}
	f.Add(unit)
	for _, e := range everyEffect() {
		f.Add(e.Append((&Effect{Op: OpObject, Key: e.Key, Kind: KindList, Gen: e.Gen}).Append(nil)))
		f.Add(e.Append((&Effect{Op: OpString, Key: e.Key, Value: []byte("v"), Gen: e.Gen}).Append(nil)))
		e.Key = nil
		f.Add(e.Append((&Effect{Op: OpObject, Key: []byte("k"), Kind: KindHash, Gen: e.Gen}).Append(nil)))
	}
	f.Fuzz(func(t *testing.T, unit []byte) {
		if len(unit) > 1<<12 {
			return
		}
		big := false
		_ = DecodeUnit(unit, func(e *Effect) error { big = big || e.Length > 1<<20; return nil })
		if big {
			return
		}
		te := newTestEngine(t)
		l := te.NewLoader()
		if l.Unit(unit) == nil && l.Close() == nil {
			if err := te.Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
