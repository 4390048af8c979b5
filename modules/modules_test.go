package modules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/scripting"
)

// node is an engine with modules, a client and a clock that tests move.
type node struct {
	t  *testing.T
	e  *engine.Engine
	c  *engine.Client
	at time.Time
}

func start(t *testing.T, patterns ...string) *node {
	t.Helper()
	n := &node{t: t, at: time.UnixMilli(1_700_000_000_000)}
	s := scripting.New(nil, nil)
	n.e = engine.New(engine.Options{Commands: s.Commands(), Clock: func() time.Time { return n.at }, Seed: 1})
	s.Attach(n.e)
	if _, err := LoadAll(s, n.e, patterns, nil); err != nil {
		t.Fatal(err)
	}
	n.advance(0)
	c, err := n.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n.c = c
	return n
}

func (n *node) advance(d time.Duration) {
	n.at = n.at.Add(d)
	n.e.BeginIteration(n.at)
	n.e.EndIteration()
}

// do runs a command line and shows the reply on one line.
func (n *node) do(line string) string {
	n.t.Helper()
	args, err := resp.SplitArgs([]byte(line))
	if err != nil {
		n.t.Fatal(err)
	}
	n.e.Execute(n.c, args)
	v, err := resp.NewReader(strings.NewReader(string(n.c.Out.Bytes()))).Read()
	n.c.Sent(n.c.Out.Len())
	if err != nil {
		n.t.Fatal(err)
	}
	return show(v)
}

func show(v resp.Value) string {
	if v.Kind != resp.KindArray {
		return strings.TrimPrefix(v.Format(), "(integer) ")
	}
	var parts []string
	for _, e := range v.Elems {
		parts = append(parts, show(e))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// expect runs steps: a line and its reply, or a duration to wait.
func (n *node) expect(steps [][2]string) {
	n.t.Helper()
	for i, s := range steps {
		if s[0] == "wait" {
			d, err := time.ParseDuration(s[1])
			if err != nil {
				n.t.Fatal(err)
			}
			n.advance(d)
			continue
		}
		if got := n.do(s[0]); got != s[1] {
			n.t.Errorf("step %d: %s: got %s, want %s", i+1, s[0], got, s[1])
		}
	}
}

func TestRateLimiter(t *testing.T) {
	start(t, "examples/ratelimit.lua").expect([][2]string{
		// Two a second and two more at once: three fit, the fourth does not.
		{"RATELIMIT.THROTTLE k 2 2 1000", "[0 3 2 -1 500]"},
		{"RATELIMIT.THROTTLE k 2 2 1000", "[0 3 1 -1 1000]"},
		{"RATELIMIT.THROTTLE k 2 2 1000", "[0 3 0 -1 1500]"},
		{"RATELIMIT.THROTTLE k 2 2 1000", "[1 3 0 500 1500]"},
		{"RATELIMIT.PEEK k 2 2 1000", "[0 3 0 -1 1500]"},
		{"wait", "500ms"},
		{"RATELIMIT.THROTTLE k 2 2 1000 COST 2", "[1 3 1 500 1000]"},
		{"RATELIMIT.THROTTLE k 2 2 1000", "[0 3 0 -1 1500]"},
		{"RATELIMIT.THROTTLE k 2 2 1000 COST 4", "[1 3 0 -1 1500]"},
		{"PTTL k", "1500"},
		{"wait", "1500ms"},
		{"EXISTS k", "0"},
		{"RATELIMIT.PEEK k 2 2 1000", "[0 3 3 -1 0]"},
		{"RATELIMIT.THROTTLE k 2 2 1000", "[0 3 2 -1 500]"},
		{"RATELIMIT.RESET k", "1"},
		{"RATELIMIT.RESET k", "0"},
		{"RATELIMIT.THROTTLE k 2 0 1000", "(error) ERR argument 'count' is 0, which is not between 1 and 1000000000"},
		{"RPUSH l x", "1"},
	})
}

func TestRateLimiterOnAWrongTypeChangesNothing(t *testing.T) {
	n := start(t, "examples/ratelimit.lua")
	n.do("RPUSH l x")
	if got := n.do("RATELIMIT.THROTTLE l 1 1 1000"); !strings.HasPrefix(got, "(error) WRONGTYPE") {
		t.Fatal(got)
	}
}

func TestJobQueue(t *testing.T) {
	start(t, "examples/jobqueue.lua").expect([][2]string{
		{"JOB.TAKE q", "[]"},
		{"JOB.ADD q first", `"1"`},
		{"JOB.ADD q later DELAY 1000", `"2"`},
		{"JOB.STATS q", `["ready" 1 "delayed" 1 "active" 0 "dead" 0]`},
		{"JOB.TAKE q COUNT 10", `[["1" "first" 1]]`},
		{"JOB.TAKE q COUNT 10", "[]"},
		{"JOB.DONE q 1", "1"},
		{"JOB.DONE q 1", "0"},
		{"EXISTS q:job:1", "0"},
		{"wait", "999ms"},
		{"JOB.TAKE q", "[]"},
		{"wait", "1ms"},
		{"JOB.TAKE q", `[["2" "later" 1]]`},
	})
}

func TestJobQueueRetriesAndDies(t *testing.T) {
	start(t, "examples/jobqueue.lua").expect([][2]string{
		{"JOB.ADD q work RETRIES 1 BACKOFF 100", `"1"`},
		{"JOB.TAKE q", `[["1" "work" 1]]`},
		{"JOB.FAIL q 1 ERROR boom", `"retry"`},
		{"JOB.FAIL q 1", "(nil)"},
		{"JOB.TAKE q", "[]"},
		{"wait", "100ms"},
		// A worker that dies: its lease runs out, which is the last failure.
		{"JOB.TAKE q LEASE 5000", `[["1" "work" 2]]`},
		{"JOB.EXTEND q 1 6000", "1"},
		{"wait", "5999ms"},
		{"JOB.TAKE q", "[]"},
		{"JOB.STATS q", `["ready" 0 "delayed" 0 "active" 1 "dead" 0]`},
		{"wait", "1ms"},
		{"JOB.TAKE q", "[]"},
		{"JOB.DEAD q", `[["1" "work" "lease expired"]]`},
		{"JOB.REVIVE q 1", "1"},
		{"JOB.REVIVE q 1", "0"},
		{"JOB.TAKE q", `[["1" "work" 1]]`},
		{"JOB.DONE q 1", "1"},
	})
}

func TestJobQueueIsAllOrNothing(t *testing.T) {
	n := start(t, "examples/jobqueue.lua")
	n.do("SET q:ready not-a-list")
	if got := n.do("JOB.ADD q x"); !strings.HasPrefix(got, "(error) WRONGTYPE") {
		t.Fatal(got)
	}
	n.expect([][2]string{{"EXISTS q q:job:1", "0"}, {"GET q:ready", `"not-a-list"`}})
}

// write makes a file of a test's module folder.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFolderModuleRequiresItsFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "m/init.lua", "#!lua name=m\nlocal x = require('lib.x')\nassert(require('lib.x') == x)\nredis.register_function('f', function() return x.answer end)")
	write(t, dir, "m/lib/x.lua", "return {answer = 42}")
	n := start(t, filepath.Join(dir, "*"))
	n.expect([][2]string{{"FCALL f 0", "42"}, {"FUNCTION DELETE m", "(error) ERR Library 'm' belongs to a module"}})
}

func TestModuleThatFailsToLoadSaysWhere(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"no metadata", "return 1", ":1: Missing library metadata"},
		{"a syntax error", "#!lua name=m\n\nlocal = 1", ":3: "},
		{"a runtime error", "#!lua name=m\nlocal t = nil\n\nerror('broken')", ":4: broken"},
		{"nothing declared", "#!lua name=m\n", "registers neither a function nor a command"},
		{"a command that exists", "#!lua name=m\nperigee.command{name='GET', arity=1, handler=function() end}", ":2: perigee.command: command 'get' exists already"},
		{"a command without a handler", "#!lua name=m\nperigee.command{name='x', arity=1}", ":2: perigee.command: 'handler' of command 'x' must be a function"},
		{"an unknown field", "#!lua name=m\nperigee.command{nam='x'}", ":2: perigee.command: unknown field 'nam'"},
		{"an unknown category", "#!lua name=m\nperigee.command{name='x', arity=1, categories={'@nothing'}, handler=function() end}", ":2: perigee.command: unknown category 'nothing'; known are keyspace, "},
		{"a file it cannot have", "#!lua name=m\nrequire('x')", ":2: require 'x': only a module that is a folder can require"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := write(t, t.TempDir(), "m.lua", tc.text)
			_, err := Check(Source{Path: path, File: path})
			if err == nil || !strings.HasPrefix(err.Error(), path) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %s … %s", err, path, tc.want)
			}
		})
	}
}

func TestFindNamesWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.lua", "")
	write(t, dir, "folder/other.lua", "")
	found, err := Find([]string{filepath.Join(dir, "*.lua"), filepath.Join(dir, "a.lua")})
	if err != nil || len(found) != 1 {
		t.Errorf("found %v, %v", found, err)
	}
	_, err = Find([]string{filepath.Join(dir, "b.lua"), filepath.Join(dir, "folder"), filepath.Join(dir, "x*")})
	for _, want := range []string{"b.lua: no such file", "folder: the folder has no init.lua", "x*: no such file"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

func TestModuleOfTheLastRunIsRemembered(t *testing.T) {
	n := start(t, "examples/ratelimit.lua")
	if path, ok := n.e.System("module/ratelimit"); !ok || string(path) != "examples/ratelimit.lua" {
		t.Fatalf("record is %q", path)
	}
}

// TestUsersNeedACommandAndItsKeys has a user who may do nothing but call a
// module's command with some keys: what the module does then is its own.
func TestUsersNeedACommandAndItsKeys(t *testing.T) {
	const source = `#!lua name=m
perigee.command{name='m.get', args={{name='key', type='key'}}, flags={'readonly'}, categories={'@string'},
	handler=function(call) return {redis.call('GET', 'hidden'), redis.acl_check_cmd('get', 'hidden')} end}`
	n := start(t, write(t, t.TempDir(), "m.lua", source))
	n.do("SET hidden secret")
	n.do("ACL SETUSER u on nopass ~k* +@string -get -set")
	n.do("AUTH u x")
	for line, want := range map[string]string{
		"M.GET k": "[\"secret\" (nil)]", "M.GET x": "(error) NOPERM No permissions to access a key", "GET k": "(error) NOPERM User u has no permissions to run the 'get' command",
	} {
		if got := n.do(line); got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
}
