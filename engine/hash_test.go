package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// smallLimits makes collections outgrow their compact encodings early.
func smallLimits(te *testEngine) {
	s := &te.settings
	s.HashMaxListpackEntries, s.HashMaxListpackValue = 5, 8
	s.SetMaxIntsetEntries, s.SetMaxListpackEntries, s.SetMaxListpackValue = 6, 5, 8
}

func drawHashWord(t *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"a", "b", "c", "longer-than-8", "-1", "007"}),
		rapid.Map(rapid.IntRange(-3, 300), strconv.Itoa),
		rapid.StringMatching(`[a-z]{1,12}`),
	).Draw(t, label)
}

func drawHashCommand(t *rapid.T) string {
	key := rapid.SampledFrom([]string{"h", "k"}).Draw(t, "key")
	word := func() string { return drawHashWord(t, "word") }
	switch rapid.IntRange(0, 9).Draw(t, "command") {
	case 0, 1, 2, 3:
		line := "HSET " + key
		for range rapid.IntRange(1, 4).Draw(t, "pairs") {
			line += " " + word() + " " + word()
		}
		return line
	case 4, 5:
		return fmt.Sprintf("HDEL %s %s %s", key, word(), word())
	case 6:
		return fmt.Sprintf("HSETNX %s %s %s", key, word(), word())
	case 7:
		return fmt.Sprintf("HINCRBY %s %s %d", key, word(), rapid.IntRange(-1000, 1<<40).Draw(t, "by"))
	case 8:
		return "DEL " + key
	default:
		return fmt.Sprintf("HGET %s %s", key, word())
	}
}

// hashModel answers the drawn commands from plain maps.
type hashModel map[string]map[string]string

func (m hashModel) do(line string) string {
	w := strings.Fields(line)
	h := m[w[1]]
	if h == nil && w[0] != "HDEL" && w[0] != "HGET" && w[0] != "DEL" {
		h = map[string]string{}
		m[w[1]] = h
	}
	n := 0
	switch w[0] {
	case "HSET":
		for i := 2; i < len(w); i += 2 {
			if _, ok := h[w[i]]; !ok {
				n++
			}
			h[w[i]] = w[i+1]
		}
	case "HDEL":
		for _, f := range w[2:] {
			if _, ok := h[f]; ok {
				n++
				delete(h, f)
			}
		}
		if len(h) == 0 {
			delete(m, w[1])
		}
	case "HSETNX":
		if _, ok := h[w[2]]; !ok {
			h[w[2]] = w[3]
			n = 1
		}
	case "HINCRBY":
		old, err := strconv.Atoi(h[w[2]])
		if h[w[2]] != "" && (err != nil || strconv.Itoa(old) != h[w[2]]) {
			return "-ERR hash value is not an integer\r\n"
		}
		by, _ := strconv.Atoi(w[3])
		n = old + by
		h[w[2]] = strconv.Itoa(n)
	case "DEL":
		if h != nil {
			n = 1
			delete(m, w[1])
		}
	case "HGET":
		if value, ok := h[w[2]]; ok {
			return fmt.Sprintf("$%d\r\n%s\r\n", len(value), value)
		}
		return "$-1\r\n"
	}
	return fmt.Sprintf(":%d\r\n", n)
}

func (m hashModel) state() string {
	var keys []string
	for key, h := range m {
		var elements []string
		for f, v := range h {
			elements = append(elements, fmt.Sprintf("%q=%q", f, v))
		}
		slices.Sort(elements)
		keys = append(keys, fmt.Sprintf("0 %q hash 0: %s", key, strings.Join(elements, " ")))
	}
	slices.Sort(keys)
	return strings.Join(keys, "\n")
}

func TestHashModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		te := newTestEngine(t)
		smallLimits(te)
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		m := hashModel{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			if rapid.IntRange(0, 5).Draw(rt, "undo") == 0 {
				var lines []string
				for range rapid.IntRange(1, 6).Draw(rt, "lines") {
					lines = append(lines, drawHashCommand(rt))
				}
				mustRollBack(rt, te, lines)
				continue
			}
			line := drawHashCommand(rt)
			if got, want := te.do(line), m.do(line); got != want {
				rt.Fatalf("%s: %q, want %q", line, got, want)
			}
			if got, want := stateOf(rt, te.Engine, false), m.state(); got != want {
				rt.Fatalf("%s:\n%s\nwant:\n%s", line, got, want)
			}
		}
		mustReplay(rt, te, j)
	})
}

func TestHashPackRollbackKeepsOrder(t *testing.T) {
	te := newTestEngine(t)
	te.do("HSET h a 1 b 2 c 3 d 4")
	mustRollBack(t, te, []string{"HDEL h b d", "HSET h c x e 5", "HDEL h a c e", "HSET h z 1"})
	if got, want := te.do("HKEYS h"), "*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n"; got != want {
		t.Fatalf("order is %q", got)
	}
}

func TestHashEncodings(t *testing.T) {
	te := newTestEngine(t)
	encoding := func() string {
		h := entry(te.DB(0).keys.Find([]byte("h")))
		return h.object().collection().encoding()
	}
	for i := range 512 {
		te.do(fmt.Sprintf("HSET h f%d %d", i, i))
	}
	if encoding() != "listpack" {
		t.Fatalf("512 fields are a %s", encoding())
	}
	te.do("HSET h f0 again")
	if encoding() != "listpack" {
		t.Fatal("setting a field again converted")
	}
	te.do("HSET h one-more 1")
	if encoding() != "hashtable" {
		t.Fatalf("513 fields are a %s", encoding())
	}
	te.do("DEL h")
	te.do("HSET h f " + strings.Repeat("x", 64))
	if encoding() != "listpack" {
		t.Fatalf("64 bytes are in a %s", encoding())
	}
	te.do("HSET h f " + strings.Repeat("x", 65))
	if encoding() != "hashtable" {
		t.Fatalf("65 bytes are in a %s", encoding())
	}
}

// Every field comes up in a walk that other writes interrupt.
func TestHashScanFindsAll(t *testing.T) {
	te := newTestEngine(t)
	for i := range 1000 {
		te.do(fmt.Sprintf("HSET h f%d %d", i, i))
	}
	v, _ := te.DB(0).hashAt([]byte("h"))
	seen := map[string]bool{}
	o := scanOptions{count: 7}
	cursor, calls := uint64(0), 0
	for {
		cursor = v.scan(cursor, &o, func(field, _ []byte) { seen[string(field)] = true })
		te.do(fmt.Sprintf("HSET h new%d 1", calls))
		if calls++; cursor == 0 {
			break
		}
	}
	for i := range 1000 {
		if !seen[fmt.Sprintf("f%d", i)] {
			t.Fatalf("f%d was not met in %d calls", i, calls)
		}
	}
}

func TestHashRandomFields(t *testing.T) {
	for _, size := range []int{1, 20, 1000} {
		te := newTestEngine(t)
		for i := range size {
			te.do(fmt.Sprintf("HSET h f%d v%d", i, i))
		}
		v, _ := te.DB(0).hashAt([]byte("h"))
		for _, n := range []int{1, size / 10, size / 2, size - 1, size} {
			seen := map[string]bool{}
			v.choose(n, func(field, value []byte) {
				if string(value[1:]) != string(field[1:]) {
					t.Fatalf("%s has %s", field, value)
				}
				seen[string(field)] = true
			})
			if len(seen) != n {
				t.Fatalf("%d different fields of %d, want %d", len(seen), size, n)
			}
		}
		met, count := map[string]int{}, int64(100*size)
		v.repeat(count, func(field, _ []byte) { met[string(field)]++ })
		if len(met) != size {
			t.Fatalf("%d of %d fields came up", len(met), size)
		}
	}
}

func TestHashPairsNestInRESP3(t *testing.T) {
	te := newTestEngine(t)
	te.do("HSET h a 1")
	te.c.Out.SetProto(3)
	for _, step := range [][2]string{
		{"HRANDFIELD h 1 WITHVALUES", "*1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n"},
		{"HRANDFIELD h -2 WITHVALUES", "*2\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n"},
		{"HRANDFIELD h 0 WITHVALUES", "*0\r\n"},
		{"HGETALL h", "%1\r\n$1\r\na\r\n$1\r\n1\r\n"},
		{"HGETALL missing", "%0\r\n"},
		{"HKEYS h", "*1\r\n$1\r\na\r\n"},
	} {
		if got := te.do(step[0]); got != step[1] {
			t.Errorf("%s: got %q, want %q", step[0], got, step[1])
		}
	}
}

func TestHashHostileCounts(t *testing.T) {
	te := newTestEngine(t)
	te.do("HSET h a 1 b 2")
	for _, step := range [][2]string{
		{"HRANDFIELD h -9223372036854775808", "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\r\n"},
		{"HRANDFIELD h -9223372036854775807", "-ERR value is out of range\r\n"},
		{"HRANDFIELD h -4611686018427387904 WITHVALUES", "-ERR value is out of range\r\n"},
		{"HRANDFIELD h 9223372036854775807 WITHVALUES", "-ERR value is out of range\r\n"},
		{"HRANDFIELD h 9223372036854775807", "*2\r\n$1\r\na\r\n$1\r\nb\r\n"},
		{"HSCAN h 18446744073709551615 COUNT 9223372036854775807", "*2\r\n$1\r\n0\r\n*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n"},
	} {
		if got := te.do(step[0]); got != step[1] {
			t.Errorf("%s: got %q, want %q", step[0], got, step[1])
		}
	}
}

func BenchmarkHash(b *testing.B) {
	te := newTestEngine(b)
	const n = 1 << 17
	argv := make([][][]byte, n)
	for i := range argv {
		argv[i] = [][]byte{[]byte("HSET"), []byte("h"), []byte(fmt.Sprintf("field:%d", i*7919%n)), []byte("value-of-16-bytes")}
		te.Execute(te.c, argv[i])
		take(te.c)
	}
	hget := []byte("HGET")
	b.Run("HSET", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			te.Execute(te.c, argv[i%n])
			te.c.Sent(te.c.Out.Len())
		}
	})
	b.Run("HGET", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			te.Execute(te.c, [][]byte{hget, argv[i%n][1], argv[i%n][2]})
			te.c.Sent(te.c.Out.Len())
		}
	})
}
