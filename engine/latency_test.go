package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLatencyMonitor(t *testing.T) {
	te := newTestEngine(t)
	te.settings.LatencyThreshold = 10
	for _, s := range []struct{ ms, pause int }{{9, 0}, {10, 1}, {12, 0}, {11, 1}, {90, 1}, {34, 2}} {
		te.LatencyEvent("command", time.Duration(s.ms)*time.Millisecond)
		te.advance(time.Duration(s.pause) * time.Second)
	}
	te.LatencyEvent("aof-write", 20*time.Millisecond)
	for _, step := range [][2]string{
		{"LATENCY LATEST", "*2\r\n*4\r\n$9\r\naof-write\r\n:1700000005\r\n:20\r\n:20\r\n*4\r\n$7\r\ncommand\r\n:1700000003\r\n:34\r\n:90\r\n"},
		{"LATENCY HISTORY command", "*4\r\n*2\r\n:1700000000\r\n:10\r\n*2\r\n:1700000001\r\n:12\r\n*2\r\n:1700000002\r\n:90\r\n*2\r\n:1700000003\r\n:34\r\n"},
		{"LATENCY HISTORY other", "*0\r\n"},
		{"LATENCY RESET other command", ":1\r\n"},
		{"LATENCY RESET", ":1\r\n"},
		{"LATENCY LATEST", "*0\r\n"},
		{"LATENCY GRAPH command", "-ERR No samples available for event 'command'\r\n"},
	} {
		if got := te.do(step[0]); got != step[1] {
			t.Errorf("%s: got %q, want %q", step[0], got, step[1])
		}
	}
}

func TestLatencyMonitorKeepsTheLastSamples(t *testing.T) {
	var l latency
	for i := range int64(1000) {
		l.add("command", 1+i, i)
	}
	history := l.events["command"].history()
	if len(history) != latencySamples || history[0].ms != 1000-latencySamples || history[latencySamples-1].ms != 999 {
		t.Errorf("%d samples, from %v to %v", len(history), history[0], history[len(history)-1])
	}
	if n := strings.Count(graph(history, 1000), "\n"); n < 2*6 {
		t.Errorf("%d lines", n)
	}
}

func TestLatencyGraph(t *testing.T) {
	samples := []latencySample{{95, 1}, {96, 2}, {97, 7}, {98, 90}, {99, 34}}
	want := "   # \n   | \n   |o\n___||\n     \n54321\nsssss\n"
	if got := graph(samples, 100); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := graph([]latencySample{{1, 5}}, 7200); got != " \n \n \n_\n \n1\nh\n" {
		t.Errorf("got\n%s", got)
	}
}

// TestCommandsAreTimed looks at what the statistics of commands become.
func TestCommandsAreTimed(t *testing.T) {
	te := newTestEngine(t)
	for i := range 20 {
		te.do(fmt.Sprintf("SET key:%d x", i))
	}
	te.do("CLIENT ID")
	if got := te.do("LATENCY HISTOGRAM set client nope client|nope"); !strings.HasPrefix(got, "*4\r\n$3\r\nset\r\n*4\r\n$5\r\ncalls\r\n:20\r\n$14\r\nhistogram_usec\r\n*") ||
		!strings.Contains(got, "$9\r\nclient|id\r\n*4\r\n$5\r\ncalls\r\n:1\r\n") {
		t.Errorf("got %q", got)
	}
	te.do("CONFIG RESETSTAT")
	te.settings.LatencyTracking = false
	te.do("SET a b")
	if got := te.do("LATENCY HISTOGRAM set"); got != "*0\r\n" {
		t.Errorf("got %q", got)
	}
	if got := te.do("LATENCY DOCTOR"); !strings.Contains(got, "CONFIG SET latency-monitor-threshold") {
		t.Errorf("off: %q", got)
	}
	te.settings.LatencyThreshold = 1
	if got := te.do("LATENCY DOCTOR"); !strings.Contains(got, "Nothing has taken 1 ms") {
		t.Errorf("nothing yet: %q", got)
	}
	te.LatencyEvent("expire-cycle", time.Second)
	if got := te.do("LATENCY DOCTOR"); !strings.Contains(got, "1. expire-cycle: 1 latency spikes (average 1000 ms") || !strings.Contains(got, "- expire-cycle: ") {
		t.Errorf("one event: %q", got)
	}
	if got := te.do("LATENCY GRAPH expire-cycle"); !strings.Contains(got, "expire-cycle - high 1000 ms, low 1000 ms (all time high 1000 ms)\n---") {
		t.Errorf("graph: %q", got)
	}
}
