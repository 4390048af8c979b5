package engine

import (
	"container/heap"
	"math"
	"time"
)

// blocking is the register of clients that wait for keys. A client waits for
// several keys at once and is served by the first that can; clients of one
// key are served in the order in which they blocked.
type blocking struct {
	keys     waiters[dbKey]
	ready    []dbKey // keys that changed since serveReady ran, oldest first
	isReady  map[dbKey]bool
	timeouts timeoutHeap
	count    int
}

func (b *blocking) init() {
	b.keys, b.isReady = waiters[dbKey]{}, map[dbKey]bool{}
}

// A blockedState is what a parked client waits for.
type blockedState struct {
	client   *Client
	places   []*waiter[dbKey]
	silent   bool          // CLIENT REPLY asked for no reply
	fixed    bool          // CLIENT UNBLOCK does not end it
	whenGone bool          // serve wants to know, too, that a key is gone
	deadline time.Duration // on the engine's tick; 0 is never
	heapPos  int
	argv     [][]byte // of the command that waits
	serve    func(ks *Keyspace, key []byte, w Reply) bool
	timedOut func(w Reply)
}

// reply is where the end of the wait is told.
func (s *blockedState) reply() Reply {
	if s.silent {
		return Discard{}
	}
	return &s.client.Out
}

// Block parks the client until one of keys can serve it or timeout has
// passed; 0 is for ever. serve is called, as a unit of its own, when a key has
// changed: it replies and returns true, or leaves everything as it is and
// returns false. timedOut writes the reply of a wait in vain. keys and argv
// are copied. The caller replies nothing, and has made sure of MayBlock.
func (c *Client) Block(keys [][]byte, timeout time.Duration, serve func(ks *Keyspace, key []byte, w Reply) bool, timedOut func(w Reply)) {
	s := &blockedState{client: c, silent: c.replyMode != replyOn, argv: cloneArgv(c.argv), serve: serve, timedOut: timedOut, heapPos: -1}
	b := &c.e.blocking
	waits := make(map[string]bool, len(keys))
	for _, key := range keys {
		if !waits[string(key)] {
			k := dbKey{c.db, string(key)}
			waits[k.key] = true
			s.places = append(s.places, b.keys.join(k, c))
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
	for _, place := range s.places {
		b.keys.leave(place)
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
	if line := b.keys[dbKey{db, string(key)}]; line != nil && !b.isReady[line.first.key] {
		b.isReady[line.first.key] = true
		b.ready = append(b.ready, line.first.key)
	}
}

// touchDatabase is touch for all keys of a database that took another's place,
// those past their deadline included: whoever serves them removes them.
func (b *blocking) touchDatabase(ks *Keyspace) {
	for k := range b.keys {
		if k.db == ks.index {
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

// serveKey lets the clients that wait for a key have it, the first come first.
// A client that cannot use it keeps its place; if the key is gone, that is all
// but those who want to know.
func (e *Engine) serveKey(k dbKey) {
	line := e.blocking.keys[k]
	if line == nil {
		return
	}
	key := []byte(k.key)
	for place, next := line.first, (*waiter[dbKey])(nil); place != nil; place = next {
		next = place.next
		ks := e.dbs[k.db]
		c := place.client
		if ks.keys.Find(key) == nil && !c.blocked.whenGone {
			continue
		}
		if err := c.mayStillRun(); err != nil {
			WriteError(c.blocked.reply(), err)
			e.unblock(c)
			continue
		}
		e.beginUnit()
		served := c.blocked.serve(ks, key, c.blocked.reply())
		e.endUnit()
		if served {
			e.unblock(c)
		}
	}
}

// mayStillRun refuses the command that the client waits with if its user may
// not run it any more.
func (c *Client) mayStillRun() error {
	if c.user.Unrestricted() {
		return nil
	}
	argv := c.blocked.argv
	cmd, known := c.e.table.lookup(argv)
	if !known {
		return errUnknownCommand(argv)
	}
	err := c.permit(cmd, argv)
	if err != nil {
		cmd.rejected++
		c.e.countError(err)
	}
	return err
}

// expireBlocked answers clients whose time has run out.
func (e *Engine) expireBlocked() {
	for len(e.blocking.timeouts) > 0 {
		s := e.blocking.timeouts[0]
		if s.deadline > e.tick {
			return
		}
		s.timedOut(s.reply())
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
	return time.Duration(min(ms, float64(longestBlock.Milliseconds()))) * time.Millisecond, nil
}

// longestBlock is a century: as long as it gets, so that deadlines do not
// overflow.
const longestBlock = 100 * 365 * 24 * time.Hour
