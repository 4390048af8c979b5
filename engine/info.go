package engine

import (
	"fmt"
	"os"
	"runtime"
	"strings"
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
		{"latencystats", "Latencystats", infoLatencyStats, true}, {"scriptstats", "Scriptstats", infoScriptStats, true},
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
	f.field("redis_build_id", "0")
	f.field("redis_mode", "standalone")
	f.field("os", runtime.GOOS+" "+runtime.GOARCH)
	f.field("arch_bits", 32<<(^uint(0)>>63))
	f.field("monotonic_clock", "POSIX clock_gettime")
	f.field("multiplexing_api", "epoll")
	f.field("atomicvar_api", "go")
	f.field("gcc_version", "0.0.0")
	f.field("go_version", runtime.Version())
	f.field("process_id", os.Getpid())
	f.field("process_supervised", "no")
	f.field("run_id", e.runID)
	f.process(e, "server")
	f.field("server_time_usec", e.micros)
	f.field("uptime_in_seconds", up)
	f.field("uptime_in_days", up/86400)
	f.field("hz", e.settings.Hz)
	f.field("configured_hz", e.settings.Hz)
	f.field("lru_clock", e.clockSeconds&(1<<24-1))
	f.field("io_threads_active", 0)
}

func infoClients(e *Engine, _ *Client, f *infoWriter) {
	subscribers, watching, input, output := 0, 0, 0, 0
	for _, c := range e.clients.byID {
		if c.subs.any() {
			subscribers++
		}
		if len(c.watches) > 0 {
			watching++
		}
		if c.queryBuf != nil {
			used, free := c.queryBuf()
			input = max(input, used+free)
		}
		output = max(output, c.Out.Memory())
	}
	f.field("connected_clients", len(e.clients.byID))
	f.field("cluster_connections", 0)
	f.field("maxclients", e.settings.MaxClients)
	f.field("client_recent_max_input_buffer", input)
	f.field("client_recent_max_output_buffer", output)
	f.field("blocked_clients", e.blocking.count+len(e.pause.held))
	f.field("tracking_clients", e.tracking.clients)
	f.field("pubsub_clients", subscribers)
	f.field("watching_clients", watching)
	f.field("clients_in_timeout_table", len(e.blocking.timeouts))
	f.field("total_watched_keys", len(e.watched))
	f.field("total_blocking_keys", len(e.blocking.keys))
	f.field("total_blocking_keys_on_nokey", 0)
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
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
	f.field("used_cpu_sys_children", "0.000000")
	f.field("used_cpu_user_children", "0.000000")
}

func infoCluster(_ *Engine, _ *Client, f *infoWriter) { f.field("cluster_enabled", 0) }

func infoKeyspace(e *Engine, _ *Client, f *infoWriter) {
	for i, ks := range e.dbs {
		if ks.Len() > 0 {
			f.field(fmt.Sprintf("db%d", i), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=%d,subexpiry=%d", ks.Len(), ks.expires.Len(), ks.averageTTL, len(ks.fieldQueue)))
		}
	}
}
