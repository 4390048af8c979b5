package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asPerigee makes the test's own binary run as perigee.
const asPerigee = "RUN_AS_PERIGEE=1"

func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_PERIGEE") != "" {
		main()
	}
	os.Exit(m.Run())
}

// child is a server in a process of its own.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	socket string
	ready  map[string]any // the record that says so
	log    *bufio.Scanner
	before []string // what was logged before it
}

// startServer runs perigee serve on a Unix socket, and waits until it is ready.
func startServer(t *testing.T, args ...string) *child {
	t.Helper()
	c := &child{t: t, socket: filepath.Join(shortDir(t), "s")}
	args = append([]string{"serve", "--port", "0", "--unixsocket", c.socket}, args...)
	c.cmd = exec.Command(os.Args[0], args...)
	c.cmd.Env = append(os.Environ(), asPerigee)
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	c.log = bufio.NewScanner(stderr)
	for c.log.Scan() {
		var record map[string]any
		if json.Unmarshal(c.log.Bytes(), &record) == nil && record["msg"] == "ready" {
			c.ready = record
			return c
		}
		c.before = append(c.before, c.log.Text())
	}
	t.Fatalf("perigee %s did not start:\n%s", strings.Join(args, " "), strings.Join(c.before, "\n"))
	return nil
}

// shortDir is a directory whose path leaves room for the name of a Unix socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// stop sends a signal and waits for the end; the result is the exit status.
func (c *child) stop(signal os.Signal) int {
	c.t.Helper()
	if err := c.cmd.Process.Signal(signal); err != nil {
		c.t.Fatal(err)
	}
	for c.log.Scan() {
	}
	_ = c.cmd.Wait()
	return c.cmd.ProcessState.ExitCode()
}

// cli runs perigee cli on the server, with flags and a command.
func (c *child) cli(args ...string) (output string, status int) {
	c.t.Helper()
	return perigee(c.t, "", append([]string{"cli", "-s", c.socket, "--no-raw"}, args...)...)
}

// expect runs a command and compares what is shown.
func (c *child) expect(want string, args ...string) {
	c.t.Helper()
	if got, _ := c.cli(args...); got != want {
		c.t.Errorf("%s: got %q, want %q", strings.Join(args, " "), got, want)
	}
}

// perigee runs a command line in this process, with the given input, and
// returns all that it prints and its exit status.
func perigee(t *testing.T, input string, args ...string) (output string, status int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(path, []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var all bytes.Buffer
	status = run(args, streams{in, &all, &all})
	return strings.TrimSuffix(all.String(), "\n"), status
}

func TestServeUntilASignal(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		server := startServer(t, "--ephemeral")
		server.expect("OK", "SET", "greeting", "hello world")
		server.expect(`"hello world"`, "GET", "greeting")
		if status := server.stop(signal); status != exitOK {
			t.Errorf("%v: exit status %d", signal, status)
		}
	}
}

func TestASignalEndsAScriptThatDoesNotEnd(t *testing.T) {
	dir := shortDir(t)
	server := startServer(t, "--dir", dir, "--busy-reply-threshold", "0")
	answered := make(chan string, 1)
	go func() {
		output, _ := server.cli("EVAL", "redis.call('SET', 'k', 'v') redis.log(redis.LOG_WARNING, 'it runs') while true do end", "0")
		answered <- output
	}()
	for server.log.Scan() && !strings.Contains(server.log.Text(), "it runs") {
	}
	if status := server.stop(syscall.SIGTERM); status != exitOK {
		t.Errorf("exit status %d", status)
	}
	if output := <-answered; !strings.Contains(output, "the server stops") {
		t.Errorf("the script was answered %q", output)
	}
	startServer(t, "--dir", dir).expect("(integer) 0", "EXISTS", "k")
}

func TestShutdownEndsTheServer(t *testing.T) {
	server := startServer(t, "--ephemeral")
	if output, status := server.cli("SHUTDOWN", "NOSAVE"); output != "" || status != exitOK {
		t.Errorf("got %q, status %d", output, status)
	}
	for server.log.Scan() {
	}
	if err := server.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestSettingsReachTheServer(t *testing.T) {
	dir := shortDir(t)
	file := filepath.Join(dir, "p.toml")
	if err := os.WriteFile(file, []byte("hz = 20 # a comment\nmaxclients = 99999999\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PERIGEE_TIMEOUT", "77")
	t.Setenv("PERIGEE_TIMOUT", "78")
	server := startServer(t, "--config", file, "--ephemeral", "--appendonly", "no", "--lua-time-limit", "5", "--databases=3")
	server.expect("1) \"hz\"\n2) \"20\"", "CONFIG", "GET", "hz")
	server.expect("1) \"timeout\"\n2) \"77\"", "CONFIG", "GET", "timeout")
	server.expect("1) \"busy-reply-threshold\"\n2) \"5\"", "CONFIG", "GET", "busy*")
	server.expect("(error) ERR DB index is out of range", "SELECT", "3")
	server.expect("(error) ERR CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer", "CONFIG", "SET", "hz", "30", "timeout", "x")
	server.expect("OK", "CONFIG", "SET", "hz", "40")
	server.expect("OK", "CONFIG", "REWRITE")
	if text, _ := os.ReadFile(file); string(text) != "hz = 40 # a comment\nmaxclients = 99999999\n" {
		t.Errorf("the file became %q", text)
	}
	if output, _ := server.cli("INFO", "server"); !strings.Contains(output, file) {
		t.Errorf("INFO does not name the file: %s", output)
	}
	log := strings.Join(server.before, "\n")
	if !strings.Contains(log, "PERIGEE_TIMOUT is no setting") || !strings.Contains(log, "fewer clients") {
		t.Errorf("no warning in %s", log)
	}
}

func TestAWrongConfigurationRefusesTheStart(t *testing.T) {
	t.Setenv("PERIGEE_HZ", "fast")
	output, status := perigee(t, "", "serve", "--port", "x", "--maxmemory", "lots")
	want := `perigee: the configuration is wrong:
flag --port: port = "x": argument couldn't be parsed into an integer
flag --maxmemory: maxmemory = "lots": argument must be a memory value
environment PERIGEE_HZ: hz = "fast": argument couldn't be parsed into an integer`
	if output != want || status != exitUsage {
		t.Errorf("status %d:\n%s", status, output)
	}
}

func TestUsageIsStatus2(t *testing.T) {
	for _, args := range [][]string{
		{"bogus"}, {"cli", "--bogus"}, {"serve", "--bogus"}, {"serve", "extra"}, {"run"}, {"version", "extra"},
		{"run", "--modules", "m.lua", "s.lua"}, {"cli", "-u", "http://x", "PING"}, {"cli", "--user", "u", "PING"},
		{"cli", "--raw", "--no-raw", "PING"}, {"module", "bogus"}, {"help", "bogus"}, {"help", "module", "check", "x"},
		{"completion", "tcsh"}, {"module", "check"},
	} {
		if output, status := perigee(t, "", args...); status != exitUsage || !strings.HasPrefix(output, "perigee: ") {
			t.Errorf("%s: status %d, %s", strings.Join(args, " "), status, output)
		}
	}
}

func TestVersionAndCompletion(t *testing.T) {
	if output, status := perigee(t, "", "version"); status != exitOK || !strings.HasPrefix(output, "perigee ") {
		t.Errorf("status %d, %s", status, output)
	}
	if output, status := perigee(t, "", "completion", "bash"); status != exitOK || !strings.Contains(output, "__start_perigee") {
		t.Errorf("status %d, %.200s", status, output)
	}
	if output, status := perigee(t, "", "--version"); status != exitOK || !strings.HasPrefix(output, "perigee ") {
		t.Errorf("status %d, %s", status, output)
	}
	for _, c := range []struct{ line, want string }{
		{"serve --appendfsync ", "everysec always no"},
		{"serve --ephemeral=", "yes no"},
		{"module ", "check"},
		{"help mod", "module"},
		{"help journal ", "repair"},
		{"cli SETR", "SETRANGE"},
		{"cli zrangeb", "zrangebylex zrangebyscore"},
		{"cli script ex", "exists explain"},
		{"cli GET ", ""},
	} {
		output, _ := perigee(t, "", append([]string{"__completeNoDesc"}, strings.Split(c.line, " ")...)...)
		words, _, _ := strings.Cut("\n"+output, "\n:")
		if got := strings.Join(strings.Fields(words), " "); got != c.want {
			t.Errorf("%s: %s", c.line, output)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"help"}, {"module"}, {"help", "module", "check"}, {"serve", "-h"}, {"cli", "--help"}} {
		if output, status := perigee(t, "", args...); status != exitOK || !strings.Contains(output, "Usage:\n  perigee") {
			t.Errorf("%s: status %d, %s", strings.Join(args, " "), status, output)
		}
	}
}

func TestTheLogFileIsOpenedAnew(t *testing.T) {
	path := filepath.Join(shortDir(t), "log")
	target, err := openLog(path, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		if _, err := target.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path, path+name); err != nil {
			t.Fatal(err)
		}
		if err := target.reopen(); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a", "b"} {
		if text, err := os.ReadFile(path + name); string(text) != name {
			t.Errorf("%s holds %q, %v", name, text, err)
		}
	}
}
