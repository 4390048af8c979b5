package engine

import "time"

// Metrics is a snapshot of the server's figures; nothing in it changes any
// more. Counters begin anew with CONFIG RESETSTAT.
type Metrics struct {
	Uptime                           time.Duration
	Clients, BlockedClients          int
	MaxClients                       int
	Connections, RejectedConnections int64
	NetIn, NetOut                    int64 // bytes
	Commands                         []CommandMetrics
	Errors                           map[string]int64 // by code
	Hits, Misses, Expired, Evicted   int64            // keys
	UsedMemory, PeakMemory           int64            // bytes of all databases and clients
	MaxMemory                        int64            // 0 is no bound
	Databases                        []DatabaseMetrics
	Journal                          JournalMetrics
	Scripts                          ScriptUse
	ScriptTotals                     []ScriptTotals  // by kind
	BusiestScripts                   []ScriptMetrics // a hundred at most: those that took most time
	Busy                             bool            // a script overruns
	Loading                          bool
}

// CommandMetrics are those of one command that was called.
type CommandMetrics struct {
	Name                    string
	Calls, Failed, Rejected int64
	Spent                   time.Duration
	Durations               Buckets // empty while latency-tracking is off
}

// DatabaseMetrics are those of one database that has keys.
type DatabaseMetrics struct{ Number, Keys, Expires int }

// JournalMetrics are those of the journal, if there is one.
type JournalMetrics struct {
	On       bool
	Applied  uint64 // sequence number of the last unit
	Released uint64 // of the last one that is as durable as appendfsync asks
	Refusal  error  // why writes are refused, or nil
}

// ScriptMetrics are those of one script, function or command of a module.
type ScriptMetrics struct {
	ScriptTotals
	Name, Library string
	Longest       time.Duration
	MemoryPeak    int64
	Durations     Buckets
}

// Buckets are a histogram in few classes: below each bound lie as many
// durations.
type Buckets struct {
	Total int64
	Below [len(bucketPowers)]int64
}

// bucketPowers are the bounds of Buckets, as powers of two of nanoseconds: from
// a microsecond to a bit over a second, each four times the one before.
var bucketPowers = [...]int{10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30}

// BucketBounds are the bounds of Buckets.
func BucketBounds() (bounds [len(bucketPowers)]time.Duration) {
	for i, power := range bucketPowers {
		bounds[i] = 1 << power
	}
	return bounds
}

// buckets are h in few classes; of none, they are empty.
func (h *Histogram) buckets() (b Buckets) {
	if h == nil {
		return b
	}
	b.Total = h.total
	h.each(func(class int, n int64) bool {
		for i, power := range bucketPowers {
			if top(class) < 1<<power {
				b.Below[i] += n
			}
		}
		return true
	})
	return b
}

// Ask has fn called on the loop, at the beginning of the next iteration or in
// the middle of a script that overruns: it may only look. Any goroutine may call
// it.
func (e *Engine) Ask(fn func()) {
	e.postMu.Lock()
	e.asked = append(e.asked, fn)
	e.postMu.Unlock()
	e.wake()
}

func (e *Engine) answerAsked() {
	e.postMu.Lock()
	fns := e.asked
	e.asked = nil
	e.postMu.Unlock()
	for _, fn := range fns {
		fn()
	}
}

// Metrics takes the snapshot: O(commands + scripts*log(scripts)).
func (e *Engine) Metrics() *Metrics {
	s := &e.stats
	m := &Metrics{
		Uptime: e.tick, Clients: len(e.clients.byID), BlockedClients: e.blocking.count + len(e.pause.held), MaxClients: e.settings.MaxClients,
		Connections: s.connections, RejectedConnections: s.rejectedConns, NetIn: s.netIn, NetOut: s.netOut,
		Errors: map[string]int64{}, Hits: s.hits, Misses: s.misses, Expired: s.expired, Evicted: s.evicted,
		UsedMemory: e.Used(), PeakMemory: max(s.memoryPeak, e.Used()), MaxMemory: e.settings.MaxMemory,
		Scripts: e.scriptUse(), Busy: e.busy != nil, Loading: e.loading,
	}
	for code, n := range s.errorCodes {
		m.Errors[code] = n
	}
	for t := range e.table.all() {
		if t.calls > 0 || t.rejected > 0 {
			m.Commands = append(m.Commands, CommandMetrics{t.Name, t.calls, t.failed, t.rejected, t.spent, t.durations.buckets()})
		}
	}
	for i, ks := range e.dbs {
		if ks.Len() > 0 {
			m.Databases = append(m.Databases, DatabaseMetrics{i, ks.Len(), ks.expires.Len()})
		}
	}
	if e.journal != nil {
		m.Journal = JournalMetrics{true, e.applied, min(e.journal.Released(), e.applied), e.journal.Room()}
	}
	if e.scripting != nil {
		m.ScriptTotals = append(m.ScriptTotals, e.scripting.Totals()...)
		all := e.scripting.Stats()
		for _, t := range all[:min(len(all), shownScripts)] {
			m.BusiestScripts = append(m.BusiestScripts, ScriptMetrics{t.ScriptTotals, t.Name, t.Library, t.Longest, t.MemoryPeak, t.Durations.buckets()})
		}
	}
	return m
}
