package engine

import (
	"fmt"
	"runtime/debug"
)

// ScriptUse is how many scripts and functions are held, and the bytes of their
// source texts and of what they were compiled to, for EVAL with the registers
// of the virtual machine that all share.
type ScriptUse struct {
	Scripts, Functions, Libraries int
	ScriptBytes, FunctionBytes    int64
	EvalBytes, FunctionVMBytes    int64
	Evicted                       int64 // scripts that had to leave the cache
}

// scriptUse is that of whoever runs scripts, if anybody does.
func (e *Engine) scriptUse() ScriptUse {
	if e.scripting == nil {
		return ScriptUse{}
	}
	return e.scripting.Use()
}

func infoMemory(e *Engine, _ *Client, f *infoWriter) {
	u := e.memoryUse()
	size := func(name string, n int64) {
		f.field(name, n)
		f.field(name+"_human", humanBytes(n))
	}
	percent := func(part, whole int64) string { return fmt.Sprintf("%.2f%%", 100*ratio(part, whole)) }
	share := func(part, whole int64) string { return fmt.Sprintf("%.2f", ratio(part, whole)) }
	s := e.scriptUse()
	size("used_memory", u.used)
	size("used_memory_rss", u.heap.total)
	size("used_memory_peak", u.peak)
	f.field("used_memory_peak_perc", percent(u.used, u.peak))
	f.field("used_memory_overhead", u.overhead)
	f.field("used_memory_startup", 0)
	f.field("used_memory_dataset", u.dataset)
	f.field("used_memory_dataset_perc", percent(u.dataset, u.used))
	f.field("allocator_allocated", u.heap.live)
	f.field("allocator_active", u.heap.objects)
	f.field("allocator_resident", u.heap.objects+u.heap.free)
	f.field("allocator_muzzy", 0)
	size("total_system_memory", systemMemory())
	f.field("used_memory_lua", s.EvalBytes)
	f.field("used_memory_vm_eval", s.EvalBytes)
	f.field("used_memory_lua_human", humanBytes(s.EvalBytes))
	f.field("used_memory_scripts_eval", s.ScriptBytes)
	f.field("number_of_cached_scripts", s.Scripts)
	f.field("number_of_functions", s.Functions)
	f.field("number_of_libraries", s.Libraries)
	f.field("used_memory_vm_functions", s.FunctionVMBytes)
	size("used_memory_vm_total", s.EvalBytes+s.FunctionVMBytes)
	f.field("used_memory_functions", s.FunctionBytes)
	size("used_memory_scripts", s.ScriptBytes+s.FunctionBytes)
	f.process(e, "memory")
	size("maxmemory", e.settings.MaxMemory)
	f.field("maxmemory_policy", e.settings.Policy)
	f.field("allocator_frag_ratio", share(u.heap.objects, u.heap.live))
	f.field("allocator_frag_bytes", u.heap.objects-u.heap.live)
	f.field("allocator_rss_ratio", share(u.heap.objects+u.heap.free, u.heap.objects))
	f.field("allocator_rss_bytes", u.heap.free)
	f.field("rss_overhead_ratio", share(u.heap.total, u.heap.objects+u.heap.free))
	f.field("rss_overhead_bytes", u.heap.total-u.heap.objects-u.heap.free)
	f.field("mem_fragmentation_ratio", share(u.heap.total, u.used))
	f.field("mem_fragmentation_bytes", u.heap.total-u.used)
	f.field("mem_not_counted_for_evict", 0)
	f.field("mem_replication_backlog", 0)
	f.field("mem_total_replication_buffers", 0)
	f.field("mem_clients_slaves", 0)
	f.field("mem_clients_normal", u.clients)
	f.field("mem_cluster_links", 0)
	f.field("mem_aof_buffer", 0)
	f.field("mem_allocator", "go")
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	f.field("gc_cycles", gc.NumGC)
	f.field("gc_pause_total_usec", gc.PauseTotal.Microseconds())
	f.field("active_defrag_running", 0)
	f.field("lazyfree_pending_objects", 0)
	f.field("lazyfreed_objects", 0)
}

// tableBytes is the memory of the keyspaces' tables.
func (e *Engine) tableBytes() int64 {
	var n int64
	for _, ks := range e.dbs {
		n += ks.keys.Bytes() + ks.expires.Bytes()
	}
	return n
}

func humanBytes(n int64) string {
	for _, u := range []struct {
		size int64
		unit string
	}{{1 << 40, "T"}, {1 << 30, "G"}, {1 << 20, "M"}, {1 << 10, "K"}} {
		if n >= u.size {
			return fmt.Sprintf("%.2f%s", float64(n)/float64(u.size), u.unit)
		}
	}
	return fmt.Sprintf("%dB", n)
}
