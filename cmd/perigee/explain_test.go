package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

func TestExplainShowsWhatAScriptWouldDo(t *testing.T) {
	server := startServer(t, "--ephemeral")
	script := filepath.Join(t.TempDir(), "pay.lua")
	source := "redis.call('GET', KEYS[1]) redis.call('DECRBY', KEYS[1], ARGV[1]) redis.call('SET', KEYS[2], 'x') redis.pcall('INCR', KEYS[2]) return {ok = 'PAID'}"
	if err := os.WriteFile(script, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	server.expect("OK", "SET", "alice", "100")
	cost := regexp.MustCompile(`cost: \d+ instructions, \d+ bytes of memory, \d+ microseconds`)
	const want = `reply: PAID
cost: N, 27 bytes for the journal

command  calls  writes  errors
get      1      0       0
decrby   1      1       0
set      1      1       0
incr     1      0       1

key         access         value
"alice"     read, written  before: string of 3 bytes: 100
                           after:  string of 2 bytes: 70
"two b\\b"  read, written  before: none
                           after:  string of 1 byte: x`
	output, status := perigee(t, "", "run", "-s", server.socket, "--explain", script, "alice", `two b\b`, ",", "30")
	if got := cost.ReplaceAllString(output, "cost: N"); got != want || status != exitOK {
		t.Errorf("status %d:\n%s\nwant\n%s", status, got, want)
	}
	server.expect(`"100"`, "GET", "alice")
	output, _ = perigee(t, "", "script", "explain", "-s", server.socket, "EVAL", "redis.call('FLUSHALL') error('no')", "0")
	if got := cost.ReplaceAllString(output, "cost: N"); got != `error: ERR user_script:1: no script: 781d8988ec6885a6749f7b32838772c42061ea81, on @user_script:1.
cost: N, 4 bytes for the journal

command   calls  writes  errors
flushall  1      1       0

database 0 is emptied or exchanged as a whole` {
		t.Error(got)
	}
	if output, status := perigee(t, "", "script", "explain", "-s", server.socket, "GET", "alice"); status != exitFailed || output != "perigee: ERR 'get' is neither a script nor a function nor a command of a module" {
		t.Errorf("status %d: %s", status, output)
	}
	if _, status := perigee(t, "", "script", "explain", "-s", server.socket); status != exitUsage {
		t.Errorf("status %d without a command", status)
	}
}
