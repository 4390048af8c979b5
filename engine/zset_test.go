package engine

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/engine/resp"
)

func smallZSetLimits(te *testEngine) {
	s := &te.settings
	s.ZSetMaxListpackEntries, s.ZSetMaxListpackValue = 5, 8
}

func drawMember(t *rapid.T) string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"a", "b", "longer-than-8", "-1", "007"}),
		rapid.Map(rapid.IntRange(-3, 12), strconv.Itoa),
		rapid.StringMatching(`[a-e]{1,3}`),
	).Draw(t, "member")
}

func drawScore(t *rapid.T) string {
	return rapid.SampledFrom([]string{"-inf", "-1.5", "0", "1", "1", "2", "2.5", "1e20", "+inf"}).Draw(t, "score")
}

func drawZSetCommand(t *rapid.T) string {
	key := rapid.SampledFrom([]string{"z", "y"}).Draw(t, "key")
	rank := func() int { return rapid.IntRange(-6, 6).Draw(t, "rank") }
	switch rapid.IntRange(0, 9).Draw(t, "command") {
	case 0, 1, 2, 3:
		line := "ZADD " + key + rapid.SampledFrom([]string{"", "", " NX", " XX", " GT", " LT", " CH"}).Draw(t, "option")
		for range rapid.IntRange(1, 4).Draw(t, "pairs") {
			line += " " + drawScore(t) + " " + drawMember(t)
		}
		return line
	case 4:
		return fmt.Sprintf("ZREM %s %s %s", key, drawMember(t), drawMember(t))
	case 5:
		return fmt.Sprintf("ZINCRBY %s %s %s", key, drawScore(t), drawMember(t))
	case 6:
		return fmt.Sprintf("ZREMRANGEBYRANK %s %d %d", key, rank(), rank())
	case 7:
		return fmt.Sprintf("ZREMRANGEBYSCORE %s %s (%s", key, drawScore(t), drawScore(t))
	case 8:
		return fmt.Sprintf("ZPOPMAX %s", key)
	default:
		return fmt.Sprintf("ZRANGE %s %d %d REV", key, rank(), rank())
	}
}

type modelMember struct {
	name  string
	score float64
}

// zsetModel answers the drawn commands from sorted slices.
type zsetModel map[string][]modelMember

func (m zsetModel) do(line string) string {
	w := strings.Fields(line)
	switch w[0] {
	case "ZADD":
		return fmt.Sprintf(":%d\r\n", m.add(w[1], w[2:]))
	case "ZREM":
		return m.remove(w[1], func(_ int, e modelMember) bool { return slices.Contains(w[2:], e.name) })
	case "ZINCRBY":
		return m.increment(w[1], w[2], w[3])
	case "ZREMRANGEBYRANK":
		start, stop := m.ranks(w)
		return m.remove(w[1], func(i int, _ modelMember) bool { return i >= start && i <= stop })
	case "ZREMRANGEBYSCORE":
		low, _ := strconv.ParseFloat(w[2], 64)
		high, _ := strconv.ParseFloat(w[3][1:], 64)
		return m.remove(w[1], func(_ int, e modelMember) bool { return e.score >= low && e.score < high })
	case "ZPOPMAX":
		z := m[w[1]]
		if len(z) == 0 {
			return "*0\r\n"
		}
		last := z[len(z)-1]
		m.remove(w[1], func(_ int, e modelMember) bool { return e == last })
		return "*2\r\n" + bulk(last.name) + bulk(string(resp.AppendDouble(nil, last.score)))
	}
	start, stop := m.ranks(w)
	z := slices.Clone(m[w[1]])
	slices.Reverse(z)
	z = z[min(start, len(z)):max(min(stop+1, len(z)), min(start, len(z)))]
	reply := fmt.Sprintf("*%d\r\n", len(z))
	for _, e := range z {
		reply += bulk(e.name)
	}
	return reply
}

func (m zsetModel) ranks(w []string) (start, stop int) {
	start, _ = strconv.Atoi(w[2])
	stop, _ = strconv.Atoi(w[3])
	n := len(m[w[1]])
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	return start, max(stop, -1)
}

func (m zsetModel) put(key, name string, score float64) {
	z := slices.DeleteFunc(m[key], func(e modelMember) bool { return e.name == name })
	z = append(z, modelMember{name, score})
	slices.SortFunc(z, func(a, b modelMember) int {
		if a.score != b.score {
			return map[bool]int{true: -1, false: 1}[a.score < b.score]
		}
		return strings.Compare(a.name, b.name)
	})
	m[key] = z
}

func (m zsetModel) find(key, name string) (float64, bool) {
	for _, e := range m[key] {
		if e.name == name {
			return e.score, true
		}
	}
	return 0, false
}

func (m zsetModel) add(key string, w []string) (count int) {
	option := ""
	if len(w)%2 == 1 {
		option, w = w[0], w[1:]
	}
	for i := 0; i < len(w); i += 2 {
		score, _ := strconv.ParseFloat(w[i], 64)
		old, had := m.find(key, w[i+1])
		switch {
		case option == "NX" && had, option == "XX" && !had:
		case option == "GT" && had && score <= old, option == "LT" && had && score >= old:
		default:
			m.put(key, w[i+1], score)
			if !had || option == "CH" && score != old {
				count++
			}
		}
	}
	return count
}

func (m zsetModel) increment(key, by, name string) string {
	score, _ := strconv.ParseFloat(by, 64)
	old, _ := m.find(key, name)
	if score += old; math.IsNaN(score) {
		return "-ERR resulting score is not a number (NaN)\r\n"
	}
	m.put(key, name, score)
	return bulk(string(resp.AppendDouble(nil, score)))
}

func (m zsetModel) remove(key string, gone func(int, modelMember) bool) string {
	var left []modelMember
	for i, e := range m[key] {
		if !gone(i, e) {
			left = append(left, e)
		}
	}
	removed := len(m[key]) - len(left)
	if m[key] = left; len(left) == 0 {
		delete(m, key)
	}
	return fmt.Sprintf(":%d\r\n", removed)
}

func (m zsetModel) state() string {
	var keys []string
	for key, z := range m {
		var elements []string
		for _, e := range z {
			elements = append(elements, fmt.Sprintf("%q=%v", e.name, e.score))
		}
		keys = append(keys, fmt.Sprintf("0 %q zset 0: %s", key, strings.Join(elements, " ")))
	}
	slices.Sort(keys)
	return strings.Join(keys, "\n")
}

func TestZSetModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		te := newTestEngine(t)
		smallZSetLimits(te)
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		m := zsetModel{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			if rapid.IntRange(0, 5).Draw(rt, "undo") == 0 {
				var lines []string
				for range rapid.IntRange(1, 6).Draw(rt, "lines") {
					lines = append(lines, drawZSetCommand(rt))
				}
				mustRollBack(rt, te, lines)
				continue
			}
			line := drawZSetCommand(rt)
			if got, want := te.do(line), m.do(line); got != want {
				rt.Fatalf("%s: %q, want %q", line, got, want)
			}
			if got, want := stateOf(rt, te.Engine, true), m.state(); got != want {
				rt.Fatalf("%s:\n%s\nwant:\n%s", line, got, want)
			}
		}
		mustReplay(rt, te, j)
	})
}

// What stores a whole sorted set over another is taken back and replayed.
func TestZSetStoreReplaysAndRollsBack(t *testing.T) {
	te := newTestEngine(t)
	smallZSetLimits(te)
	j := &fakeJournal{}
	te.UseJournal(j, 0)
	for _, line := range []string{"ZADD a 1 x 2 y 3 z", "ZADD b 1 x 5 p 6 q 7 r 8 s", "SADD s x y"} {
		te.do(line)
	}
	mustRollBack(t, te, []string{
		"ZUNIONSTORE a 2 a b", "ZINTERSTORE b 2 b s WEIGHTS 2 3", "ZDIFFSTORE s 2 b a", "ZRANGESTORE b a 0 1",
		"ZADD a 9 z 9 new", "ZPOPMIN a 100", "ZMPOP 1 b MAX", "ZREMRANGEBYLEX b - +",
	})
	for _, line := range []string{"ZUNIONSTORE u 3 a b s", "ZUNIONSTORE a 2 a b", "ZRANGESTORE b u 0 1", "ZINTERSTORE s 2 a s", "COPY u v", "ZREMRANGEBYRANK u 1 -1"} {
		te.do(line)
	}
	mustReplay(t, te, j)
}

func TestZSetEncodings(t *testing.T) {
	te := newTestEngine(t)
	encoding := func() string {
		h := entry(te.DB(0).keys.Find([]byte("z")))
		return h.object().collection().encoding()
	}
	expect := func(want, after string) {
		t.Helper()
		if got := encoding(); got != want {
			t.Fatalf("after %s the encoding is %s", after, got)
		}
	}
	for i := range 128 {
		te.do(fmt.Sprintf("ZADD z %d m%d", i, i))
	}
	te.do("ZADD z 500 m0")
	expect("listpack", "128 members")
	te.do("ZADD z XX 1 another")
	expect("listpack", "a member refused")
	te.do("ZADD z 1 another")
	expect("skiplist", "129 members")
	te.do("ZREMRANGEBYRANK z 3 -1")
	expect("skiplist", "a removal")
	te.do("ZUNIONSTORE z 1 z")
	expect("listpack", "storing few members")
	te.do("ZADD z 1 " + strings.Repeat("x", 65))
	expect("skiplist", "a long member")
	te.do("ZRANGESTORE z z 0 0")
	expect("listpack", "storing one short member")
}

// RESP3 has doubles, and nests pairs except where a single one is popped.
func TestZSetRepliesInRESP3(t *testing.T) {
	te := newTestEngine(t)
	te.do("HELLO 3")
	te.do("ZADD z 1 a 2.5 b inf c")
	for _, step := range [][2]string{
		{"ZSCORE z b", ",2.5\r\n"},
		{"ZMSCORE z a x", "*2\r\n,1\r\n_\r\n"},
		{"ZRANGE z 0 0 WITHSCORES", "*1\r\n*2\r\n$1\r\na\r\n,1\r\n"},
		{"ZRANK z b WITHSCORE", "*2\r\n:1\r\n,2.5\r\n"},
		{"ZRANK z x WITHSCORE", "_\r\n"},
		{"ZUNION 1 z WITHSCORES", "*3\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,2.5\r\n*2\r\n$1\r\nc\r\n,inf\r\n"},
		{"ZRANDMEMBER z 0", "*0\r\n"},
		{"ZSCAN z 0 MATCH b", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nb\r\n$3\r\n2.5\r\n"},
		{"ZPOPMIN z", "*2\r\n$1\r\na\r\n,1\r\n"},
		{"ZPOPMIN z 1", "*1\r\n*2\r\n$1\r\nb\r\n,2.5\r\n"},
		{"ZINCRBY z 1 d", ",1\r\n"},
		{"ZMPOP 1 z MIN", "*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\nd\r\n,1\r\n"},
		{"BZPOPMAX z 0", "*3\r\n$1\r\nz\r\n$1\r\nc\r\n,inf\r\n"},
		{"ZMPOP 1 z MIN", "_\r\n"},
	} {
		if got := te.do(step[0]); got != step[1] {
			t.Errorf("%s: got %q, want %q", step[0], got, step[1])
		}
	}
}

// Every member comes up in a walk that other writes interrupt.
func TestZSetScanFindsAll(t *testing.T) {
	te := newTestEngine(t)
	for i := range 1000 {
		te.do(fmt.Sprintf("ZADD z %d m%d", i%7, i))
	}
	v, _ := te.DB(0).zsetAt([]byte("z"))
	seen := map[string]bool{}
	o := scanOptions{count: 7}
	cursor, calls := uint64(0), 0
	for {
		cursor = v.scan(cursor, &o, func(member, _ []byte) { seen[string(member)] = true })
		te.do(fmt.Sprintf("ZADD z 1 new%d", calls))
		if calls++; cursor == 0 {
			break
		}
	}
	for i := range 1000 {
		if !seen[fmt.Sprintf("m%d", i)] {
			t.Fatalf("m%d was not met in %d calls", i, calls)
		}
	}
}

func TestScannedScores(t *testing.T) {
	for score, want := range map[float64]string{
		3: "3", 3.14: "3.1400000000000001", 1e20: "1e+20", 1e-7: "9.9999999999999995e-08",
		math.Inf(1): "inf", math.Inf(-1): "-inf", 123456789012345678: "1.2345678901234568e+17",
	} {
		if got := string(appendScannedScore(nil, score)); got != want {
			t.Errorf("%v is shown as %s, want %s", score, got, want)
		}
	}
}

func TestZSetRandomMembers(t *testing.T) {
	for _, size := range []int{1, 20, 1000} {
		te := newTestEngine(t)
		for i := range size {
			te.do(fmt.Sprintf("ZADD z %d m%d", i, i))
		}
		v, _ := te.DB(0).zsetAt([]byte("z"))
		for _, n := range []int{1, size / 10, size / 2, size - 1, size} {
			seen := map[string]bool{}
			v.choose(n, func(member []byte, score float64) bool {
				if string(member[1:]) != strconv.Itoa(int(score)) {
					t.Fatalf("%s has %v", member, score)
				}
				seen[string(member)] = true
				return true
			})
			if len(seen) != n {
				t.Fatalf("%d different members of %d, want %d", len(seen), size, n)
			}
		}
		met := map[string]bool{}
		v.repeat(100*size, func(member []byte, _ float64) bool { met[string(member)] = true; return true })
		if len(met) != size {
			t.Fatalf("%d of %d members came up", len(met), size)
		}
	}
}

func TestParseFloat(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "-5": -5, "1.5": 1.5, "+2": 2, ".5": 0.5, "5.": 5, "1e3": 1000, "0x10": 16, "0x1p3": 8, "-0x1.8": -1.5,
		"inf": math.Inf(1), "-INF": math.Inf(-1), "Infinity": math.Inf(1), "0e-9999": 0, "0x0p-9999": 0, "5e-324": 5e-324,
		"9223372036854775807": 9223372036854775807, "-9223372036854775809": -9223372036854775808,
	} {
		if got, ok := ParseFloat([]byte(text)); !ok || got != want {
			t.Errorf("%q is %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", " 1", "1 ", "nan", "-nan", "1e400", "-1e400", "1e-400", "0x1p-2000", "0x", "1e", "1_0", "+", "--1", "0x1p", "1\x00"} {
		if got, ok := ParseFloat([]byte(text)); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// Blocked clients leave nothing behind, whichever way the wait ends.
func TestZSetBlockingEnds(t *testing.T) {
	te := newTestEngine(t)
	b := te.connect(t)
	te.on(b, "BZPOPMIN x y x 0")
	te.do("ZADD y 1 m")
	if got := take(b); got != "*3\r\n"+bulk("y")+bulk("m")+bulk("1") {
		t.Fatalf("served %q", got)
	}
	te.on(b, "BZMPOP 0.5 1 x MAX")
	te.advance(time.Second)
	if got := take(b); got != "*-1\r\n" {
		t.Fatalf("after the timeout %q", got)
	}
	if n := len(te.blocking.keys) + te.blocking.count; n != 0 {
		t.Fatalf("%d waits left", n)
	}
}
