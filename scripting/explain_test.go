package scripting

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"perigee/engine"
)

// varying is what differs from run to run in an explanation.
var varying = regexp.MustCompile(`"(instructions|memory-bytes|microseconds)" => \(integer\) \d+`)

// flat takes away how a reply is indented.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestExplain(t *testing.T) {
	v := newServer(t)
	v.do(t, "HELLO", "3")
	v.do(t, "SET", "alice", "100")
	v.do(t, "RPUSH", "log", "opened", "two words")
	v.do(t, "SET", "session", "x", "PX", "60000")
	v.do(t, "ZADD", "scores", "1.5", "a", "2", "b")
	got := v.do(t, "SCRIPT", "EXPLAIN", "EVAL", `
redis.call('GET', KEYS[1])
redis.call('DECRBY', KEYS[1], ARGV[1])
redis.call('INCRBY', KEYS[2], ARGV[1])
redis.call('RPUSH', 'log', 'paid')
redis.call('PERSIST', 'session')
redis.call('ZRANGE', 'scores', 0, -1)
redis.pcall('HGET', 'log', 'f')
redis.call('SET', 'none', 1)
redis.call('DEL', 'none')
redis.pcall('CONFIG', 'GET', 'x')
return {ok = 'PAID'}`, "2", "alice", "bob", "30")
	got = flat(varying.ReplaceAllString(got, `"$1" => N`))
	const want = ` 1# "reply" => PAID
 2# "error" => (nil)
 3# "commands" => 
    1) 1# "command" => "get"
       2# "calls" => (integer) 1
       3# "errors" => (integer) 0
       4# "writes" => (integer) 0
    2) 1# "command" => "decrby"
       2# "calls" => (integer) 1
       3# "errors" => (integer) 0
       4# "writes" => (integer) 1
`
	if !strings.HasPrefix(got, flat(want)) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, part := range []string{
		`"key" => "alice"
       2# "db" => (integer) 0
       3# "access" => "read, written"
       4# "before" => "string of 3 bytes: 100"
       5# "after" => "string of 2 bytes: 70"`,
		`"key" => "bob"
       2# "db" => (integer) 0
       3# "access" => "read, written"
       4# "before" => (nil)
       5# "after" => "string of 2 bytes: 30"`,
		`"before" => "list of 2 elements: opened, \"two words\""
       5# "after" => "list of 3 elements: opened, \"two words\", paid"`,
		`"before" => "string of 1 byte, expires in 60000 ms: x"
       5# "after" => "string of 1 byte: x"`,
		`"key" => "scores"
       2# "db" => (integer) 0
       3# "access" => "read"
       4# "before" => "zset of 2 elements: a=1.5, b=2"`,
		`"key" => "none"
       2# "db" => (integer) 0
       3# "access" => "written"
       4# "before" => (nil)
       5# "after" => (nil)`,
		`"command" => "hget"
       2# "calls" => (integer) 1
       3# "errors" => (integer) 1
       4# "writes" => (integer) 0`,
		`"command" => "config get"`, `"keys-omitted" => (integer) 0`, `"databases-emptied" => (empty array)`, `"instructions" => N`, `"microseconds" => N`,
	} {
		if !strings.Contains(got, flat(part)) {
			t.Errorf("got\n%s\nwithout\n%s", got, part)
		}
	}
	if got := v.do(t, "GET", "alice") + v.do(t, "EXISTS", "bob") + v.do(t, "LLEN", "log"); got != `"100"(integer) 0(integer) 2` {
		t.Errorf("something stayed: %s", got)
	}
}

func TestExplainOfFunctionsAndModules(t *testing.T) {
	v := newServer(t)
	v.do(t, "FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('put', function(keys, args) redis.call('SET', keys[1], args[1]) error('no') end)")
	v.do(t, "SCRIPT", "LOAD", "redis.call('FLUSHALL') return 1")
	m, err := v.s.LoadModule(ModuleSource{File: "bank.lua", Text: `#!lua name=bank
perigee.command{name = 'bank.pay', arity = 2, handler = function(args)
  redis.call('SET', args[1], 'paid') error('no')
end}`})
	if err == nil {
		err = m.Install()
	}
	if err != nil {
		t.Fatal(err)
	}
	v.do(t, "SET", "old", "1")
	// An error keeps what a function wrote, and undoes what a module's command did.
	if got := v.do(t, "SCRIPT", "EXPLAIN", "FCALL", "put", "1", "k", "x"); !strings.Contains(got, `"ERR user_function:2: no script: put, on @user_function:2."`) ||
		!strings.Contains(got, `"string of 1 byte: x"`) {
		t.Error(got)
	}
	if got := v.do(t, "SCRIPT", "EXPLAIN", "bank.pay", "k"); !strings.Contains(got, `"ERR bank.lua:3: no script: bank.pay, on @bank.lua:3."`) || strings.Contains(got, "after") {
		t.Error(got)
	}
	if got := v.do(t, "SCRIPT", "EXPLAIN", "EVALSHA", sha1Hex("redis.call('FLUSHALL') return 1"), "0"); !strings.Contains(got, `"databases-emptied"
12) 1) (integer) 0`) {
		t.Error(got)
	}
	if got := v.do(t, "DBSIZE"); got != "(integer) 1" {
		t.Errorf("after all that there are %s keys", got)
	}
}

func TestExplainRefuses(t *testing.T) {
	v := newServer(t)
	v.do(t, "ACL", "SETUSER", "u", "on", "nopass", "~k", "+script|explain", "+eval", "+get")
	c, err := v.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	admin := v.c
	for _, tc := range []struct{ words, want string }{
		{"GET k", "(error) ERR 'get' is neither a script nor a function nor a command of a module"},
		{"SUBSCRIBE c", "(error) ERR 'subscribe' is neither a script nor a function nor a command of a module"},
		{"EVAL", "(error) ERR wrong number of arguments for 'eval' command"},
		{"NONE", "(error) ERR unknown command 'NONE', with args beginning with: "},
		{"EVAL x 0", "Error compiling script"},
		{"EVALSHA x 0", "NOSCRIPT"},
	} {
		if got := v.do(t, append([]string{"SCRIPT", "EXPLAIN"}, strings.Fields(tc.words)...)...); !strings.Contains(got, tc.want) {
			t.Errorf("%s: %s", tc.words, got)
		}
	}
	v.do(t, "SCRIPT", "DEBUG", "YES")
	if got := v.do(t, "SCRIPT", "EXPLAIN", "EVAL", "return 1", "0"); !strings.HasPrefix(got, "(error) ERR SCRIPT EXPLAIN does not debug") {
		t.Error(got)
	}
	v.do(t, "SCRIPT", "DEBUG", "NO")
	v.c = c
	v.do(t, "AUTH", "u", "x")
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"EVAL", "return redis.call('GET', KEYS[1])", "1", "other"}, "(error) NOPERM No permissions to access a key"},
		{[]string{"FCALL", "f", "0"}, "(error) NOPERM User u has no permissions to run the 'fcall' command"},
		{[]string{"EVAL", "return redis.call('GET', 'other')", "0"}, "ACL failure in script: No permissions to access a key"},
		{[]string{"EVAL", "return redis.call('GET', KEYS[1])", "1", "k"}, `"access"`},
	} {
		if got := v.do(t, append([]string{"SCRIPT", "EXPLAIN"}, tc.args...)...); !strings.Contains(got, tc.want) {
			t.Errorf("%q: %s", tc.args, got)
		}
	}
	v.c = admin
	v.do(t, "ACL", "SETUSER", "u", "-script|explain")
	v.c = c
	if got := v.do(t, "SCRIPT", "EXPLAIN", "EVAL", "return 1", "0"); !strings.HasPrefix(got, "(error) NOPERM") {
		t.Error(got)
	}
}

// meddling changes what there is in every way that others could notice.
const meddling = `
redis.call('GET', 'text')
redis.call('TOUCH', 'text')
redis.call('SETRANGE', 'long', 5, 'xyz')
redis.call('APPEND', 'text', 'more')
redis.call('LPUSH', 'queue', 'job')
redis.call('HSET', 'hash', 'f', 'new', 'g', 'x')
redis.call('EXPIRE', 'hash', 5)
redis.call('SADD', 'set', 'c')
redis.call('ZINCRBY', 'scores', 5, 'a')
redis.call('XADD', 'stream', '*', 'f', 'v')
redis.call('RENAME', 'set', 'renamed')
redis.call('GET', 'gone')
redis.call('PUBLISH', 'channel', 'message')
redis.call('SELECT', 1)
redis.call('SET', 'elsewhere', 1)
return redis.call('MOVE', 'elsewhere', 2)`

// TestExplainLeavesNoTrace compares all that there is before and after, with
// clients that wait for, watch and subscribe to what the script does.
func TestExplainLeavesNoTrace(t *testing.T) {
	for _, policy := range []engine.EvictionPolicy{0, engine.EvictLFU} {
		now := time.UnixMilli(1_700_000_000_000)
		v := newServer(t)
		journal := new(countingJournal)
		v.e.UseJournal(journal, 0)
		v.e.Settings().Events = engine.EventKeyspace | engine.EventKeyevent | engine.EventAll
		v.e.Settings().Policy = policy
		v.e.BeginIteration(now)
		for _, line := range []string{
			"SET text abc", "SET gone x PX 10", "HSET hash f v", "SADD set a b", "ZADD scores 1 a 2 b", "XADD stream 1-1 f v", "SET long " + strings.Repeat("x", 100_000),
		} {
			v.do(t, strings.Fields(line)...)
		}
		clients := map[string]*engine.Client{}
		for name, line := range map[string]string{
			"blocked": "BLPOP queue 0", "reader": "XREAD BLOCK 0 STREAMS stream $", "subscriber": "PSUBSCRIBE *", "watcher": "WATCH text hash set queue", "monitor": "MONITOR",
		} {
			c, err := v.e.Connect(engine.Peer{Unix: true}, nil)
			if err != nil {
				t.Fatal(err)
			}
			execute(v, c, line)
			clients[name] = c
		}
		execute(v, clients["watcher"], "MULTI")
		execute(v, clients["watcher"], "ECHO watched")
		v.e.BeginIteration(now.Add(100 * time.Second))
		state := func() string {
			var all []string
			v.do(t, "CLIENT", "NO-TOUCH", "ON")
			defer v.do(t, "CLIENT", "NO-TOUCH", "OFF")
			for _, key := range []string{"text", "hash", "set", "scores", "stream", "queue", "renamed", "long"} {
				for _, words := range []string{"DUMP", "PEXPIRETIME", "OBJECT ENCODING", "OBJECT IDLETIME", "OBJECT FREQ"} {
					all = append(all, v.do(t, append(strings.Fields(words), key)...))
				}
			}
			for _, db := range []string{"1", "2"} {
				v.do(t, "SELECT", db)
				all = append(all, v.do(t, "DBSIZE"))
			}
			v.do(t, "SELECT", "0")
			return strings.Join(all, "\n")
		}
		sent := map[string]int{}
		for name, c := range clients {
			sent[name] = c.Out.Len()
		}
		before := state()
		units, hits := journal.units, v.counts(t)
		got := v.do(t, "SCRIPT", "EXPLAIN", "EVAL", meddling, "0")
		if !strings.Contains(got, "journal-bytes") || strings.Contains(got, `"ERR`) {
			t.Fatal(got)
		}
		if after := v.counts(t); after != hits {
			t.Errorf("INFO counted %s and counts %s", hits, after)
		}
		if after := state(); after != before {
			t.Errorf("the state was\n%s\nand is\n%s", before, after)
		}
		if err := v.e.Check(); err != nil {
			t.Error(err)
		}
		if journal.units != units {
			t.Errorf("%d units went to the journal", journal.units-units)
		}
		for name, c := range clients {
			if name != "monitor" && c.Out.Len() != sent[name] {
				t.Errorf("%s was sent %q", name, c.Out.Bytes()[sent[name]:])
			}
		}
		if seen := string(clients["monitor"].Out.Bytes()); strings.Contains(seen, "elsewhere") && strings.Contains(seen, " lua]") {
			t.Errorf("MONITOR shows what a trial does: %s", seen)
		}
		if got := execute(v, clients["watcher"], "EXEC"); got != "*1\r\n$7\r\nwatched\r\n" {
			t.Errorf("EXEC replies %q", got)
		}
		v.do(t, "EVAL", meddling, "0")
		if got := string(clients["blocked"].Out.Bytes()); got != "*2\r\n$5\r\nqueue\r\n$3\r\njob\r\n" {
			t.Errorf("in earnest the blocked client gets %q", got)
		}
	}
}

// counts is what INFO counts of looks at keys.
func (v *server) counts(t *testing.T) string {
	t.Helper()
	return strings.Join(regexp.MustCompile(`(keyspace_hits|keyspace_misses|expired_keys):\d+`).FindAllString(v.do(t, "INFO", "stats"), -1), " ")
}

func TestExplainObeysLimits(t *testing.T) {
	v := newServer(t)
	v.e.Settings().ScriptLimits.Instructions = 50_000
	got := v.do(t, "SCRIPT", "EXPLAIN", "EVAL", "redis.call('SET', 'a', 1) while true do end", "0")
	if !strings.Contains(got, "LIMIT instructions") || strings.Contains(got, "after") {
		t.Error(got)
	}
	if got := v.do(t, "EXISTS", "a"); got != "(integer) 0" {
		t.Error(got)
	}
}

func TestExplainDoesNotCountAsACall(t *testing.T) {
	v := newServer(t)
	v.do(t, "EVAL", "return 1", "0")
	before := v.do(t, "SCRIPT", "STATS", sha1Hex("return 1"))
	v.do(t, "SCRIPT", "EXPLAIN", "EVAL", "return 1", "0")
	v.do(t, "SCRIPT", "EXPLAIN", "EVAL", "return 1", "0")
	v.do(t, "EVAL", "return 1", "x") // refused, and not taken for the trial's run
	if after := v.do(t, "SCRIPT", "STATS", sha1Hex("return 1")); after != before {
		t.Errorf("the account was\n%s\nand is\n%s", before, after)
	}
}

// TestExplainWithinATransaction keeps what the transaction does around it.
func TestExplainWithinATransaction(t *testing.T) {
	v := newServer(t)
	v.do(t, "SET", "a", "0")
	v.do(t, "MULTI")
	v.do(t, "SET", "a", "1")
	v.do(t, "SCRIPT", "EXPLAIN", "EVAL", "redis.call('SET', 'a', 'trial') redis.call('SET', 'b', 'trial')", "0")
	v.do(t, "APPEND", "a", "2")
	if got := v.do(t, "EXEC"); !strings.Contains(got, "string of 1 byte: 1") || !strings.Contains(got, "string of 5 bytes: trial") {
		t.Error(got)
	}
	if got := v.do(t, "GET", "a") + v.do(t, "EXISTS", "b"); got != `"12"(integer) 0` {
		t.Error(got)
	}
	if err := v.e.Check(); err != nil {
		t.Error(err)
	}
}
