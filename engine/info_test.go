package engine

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// fields returns the names of the fields that INFO answers with.
func (te *testEngine) fields(section string) []string {
	var names []string
	for _, line := range strings.Split(te.do("INFO "+section), "\r\n") {
		if name, _, ok := strings.Cut(line, ":"); ok {
			names = append(names, name)
		}
	}
	return names
}

// TestInfoHasRedisFields looks for each field that Redis 7.0 has, in its order.
func TestInfoHasRedisFields(t *testing.T) {
	te := newTestEngine(t)
	for section, want := range map[string]string{
		"server":      "redis_version redis_git_sha1 redis_git_dirty redis_build_id redis_mode os arch_bits monotonic_clock multiplexing_api atomicvar_api gcc_version process_id process_supervised run_id server_time_usec uptime_in_seconds uptime_in_days hz configured_hz lru_clock io_threads_active",
		"clients":     "connected_clients cluster_connections maxclients client_recent_max_input_buffer client_recent_max_output_buffer blocked_clients tracking_clients clients_in_timeout_table",
		"memory":      "used_memory used_memory_human used_memory_rss used_memory_rss_human used_memory_peak used_memory_peak_human used_memory_peak_perc used_memory_overhead used_memory_startup used_memory_dataset used_memory_dataset_perc allocator_allocated allocator_active allocator_resident total_system_memory total_system_memory_human used_memory_lua used_memory_vm_eval used_memory_lua_human used_memory_scripts_eval number_of_cached_scripts number_of_functions number_of_libraries used_memory_vm_functions used_memory_vm_total used_memory_vm_total_human used_memory_functions used_memory_scripts used_memory_scripts_human maxmemory maxmemory_human maxmemory_policy allocator_frag_ratio allocator_frag_bytes allocator_rss_ratio allocator_rss_bytes rss_overhead_ratio rss_overhead_bytes mem_fragmentation_ratio mem_fragmentation_bytes mem_not_counted_for_evict mem_replication_backlog mem_total_replication_buffers mem_clients_slaves mem_clients_normal mem_cluster_links mem_aof_buffer mem_allocator active_defrag_running lazyfree_pending_objects lazyfreed_objects",
		"persistence": "loading async_loading current_cow_peak current_cow_size current_cow_size_age current_fork_perc current_save_keys_processed current_save_keys_total rdb_changes_since_last_save rdb_bgsave_in_progress rdb_last_save_time rdb_last_bgsave_status rdb_last_bgsave_time_sec rdb_current_bgsave_time_sec rdb_saves rdb_last_cow_size rdb_last_load_keys_expired rdb_last_load_keys_loaded aof_enabled aof_rewrite_in_progress aof_rewrite_scheduled aof_last_rewrite_time_sec aof_current_rewrite_time_sec aof_last_bgrewrite_status aof_rewrites aof_rewrites_consecutive_failures aof_last_write_status aof_last_cow_size module_fork_in_progress module_fork_last_cow_size",
		"stats":       "total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes total_net_output_bytes total_net_repl_input_bytes total_net_repl_output_bytes instantaneous_input_kbps instantaneous_output_kbps instantaneous_input_repl_kbps instantaneous_output_repl_kbps rejected_connections sync_full sync_partial_ok sync_partial_err expired_keys expired_stale_perc expired_time_cap_reached_count expire_cycle_cpu_milliseconds evicted_keys evicted_clients total_eviction_exceeded_time current_eviction_exceeded_time keyspace_hits keyspace_misses pubsub_channels pubsub_patterns pubsubshard_channels latest_fork_usec total_forks migrate_cached_sockets slave_expires_tracked_keys active_defrag_hits active_defrag_misses active_defrag_key_hits active_defrag_key_misses total_active_defrag_time current_active_defrag_time tracking_total_keys tracking_total_items tracking_total_prefixes unexpected_error_replies total_error_replies dump_payload_sanitizations total_reads_processed total_writes_processed io_threaded_reads_processed io_threaded_writes_processed reply_buffer_shrinks reply_buffer_expands",
		"replication": "role connected_slaves master_failover_state master_replid master_replid2 master_repl_offset second_repl_offset repl_backlog_active repl_backlog_size repl_backlog_first_byte_offset repl_backlog_histlen",
	} {
		got, at := te.fields(section), 0
		for _, name := range strings.Fields(want) {
			i := slices.Index(got[at:], name)
			if i < 0 {
				t.Errorf("%s: %s is missing or before %s", section, name, got[max(at-1, 0)])
				continue
			}
			at += i + 1
		}
	}
}

func TestInfoSections(t *testing.T) {
	te := newTestEngine(t)
	base := "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace"
	all := "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats Scriptstats Cluster Keyspace"
	titles := regexp.MustCompile(`# (\w+)`)
	for _, c := range []struct{ args, want string }{
		{"", base}, {"default", base}, {"all", all}, {"EVERYTHING", all}, {"server cpu", "Server CPU"}, {"CPU server foo", "Server CPU"}, {"foo", ""}, {"all server", all},
		{"default commandstats", strings.Replace(base, "Errorstats", "Commandstats Errorstats", 1)}, {"latencystats", "Latencystats"},
	} {
		var got []string
		for _, m := range titles.FindAllStringSubmatch(te.do("INFO "+c.args), -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("INFO %s: got %v, want %v", c.args, got, c.want)
		}
	}
}

func TestInfoLatencyStats(t *testing.T) {
	te := newTestEngine(t)
	te.do("SET a 1")
	te.settings.Percentiles = []float64{50, 99.99, 100, 0}
	if got := te.do("INFO latencystats"); !regexp.MustCompile(`latency_percentiles_usec_set:p50=[\d.]+,p99\.99=[\d.]+,p100=[\d.]+,p0=[\d.]+\r\n`).MatchString(got) {
		t.Errorf("got %q", got)
	}
	te.settings.Percentiles = nil
	if got := te.do("INFO latencystats"); !strings.Contains(got, "latency_percentiles_usec_set:\r\n") {
		t.Errorf("got %q", got)
	}
}

// TestActiveExpiryIsCounted lets keys expire that nobody asks for.
func TestActiveExpiryIsCounted(t *testing.T) {
	te := newTestEngine(t)
	for i := range 100 {
		te.do(fmt.Sprintf("SET gone:%d x PX 500", i))
		te.do(fmt.Sprintf("SET stays:%d x EX 100", i))
	}
	te.advance(time.Second) // the first look must not average the deadlines that are near
	for i := 0; te.dbs[0].Len() > 100 && i < 1000; i++ {
		te.advance(200 * time.Millisecond)
	}
	got := te.do("INFO stats")
	if !strings.Contains(got, "expired_keys:100\r\n") || te.expiry.spent <= 0 || te.expiry.stale <= 0 {
		t.Errorf("spent %v, stale %v %%: %s", te.expiry.spent, te.expiry.stale, got)
	}
	if ttl := te.dbs[0].averageTTL; ttl < 50_000 || ttl > 100_000 {
		t.Errorf("average TTL %d ms", ttl)
	}
}
