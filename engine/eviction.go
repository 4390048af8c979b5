package engine

import (
	"bytes"
	"math"
	"strings"
	"time"
	"unsafe"

	"perigee/engine/dict"
)

// EvictionPolicy says which keys leave when memory is over maxmemory: a set of
// bits, none of them for noeviction.
type EvictionPolicy uint8

const (
	EvictLRU EvictionPolicy = 1 << iota // those not used for longest
	EvictLFU                            // those used least often
	EvictTTL                            // those whose deadline is nearest
	EvictRandom
	EvictAll // also keys without a deadline
)

// ParseEvictionPolicy returns the policy of a name as maxmemory-policy knows
// them; others mean noeviction.
func ParseEvictionPolicy(name string) EvictionPolicy {
	kind := map[string]EvictionPolicy{"lru": EvictLRU, "lfu": EvictLFU, "ttl": EvictTTL, "random": EvictRandom}
	scope, order, _ := strings.Cut(name, "-")
	if scope == "allkeys" && kind[order] != 0 {
		return kind[order] | EvictAll
	}
	return kind[order]
}

// String is the policy's name.
func (p EvictionPolicy) String() string {
	scope := "volatile-"
	if p&EvictAll != 0 {
		scope = "allkeys-"
	}
	switch p &^ EvictAll {
	case EvictLRU:
		return scope + "lru"
	case EvictLFU:
		return scope + "lfu"
	case EvictTTL:
		return scope + "ttl"
	case EvictRandom:
		return scope + "random"
	}
	return "noeviction"
}

// eviction is what the choice of keys remembers.
type eviction struct {
	pool     [poolSize]candidate // the first n, worst to lose first
	n        int
	nextDB   int           // where a random policy goes on
	running  bool          // time was up before there was room
	refusing bool          // there was no room and nothing to evict, when last asked
	since    time.Duration // when memory went over maxmemory; 0 when it is not
	exceeded time.Duration // how long it was over before
}

// poolSize is how many candidates are kept from one choice to the next, so
// that a few samples each time come close to looking at all keys.
const poolSize = 16

// candidate is a key that was sampled, and how much it deserves to go.
type candidate struct {
	score uint64
	db    int
	key   []byte
}

// evictionBatch is how many keys go in one unit, between two looks at the
// clock.
const evictionBatch = 16

// makeRoom evicts keys until memory is within maxmemory; false says that it
// cannot. It stops when its time is up, to go on in the next iteration; writes
// are not refused meanwhile, nor during CLIENT PAUSE. It is called between units
// only.
func (e *Engine) makeRoom() bool {
	v := &e.eviction
	if v.running = false; e.pause.on {
		return true
	}
	over := e.settings.MaxMemory > 0 && e.Used() > e.settings.MaxMemory
	if over && e.settings.Policy != 0 && e.unit.depth == 0 && !e.loading && e.room() == nil {
		began := e.latencyClock()
		over = !e.evict()
		e.latencySince("eviction-cycle", began)
	}
	switch {
	case !over && v.since != 0 && !v.running:
		v.exceeded, v.since = v.exceeded+e.tick-v.since, 0
	case (over || v.running) && v.since == 0:
		v.since = max(e.tick, 1)
	}
	v.refusing = over
	return !over
}

// exceeding is for how long memory has been over maxmemory by now.
func (e *Engine) exceeding() time.Duration {
	if e.eviction.since == 0 {
		return 0
	}
	return e.tick - e.eviction.since
}

// evict is the work of makeRoom.
func (e *Engine) evict() bool {
	began := monotonic()
	limit := evictionTime(e.settings.EvictionTenacity)
	for {
		e.beginUnit()
		found := true
		for n := 0; n < evictionBatch && found && e.Used() > e.settings.MaxMemory; n++ {
			found = e.evictOne()
		}
		e.endUnit()
		if e.Used() <= e.settings.MaxMemory {
			return true
		}
		if !found {
			return false
		}
		if monotonic()-began > limit {
			e.eviction.running = true
			return true
		}
	}
}

// evictionTime bounds one call by maxmemory-eviction-tenacity.
func evictionTime(tenacity int) time.Duration {
	switch {
	case tenacity >= 100:
		return math.MaxInt64
	case tenacity <= 10:
		return time.Duration(tenacity) * 50 * time.Microsecond
	}
	return time.Duration(500 * math.Pow(1.15, float64(tenacity-10)) * float64(time.Microsecond))
}

// evictOne removes the key that the policy chooses; false says that there is
// none.
func (e *Engine) evictOne() bool {
	ks, h := e.choose()
	if h == nil {
		return false
	}
	key, began := h.keyBytes(), e.latencyClock()
	ks.remove(h)
	e.latencySince("eviction-del", began)
	e.stats.evicted++
	ks.notify(EventEvicted, "evicted", key)
	return true
}

// evictable is the table of the keys that may be evicted.
func (ks *Keyspace) evictable() *dict.Table {
	if ks.e.settings.Policy&EvictAll != 0 {
		return ks.keys
	}
	return ks.expires
}

// choose returns the key that is to go, or nil.
func (e *Engine) choose() (*Keyspace, entry) {
	if e.settings.Policy&EvictRandom != 0 {
		return e.chooseRandom()
	}
	for {
		there := 0
		for _, ks := range e.dbs {
			if n := ks.evictable().Len(); n > 0 {
				there += n
				e.sample(ks)
			}
		}
		if there == 0 {
			return nil, nil
		}
		for e.eviction.n > 0 {
			e.eviction.n--
			c := &e.eviction.pool[e.eviction.n]
			if c.db >= len(e.dbs) {
				continue
			}
			if h := entry(e.dbs[c.db].evictable().Find(c.key)); h != nil {
				return e.dbs[c.db], h
			}
		}
	}
}

// chooseRandom takes any key, from each database in turn.
func (e *Engine) chooseRandom() (*Keyspace, entry) {
	for range e.dbs {
		e.eviction.nextDB = (e.eviction.nextDB + 1) % len(e.dbs)
		ks := e.dbs[e.eviction.nextDB]
		if p := ks.evictable().Random(ks.Rand); p != nil {
			return ks, entry(p)
		}
	}
	return nil, nil
}

// sample looks at a few keys of a database and keeps the best candidates.
func (e *Engine) sample(ks *Keyspace) {
	t := ks.evictable()
	if t.Len() <= e.settings.EvictionSamples {
		t.Each(func(p unsafe.Pointer) bool {
			e.eviction.add(e.score(entry(p)), ks.index, entry(p).keyBytes())
			return true
		})
		return
	}
	for range e.settings.EvictionSamples {
		h := entry(t.Random(ks.Rand))
		e.eviction.add(e.score(h), ks.index, h.keyBytes())
	}
}

// score is how much the policy wants an entry to go.
func (e *Engine) score(h entry) uint64 {
	switch {
	case e.settings.Policy&EvictLFU != 0:
		return uint64(frequencyMask - e.frequency(h.access))
	case e.settings.Policy&EvictTTL != 0:
		return math.MaxUint64 - uint64(h.deadlineMs())
	}
	return uint64(e.idle(h))
}

// add keeps a candidate in its place if the pool has room for it or a worse
// one to lose. A key that is in the pool already is left as it is.
func (v *eviction) add(score uint64, db int, key []byte) {
	place := 0
	for i := range v.pool[:v.n] {
		c := &v.pool[i]
		if c.db == db && bytes.Equal(c.key, key) {
			return
		}
		if c.score < score {
			place = i + 1
		}
	}
	room := v.pool[v.n%poolSize].key
	switch {
	case v.n < poolSize:
		copy(v.pool[place+1:v.n+1], v.pool[place:v.n])
		v.n++
	case place == 0:
		return
	default:
		room = v.pool[0].key
		copy(v.pool[:place-1], v.pool[1:place])
		place--
	}
	if cap(room) > maxPooledKey {
		room = nil
	}
	v.pool[place] = candidate{score, db, append(room[:0], key...)}
}

// maxPooledKey bounds the room for a key that the pool keeps.
const maxPooledKey = 1 << 10
