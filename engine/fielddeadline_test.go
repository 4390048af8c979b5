package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// timedModel is hashes whose fields have deadlines, from plain maps.
type timedModel map[string]map[string]timedValue

type timedValue struct {
	value string
	at    int64
}

func drawTimedCommand(t *rapid.T) string {
	key := rapid.SampledFrom([]string{"h", "k"}).Draw(t, "key")
	field := func() string {
		return rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "longer-than-8", "12"}).Draw(t, "field")
	}
	word := func() string { return drawHashWord(t, "word") }
	ms := rapid.IntRange(0, 30).Draw(t, "ms")
	switch rapid.IntRange(0, 9).Draw(t, "command") {
	case 0, 1:
		return fmt.Sprintf("HSET %s %s %s %s %s", key, field(), word(), field(), word())
	case 2, 3, 4:
		return fmt.Sprintf("HPEXPIRE %s %d FIELDS 2 %s %s", key, ms, field(), field())
	case 5:
		return fmt.Sprintf("HPERSIST %s FIELDS 1 %s", key, field())
	case 6:
		return fmt.Sprintf("HDEL %s %s %s", key, field(), field())
	case 7:
		return fmt.Sprintf("HSETEX %s KEEPTTL FIELDS 1 %s %s", key, field(), word())
	case 8:
		return fmt.Sprintf("HSETEX %s PX %d FIELDS 1 %s %s", key, ms, field(), word())
	default:
		return "HGETDEL " + key + " FIELDS 1 " + field()
	}
}

func (m timedModel) do(line string, now int64) {
	w := strings.Fields(line)
	h := m[w[1]]
	if h == nil {
		h = map[string]timedValue{}
		m[w[1]] = h
	}
	ms := func(s string) int64 {
		n, _ := strconv.Atoi(s)
		return now + int64(n)
	}
	switch w[0] {
	case "HSET":
		h[w[2]] = timedValue{w[3], 0}
		h[w[4]] = timedValue{w[5], 0}
	case "HPEXPIRE":
		for _, f := range w[5:] {
			if v, ok := h[f]; ok {
				h[f] = timedValue{v.value, ms(w[2])}
			}
		}
	case "HPERSIST":
		if v, ok := h[w[4]]; ok {
			h[w[4]] = timedValue{v.value, 0}
		}
	case "HDEL", "HGETDEL":
		for _, f := range w[2:] {
			delete(h, f)
		}
	case "HSETEX":
		if w[2] == "KEEPTTL" {
			h[w[5]] = timedValue{w[6], h[w[5]].at}
		} else {
			h[w[6]] = timedValue{w[7], ms(w[3])}
		}
	}
	m.expire(now)
}

// expire removes what is past its deadline.
func (m timedModel) expire(now int64) {
	for key, h := range m {
		for f, v := range h {
			if v.at != 0 && v.at <= now {
				delete(h, f)
			}
		}
		if len(h) == 0 {
			delete(m, key)
		}
	}
}

func (m timedModel) state(key string) string {
	var all []string
	for f, v := range m[key] {
		all = append(all, fmt.Sprintf("%s=%s@%d", f, v.value, v.at))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func (te *testEngine) liveFields(key string) string {
	v, _ := te.DB(0).hashAt([]byte(key))
	if v == nil {
		return ""
	}
	var all []string
	v.Each(func(field, value []byte) bool {
		at, _ := v.deadline(field)
		all = append(all, fmt.Sprintf("%s=%s@%d", field, value, at))
		return true
	})
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestFieldDeadlinesModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		te := newTestEngine(t)
		smallLimits(te)
		te.activeExpire = rapid.Bool().Draw(rt, "active")
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		m := timedModel{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 6).Draw(rt, "step") {
			case 0:
				var lines []string
				for range rapid.IntRange(1, 6).Draw(rt, "lines") {
					lines = append(lines, drawTimedCommand(rt))
				}
				mustRollBack(rt, te, lines)
			case 1:
				te.advance(time.Duration(rapid.IntRange(1, 20).Draw(rt, "advance")) * time.Millisecond)
				m.expire(te.now)
			default:
				line := drawTimedCommand(rt)
				te.do(line)
				m.do(line, te.now)
			}
			if err := te.Check(); err != nil {
				rt.Fatal(err)
			}
			te.beginUnit()
			for _, key := range []string{"h", "k"} {
				if got, want := te.liveFields(key), m.state(key); got != want {
					rt.Fatalf("%s is %s, want %s", key, got, want)
				}
			}
			te.endUnit()
		}
		mustReplay(rt, te, j)
	})
}

// manyDue makes a hash of which n fields are past their deadline and five are
// not, more than go at once.
func manyDue(t *testing.T, n, packed int) *testEngine {
	te := newTestEngine(t)
	te.activeExpire = false
	te.settings.HashMaxListpackEntries = packed
	for i := range n + 5 {
		te.do(fmt.Sprintf("HSET h f%d %d", i, i))
		if i < n {
			te.do(fmt.Sprintf("HPEXPIRE h 10 FIELDS 1 f%d", i))
		}
	}
	te.do(fmt.Sprintf("HPEXPIRE h 20 FIELDS 1 f%d", n))
	te.advance(10 * time.Millisecond)
	return te
}

func TestFieldsPastTheirDeadlineAreSeenByNobody(t *testing.T) {
	for _, packed := range []int{0, 5000} {
		for _, step := range [][2]string{
			{"HGET h f999", "$-1\r\n"},
			{"HMGET h f999 f1000", "*2\r\n$-1\r\n$4\r\n1000\r\n"},
			{"HEXISTS h f999", ":0\r\n"},
			{"HSTRLEN h f999", ":0\r\n"},
			{"HTTL h FIELDS 2 f999 f1004", "*2\r\n:-2\r\n:-1\r\n"},
			{"HDEL h f999 f1000", ":1\r\n"},
			{"HSET h f999 x", ":1\r\n"},
			{"HSETNX h f999 x", ":1\r\n"},
			{"HINCRBY h f999 1", ":1\r\n"},
			{"HINCRBYFLOAT h f999 0.5", "$3\r\n0.5\r\n"},
			{"HPERSIST h FIELDS 1 f999", "*1\r\n:-2\r\n"},
			{"HPEXPIRE h 5 FIELDS 1 f999", "*1\r\n:-2\r\n"},
			{"HSETEX h KEEPTTL FIELDS 1 f999 x", ":1\r\n"},
			{"HSETEX h FXX FIELDS 1 f999 x", ":0\r\n"},
			{"HGETDEL h FIELDS 1 f999", "*1\r\n$-1\r\n"},
			{"HLEN h", fmt.Sprintf(":%d\r\n", 1005-fieldStep)},
		} {
			te := manyDue(t, 1000, packed)
			if got := te.do(step[0]); got != step[1] {
				t.Errorf("%s: got %q, want %q", step[0], got, step[1])
			}
			if err := te.Check(); err != nil {
				t.Error(err)
			}
		}
		for line, elements := range map[string]int{
			"HGETALL h": 10, "HKEYS h": 5, "HVALS h": 5, "HRANDFIELD h 5000": 5, "HRANDFIELD h -9": 9, "HRANDFIELD h 2 WITHVALUES": 4,
			"HRANDFIELD h 3": 3,
		} {
			te := manyDue(t, 1000, packed)
			if got := te.do(line); !strings.HasPrefix(got, fmt.Sprintf("*%d\r\n", elements)) || strings.Contains(got, "f999") {
				t.Errorf("%s: got %q, want %d elements", line, got, elements)
			}
		}
		te := manyDue(t, 1000, packed)
		if got := te.do("HRANDFIELD h"); !strings.HasPrefix(got, "$5\r\nf100") {
			t.Errorf("HRANDFIELD: got %q", got)
		}
	}
}

func TestAHashOfWhichNothingIsLeft(t *testing.T) {
	te := newTestEngine(t)
	te.activeExpire = false
	for i := range 1000 {
		te.do(fmt.Sprintf("HSETEX h PX 10 FIELDS 1 f%d v", i))
	}
	te.advance(10 * time.Millisecond)
	for range 3 {
		for _, line := range []string{"HRANDFIELD h", "HRANDFIELD h 3", "HGETALL h", "HSCAN h 0 COUNT 5000"} {
			if got := te.do(line); strings.Contains(got, "f1") {
				t.Errorf("%s: got %q", line, got)
			}
		}
	}
	if got := te.do("EXISTS h"); got != ":0\r\n" {
		t.Errorf("EXISTS: %q", got)
	}
}

// The active cycle gets rid of all fields that nobody asks for.
func TestActiveFieldExpiry(t *testing.T) {
	te := newTestEngine(t)
	te.activeExpire = false
	for i := range 2000 {
		te.do(fmt.Sprintf("HSET h%d a 1 b 2", i%100))
		te.do(fmt.Sprintf("HSETEX h%d PX %d FIELDS 1 f%d v", i%100, 1+i%500, i))
	}
	te.activeExpire = true
	for range 200 {
		te.advance(100 * time.Millisecond)
	}
	for i := range 100 {
		if got := te.do(fmt.Sprintf("HLEN h%d", i)); got != ":2\r\n" {
			t.Fatalf("h%d has %q fields", i, got)
		}
	}
	if n := te.stats.expiredFields; n != 2000 || len(te.DB(0).fieldQueue) != 0 {
		t.Errorf("%d fields expired, %d hashes in the queue", n, len(te.DB(0).fieldQueue))
	}
	if err := te.Check(); err != nil {
		t.Error(err)
	}
}

func TestFieldDeadlinesSurviveWhatMovesTheirHash(t *testing.T) {
	te := newTestEngine(t)
	smallLimits(te)
	for _, fields := range []string{"a 1 b 2", "a 1 b 2 c 3 d 4 e 5 f 6 g 7"} {
		te.do("FLUSHALL")
		te.do("HSET h " + fields)
		te.do("HPEXPIRE h 1000 FIELDS 2 a b")
		checkUndone(t, te, []string{
			"RENAME h i", "MOVE h 1", "COPY h i", "DEL h", "FLUSHDB", "FLUSHALL", "SWAPDB 0 1", "HDEL h a b c d e f g", "SET h x",
			"HPEXPIRE h 0 FIELDS 3 a b c", "HPERSIST h FIELDS 2 a b", "HSET h a 5 z 6", "HPEXPIRE h 2000 FIELDS 3 a b c",
			"HSETEX h PX 5 FIELDS 3 a much-longer-than-eight y 1 z 2", "HGETEX h PX 500 FIELDS 2 a b",
		})
		if err := te.Check(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFieldEvents(t *testing.T) {
	te := newTestEngine(t)
	te.activeExpire = false
	te.settings.Events = EventKeyspace | EventKeyevent | EventAll
	listener := te.connect(t)
	te.on(listener, "PSUBSCRIBE __keyspace@*")
	te.do("HSET h a 1 b 2 c 3 d 4")
	take(listener)
	for _, step := range [][2]string{
		{"HEXPIRE h 10 FIELDS 2 a x", "hexpire"},
		{"HEXPIRE h 10 FIELDS 1 x", ""},
		{"HEXPIRE h 0 FIELDS 1 b", "hdel"},
		{"HPERSIST h FIELDS 1 a", "hpersist"},
		{"HPERSIST h FIELDS 1 a", ""},
		{"HGETEX h PX 10 FIELDS 1 a", "hexpire"},
		{"HGETEX h PERSIST FIELDS 1 a", "hpersist"},
		{"HGETEX h PX 0 FIELDS 1 c", "hdel"},
		{"HGETDEL h FIELDS 2 d x", "hdel"},
		{"HSETEX h PX 10 FIELDS 1 a 1", "hset hexpire"},
		{"HSETEX h FIELDS 1 a 1", "hset"},
		{"HSETEX h PXAT 1 FIELDS 1 a 1", "hset hdel del"},
		{"HSETEX h PX 10 FIELDS 1 a 1", "hset hexpire"},
		{"", ""},
		{"HGET h a", "hexpired del"},
	} {
		if step[0] == "" {
			te.advance(10 * time.Millisecond)
			continue
		}
		te.do(step[0])
		var events []string
		for _, line := range strings.Split(take(listener), "\r\n") {
			if strings.HasPrefix(line, "h") || line == "del" {
				events = append(events, line)
			}
		}
		if got := strings.Join(events, " "); got != step[1] {
			t.Errorf("%s: %s, want %s", step[0], got, step[1])
		}
	}
}

// During a pause fields past their deadline are not seen, and do not go.
func TestFieldsDuringAPause(t *testing.T) {
	te := newTestEngine(t)
	te.do("HSET h a 1 b 2")
	te.do("HPEXPIRE h 10 FIELDS 2 a b")
	te.do("CLIENT PAUSE 1000 WRITE")
	te.advance(10 * time.Millisecond)
	for _, step := range [][2]string{
		{"HGET h a", "$-1\r\n"}, {"HGETALL h", "*0\r\n"}, {"HRANDFIELD h", "$-1\r\n"}, {"HRANDFIELD h 2", "*0\r\n"}, {"HLEN h", ":2\r\n"}, {"EXISTS h", ":1\r\n"},
	} {
		if got := te.do(step[0]); got != step[1] {
			t.Errorf("%s: got %q, want %q", step[0], got, step[1])
		}
	}
	te.do("CLIENT UNPAUSE")
	te.advance(time.Second)
	if got := te.do("EXISTS h"); got != ":0\r\n" {
		t.Errorf("EXISTS: got %q", got)
	}
}
