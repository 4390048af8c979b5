package scripting

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/engine"
)

// endless is a script that only its end from outside ends.
const endless = "while true do redis.call('GET', KEYS[1]) end"

// overrun makes a server where every script that runs for some thousands of
// instructions lets others in: what they do is meanwhile.
func overrun(t *testing.T, meanwhile func(v *server, other *engine.Client)) *server {
	t.Helper()
	v := newTimedServer(t)
	v.drift = 10 * time.Millisecond
	v.e.Settings().BusyThresholdMs = 1
	other, err := v.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.e.SetWake(func() {}, func() { meanwhile(v.server, other) })
	return v.server
}

func execute(v *server, c *engine.Client, line string) string {
	var argv [][]byte
	for _, word := range strings.Fields(line) {
		argv = append(argv, []byte(word))
	}
	before := c.Out.Len()
	v.e.Execute(c, argv)
	return string(c.Out.Bytes()[before:])
}

func TestStoppingServerEndsTheScript(t *testing.T) {
	v := overrun(t, func(v *server, _ *engine.Client) { v.e.StopScript() })
	got := v.do(t, "EVAL", "redis.call('SET', 'a', 1) "+endless, "1", "a")
	if !strings.HasPrefix(got, "(error) ERR Script killed because the server stops.") {
		t.Error(got)
	}
	if got := v.do(t, "EXISTS", "a"); got != "(integer) 0" {
		t.Errorf("the script that was stopped left its key: %s", got)
	}
}

func TestFunctionStatsShowTheCall(t *testing.T) {
	var stats string
	v := overrun(t, func(v *server, other *engine.Client) {
		stats = execute(v, other, "FUNCTION STATS")
		execute(v, other, "FUNCTION KILL")
	})
	v.do(t, "FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('spin', function(KEYS) "+endless+" end)")
	v.do(t, "FCALL", "spin", "1", "key", "arg")
	if want := "*5\r\n$5\r\nFCALL\r\n$4\r\nspin\r\n$1\r\n1\r\n$3\r\nkey\r\n$3\r\narg\r\n"; !strings.Contains(stats, want) {
		t.Errorf("got %q, want %q in it", stats, want)
	}
}

// TestOthersDoNotChangeTheScriptsRules has another client run commands under
// its own rules while a script of a client with NO-TOUCH reads.
func TestOthersDoNotChangeTheScriptsRules(t *testing.T) {
	yields := 0
	v := overrun(t, func(v *server, other *engine.Client) {
		execute(v, other, "MULTI")
		execute(v, other, "DISCARD")
		if yields++; yields == 3 {
			execute(v, other, "SCRIPT KILL")
		}
	})
	now := time.Now()
	v.e.BeginIteration(now)
	v.do(t, "SET", "a", "1")
	v.e.BeginIteration(now.Add(100 * time.Second))
	v.do(t, "CLIENT", "NO-TOUCH", "ON")
	v.do(t, "EVAL", endless, "1", "a")
	idle := v.do(t, "OBJECT", "IDLETIME", "a")
	if n, err := strconv.Atoi(strings.TrimPrefix(idle, "(integer) ")); err != nil || n < 100 {
		t.Errorf("idle for %s seconds after 100 without a touch", idle)
	}
}

// TestPanicWhileAScriptRuns lets a broken invariant be met by what others do
// meanwhile: no script may catch that.
func TestPanicWhileAScriptRuns(t *testing.T) {
	v := overrun(t, func(*server, *engine.Client) { panic("broken") })
	defer func() {
		if r := recover(); r != "broken" {
			t.Errorf("got %v", r)
		}
	}()
	v.do(t, "EVAL", "while true do pcall(function() "+endless+" end) end", "1", "a")
}

// TestSlowCommandsOfAScriptCount has a script that executes few instructions,
// all of them commands that last until the watchdog barks.
func TestSlowCommandsOfAScriptCount(t *testing.T) {
	calls := 0
	s := New(nil, nil)
	slow := engine.Command{
		Name: "x.slow", Group: engine.GroupConnection, Since: "7.0.0", Summary: "Takes long.", Complexity: "O(1)", Arity: 1,
		Run: func(_ *engine.Keyspace, _ engine.Args, w engine.Reply) error {
			calls++
			for begin := time.Now(); !s.m.hook.due.Load(); {
				if time.Since(begin) > time.Minute {
					return engine.Errf("the watchdog sleeps")
				}
				time.Sleep(time.Millisecond)
			}
			w.Status("OK")
			return nil
		},
	}
	e := engine.New(engine.Options{Commands: append(s.Commands(), slow), Seed: 1})
	s.Attach(e)
	e.Settings().BusyThresholdMs = 1
	e.SetWake(func() {}, func() { e.StopScript() })
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &server{e, s, c}
	got := v.do(t, "EVAL", "while true do redis.call('x.slow') end", "0")
	if !strings.Contains(got, "the server stops") || calls > 100 {
		t.Errorf("after %d slow calls: %s", calls, got)
	}
}
