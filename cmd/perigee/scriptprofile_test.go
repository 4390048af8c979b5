package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"perigee/engine/resp"
)

func TestPprofOfStacks(t *testing.T) {
	var stacks []stack
	for _, line := range []string{
		"command:bank.pay;pay@bank/init.lua:7;redis.call;GET 3000",
		"command:bank.pay;pay@bank/init.lua:8 500",
		"script:0123456789ab;main@1;f@2;f@2 20",
		"script:0123456789ab 1",
	} {
		s, err := parseStack(line)
		if err != nil {
			t.Fatal(err)
		}
		stacks = append(stacks, s)
	}
	var file bytes.Buffer
	if err := writePprof(&file, stacks, time.Unix(1, 0), time.Second); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(&file)
	if err == nil {
		err = p.CheckValid()
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Function) != 7 || len(p.Location) != 8 || p.DurationNanos != 1e9 || p.TimeNanos != 1e9 {
		t.Errorf("%d functions and %d places: %v", len(p.Function), len(p.Location), p)
	}
	leaf := p.Sample[1].Location[0].Line[0]
	if leaf.Function.Name != "pay" || leaf.Function.Filename != "bank/init.lua" || leaf.Line != 8 || p.Sample[1].Value[0] != 500 {
		t.Errorf("got %v", p.Sample[1])
	}
	if line := p.Sample[2].Location[0].Line[0]; line.Function.Filename != "script:0123456789ab" || line.Line != 2 || p.Sample[2].Location[0] != p.Sample[2].Location[1] {
		t.Errorf("got %v", p.Sample[2])
	}
}

func TestParseStackRefuses(t *testing.T) {
	for _, line := range []string{"", "a", "a b", "a;b "} {
		if s, err := parseStack(line); err == nil {
			t.Errorf("%q became %v", line, s)
		}
	}
}

// TestScriptProfile has scripts run while the tool samples.
func TestScriptProfile(t *testing.T) {
	server := startServer(t, "--ephemeral")
	conn, err := resp.Dial(t.Context(), "unix", server.socket)
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() { // ends when the connection does
		defer close(stopped)
		for {
			if _, err := conn.Do("EVAL", "for i = 1, 2000 do redis.call('INCR', KEYS[1]) end", "1", "n"); err != nil {
				return
			}
		}
	}()
	file := filepath.Join(t.TempDir(), "script.pb.gz")
	output, status := perigee(t, "", "script", "profile", "-s", server.socket, "--seconds", "0.3", "-o", file)
	collapsed, other := perigee(t, "", "script", "profile", "-s", server.socket, "--seconds", "0.3", "--every", "20")
	conn.Close()
	<-stopped
	if output != "" || status != exitOK || other != exitOK {
		t.Errorf("status %d and %d: %s", status, other, output)
	}
	if !strings.HasPrefix(collapsed, "script:") || !strings.Contains(collapsed, ";main@1;redis.call;INCR ") {
		t.Errorf("the stacks are %q", collapsed)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Sample) == 0 || p.Sample[0].Value[0] == 0 {
		t.Errorf("the file holds %v", p)
	}
}

func TestScriptProfileRefuses(t *testing.T) {
	server := startServer(t, "--ephemeral")
	if output, status := perigee(t, "", "script", "profile", "-s", server.socket, "--format", "svg"); status != exitUsage || !strings.Contains(output, `"svg" is not pprof or collapsed`) {
		t.Errorf("status %d: %s", status, output)
	}
	server.expect("OK", "SCRIPT", "PROFILE", "START")
	if output, status := perigee(t, "", "script", "profile", "-s", server.socket); status != exitFailed || !strings.Contains(output, "The profiler is running already") {
		t.Errorf("status %d: %s", status, output)
	}
	server.expect("OK", "SCRIPT", "PROFILE", "STOP") // the refused tool has left it running
}
