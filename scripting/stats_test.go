package scripting

import (
	"slices"
	"strings"
	"testing"

	"perigee/engine"
	"perigee/engine/resp"
)

// reply runs a command and reads its reply.
func (v *server) reply(t testing.TB, args ...string) resp.Value {
	t.Helper()
	argv := make([][]byte, len(args))
	for i, a := range args {
		argv[i] = []byte(a)
	}
	v.e.Execute(v.c, argv)
	value, err := resp.NewReader(strings.NewReader(string(v.c.Out.Bytes()))).Read()
	v.c.Sent(v.c.Out.Len())
	if err != nil || value.Err() != nil {
		t.Fatalf("%q: %v, %v", args, err, value.Err())
	}
	return value
}

// pairs is a map by its keys, as RESP2 has it too.
func pairs(t testing.TB, v resp.Value) map[string]resp.Value {
	t.Helper()
	if len(v.Elems)%2 != 0 {
		t.Fatalf("%s is no map", v.Format())
	}
	m := map[string]resp.Value{}
	for i := 0; i < len(v.Elems); i += 2 {
		m[string(v.Elems[i].Str)] = v.Elems[i+1]
	}
	return m
}

func (v *server) stats(t testing.TB, name string) map[string]resp.Value {
	t.Helper()
	return pairs(t, v.reply(t, "SCRIPT", "STATS", name))
}

// expectCounts compares integers of an account.
func expectCounts(t testing.TB, account map[string]resp.Value, want map[string]int64) {
	t.Helper()
	for name, n := range want {
		if got, ok := account[name]; !ok || got.Int != n {
			t.Errorf("%s is %s, want %d", name, got.Format(), n)
		}
	}
}

func TestStatsOfAScript(t *testing.T) {
	const source = `redis.call('SET', 'k', ARGV[1]) redis.call('GET', 'k') redis.call('get', 'k') redis.pcall('NOSUCH')
if ARGV[1] == 'raise' then error('no') end
return ARGV[1] == 'reply' and redis.error_reply('MY bad') or 1`
	for _, protocol := range []string{"2", "3"} {
		v := newServer(t)
		v.reply(t, "HELLO", protocol)
		sha := sha1Hex(source)
		for _, arg := range []string{"a", "raise", "b", "reply"} {
			v.do(t, "EVAL", source, "0", arg)
		}
		v.do(t, "EVALSHA", strings.Repeat("0", 40), "0")
		account := v.stats(t, strings.ToUpper(sha))
		expectCounts(t, account, map[string]int64{"calls": 4, "errors": 2, "kills": 0, "limits": 0, "rollbacks": 0})
		commands := pairs(t, account["commands"])
		if len(commands) != 2 {
			t.Errorf("commands: %s", account["commands"].Format())
		}
		expectCounts(t, pairs(t, commands["set"]), map[string]int64{"calls": 4})
		expectCounts(t, pairs(t, commands["get"]), map[string]int64{"calls": 8})
		if got := pairs(t, account["last_error"])["text"]; string(got.Str) != "MY bad" {
			t.Errorf("last error: %s", got.Format())
		}
		if account["instructions"].Int < 4*10 || account["written_bytes"].Int < 4*2 || string(account["kind"].Str) != "script" || !account["library"].IsNull() {
			t.Errorf("account: %v", account)
		}
		if protocol == "3" && !(account["usec_p50"].Float > 0 && account["usec_p50"].Float <= account["usec_p99"].Float && account["usec_p99"].Float <= account["usec_max"].Float) {
			t.Errorf("percentiles: %v", account)
		}
	}
}

func TestStatsOfStoppedRuns(t *testing.T) {
	v := overrun(t, func(v *server, other *engine.Client) {
		if got := execute(v, other, "SCRIPT LIST STATS"); !strings.HasPrefix(got, "*") {
			t.Errorf("SCRIPT LIST while a script overruns: %q", got)
		}
		execute(v, other, "SCRIPT KILL")
		v.e.Settings().BusyThresholdMs = 0 // the next scripts are let run
	})
	kill := "redis.call('SET', 'a', 1) " + endless
	v.do(t, "EVAL", kill, "1", "a")
	account := v.stats(t, sha1Hex(kill))
	expectCounts(t, account, map[string]int64{"calls": 1, "errors": 1, "kills": 1, "limits": 0, "rollbacks": 1})
	if trace := string(pairs(t, account["last_error"])["traceback"].Str); !strings.Contains(trace, "user_script:1: in main chunk") {
		t.Errorf("traceback of what was killed: %q", trace)
	}
	limited := "#!lua instruction-limit=20000\nwhile true do end"
	v.do(t, "EVAL", limited, "0")
	account = v.stats(t, sha1Hex(limited))
	expectCounts(t, account, map[string]int64{"calls": 1, "errors": 1, "kills": 0, "limits": 1, "rollbacks": 0})
	if n := account["instructions"].Int; n < 20000 || n > 20000+2*tickInstructions {
		t.Errorf("%d instructions", n)
	}
	undone := "#!lua flags=rollback\nredis.call('SET', 'a', 1) error('no')"
	v.do(t, "EVAL", undone, "0")
	expectCounts(t, v.stats(t, sha1Hex(undone)), map[string]int64{"errors": 1, "kills": 0, "rollbacks": 1})
}

// TestStatsOfRunsWithinRuns has a script call a module's command: each has what
// is its own, and the script what the command did as well.
func TestStatsOfRunsWithinRuns(t *testing.T) {
	v := newTimedServer(t)
	m, err := v.s.LoadModule(ModuleSource{File: "shop.lua", Text: `#!lua name=shop
perigee.command{name='shop.buy', arity=2, handler=function(_, argv)
	local s = ('x'):rep(200000)
	for i = 1, 1000 do end
	return redis.call('INCR', argv[1])
end}
redis.register_function('sell', function() return redis.call('DECR', 'apple') end)`})
	if err == nil {
		err = m.Install()
	}
	if err != nil {
		t.Fatal(err)
	}
	const source = "local n = redis.call('shop.buy', 'apple') redis.call('SHOP.BUY', 'apple') return redis.call('GET', 'apple')"
	v.do(t, "EVAL", source, "0")
	v.do(t, "SHOP.BUY", "pear")
	v.do(t, "FCALL", "sell", "0")
	script, command, function := v.stats(t, sha1Hex(source)), v.stats(t, "Shop.Buy"), v.stats(t, "SELL")
	expectCounts(t, script, map[string]int64{"calls": 1, "errors": 0})
	expectCounts(t, command, map[string]int64{"calls": 3, "errors": 0, "memory_peak": 200000})
	expectCounts(t, function, map[string]int64{"calls": 1, "memory_peak": 0})
	expectCounts(t, pairs(t, pairs(t, script["commands"])["shop.buy"]), map[string]int64{"calls": 2})
	expectCounts(t, pairs(t, pairs(t, command["commands"])["incr"]), map[string]int64{"calls": 3})
	if s, c := script["instructions"].Int, command["instructions"].Int; s < c*2/3 || c < 3000 {
		t.Errorf("the script counts %d instructions, the command, which it called two times of three, %d", s, c)
	}
	if n := script["memory_peak"].Int; n < 400000 || n > 500000 {
		t.Errorf("the script held %d bytes", n)
	}
	if string(command["library"].Str) != "shop" || string(command["kind"].Str) != "command" || string(function["kind"].Str) != "function" {
		t.Errorf("who they are: %v, %v", command, function)
	}
	m.Remove()
	if got := v.do(t, "SCRIPT", "STATS", "shop.buy"); got != "(error) ERR No such script, function or command of a module" {
		t.Errorf("after the module went: %s", got)
	}
}

func TestStatsInTransactions(t *testing.T) {
	v := newServer(t)
	for _, line := range []string{"MULTI", "EVAL|return redis.call('INCR', 'n')|0", "EVAL|error('no')|0", "EXEC"} {
		v.do(t, strings.Split(line, "|")...)
	}
	expectCounts(t, v.stats(t, sha1Hex("return redis.call('INCR', 'n')")), map[string]int64{"calls": 1, "errors": 0})
	expectCounts(t, v.stats(t, sha1Hex("error('no')")), map[string]int64{"calls": 1, "errors": 1})
}

func TestStatsLastAsLongAsTheScript(t *testing.T) {
	v := newServer(t)
	const library = "#!lua name=lib\nredis.register_function('f', function() return 1 end)"
	v.do(t, "FUNCTION", "LOAD", library)
	calls := func(name string) int64 { return v.stats(t, name)["calls"].Int }
	run := func() { v.do(t, "EVAL", "return 1", "0"); v.do(t, "FCALL", "f", "0") }
	sha := sha1Hex("return 1")
	run()
	v.do(t, "CONFIG", "RESETSTAT")
	if calls(sha) != 0 || calls("f") != 0 || v.s.totals[0].Calls != 0 {
		t.Error("CONFIG RESETSTAT left something")
	}
	run()
	v.do(t, "SCRIPT", "FLUSH")
	v.do(t, "FUNCTION", "LOAD", "REPLACE", library)
	if got := v.do(t, "SCRIPT", "STATS", sha); !strings.HasPrefix(got, "(error)") {
		t.Errorf("after SCRIPT FLUSH: %s", got)
	}
	if calls("f") != 0 {
		t.Error("a function that was replaced kept its account")
	}
	run()
	if calls(sha) != 1 || calls("f") != 1 || v.s.totals[0].Calls != 2 || v.s.totals[1].Calls != 2 {
		t.Errorf("calls %d and %d, in all %+v", calls(sha), calls("f"), v.s.totals)
	}
	v.do(t, "SCRIPT", "LOAD", "return 2")
	want := []string{"script " + sha + "  1", "script " + sha1Hex("return 2") + "  0"}
	slices.Sort(want)
	want = append(want, "function f lib 1")
	var listed []string
	for _, entry := range v.reply(t, "SCRIPT", "LIST").Elems {
		e := pairs(t, entry)
		listed = append(listed, strings.Join([]string{string(e["kind"].Str), string(e["name"].Str), string(e["library"].Str), itoa(int(e["calls"].Int))}, " "))
	}
	if !slices.Equal(listed, want) {
		t.Errorf("listed %q, want %q", listed, want)
	}
	info := v.do(t, "INFO", "scriptstats")
	for _, part := range []string{`\r\nscripttotals_script:calls=2,`, `\r\nscriptstat_f:kind=function,calls=1,`, `\r\nscriptstat_` + sha + `:kind=script,calls=1,`} {
		if !strings.Contains(info, part) {
			t.Errorf("INFO lacks %s: %s", part, info)
		}
	}
	if strings.Contains(v.do(t, "INFO"), "scriptstat") || strings.Contains(info, sha1Hex("return 2")) {
		t.Error("INFO shows what was not asked for, or what never ran")
	}
}

func TestTracebacks(t *testing.T) {
	v := newServer(t)
	deep := strings.Repeat("\n\tuser_script:1: in function 'f'", 11)
	for source, want := range map[string]string{
		"error('no')":         "\n\t[C]: in function 'error'\n\tuser_script:1: in main chunk",
		"local x\nreturn x.y": "\n\tuser_script:2: in main chunk",
		"return 'a' .. {}":    "\n\tuser_script:1: in main chunk",
		"return 1 + {}":       "\n\tuser_script:1: in main chunk",
		"local function f() error('no') end\nlocal function g() local a = f() return a end\nlocal a = g()": "\n\t[C]: in function 'error'\n\tuser_script:1: in function 'f'\n\tuser_script:2: in function 'g'\n\tuser_script:3: in main chunk",
		"local function f() error('no') end\nreturn f()":                                                   "\n\t[C]: in function 'error'\n\tuser_script:1: in function <user_script:1>\n\t(tail call): ?",
		"local t = {}\nfunction t.m(x) redis.call('NOSUCH') end\nt:m()":                                    "\n\t[C]: in function 'call'\n\tuser_script:2: in function 'm'\n\tuser_script:3: in main chunk",
		"local a = string.rep()":                                              "\n\t[C]: in function 'rep'\n\tuser_script:1: in main chunk",
		"table.sort({1, 2}, function(a, b)\nreturn a < b.x end)":              "\n\tuser_script:2: in function <user_script:1>\n\t[C]: in function 'sort'\n\tuser_script:1: in main chunk",
		"pcall(error, 'a') error('no')":                                       "\n\t[C]: in function 'error'\n\tuser_script:1: in main chunk",
		"local f = coroutine.wrap(function() error('no') end)\nlocal a = f()": "\n\t[C]: in function 'f'\n\tuser_script:2: in main chunk",
		"local function f(n) if n == 0 then error('no') end f(n - 1) end f(30)": "\n\t[C]: in function 'error'" + deep + "\n\t..." +
			strings.TrimSuffix(deep, "\n\tuser_script:1: in function 'f'\n\tuser_script:1: in function 'f'") + "\n\tuser_script:1: in main chunk",
		"return redis.error_reply('NO')": "",
	} {
		v.do(t, "EVAL", source, "0")
		got := string(pairs(t, v.stats(t, sha1Hex(source))["last_error"])["traceback"].Str)
		if want != "" {
			want = "stack traceback:" + want
		}
		if got != want {
			t.Errorf("%s\n%s\nwant\n%s", source, got, want)
		}
	}
}

func TestSlowlogNamesWhatAScriptCalled(t *testing.T) {
	v := newServer(t)
	v.e.Settings().SlowlogSlowerThan = 0
	const source = "for i = 1, 3 do redis.call('SET', 'k', i) end return redis.call('GET', 'k')"
	v.do(t, "EVAL", source, "0")
	v.do(t, "EVALSHA", strings.Repeat("0", 40), "0")
	v.do(t, "PING")
	for _, entry := range v.reply(t, "SLOWLOG", "GET", "-1").Elems {
		if len(entry.Elems) != 6 {
			t.Errorf("clients expect six elements: %s", entry.Format())
		}
	}
	found := 0
	for _, entry := range v.reply(t, "SLOWLOG", "GET", "-1", "withscript").Elems {
		if len(entry.Elems) != 7 {
			t.Fatalf("want seven elements: %s", entry.Format())
		}
		if string(entry.Elems[3].Elems[0].Str) != "EVAL" {
			if !entry.Elems[6].IsNull() {
				t.Errorf("a run of no script: %s", entry.Format())
			}
			continue
		}
		found++
		run := pairs(t, entry.Elems[6])
		if string(run["name"].Str) != sha1Hex(source) || string(run["kind"].Str) != "script" {
			t.Errorf("got %s", entry.Format())
		}
		expectCounts(t, pairs(t, pairs(t, run["commands"])["set"]), map[string]int64{"calls": 3})
		expectCounts(t, pairs(t, pairs(t, run["commands"])["get"]), map[string]int64{"calls": 1})
	}
	if found != 1 {
		t.Errorf("%d entries of the script", found)
	}
	if got := v.do(t, "SLOWLOG", "GET", "1", "other"); !strings.HasPrefix(got, "(error)") {
		t.Errorf("an unknown option: %s", got)
	}
	if got := v.reply(t, "SLOWLOG", "GET", "WITHSCRIPT"); len(got.Elems) == 0 || len(got.Elems[0].Elems) != 7 {
		t.Errorf("without a count: %s", got.Format())
	}
}

// TestErrorsWithinAScriptAreCountedOnce has a script call a module's command
// that replies with errors, and fail with one of its own.
func TestErrorsWithinAScriptAreCountedOnce(t *testing.T) {
	v := newServer(t)
	m, err := v.s.LoadModule(ModuleSource{File: "mod.lua", Text: `#!lua name=mod
		perigee.command{name = 'mod.one', arity = 1, handler = function() return redis.pcall('GET') end}
		perigee.command{name = 'mod.two', arity = 1, handler = function() return {redis.pcall('GET'), redis.error_reply('MY x')} end}`})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Install(); err != nil {
		t.Fatal(err)
	}
	v.do(t, "EVAL", "redis.pcall('mod.one') error({err = 'OWN x'})", "0")
	v.do(t, "EVAL", "redis.pcall('mod.two') return 1", "0")
	info := v.do(t, "INFO", "commandstats", "errorstats")
	for _, want := range []string{"errorstat_ERR:count=2", "errorstat_MY:count=1", "errorstat_OWN:count=1"} {
		if !strings.Contains(info, want) {
			t.Errorf("%s lacks %s", info, want)
		}
	}
	for command, want := range map[string]string{"eval": "1", "mod.one": "1", "mod.two": "2"} {
		_, line, _ := strings.Cut(info, "cmdstat_"+command+":")
		_, failed, _ := strings.Cut(line, "failed_calls=")
		if !strings.HasPrefix(failed, want+`\r`) {
			t.Errorf("%s has failed %.10s times, want %s", command, failed, want)
		}
	}
}
