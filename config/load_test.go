package config

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// load reads a file of the given name and text.
func load(t *testing.T, name, text string, flags map[string][]string) (Loaded, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	writeFile(t, path, text)
	return Load(Sources{File: path, Flags: flags})
}

func TestPrecedenceIsFlagEnvironmentFileDefault(t *testing.T) {
	const file = "port = 1001\ntimeout = 1002\nhz = 13\n"
	t.Setenv("PERIGEE_PORT", "2001")
	t.Setenv("PERIGEE_TIMEOUT", "2002")
	got, err := load(t, "p.toml", file, map[string][]string{"port": {"3000", "3001"}})
	if err != nil {
		t.Fatal(err)
	}
	c := got.Config
	if c.Network.Port != 3001 || c.Clients.Timeout != 2002 || c.Operations.Hz != 13 || c.Network.TCPBacklog != 511 {
		t.Errorf("port %d, timeout %d, hz %d, tcp-backlog %d", c.Network.Port, c.Clients.Timeout, c.Operations.Hz, c.Network.TCPBacklog)
	}
}

func TestTOMLAndYAMLSayTheSame(t *testing.T) {
	toml := `
# A comment.
bind = ["10.0.0.1", "-::1"]
Port = 7000
maxmemory = "100mb"
maxmemory-policy = "allkeys-lru"   # of all keys
appendonly = true
protected-mode = "no"
unixsocketperm = 700
lua-time-limit = 250
client-output-buffer-limit = [
  "normal 1mb 0 0",   # ] not the end
  "pubsub 2mb 0 0",
]
save = [900, 1]
modules = ["a b.lua", "mods/*"]

[[module]]
name = "RateLimit"
burst = 10
greeting = "hello \"you\""
strict = true

[[module]]
name = "jobs"
retries = 3
`
	yaml := `
# A comment.
bind: [10.0.0.1, "-::1"]
Port: 7000
maxmemory: 100mb
maxmemory-policy: allkeys-lru   # of all keys
appendonly: yes
protected-mode: no
unixsocketperm: 700
lua-time-limit: 250
client-output-buffer-limit:
- normal 1mb 0 0
- pubsub 2mb 0 0
save: 900 1
modules:
  - a b.lua
  - mods/*
module:
  - name: RateLimit
    burst: 10
    greeting: hello "you"
    strict: true
  - name: jobs
    retries: 3
`
	a, err := load(t, "p.toml", toml, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := load(t, "p.yml", yaml, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.Config, b.Config); diff != "" {
		t.Error(diff)
	}
	want := ModuleSettings{
		"RateLimit": {"burst": "10", "greeting": `hello "you"`, "strict": "yes"},
		"jobs":      {"retries": "3"},
	}
	if diff := cmp.Diff(want, a.Config.Modules.Settings); diff != "" {
		t.Error(diff)
	}
	c := a.Config
	if diff := cmp.Diff([]string{"a b.lua", "mods/*"}, c.Modules.Paths); diff != "" {
		t.Error(diff)
	}
	if c.Network.UnixSocketPerm != 0o700 || c.Scripting.BusyReplyThreshold != 250 || c.Clients.OutputLimits.PubSub.Hard != 2<<20 {
		t.Errorf("%+v", c)
	}
}

func TestEveryProblemIsNamedAtOnce(t *testing.T) {
	t.Setenv("PERIGEE_HZ", "fast")
	_, err := load(t, "p.toml", `
port = "high"
maxmemory = "lots"
maxmemroy-policy = "noeviction"
lua-time-limit = 1
busy-reply-threshold = 2
databases = [1]
unix_socket = "/x"

[tls]
port = 7
`, map[string][]string{"appendfsync": {"often"}, "colour": {"red"}})
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
	got := err.Error()
	for _, want := range []string{
		`p.toml:2: port = "high": argument couldn't be parsed into an integer`,
		`p.toml:3: maxmemory = "lots": argument must be a memory value`,
		`p.toml:4: maxmemroy-policy = "noeviction": unknown setting; did you mean maxmemory-policy?`,
		`p.toml:5: lua-time-limit = "1": another name of busy-reply-threshold, which the file sets as well`,
		`p.toml:7: databases = "[1]": must be one value, not a list`,
		`p.toml:8: unix_socket = "/x": unknown setting`,
		`p.toml:10: tls = "map[port:7]": unknown setting`,
		`environment PERIGEE_HZ: hz = "fast": argument couldn't be parsed into an integer`,
		`flag --appendfsync: appendfsync = "often": argument(s) must be one of`,
		`flag --colour: colour = "red": unknown setting`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("nothing says %s", want)
		}
	}
	if len(problems) != 10 {
		t.Errorf("%d problems:\n%s", len(problems), got)
	}
}

func TestSettingsThatDoNotFitEachOtherAreRefused(t *testing.T) {
	for name, flags := range map[string]map[string][]string{
		"nothing to listen on":      {"port": {"0"}},
		"no address":                {"bind": {""}},
		"one port for two":          {"tls-port": {"6379"}, "tls-cert-file": {"c"}, "tls-key-file": {"k"}, "tls-auth-clients": {"no"}},
		"TLS without certificate":   {"tls-port": {"1"}, "tls-key-file": {"k"}, "tls-auth-clients": {"no"}},
		"clients without authority": {"tls-port": {"1"}, "tls-key-file": {"k"}, "tls-cert-file": {"c"}},
		"data without directory":    {"dir": {""}},
	} {
		_, err := Load(Sources{Flags: flags})
		var problems Problems
		if !errors.As(err, &problems) || len(problems) != 1 {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAFileThatCannotBeReadIsAProblem(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"p.toml", "port = = 1\n", "p.toml: "},
		{"p.toml", "port = 1\nport = 2\n", "p.toml: "},
		{"p.yaml", "port: [1\n", "p.yaml: "},
		{"p.yaml", "port:\n", "must have a value"},
		{"p.conf", "port = 1\n", "p.conf:1: 'port = 1': wrong number of arguments"},
		{"p.toml", "[[module]]\nburst = 1\n", "every [[module]] needs a name"},
		{"p.toml", "[[module]]\nname = \"m\"\nburst = [1]\n", "module m: burst must be a string, a number or a boolean"},
	} {
		_, err := load(t, c.name, c.text, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v", c.text, err)
		}
	}
	if _, err := Load(Sources{File: filepath.Join(t.TempDir(), "none.toml")}); err == nil {
		t.Error("a missing file was taken for an empty one")
	}
}

func TestListsFromFlagsAndTheEnvironment(t *testing.T) {
	t.Setenv("PERIGEE_BIND", "10.0.0.1 10.0.0.2")
	t.Setenv("PERIGEE_LUA_TIME_LIMIT", "77")
	t.Setenv("PERIGEE_MAXMEMROY", "1gb")
	got, err := Load(Sources{Flags: map[string][]string{"modules": {"a.lua", "b.lua"}, "module": {"a.x=1", "b.y=2"}}})
	if err != nil {
		t.Fatal(err)
	}
	c := got.Config
	if diff := cmp.Diff([]string{"10.0.0.1", "10.0.0.2"}, c.Network.Bind); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a.lua", "b.lua"}, c.Modules.Paths); diff != "" {
		t.Error(diff)
	}
	if c.Modules.Settings["b"]["y"] != "2" || c.Scripting.BusyReplyThreshold != 77 {
		t.Errorf("%+v", c)
	}
	// Variables of the tests themselves may be warned of too.
	if !slices.Contains(got.Warnings, "environment variable PERIGEE_MAXMEMROY is no setting") {
		t.Errorf("warnings %q", got.Warnings)
	}
}
