package engine

import (
	"fmt"
	"math"
	"strings"
)

// latencyCommands are about the latency monitor and the commands' durations.
func latencyCommands() []Command {
	const flags = Admin | NoScript | Loading | Stale
	special := []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}
	return []Command{{
		Name: "latency", Group: GroupServer, Since: "2.8.13",
		Summary: "A container for latency diagnostics commands.", Complexity: "Depends on subcommand.", Arity: -2,
	}, {
		Name: "latency|doctor", Group: GroupServer, Since: "2.8.13",
		Summary: "Returns a human-readable latency analysis report.", Complexity: "O(1)",
		Arity: 2, Flags: flags, Tips: special,
		Run: latencyDoctor,
	}, {
		Name: "latency|graph", Group: GroupServer, Since: "2.8.13",
		Summary: "Returns a latency graph for an event.", Complexity: "O(1)",
		Args: []Arg{String("event")}, Arity: 3, Flags: flags, Tips: special,
		Run: latencyGraph,
	}, {
		Name: "latency|help", Group: GroupServer, Since: "2.8.13",
		Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)",
		Arity: 2, Flags: Loading | Stale,
		Run: Help("LATENCY", []string{
			"DOCTOR", "    Return a human readable latency analysis report.",
			"GRAPH <event>", "    Return an ASCII latency graph for the <event> class.",
			"HISTORY <event>", "    Return time-latency samples for the <event> class.",
			"LATEST", "    Return the latest latency samples for all events.",
			"RESET [<event> ...]", "    Reset latency data of one or more <event> classes.", "    (default: reset all data for all event classes)",
			"HISTOGRAM [COMMAND ...]", "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.", "    If no commands are specified then all histograms are replied.",
		}),
	}, {
		Name: "latency|histogram", Group: GroupServer, Since: "7.0.0",
		Summary: "Returns the cumulative distribution of latencies of a subset or all commands.", Complexity: "O(N) where N is the number of commands with latency information being retrieved.",
		Args: []Arg{Opt(Many(String("command")))}, Arity: -2, Flags: flags, Tips: special,
		Run: latencyHistogram,
	}, {
		Name: "latency|history", Group: GroupServer, Since: "2.8.13",
		Summary: "Returns timestamp-latency samples for an event.", Complexity: "O(1)",
		Args: []Arg{String("event")}, Arity: 3, Flags: flags, Tips: special,
		Run: latencyHistory,
	}, {
		Name: "latency|latest", Group: GroupServer, Since: "2.8.13",
		Summary: "Returns the latest latency samples for all events.", Complexity: "O(1)",
		Arity: 2, Flags: flags, Tips: special,
		Run: latencyLatest,
	}, {
		Name: "latency|reset", Group: GroupServer, Since: "2.8.13",
		Summary: "Resets the latency data for one or more events.", Complexity: "O(1)",
		Args: []Arg{Opt(Many(String("event")))}, Arity: -2, Flags: flags,
		Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		Run:  latencyReset,
	}}
}

func latencyLatest(ks *Keyspace, _ Args, w Reply) error {
	l := &ks.e.latency
	w.Array(len(l.events))
	for _, name := range l.names() {
		v := l.events[name]
		w.Array(4)
		w.BulkString(name)
		w.Int(v.last().at)
		w.Int(v.last().ms)
		w.Int(v.max)
	}
	return nil
}

func latencyHistory(ks *Keyspace, args Args, w Reply) error {
	v := ks.e.latency.events[string(args[0])]
	if v == nil {
		w.Array(0)
		return nil
	}
	samples := v.history()
	w.Array(len(samples))
	for _, s := range samples {
		w.Array(2)
		w.Int(s.at)
		w.Int(s.ms)
	}
	return nil
}

func latencyReset(ks *Keyspace, args Args, w Reply) error {
	l := &ks.e.latency
	before := len(l.events)
	if len(args) == 0 {
		clear(l.events)
	}
	for _, name := range args {
		delete(l.events, string(name))
	}
	w.Int(int64(before - len(l.events)))
	return nil
}

func latencyGraph(ks *Keyspace, args Args, w Reply) error {
	v := ks.e.latency.events[string(args[0])]
	if v == nil {
		return Errf("No samples available for event '" + string(args[0]) + "'")
	}
	samples := v.history()
	low, high := samples[0].ms, samples[0].ms
	for _, s := range samples {
		low, high = min(low, s.ms), max(high, s.ms)
	}
	text := fmt.Sprintf("%s - high %d ms, low %d ms (all time high %d ms)\n%s\n%s",
		args[0], high, low, v.max, strings.Repeat("-", 80), graph(samples, ks.e.now/1000))
	w.Verbatim("txt", []byte(text))
	return nil
}

// latencyHistogram answers for the commands named, and for the subcommands of
// containers named; for all that ran if none is named.
func latencyHistogram(ks *Keyspace, args Args, w Reply) error {
	e := ks.e
	var ran []*tableEntry
	add := func(t *tableEntry) {
		if t.durations != nil && t.durations.total > 0 {
			ran = append(ran, t)
		}
	}
	if len(args) == 0 {
		for t := range e.table.all() {
			add(t)
		}
	}
	for _, name := range args {
		container, sub, isSub := strings.Cut(strings.ToLower(string(name)), "|")
		t := e.table.byName[container]
		switch {
		case t == nil:
		case isSub:
			if s := t.subs[sub]; s != nil {
				add(s)
			}
		default:
			add(t)
			for _, s := range t.order {
				add(s)
			}
		}
	}
	w.Map(len(ran))
	for _, t := range ran {
		w.BulkString(t.Name)
		w.Map(2)
		w.BulkString("calls")
		w.Int(t.durations.total)
		w.BulkString("histogram_usec")
		var steps [][2]int64
		t.durations.cumulate(func(nanoseconds, below int64) {
			// The bound is the end of its class in a histogram of two digits.
			steps = append(steps, [2]int64{(nanoseconds + nanoseconds>>7 - 1) / 1000, below})
		})
		w.Map(len(steps))
		for _, s := range steps {
			w.Int(s[0])
			w.Int(s[1])
		}
	}
	return nil
}

func latencyDoctor(ks *Keyspace, _ Args, w Reply) error {
	w.Verbatim("txt", []byte(ks.e.latencyReport()))
	return nil
}

// latencyReport says in plain words what the monitor has seen and what may
// help.
func (e *Engine) latencyReport() string {
	limit := e.settings.LatencyThreshold
	if limit <= 0 {
		return "The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n"
	}
	if len(e.latency.events) == 0 {
		return fmt.Sprintf("Nothing has taken %d ms or longer since the latency monitor was turned on or reset.\n", limit)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "These took %d ms or longer:\n\n", limit)
	for i, name := range e.latency.names() {
		v := e.latency.events[name]
		average, deviation, period := spread(v.history())
		fmt.Fprintf(&b, "%d. %s: %d latency spikes (average %.0f ms, mean deviation %.0f ms, period %.2f s). Worst of all: %d ms.\n",
			i+1, name, len(v.history()), average, deviation, period, v.max)
	}
	b.WriteString("\nWhat may help:\n\n")
	for _, name := range e.latency.names() {
		if advice := latencyAdvice()[name]; advice != "" {
			fmt.Fprintf(&b, "- %s: %s\n", name, advice)
		}
	}
	if e.settings.SlowlogSlowerThan < 0 || e.settings.SlowlogSlowerThan/1000 > limit {
		fmt.Fprintf(&b, "- The slow log misses commands that the monitor sees: CONFIG SET slowlog-log-slower-than %d.\n", limit*1000)
	}
	return b.String()
}

// spread is the average of samples, their mean deviation from it, and the
// seconds between them.
func spread(samples []latencySample) (average, deviation, period float64) {
	n := float64(len(samples))
	for _, s := range samples {
		average += float64(s.ms) / n
	}
	for _, s := range samples {
		deviation += math.Abs(float64(s.ms)-average) / n
	}
	return average, deviation, float64(samples[len(samples)-1].at-samples[0].at) / n
}

// latencyAdvice is what may help against each kind of event.
func latencyAdvice() map[string]string {
	return map[string]string{
		"command":        "look at SLOWLOG GET for the commands, and at their complexity: KEYS, SORT, set operations and scripts over large values take as long as these are.",
		"fast-command":   "commands that always take a short time were held up: the machine is overloaded, or the process was stopped for a moment.",
		"expire-cycle":   "many keys expire at the same time: spread their deadlines, or lower active-expire-effort.",
		"eviction-cycle": "memory is at maxmemory: raise it, or lower maxmemory-eviction-tenacity.",
		"eviction-del":   "evicted values are large: split them.",
		"aof-write":      "the disk is slow or shared: use a faster one for dir, or appendfsync everysec.",
		"aof-fsync":      "the disk is slow or shared: use a faster one for dir, or appendfsync everysec.",
	}
}
