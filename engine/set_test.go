package engine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawSetCommand(t *rapid.T) string {
	key := func() string { return rapid.SampledFrom([]string{"s", "t", "u"}).Draw(t, "key") }
	ints := rapid.Bool().Draw(t, "ints")
	member := func() string {
		if ints {
			return strconv.Itoa(rapid.IntRange(-3, 20).Draw(t, "member"))
		}
		return drawHashWord(t, "member")
	}
	line := func(command string, n int, draw func() string) string {
		for range n {
			command += " " + draw()
		}
		return command
	}
	n := rapid.IntRange(1, 4).Draw(t, "n")
	switch rapid.IntRange(0, 14).Draw(t, "command") {
	case 13:
		return fmt.Sprintf("COPY %s %s REPLACE", key(), rapid.SampledFrom([]string{"v", "w"}).Draw(t, "to"))
	case 14:
		return fmt.Sprintf("RENAME %s %s", rapid.SampledFrom([]string{"v", "w"}).Draw(t, "from"), key())
	case 0, 1, 2, 3:
		return line("SADD "+key(), n, member)
	case 4, 5:
		return line("SREM "+key(), n, member)
	case 6:
		return fmt.Sprintf("SMOVE %s %s %s", key(), key(), member())
	case 7:
		return line("SMISMEMBER "+key(), n, member)
	case 8:
		return line("SINTERSTORE "+key(), n, key)
	case 9:
		return line("SUNIONSTORE "+key(), n, key)
	case 10:
		return line("SDIFFSTORE "+key(), n, key)
	case 11:
		return fmt.Sprintf("SPOP %s %d", key(), rapid.IntRange(0, 12).Draw(t, "count"))
	default:
		return line("SINTERCARD "+strconv.Itoa(n), n, key)
	}
}

// setModel answers the drawn commands from plain maps.
type setModel map[string]map[string]bool

func (m setModel) put(key string, set map[string]bool) int {
	delete(m, key)
	if len(set) > 0 {
		m[key] = set
	}
	return len(set)
}

func (m setModel) combine(op string, keys []string) map[string]bool {
	all := map[string]bool{}
	for _, set := range m {
		for member := range set {
			in := make([]bool, len(keys))
			for i, key := range keys {
				in[i] = m[key][member]
			}
			switch op[:4] {
			case "SINT":
				all[member] = !slices.Contains(in, false)
			case "SUNI":
				all[member] = slices.Contains(in, true)
			case "SDIF":
				all[member] = in[0] && !slices.Contains(in[1:], true)
			}
			if !all[member] {
				delete(all, member)
			}
		}
	}
	return all
}

// do answers all but SPOP, which depends on chance.
func (m setModel) do(line string) string {
	w := strings.Fields(line)
	n := 0
	switch w[0] {
	case "SADD":
		for _, member := range w[2:] {
			if m[w[1]] == nil {
				m[w[1]] = map[string]bool{}
			}
			if !m[w[1]][member] {
				n++
			}
			m[w[1]][member] = true
		}
	case "SREM":
		for _, member := range w[2:] {
			if m[w[1]][member] {
				n++
				delete(m[w[1]], member)
			}
		}
		m.put(w[1], m[w[1]])
	case "SMOVE":
		if m[w[1]][w[3]] {
			n = 1
			delete(m[w[1]], w[3])
			if m[w[2]] == nil {
				m[w[2]] = map[string]bool{}
			}
			m[w[2]][w[3]] = true
			m.put(w[1], m[w[1]])
		}
	case "SMISMEMBER":
		reply := fmt.Sprintf("*%d\r\n", len(w)-2)
		for _, member := range w[2:] {
			if m[w[1]][member] {
				reply += ":1\r\n"
			} else {
				reply += ":0\r\n"
			}
		}
		return reply
	case "SINTERCARD":
		n = len(m.combine(w[0], w[2:]))
	case "COPY":
		if m[w[1]] != nil {
			n = 1
			m[w[2]] = maps.Clone(m[w[1]])
		}
	case "RENAME":
		if m[w[1]] == nil {
			return "-ERR no such key\r\n"
		}
		m[w[2]] = m[w[1]]
		delete(m, w[1])
		return "+OK\r\n"
	default:
		n = m.put(w[1], m.combine(w[0], w[2:]))
	}
	return fmt.Sprintf(":%d\r\n", n)
}

// pop checks what SPOP replied and removes it.
func (m setModel) pop(t failer, line, reply string) {
	w := strings.Fields(line)
	count, _ := strconv.Atoi(w[2])
	lines := strings.Split(strings.TrimSuffix(reply, "\r\n"), "\r\n")
	if got, want := (len(lines)-1)/2, min(count, len(m[w[1]])); got != want {
		t.Fatalf("%s: %d members, want %d", line, got, want)
	}
	for i := 2; i < len(lines); i += 2 {
		if !m[w[1]][lines[i]] {
			t.Fatalf("%s: popped %q, which was not there", line, lines[i])
		}
		delete(m[w[1]], lines[i])
	}
	m.put(w[1], m[w[1]])
}

func (m setModel) state() string {
	var keys []string
	for key, set := range m {
		var elements []string
		for member := range set {
			elements = append(elements, fmt.Sprintf("%q", member))
		}
		slices.Sort(elements)
		keys = append(keys, fmt.Sprintf("0 %q set 0: %s", key, strings.Join(elements, " ")))
	}
	slices.Sort(keys)
	return strings.Join(keys, "\n")
}

func TestSetModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		te := newTestEngine(t)
		smallLimits(te)
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		m := setModel{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			if rapid.IntRange(0, 5).Draw(rt, "undo") == 0 {
				var lines []string
				for range rapid.IntRange(1, 8).Draw(rt, "lines") {
					lines = append(lines, drawSetCommand(rt))
				}
				mustRollBack(rt, te, lines)
				continue
			}
			line := drawSetCommand(rt)
			if got := te.do(line); strings.HasPrefix(line, "SPOP") {
				m.pop(rt, line, got)
			} else if want := m.do(line); got != want {
				rt.Fatalf("%s: %q, want %q", line, got, want)
			}
			if got, want := stateOf(rt, te.Engine, false), m.state(); got != want {
				rt.Fatalf("%s:\n%s\nwant:\n%s", line, got, want)
			}
		}
		mustReplay(rt, te, j)
	})
}

func TestSetPackRollbackKeepsOrder(t *testing.T) {
	te := newTestEngine(t)
	te.do("SADD s d 1 b a")
	mustRollBack(t, te, []string{"SREM s 1 a", "SADD s x", "SPOP s 2", "SREM s d b a x 1", "SADD s 7"})
	if got, want := te.do("SMEMBERS s"), "*4\r\n$1\r\nd\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\na\r\n"; got != want {
		t.Fatalf("order is %q", got)
	}
}

func TestSetEncodings(t *testing.T) {
	numbers := func(n int) string {
		s := ""
		for i := range n {
			s += fmt.Sprintf(" %d", i)
		}
		return s
	}
	letters := func(n int) string { return strings.ReplaceAll(numbers(n), " ", " m") }
	for _, c := range []struct {
		name, lines, want string
	}{
		{"integers alone are an intset", "SADD s" + numbers(512), "intset"},
		{"one integer too many", "SADD s" + numbers(512) + "|SADD s 600", "hashtable"},
		{"too many integers at once", "SADD s" + numbers(513), "hashtable"},
		{"a word among few integers", "SADD s 1 2 a", "listpack"},
		{"a word among many integers", "SADD s" + numbers(128) + "|SADD s a", "hashtable"},
		{"words", "SADD s" + letters(128), "listpack"},
		{"a word too many", "SADD s" + letters(128) + "|SADD s a", "hashtable"},
		{"a known word is not too many", "SADD s" + letters(128) + "|SADD s m5", "listpack"},
		{"64 bytes", "SADD s a " + strings.Repeat("x", 64), "listpack"},
		{"65 bytes", "SADD s a " + strings.Repeat("x", 65), "hashtable"},
		{"65 bytes among integers", "SADD s 1|SADD s " + strings.Repeat("x", 65), "hashtable"},
		{"integers out of a listpack", "SADD a 1 x 2|SADD b 2 1 y|SINTERSTORE s a b", "intset"},
		{"an intersection with words", "SADD a 1 x 2|SADD b 2 x y|SINTERSTORE s a b", "listpack"},
		{"a union of integers", "SADD a 1 x|SADD b 2|SREM a x|SUNIONSTORE s a b", "intset"},
		{"a difference of words", "SADD a 1 x|SADD b 1|SDIFFSTORE s a b", "listpack"},
		{"most popped from a table", "SADD s" + letters(1000) + "|SPOP s 990", "listpack"},
		{"few popped from a table", "SADD s" + letters(1000) + "|SPOP s 500", "hashtable"},
	} {
		te := newTestEngine(t)
		for _, line := range strings.Split(c.lines, "|") {
			te.do(line)
		}
		v, err := te.DB(0).setAt([]byte("s"))
		if err != nil || v == nil || v.encoding() != c.want {
			t.Errorf("%s: %v, want %s", c.name, v.encoding(), c.want)
		}
	}
}

func TestSetPopsFromEveryEncoding(t *testing.T) {
	for _, prefix := range []string{"", "m"} {
		for _, size := range []int{1, 2, 100, 1000} {
			for _, count := range []int{1, size / 2, size - 1, size, size + 1} {
				te := newTestEngine(t)
				j := &fakeJournal{}
				te.UseJournal(j, 0)
				m := setModel{}
				for i := range size {
					line := fmt.Sprintf("SADD s %s%d", prefix, i)
					te.do(line)
					m.do(line)
				}
				mustRollBack(t, te, []string{fmt.Sprintf("SPOP s %d", count), "SADD s new", "SPOP s"})
				line := fmt.Sprintf("SPOP s %d", count)
				m.pop(t, line, te.do(line))
				if got, want := stateOf(t, te.Engine, false), m.state(); got != want {
					t.Fatalf("%s of %d:\n%s\nwant:\n%s", line, size, got, want)
				}
				mustReplay(t, te, j)
			}
		}
	}
}

func TestSetRandomMembers(t *testing.T) {
	for _, prefix := range []string{"", "m"} {
		for _, size := range []int{1, 20, 1000} {
			te := newTestEngine(t)
			for i := range size {
				te.do(fmt.Sprintf("SADD s %s%d", prefix, i))
			}
			v, _ := te.DB(0).setAt([]byte("s"))
			for _, n := range []int{1, size / 10, size / 2, size - 1, size} {
				seen := map[string]bool{}
				v.choose(te.DB(0), n, func(member []byte) { seen[string(member)] = true })
				if len(seen) != n {
					t.Fatalf("%d different members of %d, want %d", len(seen), size, n)
				}
			}
			seen := map[string]bool{}
			v.repeat(te.DB(0), int64(100*size), func(member []byte) { seen[string(member)] = true })
			if len(seen) != size {
				t.Fatalf("%d of %d members came up", len(seen), size)
			}
		}
	}
}

func TestSetHostileCounts(t *testing.T) {
	te := newTestEngine(t)
	te.do("SADD s 1 2")
	for _, step := range [][2]string{
		{"SRANDMEMBER s -9223372036854775808", "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\r\n"},
		{"SRANDMEMBER s -9223372036854775807", "-ERR value is out of range\r\n"},
		{"SRANDMEMBER s 9223372036854775807", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n"},
		{"SPOP s -9223372036854775808", "-ERR value is out of range, must be positive\r\n"},
		{"SINTERCARD 9223372036854775807 s", "-ERR Number of keys can't be greater than number of args\r\n"},
		{"SINTERCARD 1 s LIMIT 9223372036854775807", ":2\r\n"},
		{"SSCAN s 18446744073709551615 COUNT 9223372036854775807", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\n1\r\n$1\r\n2\r\n"},
		{"SPOP s 9223372036854775807", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n"},
	} {
		if got := te.do(step[0]); got != step[1] {
			t.Errorf("%s: got %q, want %q", step[0], got, step[1])
		}
	}
}

func BenchmarkSet(b *testing.B) {
	te := newTestEngine(b)
	const n = 1 << 17
	argv := make([][][]byte, n)
	for i := range argv {
		argv[i] = [][]byte{[]byte("SADD"), []byte("s"), []byte(fmt.Sprintf("member:%d", i*7919%n))}
	}
	b.Run("SADD", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if i%n == 0 {
				te.do("DEL s")
			}
			te.Execute(te.c, argv[i%n])
			te.c.Sent(te.c.Out.Len())
		}
	})
	b.Run("SADD-known", func(b *testing.B) {
		b.ReportAllocs()
		for i := range n {
			te.Execute(te.c, argv[i])
			te.c.Sent(te.c.Out.Len())
		}
		for i := range b.N {
			te.Execute(te.c, argv[i%n])
			te.c.Sent(te.c.Out.Len())
		}
	})
}
