package engine

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"perigee/engine/acl"
)

// infoSection writes one section of INFO: its title and its fields.
type infoSection struct {
	name, title string
	write       func(e *Engine, c *Client, f *infoWriter)
	extra       bool // only on request, with "all" or "everything"
}

func infoSections() []infoSection {
	return []infoSection{
		{"server", "Server", infoServer, false}, {"clients", "Clients", infoClients, false},
		{"memory", "Memory", infoMemory, false}, {"persistence", "Persistence", infoPersistence, false},
		{"stats", "Stats", infoStats, false}, {"replication", "Replication", infoReplication, false},
		{"cpu", "CPU", infoCPU, false}, {"modules", "Modules", infoNothing, false},
		{"commandstats", "Commandstats", infoCommandStats, true}, {"errorstats", "Errorstats", infoErrorStats, false},
		{"cluster", "Cluster", infoCluster, false}, {"keyspace", "Keyspace", infoKeyspace, false},
	}
}

// infoWriter collects the text of INFO.
type infoWriter struct{ b strings.Builder }

func (f *infoWriter) field(name string, value any) { fmt.Fprintf(&f.b, "%s:%v\r\n", name, value) }

// process adds the fields that only the process knows of a section.
func (f *infoWriter) process(e *Engine, section string) {
	if e.process == nil {
		return
	}
	for _, p := range e.process.Info(section) {
		f.field(p[0], p[1])
	}
}

func info(c *Client, args Args, w Reply) error {
	all, chosen := len(args) == 0, map[string]bool{}
	extra := false
	for _, a := range args {
		switch s := strings.ToLower(string(a)); s {
		case "default":
			all = true
		case "all", "everything":
			all, extra = true, true
		default:
			chosen[s] = true
		}
	}
	f := &infoWriter{}
	for _, s := range infoSections() {
		if !chosen[s.name] && (!all || s.extra && !extra) {
			continue
		}
		if f.b.Len() > 0 {
			f.b.WriteString("\r\n")
		}
		fmt.Fprintf(&f.b, "# %s\r\n", s.title)
		s.write(c.e, c, f)
	}
	w.Verbatim("txt", []byte(f.b.String()))
	return nil
}

func infoNothing(e *Engine, _ *Client, f *infoWriter) { f.process(e, "modules") }

func infoServer(e *Engine, _ *Client, f *infoWriter) {
	up := int64(e.tick.Seconds())
	f.field("redis_version", RedisVersion)
	f.field("server_name", "perigee")
	f.field("perigee_version", Version)
	f.field("redis_git_sha1", "00000000")
	f.field("redis_git_dirty", 0)
	f.field("redis_mode", "standalone")
	f.field("os", runtime.GOOS+" "+runtime.GOARCH)
	f.field("arch_bits", 32<<(^uint(0)>>63))
	f.field("monotonic_clock", "POSIX clock_gettime")
	f.field("go_version", runtime.Version())
	f.field("process_id", os.Getpid())
	f.field("run_id", e.runID)
	f.process(e, "server")
	f.field("server_time_usec", e.now*1000)
	f.field("uptime_in_seconds", up)
	f.field("uptime_in_days", up/86400)
	f.field("hz", e.settings.Hz)
	f.field("configured_hz", e.settings.Hz)
	f.field("lru_clock", e.clockSeconds&(1<<24-1))
	f.field("io_threads_active", 0)
}

func infoClients(e *Engine, _ *Client, f *infoWriter) {
	subscribers, watching := 0, 0
	for _, c := range e.clients.byID {
		if c.subs.any() {
			subscribers++
		}
		if len(c.watches) > 0 {
			watching++
		}
	}
	f.field("connected_clients", len(e.clients.byID))
	f.field("cluster_connections", 0)
	f.field("maxclients", e.settings.MaxClients)
	f.field("client_recent_max_input_buffer", 0)
	f.field("client_recent_max_output_buffer", 0)
	f.field("blocked_clients", e.blocking.count+len(e.pause.held))
	f.field("tracking_clients", e.tracking.clients)
	f.field("pubsub_clients", subscribers)
	f.field("watching_clients", watching)
	f.field("clients_in_timeout_table", len(e.blocking.timeouts))
	f.field("total_watched_keys", len(e.watched))
	f.field("total_blocking_keys", len(e.blocking.keys))
}

func infoMemory(e *Engine, _ *Client, f *infoWriter) {
	e.sampleMemory()
	s := &e.stats
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	used := e.Used()
	f.field("used_memory", used)
	f.field("used_memory_human", humanBytes(used))
	f.field("used_memory_rss", int64(m.Sys-m.HeapReleased))
	f.field("used_memory_rss_human", humanBytes(int64(m.Sys-m.HeapReleased)))
	f.field("used_memory_peak", s.memoryPeak)
	f.field("used_memory_peak_human", humanBytes(s.memoryPeak))
	f.field("used_memory_overhead", e.tableBytes())
	f.field("used_memory_dataset", max(used-e.tableBytes(), 0))
	f.field("total_system_memory", 0)
	f.field("used_memory_lua", 0)
	f.process(e, "memory")
	f.field("maxmemory", e.settings.MaxMemory)
	f.field("maxmemory_human", humanBytes(e.settings.MaxMemory))
	f.field("maxmemory_policy", e.settings.Policy)
	f.field("mem_fragmentation_ratio", fmt.Sprintf("%.2f", float64(m.Sys-m.HeapReleased)/float64(max(used, 1))))
	f.field("mem_allocator", "go")
	f.field("gc_cycles", m.NumGC)
	f.field("gc_pause_total_usec", m.PauseTotalNs/1000)
	f.field("lazyfree_pending_objects", 0)
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

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

func infoPersistence(e *Engine, _ *Client, f *infoWriter) {
	f.field("loading", flag(e.loading))
	f.field("async_loading", 0)
	f.field("rdb_changes_since_last_save", e.dirty)
	f.field("rdb_bgsave_in_progress", flag(e.saving))
	f.field("rdb_last_save_time", e.lastSave)
	f.field("rdb_last_bgsave_status", "ok")
	f.field("aof_enabled", flag(e.journal != nil))
	f.field("aof_rewrite_in_progress", 0)
	f.field("aof_last_bgrewrite_status", "ok")
	f.field("aof_last_write_status", map[bool]string{true: "ok", false: "err"}[e.room() == nil])
	if e.journal != nil {
		f.field("journal_applied_seq", e.applied)
		f.field("journal_released_seq", min(e.journal.Released(), e.applied))
	}
	f.process(e, "persistence")
}

func infoStats(e *Engine, _ *Client, f *infoWriter) {
	s := &e.stats
	f.field("total_connections_received", s.connections)
	f.field("total_commands_processed", s.commands)
	f.field("instantaneous_ops_per_sec", s.rates[0].perSecond())
	f.field("total_net_input_bytes", s.netIn)
	f.field("total_net_output_bytes", s.netOut)
	f.field("instantaneous_input_kbps", fmt.Sprintf("%.2f", float64(s.rates[1].perSecond())/1024))
	f.field("instantaneous_output_kbps", fmt.Sprintf("%.2f", float64(s.rates[2].perSecond())/1024))
	f.field("rejected_connections", s.rejectedConns)
	f.field("sync_full", 0)
	f.field("sync_partial_ok", 0)
	f.field("sync_partial_err", 0)
	f.field("expired_keys", s.expired)
	f.field("expired_subkeys", s.expiredFields)
	f.field("evicted_keys", s.evicted)
	f.field("keyspace_hits", s.hits)
	f.field("keyspace_misses", s.misses)
	f.field("pubsub_channels", len(e.pubsub.channels))
	f.field("pubsub_patterns", len(e.pubsub.patterns))
	f.field("pubsubshard_channels", len(e.pubsub.shards))
	f.field("tracking_total_keys", len(e.tracking.readers))
	f.field("tracking_total_items", e.tracking.items)
	f.field("tracking_total_prefixes", len(e.tracking.prefixes))
	f.field("latest_fork_usec", 0)
	f.field("total_forks", 0)
	f.field("unexpected_error_replies", 0)
	f.field("total_error_replies", s.errors)
	f.field("total_reads_processed", s.commands)
	f.field("acl_access_denied_auth", s.denied[acl.Authentication])
	f.field("acl_access_denied_cmd", s.denied[acl.Command])
	f.field("acl_access_denied_key", s.denied[acl.KeyAccess])
	f.field("acl_access_denied_channel", s.denied[acl.ChannelAccess])
	f.process(e, "stats")
}

func infoReplication(e *Engine, _ *Client, f *infoWriter) {
	f.field("role", "master")
	f.field("connected_slaves", 0)
	f.field("master_failover_state", "no-failover")
	f.field("master_replid", e.replicationID())
	f.field("master_replid2", strings.Repeat("0", 40))
	f.field("master_repl_offset", 0)
	f.field("second_repl_offset", -1)
	f.field("repl_backlog_active", 0)
	f.field("repl_backlog_size", 1048576)
	f.field("repl_backlog_first_byte_offset", 0)
	f.field("repl_backlog_histlen", 0)
}

func infoCPU(_ *Engine, _ *Client, f *infoWriter) {
	sys, user := processTimes()
	f.field("used_cpu_sys", fmt.Sprintf("%.6f", sys.Seconds()))
	f.field("used_cpu_user", fmt.Sprintf("%.6f", user.Seconds()))
}

func infoCommandStats(e *Engine, _ *Client, f *infoWriter) {
	for t := range e.table.all() {
		if t.calls == 0 && t.rejected == 0 {
			continue
		}
		usec := float64(t.spent) / float64(time.Microsecond)
		f.field("cmdstat_"+t.Name, fmt.Sprintf("calls=%d,usec=%.0f,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			t.calls, usec, usec/float64(max(t.calls, 1)), t.rejected, t.failed))
	}
}

func infoErrorStats(e *Engine, _ *Client, f *infoWriter) {
	var codes []string
	for code := range e.stats.errorCodes {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		f.field("errorstat_"+code, fmt.Sprintf("count=%d", e.stats.errorCodes[code]))
	}
}

func infoCluster(_ *Engine, _ *Client, f *infoWriter) { f.field("cluster_enabled", 0) }

func infoKeyspace(e *Engine, _ *Client, f *infoWriter) {
	for i, ks := range e.dbs {
		if ks.Len() > 0 {
			f.field(fmt.Sprintf("db%d", i), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=0,subexpiry=%d", ks.Len(), ks.expires.Len(), len(ks.fieldQueue)))
		}
	}
}
