package scripting

import (
	"strconv"
	"strings"
	"testing"
)

// TestScriptsOfEvalLeaveTheCache runs more scripts than the cache keeps: the one used least recently goes, but never one of
// SCRIPT LOAD.
func TestScriptsOfEvalLeaveTheCache(t *testing.T) {
	const kept = 500
	v := newServer(t)
	body := func(i int) string { return "return " + strconv.Itoa(i) }
	v.do(t, "SCRIPT", "LOAD", body(-1))
	for i := range kept {
		v.do(t, "EVAL", body(i), "0")
	}
	if got := v.do(t, "INFO", "stats"); !strings.Contains(got, "evicted_scripts:0") {
		t.Errorf("before the cache is full: %s", got)
	}
	v.do(t, "EVALSHA", sha1Hex(body(0)), "0") // used again, so that 1 is the oldest
	v.do(t, "EVAL", body(kept), "0")
	if got := v.do(t, "INFO", "stats"); !strings.Contains(got, "evicted_scripts:1") {
		t.Errorf("one script too many: %s", got)
	}
	for i, want := range map[int]string{
		-1: "(integer) -1", 0: "(integer) 0", 1: "(error) NOSCRIPT No matching script. Please use EVAL.", 2: "(integer) 2", kept: "(integer) 500",
	} {
		if got := v.do(t, "EVALSHA", sha1Hex(body(i)), "0"); got != want {
			t.Errorf("%s: got %s, want %s", body(i), got, want)
		}
	}
}
