package scripting

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
)

// server is an engine with scripting and one client.
type server struct {
	e *engine.Engine
	s *Scripting
	c *engine.Client
}

func newServer(t testing.TB) *server {
	t.Helper()
	return serve(t, New(nil, nil))
}

// serve makes the server of a scripting, with further commands.
func serve(t testing.TB, s *Scripting, further ...engine.Command) *server {
	t.Helper()
	e := engine.New(engine.Options{Commands: append(s.Commands(), further...), Seed: 1})
	s.Attach(e)
	e.BeginIteration(time.Now())
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &server{e, s, c}
}

// do runs a command and shows its reply as redis-cli does.
func (v *server) do(t testing.TB, args ...string) string {
	t.Helper()
	argv := make([][]byte, len(args))
	for i, a := range args {
		argv[i] = []byte(a)
	}
	v.e.Execute(v.c, argv)
	reply, err := resp.NewReader(strings.NewReader(string(v.c.Out.Bytes()))).Read()
	v.c.Sent(v.c.Out.Len())
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return reply.Format()
}

func TestEval(t *testing.T) {
	v := newServer(t)
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"EVAL", "return 1", "0"}, "(integer) 1"},
		{[]string{"EVAL", "return KEYS[1]..ARGV[1]", "1", "k", "a"}, `"ka"`},
		{[]string{"EVAL", "return redis.call('SET',KEYS[1],ARGV[1])", "1", "k", "v"}, "OK"},
		{[]string{"EVAL", "return redis.call('GET',KEYS[1])", "1", "k"}, `"v"`},
		{[]string{"EVAL", "return redis.call('GET','nokey')", "0"}, "(nil)"},
		{[]string{"EVAL", "return redis.call('PING','')", "0"}, `""`},
		{[]string{"EVAL", "return redis.pcall('EXPIRE','k','1','a\\r\\nb\\r\\n')['err']", "0"}, `"ERR Unsupported option a  b"`},
		{[]string{"EVAL", "return {1,2,{3,'x'},nil,4}", "0"}, "1) (integer) 1\n2) (integer) 2\n3) 1) (integer) 3\n   2) \"x\""},
		{[]string{"EVAL", "return redis.pcall('NOSUCH')", "0"}, "(error) ERR Unknown Redis command called from script"},
		{[]string{"EVAL", "return redis.error_reply('MY bad')", "0"}, "(error) MY bad"},
		{[]string{"EVAL", "return redis.status_reply('FINE')", "0"}, "FINE"},
		{[]string{"EVAL_RO", "return redis.call('SET','a','b')", "0"}, "(error) ERR Write commands are not allowed from read-only scripts. script: 3f1c8c5f6ba0f1b3a8ec9ed05e1c2ab60f2bb9c6, on @user_script:1."},
		{[]string{"EVALSHA", "ffffffffffffffffffffffffffffffffffffffff", "0"}, "(error) NOSCRIPT No matching script. Please use EVAL."},
		{[]string{"EVAL", "return 1", "x"}, "(error) ERR value is not an integer or out of range"},
		{[]string{"EVAL", "return 1", "2", "k"}, "(error) ERR Number of keys can't be greater than number of args"},
		{[]string{"EVAL", "return 1", "-1"}, "(error) ERR Number of keys can't be negative"},
		{[]string{"SCRIPT", "LOAD", "return 7"}, `"` + sha1Hex("return 7") + `"`},
		{[]string{"EVALSHA", strings.ToUpper(sha1Hex("return 7")), "0"}, "(integer) 7"},
		{[]string{"SCRIPT", "EXISTS", sha1Hex("return 7"), "x"}, "1) (integer) 1\n2) (integer) 0"},
		{[]string{"SCRIPT", "KILL"}, "(error) NOTBUSY No scripts in execution right now."},
	} {
		got := v.do(t, tc.args...)
		if strings.Contains(tc.want, "script: ") {
			tc.want = tc.want[:strings.Index(tc.want, "script: ")] + "script: " + sha1Hex(tc.args[1]) + ", on @user_script:1."
		}
		if got != tc.want {
			t.Errorf("%q:\n got %s\nwant %s", tc.args, got, tc.want)
		}
	}
}

func TestFunctionsSurviveARestart(t *testing.T) {
	v := newServer(t)
	code := "#!lua name=lib\nredis.register_function('twice', function(keys, args) return 2*args[1] end)"
	if got := v.do(t, "FUNCTION", "LOAD", code); got != `"lib"` {
		t.Fatal(got)
	}
	if got := v.do(t, "FCALL", "TWICE", "0", "21"); got != "(integer) 42" {
		t.Fatal(got)
	}
	stored, ok := v.e.System("function/lib")
	if !ok || string(stored) != code {
		t.Fatalf("system record is %q", stored)
	}
}

func TestKilledScriptLeavesNothing(t *testing.T) {
	v := newServer(t)
	v.do(t, "SET", "a", "before")
	v.e.Settings().BusyThresholdMs = 1
	other, _ := v.e.Connect(engine.Peer{Unix: true}, nil)
	v.e.SetWake(func() {}, func() {
		v.e.Execute(other, [][]byte{[]byte("GET"), []byte("a")})
		v.e.Execute(other, [][]byte{[]byte("SCRIPT"), []byte("KILL")})
	})
	got := v.do(t, "EVAL", "redis.call('SET','a','after') redis.call('SET','b','x') while true do pcall(function() while true do end end) end", "0")
	if !strings.HasPrefix(got, "(error) ERR Script killed by user with SCRIPT KILL...") {
		t.Fatal(got)
	}
	if busy := string(other.Out.Bytes()); !strings.HasPrefix(busy, "-BUSY Redis is busy running a script.") || !strings.HasSuffix(busy, "+OK\r\n") {
		t.Fatalf("the other client got %q", busy)
	}
	if got := v.do(t, "GET", "a") + v.do(t, "GET", "b"); got != `"before"(nil)` {
		t.Fatal(got)
	}
}

func TestModuleCommand(t *testing.T) {
	v := newServer(t)
	m, err := v.s.LoadModule(ModuleSource{File: "greet.lua", Text: `#!lua name=greet
perigee.command{
  name = "greet.hello",
  summary = "Greets.",
  args = {{name="key", type="key"}, {name="times", type="integer", min=1, max=3}, {name="loud", type="flag"}, {name="who", token="WHO", optional=true, default="world"}},
  handler = function(args)
    redis.call("SET", args.key, args.who)
    if args.times == 3 then error("too often") end
    return (args.loud and "HELLO " or "hello ") .. args.who .. args.times
  end,
}`})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Install(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range [][2]string{
		{"GREET.HELLO k 2", `"hello world2"`},
		{"greet.hello k 1 WHO you LOUD", `"HELLO you1"`},
		{"greet.hello k 4", "(error) ERR argument 'times' is 4, which is not between 1 and 3"},
		{"greet.hello k x", "(error) ERR argument 'times' is not an integer or out of range"},
		{"greet.hello k", "(error) ERR wrong number of arguments for 'greet.hello' command"},
		{"greet.hello k 1 NOPE", "(error) ERR syntax error"},
		{"greet.hello k 3 WHO nobody", "(error) ERR greet.lua:8: too often script: greet.hello, on @greet.lua:8."},
		{"GET k", `"you"`},
		{"COMMAND GETKEYS greet.hello k 1", `1) "k"`},
		{"COMMAND GETKEYS EVAL script 5 k", "(empty array)"},
	} {
		if got := v.do(t, strings.Fields(tc[0])...); got != tc[1] {
			t.Errorf("%s:\n got %s\nwant %s", tc[0], got, tc[1])
		}
	}
}

// benchScript runs one script with one key and one argument.
func benchScript(b *testing.B, script string) {
	v := newServer(b)
	argv := [][]byte{[]byte("EVAL"), []byte(script), []byte("1"), []byte("key"), []byte("value")}
	v.do(b, "SET", "other", "value")
	keys := make([][]byte, 100_000)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "key:%012d", i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := processTime()
	for i := range b.N {
		argv[3] = keys[i*7919%len(keys)]
		v.e.Execute(v.c, argv)
		if i%16 == 15 {
			v.c.Sent(v.c.Out.Len())
		}
	}
	// Unlike the time, this does not depend on what else the machine does.
	b.ReportMetric(float64(processTime()-before)/float64(b.N), "cpu-ns/op")
}

func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Stime.Nano() + u.Utime.Nano())
}

func BenchmarkEvalGet(b *testing.B) { benchScript(b, "return redis.call('GET','other')") }

func BenchmarkEvalLimiter(b *testing.B) {
	benchScript(b, `local now=1000 redis.call('ZREMRANGEBYSCORE',KEYS[1],'-inf',now-1000)
local n=redis.call('ZCARD',KEYS[1]) if n<100 then redis.call('ZADD',KEYS[1],now,ARGV[1])
redis.call('PEXPIRE',KEYS[1],60000) return 1 end return 0`)
}

func BenchmarkEvalJSON(b *testing.B) {
	benchScript(b, `local o=cjson.decode('{"n":1,"name":"perigee","tags":["a","b","c"],"nested":{"x":1.5,"y":[1,2,3],"ok":true}}') o.n=o.n+1 o.tags[#o.tags+1]='x' return cjson.encode(o)`)
}

func BenchmarkEvalStrings(b *testing.B) {
	benchScript(b, "local t={} for i=1,100 do t[#t+1]='k'..i end return table.concat(t,',')")
}

func BenchmarkEvalArith(b *testing.B) {
	benchScript(b, "local s=0 for i=1,1000 do s=s+i*i%7 end return s")
}

func BenchmarkEval100Calls(b *testing.B) {
	benchScript(b, "local s=0 for i=1,100 do s=redis.call('INCR',KEYS[1]) end return s")
}

func BenchmarkEvalHash(b *testing.B) {
	benchScript(b, "redis.call('HSET',KEYS[1],'a',ARGV[1],'b','2','c','3') local h=redis.call('HGETALL',KEYS[1]) local t={} for i=1,#h,2 do t[h[i]]=h[i+1] end return t.a")
}

// TestDataIsNotTheScriptsMemory has scripts write, replace and remove many times what their values may take.
func TestDataIsNotTheScriptsMemory(t *testing.T) {
	v := newServer(t)
	if got := v.do(t, "EVAL", `local x = ('x'):rep(5000) for i = 1, 30000 do redis.call('SET', 'key:' .. i, x) end return redis.call('DBSIZE')`, "0"); got != "(integer) 30000" {
		t.Errorf("writing 150 MB under a limit of 64: %s", got)
	}
	v.do(t, "SET", "big", strings.Repeat("x", 60_000_000))
	got := v.do(t, "EVAL", `#!lua memory-limit=20000000
		redis.call('APPEND', 'big', 'x')
		redis.call('COPY', 'big', 'bigger')
		for _, c in ipairs{'x', 'y'} do
			for i = 1, 60 do redis.call('SET', 'k' .. i, c:rep(1e6)) end
		end
		redis.call('FLUSHALL')
		for i = 1, 60 do redis.call('RPUSH', 'l', ('x'):rep(1e6)) end
		for i = 1, 60 do redis.call('LPOP', 'l') end
		for i = 1, 100000 do redis.call('SADD', 's', i) redis.call('SET', 'k' .. i, i) end
		return redis.call('DBSIZE')`, "0")
	if got != "(integer) 100001" {
		t.Errorf("got %.200s", got)
	}
	if got := v.do(t, "EVAL", `redis.call('SET', 'key:1', ('x'):rep(5000)) local t = {} for i = 1, 1e9 do t[i] = redis.call('GET', 'key:1') .. i end`, "0"); !strings.HasPrefix(got, "(error) LIMIT memory ") {
		t.Errorf("keeping what it read: %s", got)
	}
}

// TestScriptsWithoutMemory runs scripts and functions over maxmemory: what
// they declare decides before they run, or else their first write.
func TestScriptsWithoutMemory(t *testing.T) {
	v := newServer(t)
	v.do(t, "SET", "k", "v")
	library := "#!lua name=lib\nredis.register_function('writes', function() return redis.call('SET', 'k', '2') end)\n" +
		"redis.register_function{function_name='reads', callback=function() return redis.call('GET', 'k') end, flags={'no-writes'}}"
	v.do(t, "FUNCTION", "LOAD", library)
	v.e.BeginIteration(time.Now().Add(time.Hour)) // looks at the memory
	v.e.Settings().MaxMemory = 1
	const oom = "(error) OOM command not allowed when used memory > 'maxmemory'."
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"EVAL", "return redis.call('SET','k','1')", "0"}, oom + " script: " + sha1Hex("return redis.call('SET','k','1')") + ", on @user_script:1."},
		{[]string{"EVAL", "return redis.call('GET','k')", "0"}, `"v"`},
		{[]string{"EVAL", "#!lua\nreturn redis.call('GET','k')", "0"}, oom},
		{[]string{"EVAL", "#!lua flags=no-writes\nreturn redis.call('GET','k')", "0"}, `"v"`},
		{[]string{"EVAL", "#!lua flags=allow-oom\nreturn redis.call('SET','k','1')", "0"}, "OK"},
		{[]string{"FCALL", "writes", "0"}, oom},
		{[]string{"FCALL_RO", "writes", "0"}, oom},
		{[]string{"FCALL", "READS", "0"}, `"1"`},
	} {
		if got := v.do(t, tc.args...); got != tc.want {
			t.Errorf("%q:\n got %s\nwant %s", tc.args, got, tc.want)
		}
	}
	v.e.Settings().MaxMemory = 0
	v.do(t, "MULTI")
	v.do(t, "FCALL", "writes", "0")
	v.e.Settings().MaxMemory = 1
	if got, want := v.do(t, "EXEC"), "(error) EXECABORT Transaction discarded because of: "+strings.TrimPrefix(oom, "(error) "); got != want {
		t.Errorf("EXEC: got %s, want %s", got, want)
	}
}
