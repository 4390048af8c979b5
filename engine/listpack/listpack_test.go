package listpack

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEntriesHaveTheFormatsBytes(t *testing.T) {
	cases := []struct{ name, value, entry string }{
		{"the smallest integer takes one byte", "0", "00 01"},
		{"seven bits are unsigned", "127", "7f 01"},
		{"thirteen bits start above seven", "128", "c080 02"},
		{"thirteen bits are signed", "-1", "dfff 02"},
		{"the least of thirteen bits", "-4096", "d000 02"},
		{"sixteen bits start below thirteen", "-4097", "f1ffef 03"},
		{"the greatest of sixteen bits", "32767", "f1ff7f 03"},
		{"twenty-four bits", "-32769", "f2ff7fff 04"},
		{"thirty-two bits", "8388608", "f300008000 05"},
		{"sixty-four bits", "2147483648", "f40000008000000000 09"},
		{"the least integer of all", "-9223372036854775808", "f40000000000000080 09"},
		{"one more than the greatest integer is a string", "9223372036854775808", "93" + hex.EncodeToString([]byte("9223372036854775808")) + "14"},
		{"a leading zero makes a string", "01", "823031 03"},
		{"minus zero is a string", "-0", "822d30 03"},
		{"the empty string", "", "80 01"},
		{"sixty-four bytes need a second byte of length", strings.Repeat("a", 64), "e040" + strings.Repeat("61", 64) + "42"},
		{"a back length of two bytes", strings.Repeat("a", 126), "e07e" + strings.Repeat("61", 126) + "0180"},
		{"4096 bytes need the long form", strings.Repeat("a", 4096), "f000100000" + strings.Repeat("61", 4096) + "2085"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want, err := hex.DecodeString(strings.ReplaceAll(c.entry, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			l := New().Append([]byte(c.value))
			if got := l[headerSize : len(l)-1]; !bytes.Equal(got, want) {
				t.Fatalf("got %x, want %x", got, want)
			}
			if got := l.Get(l.First(), nil); string(got) != c.value {
				t.Fatalf("read back %q", got)
			}
			if l.Prev(len(l)-1) != headerSize {
				t.Fatal("the back length does not lead to the entry")
			}
		})
	}
}

func TestBackLengthsAtTheFormatsBounds(t *testing.T) {
	for _, size := range []int{16376, 16377, 16378, 2097145, 2097146, 2097147} {
		l := New().Append(make([]byte, size)).AppendInt(7)
		if err := Validate(l); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if l.Prev(l.Last()) != headerSize {
			t.Fatalf("%d bytes: the back length does not lead to the entry", size)
		}
	}
}

func TestCountIsKeptAcrossTheHeadersBound(t *testing.T) {
	l := New()
	for i := range 65540 {
		l = l.AppendInt(int64(i % 100))
	}
	if l.Len() != 65540 || l.headerCount() != manyEntries || Validate(l) != nil {
		t.Fatalf("%d entries, header says %d", l.Len(), l.headerCount())
	}
	if off := l.Seek(65539); off != l.Last() {
		t.Fatal("Seek and Last disagree")
	}
	l = l.DeleteRange(10, 10)
	if l.Len() != 65530 || l.headerCount() != 65530 || Validate(l) != nil {
		t.Fatalf("%d entries, header says %d", l.Len(), l.headerCount())
	}
}

func TestReadingDoesNotAllocate(t *testing.T) {
	l := New().Append([]byte("-123456789012")).Append([]byte("text"))
	var scratch [ScratchSize]byte
	sum := 0
	allocs := testing.AllocsPerRun(100, func() {
		for off := l.First(); off >= 0; off = l.Next(off) {
			sum += len(l.Get(off, scratch[:]))
		}
		if l.Find(l.First(), scratch[:3], 0) >= 0 {
			sum++
		}
	})
	if allocs != 0 {
		t.Fatalf("%v allocations", allocs)
	}
}

// value draws what a list holds: numbers of all widths, near-numbers, strings
// of all length classes.
func value() *rapid.Generator[[]byte] {
	return rapid.OneOf(
		rapid.Map(rapid.Int64(), func(n int64) []byte { return strconv.AppendInt(nil, n, 10) }),
		rapid.Map(rapid.IntRange(-5000, 5000), func(n int) []byte { return strconv.AppendInt(nil, int64(n), 10) }),
		rapid.Map(rapid.Uint64Range(math.MaxInt64-1, math.MaxUint64), func(n uint64) []byte { return strconv.AppendUint(nil, n, 10) }),
		rapid.Map(rapid.StringMatching(`-?[0-9]{0,20}`), func(s string) []byte { return []byte(s) }),
		rapid.SliceOfN(rapid.Byte(), 0, 5),
		rapid.Map(rapid.IntRange(60, 70), func(n int) []byte { return bytes.Repeat([]byte{'x'}, n) }),
		rapid.Map(rapid.IntRange(4080, 4110), func(n int) []byte { return bytes.Repeat([]byte{'y'}, n) }),
	)
}

func TestListBehavesAsASliceOfValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, model := New(), [][]byte(nil)
		splice := func(from, to int, v ...[]byte) {
			model = append(append(append([][]byte(nil), model[:from]...), v...), model[to:]...)
		}
		index := func() int { return rapid.IntRange(0, len(model)-1).Draw(t, "index") }
		some := func(f func(*rapid.T)) func(*rapid.T) {
			return func(t *rapid.T) {
				if len(model) > 0 {
					f(t)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				v := value().Draw(t, "v")
				l = l.Append(v)
				splice(len(model), len(model), v)
			},
			"append int": func(t *rapid.T) {
				n := rapid.Int64().Draw(t, "n")
				l = l.AppendInt(n)
				splice(len(model), len(model), strconv.AppendInt(nil, n, 10))
			},
			"prepend": func(t *rapid.T) {
				v := value().Draw(t, "v")
				l = l.Prepend(v)
				splice(0, 0, v)
			},
			"insert": some(func(t *rapid.T) {
				i, v := index(), value().Draw(t, "v")
				if rapid.Bool().Draw(t, "before") {
					l = l.InsertBefore(l.Seek(i), v)
					splice(i, i, v)
				} else {
					l = l.InsertAfter(l.Seek(i), v)
					splice(i+1, i+1, v)
				}
			}),
			"replace": some(func(t *rapid.T) {
				i, v := index(), value().Draw(t, "v")
				l = l.Replace(l.Seek(i), v)
				splice(i, i+1, v)
			}),
			"delete": some(func(t *rapid.T) {
				i := index()
				l = l.Delete(l.Seek(i - len(model)))
				splice(i, i+1)
			}),
			"delete range": some(func(t *rapid.T) {
				i, n := index(), rapid.IntRange(0, 5).Draw(t, "n")
				l = l.DeleteRange(i, n)
				splice(i, min(i+n, len(model)))
			}),
			"extract": some(func(t *rapid.T) {
				i, n := index(), rapid.IntRange(0, 5).Draw(t, "n")
				var want [][]byte
				if n > 0 {
					want = model[i:min(i+n, len(model))]
				}
				compare(t, l.Extract(i, n), want)
			}),
			"filter": func(t *rapid.T) {
				drop := rapid.SliceOfN(rapid.Bool(), len(model), len(model)).Draw(t, "drop")
				l = l.Filter(func(i int) bool { return drop[i] })
				var kept [][]byte
				for i, v := range model {
					if !drop[i] {
						kept = append(kept, v)
					}
				}
				model = kept
			},
			"find": some(func(t *rapid.T) {
				v, skip := model[index()], rapid.IntRange(0, 2).Draw(t, "skip")
				want := -1
				for i := 0; i < len(model) && want < 0; i += skip + 1 {
					if bytes.Equal(model[i], v) {
						want = l.Seek(i)
					}
				}
				if got := l.Find(l.First(), v, skip); got != want {
					t.Fatalf("Find gives %d, want %d", got, want)
				}
			}),
			"": func(t *rapid.T) { compare(t, l, model) },
		})
	})
}

func compare(t *rapid.T, l List, model [][]byte) {
	if err := Validate(l); err != nil {
		t.Fatal(err)
	}
	if l.Len() != len(model) {
		t.Fatalf("%d entries, want %d", l.Len(), len(model))
	}
	var scratch [ScratchSize]byte
	off := l.First()
	for i, v := range model {
		if off != l.Seek(i) || !bytes.Equal(l.Get(off, scratch[:]), v) {
			t.Fatalf("entry %d is %q, want %q", i, l.Get(off, scratch[:]), v)
		}
		read, next := l.Read(off, scratch[:])
		if !bytes.Equal(read, v) || i < len(model)-1 && next != l.Next(off) {
			t.Fatalf("entry %d reads as %q up to %d, want %q", i, read, next, v)
		}
		off = l.Next(off)
	}
	if off != -1 {
		t.Fatal("more entries than counted")
	}
	off = l.Last()
	for i := len(model) - 1; i >= 0; i-- {
		if !bytes.Equal(l.Get(off, scratch[:]), model[i]) {
			t.Fatalf("walking back, entry %d is %q", i, l.Get(off, scratch[:]))
		}
		off = l.Prev(off)
	}
	if off != -1 {
		t.Fatal("walking back ends before the first entry")
	}
}

func FuzzValidListsCanBeReadAndChanged(f *testing.F) {
	f.Add([]byte(New()))
	f.Add([]byte(New().AppendInt(5).AppendInt(-70000).Append([]byte("text"))))
	f.Add([]byte(New().Append(make([]byte, 5000)).AppendInt(math.MinInt64)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if Validate(b) != nil {
			return
		}
		l, n := List(b), 0
		var forth [][]byte
		for off := l.First(); off >= 0; off = l.Next(off) {
			forth = append(forth, bytes.Clone(l.Get(off, nil)))
			n++
		}
		for off := l.Last(); off >= 0; off = l.Prev(off) {
			n--
			if !bytes.Equal(l.Get(off, nil), forth[n]) {
				t.Fatal("walking back shows another list")
			}
		}
		if n != 0 {
			t.Fatal("walking back shows another number of entries")
		}
		l = l.Append([]byte("last")).Prepend([]byte("1"))
		if Validate(l) != nil || l.Len() != len(forth)+2 {
			t.Fatal("changing a valid list makes an invalid one")
		}
		l = l.DeleteRange(0, l.Len())
		if Validate(l) != nil || l.Len() != 0 {
			t.Fatal("emptying a valid list makes an invalid one")
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	v := []byte("value:12345")
	l := New()
	b.ReportAllocs()
	for b.Loop() {
		if len(l) > 8000 {
			l = New()
		}
		l = l.Append(v)
	}
}
