package engine

import (
	"container/heap"
	"math"
	"slices"
	"time"
)

// blocking is the register of clients that wait for keys. A client waits for
// several keys at once and is served by the first that can; clients of one
// key are served in the order in which they blocked.
type blocking struct {
	keys     map[dbKey][]*Client
	ready    []dbKey // keys that changed since serveReady ran, oldest first
	isReady  map[dbKey]bool
	timeouts timeoutHeap
	count    int
}

func (b *blocking) init() {
	b.keys, b.isReady = map[dbKey][]*Client{}, map[dbKey]bool{}
}

// A blockedState is what a parked client waits for.
type blockedState struct {
	client   *Client
	keys     []dbKey
	deadline time.Duration // on the engine's tick; 0 is never
	heapPos  int
	serve    func(ks *Keyspace, key []byte, w Reply) bool
	timedOut func(w Reply)
	cmd      *tableEntry
}

// Block parks the client until one of keys can serve it or timeout has
// passed; 0 is for ever. serve is called, as a unit of its own, when a key has
// changed: it replies and returns true, or leaves everything as it is and
// returns false. timedOut writes the reply of a wait in vain. keys and argv
// are copied. The caller replies nothing, and has made sure of MayBlock.
func (c *Client) Block(keys [][]byte, timeout time.Duration, serve func(ks *Keyspace, key []byte, w Reply) bool, timedOut func(w Reply)) {
	s := &blockedState{client: c, serve: serve, timedOut: timedOut, cmd: c.lastCmd, heapPos: -1}
	b := &c.e.blocking
	for _, key := range keys {
		k := dbKey{c.db, string(key)}
		if !slices.Contains(s.keys, k) {
			s.keys = append(s.keys, k)
			b.keys[k] = append(b.keys[k], c)
		}
	}
	if timeout > 0 {
		s.deadline = c.e.tick + timeout
		heap.Push(&b.timeouts, s)
	}
	c.blocked = s
	b.count++
}

// remove takes a client out of the register.
func (b *blocking) remove(c *Client) {
	s := c.blocked
	if s == nil {
		return
	}
	for _, k := range s.keys {
		left := slices.DeleteFunc(b.keys[k], func(o *Client) bool { return o == c })
		if len(left) == 0 {
			delete(b.keys, k)
		} else {
			b.keys[k] = left
		}
	}
	if s.heapPos >= 0 {
		heap.Remove(&b.timeouts, s.heapPos)
	}
	c.blocked = nil
	b.count--
}

// unblock ends a client's wait; its reply has been written.
func (e *Engine) unblock(c *Client) {
	e.blocking.remove(c)
	c.gate()
	c.kick()
}

// touch notes that a key changed for which clients may wait.
func (b *blocking) touch(db int, key []byte) {
	if len(b.keys) == 0 {
		return
	}
	k := dbKey{db, string(key)}
	if len(b.keys[k]) > 0 && !b.isReady[k] {
		b.isReady[k] = true
		b.ready = append(b.ready, k)
	}
}

// touchDatabase is touch for all keys of a database that took another's place,
// those past their deadline included: whoever serves them removes them.
func (b *blocking) touchDatabase(ks *Keyspace) {
	for k := range b.keys {
		if k.db == ks.index && ks.keys.Find([]byte(k.key)) != nil {
			b.touch(k.db, []byte(k.key))
		}
	}
}

// serveReady lets clients have what has become ready. Serving one may make
// further keys ready; it goes on until none is.
func (e *Engine) serveReady() {
	b := &e.blocking
	for len(b.ready) > 0 {
		ready := b.ready
		b.ready = nil
		for _, k := range ready {
			delete(b.isReady, k)
			e.serveKey(k)
		}
	}
}

func (e *Engine) serveKey(k dbKey) {
	key := []byte(k.key)
	for _, c := range slices.Clone(e.blocking.keys[k]) {
		ks := e.dbs[k.db]
		if ks.keys.Find(key) == nil {
			return
		}
		if c.blocked == nil || !slices.Contains(c.blocked.keys, k) {
			continue
		}
		e.beginUnit()
		served := c.blocked.serve(ks, key, &c.Out)
		e.endUnit()
		if served {
			e.unblock(c)
		}
	}
}

// expireBlocked answers clients whose time has run out.
func (e *Engine) expireBlocked() {
	for len(e.blocking.timeouts) > 0 {
		s := e.blocking.timeouts[0]
		if s.deadline > e.tick {
			return
		}
		s.timedOut(&s.client.Out)
		e.unblock(s.client)
	}
}

// timeoutHeap orders blocked clients by deadline.
type timeoutHeap []*blockedState

func (h timeoutHeap) Len() int           { return len(h) }
func (h timeoutHeap) Less(i, j int) bool { return h[i].deadline < h[j].deadline }
func (h timeoutHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heapPos, h[j].heapPos = i, j
}
func (h *timeoutHeap) Push(x any) {
	s := x.(*blockedState)
	s.heapPos = len(*h)
	*h = append(*h, s)
}
func (h *timeoutHeap) Pop() any {
	old := *h
	s := old[len(old)-1]
	*h = old[:len(old)-1]
	s.heapPos = -1
	return s
}

// blockTimeout reads a blocking command's timeout argument: seconds, with
// fractions, 0 for ever. It is rounded up to milliseconds, and so is what is
// less than a millisecond below 0.
func (a Args) blockTimeout(i int) (time.Duration, error) {
	f, ok := ParseFloat(a[i])
	if !ok {
		return 0, ErrTimeoutFloat
	}
	ms := math.Ceil(f * 1000)
	if ms < 0 {
		return 0, ErrTimeoutNeg
	}
	if ms >= math.MaxInt64 {
		return 0, &Error{"ERR", "timeout is out of range"}
	}
	// A century is as long as it gets, so that deadlines do not overflow.
	const most = 100 * 365 * 24 * time.Hour
	return time.Duration(min(ms, float64(most.Milliseconds()))) * time.Millisecond, nil
}
