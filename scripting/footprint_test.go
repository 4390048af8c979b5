package scripting

import (
	"strings"
	"testing"
)

// TestWhatScriptsTake follows the memory that INFO tells of compiled scripts and functions.
func TestWhatScriptsTake(t *testing.T) {
	v := newServer(t)
	v.e.Settings().ScriptCache = 2
	empty := v.s.Use()
	if empty.EvalBytes != registryBytes || empty.FunctionVMBytes != 0 {
		t.Fatalf("without scripts: %+v", empty)
	}
	long := "local a = 0 " + strings.Repeat("a = a + tonumber('2') ", 200) + "return a"
	v.do(t, "EVAL", "return 1", "0")
	short := v.s.Use().EvalBytes
	v.do(t, "EVAL", long, "0")
	both := v.s.Use().EvalBytes
	if short <= empty.EvalBytes || both-short < 10*(short-empty.EvalBytes) {
		t.Errorf("%d bytes, with a short script %d, with a long one too %d", empty.EvalBytes, short, both)
	}
	v.do(t, "EVAL", "return 2", "0")
	v.do(t, "EVAL", "return 3", "0")
	if left := v.s.Use().EvalBytes; left-empty.EvalBytes != 2*(short-empty.EvalBytes) {
		t.Errorf("%d bytes when two short scripts are left", left)
	}
	library := "#!lua name=lib\nredis.register_function('f', function() return 1 end)\nredis.register_function('g', function() " + long + " end)"
	v.do(t, "FUNCTION", "LOAD", library)
	if got := v.s.Use().FunctionVMBytes; got < both-short {
		t.Errorf("%d bytes of functions, want more than %d", got, both-short)
	}
	v.do(t, "FUNCTION", "FLUSH")
	if got := v.s.Use().FunctionVMBytes; got != 0 {
		t.Errorf("%d bytes when there are no functions", got)
	}
}
