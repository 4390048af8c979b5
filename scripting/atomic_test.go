package scripting

import (
	"strings"
	"testing"
)

func TestAtomic(t *testing.T) {
	v := newServer(t)
	for _, tc := range []struct{ script, want string }{
		{`return perigee.atomic(function() redis.call('SET', 'a', 1) return 7 end)`, "(integer) 1"},
		{`return {select(2, perigee.atomic(function(...) return ... end, 1, 'b'))}`, "1) (integer) 1\n2) \"b\""},
		{`local ok, e = perigee.atomic(function() redis.call('SET', 'a', 2) redis.call('RPUSH', 'l', 1) error('no') end) return {tostring(ok), e, redis.call('GET', 'a'), redis.call('EXISTS', 'l')}`,
			"1) \"false\"\n2) \"user_script:1: no\"\n3) \"1\"\n4) (integer) 0"},
		{`local ok, e = perigee.atomic(redis.call, 'INCR', 'a', 'b') return {tostring(ok), e}`,
			"1) \"false\"\n2) \"ERR Wrong number of args calling Redis command from script\""},
		{`redis.call('SET', 'a', 'outer') perigee.atomic(function()
			redis.call('APPEND', 'a', '+1')
			perigee.atomic(function() redis.call('APPEND', 'a', '+2') error() end)
			perigee.atomic(function() redis.call('APPEND', 'a', '+3') end)
		end) return redis.call('GET', 'a')`, `"outer+1+3"`},
		{`redis.call('SET', 'a', 'x') perigee.atomic(function() perigee.atomic(redis.call, 'SET', 'a', 'y') error() end) return redis.call('GET', 'a')`, `"x"`},
		{`return pcall(perigee.atomic)`, "(nil)"},
		{`perigee.atomic = nil`, "(error) ERR user_script:1: Attempt to modify a readonly table script: %s, on @user_script:1."},
		{`local co = coroutine.wrap(function() perigee.atomic(function() redis.call('SET', 'a', 'co') coroutine.yield() end) end) pcall(co) return redis.call('GET', 'a')`, `"x"`},
	} {
		want := strings.ReplaceAll(tc.want, "%s", sha1Hex(tc.script))
		if got := v.do(t, "EVAL", tc.script, "0"); got != want {
			t.Errorf("%s\n got %s\nwant %s", tc.script, got, want)
		}
	}
}

func TestErrorsUndoWhereAsked(t *testing.T) {
	v := newServer(t)
	const fails = `redis.call('SET', 'k', ARGV[1]) redis.call('LPUSH', 'k', 1)`
	run := func(script, value string) string {
		v.do(t, "EVAL", script, "0", value)
		return v.do(t, "GET", "k")
	}
	if got := run(fails, "1"); got != `"1"` {
		t.Errorf("by default: %s", got)
	}
	if got := run("#!lua flags=rollback\n"+fails, "2"); got != `"1"` {
		t.Errorf("with the flag: %s", got)
	}
	v.do(t, "FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function{function_name='f', flags={'rollback'}, callback=function(_, ARGV) "+fails+" end}")
	v.do(t, "FCALL", "f", "0", "3")
	if got := v.do(t, "GET", "k"); got != `"1"` {
		t.Errorf("a function with the flag: %s", got)
	}
	v.e.Settings().ScriptRollback = true
	if got := run(fails, "4"); got != `"1"` {
		t.Errorf("script-on-error rollback: %s", got)
	}
	if got := run("redis.call('SET', 'k', ARGV[1]) return redis.error_reply('MY own')", "5"); got != `"5"` {
		t.Errorf("an error that is returned is no failure: %s", got)
	}
}
