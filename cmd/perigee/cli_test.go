package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCLIOverOneConnectionForEachLine(t *testing.T) {
	server := startServer(t, "--ephemeral")
	output, status := perigee(t, "SET n 1\n\nECHO -5\nMULTI\nPING\nEXEC\nSET s \"a\\x00b\"\nGET s\nSELECT 1\nGET n", "cli", "-s", server.socket, "--no-raw")
	want := "OK\n\"-5\"\nOK\nQUEUED\n1) PONG\nOK\n\"a\\x00b\"\nOK\n(nil)"
	if output != want || status != exitOK {
		t.Errorf("status %d:\n%s", status, output)
	}
	if output, status := perigee(t, "GET n\nbad \"\nquit\nGET n\n", "cli", "-u", "unix://"+server.socket); output != "1\nInvalid argument(s)" || status != exitFailed {
		t.Errorf("status %d:\n%s", status, output)
	}
}

func TestCLIFailsWhenTheReplyIsAnError(t *testing.T) {
	server := startServer(t, "--ephemeral", "--requirepass", "pw")
	for _, c := range []struct {
		args   []string
		want   string
		status int
	}{
		{[]string{"PING"}, "(error) NOAUTH Authentication required.", exitFailed},
		{[]string{"-a", "pw", "PING"}, "PONG", exitOK},
		{[]string{"-a", "no", "PING"}, "perigee: AUTH: WRONGPASS invalid username-password pair or user is disabled.", exitFailed},
		{[]string{"-3", "--user", "default", "-a", "pw", "CONFIG", "GET", "none"}, "(empty hash)", exitOK},
		{[]string{"-a", "pw", "-n", "2", "ECHO", "-5"}, "\"-5\"", exitOK},
		{[]string{"-a", "pw", "-n", "99", "PING"}, "perigee: SELECT: ERR DB index is out of range", exitFailed},
		{[]string{"-a", "pw", "nonesuch"}, "(error) ERR unknown command 'nonesuch', with args beginning with: ", exitFailed},
	} {
		if output, status := server.cli(c.args...); output != c.want || status != c.status {
			t.Errorf("%s: status %d, %q", strings.Join(c.args, " "), status, output)
		}
	}
	t.Setenv(passwordVariable, "pw")
	server.expect("PONG", "PING")
	if output, status := perigee(t, "", "cli", "-s", server.socket+"x", "PING"); status != exitFailed || !strings.HasPrefix(output, "perigee: connect to ") {
		t.Errorf("status %d, %s", status, output)
	}
}

func TestURIsNameServers(t *testing.T) {
	for uri, want := range map[string]target{
		"redis://example":          {host: "example", port: 6379},
		"redis://example:7000/3":   {host: "example", port: 7000, db: 3},
		"rediss://u:p%40w@[::1]":   {host: "::1", port: 6379, user: "u", password: "p@w", tls: true},
		"redis://:pw@":             {host: "127.0.0.1", port: 6379, password: "pw"},
		"redis://pw@example":       {host: "example", port: 6379, password: "pw"},
		"unix:///run/perigee.sock": {host: "127.0.0.1", port: 6379, socket: "/run/perigee.sock"},
	} {
		got := target{uri: uri, host: "127.0.0.1", port: 6379}
		if err := got.parseURI(); err != nil {
			t.Errorf("%s: %v", uri, err)
		}
		want.uri = uri
		if got != want {
			t.Errorf("%s: %+v", uri, got)
		}
	}
	for _, uri := range []string{"http://x", "redis://x/one", "redis://x/-1", "redis://u:%zz@x", "redis://x:port"} {
		got := target{uri: uri}
		if err := got.parseURI(); err == nil || strings.Contains(err.Error(), "%zz@") {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

func TestTheCommaDividesKeysFromArguments(t *testing.T) {
	for words, want := range map[string]string{
		"":          "EVAL s 0",
		"k1 k2":     "EVAL s 2 k1 k2",
		"k , a b":   "EVAL s 1 k a b",
		", a":       "EVAL s 0 a",
		"k , a , b": "EVAL s 1 k a , b",
	} {
		if got := strings.Join(evalCommand("s", strings.Fields(words)), " "); got != want {
			t.Errorf("%q: %s", words, got)
		}
	}
}

func TestFlagsTakeTheirWordsAsRedisServerDoes(t *testing.T) {
	for line, want := range map[string]string{
		"serve --appendonly no --port 1":             "serve|--appendonly=no|--port|1",
		"serve --ephemeral --port 1":                 "serve|--ephemeral|--port|1",
		"serve --appendfsync no":                     "serve|--appendfsync|no",
		"serve --ephemeral=no --save no":             "serve|--ephemeral=no|--save=no",
		"cli --ephemeral no":                         "cli|--ephemeral|no",
		"serve --protected-mode no --hz 1":           "serve|--protected-mode=no|--hz|1",
		"serve r.conf --save 900 1 300 10 --hz 1 -":  "serve|r.conf|--save=900 1 300 10|--hz|1|-",
		"serve --bind 127.0.0.1 -::1 -":              "serve|--bind=127.0.0.1 -::1|-",
		"serve --slaveof no one --modules a.lua b's": `serve|--slaveof=no one|--modules=a.lua "b's"`,
		"serve --save":                               "serve|--save",
	} {
		if got := strings.Join(joinValues(strings.Fields(line)), "|"); got != want {
			t.Errorf("%s: %s", line, got)
		}
	}
}

func TestHistoryKeepsNoSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	h := openHistory(path)
	for _, line := range []string{"GET a", "GET a", "AUTH pw", " auth u pw", "HELLO 3 AUTH u p", "HELLO 3", "ACL SETUSER x >p", "CONFIG SET RequirePass x", "", "GET b"} {
		if _, err := h.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"GET a", "HELLO 3", "GET b"}
	if diff := cmp.Diff(want, openHistory(path).Dump()); diff != "" {
		t.Error(diff)
	}
	if line, err := h.GetLine(1); line != "HELLO 3" || err != nil || h.Len() != 3 {
		t.Errorf("%q, %v, %d lines", line, err, h.Len())
	}
	if _, err := h.GetLine(3); err == nil {
		t.Error("there is a line beyond the last")
	}
	if !slices.Equal(openHistory("").lines, nil) {
		t.Error("a history without a file is not empty")
	}
}
