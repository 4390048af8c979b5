package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"perigee/engine/resp"
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

func TestCLIFormats(t *testing.T) {
	value := func(kind resp.Kind, text string) resp.Value { return resp.Value{Kind: kind, Str: []byte(text)} }
	reply := resp.Value{Kind: resp.KindArray, Elems: []resp.Value{
		value(resp.KindBulk, "a\"\x01\xffé<"), {Kind: resp.KindInt, Int: -3}, {Kind: resp.KindNull}, {Kind: resp.KindBool, Int: 1},
		value(resp.KindDouble, "1.5"), value(resp.KindDouble, "inf"), value(resp.KindError, "ERR no"), {Kind: resp.KindSet},
		{Kind: resp.KindMap, Elems: []resp.Value{value(resp.KindStatus, "k"), value(resp.KindVerbatim, "v"), {Kind: resp.KindInt, Int: 1}, {Kind: resp.KindNullArray}}},
	}}
	for name, c := range map[string]struct {
		format replyFormat
		want   string
	}{
		"json":        {asJSON, "[\"a\\\"\\u0001\\ufffdé<\",-3,null,true,1.5,\"inf\",error:\"ERR no\",[],{\"k\":\"v\",\"1\":null}]"},
		"quoted json": {asQuotedJSON, `["a\\\"\\x01\\xff\\xc3\\xa9<",-3,null,true,1.5,"inf",error:"ERR no",[],{"k":"v","1":null}]`},
		"csv":         {asCSV, `"a\"\x01\xff\xc3\xa9<",-3,NULL,true,1.5,inf,ERROR,"ERR no",,"k","v",1,NULL`},
		"raw":         {asRaw(delimiterOf(`\t`)), "a\"\x01\xffé<\t-3\t\t(true)\t1.5\tinf\tERR no\n\t\tk\tv\t1\t"},
	} {
		if got := c.format(reply); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestCLIDoesWhatItsFlagsAskFor(t *testing.T) {
	c := startServer(t, "--ephemeral")
	script := filepath.Join(t.TempDir(), "s.lua")
	if err := os.WriteFile(script, []byte("return {KEYS[1], ARGV[1]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ input, args, want string }{
		{"a\nb\x00", "-x SET k", "OK"},
		{"k", "-X @ GET @", "a\nb\x00"},
		{"", "-X @ GET k", "perigee: no argument is \"@\", which -X names"},
		{"", "-r 3 INCR n", "1\n2\n3"},
		{"", "-r 2 -i 0.001 INCR n", "4\n5"},
		{"", "--json HSET h f v", "1"},
		{"", "--json HGETALL h", `{"f":"v"}`},
		{"", "-2 --json HGETALL h", `["f","v"]`},
		{"", "--csv HGETALL h", `"f","v"`},
		{"PING\nECHO a\n", "--csv", "\"PONG\"\n\"a\""},
		{"", "-d ; HGETALL h", "f;v"},
		{"", "--scan --pattern h", "h"},
		{"", "--scan --type hash --count 100", "h"},
		{"", "--no-raw --scan --pattern h", `"h"`},
		{"", "--eval " + script + " a , b", "a\nb"},
		{"", "-e -c --no-auth-warning PING", "PONG"},
		{"SET a 1\r\nINCR k\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "--pipe",
			"ERR value is not an integer or out of range\nAll data transferred. Waiting for the last reply...\nLast reply received from server.\nerrors: 1, replies: 3"},
		{strings.Repeat("INCR n\r\n", 100000), "--pipe", "All data transferred. Waiting for the last reply...\nLast reply received from server.\nerrors: 0, replies: 100000"},
		{"", "GET n", "100005"},
		{"", "--scan --pipe", "perigee: if any flags in the group [scan pipe bigkeys memkeys stat latency eval] are set none of the others can be; [pipe scan] were all set"},
	} {
		got, _ := perigee(t, step.input, append([]string{"cli", "-s", c.socket}, strings.Fields(step.args)...)...)
		if got != step.want {
			t.Errorf("%s: got\n%s\nwant\n%s", step.args, got, step.want)
		}
	}
	for args, want := range map[string]string{
		"--bigkeys":          "1 hashs with 1 fields (25.00% of keys, avg size 1.00)",
		"--memkeys":          "Sampled 4 keys in the keyspace!",
		"--stat -r 1":        "\n4          ",
		"--latency -i 0.01":  " ",
		"--no-raw INFO":      "# Server\r\n",
		"--json CLIENT LIST": "id=",
	} {
		if got, status := perigee(t, "", append([]string{"cli", "-s", c.socket}, strings.Fields(args)...)...); status != 0 || !strings.Contains(got, want) {
			t.Errorf("%s: %d, %s", args, status, got)
		}
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
