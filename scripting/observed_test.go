package scripting

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
	listener "perigee/engine/server"
	"perigee/engine/transcript"
)

// observed is a server, ours or a redis-server, of which tests compare what
// others see while scripts run.
type observed struct {
	addr string
	set  func(t *testing.T, name, value string) // what CONFIG SET does
}

// observeBoth starts a server of ours and a redis-server.
func observeBoth(t *testing.T) (theirs, ours *observed) {
	t.Helper()
	reference := transcript.StartReference(t)
	theirs = &observed{addr: reference.Addr()}
	theirs.set = func(t *testing.T, name, value string) {
		if got := dial(t, theirs.addr, "2").raw(t, "CONFIG", "SET", name, value); got != "+OK\r\n" {
			t.Fatalf("CONFIG SET %s %s: %q", name, value, got)
		}
	}
	return theirs, observeOurs(t)
}

func observeOurs(t *testing.T) *observed {
	t.Helper()
	s := New(nil, nil)
	settings := engine.DefaultSettings()
	e := engine.New(engine.Options{Commands: s.Commands(), Settings: &settings})
	s.Attach(e)
	listening, err := listener.Listen(e, listener.Options{Bind: []string{"127.0.0.1"}, TLSPort: -1})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { // is the loop, until Stop
		listening.Run()
		close(ended)
	}()
	t.Cleanup(func() {
		listening.Stop() // the loop ends a script that runs
		<-ended
	})
	set := func(t *testing.T, name, value string) {
		n, ok := engine.ParseInt([]byte(value))
		if !ok {
			t.Fatal(value)
		}
		done := make(chan struct{})
		e.Post(func() {
			defer close(done)
			settings := e.Settings()
			switch name {
			case "slowlog-max-len":
				settings.SlowlogMaxLen = int(n)
			case "slowlog-log-slower-than":
				settings.SlowlogSlowerThan = n
			case "busy-reply-threshold":
				settings.BusyThresholdMs = n
			case "maxmemory":
				settings.MaxMemory = n
			default:
				t.Errorf("no setting %s", name)
			}
		})
		<-done
	}
	return &observed{addr: listening.Addrs()[0].String(), set: set}
}

// next is the next reply, as it came.
func (p *peer) next(t *testing.T) string {
	t.Helper()
	p.seen.Reset()
	v, err := p.in.Read()
	if err != nil {
		t.Fatal(err)
	}
	return v.String()
}

const (
	spinLibrary = "#!lua name=lib\n" +
		"redis.register_function('echo', function(keys, args) return redis.call('ECHO', args[1]) end)\n" +
		"redis.register_function{function_name='get', callback=function(keys) return redis.call('GET', keys[1]) end, flags={'no-writes'}}\n" +
		"redis.register_function('spin', function() while true do end end)"
	echoScript = "return redis.call('ECHO', ARGV[1])"
)

// scriptSession is commands by, with and about scripts.
func scriptSession() [][]string {
	sha := sha1Hex(echoScript)
	many := []string{"EVAL", "return #ARGV", "0"}
	for i := range 40 {
		many = append(many, fmt.Sprint("argument ", i))
	}
	exact := append([]string(nil), many[:32]...)
	return [][]string{
		{"EVAL", echoScript, "0", "a"}, {"EVALSHA", sha, "0", "b"}, {"evalsha", strings.ToUpper(sha), "0", "b"}, {"EVALSHA_RO", sha, "0", "b"},
		{"EVALSHA", "0000", "0"}, {"EVAL", "return", "x"}, {"EVAL", "return", "1"}, {"EVAL", "x =", "0"}, {"EVAL"},
		{"eval", "redis.call('SET', KEYS[1], ARGV[1]) redis.call('set', KEYS[1], 1.5, 'EX', 100) return redis.call('GET', KEYS[1])", "1", "key", "a\x00\"\xff\n"},
		{"EVAL_RO", "return redis.pcall('SET', KEYS[1], 2)", "1", "key"}, {"EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "key"},
		{"EVAL", "redis.pcall('NOSUCH', 1) redis.pcall('GET') redis.pcall('EVAL', 'return 1', 0) redis.pcall('LPUSH', KEYS[1], 'x') return redis.call('EXPIRE', KEYS[1], '100')", "1", "key"},
		{"EVAL", "error('x')", "0"}, {"EVAL", "redis.call('SELECT', 3) redis.call('SET', 'a', 1) return redis.call('DBSIZE')", "0"},
		{"EVAL", "return redis.call('CONFIG', 'GET', 'maxmemory')", "0"}, {"EVAL", "#!lua\nreturn redis.call('ECHO', 'shebang')", "0"}, {"EVAL", "#!lua flags=x\nreturn 1", "0"},
		{"SCRIPT", "LOAD", "return 1"}, {"SCRIPT", "EXISTS", sha}, {"SCRIPT", "KILL"}, {"SCRIPT", "FLUSH"}, {"SCRIPT", "NOSUCH"},
		{"FUNCTION", "LOAD", spinLibrary}, {"FUNCTION", "LOAD", "REPLACE", spinLibrary}, {"FUNCTION", "LOAD", "nothing"}, {"FUNCTION", "STATS"}, {"FUNCTION", "KILL"},
		{"FCALL", "echo", "0", "a"}, {"fcall", "ECHO", "0", "a"}, {"FCALL_RO", "get", "1", "key"}, {"FCALL_RO", "echo", "0", "a"}, {"FCALL", "nosuch", "0"}, {"FCALL", "echo", "x"},
		{"MULTI"}, {"EVAL", echoScript, "0", "in multi"}, {"EVALSHA", sha, "0", "in multi"}, {"FCALL", "echo", "0", "in multi"}, {"SCRIPT", "LOAD", "return 2"}, {"SET", "a", "1"}, {"EXEC"},
		{"MULTI"}, {"EVAL", echoScript, "0", "discarded"}, {"DISCARD"},
		many, exact, append(exact, "one more"),
		{"EVAL", "return '" + strings.Repeat("x", 119) + "'", "0"}, {"EVAL", "return '" + strings.Repeat("x", 120) + "'", "0"}, {"EVAL", "return '" + strings.Repeat("x", 1000) + "'", "0"},
		{"SCRIPT", "LOAD", "return '" + strings.Repeat("x", 1000) + "'"}, {"FUNCTION", "LOAD", "REPLACE", spinLibrary + strings.Repeat(" ", 1000)},
		{"EVAL", "return redis.call('ECHO', ('x'):rep(1000))", "0"}, {"EVAL", "local t = {} for i = 1, 100 do t[i] = i end return redis.call('RPUSH', 'list', unpack(t))", "0"},
	}
}

// run has a server execute the session.
func (o *observed) run(t *testing.T) {
	t.Helper()
	p := dial(t, o.addr, "2")
	for _, command := range scriptSession() {
		p.raw(t, command...)
	}
}

func compareLines(t *testing.T, theirs, ours []string) {
	t.Helper()
	for i := range max(len(theirs), len(ours)) {
		if got, want := lineOr(ours, i), lineOr(theirs, i); got != want {
			t.Fatalf("line %d\n got: %.500s\nwant: %.500s\nbehind: %.500s", i, got, want, lineOr(theirs, i-1))
		}
	}
}

func lineOr(lines []string, i int) string {
	if i < 0 || i >= len(lines) {
		return "nothing"
	}
	return lines[i]
}

// TestMonitorOfScriptsLikeRedis compares what MONITOR shows of scripts and of what they call.
func TestMonitorOfScriptsLikeRedis(t *testing.T) {
	theirs, ours := observeBoth(t)
	when := regexp.MustCompile(`\d+\.\d{6} \[(\d+) (?:[0-9.]+:\d+|(lua))\]`)
	lines := func(o *observed) (all []string) {
		monitor := dial(t, o.addr, "2")
		monitor.raw(t, "MONITOR")
		o.run(t)
		dial(t, o.addr, "2").raw(t, "ECHO", "the end")
		for {
			line := when.ReplaceAllString(monitor.next(t), "[$1 $2]")
			if all = append(all, line); strings.Contains(line, "the end") {
				return all
			}
		}
	}
	compareLines(t, lines(theirs), lines(ours))
}

// TestSlowlogOfScriptsLikeRedis compares which entries scripts make, and how their arguments are cut short.
func TestSlowlogOfScriptsLikeRedis(t *testing.T) {
	theirs, ours := observeBoth(t)
	entries := func(o *observed) (all []string) {
		o.set(t, "slowlog-max-len", "1000")
		o.set(t, "slowlog-log-slower-than", "0")
		o.run(t)
		o.set(t, "slowlog-log-slower-than", "-1")
		return slowlogOf(t, dial(t, o.addr, "2"))
	}
	compareLines(t, entries(theirs), entries(ours))
}

// slowlogOf is the arguments of each entry, oldest first, but for those of other commands than the session's.
func slowlogOf(t *testing.T, p *peer) (all []string) {
	t.Helper()
	if _, err := p.conn.Write(resp.AppendCommand(nil, "SLOWLOG", "GET", "-1")); err != nil {
		t.Fatal(err)
	}
	v, err := p.in.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range v.Elems {
		var argv []string
		for _, arg := range entry.Elems[3].Elems {
			argv = append(argv, string(arg.Str))
		}
		if argv[0] != "HELLO" && argv[0] != "CONFIG" {
			all = append(all, fmt.Sprintf("%q", argv))
		}
	}
	slices.Reverse(all)
	return all
}

// whileBusy has what run runs overrun, until others get BUSY, and gives the replies to commands meanwhile, those of which end the
// run, then that of the run.
func whileBusy(t *testing.T, o *observed, run []string, commands [][]string) (replies []string) {
	t.Helper()
	duration := regexp.MustCompile(`(duration_ms\\r\\n:)\d+`)
	running, other := dial(t, o.addr, "2"), dial(t, o.addr, "2")
	if _, err := running.conn.Write(resp.AppendCommand(nil, run...)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !strings.HasPrefix(other.raw(t, "PING"), "-BUSY"); {
		if time.Now().After(deadline) {
			t.Fatalf("%q is not busy after a minute", run)
		}
		time.Sleep(time.Millisecond)
	}
	for _, reply := range other.replies(t, commands) {
		replies = append(replies, duration.ReplaceAllString(reply, "${1}0"))
	}
	running.seen.Reset()
	if _, err := running.in.Read(); err != nil {
		t.Fatal(err)
	}
	replies = append(replies, fmt.Sprintf("%q: %q", run, running.seen.String()))
	for _, command := range [][]string{{"SCRIPT", "KILL"}, {"FUNCTION", "KILL"}, {"FUNCTION", "STATS"}, {"PING"}} {
		replies = append(replies, fmt.Sprintf("then %q: %q", command, other.raw(t, command...)))
	}
	return replies
}

// TestKillLikeRedis compares what others get while a script or a function overruns, and what it gets when it is killed.
func TestKillLikeRedis(t *testing.T) {
	theirs, ours := observeBoth(t)
	meanwhile := [][]string{
		{"GET", "a"}, {"EVAL", "return 1", "0"}, {"EVALSHA", "0000", "0"}, {"FCALL", "echo", "0", "a"}, {"FUNCTION", "LIST"}, {"FUNCTION", "STATS"},
		{"SCRIPT", "LOAD", "return 1"}, {"SCRIPT", "EXISTS", "x"}, {"SCRIPT"}, {"NOSUCH"}, {"SHUTDOWN"}, {"SHUTDOWN", "SAVE"}, {"CONFIG", "GET", "maxmemory"}, {"INFO"}, {"MONITOR"}, {"SUBSCRIBE", "x"},
		{"MULTI"}, {"SET", "a", "1"}, {"EXEC"}, {"DISCARD"}, {"WATCH", "a"}, {"UNWATCH"},
	}
	script, function := []string{"SCRIPT", "KILL"}, []string{"FUNCTION", "KILL"}
	for _, test := range []struct {
		name      string
		run       []string
		kill, not []string
	}{
		{"EVAL", []string{"EVAL", "while true do end", "0"}, script, function},
		{"EVAL that catches errors", []string{"EVAL", "while true do pcall(function() while true do end end) end", "0"}, script, function},
		{"EVAL with a shebang", []string{"EVAL", "#!lua flags=no-writes\nwhile true do end", "1", "key", "arg"}, script, function},
		{"EVAL_RO", []string{"EVAL_RO", "while true do end", "0"}, script, function},
		{"FCALL", []string{"FCALL", "spin", "1", "key", "arg"}, function, script},
	} {
		t.Run(test.name, func(t *testing.T) {
			commands := append(slices.Clone(meanwhile), test.not, test.kill)
			replies := func(o *observed) []string {
				dial(t, o.addr, "2").raw(t, "FUNCTION", "LOAD", "REPLACE", spinLibrary)
				o.set(t, "busy-reply-threshold", "10")
				return whileBusy(t, o, test.run, commands)
			}
			compareLines(t, replies(theirs), replies(ours))
		})
	}
}

// TestScriptsOverMaxmemoryLikeRedis compares what scripts and functions may do, by their flags, when there is no memory left.
func TestScriptsOverMaxmemoryLikeRedis(t *testing.T) {
	library := "#!lua name=oom\n"
	var commands [][]string // each on its own
	bodies := map[string]string{
		"write": "redis.call('SET', keys[1], 'x') return redis.call('GET', keys[1])",
		"read":  "return redis.call('GET', keys[1])",
		"free":  "redis.call('DEL', keys[1]) redis.call('SET', keys[1], 'y') return redis.call('GET', keys[1])",
		"late":  "local e = redis.pcall('SET', keys[1], 'x') redis.call('DEL', keys[1]) return {e.err or 'written', redis.pcall('LPUSH', keys[1], 'x')}",
		"none":  "return redis.pcall('DEL', 'nosuch', keys[1])",
		"add":   "return redis.pcall('INCR', keys[1])",
		"tell":  "return redis.pcall('PUBLISH', keys[1], 'x')",
	}
	kinds := map[string]string{"plain": "", "oom": "'allow-oom'", "ro": "'no-writes'", "both": "'no-writes','allow-oom'", "stale": "'allow-stale'"}
	for _, body := range slices.Sorted(maps.Keys(bodies)) {
		code := strings.ReplaceAll(bodies[body], "keys[1]", "KEYS[1]")
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			name := body + "_" + kind
			library += "redis.register_function{function_name='" + name + "', callback=function(keys) " + bodies[body] + " end, flags={" + kinds[kind] + "}}\n"
			shebang := "#!lua flags=" + strings.ReplaceAll(kinds[kind], "'", "") + "\n"
			commands = append(commands, []string{"FCALL", name, "1", "key"}, []string{"FCALL_RO", name, "1", "key"},
				[]string{"EVAL", shebang + code, "1", "key"}, []string{"EVALSHA", sha1Hex(shebang + code), "1", "key"}, []string{"EVAL_RO", shebang + code, "1", "key"})
		}
		commands = append(commands, []string{"EVAL", code, "1", "key"}, []string{"EVALSHA", sha1Hex(code), "1", "key"}, []string{"EVAL_RO", code, "1", "key"},
			[]string{"EVAL", "#!lua\n" + code, "1", "key"}, []string{"EVAL", "#!lua flags=nosuch\n" + code, "1", "key"})
	}
	last := [][]string{
		{"SCRIPT", "LOAD", "return 1"}, {"FUNCTION", "LOAD", "REPLACE", library}, {"FUNCTION", "STATS"}, {"FUNCTION", "RESTORE", "x"},
		{"MULTI"}, {"FUNCTION", "LOAD", "REPLACE", library}, {"EXEC"}, {"FUNCTION", "DELETE", "oom"}, {"FCALL", "read_ro", "1", "key"}, {"FUNCTION", "FLUSH"}, {"SCRIPT", "FLUSH"},
	}

	theirs, ours := observeBoth(t)
	for _, proto := range []string{"2", "3"} {
		replies := func(o *observed) (all []string) {
			p := dial(t, o.addr, proto)
			o.set(t, "maxmemory", "0")
			if got := p.raw(t, "FUNCTION", "LOAD", "REPLACE", library); got != "$3\r\noom\r\n" {
				t.Fatal(got)
			}
			for _, command := range commands {
				// Before it, behind MULTI, and behind what MULTI has queued, memory runs out.
				for _, session := range [][2][][]string{{nil, {command}}, {{{"MULTI"}}, {command, {"EXEC"}}}, {{{"MULTI"}, command}, {{"EXEC"}}}} {
					o.set(t, "maxmemory", "0")
					p.raw(t, "SET", "key", "5")
					all = append(all, p.replies(t, session[0])...)
					o.set(t, "maxmemory", "1")
					all = append(all, p.replies(t, session[1])...)
				}
			}
			all = append(all, p.replies(t, last)...)
			return all
		}
		compareLines(t, replies(theirs), replies(ours))
	}
}

// replies is each command with its reply.
func (p *peer) replies(t *testing.T, commands [][]string) (all []string) {
	t.Helper()
	for _, command := range commands {
		all = append(all, fmt.Sprintf("%q: %q", command, p.raw(t, command...)))
	}
	return all
}
