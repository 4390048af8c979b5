package scripting

import (
	"strings"
	"testing"
)

// TestErrorReplies compares what a script's errors become with what Redis
// 7.0.15 replied to the same.
func TestErrorReplies(t *testing.T) {
	v := newServer(t)
	for _, tc := range []struct{ script, want string }{
		{"return {err='MY bad'}", "MY bad"},
		{"return {err='bad'}", "bad"},
		{"return {err=''}", ""},
		{"return {err='-MY bad'}", "-MY bad"},
		{`return {err='a\r\nb c'}`, "a  b c"},
		{"return redis.error_reply('x')", "ERR x"},
		{"return redis.error_reply('-X y')", "X y"},
		{"return redis.error_reply('-x')", "ERR x"},
		{"return redis.error_reply()", "ERR wrong number or type of arguments"},
		{"return redis.status_reply(1)", "ERR wrong number or type of arguments"},
		{"error('boom')", "ERR user_script:1: boom script: SHA, on @user_script:1."},
		{"error({err='boom'})", "boom script: SHA, on @user_script:1."},
		{"error({err='MY boom'})", "MY boom script: SHA, on @user_script:1."},
		{"return redis.setresp(4)", "ERR RESP version must be 2 or 3. script: SHA, on @user_script:1."},
		{"redis.log('x')", "ERR redis.log() requires two arguments or more. script: SHA, on @user_script:1."},
		{"redis.log('x','y')", "ERR First argument must be a number (log level). script: SHA, on @user_script:1."},
		{"redis.log(9,'y')", "ERR Invalid debug level. script: SHA, on @user_script:1."},
		{"redis.sha1hex()", "ERR wrong number of arguments script: SHA, on @user_script:1."},
		{"return redis.set_repl(9)", "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE. script: SHA, on @user_script:1."},
		{"return redis.acl_check_cmd()", "ERR Please specify at least one argument for this redis lib call script: SHA, on @user_script:1."},
		{"return redis.acl_check_cmd('x')", "ERR Invalid command passed to redis.acl_check_cmd() script: SHA, on @user_script:1."},
		{"local ok, e = pcall(redis.setresp, 9) return {err=type(e)..' '..e}", "string ERR RESP version must be 2 or 3."},
	} {
		want := "(error) " + strings.ReplaceAll(tc.want, "SHA", sha1Hex(tc.script))
		if got := v.do(t, "EVAL", tc.script, "0"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", tc.script, got, want)
		}
	}
}

func TestErrorsOfLibraries(t *testing.T) {
	v := newServer(t)
	for _, tc := range []struct{ body, want string }{
		{"redis.register_function()", "ERR wrong number of arguments to redis.register_function"},
		{"redis.register_function('a', 2)", "ERR second argument to redis.register_function must be a function"},
		{"redis.register_function({})", "ERR redis.register_function must get a function name argument"},
		{"redis.log(1)", "ERR redis.log() requires two arguments or more."},
		{"x = 1", "ERR user_function:2: Attempt to modify a readonly table"},
	} {
		want := "(error) ERR Error registering functions: " + tc.want
		if got := v.do(t, "FUNCTION", "LOAD", "#!lua name=lib\n"+tc.body); got != want {
			t.Errorf("%s:\n got %s\nwant %s", tc.body, got, want)
		}
	}
}

// TestSmallValuesOfHugeReplies returns values whose replies would not fit into
// any memory.
func TestSmallValuesOfHugeReplies(t *testing.T) {
	v := newServer(t)
	for _, script := range []string{
		"local t = {1} for i = 1, 100 do t = {t, t} end return t",
		"local t = {1} for i = 1, 100 do t = {map={a=t, b=t}} end return t",
		"local t = {1} for i = 1, 100 do t = {set={[t]=true, [{t}]=true}} end return t",
		"local s, t = string.rep('x', 1e6), {} for i = 1, 1e3 do t[i] = s end return t",
		"local s, t = string.rep('x', 1e6), {} for i = 1, 1e3 do t[i] = {verbatim_string={format='txt', string=s}} end return t",
		"local s, t = string.rep('x', 1e6), {} for i = 1, 1e3 do t[i] = {err=s} end return t",
	} {
		got := v.do(t, "EVAL", "redis.call('SET', 'k', 'v') "+script, "0")
		if !strings.HasPrefix(got, "(error) LIMIT reply the script exceeded its limit of ") {
			t.Errorf("%s: got %.100s", script, got)
		}
	}
	if got := v.do(t, "EXISTS", "k"); got != "(integer) 0" {
		t.Error("a script whose reply exceeds its limit was not undone")
	}
	v.e.Execute(v.c, [][]byte{[]byte("EVAL"), []byte("local t = {} t[1] = t return t"), []byte("0")})
	if got := string(v.c.Out.Bytes()); got != strings.Repeat("*1\r\n", maxReplyDepth+1)+"-ERR reached lua stack limit\r\n" {
		t.Errorf("a table in itself: got %.100q", got)
	}
}

// TestTextsStayWithinTheirReply has texts that would end their reply early.
func TestTextsStayWithinTheirReply(t *testing.T) {
	v := newServer(t)
	v.c.Out.SetProto(3)
	for script, want := range map[string]string{
		`return {big_number='1\r\n+2'}`:                            "(1  +2\r\n",
		`return {verbatim_string={format='markdown', string='x'}}`: "=5\r\nmar:x\r\n",
		`return {verbatim_string={format='m', string='x'}}`:        "=5\r\nm  :x\r\n",
		`return {ok='1\r\n+2'}`:                                    "+1  +2\r\n",
	} {
		v.e.Execute(v.c, [][]byte{[]byte("EVAL"), []byte(script), []byte("0")})
		if got := string(v.c.Out.Bytes()); got != want {
			t.Errorf("%s: got %q, want %q", script, got, want)
		}
		v.c.Sent(v.c.Out.Len())
	}
}
