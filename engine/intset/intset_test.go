package intset

import (
	"maps"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func elements(s *Set) []int64 {
	all := []int64{}
	s.Each(func(v int64) bool {
		all = append(all, v)
		return true
	})
	return all
}

func TestWidthFollowsTheWidestValueEverAdded(t *testing.T) {
	cases := []struct {
		values []int64
		width  int
	}{
		{nil, 0},
		{[]int64{0, math.MaxInt16, math.MinInt16}, 2},
		{[]int64{1, math.MaxInt16 + 1}, 4},
		{[]int64{1, math.MinInt16 - 1}, 4},
		{[]int64{-5, 5, math.MaxInt32}, 4},
		{[]int64{-5, 5, math.MaxInt32 + 1}, 8},
		{[]int64{-5, 5, math.MinInt32 - 1}, 8},
		{[]int64{math.MaxInt16 + 1, math.MinInt64, math.MaxInt64, 3}, 8},
	}
	for _, c := range cases {
		var s Set
		for _, v := range c.values {
			if !s.Add(v) || s.Add(v) {
				t.Errorf("%v: %d was not added once", c.values, v)
			}
		}
		if s.width != c.width {
			t.Errorf("%v: width %d, want %d", c.values, s.width, c.width)
		}
		slices.Sort(c.values)
		if got := elements(&s); !slices.Equal(got, c.values) {
			t.Errorf("elements %v, want %v", got, c.values)
		}
		for _, v := range c.values {
			s.Remove(v)
		}
		if s.Len() != 0 || s.width != c.width {
			t.Errorf("%v: %d elements of width %d left", c.values, s.Len(), s.width)
		}
	}
}

func TestEachStopsWhenTold(t *testing.T) {
	var s Set
	for i := range int64(10) {
		s.Add(i)
	}
	n := 0
	s.Each(func(v int64) bool { n++; return v < 3 })
	if n != 4 {
		t.Fatalf("met %d elements, want 4", n)
	}
}

func TestMemoryFollowsTheElements(t *testing.T) {
	var s Set
	for i := range int64(10000) {
		s.Add(i)
	}
	if s.Bytes() > 2*20000 {
		t.Errorf("%d bytes for 10000 elements of 2", s.Bytes())
	}
	for i := range int64(9990) {
		s.Remove(i)
	}
	if s.Bytes() > 200 {
		t.Errorf("%d bytes for 10 elements of 2", s.Bytes())
	}
}

func TestSetAgreesWithMap(t *testing.T) {
	values := rapid.OneOf(
		rapid.Int64Range(-10, 10),
		rapid.Int64Range(math.MinInt16-2, math.MaxInt16+2),
		rapid.Int64(),
	)
	rapid.Check(t, func(t *rapid.T) {
		var s Set
		model := map[int64]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				v := values.Draw(t, "v")
				if s.Add(v) == model[v] {
					t.Fatalf("adding %d", v)
				}
				model[v] = true
			},
			"remove": func(t *rapid.T) {
				v := values.Draw(t, "v")
				if s.Remove(v) != model[v] {
					t.Fatalf("removing %d", v)
				}
				delete(model, v)
			},
			"has": func(t *rapid.T) {
				if v := values.Draw(t, "v"); s.Has(v) != model[v] {
					t.Fatalf("has %d", v)
				}
			},
			"": func(t *rapid.T) {
				want := slices.Sorted(maps.Keys(model))
				if got := elements(&s); !slices.Equal(got, want) {
					t.Fatalf("elements %v, want %v", got, want)
				}
				for i, v := range want {
					if s.At(i) != v || !s.Has(v) || s.Len() != len(want) {
						t.Fatalf("element %d of %d is %d, want %d", i, s.Len(), s.At(i), v)
					}
				}
			},
		})
	})
}

func BenchmarkHas(b *testing.B) {
	var s Set
	for i := range int64(512) {
		s.Add(i * 3)
	}
	b.ReportAllocs()
	v := int64(0)
	for b.Loop() {
		s.Has(v % 1600)
		v += 7
	}
}

func BenchmarkAdd(b *testing.B) {
	b.ReportAllocs()
	var s Set
	v := int64(0)
	for b.Loop() {
		if s.Len() == 512 {
			s = Set{}
		}
		s.Add(v % 30011)
		v += 7919
	}
}

func TestFormat(t *testing.T) {
	cases := []struct {
		name   string
		values []int64
		bytes  string
	}{
		{"nothing", nil, "\x02\x00\x00\x00\x00\x00\x00\x00"},
		{"two bytes each", []int64{3, -1}, "\x02\x00\x00\x00\x02\x00\x00\x00\xff\xff\x03\x00"},
		{"four bytes each", []int64{1, 65536}, "\x04\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00"},
		{"eight bytes each", []int64{1 << 40}, "\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00"},
	}
	for _, c := range cases {
		var s Set
		for _, v := range c.values {
			s.Add(v)
		}
		if got := s.Append(nil); string(got) != c.bytes {
			t.Errorf("%s: %x", c.name, got)
		}
		back, err := Parse([]byte(c.bytes))
		if err != nil || string(back.Append(nil)) != c.bytes {
			t.Errorf("%s: reads back as %v, %v", c.name, back, err)
		}
		for i := range c.bytes {
			if _, err := Parse([]byte(c.bytes[:i])); err == nil {
				t.Errorf("%s: the first %d bytes are accepted", c.name, i)
			}
		}
	}
	for _, bad := range []string{"\x02\x00\x00\x00\x02\x00\x00\x00\x03\x00\xff\xff", "\x02\x00\x00\x00\x02\x00\x00\x00\x03\x00\x03\x00", "\x03\x00\x00\x00\x00\x00\x00\x00"} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%x is accepted", bad)
		}
	}
}
