package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// adminAddress is where a child's admin listener is, as it logged.
func (c *child) adminAddress() string {
	c.t.Helper()
	for _, line := range c.before {
		var record struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "admin address" {
			return record.Address
		}
	}
	c.t.Fatalf("no admin address was logged: %q", c.before)
	return ""
}

// get asks for a page by a host's name.
func get(t *testing.T, address, path, host string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(text)
}

func TestAdminListener(t *testing.T) {
	c := startServer(t, "--dir", filepath.Join(shortDir(t), "d"), "--admin-listen", "127.0.0.1:0", "--busy-reply-threshold", "1")
	at := c.adminAddress()
	c.expect("OK", "SET", "k", "v", "EX", "1000")
	c.expect("(integer) 1", "EVAL", "return redis.call('DEL', 'none') + 1", "0")
	c.expect("(error) MY bad", "EVAL", "return redis.error_reply('MY bad')", "0")
	c.expect("\"f\"", "FUNCTION", "LOAD", "#!lua name=f\nredis.register_function('spin', function() while true do end end)")
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n", "/debug/pprof/cmdline": "serve"} {
		if status, body := get(t, at, path, ""); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d, %q", path, status, body)
		}
	}
	status, page := get(t, at, "/metrics", "localhost")
	if status != http.StatusOK {
		t.Fatalf("%d: %s", status, page)
	}
	for _, line := range []string{
		`perigee_info{version="[^"]+"} 1`, `perigee_keys{db="0"} 1`, `perigee_expiring_keys{db="0"} 1`, `perigee_journal_writable 1`,
		`perigee_command_calls_total{command="set"} 1`, `perigee_command_duration_seconds_count{command="set"} 1`,
		`perigee_command_duration_seconds_bucket{command="set",le="\+Inf"} 1`, `perigee_command_failures_total{command="eval"} 1`,
		`perigee_errors_total{code="MY"} 1`, `perigee_scripts_calls_total{kind="script"} 2`, `perigee_scripts_errors_total{kind="script"} 1`,
		`perigee_scripts_calls_total{kind="function"} 0`, `perigee_script_calls_total{kind="script",library="",name="[0-9a-f]{40}"} 1`,
		`perigee_script_duration_seconds_count{kind="script",library="",name="[0-9a-f]{40}"} 1`, `perigee_functions 1`, `go_goroutines \d+`, `process_open_fds \d+`,
	} {
		if !regexp.MustCompile(`(?m)^` + line + `$`).MatchString(page) {
			t.Errorf("the scrape lacks %s", line)
		}
	}
	if status, _ := get(t, at, "/metrics", "rebound.example"); status != http.StatusForbidden {
		t.Errorf("a name that somebody made lead here: %d", status)
	}
	if status, _ := get(t, at, "/none", ""); status != http.StatusNotFound {
		t.Errorf("a page that is not there: %d", status)
	}
	if t.Failed() {
		t.Log(page)
	}
}

// TestScrapeWhileAScriptOverruns looks at a server whose loop a script holds.
func TestScrapeWhileAScriptOverruns(t *testing.T) {
	c := startServer(t, "--ephemeral", "--admin-listen", "127.0.0.1:0", "--busy-reply-threshold", "1")
	at, ended := c.adminAddress(), make(chan string)
	go func() { // ends when the script is killed
		output, _ := perigee(t, "", "cli", "-s", c.socket, "EVAL", "while true do end", "0")
		ended <- output
	}()
	busy := false
	for !busy {
		status, page := get(t, at, "/metrics", "")
		if status != http.StatusOK {
			t.Fatalf("%d: %s", status, page)
		}
		busy = strings.Contains(page, "\nperigee_scripts_busy 1\n")
	}
	if status, why := get(t, at, "/readyz", ""); status != http.StatusServiceUnavailable || why != "a script overruns\n" {
		t.Errorf("readyz: %d, %q", status, why)
	}
	if status, _ := get(t, at, "/healthz", ""); status != http.StatusOK {
		t.Errorf("healthz: %d", status)
	}
	c.expect("OK", "SCRIPT", "KILL")
	if output := <-ended; !strings.Contains(output, "killed by user") {
		t.Errorf("the script: %s", output)
	}
	if status, _ := get(t, at, "/readyz", ""); status != http.StatusOK {
		t.Errorf("readyz after the script: %d", status)
	}
}

func TestAdminListenerStaysHereUnlessTold(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:9121", "example.com:9121", "127.0.0.1", "127.0.0.1:99999"} {
		output, status := perigee(t, "", "serve", "--ephemeral", "--port", "0", "--unixsocket", filepath.Join(shortDir(t), "s"), "--admin-listen", address)
		if status != exitUsage || !strings.Contains(output, "admin-listen") {
			t.Errorf("%s: %d, %s", address, status, output)
		}
	}
	c := startServer(t, "--ephemeral", "--admin-listen", "0.0.0.0:0", "--admin-remote", "yes")
	_, port, err := net.SplitHostPort(c.adminAddress())
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := get(t, "127.0.0.1:"+port, "/healthz", "server.example"); status != http.StatusOK {
		t.Errorf("got %d", status)
	}
}
