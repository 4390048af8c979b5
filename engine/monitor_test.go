package engine

import (
	"regexp"
	"strings"
	"testing"
)

// shown takes what a monitor has got, without times.
func shown(c *Client) string {
	return regexp.MustCompile(`(?m)^\+\d+\.\d{6} `).ReplaceAllString(take(c), "")
}

// TestMonitorShowsCommands has what a monitor sees of commands, and what not.
func TestMonitorShowsCommands(t *testing.T) {
	te := newTestEngine(t)
	m := te.connect(t)
	if got := te.on(m, "MONITOR"); got != "+OK\r\n" {
		t.Fatalf("MONITOR: got %q", got)
	}
	for _, test := range []struct{ line, want string }{
		{"SET a \"1\x00\xff\\", `[0 unix:test] "SET" "a" "\"1\x00\xff\\"` + "\r\n"},
		{"GET", ""},
		{"nosuch a", ""},
		{"LPUSH a 1", `[0 unix:test] "LPUSH" "a" "1"` + "\r\n"},
		{"CONFIG GET save", ""},
		{"CLIENT LIST", ""},
		{"CLIENT ID", `[0 unix:test] "CLIENT" "ID"` + "\r\n"},
		{"AUTH secret", `[0 unix:test] "AUTH" "(redacted)"` + "\r\n"},
		{"AUTH me secret", `[0 unix:test] "AUTH" "(redacted)" "(redacted)"` + "\r\n"},
		{"HELLO 2 AUTH me secret SETNAME x", `[0 unix:test] "HELLO" "2" "AUTH" "(redacted)" "(redacted)" "SETNAME" "x"` + "\r\n"},
		{"SELECT 3", `[3 unix:test] "SELECT" "3"` + "\r\n"},
		{"MULTI", `[3 unix:test] "MULTI"` + "\r\n"},
		{"SET a 1", ""},
		{"CONFIG GET save", ""},
		{"EXEC", `[3 unix:test] "SET" "a" "1"` + "\r\n" + `[3 unix:test] "EXEC"` + "\r\n"},
		{"BLPOP l 0", `[3 unix:test] "BLPOP" "l" "0"` + "\r\n"},
	} {
		te.do(test.line)
		if got := shown(m); got != test.want {
			t.Errorf("%s: got %q, want %q", test.line, got, test.want)
		}
	}
}

// TestMonitorItself has what a client that monitors may do itself.
func TestMonitorItself(t *testing.T) {
	te := newTestEngine(t)
	te.do("MONITOR")
	for _, test := range []struct{ line, want string }{
		{"PING", "+PONG\r\n" + `[0 unix:test] "PING"` + "\r\n"},
		{"MONITOR", ""},
		{"GET a", "-ERR Replica can't interact with the keyspace\r\n"},
		{"SET a 1", "-ERR Replica can't interact with the keyspace\r\n"},
		{"PUBLISH a 1", "-ERR Replica can't interact with the keyspace\r\n"},
		{"MULTI", "+OK\r\n" + `[0 unix:test] "MULTI"` + "\r\n"},
		{"PING", "+QUEUED\r\n"},
		{"EXEC", "*1\r\n+PONG\r\n" + `[0 unix:test] "PING"` + "\r\n" + `[0 unix:test] "EXEC"` + "\r\n"},
	} {
		te.Execute(te.c, argvOf(test.line))
		if got := shown(te.c); got != test.want {
			t.Errorf("%s: got %q, want %q", test.line, got, test.want)
		}
	}
	if got := te.do("CLIENT INFO"); !strings.Contains(got, " flags=OU ") {
		t.Errorf("CLIENT INFO: got %q", got)
	}
	other := te.connect(t)
	if got := te.do("RESET"); got != "+RESET\r\n" {
		t.Errorf("RESET: got %q", got)
	}
	if te.on(other, "PING"); take(te.c) != "" || len(te.monitors.clients) != 0 {
		t.Error("a client that was reset still monitors")
	}
	te.on(other, "MONITOR")
	te.Disconnect(other)
	te.do("PING")
	if len(te.monitors.clients) != 0 {
		t.Error("a client that has gone still monitors")
	}
}
