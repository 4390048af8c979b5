package scripting

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"perigee/engine"
)

// isLimit tells whether a run ended because of a limit.
func isLimit(err error, which string) bool {
	var limit *LimitError
	return errors.As(err, &limit) && limit.Which == which
}

// TestLimits has each limit end a script that catches all it can, and undo it.
func TestLimits(t *testing.T) {
	for _, tc := range []struct{ which, option, script string }{
		{"time", "time-limit=20", `while true do pcall(function() while true do end end) end`},
		{"instructions", "instruction-limit=100000", `while true do pcall(function() while true do end end) end`},
		{"memory", "memory-limit=2000000", `local t = {} while true do pcall(function() t[#t + 1] = ('x'):rep(10000) .. #t end) end`},
		{"commands", "command-limit=100", `while true do redis.pcall('INCR', 'n') end`},
		{"written", "write-limit=100000", `while true do redis.pcall('APPEND', 'n', ('x'):rep(1000)) end`},
		{"written", "write-limit=100000", `redis.call('SET', 'n', ('x'):rep(60000)) pcall(redis.call, 'COPY', 'n', 'm') return 1`},
		// Each of these calls at most as many commands as end it at last, if nothing else does.
		{"written", "command-limit=1000000 write-limit=16777216", `while true do redis.pcall('HINCRBY', 'h', 'f', 1) end`}, // by what undo takes
		{"memory", "command-limit=1000 memory-limit=20000000", `local s, t = ('x'):rep(1e6), {} while true do redis.pcall('ECHO', s) t[#t + 1] = s .. #t end`},
		{"memory", "command-limit=300000 memory-limit=20000000", `local s, t = ('x'):rep(300), {} while true do redis.pcall('EXISTS', 'n') t[#t + 1] = s .. #t end`},
		{"reply", "reply-limit=1000", `local t = {} for i = 1, 100 do t[i] = 'some text' end return t`},
		{"pattern", "pattern-limit=10000", `while true do pcall(string.find, ('a'):rep(300), ('a-'):rep(20) .. 'b') end`},
	} {
		v := newServer(t)
		v.do(t, "SET", "n", "0")
		body := "redis.call('SET', 'undone', 1) " + tc.script
		want := "(error) LIMIT " + tc.which + " the script exceeded its limit of " + tc.option[strings.LastIndex(tc.option, "=")+1:] + " "
		if got := v.do(t, "EVAL", "#!lua "+tc.option+"\n"+body, "0"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s", tc.option, got)
		}
		v.do(t, "FUNCTION", "LOAD", "#!lua name=lib "+tc.option+"\nredis.register_function('f', function() "+body+" end)")
		if got := v.do(t, "FCALL", "f", "0"); !strings.HasPrefix(got, want) {
			t.Errorf("function with %s: got %s", tc.option, got)
		}
		if got := v.do(t, "EXISTS", "undone", "m"); got != "(integer) 0" {
			t.Errorf("%s: what the script wrote stands", tc.option)
		}
		if got := v.do(t, "GET", "n"); got != `"0"` {
			t.Errorf("%s: n is %s", tc.option, got)
		}
	}
}

// TestMessagesCountAsMemory has a script publish more than it may hold, which
// waits for its end.
func TestMessagesCountAsMemory(t *testing.T) {
	v := newServer(t)
	subscriber, err := v.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.e.Execute(subscriber, [][]byte{[]byte("SUBSCRIBE"), []byte("c")})
	subscriber.Sent(subscriber.Out.Len())
	const publish = "#!lua memory-limit=20000000\nlocal text = ('x'):rep(100000) for i = 1, %d do redis.pcall('PUBLISH', 'c', text) end return 1"
	want := "(error) LIMIT memory the script exceeded its limit of 20000000 "
	if got := v.do(t, "EVAL", fmt.Sprintf(publish, 600), "0"); !strings.HasPrefix(got, want) || subscriber.Out.Len() > 0 {
		t.Errorf("60 MB: got %s, and the subscriber %d bytes", got, subscriber.Out.Len())
	}
	if got := v.do(t, "EVAL", fmt.Sprintf(publish, 50), "0"); got != "(integer) 1" || subscriber.Out.Len() < 5_000_000 {
		t.Errorf("5 MB: got %s, and the subscriber %d bytes", got, subscriber.Out.Len())
	}
}

func TestLimitsOnlyGoLower(t *testing.T) {
	v := newServer(t)
	v.e.Settings().ScriptLimits.Commands = 2
	calls := "redis.call('PING') redis.call('PING') redis.call('PING')"
	for script, want := range map[string]string{
		calls:                                    "(error) LIMIT commands the script exceeded its limit of 2 commands",
		"#!lua command-limit=1000\n" + calls:     "(error) LIMIT commands the script exceeded its limit of 2 commands",
		"#!lua command-limit=1\n" + calls:        "(error) LIMIT commands the script exceeded its limit of 1 commands",
		"#!lua command-limit=0\nreturn 1":        "(error) ERR Invalid command-limit: '0' is not a number of commands above 0",
		"#!lua command-limit\nreturn 1":          "(error) ERR Invalid command-limit: '' is not a number of commands above 0",
		"#!lua time-limit=1e9\nreturn 1":         "(error) ERR Invalid time-limit: '1e9' is not a number of milliseconds above 0",
		"#!lua limit=1\nreturn 1":                "(error) ERR Unknown lua shebang option: limit=1",
		"#!lua command-limit=2 flags=\nreturn 1": "(integer) 1",
	} {
		if got := v.do(t, "EVAL", script, "0"); !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %s, want %s", script, got, want)
		}
	}
}

// TestModuleLimits takes limits from what a module is told.
func TestModuleLimits(t *testing.T) {
	v := newServer(t)
	src := ModuleSource{File: "m.lua", Text: `#!lua name=mod
		perigee.command{name = 'mod.loop', summary = 'Loops.', args = {}, handler = function() while true do redis.call('INCR', 'n') end end}`}
	src.Settings = map[string]map[string]string{"mod": {"command-limit": "7", "other": "x"}}
	m, err := v.s.LoadModule(src)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Install(); err != nil {
		t.Fatal(err)
	}
	if got := v.do(t, "mod.loop"); !strings.HasPrefix(got, "(error) LIMIT commands the script exceeded its limit of 7 commands") {
		t.Error(got)
	}
	src.Settings["mod"]["command-limit"] = "many"
	if _, err := v.s.LoadModule(src); err == nil || err.Error() != "m.lua: Invalid command-limit: 'many' is not a number of commands above 0" {
		t.Error(err)
	}
}

// TestLimitsHoldOfWhatLibrariesMake has little that a script holds become much, of which no more must be made than the
// limit allows, besides what is dropped while a buffer grows.
func TestLimitsHoldOfWhatLibrariesMake(t *testing.T) {
	for _, tc := range []struct {
		script string
		most   uint64 // bytes that may be made
	}{
		{`return #('x'):rep(1e5):gsub('.*', ('%0'):rep(5000))`, 1 << 30},
		{`return #('x'):rep(1e5):gsub('(.*)', ('%1'):rep(5000))`, 1 << 30},
		{`return #string.format('%q', ('\0'):rep(15e6))`, 200 << 20},
		{`local s, t = ('x'):rep(1e6), {} for i = 1, 400 do t[i] = s end redis.log(redis.LOG_DEBUG, unpack(t))`, 200 << 20},
		{`local s, t = ('x'):rep(1e6), {} for i = 1, 400 do t[i] = s end redis.call('RPUSH', 'l', unpack(t))`, 200 << 20},
	} {
		v := newServer(t)
		v.e.Settings().ScriptLimits.Memory = 16 << 20
		var got string
		made := allocated(func() { got = v.do(t, "EVAL", tc.script, "0") })
		if !strings.HasPrefix(got, "(error) LIMIT memory the script exceeded its limit of ") {
			t.Errorf("%s: got %.100s", tc.script, got)
		}
		if made > tc.most {
			t.Errorf("%s: made %d MB", tc.script, made>>20)
		}
	}
}

// TestClaimsWhenALookIsDue claims more than there may be just when the hook is to look at the heap.
func TestClaimsWhenALookIsDue(t *testing.T) {
	h := newHook()
	h.begin(Monitor{MemoryBytes: 16 << 20})
	defer h.end()
	h.due.Store(true)
	if err := h.claim(17 << 20); !isLimit(err, "memory") {
		t.Errorf("got %v", err)
	}
}

// TestUnpackingOneByOne takes a long text apart value by value, which must not copy what is left of it each time.
func TestUnpackingOneByOne(t *testing.T) {
	v := newServer(t)
	var got string
	made := allocated(func() {
		got = v.do(t, "EVAL", `local s, at, n = ('\1'):rep(1e6), 0, 0
			for i = 1, 1000 do local v at, v = cmsgpack.unpack_one(s, at) n = n + v end
			return {at, n}`, "0")
	})
	if got != "1) (integer) 1000\n2) (integer) 1000" {
		t.Errorf("got %s", got)
	}
	if made > 100<<20 {
		t.Errorf("made %d MB", made>>20)
	}
}

// allocated is how many bytes the process allocates while do runs.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
