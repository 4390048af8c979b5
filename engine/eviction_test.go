package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// bounded makes an engine that may keep so many bytes beyond what it uses
// empty, and that evicts without regard for the clock.
func bounded(t testing.TB, policy string, bytes int64) *testEngine {
	te := newTestEngine(t)
	te.settings.Policy, te.settings.EvictionTenacity = ParseEvictionPolicy(policy), 100
	te.settings.MaxMemory = te.Used() + bytes
	return te
}

func TestPoliciesByName(t *testing.T) {
	for _, name := range []string{
		"noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random",
		"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
	} {
		if got := ParseEvictionPolicy(name).String(); got != name {
			t.Errorf("%s is %s", name, got)
		}
	}
}

// TestEvictionKeepsWithinMaxmemory fills a server far beyond its bound under
// each policy.
func TestEvictionKeepsWithinMaxmemory(t *testing.T) {
	for _, policy := range []string{
		"allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
	} {
		t.Run(policy, func(t *testing.T) {
			te := bounded(t, policy, 200<<10)
			for i := range 5000 {
				if got := te.do(fmt.Sprintf("SET key:%d %0100d EX %d", i, i, 1000+i)); got != "+OK\r\n" {
					t.Fatalf("key %d: %q", i, got)
				}
				// The last write came after the last look at memory, and may
				// have made tables double.
				if over := te.Used() - te.settings.MaxMemory; over > 64<<10 {
					t.Fatalf("key %d: %d bytes over maxmemory", i, over)
				}
			}
			if n := int64(te.dbs[0].Len()) + te.stats.evicted; n != 5000 || te.stats.evicted == 0 {
				t.Errorf("%d keys are left or were evicted", n)
			}
			if err := te.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestVolatilePoliciesSpareKeysWithoutDeadline fills memory with such keys.
func TestVolatilePoliciesSpareKeysWithoutDeadline(t *testing.T) {
	for _, policy := range []string{"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "noeviction"} {
		te := bounded(t, policy, 50<<10)
		te.do("SET goes x EX 1000")
		kept := 0
		for ; kept < 5000; kept++ {
			if got := te.do(fmt.Sprintf("SET key:%d %0100d", kept, kept)); got != "+OK\r\n" {
				if !strings.HasPrefix(got, "-OOM command not allowed when used memory > 'maxmemory'.") {
					t.Fatalf("%s: %q", policy, got)
				}
				break
			}
		}
		if n := te.dbs[0].Len(); kept == 5000 || n < kept {
			t.Errorf("%s: %d keys written, %d there", policy, kept, n)
		}
		if policy != "noeviction" && te.do("EXISTS goes") != ":0\r\n" {
			t.Errorf("%s: the key with a deadline is there", policy)
		}
		if got := te.do("GET key:0"); !strings.HasPrefix(got, "$100") {
			t.Errorf("%s: reads must go on: %q", policy, got)
		}
		te.do("DEL key:0 key:1 key:2 key:3 key:4 key:5 key:6 key:7 key:8 key:9")
		if got := te.do("SET again x"); got != "+OK\r\n" {
			t.Errorf("%s: after keys were deleted: %q", policy, got)
		}
	}
}

// TestHotKeysSurvive uses a tenth of the keys far more than the others.
func TestHotKeysSurvive(t *testing.T) {
	for _, c := range []struct {
		policy string
		least  int // of 100 hot keys
	}{{"allkeys-lru", 99}, {"allkeys-lfu", 90}, {"volatile-lru", 99}} {
		te := bounded(t, c.policy, 400<<10)
		for i := range 20000 {
			te.do(fmt.Sprintf("SET cold:%d %0200d EX 100000", i, i))
			if i < 100 {
				te.do(fmt.Sprintf("SET hot:%d %0200d EX 100000", i, i))
			}
			te.do(fmt.Sprintf("GET hot:%d", i%100))
			if i%20 == 0 {
				te.advance(time.Second)
			}
		}
		there := 0
		for i := range 100 {
			if te.do(fmt.Sprintf("EXISTS hot:%d", i)) == ":1\r\n" {
				there++
			}
		}
		if there < c.least || te.stats.evicted < 10000 {
			t.Errorf("%s: %d of 100 hot keys are left after %d evictions", c.policy, there, te.stats.evicted)
		}
	}
}

// TestTTLPolicyTakesTheNearestDeadlines leaves far deadlines alone.
func TestTTLPolicyTakesTheNearestDeadlines(t *testing.T) {
	te := bounded(t, "volatile-ttl", 200<<10)
	for i := range 3000 {
		te.do(fmt.Sprintf("SET key:%d %0100d EX %d", i, i, 100000-i*10))
	}
	near, far := 0, 0
	for i := range 3000 {
		if te.do(fmt.Sprintf("EXISTS key:%d", i)) == ":1\r\n" {
			if i < 500 {
				far++
			} else {
				near++
			}
		}
	}
	if far < 490 {
		t.Errorf("%d of the 500 keys with the farthest deadlines are left, and %d of 2500 others", far, near)
	}
}

// TestEvictionsAreEffects replays what the journal got, and asks a watcher.
func TestEvictionsAreEffects(t *testing.T) {
	te := bounded(t, "allkeys-random", 30<<10)
	j := &fakeJournal{}
	te.UseJournal(j, 0)
	te.settings.Events = EventKeyevent | EventEvicted
	listener, watcher := te.connect(t), te.connect(t)
	te.on(listener, "SUBSCRIBE __keyevent@0__:evicted")
	te.on(te.c, "SET first x")
	te.on(watcher, "WATCH first")
	for i := range 1000 {
		te.do(fmt.Sprintf("SET key:%d %0100d", i, i))
	}
	if got := string(listener.Out.Bytes()); strings.Count(got, "evicted\r\n") != int(te.stats.evicted) {
		t.Errorf("%d messages for %d evictions", strings.Count(got, "evicted\r\n"), te.stats.evicted)
	}
	if te.dbs[0].keys.Find([]byte("first")) == nil && !watcher.watchDirty {
		t.Error("the eviction of a watched key went unnoticed")
	}
	again := newTestEngine(t)
	l := again.NewLoader()
	for _, u := range j.units {
		if err := l.Unit(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil || again.Keys() != te.Keys() {
		t.Errorf("%d keys replayed, want %d: %v", again.Keys(), te.Keys(), err)
	}
}

// TestEvictionGoesOnLater gives each call no time at all.
func TestEvictionGoesOnLater(t *testing.T) {
	te := bounded(t, "allkeys-lru", 1<<20)
	for i := range 2000 {
		te.do(fmt.Sprintf("SET key:%d %0100d", i, i))
	}
	te.settings.EvictionTenacity, te.settings.MaxMemory = 0, te.Used()/2
	if got := te.do("SET more x"); got != "+OK\r\n" {
		t.Errorf("a write while eviction is under way: %q", got)
	}
	for i := 0; te.eviction.running; i++ {
		if te.NextWake() != 0 || i > 2000 {
			t.Fatal("eviction does not go on")
		}
		te.advance(time.Millisecond)
	}
	if te.Used() > te.settings.MaxMemory || te.stats.evicted < 500 {
		t.Errorf("%d of %d bytes used after %d evictions", te.Used(), te.settings.MaxMemory, te.stats.evicted)
	}
	if te.eviction.exceeded <= 0 || te.eviction.since != 0 {
		t.Errorf("over maxmemory for %v, since %v", te.eviction.exceeded, te.eviction.since)
	}
}

// TestNothingIsEvictedInsideAUnit lets a transaction write far over maxmemory.
func TestNothingIsEvictedInsideAUnit(t *testing.T) {
	te := bounded(t, "allkeys-lru", 500<<10)
	te.do("MULTI")
	for i := range 1000 {
		te.do(fmt.Sprintf("SETRANGE key:%d 2000 x", i))
	}
	te.do("EXEC")
	if n := te.dbs[0].Len(); n != 1000 {
		t.Errorf("%d keys after the transaction", n)
	}
	te.do("PING")
	if te.Used() > te.settings.MaxMemory {
		t.Error("still over maxmemory after the next command")
	}
}

func TestFrequency(t *testing.T) {
	te := newTestEngine(t)
	te.settings.Policy = EvictLFU | EvictAll
	te.do("SET a 1")
	if got := te.do("OBJECT FREQ a"); got != ":5\r\n" {
		t.Errorf("new: %q", got)
	}
	for range 1000 {
		te.do("GET a")
	}
	h := entry(te.dbs[0].keys.Find([]byte("a")))
	busy := te.frequency(h.access)
	if busy < 10 || busy > 40 {
		t.Errorf("after 1000 reads: %d", busy)
	}
	te.do("SET a 2")
	if got := te.frequency(h.access); got < busy {
		t.Errorf("overwritten: %d, was %d", got, busy)
	}
	te.advance(3 * time.Minute)
	if got := te.frequency(h.access); got != busy-3 && got != busy-2 {
		t.Errorf("after three minutes: %d, was %d", got, busy)
	}
	te.settings.LFUDecayTime = 0
	te.advance(time.Hour)
	if got := te.frequency(h.access); got < busy {
		t.Errorf("without decay: %d, was %d", got, busy)
	}
	te.dbs[0].SetFrequency([]byte("a"), 200)
	if got := te.do("OBJECT FREQ a"); got != ":200\r\n" {
		t.Errorf("set: %q", got)
	}
	if got := te.do("OBJECT IDLETIME a"); !strings.HasPrefix(got, "-ERR An LFU maxmemory policy is selected") {
		t.Errorf("idle time: %q", got)
	}
	te.settings.Policy = EvictLRU
	te.do("SET b 1")
	te.dbs[0].SetIdle([]byte("b"), 77)
	if got := te.do("OBJECT IDLETIME b"); got != ":77\r\n" {
		t.Errorf("idle time: %q", got)
	}
}

// TestThePoolKeepsTheWorst compares the pool with sorting.
func TestThePoolKeepsTheWorst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var v eviction
		scores := rapid.SliceOfN(rapid.Uint64Range(0, 50), 0, 100).Draw(t, "scores")
		for i, s := range scores {
			v.add(s, 0, fmt.Append(nil, i))
			v.add(s, 0, fmt.Append(nil, i))
		}
		if v.n != min(len(scores), poolSize) {
			t.Fatalf("%d in the pool", v.n)
		}
		lower, seen := 0, map[string]bool{}
		for i, c := range v.pool[:v.n] {
			if i > 0 && v.pool[i-1].score > c.score {
				t.Fatal("not in order")
			}
			seen[string(c.key)] = true
		}
		for i, s := range scores {
			if !seen[fmt.Sprint(i)] && v.n > 0 && s > v.pool[0].score {
				lower++
			}
		}
		if len(seen) != v.n || lower > 0 {
			t.Fatalf("%d different keys of %d, %d left out that are worse to lose", len(seen), v.n, lower)
		}
	})
}
