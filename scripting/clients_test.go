package scripting

import (
	"regexp"
	"strings"
	"testing"

	"perigee/engine"
)

func (v *server) connect(t *testing.T) *engine.Client {
	t.Helper()
	c, err := v.e.Connect(engine.Peer{Unix: true, Addr: "test"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// executeArgs runs a command and takes all that the client gets by then.
func (v *server) executeArgs(c *engine.Client, args ...string) string {
	argv := make([][]byte, len(args))
	for i, a := range args {
		argv[i] = []byte(a)
	}
	v.e.Execute(c, argv)
	return taken(c)
}

func taken(c *engine.Client) string {
	got := string(c.Out.Bytes())
	c.Sent(c.Out.Len())
	return got
}

// TestReadsOfScriptsAreTracked has the keys that a script reads tracked for
// whoever called it, not those that it declares.
func TestReadsOfScriptsAreTracked(t *testing.T) {
	const message = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\n"
	v := newServer(t)
	c, other := v.connect(t), v.connect(t)
	v.executeArgs(c, "HELLO", "3")
	v.executeArgs(c, "CLIENT", "TRACKING", "ON")
	v.executeArgs(c, "EVAL", "redis.call('GET', 'a') redis.call('SET', 'b', 1) redis.call('GET', 'b') redis.call('SET', 'c', 1)", "1", "d")
	for key, want := range map[string]string{"a": message + "a\r\n", "b": message + "b\r\n", "c": "", "d": ""} {
		v.executeArgs(other, "SET", key, "2")
		if got := taken(c); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	got := v.executeArgs(c, "EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "a")
	if want := "$1\r\n2\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = v.executeArgs(c, "EVAL", "redis.call('SET', KEYS[1], 3) return redis.call('GET', KEYS[1])", "1", "a")
	if want := "$1\r\n3\r\n" + message + "a\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMonitorShowsScripts has a script shown before the commands that it
// calls.
func TestMonitorShowsScripts(t *testing.T) {
	v := newServer(t)
	m := v.connect(t)
	v.executeArgs(m, "MONITOR")
	v.executeArgs(v.connect(t), "EVAL", "redis.call('set', KEYS[1], 'v\\n') redis.pcall('nosuch') return redis.call('get', KEYS[1])", "1", "k")
	want := `[0 unix:test] "EVAL" "redis.call('set', KEYS[1], 'v\\n') redis.pcall('nosuch') return redis.call('get', KEYS[1])" "1" "k"` + "\r\n" +
		`[0 lua] "set" "k" "v\n"` + "\r\n" + `[0 lua] "get" "k"` + "\r\n"
	if got := regexp.MustCompile(`(?m)^\+\d+\.\d{6} `).ReplaceAllString(taken(m), ""); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestPauseHoldsScripts has those scripts held back that may write.
func TestPauseHoldsScripts(t *testing.T) {
	v := newServer(t)
	if got := v.executeArgs(v.c, "FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('w', function() end)\n"+
		"redis.register_function{function_name='r', callback=function() end, flags={'no-writes'}}"); !strings.HasPrefix(got, "$") {
		t.Fatal(got)
	}
	sha := strings.Trim(v.do(t, "SCRIPT", "LOAD", "return 1"), `"`)
	shaRO := strings.Trim(v.do(t, "SCRIPT", "LOAD", "#!lua flags=no-writes\nreturn 1"), `"`)
	v.do(t, "CLIENT", "PAUSE", "100000", "WRITE")
	for _, test := range []struct {
		args []string
		held bool
	}{
		{[]string{"EVAL", "return 1", "0"}, true},
		{[]string{"EVAL", "#!lua\nreturn 1", "0"}, true},
		{[]string{"EVAL", "#!lua flags=no-writes\nreturn 1", "0"}, false},
		{[]string{"EVAL_RO", "return 1", "0"}, false},
		{[]string{"EVALSHA", sha, "0"}, true},
		{[]string{"EVALSHA", shaRO, "0"}, false},
		{[]string{"EVALSHA_RO", sha, "0"}, false},
		{[]string{"FCALL", "w", "0"}, true},
		{[]string{"FCALL", "r", "0"}, false},
		{[]string{"FCALL_RO", "r", "0"}, false},
	} {
		c := v.connect(t)
		if got := v.executeArgs(c, test.args...); c.Held() != test.held || (got == "") != test.held {
			t.Errorf("%q: held %v, reply %q", test.args, c.Held(), got)
		}
	}
}
