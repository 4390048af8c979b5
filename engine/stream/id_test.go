package stream

import (
	"math"
	"testing"
)

func TestParse(t *testing.T) {
	const most = math.MaxUint64
	tests := []struct {
		text string
		id   ID
		auto bool
		ok   bool
	}{
		{"1-2", ID{1, 2}, false, true},
		{"1", ID{1, 9}, false, true},
		{"0-0", ID{}, false, true},
		{"18446744073709551615-18446744073709551615", ID{most, most}, false, true},
		{"18446744073709551616-0", ID{}, false, false},
		{"5-*", ID{5, 0}, true, true},
		{"5-**", ID{}, false, false},
		{"*-5", ID{}, false, false},
		{"", ID{}, false, false},
		{"-", ID{}, false, false},
		{"-1-1", ID{}, false, false},
		{"1-", ID{}, false, false},
		{"1--1", ID{}, false, false},
		{"1-2-3", ID{}, false, false},
		{"1-2 ", ID{}, false, false},
		{"0001-+2", ID{1, 2}, false, true},
		{" 1- 2", ID{1, 2}, false, true},
		{"1--0", ID{1, 0}, false, true},
		{"1- -1", ID{1, most}, false, true},
		{"1-2\x00x", ID{1, 2}, false, true},
		{"x", ID{}, false, false},
	}
	for _, test := range tests {
		id, auto, ok := ParseAuto([]byte(test.text), 9)
		if ok != test.ok || ok && (id != test.id || auto != test.auto) {
			t.Errorf("ParseAuto(%q) = %v, %v, %v", test.text, id, auto, ok)
		}
	}
}

func TestNextAndPrevCarry(t *testing.T) {
	if id, ok := (ID{1, math.MaxUint64}).Next(); !ok || id != (ID{2, 0}) {
		t.Error(id, ok)
	}
	if id, ok := (ID{2, 0}).Prev(); !ok || id != (ID{1, math.MaxUint64}) {
		t.Error(id, ok)
	}
	if _, ok := Max.Next(); ok {
		t.Error("something follows the highest ID")
	}
	if _, ok := (ID{}).Prev(); ok {
		t.Error("something stands before the lowest ID")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1-2", "-", "+", "5-*", " +7", "1- -1", "18446744073709551615-18446744073709551616", "1-2\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		id, ok := ParseBound(b, 3)
		if !ok {
			return
		}
		again, ok := Parse([]byte(id.String()), 4)
		if !ok || again != id {
			t.Fatalf("%q is %v, which reads back as %v, %v", b, id, again, ok)
		}
		if back := FromBinary(id.AppendBinary(nil)); back != id {
			t.Fatalf("%v is %v in bytes", id, back)
		}
	})
}
