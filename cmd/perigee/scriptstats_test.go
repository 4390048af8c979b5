package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestScriptTables(t *testing.T) {
	c := startServer(t, "--ephemeral")
	c.expect("(integer) 1", "EVAL", "return redis.call('INCR', 'n')", "0")
	c.expect("\"f\"", "FUNCTION", "LOAD", "#!lua name=f\nredis.register_function('fail', function() error('no \\27 good') end)")
	perigee(t, "", "cli", "-s", c.socket, "FCALL", "fail", "0")
	output, status := perigee(t, "", "script", "list", "-s", c.socket)
	for _, line := range []string{
		`(?m)^ +KIND +CALLS +ERRORS +TIME +P50 +P99 +MAX +INSTRUCTIONS +NAME$`,
		`(?m)^ *script +1 +0 +[0-9.µms]+ +[0-9.µms]+ +[0-9.µms]+ +[0-9.µms]+ +\d+ +[0-9a-f]{40}$`,
		`(?m)^ *function +1 +1 +[0-9.µms]+ +[0-9.µms]+ +[0-9.µms]+ +[0-9.µms]+ +\d+ +fail \(f\)$`,
	} {
		if status != exitOK || !regexp.MustCompile(line).MatchString(output) {
			t.Errorf("%d: %q lacks %q", status, output, line)
		}
	}
	for _, protocol := range [][]string{nil, {"-3"}} {
		output, status = perigee(t, "", append(append([]string{"script", "stats", "-s", c.socket}, protocol...), "FAIL")...)
		for _, line := range []string{
			`function +fail\nlibrary +f\ncalls +1\nerrors +1, of them 0 killed and 0 over a limit; 0 rolled back\ntime +\S+ in all; p50 \S+, p99 \S+, max \S+\n`,
			`ERR user_function:2: no \? good script: fail, on @user_function:2\.\n +stack traceback:\n +\[C\]: in function 'error'\n +user_function:2: in function <user_function:2>$`,
		} {
			if status != exitOK || !regexp.MustCompile(line).MatchString(output) {
				t.Errorf("%d: %q lacks %q", status, output, line)
			}
		}
	}
	if output, status := perigee(t, "", "script", "stats", "-s", c.socket, "none"); status != exitFailed || !strings.Contains(output, "No such script") {
		t.Errorf("%d: %s", status, output)
	}
}
