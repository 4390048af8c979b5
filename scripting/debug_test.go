package scripting

import (
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
)

// debugged is a debugging client: what it is sent is kept as redis-cli shows it.
// The clock stands still, so that no session has to let others have their turn.
type debugged struct {
	*timed
	dbg   *engine.Client
	later []string // commands that are sent while the server waits
}

func newDebugged(t *testing.T, mode string) *debugged {
	t.Helper()
	v := &debugged{timed: newTimedServer(t)}
	c, err := v.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.dbg = c
	v.e.SetWake(func() {}, func() {
		if len(v.later) > 0 {
			line := v.later[0]
			v.later = v.later[1:]
			v.e.Execute(v.dbg, words(line))
		}
	})
	if got := v.send("SCRIPT DEBUG " + mode); got != "OK" {
		t.Fatal(got)
	}
	return v
}

func words(line string) [][]byte {
	var argv [][]byte
	for _, w := range strings.Fields(line) {
		argv = append(argv, []byte(w))
	}
	return argv
}

// send sends a command and returns all that has come back.
func (v *debugged) send(line string) string { return v.sendArgs(words(line)...) }

func (v *debugged) sendArgs(argv ...[]byte) string {
	v.e.Execute(v.dbg, argv)
	return v.received()
}

func (v *debugged) received() string {
	v.iterate()
	r := resp.NewReader(strings.NewReader(string(v.dbg.Out.Bytes())))
	var lines []string
	for {
		reply, err := r.Read()
		if err != nil {
			break
		}
		if len(reply.Elems) == 0 {
			lines = append(lines, reply.Format())
		}
		for _, line := range reply.Elems {
			lines = append(lines, line.Format())
		}
	}
	v.dbg.Sent(v.dbg.Out.Len())
	return strings.Join(lines, "\n")
}

// iterate lets the loop go round once.
func (v *debugged) iterate() { v.e.BeginIteration(time.Now()) }

// converse sends commands, each followed by what must come back.
func (v *debugged) converse(t *testing.T, conversation string) {
	t.Helper()
	for _, part := range strings.Split(strings.TrimSpace(conversation), "\n> ") {
		command, want, _ := strings.Cut(strings.TrimPrefix(part, "> "), "\n")
		if got := v.send(command); got != want {
			t.Fatalf("%s:\n got %s\nwant %s", command, got, want)
		}
	}
}

const debuggedScript = `local foo = redis.call('set',KEYS[1],ARGV[1])
local t = {1,2,{a='x',b={5}}}
local function add(a,b)
  local c = a + b
  return c
end
redis.breakpoint()
redis.debug('hello',t,12.5)
local n = add(2,3)
for i=1,3 do
  n = n + i
end
return {n,foo}
`

// TestDebugSession is a conversation as redis-server 7.0.15 holds it.
func TestDebugSession(t *testing.T) {
	v := newDebugged(t, "YES")
	if got := v.sendArgs([]byte("EVAL"), []byte(debuggedScript), []byte("1"), []byte("kk"), []byte("vv")); got != "* Stopped at 1, stop reason = step over\n-> 1   local foo = redis.call('set',KEYS[1],ARGV[1])" {
		t.Fatal(got)
	}
	v.converse(t, `> list 3 1
   2   local t = {1,2,{a='x',b={5}}}
   3   local function add(a,b)
   4     local c = a + b
> print
No local variables in the current context.
> print foo
No such variable.
> p KEYS
<value> {"kk"}
> step
<redis> set kk vv
<reply> "+OK"
* Stopped at 2, stop reason = step over
-> 2   local t = {1,2,{a='x',b={5}}}
> continue
* Stopped at 8, stop reason = redis.breakpoint() called
-> 8   redis.debug('hello',t,12.5)
> print t
<value> {1; 2; {["a"]="x"; ["b"]={5}}}
> s
<debug> line 8: "hello", {1; 2; {["a"]="x"; ["b"]={5}}}, 12.5
* Stopped at 9, stop reason = step over
-> 9   local n = add(2,3)
> n
* Stopped at 4, stop reason = step over
-> 4     local c = a + b
> N
* Stopped at 5, stop reason = step over
-> 5     return c
> print
<value> a = 2
<value> b = 3
<value> c = 5
> trace
In add:
-> 5     return c
From top level:
   9   local n = add(2,3)
> eval 1+1
<retval> 2
> eval return foo
<error> ldb_eval:1: Script attempted to access nonexistent global variable 'foo'
> eval redis.call('get','kk')
<retval> "vv"
> redis get kk
<redis> get kk
<reply> "vv"
> redis nosuch
<redis> nosuch
<error> Unknown Redis command called from script
> redis incr kk
<redis> incr kk
<error> -ERR value is not an integer or out of range
<reply> "-ERR value is not an integer or out of range"
> break
No breakpoints set. Use 'b <line>' to add one.
> break 11 99 x
   10  for i=1,3 do
  #11    n = n + i
   12  end
Wrong line number.
Invalid argument:'x'
> c
* Stopped at 11, stop reason = break point
->#11    n = n + i
> print i
<value> 1
> break -11
Breakpoint removed.
> break -11
No breakpoint in the specified line.
> maxlen 10
<value> replies are truncated at 60 bytes.
> maxlen 0
<value> replies are unlimited.
> nonsense
<error> Unknown Redis Lua debugger command or wrong number of arguments.
> continue
<endsession>
(integer) 11
OK`)
	if !v.dbg.CloseAfterReply() {
		t.Error("the connection stays open")
	}
	if got := v.do(t, "EXISTS", "kk"); got != "(integer) 0" {
		t.Errorf("after a private session: %s", got)
	}
}

// TestDebugSessionIsPrivate has others change the data while a private session
// waits: they do not see its changes, and it sees theirs.
func TestDebugSessionIsPrivate(t *testing.T) {
	v := newDebugged(t, "YES")
	v.do(t, "SET", "n", "10")
	script := "redis.call('INCR', 'n')\nredis.call('INCR', 'n')\nperigee.atomic(function() redis.call('SET', 'n', 'x')\nerror() end)\nreturn redis.call('INCR', 'n')"
	v.sendArgs([]byte("EVAL"), []byte(script), []byte("0"))
	v.send("s")
	if got := v.send("redis get n"); got != "<redis> get n\n<reply> \"11\"" {
		t.Errorf("the session sees %s", got)
	}
	if got := v.do(t, "INCRBY", "n", "100"); got != "(integer) 110" {
		t.Errorf("others see %s", got)
	}
	if got := v.do(t, "EVAL", "return redis.call('GET', 'n')", "0"); got != `"110"` {
		t.Errorf("other scripts see %s", got)
	}
	v.send("s")
	if got := v.send("eval redis.call('get', 'n')"); got != `<retval> "112"` {
		t.Errorf("the session then sees %s", got)
	}
	if got := v.send("c"); got != "<endsession>\n(integer) 113" {
		t.Error(got)
	}
	if got := v.do(t, "GET", "n"); got != `"110"` {
		t.Errorf("in the end: %s", got)
	}
}

func TestDebugSessionThatIsAborted(t *testing.T) {
	for mode, left := range map[string]string{"YES": "(integer) 0", "SYNC": "(integer) 1"} {
		v := newDebugged(t, mode)
		v.later = []string{"s", "abort"}
		v.sendArgs([]byte("EVAL"), []byte("redis.call('SET', 'a', 1)\nwhile true do pcall(redis.call, 'INCR', 'a') end"), []byte("0"))
		if mode == "YES" {
			v.send("s")
			v.send("abort")
		}
		if got := v.do(t, "EXISTS", "a"); got != left {
			t.Errorf("%s: %s", mode, got)
		}
		if !v.dbg.CloseAfterReply() {
			t.Errorf("%s: the session goes on", mode)
		}
	}
}

// TestDebugSessionWithoutClient loses the client while the script waits.
func TestDebugSessionWithoutClient(t *testing.T) {
	v := newDebugged(t, "YES")
	v.sendArgs([]byte("EVAL"), []byte("redis.call('SET', 'a', 1)\nwhile true do end"), []byte("0"))
	v.send("s")
	v.e.Disconnect(v.dbg)
	v.iterate()
	if got := v.do(t, "EVAL", "return redis.call('EXISTS', 'a')", "0"); got != "(integer) 0" {
		t.Error(got)
	}
}

// TestSyncSessionKeepsOthersOut has another client come while a real session
// waits, and kill the script.
func TestSyncSessionKeepsOthersOut(t *testing.T) {
	v := newDebugged(t, "SYNC")
	other, err := v.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	turn, heard := 0, ""
	v.e.SetWake(func() {}, func() {
		switch turn++; turn {
		case 1:
			v.e.Execute(v.dbg, words("s"))
		case 2:
			heard = execute(v.server, other, "GET a") + execute(v.server, other, "SCRIPT KILL")
		}
	})
	got := v.sendArgs([]byte("EVAL"), []byte("redis.call('SET', 'a', 1)\nreturn 1"), []byte("0"))
	if !strings.HasPrefix(heard, "-BUSY ") || !strings.HasSuffix(heard, "+OK\r\n") {
		t.Errorf("others hear %q", heard)
	}
	if !strings.Contains(got, "<endsession>\n(error) ERR Script killed by user with SCRIPT KILL...") {
		t.Errorf("the debugger hears %s", got)
	}
	if got := v.do(t, "EXISTS", "a"); got != "(integer) 0" {
		t.Errorf("a killed script's write: %s", got)
	}
}

func TestDebugFunction(t *testing.T) {
	v := newDebugged(t, "YES")
	v.do(t, "FUNCTION", "LOAD", "#!lua name=lib\nlocal kept = 5\nredis.register_function('f', function(KEYS, ARGV)\n  local sum = kept + ARGV[1]\n  return sum\nend)")
	if got := v.send("FCALL f 0 3"); got != "* Stopped at 4, stop reason = step over\n-> 4     local sum = kept + ARGV[1]" {
		t.Fatal(got)
	}
	v.converse(t, `> s
* Stopped at 5, stop reason = step over
-> 5     return sum
> p sum
<value> 8
> c
<endsession>
(integer) 8`)
}

func TestEndlessScriptStopsInTheDebugger(t *testing.T) {
	v := newDebugged(t, "YES")
	v.e.Settings().BusyThresholdMs = 1
	v.sendArgs([]byte("EVAL"), []byte("while true do\n  local x = 1\nend"), []byte("0"))
	v.drift = time.Millisecond
	got := v.send("c")
	for got == "" { // others have had their turn
		got = v.received()
	}
	if !strings.HasPrefix(got, "* Stopped at 2, stop reason = timeout reached, infinite loop?") && !strings.HasPrefix(got, "* Stopped at 1, stop reason = timeout") {
		t.Error(got)
	}
	v.send("abort")
	if !v.dbg.CloseAfterReply() {
		t.Error("the session goes on")
	}
}

func TestScriptDebugArguments(t *testing.T) {
	v := newServer(t)
	for mode, want := range map[string]string{"maybe": "(error) ERR Use SCRIPT DEBUG YES/SYNC/NO", "no": "OK", "yes": "OK"} {
		if got := v.do(t, "SCRIPT", "DEBUG", mode); got != want {
			t.Errorf("%s: %s", mode, got)
		}
	}
	if got := v.do(t, "PING"); got != "PONG" {
		t.Errorf("before a script: %s", got)
	}
	v.do(t, "SCRIPT", "DEBUG", "NO")
	if got := v.do(t, "EVAL", "return redis.breakpoint()", "0"); got != "(nil)" {
		t.Error(got)
	}
}
