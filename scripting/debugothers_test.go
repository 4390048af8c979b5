package scripting

import (
	"strings"
	"testing"
	"time"

	"perigee/engine"
)

// another is a further debugging client of the same server.
func (v *debugged) another(t *testing.T, mode string) *debugged {
	t.Helper()
	c, err := v.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &debugged{timed: v.timed, dbg: c}
	if got := w.send("SCRIPT DEBUG " + mode); got != "OK" {
		t.Fatal(got)
	}
	return w
}

func (v *debugged) eval(script string) string {
	return v.sendArgs([]byte("EVAL"), []byte(script), []byte("0"))
}

// TestDebugSessionsAtOnce has two sessions go on in turn: neither sees what the
// other does, nor does anybody else.
func TestDebugSessionsAtOnce(t *testing.T) {
	a := newDebugged(t, "YES")
	b := a.another(t, "YES")
	a.do(t, "SET", "n", "1")
	script := "redis.call('INCR', 'n')\nredis.call('INCR', 'n')\nreturn redis.call('GET', 'n')"
	a.eval(script)
	b.eval(script)
	a.send("s")
	b.send("s")
	b.send("redis set n 50")
	for _, x := range []struct {
		who  *debugged
		want string
	}{{a, `"2"`}, {b, `"50"`}} {
		if got := x.who.send("redis get n"); got != "<redis> get n\n<reply> "+x.want {
			t.Errorf("a session sees %s", got)
		}
	}
	if got := a.do(t, "GET", "n"); got != `"1"` {
		t.Errorf("others see %s", got)
	}
	if got := b.send("c"); got != "<endsession>\n\"51\"" {
		t.Error(got)
	}
	if got := a.send("c"); got != "<endsession>\n\"3\"" {
		t.Error(got)
	}
	if got := a.do(t, "GET", "n"); got != `"1"` {
		t.Errorf("in the end: %s", got)
	}
}

// TestDebugClientIsKilled ends a waiting session from outside.
func TestDebugClientIsKilled(t *testing.T) {
	v := newDebugged(t, "YES")
	v.eval("redis.call('SET', 'a', 1)\nreturn 1")
	v.send("s")
	if got := v.do(t, "SCRIPT", "KILL"); got != "(error) NOTBUSY No scripts in execution right now." {
		t.Errorf("SCRIPT KILL, while a private session waits: %s", got)
	}
	if got := v.do(t, "CLIENT", "KILL", "ID", itoa(int(v.dbg.ID)), "SKIPME", "no"); got != "(integer) 1" {
		t.Fatal(got)
	}
	v.iterate()
	if got := v.do(t, "EVAL", "return redis.call('EXISTS', 'a')", "0"); got != "(integer) 0" {
		t.Error(got)
	}
	w := v.another(t, "YES")
	if got := w.eval("return 7"); !strings.HasPrefix(got, "* Stopped at 1") {
		t.Errorf("the next session: %s", got)
	}
}

// TestEndlessEvaluation has the debugger evaluate what does not end: others are
// served meanwhile, and the session goes on.
func TestEndlessEvaluation(t *testing.T) {
	v := newDebugged(t, "YES")
	v.eval("redis.call('SET', 'a', 1)\nlocal x = 5\nreturn x")
	v.send("s")
	served := 0
	v.e.Settings().BusyThresholdMs = 500 // many turns
	v.drift = time.Millisecond
	got := v.send("eval while true do end")
	for ; got == ""; got = v.received() {
		if reply := v.do(t, "EXISTS", "a"); reply != "(integer) 0" {
			t.Fatalf("others see %s", reply)
		}
		served++
	}
	if got != "<error> timeout reached, infinite loop?" || served == 0 {
		t.Errorf("after others were served %d times: %s", served, got)
	}
	v.drift = 0
	v.converse(t, `> eval redis.call('get', 'a')
<retval> "1"
> s
* Stopped at 3, stop reason = step over
-> 3   return x
> c
<endsession>
(integer) 5`)
}

// TestDebugSessionWaitsForScripts has a session be told to go on while another
// script overruns, half of which is done.
func TestDebugSessionWaitsForScripts(t *testing.T) {
	v := newDebugged(t, "YES")
	v.eval("local a = redis.call('GET', 'half')\nreturn a")
	v.e.Settings().BusyThresholdMs = 1
	v.drift = 10 * time.Millisecond
	asked := false
	v.e.SetWake(func() {}, func() {
		if !asked {
			asked = true
			v.e.Execute(v.dbg, words("c"))
			v.iterate()
			if v.dbg.Out.Len() > 0 {
				t.Errorf("while the other runs: %q", v.dbg.Out.Bytes())
			}
		}
	})
	v.do(t, "EVAL", "redis.call('SET', 'half', 'done') for i = 1, 30000 do end redis.call('SET', 'half', 'whole')", "0")
	v.drift = 0
	if !asked {
		t.Error("the script did not overrun")
	}
	if got := v.received(); got != "<endsession>\n\"whole\"" {
		t.Error(got)
	}
}

// TestDebugClientsCount has a waiting session count as the client that it is.
func TestDebugClientsCount(t *testing.T) {
	v := newDebugged(t, "YES")
	v.eval("return 1")
	v.e.Settings().MaxClients = 2
	if _, err := v.e.Connect(engine.Peer{Unix: true}, nil); err == nil {
		t.Error("a third client is let in")
	}
	v.send("c")
	v.e.Disconnect(v.dbg)
	if _, err := v.e.Connect(engine.Peer{Unix: true}, nil); err != nil {
		t.Error(err)
	}
}

// TestDebuggerShowsNoMoreThanItMust prints a table that holds itself many times.
func TestDebuggerShowsNoMoreThanItMust(t *testing.T) {
	v := newDebugged(t, "YES")
	v.eval("local t = {}\nfor i = 1, 100 do t[i] = t end\nreturn 1")
	v.send("b 3")
	v.send("c")
	if got := v.send("print t"); len(got) > 2*debugMaxLen+100 {
		t.Errorf("%d bytes", len(got))
	}
	v.send("maxlen 0")
	if got := v.send("print t"); len(got) > 2*maxShown {
		t.Errorf("%d bytes", len(got))
	}
}

// TestDebugStepsOverAndOut steps through calls, calls in tail position and
// coroutines.
func TestDebugStepsOverAndOut(t *testing.T) {
	v := newDebugged(t, "YES")
	v.eval(`local function inner(x)
  local y = x + 1
  return y
end
local function tail(x)
  return inner(x)
end
local function outer(x)
  local a = inner(x)
  local b = tail(a)
  return b
end
local co = coroutine.wrap(function(x)
  local got = coroutine.yield(x)
  return got
end)
local r = outer(1)
r = co(r)
r = co(r)
return r`)
	v.converse(t, `> b 9
   8   local function outer(x)
  #9     local a = inner(x)
   10    local b = tail(a)
> c
* Stopped at 9, stop reason = break point
->#9     local a = inner(x)
> over
* Stopped at 10, stop reason = step over
-> 10    local b = tail(a)
> o
* Stopped at 11, stop reason = step over
-> 11    return b
> print b
<value> 3
> finish
* Stopped at 18, stop reason = step out
-> 18  r = co(r)
> s
* Stopped at 14, stop reason = step over
-> 14    local got = coroutine.yield(x)
> over
* Stopped at 19, stop reason = step over
-> 19  r = co(r)
> s
* Stopped at 15, stop reason = step over
-> 15    return got
> dialect perigee
The dialect is perigee's.
> n
* Stopped at 20, stop reason = step over
-> 20  return r
> print r + 1
<value> 4
> eval r == 3 and outer ~= nil
<retval> true
> unwatch
Nothing is watched.
> watch r * 2
<watch> r * 2 = 6
> frame 1
<error> There is no such frame.
> c
<endsession>
(integer) 3`)
}

func TestDebugConditions(t *testing.T) {
	v := newDebugged(t, "YES")
	v.eval("local n = 0\nfor i = 1, 10 do\n  n = n + i\nend\nreturn n")
	v.converse(t, `> break 3 if i == 4 and n > 5
   2   for i = 1, 10 do
  #3     n = n + i
   4   end
> break
1 breakpoints set:
  #3     n = n + i
       if i == 4 and n > 5
> c
* Stopped at 3, stop reason = break point
->#3     n = n + i
> print n
<value> 6
> break 3 if nosuch.field
   2   for i = 1, 10 do
->#3     n = n + i
   4   end
> break 3 if i ==
<error> condition:1: unexpected symbol near '<eof>'
> c
<error> condition nosuch.field: ldb_eval:1: Script attempted to access nonexistent global variable 'nosuch'
* Stopped at 3, stop reason = break point
->#3     n = n + i
> break 0
All breakpoints removed.
> c
<endsession>
(integer) 55`)
}

// TestDebugHelpByDialect: help tells of next, print and eval what they do in
// the dialect that is spoken.
func TestDebugHelpByDialect(t *testing.T) {
	v := newDebugged(t, "YES")
	v.eval("local n = 1\nreturn n")
	inRedis, inPerigee := "[n]ext               Alias for step.", "[n]ext               Run current line, functions it calls included."
	for _, x := range []struct{ dialect, says, saysNot string }{{"", inRedis, inPerigee}, {"perigee", inPerigee, inRedis}, {"redis", inRedis, inPerigee}} {
		if x.dialect != "" {
			v.send("dialect " + x.dialect)
		}
		help := v.send("help")
		for _, rest := range []string{"[s]tep  ", "[p]rint  ", "[p]rint <", "[b]reak 0", "[e]val <", "[r]edis <", "redis.breakpoint()", "dialect redis"} {
			if !strings.Contains(help, rest) {
				t.Errorf("dialect %q: help says nothing of %s:\n%s", x.dialect, rest, help)
			}
		}
		if !strings.Contains(help, x.says) || strings.Contains(help, x.saysNot) {
			t.Errorf("dialect %q:\n%s", x.dialect, help)
		}
	}
}
