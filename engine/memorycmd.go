package engine

import (
	"fmt"
	"runtime"
	"strings"
)

// memoryCommands are about what data and process take.
func memoryCommands() []Command {
	special := []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}
	return []Command{{
		Name: "memory", Group: GroupServer, Since: "4.0.0",
		Summary: "A container for memory diagnostics commands.", Complexity: "Depends on subcommand.", Arity: -2,
	}, {
		Name: "memory|doctor", Group: GroupServer, Since: "4.0.0",
		Summary: "Outputs a memory problems report.", Complexity: "O(1)", Arity: 2, Tips: special,
		Run: memoryDoctor,
	}, {
		Name: "memory|help", Group: GroupServer, Since: "4.0.0",
		Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)",
		Arity: 2, Flags: Loading | Stale,
		Run: Help("MEMORY", []string{
			"DOCTOR", "    Return memory problems reports.",
			"MALLOC-STATS", "    Return internal statistics report from the memory allocator.",
			"PURGE", "    Attempt to purge dirty pages for reclamation by the allocator.",
			"STATS", "    Return information about the memory usage of the server.",
			"USAGE <key> [SAMPLES <count>]", "    Return memory in bytes used by <key> and its value. Nested values are", "    sampled up to <count> times (default: 5, 0 means sample all).",
		}),
	}, {
		Name: "memory|malloc-stats", Group: GroupServer, Since: "4.0.0",
		Summary: "Returns the allocator statistics.", Complexity: "Depends on how much memory is allocated, could be slow",
		Arity: 2, Tips: special,
		Run: memoryMallocStats,
	}, {
		Name: "memory|purge", Group: GroupServer, Since: "4.0.0",
		Summary: "Asks the allocator to release memory.", Complexity: "Depends on how much memory is allocated, could be slow",
		Arity: 2, Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Run: memoryPurge,
	}, {
		Name: "memory|stats", Group: GroupServer, Since: "4.0.0",
		Summary: "Returns details about memory usage.", Complexity: "O(1)", Arity: 2, Tips: special,
		Run: memoryStats,
	}, {
		Name: "memory|usage", Group: GroupServer, Since: "4.0.0",
		Summary: "Estimates the memory usage of a key.", Complexity: "O(N) where N is the number of samples.",
		Args: []Arg{Key("key"), Opt(With("SAMPLES", Integer("count")))}, Arity: -3, Flags: ReadOnly, Keys: OneKey(2, RO),
		Run: memoryUsage,
	}}
}

// memoryUsage checks SAMPLES and has no use for it: the account is exact.
func memoryUsage(ks *Keyspace, args Args, w Reply) error {
	if len(args) > 1 {
		if len(args) != 3 || !args.Is(1, "SAMPLES") {
			return ErrSyntax
		}
		n, err := args.IntIn(2, -1<<63, 1<<62)
		if err != nil {
			return err
		}
		if n < 0 {
			return ErrSyntax
		}
	}
	h := ks.find(args.Key(0))
	if h == nil {
		w.Null()
		return nil
	}
	w.Int(int64(h.memory()))
	return nil
}

// memory is what a key takes of the heap with its value, its slot in the table
// included. O(1).
func (h *header) memory() int {
	const slot = 16
	if h.isInline() {
		return h.inlineBytes() + slot
	}
	return h.object().measure() + slot
}

// memoryUse is what MEMORY STATS and INFO show.
type memoryUse struct {
	used, peak, clients int64
	tables, dataset     int64 // of used: the keyspaces' tables, and the keys with their values
	heap                heapSizes
	overhead, keys      int64
}

func (e *Engine) memoryUse() memoryUse {
	e.weighAll()
	e.sampleMemory()
	u := memoryUse{used: e.Used(), peak: e.stats.memoryPeak, clients: e.clients.used, tables: e.tableBytes(), keys: int64(e.Keys()), heap: readHeap()}
	u.overhead = u.clients + u.tables
	u.dataset = u.used - u.overhead
	return u
}

// ratio is a share that a total of nothing does not upset.
func ratio(part, whole int64) float64 { return float64(part) / float64(max(whole, 1)) }

func memoryStats(ks *Keyspace, _ Args, w Reply) error {
	u := ks.e.memoryUse()
	type field struct {
		name  string
		value any
	}
	scripts := ks.e.scriptUse()
	var databases []*Keyspace
	for _, db := range ks.e.dbs {
		if db.Len() > 0 {
			databases = append(databases, db)
		}
	}
	before := []field{
		{"peak.allocated", u.peak}, {"total.allocated", u.used}, {"startup.allocated", int64(0)}, {"replication.backlog", int64(0)},
		{"clients.slaves", int64(0)}, {"clients.normal", u.clients}, {"cluster.links", int64(0)}, {"aof.buffer", int64(0)},
		{"lua.caches", scripts.ScriptBytes + scripts.EvalBytes}, {"functions.caches", scripts.FunctionBytes + scripts.FunctionVMBytes},
	}
	after := []field{
		{"overhead.total", u.overhead}, {"keys.count", u.keys}, {"keys.bytes-per-key", u.dataset / max(u.keys, 1)},
		{"dataset.bytes", u.dataset}, {"dataset.percentage", 100 * ratio(u.dataset, u.used)}, {"peak.percentage", 100 * ratio(u.used, u.peak)},
		{"allocator.allocated", u.heap.live}, {"allocator.active", u.heap.objects}, {"allocator.resident", u.heap.objects + u.heap.free},
		{"allocator.muzzy", int64(0)},
		{"allocator-fragmentation.ratio", ratio(u.heap.objects, u.heap.live)}, {"allocator-fragmentation.bytes", u.heap.objects - u.heap.live},
		{"allocator-rss.ratio", ratio(u.heap.objects+u.heap.free, u.heap.objects)}, {"allocator-rss.bytes", u.heap.free},
		{"rss-overhead.ratio", ratio(u.heap.total, u.heap.objects+u.heap.free)}, {"rss-overhead.bytes", u.heap.total - u.heap.objects - u.heap.free},
		{"fragmentation", ratio(u.heap.total, u.used)}, {"fragmentation.bytes", u.heap.total - u.used},
	}
	write := func(fields []field) {
		for _, f := range fields {
			w.BulkString(f.name)
			switch v := f.value.(type) {
			case int64:
				w.Int(v)
			case float64:
				w.Double(v)
			}
		}
	}
	w.Map(len(before) + len(databases) + len(after))
	write(before)
	for _, db := range databases {
		w.BulkString(fmt.Sprintf("db.%d", db.index))
		w.Map(2)
		write([]field{{"overhead.hashtable.main", db.keys.Bytes()}, {"overhead.hashtable.expires", db.expires.Bytes()}})
	}
	write(after)
	return nil
}

// memoryPurge collects garbage and gives free memory back to the system, in
// the background.
func memoryPurge(ks *Keyspace, _ Args, w Reply) error {
	ks.e.Purge()
	w.Status("OK")
	return nil
}

func memoryMallocStats(_ *Keyspace, _ Args, w Reply) error {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var b strings.Builder
	fmt.Fprintf(&b, "Go heap: %d bytes in %d objects, garbage included; %d idle, %d returned to the system\n", m.HeapAlloc, m.HeapObjects, m.HeapIdle, m.HeapReleased)
	fmt.Fprintf(&b, "Allocated so far: %d bytes in %d objects, of which %d were collected\n", m.TotalAlloc, m.Mallocs, m.Frees)
	fmt.Fprintf(&b, "From the system: %d bytes; stacks %d, the collector's own %d\n", m.Sys, m.StackSys, m.GCSys)
	fmt.Fprintf(&b, "Collections: %d, the next at %d bytes; pauses %d microseconds in all\n", m.NumGC, m.NextGC, m.PauseTotalNs/1000)
	b.WriteString("Size class: objects in use\n")
	for _, c := range m.BySize {
		if n := c.Mallocs - c.Frees; n > 0 {
			fmt.Fprintf(&b, "%10d: %d\n", c.Size, n)
		}
	}
	w.Verbatim("txt", []byte(b.String()))
	return nil
}

func memoryDoctor(ks *Keyspace, _ Args, w Reply) error {
	w.Verbatim("txt", []byte(ks.e.memoryReport()))
	return nil
}

// memoryReport says in plain words what is odd about the memory.
func (e *Engine) memoryReport() string {
	const little = 5 << 20
	u := e.memoryUse()
	if u.used < little {
		return "There is hardly any data, so there is nothing to say about its memory.\n"
	}
	var b strings.Builder
	if u.peak > u.used*3/2 {
		fmt.Fprintf(&b, "- Peak: at most %s were used, now it is %s. The process may hold more memory than it needs; MEMORY PURGE gives it back.\n", humanBytes(u.peak), humanBytes(u.used))
	}
	if limit := e.settings.MaxMemory; limit > 0 && u.used > limit/10*9 {
		fmt.Fprintf(&b, "- Bound: %s of maxmemory %s are used, and the policy is %v.\n", humanBytes(u.used), humanBytes(limit), e.settings.Policy)
	}
	if u.clients > u.used/4 {
		fmt.Fprintf(&b, "- Clients: they take %s, more than a quarter of all. Look at tot-mem in CLIENT LIST, and at maxmemory-clients.\n", humanBytes(u.clients))
	}
	if u.heap.total > u.used*4 && u.heap.total-u.used > 256<<20 {
		fmt.Fprintf(&b, "- Process: it holds %s for %s of data. Garbage, scripts and storage take the rest; a lower gc-percent makes it less.\n", humanBytes(u.heap.total), humanBytes(u.used))
	}
	if b.Len() == 0 {
		return "Nothing is odd about the memory.\n"
	}
	return "What is odd about the memory:\n\n" + b.String()
}
