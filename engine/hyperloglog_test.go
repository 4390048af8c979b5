package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"perigee/engine/hyperloglog"
)

// manyWords is a list of n different words.
func manyWords(prefix string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " %s%d", prefix, i)
	}
	return b.String()
}

var hllSetup = []string{
	"PFADD s a b c", "PFADD d" + manyWords("e", 5000), "PFADD t x y", "PFCOUNT t", "PFADD old a", "EXPIRE old 100", "PFADD full" + manyWords("f", 1500), "SET text hello",
}

var hllWrites = []string{
	"PFADD s d", "PFADD s a", "PFADD new", "PFADD new a b", "PFADD d new1 new2 new3", "PFADD d e1", "PFADD full" + manyWords("g", 800), "PFADD old z",
	"PFCOUNT s", "PFCOUNT d", "PFCOUNT s d", "PFMERGE s t", "PFMERGE new s t", "PFMERGE s d", "PFMERGE d s", "PFMERGE old", "PFMERGE new2",
	"PFDEBUG TODENSE s", "PFDEBUG GETREG old",
}

func TestHyperLogLogWritesAreReplayed(t *testing.T) {
	for _, line := range hllWrites {
		te := newTestEngine(t)
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		for _, setup := range hllSetup {
			te.do(setup)
		}
		if got := te.do(line); strings.HasPrefix(got, "-") {
			t.Errorf("%.40s: %s", line, got)
		}
		checkReplayed(t, te, j)
	}
}

func TestHyperLogLogWritesAreUndone(t *testing.T) {
	te := newTestEngine(t)
	for _, setup := range hllSetup {
		te.do(setup)
	}
	checkUndone(t, te, hllWrites)
}

// TestAnElementCostsLittleInTheJournal bounds the effects of single elements.
func TestAnElementCostsLittleInTheJournal(t *testing.T) {
	te := newTestEngine(t)
	j := &fakeJournal{}
	te.UseJournal(j, 0)
	te.do("PFADD sparse" + manyWords("e", 1200))
	te.do("PFADD dense" + manyWords("e", 10000))
	for key, most := range map[string]int{"sparse": 3100, "dense": 64} {
		for i := range 300 {
			te.do("PFCOUNT " + key)
			j.units = nil
			te.do(fmt.Sprintf("PFADD %s new:%d", key, i))
			if n := len(slices.Concat(j.units...)); n > most {
				t.Fatalf("element %d in a %s value: %d bytes in the journal", i, key, n)
			}
		}
	}
	for key, want := range map[string]string{"sparse": "+sparse\r\n", "dense": "+dense\r\n"} {
		if got := te.do("PFDEBUG ENCODING " + key); got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
}

func TestHyperLogLogEvents(t *testing.T) {
	got := toldEvents(t, newTestEngine(t), "PFADD p a", "PFADD p a", "PFADD q", "PFCOUNT p", "PFCOUNT p", "PFMERGE r p q", "PFMERGE r p q",
		"PFDEBUG TODENSE r", "PFADD r a", "PFADD r b")
	if want := []string{"pfadd p", "pfadd q", "pfadd r", "pfadd r", "pfadd r"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestACorruptValueIsRefusedWhole adds elements of which the first is before
// the damage.
func TestACorruptValueIsRefusedWhole(t *testing.T) {
	te := newTestEngine(t)
	index, _ := hyperloglog.Hash([]byte("a"))
	corrupt := string(hyperloglog.New()[:16]) + "\x7f\xf0"
	others := ""
	for i := 0; others == ""; i++ {
		e := fmt.Sprint("e", i)
		if at, _ := hyperloglog.Hash([]byte(e)); at > 0x3ff0 && index < 0x3ff0 {
			others = " a " + e
		}
	}
	te.Execute(te.c, [][]byte{[]byte("SET"), []byte("p"), []byte(corrupt)})
	take(te.c)
	before := te.dump()
	for _, line := range []string{"PFADD p" + others, "PFCOUNT p", "PFCOUNT p q", "PFMERGE q p", "PFMERGE p", "PFDEBUG GETREG p", "PFDEBUG TODENSE p"} {
		if got := te.do(line); got != "-INVALIDOBJ Corrupted HLL object detected\r\n" {
			t.Errorf("%s: %q", line, got)
		}
		if after := te.dump(); after != before {
			t.Errorf("%s left\n%s", line, after)
		}
	}
}

// FuzzHyperLogLog: no value panics a command, and what is refused changes
// nothing.
func FuzzHyperLogLog(f *testing.F) {
	header := []byte(hyperloglog.New()[:16])
	for _, registers := range []string{"\x7f\xff", "\x7f\xfe", "\x7f", "\x80\x7f\xfe", "\x7f\xfe\x83", "\x00\x84\x81\x80\xff\x40\x40", ""} {
		f.Add(slices.Concat(header, []byte(registers)), "a")
	}
	f.Add([]byte("HYLL\x00"), "b")
	f.Fuzz(func(t *testing.T, value []byte, element string) {
		te := newTestEngine(t)
		set := func() {
			te.Execute(te.c, [][]byte{[]byte("SET"), []byte("p"), value})
			take(te.c)
		}
		for _, line := range []string{"PFCOUNT p", "PFCOUNT p q", "PFMERGE q p", "PFMERGE p q", "PFDEBUG GETREG p", "PFDEBUG DECODE p", "PFDEBUG TODENSE p", "PFADD p a"} {
			te.do("DEL p q")
			te.do("PFADD q x y z")
			set()
			argv := words(line)
			if argv[0][2] == 'A' {
				argv = append(argv, []byte(element), []byte(element+"2"))
			}
			before := te.dump()
			te.Execute(te.c, argv)
			got := take(te.c)
			if strings.HasPrefix(got, "-") && te.dump() != before {
				t.Fatalf("%s of %q refused %q, but changed something", line, value, got)
			}
			if again := te.do("PFCOUNT p"); !strings.HasPrefix(got, "-") && strings.HasPrefix(again, "-") && !hyperloglogRefuses(value) {
				t.Fatalf("%s of %q: %s", line, value, again)
			}
		}
		if err := te.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

func hyperloglogRefuses(value []byte) bool {
	v := hyperloglog.Value(value)
	if !v.Valid() {
		return true
	}
	_, err := v.Count()
	return err != nil
}

func BenchmarkHyperLogLog(b *testing.B) {
	te := newTestEngine(b)
	te.UseJournal(countingJournal{}, 0)
	te.do("PFADD sparse" + manyWords("e", 1000))
	te.do("PFADD dense" + manyWords("e", 100000))
	random := rand.New(rand.NewPCG(1, 1))
	for _, line := range []string{"PFADD sparse e", "PFADD dense e", "PFCOUNT dense", "PFCOUNT sparse dense", "PFMERGE d sparse dense"} {
		b.Run(strings.ReplaceAll(line, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			argv := words(line)
			for range b.N {
				if bytes.HasPrefix(argv[0], []byte("PFA")) {
					argv[2] = fmt.Appendf(argv[2][:0], "e%d", random.IntN(1000))
				}
				te.Execute(te.c, argv)
				te.c.Sent(te.c.Out.Len())
			}
		})
	}
}
