package scripting

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"perigee/engine"
)

// timed is a server whose clock only the command WORK moves, by milliseconds,
// or, while it drifts, every look at it. Its watchdog sleeps: when scripts look
// at the clock and at the heap depends on what they do alone.
type timed struct {
	*server
	now   time.Duration
	drift time.Duration
}

func newTimedServer(t testing.TB) *timed {
	t.Helper()
	v := &timed{}
	s := New(func() time.Duration { v.now += v.drift; return v.now }, nil)
	work := engine.Command{
		Name: "work", Group: engine.GroupGeneric, Since: "perigee 0.1", Summary: "Takes time.", Arity: 2,
		Run: func(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
			n, _ := engine.ParseInt(args[0])
			v.now += time.Duration(n) * time.Millisecond
			w.Status("OK")
			return nil
		},
	}
	s.m.hook.awake.Store(true)
	v.server = serve(t, s, work)
	return v
}

// profile is what SCRIPT PROFILE GET shows.
func (v *timed) profile(t testing.TB) []string {
	t.Helper()
	shown := v.do(t, "SCRIPT", "PROFILE", "GET")
	if shown == "(empty array)" {
		return nil
	}
	lines := strings.Split(shown, "\n")
	for i, line := range lines {
		_, line, _ = strings.Cut(line, `"`)
		lines[i] = strings.TrimSuffix(line, `"`)
	}
	return lines
}

// expectProfile compares the profile with stacks, the heaviest first.
func (v *timed) expectProfile(t *testing.T, want ...string) {
	t.Helper()
	if got := strings.Join(v.profile(t), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the profile is\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestProfileChargesCommandsToLines(t *testing.T) {
	v := newTimedServer(t)
	source := `local function twice(ms)
  redis.call('work', ms)
  return redis.pcall('WORK', ms)
end
local t = {}
function t.once(ms) redis.call('WORK', ms) end
twice(1)
t.once(5)
table.sort({1, 2}, function(a, b) redis.call('WORK', 7) return a < b end)
pcall(function() t.once(20) error('x') end)
coroutine.wrap(function() t.once(100) end)()
return 1`
	v.do(t, "SCRIPT", "PROFILE", "START", "EVERY", "0")
	v.do(t, "EVAL", source, "0")
	v.do(t, "SCRIPT", "PROFILE", "STOP")
	v.do(t, "EVAL", source, "0")
	root := "script:" + sha1Hex(source)[:shortSHA] + ";main@"
	v.expectProfile(t,
		root+"11;(native);(function:11)@11;t.once@6;redis.call;WORK 100000000",
		root+"10;pcall;(function:10)@10;t.once@6;redis.call;WORK 20000000",
		root+"9;table.sort;(function:9)@9;redis.call;WORK 7000000",
		root+"8;t.once@6;redis.call;WORK 5000000",
		root+"7;twice@2;redis.call;WORK 1000000",
		root+"7;twice@3;redis.pcall;WORK 1000000",
	)
}

func TestProfileNamesFunctionsAndModules(t *testing.T) {
	v := newTimedServer(t)
	v.do(t, "FUNCTION", "LOAD", "#!lua name=lib\nlocal function pay()\n  redis.call('WORK', 1)\nend\nredis.register_function('transfer', function()\n  pay()\nend)")
	m, err := v.s.LoadModule(ModuleSource{File: "/srv/modules/bank/init.lua", Text: `#!lua name=bank
perigee.command{name = 'bank.pay', arity = 1, handler = function()
  redis.call('WORK', 2)
end}
perigee.command{name = 'bank.all', arity = 1, handler = function()
  redis.call('bank.pay')
  redis.call('WORK', 3)
end}`})
	if err == nil {
		err = m.Install()
	}
	if err != nil {
		t.Fatal(err)
	}
	v.do(t, "SCRIPT", "PROFILE", "START", "EVERY", "0")
	v.do(t, "FCALL", "transfer", "0")
	v.do(t, "BANK.ALL")
	v.expectProfile(t,
		"command:bank.all;bank.all@bank/init.lua:7;redis.call;WORK 3000000",
		"command:bank.all;bank.all@bank/init.lua:6;redis.call;bank.pay@bank/init.lua:3;redis.call;WORK 2000000",
		"function:transfer;transfer@6;pay@3;redis.call;WORK 1000000",
	)
	v.do(t, "SCRIPT", "PROFILE", "STOP")
	v.do(t, "SCRIPT", "PROFILE", "START", "EVERY", "0", "FILTER", "Transfer")
	v.do(t, "FCALL", "transfer", "0")
	v.do(t, "BANK.ALL")
	v.expectProfile(t, "function:transfer;transfer@6;pay@3;redis.call;WORK 1000000")
	v.do(t, "SCRIPT", "PROFILE", "RESET")
	v.expectProfile(t)
}

// TestProfileSamplesScriptsShorterThanTheInterval has the time of runs between
// two samples charged to the later one.
func TestProfileSamplesScriptsShorterThanTheInterval(t *testing.T) {
	v := newTimedServer(t)
	const a, b = "return redis.call('WORK', 1)", "return redis.call('WORK', 1), 1"
	v.do(t, "SCRIPT", "PROFILE", "START", "EVERY", "3000", "FILTER", sha1Hex(a)[:6])
	for range 7 {
		v.do(t, "EVAL", a, "0")
		v.do(t, "WORK", "50")
		v.do(t, "EVAL", b, "0")
	}
	v.expectProfile(t, "script:"+sha1Hex(a)[:shortSHA]+";main@1;redis.call;WORK 6000000")
}

func TestProfileFindsTheLineOfALoop(t *testing.T) {
	v := newTimedServer(t)
	v.drift = time.Microsecond
	source := "local x = 0\nfor i = 1, 20000 do\n  x = x + i\nend\nlocal s = ''\nfor i = 1, 500 do s = string.rep('x', 100) end\nreturn x"
	v.do(t, "SCRIPT", "PROFILE", "START", "EVERY", "0")
	v.do(t, "EVAL", source, "0")
	v.do(t, "SCRIPT", "PROFILE", "STOP")
	root := "script:" + sha1Hex(source)[:shortSHA]
	weights := map[string]int{}
	for _, line := range v.profile(t) {
		var weight int
		stack, n, _ := strings.Cut(line, " ")
		if _, err := fmt.Sscan(n, &weight); err != nil {
			t.Fatal(err)
		}
		weights[stack] = weight
	}
	// 60,000 instructions of the first loop, looked at every 250, and 500 calls.
	if n := weights[root+";main@2"] + weights[root+";main@3"]; n < 150_000 || n > 260_000 {
		t.Errorf("the loop weighs %d ns: %v", n, weights)
	}
	if n := weights[root+";main@6;string.rep"]; n < 450_000 {
		t.Errorf("string.rep weighs %d ns: %v", n, weights)
	}
}

func TestProfileIsBounded(t *testing.T) {
	v := newTimedServer(t)
	v.do(t, "SCRIPT", "PROFILE", "START", "EVERY", "0")
	v.s.profile.bytes = maxProfileBytes - 100
	deep := "local function f(n) if n == 0 then redis.call('WORK', 1) return 0 end return 1 + f(n - 1) end\nlocal n = f(%d)"
	v.do(t, "EVAL", fmt.Sprintf(deep, 1), "0")
	v.do(t, "EVAL", fmt.Sprintf(deep, 200), "0")
	v.do(t, "EVAL", fmt.Sprintf(deep, 300), "0")
	v.expectProfile(t, "(other) 2000000", "script:"+sha1Hex(fmt.Sprintf(deep, 1))[:shortSHA]+";main@2;f@1;f@1;redis.call;WORK 1000000")
	v.do(t, "SCRIPT", "PROFILE", "RESET")
	v.do(t, "EVAL", fmt.Sprintf(deep, 200), "0")
	got := v.profile(t)
	if want := "script:" + sha1Hex(fmt.Sprintf(deep, 200))[:shortSHA] + ";(cut);f@1;"; len(got) != 1 || !strings.HasPrefix(got[0], want) || strings.Count(got[0], ";") != maxStackDepth+2 {
		t.Errorf("got %q, want one line that begins with %q", got, want)
	}
}

// TestProfileOfAnOverrunningScript starts the profiler while a script runs, and
// keeps the time that others have out of it.
func TestProfileOfAnOverrunningScript(t *testing.T) {
	v := newTimedServer(t)
	v.drift = time.Millisecond
	v.e.Settings().BusyThresholdMs = 1
	other, err := v.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	yields := 0
	v.e.SetWake(func() {}, func() {
		switch yields++; yields {
		case 1:
			execute(v.server, other, "SCRIPT PROFILE START EVERY 0")
		case 3:
			execute(v.server, other, "SCRIPT PROFILE STOP")
			execute(v.server, other, "SCRIPT KILL")
		}
		v.now += time.Hour
	})
	v.do(t, "EVAL", "while true do end", "0")
	got := v.profile(t)
	if len(got) != 1 || !strings.HasPrefix(got[0], "script:") || !strings.Contains(got[0], ";main@1 ") || len(got[0]) > 50 {
		t.Errorf("got %q", got)
	}
}

func TestProfileLeavesLibrariesAsTheyWere(t *testing.T) {
	v := newTimedServer(t)
	names := v.s.m.libraryNames()
	before := map[string]string{}
	for fn, name := range names {
		before[name] = fmt.Sprintf("%p", fn.GFunction)
	}
	for _, name := range []string{"redis.call", "string.rep", "cjson.encode", "table.sort", "pcall", "(concat)", "perigee.atomic"} {
		if before[name] == "" {
			t.Errorf("%s is not among the library functions", name)
		}
	}
	v.do(t, "SCRIPT", "PROFILE", "START")
	v.do(t, "SCRIPT", "PROFILE", "STOP")
	for fn, name := range names {
		if got := fmt.Sprintf("%p", fn.GFunction); got != before[name] {
			t.Errorf("%s is another function than before", name)
		}
	}
	if v.s.m.hook.onStep != nil {
		t.Error("the hook still looks at each step")
	}
}

func TestProfileRefusals(t *testing.T) {
	v := newTimedServer(t)
	for _, tc := range []struct{ line, want string }{
		{"SCRIPT PROFILE STOP", "(error) ERR The profiler is not running"},
		{"SCRIPT PROFILE START EVERY x", "(error) ERR EVERY is a number of microseconds from 0 to 1000000"},
		{"SCRIPT PROFILE START EVERY", "(error) ERR syntax error"},
		{"SCRIPT PROFILE START FAST 1", "(error) ERR syntax error"},
		{"SCRIPT PROFILE GET 1", "(error) ERR syntax error"},
		{"SCRIPT PROFILE LOOK", "(error) ERR syntax error"},
		{"SCRIPT PROFILE START", "OK"},
		{"SCRIPT PROFILE START", "(error) ERR The profiler is running already"},
		{"SCRIPT PROFILE STOP", "OK"},
		{"SCRIPT PROFILE GET", "(empty array)"},
	} {
		if got := v.do(t, strings.Fields(tc.line)...); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.line, got, tc.want)
		}
	}
}

func TestHottestLine(t *testing.T) {
	v := newTimedServer(t)
	v.do(t, "EVAL", "for i = 1, 3000 do\n  local x = i\nend\nfor i = 1, 100000 do\n  string.rep('x', 100)\nend", "0")
	if place, share := v.s.hot.hottest(); place != "user_script:5" && place != "user_script:4" || share < 0.6 || share > 1 {
		t.Errorf("got %s with %.2f", place, share)
	}
	v.do(t, "EVAL", "return 1", "0")
	if place, share := v.s.hot.hottest(); place != "" || share != 0 {
		t.Errorf("a short script has a hottest line: %s with %.2f", place, share)
	}
}

func TestHotLinesKeepALineWithALargeShare(t *testing.T) {
	var h hotLines
	for i := range 1000 {
		h.add("a", i, 10)
		h.add("b", 1, 10)
		h.steps += 20
	}
	if place, share := h.hottest(); place != "b:1" || share < 0.45 {
		t.Errorf("got %s with %.2f", place, share)
	}
}

func TestSlowLogShowsTheHottestLine(t *testing.T) {
	v := newTimedServer(t)
	v.e.Settings().SlowlogSlowerThan = 0
	v.do(t, "EVAL", "local x = 0\nfor i = 1, 100000 do x = x + i end\nreturn x", "0")
	if got := v.do(t, "SLOWLOG", "GET", "WITHSCRIPT"); !strings.Contains(got, `"user_script:2 (100%)"`) {
		t.Error(got)
	}
}
