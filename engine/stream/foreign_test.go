package stream

import (
	"testing"

	"perigee/engine/listpack"
)

// sampleBlock has entries with the same fields, with others and deleted ones.
func sampleBlock() *Block {
	var l Log
	texts := func(s ...string) (pairs [][]byte) {
		for _, text := range s {
			pairs = append(pairs, []byte(text))
		}
		return pairs
	}
	l.Append(ID{5, 0}, texts("name", "a", "age", "1"), Limits{})
	l.Append(ID{5, 1}, texts("name", "b", "age", "200"), Limits{})
	l.Append(ID{6, 0}, texts("other", "c"), Limits{})
	l.Delete(ID{5, 1})
	return l.BlockFrom(ID{})
}

func TestParseBlock(t *testing.T) {
	pack := sampleBlock().Pack()
	if _, err := ParseBlock(ID{5, 0}, pack); err != nil {
		t.Fatal(err)
	}
	damaged := map[string]func(l listpack.List) listpack.List{
		"a wrong count":    func(l listpack.List) listpack.List { return l.ReplaceInt(l.First(), 3) },
		"no last size":     func(l listpack.List) listpack.List { return l.Delete(l.Last()) },
		"a wrong size":     func(l listpack.List) listpack.List { return l.ReplaceInt(l.Last(), 3) },
		"text as a number": func(l listpack.List) listpack.List { return l.Replace(l.First(), []byte("x")) },
		"many fields":      func(l listpack.List) listpack.List { return l.ReplaceInt(l.Seek(2), 1<<40) },
		"negative fields":  func(l listpack.List) listpack.List { return l.ReplaceInt(l.Seek(2), -1) },
		"a number less":    func(l listpack.List) listpack.List { return l.ReplaceInt(l.Seek(7), -1) },
		"nothing":          func(l listpack.List) listpack.List { return listpack.New() },
	}
	for name, damage := range damaged {
		if _, err := ParseBlock(ID{5, 0}, damage(append(listpack.List{}, pack...))); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestParseBlockWithoutLiveEntries(t *testing.T) {
	b := newBlock(ID{5, 0}, [][]byte{[]byte("f"), []byte("v")})
	b.setDeleted(b.read(b.entries(b.master()), b.master()), true)
	if got, err := ParseBlock(ID{5, 0}, b.Pack()); got != nil || err != nil {
		t.Fatal(got, err)
	}
}

func FuzzParseBlock(f *testing.F) {
	f.Add(uint64(5), []byte(sampleBlock().Pack()))
	f.Fuzz(func(t *testing.T, ms uint64, pack []byte) {
		b, err := ParseBlock(ID{ms, 0}, pack)
		if err != nil || b == nil {
			return
		}
		var l Log
		l.Restore(b)
		if err := l.Check(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for it := l.Range(ID{}, Max, true); it.Next(); n++ {
			it.Each(func(_, _ []byte) {})
		}
		if n != l.Len() {
			t.Fatalf("%d entries of %d", n, l.Len())
		}
	})
}
