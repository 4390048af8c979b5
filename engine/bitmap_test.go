package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/engine/bitstring"
)

var bitmapSetup = []string{
	"SET s hello", "SET n 41 EX 100", "SET t abc", "SETRANGE big 65500 x", "SETRANGE huge 70000 x", "SET limit " + strings.Repeat("x", maxInline),
}

var bitmapWrites = []string{
	"SETBIT s 1 0", "SETBIT s 1 1", "SETBIT s 100 0", "SETBIT new 7 1", "SETBIT n 3 1", "SETBIT big 1 1", "SETBIT huge 1 1", "SETBIT huge 700000 1",
	"SETBIT limit 524288 1", "SETBIT limit 9 0",
	"BITOP AND s t n", "BITOP NOT huge huge", "BITOP OR new huge s", "BITOP XOR n s", "BITOP DIFF huge s t", "BITOP ONE big huge s", "BITOP AND s missing",
	"BITFIELD s SET u8 0 1 INCRBY i5 100 1", "BITFIELD n OVERFLOW FAIL SET u2 50 9", "BITFIELD new SET i64 3 -1 GET u4 1", "BITFIELD huge INCRBY u63 560000 77",
	"BITFIELD s OVERFLOW SAT INCRBY i8 #1 1000 SET u8 #0 255 GET i64 0",
}

func TestBitmapWritesAreReplayed(t *testing.T) {
	for _, line := range bitmapWrites {
		te := newTestEngine(t)
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		for _, setup := range bitmapSetup {
			te.do(setup)
		}
		if got := te.do(line); strings.HasPrefix(got, "-") {
			t.Errorf("%.40s: %s", line, got)
		}
		checkReplayed(t, te, j)
	}
}

func TestBitmapWritesAreUndone(t *testing.T) {
	te := newTestEngine(t)
	for _, setup := range bitmapSetup {
		te.do(setup)
	}
	checkUndone(t, te, bitmapWrites)
}

// TestABitCostsAByteInTheJournal writes into a string of 100 MB.
func TestABitCostsAByteInTheJournal(t *testing.T) {
	te := newTestEngine(t)
	j := &fakeJournal{}
	te.UseJournal(j, 0)
	for _, step := range []struct {
		line  string
		units int
		bytes int // of the unit at most
	}{
		{"SETBIT b 838860807 0", 1, 64},
		{"SETBIT b 400000000 1", 1, 32},
		{"SETBIT b 400000000 1", 0, 0},
		{"SETBIT b 838860808 1", 1, 32},
		{"BITFIELD b SET i64 400000001 -1 INCRBY u8 0 3 GET u8 0", 1, 64},
		{"BITFIELD b SET i64 400000001 -1 OVERFLOW FAIL INCRBY u2 0 5", 0, 0},
	} {
		j.units = nil
		if got := te.do(step.line); strings.HasPrefix(got, "-") {
			t.Fatal(step.line, got)
		}
		bytes := 0
		for _, u := range j.units {
			bytes += len(u)
		}
		if len(j.units) != step.units || bytes > step.bytes {
			t.Errorf("%s: %d bytes in %d units, want at most %d in %d", step.line, bytes, len(j.units), step.bytes, step.units)
		}
	}
}

// TestAFarBitIsRefusedWhole has neither the bound on strings nor maxmemory
// leave anything behind.
func TestAFarBitIsRefusedWhole(t *testing.T) {
	te := newTestEngine(t)
	te.Settings().MaxBulkLen = 1 << 20
	for _, line := range []string{"SETBIT b 8388608 1", "BITFIELD b SET u8 0 1 SET u8 8388608 1", "BITFIELD b SET u8 #0 1 SET u8 #1048576 1", "BITFIELD b SET u1 1 1 SET u1 #9223372036854775807 1"} {
		if got, want := te.do(line), "-ERR bit offset is not an integer or out of range\r\n"; got != want || te.DB(0).Len() > 0 {
			t.Errorf("%s: %q, %d keys", line, got, te.DB(0).Len())
		}
	}
	te.Settings().MaxMemory = 1
	for _, line := range []string{"SETBIT b 1 1", "BITFIELD b SET u8 0 1", "BITOP NOT b c"} {
		if got := te.do(line); !strings.HasPrefix(got, "-OOM ") || te.DB(0).Len() > 0 {
			t.Errorf("%s: %q, %d keys", line, got, te.DB(0).Len())
		}
	}
}

// toldEvents runs commands and returns the events that they publish, each with
// its key.
func toldEvents(t *testing.T, te *testEngine, lines ...string) []string {
	t.Helper()
	subscriber := te.connect(t)
	te.on(subscriber, "PSUBSCRIBE __keyevent*")
	te.Settings().Events = EventKeyevent | EventAll
	var events []string
	for _, line := range lines {
		if got := te.do(line); strings.HasPrefix(got, "-") {
			t.Fatal(line, got)
		}
		words := strings.Split(take(subscriber), "\r\n")
		for i := 0; i+8 < len(words); i += 9 {
			events = append(events, strings.TrimPrefix(words[i+6], "__keyevent@0__:")+" "+words[i+8])
		}
	}
	return events
}

func TestBitmapEvents(t *testing.T) {
	got := toldEvents(t, newTestEngine(t),
		"SETBIT a 5 0", "SETBIT a 5 0", "SETBIT a 5 1", "SETBIT a 5 1", "GETBIT a 5",
		"BITFIELD a SET u1 5 1", "BITFIELD a SET u1 2000 0", "BITFIELD a OVERFLOW FAIL SET u1 4000 2", "BITFIELD a SET u1 0 1 SET u1 1 1", "BITFIELD a GET u1 0",
		"BITOP AND d a", "BITOP AND d missing", "BITOP AND d missing")
	want := []string{"setbit a", "setbit a", "setbit a", "setbit a", "set d", "del d"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// bitModel answers BITFIELD and its kin from a slice of bits.
type bitModel []bool

func (m *bitModel) grow(bits int) {
	for len(*m) < bits || len(*m)%8 != 0 {
		*m = append(*m, false)
	}
}

func (m bitModel) field(f bitstring.Field, offset int) (n uint64) {
	for i := range int(f.Bits) {
		n <<= 1
		if at := offset + i; at < len(m) && m[at] {
			n |= 1
		}
	}
	return n
}

func (m bitModel) put(f bitstring.Field, offset int, n uint64) {
	for i := range int(f.Bits) {
		m[offset+i] = n>>(int(f.Bits)-1-i)&1 == 1
	}
}

// TestBitsAreThoseOfAModel draws writes and reads them back by other commands.
func TestBitsAreThoseOfAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		te := newTestEngine(&testing.T{})
		var m bitModel
		ask := func(want int64, line string) {
			if got := te.do(line); got != fmt.Sprintf(":%d\r\n", want) {
				t.Fatalf("%s: got %q, want %d", line, got, want)
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			offset := rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(0, maxInline*8+100)).Draw(t, "offset")
			if rapid.Bool().Draw(t, "single") {
				m.grow(offset + 1)
				set := rapid.Bool().Draw(t, "set")
				was, is := b2i(m[offset]), b2i(set)
				m[offset] = set
				ask(was, fmt.Sprintf("SETBIT b %d %d", offset, is))
				continue
			}
			f := bitstring.Field{Bits: uint(rapid.IntRange(1, 63).Draw(t, "bits"))}
			m.grow(offset + int(f.Bits))
			was, is := m.field(f, offset), rapid.Uint64().Draw(t, "value")<<(64-f.Bits)>>(64-f.Bits)
			m.put(f, offset, is)
			if got, want := te.do(fmt.Sprintf("BITFIELD b SET u%d %d %d", f.Bits, offset, is)), fmt.Sprintf("*1\r\n:%d\r\n", was); got != want {
				t.Fatalf("SET u%d at %d: got %q, want %q", f.Bits, offset, got, want)
			}
		}
		start := rapid.IntRange(0, len(m)).Draw(t, "start")
		end := rapid.IntRange(start, len(m)).Draw(t, "end")
		set, first := int64(0), map[bool]int64{false: -1, true: -1}
		for i := start; i <= min(end, len(m)-1); i++ {
			set += b2i(m[i])
			if first[m[i]] < 0 {
				first[m[i]] = int64(i)
			}
		}
		ask(int64(len(m)/8), "STRLEN b")
		ask(set, fmt.Sprintf("BITCOUNT b %d %d BIT", start, end))
		ask(first[true], fmt.Sprintf("BITPOS b 1 %d %d BIT", start, end))
		ask(first[false], fmt.Sprintf("BITPOS b 0 %d %d BIT", start, end))
	})
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// FuzzBitfield: no arguments panic, and what is refused changes nothing.
func FuzzBitfield(f *testing.F) {
	for _, s := range []string{"GET u8 0", "SET i64 #3 -1 OVERFLOW SAT INCRBY u63 7 9223372036854775807", "OVERFLOW FAIL INCRBY i1 0 -9223372036854775808",
		"GET u64 0", "SET u8 # 1", "OVERFLOW", "SET u1 8388607 1", "INCRBY i64 #131071 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		te := newTestEngine(t)
		te.Settings().MaxBulkLen = 1 << 20
		te.do("SET b 0123456789")
		before := te.dump()
		got := te.do("BITFIELD b " + line)
		if strings.HasPrefix(got, "-") && te.dump() != before {
			t.Fatalf("%q refused %q, but changed something", line, got)
		}
		if n := len(stringOf(entry(te.DB(0).keys.Find([]byte("b"))))); n > 1<<20+8 {
			t.Fatalf("%q made a string of %d bytes", line, n)
		}
		if err := te.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkBitmap(b *testing.B) {
	te := newTestEngine(b)
	te.UseJournal(countingJournal{}, 0)
	te.do("SETBIT x 8388607 1")
	te.do("SETBIT y 8388607 1")
	for _, line := range []string{"SETBIT x 4000000 %d", "GETBIT x 4000000", "BITCOUNT x", "BITPOS x 1", "BITOP AND d x y", "BITOP ONE d x y"} {
		name, _, _ := strings.Cut(line, " %")
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			argv := [2][][]byte{words(line), words(line)}
			if name != line {
				argv = [2][][]byte{words(fmt.Sprintf(line, 0)), words(fmt.Sprintf(line, 1))}
			}
			for i := range b.N {
				te.Execute(te.c, argv[i&1])
				te.c.Sent(te.c.Out.Len())
			}
		})
	}
}
