package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestTheProcessIsAsItsFileSays(t *testing.T) {
	dir := shortDir(t)
	pidfile, notify, file := filepath.Join(dir, "pid"), filepath.Join(dir, "notify"), filepath.Join(dir, "redis.conf")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notify, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	t.Setenv("NOTIFY_SOCKET", notify)
	text := "daemonize yes\nsupervised auto\nalways-show-logo yes\nephemeral yes\npidfile " + pidfile + "\n" +
		"rename-command FLUSHALL \"\"\nrename-command config Admin-Config\nrename-command get GET2\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startServer(t, file)
	if !strings.Contains(strings.Join(c.before, "\n"), "daemonize is not supported") {
		t.Errorf("logged before it was ready: %q", c.before)
	}
	number, err := os.ReadFile(pidfile)
	if info, _ := os.Stat(pidfile); err != nil || string(number) != strconv.Itoa(c.cmd.Process.Pid)+"\n" || info.Mode().Perm() != 0o644 {
		t.Errorf("the pidfile has %q, %v", number, err)
	}
	told := make([]byte, 100)
	if n, err := systemd.Read(told); err != nil || string(told[:n]) != "READY=1\nSTATUS=Ready to accept connections" {
		t.Errorf("systemd was told %q, %v", told[:n], err)
	}
	c.expect("OK", "SET", "k", "v")
	c.expect("\"v\"", "GET2", "k")
	c.expect("(error) ERR unknown command 'GET', with args beginning with: 'k' ", "GET", "k")
	c.expect("(error) ERR unknown command 'FLUSHALL', with args beginning with: ", "FLUSHALL")
	c.expect("OK", "ACL", "SETUSER", "alice", "+get", "-flushall")
	c.expect("1) \"hz\"\n2) \"10\"", "ADMIN-CONFIG", "GET", "hz")
	c.expect("(empty array)", "ADMIN-CONFIG", "GET", "rename-command")
	screen := 0
	c.cmd.Process.Signal(os.Interrupt)
	for c.log.Scan() {
		if strings.Contains(c.log.Text(), "Ctrl-C stops the server") {
			screen++
		}
	}
	_ = c.cmd.Wait()
	if n, err := systemd.Read(told); err != nil || string(told[:n]) != "STOPPING=1" || screen != 1 {
		t.Errorf("systemd was told %q, %v; %d screens", told[:n], err, screen)
	}
	if _, err := os.Stat(pidfile); !os.IsNotExist(err) {
		t.Errorf("the pidfile is left: %v", err)
	}
}

func TestRenamingWhatThereIsNotRefusesTheStart(t *testing.T) {
	for words, want := range map[string]string{
		"nothing other": "no such command", "get set": `the name "set" is taken`, "get": "wrong number of arguments", "get " + strings.Repeat("x", 65): "is longer than",
	} {
		output, status := perigee(t, "", "serve", "--ephemeral", "--port", "0", "--unixsocket", filepath.Join(shortDir(t), "s"), "--rename-command="+words)
		if status == exitOK || !strings.Contains(output, want) {
			t.Errorf("%s: %d, %s", words, status, output)
		}
	}
}

// noted is a system's log that notes what it is told.
type noted struct{ lines []string }

func (n *noted) note(level, line string) error {
	n.lines = append(n.lines, level+" "+line)
	return nil
}
func (n *noted) Debug(line string) error   { return n.note("debug", line) }
func (n *noted) Info(line string) error    { return n.note("info", line) }
func (n *noted) Notice(line string) error  { return n.note("notice", line) }
func (n *noted) Warning(line string) error { return n.note("warning", line) }
func (n *noted) Err(line string) error     { return n.note("err", line) }

func TestTheSystemLogGetsWhatTheLogGets(t *testing.T) {
	var system noted
	var own bytes.Buffer
	options := &slog.HandlerOptions{Level: logLevel("verbose")}
	log := slog.New(bothHandlers{slog.NewTextHandler(&own, options), newSyslogHandler(&system, options)})
	log.Debug("no")
	log.Log(t.Context(), logLevel("verbose"), "verbose")
	log.With("a", 1).Info("notice", "b", "x y")
	log.WithGroup("g").Warn("warning", "c", 2)
	log.Error("err")
	want := "[info msg=verbose notice msg=notice a=1 b=\"x y\" warning msg=warning g.c=2 err msg=err]"
	if got := fmt.Sprint(system.lines); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if lines := strings.Count(own.String(), "\n"); lines != 4 {
		t.Errorf("the log itself: %s", own.String())
	}
}
