package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

const boardScript = `local limit = tonumber(ARGV[1])
local function add(name, points)
  local sum = redis.call('ZINCRBY', KEYS[1], points, name)
  if tonumber(sum) > limit then
    redis.call('ZADD', KEYS[1], limit, name)
  end
  return sum
end
for i, name in ipairs({'ada', 'alan', 'grace'}) do
  add(name, i * 5)
end
return redis.call('ZCARD', KEYS[1])
`

func writeFile(t *testing.T, source string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.lua")
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRunInTheDebugger(t *testing.T) {
	script := writeFile(t, boardScript)
	module := writeFile(t, "#!lua name=m\nperigee.command{name = 'm.twice', args = {{name = 'n', type = 'integer'}}, handler = function(args)\n  local n = args.n\n  return 2 * n\nend}")
	for _, x := range []struct {
		name, commands string
		args           []string
		want           string
		status         int
	}{{
		"frames and conditions", "break 4 if name == \"alan\" and points > 5\ncontinue\n\nprint {name, limit}\nup\nprint i\ndown\nfinish\n",
		[]string{"--ldb", script, "board", ",", "8"},
		`* Stopped at 1, stop reason = step over
-> 1   local limit = tonumber(ARGV[1])
   3     local sum = redis.call('ZINCRBY', KEYS[1], points, name)
  #4     if tonumber(sum) > limit then
   5       redis.call('ZADD', KEYS[1], limit, name)
* Stopped at 4, stop reason = break point
->#4     if tonumber(sum) > limit then
<value> {"alan"; 8}
Frame 1, top level:
-> 10    add(name, i * 5)
<value> 2
Frame 0, add:
->#4     if tonumber(sum) > limit then
* Stopped at 9, stop reason = step out
-> 9   for i, name in ipairs({'ada', 'alan', 'grace'}) do`, exitOK,
	}, {
		"again, and over calls", "break 10\ncontinue\nrestart\nbreak 10\ncontinue\nnext\nredis ZSCORE board ada\nquit\n",
		[]string{"--ldb", script, "board", ",", "8"},
		`* Stopped at 1, stop reason = step over
-> 1   local limit = tonumber(ARGV[1])
   9   for i, name in ipairs({'ada', 'alan', 'grace'}) do
  #10    add(name, i * 5)
   11  end
* Stopped at 10, stop reason = break point
->#10    add(name, i * 5)
* Stopped at 1, stop reason = step over
-> 1   local limit = tonumber(ARGV[1])
   9   for i, name in ipairs({'ada', 'alan', 'grace'}) do
  #10    add(name, i * 5)
   11  end
* Stopped at 10, stop reason = break point
->#10    add(name, i * 5)
<redis> ZINCRBY board 5 ada
<reply> "5"
* Stopped at 9, stop reason = step over
-> 9   for i, name in ipairs({'ada', 'alan', 'grace'}) do
<redis> ZSCORE board ada
<reply> "5"`, exitOK,
	}, {
		"a command of a module", "step\nlocals\ncontinue\n",
		[]string{"--modules", module, "--ldb-sync-mode", "--call", "M.TWICE", "21"},
		`* Stopped at 3, stop reason = step over
-> 3     local n = args.n
* Stopped at 4, stop reason = step over
-> 4     return 2 * n
<value> args = {["n"]=21}
<value> n = 21
42
(the session has ended; changes stay)`, exitOK,
	}, {
		"a script that does not compile", "", []string{"--ldb", writeFile(t, "return +")},
		"ERR Error compiling script (new function): user_script:1: unexpected symbol near '+'\n\n(the session has ended; changes are undone)", exitFailed,
	}, {
		"a command that runs no script", "", []string{"--ldb", "--call", "PING"}, "PONG", exitOK,
	}, {
		"a script from standard input", "return 1", []string{"--ldb", "-"},
		"perigee: standard input is for the debugger's commands, so the script must be in a file", exitFailed,
	}} {
		output, status := perigee(t, x.commands, append([]string{"run", "--ephemeral"}, x.args...)...)
		if output != x.want || status != x.status {
			t.Errorf("%s: status %d:\n%s", x.name, status, output)
		}
	}
}

// TestServerOfADebuggedScript is stopped, over sockets, while sessions wait:
// one that is left open, and one whose client is gone.
func TestServerOfADebuggedScript(t *testing.T) {
	server := startServer(t, "--ephemeral")
	for _, mode := range []string{"gone", "open"} {
		conn := connectTo(t, server.socket)
		for _, command := range [][]string{{"SCRIPT", "DEBUG", "YES"}, {"EVAL", "redis.call('SET', 'k', 'v')\nreturn 1", "0"}, {"step"}} {
			if _, err := conn.Do(command...); err != nil {
				t.Fatal(err)
			}
		}
		if mode == "gone" {
			conn.Close()
		}
		server.expect("(integer) 0", "EXISTS", "k")
	}
	server.expect("(integer) 7", "EVAL", "return 7", "0")
	if status := server.stop(syscall.SIGTERM); status != exitOK {
		t.Errorf("exit status %d", status)
	}
}
