package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/engine/acl"
)

func infoPersistence(e *Engine, _ *Client, f *infoWriter) {
	f.field("loading", flag(e.loading))
	f.field("async_loading", 0)
	f.field("current_cow_peak", 0)
	f.field("current_cow_size", 0)
	f.field("current_cow_size_age", 0)
	f.field("current_fork_perc", "0.00")
	f.field("current_save_keys_processed", 0)
	f.field("current_save_keys_total", 0)
	f.field("rdb_changes_since_last_save", e.dirty)
	f.field("rdb_bgsave_in_progress", flag(e.saving))
	f.field("rdb_last_save_time", e.lastSave)
	f.field("rdb_last_bgsave_status", "ok")
	f.field("rdb_last_bgsave_time_sec", -1)
	f.field("rdb_current_bgsave_time_sec", -1)
	f.field("rdb_saves", 0)
	f.field("rdb_last_cow_size", 0)
	f.field("rdb_last_load_keys_expired", 0)
	f.field("rdb_last_load_keys_loaded", 0)
	f.field("aof_enabled", flag(e.journal != nil))
	f.field("aof_rewrite_in_progress", 0)
	f.field("aof_rewrite_scheduled", 0)
	f.field("aof_last_rewrite_time_sec", -1)
	f.field("aof_current_rewrite_time_sec", -1)
	f.field("aof_last_bgrewrite_status", "ok")
	f.field("aof_rewrites", 0)
	f.field("aof_rewrites_consecutive_failures", 0)
	f.field("aof_last_write_status", map[bool]string{true: "ok", false: "err"}[e.room() == nil])
	f.field("aof_last_cow_size", 0)
	f.field("module_fork_in_progress", 0)
	f.field("module_fork_last_cow_size", 0)
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
	f.field("total_net_repl_input_bytes", 0)
	f.field("total_net_repl_output_bytes", 0)
	f.field("instantaneous_input_kbps", fmt.Sprintf("%.2f", float64(s.rates[1].perSecond())/1024))
	f.field("instantaneous_output_kbps", fmt.Sprintf("%.2f", float64(s.rates[2].perSecond())/1024))
	f.field("instantaneous_input_repl_kbps", "0.00")
	f.field("instantaneous_output_repl_kbps", "0.00")
	f.field("rejected_connections", s.rejectedConns)
	f.field("sync_full", 0)
	f.field("sync_partial_ok", 0)
	f.field("sync_partial_err", 0)
	f.field("expired_subkeys", s.expiredFields)
	f.field("expired_keys", s.expired)
	f.field("expired_stale_perc", fmt.Sprintf("%.2f", e.expiry.stale))
	f.field("expired_time_cap_reached_count", e.expiry.cut)
	f.field("expire_cycle_cpu_milliseconds", e.expiry.spent.Milliseconds())
	f.field("evicted_keys", s.evicted)
	f.field("evicted_clients", s.evictedClients)
	f.field("evicted_scripts", e.scriptUse().Evicted)
	f.field("total_eviction_exceeded_time", (e.eviction.exceeded + e.exceeding()).Milliseconds())
	f.field("current_eviction_exceeded_time", e.exceeding().Milliseconds())
	f.field("keyspace_hits", s.hits)
	f.field("keyspace_misses", s.misses)
	f.field("pubsub_channels", len(e.pubsub.channels))
	f.field("pubsub_patterns", len(e.pubsub.patterns))
	f.field("pubsubshard_channels", len(e.pubsub.shards))
	f.field("latest_fork_usec", 0)
	f.field("total_forks", 0)
	f.field("migrate_cached_sockets", 0)
	f.field("slave_expires_tracked_keys", 0)
	f.field("active_defrag_hits", 0)
	f.field("active_defrag_misses", 0)
	f.field("active_defrag_key_hits", 0)
	f.field("active_defrag_key_misses", 0)
	f.field("total_active_defrag_time", 0)
	f.field("current_active_defrag_time", 0)
	f.field("tracking_total_keys", len(e.tracking.readers))
	f.field("tracking_total_items", e.tracking.items)
	f.field("tracking_total_prefixes", len(e.tracking.prefixes))
	f.field("unexpected_error_replies", 0)
	f.field("total_error_replies", s.errors)
	f.field("dump_payload_sanitizations", 0)
	f.field("total_reads_processed", s.reads)
	f.field("total_writes_processed", s.writes)
	f.field("io_threaded_reads_processed", 0)
	f.field("io_threaded_writes_processed", 0)
	f.field("reply_buffer_shrinks", 0)
	f.field("reply_buffer_expands", 0)
	f.field("acl_access_denied_auth", s.denied[acl.Authentication])
	f.field("acl_access_denied_cmd", s.denied[acl.Command])
	f.field("acl_access_denied_key", s.denied[acl.KeyAccess])
	f.field("acl_access_denied_channel", s.denied[acl.ChannelAccess])
	f.process(e, "stats")
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

// infoLatencyStats shows the percentiles that latency-tracking-info-percentiles
// names.
func infoLatencyStats(e *Engine, _ *Client, f *infoWriter) {
	for t := range e.table.all() {
		if t.durations == nil {
			continue
		}
		var shown []string
		for _, p := range e.settings.Percentiles {
			name := strconv.FormatFloat(p, 'f', -1, 64)
			shown = append(shown, fmt.Sprintf("p%s=%.3f", name, float64(t.durations.Percentile(p))/1000))
		}
		f.field("latency_percentiles_usec_"+t.Name, strings.Join(shown, ","))
	}
}
