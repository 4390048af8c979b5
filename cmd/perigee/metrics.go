package main

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"perigee/engine"
)

// metricsHandler answers scrapes of Prometheus with what snapshot gives, and
// with figures about the process.
func metricsHandler(snapshot func(context.Context) (*engine.Metrics, error), log *slog.Logger) http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(serverMetrics{snapshot})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.HTTPErrorOnError, MaxRequestsInFlight: 4,
	})
}

// serverMetrics asks for a snapshot at each scrape, so that nothing is counted
// twice and commands pay nothing for it.
type serverMetrics struct {
	snapshot func(context.Context) (*engine.Metrics, error)
}

// Describe says nothing beforehand: which commands and scripts there are varies.
func (serverMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect makes metrics of a snapshot.
func (s serverMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	m, err := s.snapshot(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(prometheus.NewDesc("perigee_snapshot", "The server's figures.", nil, nil), err)
		return
	}
	w := metricWriter{out}
	w.server(m)
	w.commands(m)
	w.scripts(m)
}

// metricWriter writes single metrics. Labels are names and values in turn.
type metricWriter struct{ out chan<- prometheus.Metric }

func describe(name, help string, labels []string) (*prometheus.Desc, []string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	return prometheus.NewDesc("perigee_"+name, help, names, nil), values
}

func (w metricWriter) counter(name, help string, value float64, labels ...string) {
	desc, values := describe(name, help, labels)
	w.out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value, values...)
}

func (w metricWriter) gauge(name, help string, value float64, labels ...string) {
	desc, values := describe(name, help, labels)
	w.out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, values...)
}

func (w metricWriter) histogram(name, help string, b engine.Buckets, sum float64, labels ...string) {
	desc, values := describe(name, help, labels)
	below := map[float64]uint64{}
	for i, bound := range engine.BucketBounds() {
		below[bound.Seconds()] = uint64(b.Below[i])
	}
	w.out <- prometheus.MustNewConstHistogram(desc, uint64(b.Total), sum, below, values...)
}

func (w metricWriter) server(m *engine.Metrics) {
	w.gauge("info", "1, labelled with the version.", 1, "version", engine.Version)
	w.gauge("uptime_seconds", "Time since the server started.", m.Uptime.Seconds())
	w.gauge("connected_clients", "Clients that are connected.", float64(m.Clients))
	w.gauge("blocked_clients", "Clients that wait in a blocking command.", float64(m.BlockedClients))
	w.gauge("max_clients", "Clients that may be connected at once.", float64(m.MaxClients))
	w.counter("connections_total", "Connections accepted.", float64(m.Connections))
	w.counter("connections_rejected_total", "Connections refused for want of room.", float64(m.RejectedConnections))
	w.counter("net_input_bytes_total", "Bytes received from clients.", float64(m.NetIn))
	w.counter("net_output_bytes_total", "Bytes sent to clients.", float64(m.NetOut))
	w.counter("keyspace_hits_total", "Look-ups of keys that were there.", float64(m.Hits))
	w.counter("keyspace_misses_total", "Look-ups of keys that were not.", float64(m.Misses))
	w.counter("expired_keys_total", "Keys that reached their deadline.", float64(m.Expired))
	w.counter("evicted_keys_total", "Keys that left for want of memory.", float64(m.Evicted))
	w.gauge("memory_used_bytes", "Memory of all databases and clients.", float64(m.UsedMemory))
	w.gauge("memory_peak_bytes", "The most that memory_used_bytes has been.", float64(m.PeakMemory))
	w.gauge("memory_max_bytes", "The bound maxmemory, 0 for none.", float64(m.MaxMemory))
	for code, n := range m.Errors {
		w.counter("errors_total", "Error replies by their code.", float64(n), "code", code)
	}
	for _, db := range m.Databases {
		number := strconv.Itoa(db.Number)
		w.gauge("keys", "Keys of a database.", float64(db.Keys), "db", number)
		w.gauge("expiring_keys", "Keys of a database that have a deadline.", float64(db.Expires), "db", number)
	}
	if m.Journal.On {
		w.counter("journal_applied_units_total", "Sequence number of the last unit applied.", float64(m.Journal.Applied))
		w.counter("journal_released_units_total", "Sequence number of the last unit that is as durable as appendfsync asks.", float64(m.Journal.Released))
		w.gauge("journal_writable", "1 while writes are accepted, 0 while the disk has no room.", oneIf(m.Journal.Refusal == nil))
	}
}

func (w metricWriter) commands(m *engine.Metrics) {
	for _, c := range m.Commands {
		w.counter("command_calls_total", "Calls of a command.", float64(c.Calls), "command", c.Name)
		w.counter("command_failures_total", "Calls that replied an error.", float64(c.Failed), "command", c.Name)
		w.counter("command_rejections_total", "Calls that were refused before they ran.", float64(c.Rejected), "command", c.Name)
		w.counter("command_seconds_total", "Time that calls took.", c.Spent.Seconds(), "command", c.Name)
		if c.Durations.Total > 0 {
			w.histogram("command_duration_seconds", "Durations of calls, while latency-tracking is on.", c.Durations, c.Spent.Seconds(), "command", c.Name)
		}
	}
}

// scripts writes the sums of each kind under names that begin scripts_, and
// those of the scripts that took most time, under names that begin script_.
func (w metricWriter) scripts(m *engine.Metrics) {
	w.gauge("scripts_busy", "1 while a script overruns its time.", oneIf(m.Busy))
	w.gauge("scripts_cached", "Scripts in the cache.", float64(m.Scripts.Scripts))
	w.gauge("functions", "Functions of libraries and modules.", float64(m.Scripts.Functions))
	w.counter("scripts_evicted_total", "Scripts that had to leave the cache.", float64(m.Scripts.Evicted))
	for _, t := range m.ScriptTotals {
		w.totals("scripts", t, "kind", string(t.Kind))
	}
	for _, t := range m.BusiestScripts {
		labels := []string{"kind", string(t.Kind), "name", t.Name, "library", t.Library}
		w.totals("script", t.ScriptTotals, labels...)
		w.gauge("script_memory_peak_bytes", "Most bytes that a run was seen to allocate.", float64(t.MemoryPeak), labels...)
		w.gauge("script_longest_seconds", "The longest run.", t.Longest.Seconds(), labels...)
		w.histogram("script_duration_seconds", "Durations of runs.", t.Durations, t.Time.Seconds(), labels...)
	}
}

func (w metricWriter) totals(prefix string, t engine.ScriptTotals, labels ...string) {
	w.counter(prefix+"_calls_total", "Runs.", float64(t.Calls), labels...)
	w.counter(prefix+"_errors_total", "Runs that ended with an error.", float64(t.Errors), labels...)
	w.counter(prefix+"_kills_total", "Runs that were killed.", float64(t.Kills), labels...)
	w.counter(prefix+"_limits_total", "Runs that a limit ended.", float64(t.Limits), labels...)
	w.counter(prefix+"_rollbacks_total", "Runs whose writes were undone.", float64(t.Rollbacks), labels...)
	w.counter(prefix+"_seconds_total", "Time that runs took.", t.Time.Seconds(), labels...)
	w.counter(prefix+"_instructions_total", "Instructions that runs executed, with comparable steps of library functions.", float64(t.Instructions), labels...)
	w.counter(prefix+"_written_bytes_total", "Bytes of keys, elements and values that runs changed.", float64(t.Written), labels...)
}

func oneIf(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
