package scripting

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"perigee/engine"
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

// TestUndoneScriptsLeaveNothing lets scripts of random commands fail at each
// of them: whoever looks, they were never there.
func TestUndoneScriptsLeaveNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	v := newServer(t)
	watcher, err := v.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.e.Settings().Events = engine.ParseEvents("KEA")
	for round := range 60 {
		var calls []string
		for range 8 {
			calls = append(calls, randomCall(random))
		}
		v.do(t, "EVAL", strings.Join(calls, " "), "0") // something to change
		execute(v, watcher, "WATCH k0 k1 k2 k3")
		before := contents(t, v)
		for n := range calls {
			fails := "#!lua flags=rollback\n" + strings.Join(calls[:n+1], " ") + " error('stop')"
			if got := v.do(t, "EVAL", fails, "0"); !strings.Contains(got, "stop") {
				t.Fatalf("round %d: %s: %s", round, fails, got)
			}
			part := `perigee.atomic(function() ` + strings.Join(calls[:n+1], " ") + ` error() end)`
			if got := v.do(t, "EVAL", part, "0"); got != "(nil)" {
				t.Fatalf("round %d: %s: %s", round, part, got)
			}
			if after := contents(t, v); after != before {
				t.Fatalf("round %d: %s:\n got %s\nwant %s", round, fails, after, before)
			}
		}
		execute(v, watcher, "MULTI")
		if got := execute(v, watcher, "EXEC"); got != "*0\r\n" {
			t.Fatalf("round %d: what was undone spoiled a WATCH: %q", round, got)
		}
	}
}

// randomCall is a protected call of a command that may change one of four keys.
func randomCall(random *rand.Rand) string {
	key, n := fmt.Sprintf("'k%d'", random.IntN(4)), random.IntN(5)
	words := [][]string{
		{"'SET'", key, fmt.Sprint(n)}, {"'SET'", key, "('x'):rep(3000)", "'PX'", "90000"}, {"'APPEND'", key, "'more'"}, {"'INCRBY'", key, fmt.Sprint(n)},
		{"'SETRANGE'", key, "9", "'zz'"}, {"'DEL'", key}, {"'RENAME'", key, "'k2'"}, {"'COPY'", key, "'k3'", "'REPLACE'"},
		{"'EXPIRE'", key, "100"}, {"'PERSIST'", key}, {"'RPUSH'", key, "1", "2", "3"}, {"'LPOP'", key, "2"}, {"'LINSERT'", key, "'BEFORE'", "2", "'b'"},
		{"'LSET'", key, "0", "'s'"}, {"'LTRIM'", key, "1", "-1"}, {"'HSET'", key, fmt.Sprintf("'f%d'", n), "1", "'g'", "2"}, {"'HDEL'", key, "'g'"},
		{"'SADD'", key, fmt.Sprint(n), "'m'"}, {"'SREM'", key, fmt.Sprint(n)}, {"'SPOP'", key}, {"'ZADD'", key, fmt.Sprint(n), "'a'", "2", "'b'"},
		{"'ZREM'", key, "'a'"}, {"'ZINCRBY'", key, "1", "'b'"}, {"'MOVE'", key, "1"}, {"'SWAPDB'", "0", "1"}, {"'FLUSHDB'"},
	}
	return "redis.pcall(" + strings.Join(words[random.IntN(len(words))], ", ") + ")"
}

// contents shows all keys of two databases with values, deadlines and types.
func contents(t *testing.T, v *server) string {
	t.Helper()
	var all strings.Builder
	for db := range 2 {
		v.do(t, "SELECT", fmt.Sprint(db))
		for i := range 4 {
			key := fmt.Sprintf("k%d", i)
			read := map[string][]string{
				"string": {"GET", key}, "list": {"LRANGE", key, "0", "-1"}, "hash": {"HGETALL", key},
				"set": {"SMEMBERS", key}, "zset": {"ZRANGE", key, "0", "-1", "WITHSCORES"},
			}[v.do(t, "TYPE", key)]
			if read == nil {
				continue
			}
			value := v.do(t, read...)
			if read[0] == "SMEMBERS" {
				value = sortedLines(value)
			}
			fmt.Fprintf(&all, "%d %s %s %s\n", db, key, v.do(t, "PEXPIRETIME", key), value)
		}
	}
	v.do(t, "SELECT", "0")
	return all.String()
}

// sortedLines orders the elements of a reply, whose numbers it takes away.
func sortedLines(reply string) string {
	lines := strings.Split(reply, "\n")
	for i, line := range lines {
		_, lines[i], _ = strings.Cut(line, ") ")
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}
