package server

import (
	"sync"
	"sync/atomic"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
)

// readSize is how much is read from a client at once. Commands that came whole
// are executed where they were read, so that only clients with a part of a
// command waiting have a buffer of their own.
const readSize = 64 << 10

// loop owns the engine and all connections. All its methods run on the
// goroutine of run, except those that say otherwise.
//
// Invariants:
//  1. conns[i].index == i, and no conn in it is closed.
//  2. A conn is in pending, or in the list that settleAll goes through, exactly
//     while its queued flag is set, and in backlog exactly while its backlogged
//     flag is. Closed ones may be left there and are skipped.
//  3. While a command of conn c executes, c.executing is set and c is neither
//     read, written nor closed, even when the loop is entered again.
type loop struct {
	engine *engine.Engine
	opts   *Options
	poller poller
	conns  []*conn
	doors  []door

	now     time.Time
	bounds  resp.Limits // Of what clients send.
	pending []*conn     // Whose output, or whose state, wants a look before the next wait.
	backlog []*conn     // Whose buffered commands did not fit into their turn.
	scratch []byte      // What a read fills.
	ahead   resp.Ahead  // What was read ahead of the pipeline that is executed.
	spare   []byte      // Takes scratch's place when the loop is entered again.
	settled []*conn     // The other array of pending.
	arrived []arrival   // Taken from the inbox, and not dealt with.
	nested  bool
	swept   time.Time
	warned  time.Time // When the last cross-protocol warning was logged.

	mu    sync.Mutex
	inbox []arrival // Guarded by mu.

	stop   atomic.Bool    // Set from anywhere: begin to stop.
	ending chan struct{}  // Closed when nothing is taken from the inbox any more.
	gone   chan struct{}  // Closed when run returns.
	tasks  sync.WaitGroup // Goroutines started here.
}

// A door lets connections of a kind in until it is closed, on the loop.
type door interface {
	kind() kind
	close()
}

// An arrival tells the loop what happened to a stream.
type arrival struct {
	stream *stream
	event  streamEvent
}

func newLoop(e *engine.Engine, opts *Options) (*loop, error) {
	l := &loop{engine: e, opts: opts, poller: newBell(), bounds: resp.DefaultLimits(), scratch: make([]byte, readSize),
		ending: make(chan struct{}), gone: make(chan struct{})}
	if opts.Goroutines || !canWatch {
		return l, nil
	}
	var err error
	l.poller, err = watching()
	return l, err
}

// run serves until stop is set and everything is flushed, or grace is over.
func (l *loop) run() {
	defer l.end()
	var deadline time.Time
	for {
		if l.stop.Load() {
			if deadline.IsZero() {
				deadline = l.opts.Now().Add(l.opts.Grace)
				l.drain()
			}
			if len(l.conns) == 0 || !l.opts.Now().Before(deadline) {
				return
			}
		}
		l.iterate(l.patience(deadline))
	}
}

// iterate does one turn, beginning with a wait of at most d.
func (l *loop) iterate(d time.Duration) {
	n := l.poller.poll(d)
	l.now = l.opts.Now()
	l.readSettings()
	l.engine.BeginIteration(l.now)
	l.receive(n)
	l.engine.EndIteration()
	l.settleAll()
	l.sweep()
}

// receive deals with n events of the poller, what goroutines brought, and
// commands that were left over.
func (l *loop) receive(n int) {
	l.takeBacklog()
	l.poller.dispatch(n)
	l.takeArrivals()
}

// yield is called by the engine in the middle of a command that takes long. It
// serves the other clients once, without waiting. The engine decides what it
// answers them. What was changed before that command goes to the journal, as
// its clients wait for that.
func (l *loop) yield() {
	if l.nested {
		return
	}
	if l.stop.Load() {
		l.engine.StopScript()
		return
	}
	l.nested = true
	defer func() { l.nested = false }()
	// The arguments of the command that yields may lie in scratch.
	if l.spare == nil {
		l.spare = make([]byte, readSize)
	}
	l.scratch, l.spare = l.spare, l.scratch
	defer func() { l.scratch, l.spare = l.spare, l.scratch }()
	l.takeBacklog()
	l.poller.again()
	l.takeArrivals()
	l.engine.EndIteration()
	l.settleAll()
}

// patience says how long the next wait may be.
func (l *loop) patience(deadline time.Time) time.Duration {
	if len(l.backlog) > 0 || len(l.arrived) > 0 {
		return 0
	}
	d := l.engine.NextWake()
	if d > sweepEvery && len(l.conns) > 0 {
		d = sweepEvery
	}
	if !deadline.IsZero() {
		d = min(d, max(0, deadline.Sub(l.opts.Now())))
	}
	return d
}

// queue makes the loop look at c before it waits again.
func (l *loop) queue(c *conn) {
	if !c.queued {
		c.queued = true
		l.pending = append(l.pending, c)
	}
}

// postpone gives c another turn in the next iteration, which does not wait.
func (l *loop) postpone(c *conn) {
	if !c.backlogged {
		c.backlogged = true
		l.backlog = append(l.backlog, c)
	}
}

// settleAll writes what is ready to be written, and closes what is finished.
func (l *loop) settleAll() {
	if len(l.pending) == 0 {
		return
	}
	list := l.pending
	l.pending, l.settled = l.settled[:0], nil
	for _, c := range list {
		c.queued = false
		switch {
		case c.closed:
		case c.executing:
			l.queue(c)
		default:
			c.settle()
		}
	}
	clear(list)
	l.settled = list[:0]
}

// takeBacklog gives each client in the backlog a turn. It takes one at a time,
// so that those left are found when a command enters the loop again.
func (l *loop) takeBacklog() {
	for n := len(l.backlog); n > 0 && len(l.backlog) > 0; n-- {
		c := l.backlog[0]
		l.backlog[0] = nil
		l.backlog = l.backlog[1:]
		c.backlogged = false
		switch {
		case c.closed:
		case c.executing:
			l.postpone(c)
		default:
			c.resume()
		}
	}
}

// arrive hands an event of a stream to the loop. Any goroutine may call it. The
// inbox is bounded because a stream waits for each of its events to be taken.
func (l *loop) arrive(a arrival) {
	l.mu.Lock()
	l.inbox = append(l.inbox, a)
	l.mu.Unlock()
	l.poller.wake()
}

// takeArrivals deals with what arrived, one at a time for the same reason as
// takeBacklog.
func (l *loop) takeArrivals() {
	if l.poller.rouse() {
		l.mu.Lock()
		l.arrived = append(l.arrived, l.inbox...)
		clear(l.inbox)
		l.inbox = l.inbox[:0]
		l.mu.Unlock()
	}
	for n := len(l.arrived); n > 0 && len(l.arrived) > 0; n-- {
		a := l.arrived[0]
		l.arrived = l.arrived[1:]
		if c := a.stream.conn; c != nil && c.executing {
			l.arrived = append(l.arrived, a)
			continue
		}
		a.stream.take(a.event)
	}
}

// drain begins the end: nothing more is read, and who has everything is closed.
func (l *loop) drain() {
	for _, d := range l.doors {
		d.close()
	}
	l.doors = nil
	for _, c := range l.conns {
		c.leaving = true
		l.queue(c)
	}
}

// end closes who is left and waits for all goroutines.
func (l *loop) end() {
	for len(l.conns) > 0 {
		l.conns[len(l.conns)-1].drop()
	}
	close(l.ending)
	l.tasks.Wait()
	l.poller.close()
	close(l.gone)
}

func (l *loop) add(c *conn) {
	c.index = len(l.conns)
	l.conns = append(l.conns, c)
}

func (l *loop) remove(c *conn) {
	last := len(l.conns) - 1
	moved := l.conns[last]
	l.conns[c.index] = moved
	moved.index = c.index
	l.conns[last] = nil
	l.conns = l.conns[:last]
}
