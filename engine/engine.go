package engine

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Options are what New needs from outside.
type Options struct {
	// Clock is the wall clock; nil is time.Now.
	Clock func() time.Time
	// Seed seeds the engine's randomness; 0 takes one from the system.
	Seed uint64
	// Settings is the engine's part of the configuration; nil is the defaults.
	Settings *Settings
	// Config answers CONFIG; nil knows no parameter.
	Config Config
	// Commands join the engine's own in the table.
	Commands []Command
	// Log receives what operators should know; nil discards it.
	Log *slog.Logger
	// ACLFile keeps users; nil is none.
	ACLFile ACLFile
	// Server is what INFO and SHUTDOWN need of the process.
	Server Process
}

// Config is the configuration as CONFIG sees it. config implements it.
type Config interface {
	// Get returns name and value of each parameter that matches the glob
	// pattern, in no particular order.
	Get(pattern string) [][2]string
	// Set changes parameters, all or none, for a client that is on this
	// machine or not. An *Error is sent as it is.
	Set(pairs [][2]string, local bool) error
	// Rewrite writes the present values into the configuration file.
	Rewrite() error
}

// Process is the process around the engine.
type Process interface {
	// Shutdown begins an orderly end; save is false for NOSAVE. It returns at
	// once.
	Shutdown(save bool)
	// Info returns further fields for a section of INFO, in order.
	Info(section string) [][2]string
}

// Engine owns the data and all that may change it. Only the loop's goroutine
// may call it, Post and Ask excepted.
type Engine struct {
	dbs      []*Keyspace
	table    *table
	settings Settings
	config   Config
	process  Process
	log      *slog.Logger
	journal  Journal
	applied  uint64 // the last unit's sequence number
	unit     unit
	used     int64 // bytes of all databases: see account.go
	system   map[string][]byte
	debug    debugState

	clock        func() time.Time
	ahead        time.Duration // what the time given to the iteration is ahead of clock
	start        time.Time     // when the engine was made; monotonic
	started      time.Time
	now          int64 // Unix milliseconds, fixed during a unit
	micros       int64 // the same in microseconds
	clockSeconds uint32
	tick         time.Duration // since start, of the last clock reading
	random       *rand.Rand
	generation   uint64 // the last one given
	namespaces   uint64 // the last one given
	noTouch      bool   // the running client asked for CLIENT NO-TOUCH
	activeExpire bool

	access    access
	clients   clients
	watched   waiters[dbKey]
	blocking  blocking
	pubsub    pubsub
	tracking  tracking
	monitors  monitors
	pause     pause
	rehearsal *rehearsal // nil unless a command runs for trial
	current   *Client    // whose command is being executed, if any
	lists     *listRecorder
	streams   streamRecords
	slowlog   slowlog
	latency   latency
	stats     stats
	eviction  eviction
	purging   bool
	dirty     int64
	busy      *Client // whose script overruns its time; others get BUSY
	loading   bool
	runID     string
	lastSave  int64
	saving    bool       // BGSAVE waits for the disk
	syncWaits []syncWait // what waits for the disk, in order of need
	lastCron  time.Duration
	crons     []func()
	expiry    expiry
	expiring  bool // the active cycle has more to do
	expireDB  int
	touched   byte          // see Expect
	stopwatch time.Duration // the last reading, so that one per command is enough
	errors    errorCount    // of the command that runs
	scripting Scripting

	postMu sync.Mutex
	posted []func()
	asked  []func() // that only look
	wake   func()
	yield  func()
}

// dbKey names a key of a database where it must be hashable.
type dbKey struct {
	db  int
	key string
}

// New makes an engine with empty databases. It is owned by the goroutine that
// goes on to call it.
func New(o Options) *Engine {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Settings == nil {
		s := DefaultSettings()
		o.Settings = &s
	}
	now := o.Clock()
	e := &Engine{
		settings: *o.Settings, config: o.Config, process: o.Server, log: o.Log,
		clock: o.Clock, start: now, started: now, random: rand.New(rand.NewPCG(o.Seed, o.Seed>>7|1)),
		system: map[string][]byte{}, watched: waiters[dbKey]{}, activeExpire: true,
		wake: func() {}, yield: func() {},
	}
	e.runID = hexID(e.random)
	e.setNow(now)
	e.lastSave = e.now / 1000
	e.unit.lean, e.unit.lastDB = true, -1
	e.stats.errorCodes = map[string]int64{}
	e.clients.init()
	e.blocking.init()
	e.pubsub.init()
	e.lists = newListRecorder()
	for i := range e.settings.Databases {
		e.dbs = append(e.dbs, newKeyspace(e, i, e.nextNamespace()))
	}
	e.table = newTable(append(builtinCommands(), o.Commands...))
	e.access.init(e.table.commands, o.ACLFile)
	return e
}

// UseJournal makes units durable from now on. It is called once, after
// recovery and before the first client; applied is the sequence number of
// the last unit recovered.
func (e *Engine) UseJournal(j Journal, applied uint64) {
	e.journal, e.applied, e.unit.lean = j, applied, false
}

// SetWake tells the engine how to wake the loop from another goroutine, and
// how a long script lets the loop serve others for a moment.
func (e *Engine) SetWake(wake, yield func()) { e.wake, e.yield = wake, yield }

// Post hands fn to the loop. Any goroutine may call it; fn runs at the
// beginning of the next iteration.
func (e *Engine) Post(fn func()) {
	e.postMu.Lock()
	e.posted = append(e.posted, fn)
	e.postMu.Unlock()
	e.wake()
}

func (e *Engine) runPosted() {
	e.postMu.Lock()
	fns := e.posted
	e.posted = nil
	e.postMu.Unlock()
	for _, fn := range fns {
		fn()
	}
}

// Settings returns the engine's settings as they are now.
func (e *Engine) Settings() *Settings { return &e.settings }

// DB returns database i, which must exist.
func (e *Engine) DB(i int) *Keyspace { return e.dbs[i] }

// Log returns the engine's logger.
func (e *Engine) Log() *slog.Logger { return e.log }

func (e *Engine) nextGeneration() uint64 { e.generation++; return e.generation }
func (e *Engine) nextNamespace() uint64  { e.namespaces++; return e.namespaces }

// setNow fixes the time for the units to come.
func (e *Engine) setNow(t time.Time) {
	e.now, e.micros = t.UnixMilli(), t.UnixMicro()
	e.clockSeconds = uint32(t.Unix())
	e.tick = t.Sub(e.start)
}

const hexDigits = "0123456789abcdef"

// hexID makes a 40-digit random identifier such as run_id.
func hexID(r *rand.Rand) string {
	b := make([]byte, 40)
	for i := range b {
		b[i] = hexDigits[r.IntN(16)]
	}
	return string(b)
}
