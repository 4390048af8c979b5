package scripting

import (
	"strings"
	"testing"

	"perigee/engine"
)

// TestScriptsMayWhatTheirCallersMay runs scripts and functions of a user who may
// do little.
func TestScriptsMayWhatTheirCallersMay(t *testing.T) {
	v := newServer(t)
	v.do(t, "FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function(keys, args) return redis.call('GET', args[1]) end)")
	v.do(t, "ACL", "SETUSER", "u", "on", "nopass", "~k*", "&c*", "+get", "+sort", "+publish", "+eval", "+fcall", "+config|get")
	c, err := v.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	admin := v.c
	v.c = c
	v.do(t, "AUTH", "u", "x")
	const failure = "(error) ERR ACL failure in script: "
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"EVAL", "return redis.call('GET', 'k')", "0"}, "(nil)"},
		{[]string{"EVAL", "return redis.call('GET', 'x')", "0"}, failure + "No permissions to access a key script: SHA, on @user_script:1."},
		{[]string{"EVAL", "return redis.pcall('GET', 'x')", "0"}, failure + "No permissions to access a key"},
		{[]string{"EVAL", "return redis.pcall('DEL', 'k')", "0"}, failure + "User u has no permissions to run the 'del' command"},
		{[]string{"EVAL", "return redis.pcall('PUBLISH', 'd', 'x')", "0"}, failure + "No permissions to access a channel"},
		{[]string{"EVAL", "return redis.pcall('SORT', 'k', 'BY', 'k*')", "0"}, "(error) ERR BY option of SORT denied due to insufficient ACL permissions."},
		{[]string{"EVAL", "return 1", "1", "x"}, "(error) NOPERM No permissions to access a key"},
		{[]string{"FCALL", "f", "0", "k"}, "(nil)"},
		{[]string{"FCALL", "f", "0", "x"}, failure + "No permissions to access a key script: f, on @user_function:2."},
		{[]string{"FCALL", "f", "1", "x", "k"}, "(error) NOPERM No permissions to access a key"},
		{[]string{"EVAL", "return redis.acl_check_cmd('get', 'k')", "0"}, "(integer) 1"},
		{[]string{"EVAL", "return redis.acl_check_cmd('get', 'x')", "0"}, "(nil)"},
		{[]string{"EVAL", "return redis.acl_check_cmd('get')", "0"}, "(integer) 1"},
		{[]string{"EVAL", "return redis.acl_check_cmd('sort')", "0"}, "(integer) 1"},
		{[]string{"EVAL", "return redis.acl_check_cmd('config', 'set')", "0"}, "(nil)"},
		{[]string{"EVAL", "return redis.acl_check_cmd('config', 'get', 'x')", "0"}, "(integer) 1"},
		{[]string{"EVAL", "return redis.acl_check_cmd('publish', 'd', 1)", "0"}, "(nil)"},
		{[]string{"EVAL", "return redis.acl_check_cmd('config', 'nothing')", "0"}, "(error) ERR Invalid command passed to redis.acl_check_cmd() script: SHA, on @user_script:1."},
		{[]string{"EVAL", "return redis.acl_check_cmd('get', {})", "0"}, "(error) ERR Lua redis lib command arguments must be strings or integers script: SHA, on @user_script:1."},
	} {
		want := strings.ReplaceAll(tc.want, "SHA", sha1Hex(tc.args[1]))
		if got := v.do(t, tc.args...); got != want {
			t.Errorf("%q:\n got %s\nwant %s", tc.args, got, want)
		}
	}
	v.c = admin
	if got := v.do(t, "ACL", "LOG"); !strings.Contains(got, `"lua"`) || !strings.Contains(got, "cmd=eval user=u") {
		t.Errorf("ACL LOG: %s", got)
	}
}

// TestLimitsOfUsers has a user whose scripts are limited more than those of
// others.
func TestLimitsOfUsers(t *testing.T) {
	v := newServer(t)
	v.e.Settings().ScriptLimits.Commands = 5
	v.do(t, "FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() while true do redis.call('PING') end end)")
	admin := v.c
	for _, tc := range []struct{ rule, limits, first, exceeded string }{
		{"on", "", "", "5"},
		{"script-command-limit=3", `13) "limits"` + "\n" + `14) "script-command-limit=3"`, "", "3"},
		{"script-command-limit=100", `14) "script-command-limit=100"`, "", "5"},
		{"script-command-limit=3", `14) "script-command-limit=3"`, "#!lua command-limit=2\n", "2"},
		{"script-command-limit=3", `14) "script-command-limit=3"`, "#!lua command-limit=4\n", "3"},
		{"resetlimits", "", "", "5"},
	} {
		v.c = admin
		if got := v.do(t, "ACL", "SETUSER", "u", "on", "nopass", "+@all", tc.rule); got != "OK" {
			t.Fatal(got)
		}
		if got := v.do(t, "ACL", "GETUSER", "u"); !strings.Contains(got, tc.limits) || tc.limits == "" && strings.Contains(got, "limit") {
			t.Errorf("%s: %s", tc.rule, got)
		}
		c, err := v.e.Connect(engine.Peer{Unix: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		v.c = c
		v.do(t, "AUTH", "u", "x")
		want := "(error) LIMIT commands the script exceeded its limit of " + tc.exceeded + " commands"
		if got := v.do(t, "EVAL", tc.first+"while true do redis.call('PING') end", "0"); !strings.HasPrefix(got, want) {
			t.Errorf("%s with %q: %s", tc.rule, tc.first, got)
		}
		if tc.first == "" {
			if got := v.do(t, "FCALL", "f", "0"); !strings.HasPrefix(got, want) {
				t.Errorf("%s: function: %s", tc.rule, got)
			}
		}
	}
}
