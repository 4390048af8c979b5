package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const counterModule = `#!lua name=counter
redis.register_function('peek', function(keys) return redis.call('GET', keys[1]) end)
perigee.command{
  name = 'counter.hit',
  summary = 'Counts a hit.',
  args = {{name = 'key', type = 'key'}, {name = 'most', type = 'integer'}},
  handler = function(args)
    local hits = redis.call('INCR', args.key)
    if hits > args.most then error('too many') end
    return hits
  end,
}
`

// writeModule makes a file of Lua and returns its path.
func writeModule(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestModuleCheck(t *testing.T) {
	sound := writeModule(t, "counter.lua", counterModule)
	broken := writeModule(t, "broken.lua", "#!lua name=broken\n\nlocal x = = 1\n")
	output, status := perigee(t, "", "module", "check", sound)
	if want := sound + ": module counter; commands COUNTER.HIT; functions peek"; output != want || status != exitOK {
		t.Errorf("status %d, %s", status, output)
	}
	output, status = perigee(t, "", "module", "check", broken, sound, "none.lua")
	for _, want := range []string{broken + ":3: ", sound + ": module counter", "none.lua: no such file"} {
		if !strings.Contains(output, want) {
			t.Errorf("nothing says %s in\n%s", want, output)
		}
	}
	if status != exitFailed {
		t.Errorf("status %d", status)
	}
}

func TestAServerWithAModule(t *testing.T) {
	dir, module := shortDir(t), writeModule(t, "counter.lua", counterModule)
	server := startServer(t, "--dir", dir, "--modules", module)
	server.expect("(integer) 1", "COUNTER.HIT", "k", "1")
	if output, status := server.cli("COUNTER.HIT", "k", "1"); !strings.Contains(output, "too many") || status != exitFailed {
		t.Errorf("status %d, %s", status, output)
	}
	server.expect(`"1"`, "FCALL", "peek", "1", "k") // the second hit was rolled back
	server.expect(`"mine"`, "FUNCTION", "LOAD", "#!lua name=mine\nredis.register_function('f', function() return 7 end)")
	if status := server.stop(syscall.SIGTERM); status != exitOK {
		t.Errorf("exit status %d", status)
	}

	server = startServer(t, "--dir", dir, "--modules", module)
	server.expect(`"1"`, "GET", "k")
	server.expect("(integer) 7", "FCALL", "f", "0")
	if keys := server.ready["keys"]; keys != 1.0 {
		t.Errorf("%v keys were loaded", keys)
	}
	if output, status := perigee(t, "", "serve", "--dir", dir, "--port", "0", "--unixsocket", server.socket+"2"); status != exitFailed || !strings.Contains(output, "in use by another process") {
		t.Errorf("a second server: status %d, %s", status, output)
	}
	if output, status := perigee(t, "", "journal", "repair", "--dir", dir); status != exitFailed || !strings.Contains(output, "in use by another process") {
		t.Errorf("a repair meanwhile: status %d, %s", status, output)
	}
	server.stop(syscall.SIGTERM)
	if output, status := perigee(t, "", "journal", "repair", "--dir", dir); status != exitOK || output != dir+": nothing is damaged" {
		t.Errorf("a repair: status %d, %s", status, output)
	}
}

func TestModulesAreToldTheirSettings(t *testing.T) {
	module := writeModule(t, "greeter.lua", `#!lua name=Greeter
local greeting = perigee.settings.greeting or 'nothing'
redis.register_function{function_name = 'greet', callback = function() return greeting end}
redis.register_function{function_name = 'change', callback = function() perigee.settings.greeting = 'x' end}
`)
	file := writeModule(t, "p.toml", "modules = ['"+module+"']\n[[module]]\nname = \"Greeter\"\ngreeting = \"hello you\"\n")
	server := startServer(t, "--ephemeral", "--config", file)
	server.expect(`"hello you"`, "FCALL", "greet", "0")
	if output, status := server.cli("FCALL", "change", "0"); !strings.Contains(output, "readonly table") || status != exitFailed {
		t.Errorf("status %d, %s", status, output)
	}
	server.expect("1) \"module\"\n2) \"\\\"Greeter.greeting=hello you\\\"\"", "CONFIG", "GET", "module")
	output, status := perigee(t, "", "serve", "--ephemeral", "--port", "0", "--unixsocket", filepath.Join(shortDir(t), "s"),
		"--modules", module, "--module", "greeter.greeting=x")
	if output != "perigee: module greeter has settings, but no module of this name is loaded" || status != exitFailed {
		t.Errorf("status %d, %s", status, output)
	}
}

func TestABrokenModuleStopsTheStart(t *testing.T) {
	broken := writeModule(t, "broken.lua", "#!lua name=broken\n\nerror('no')\n")
	output, status := perigee(t, "", "serve", "--ephemeral", "--port", "0", "--unixsocket", filepath.Join(shortDir(t), "s"), "--modules", broken)
	if !strings.Contains(output, broken+":3: no") || status != exitFailed {
		t.Errorf("status %d, %s", status, output)
	}
}

func TestRun(t *testing.T) {
	server := startServer(t, "--ephemeral")
	script := writeModule(t, "s.lua", "redis.call('SET', KEYS[1], ARGV[1]) return {KEYS[1], ARGV[1], #KEYS}")
	want := "1) \"k\"\n2) \"-v\"\n3) (integer) 1"
	for _, args := range [][]string{
		{"run", "-s", server.socket, "--no-raw", script, "k", ",", "-v"},
		{"run", "--ephemeral", "--no-raw", script, "k", ",", "-v"},
	} {
		if output, status := perigee(t, "", args...); output != want || status != exitOK {
			t.Errorf("%s: status %d, %s", strings.Join(args, " "), status, output)
		}
	}
	server.expect(`"-v"`, "GET", "k")

	module := writeModule(t, "counter.lua", counterModule)
	output, status := perigee(t, "return redis.call('COUNTER.HIT', 'k', 5)", "run", "--ephemeral", "--no-raw", "--modules", module, "-")
	if output != "(integer) 1" || status != exitOK {
		t.Errorf("status %d, %s", status, output)
	}
	output, status = perigee(t, "return redis.call('NONESUCH')", "run", "--ephemeral", "--no-raw", "-")
	if !strings.HasPrefix(output, "(error) ERR Unknown Redis command called from script") || status != exitFailed {
		t.Errorf("status %d, %s", status, output)
	}
	if _, status := perigee(t, "", "run", "--ephemeral", "none.lua"); status != exitFailed {
		t.Errorf("status %d", status)
	}
}
