package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// ask runs command lines as a user, one connection for all, and returns the
// replies.
func (c *child) ask(user string, lines ...string) string {
	c.t.Helper()
	args := []string{"cli", "-s", c.socket, "--no-raw"}
	if user != "" {
		args = append(args, "--user", user, "--pass", "pw", "--no-auth-warning")
	}
	output, _ := perigee(c.t, strings.Join(lines, "\n"), args...)
	return output
}

// asked runs one command line and compares what is shown.
func (c *child) asked(user, line, want string) {
	c.t.Helper()
	if got := c.ask(user, line); got != want {
		c.t.Errorf("%s: %s\n got: %s\nwant: %s", user, line, got, want)
	}
}

// TestUsersOfAFile has users in an ACL file, which commands read and write.
func TestUsersOfAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.acl")
	write := func(text string) {
		if err := errors.Join(os.WriteFile(file, []byte(text), 0o640), os.Chmod(file, 0o640)); err != nil { // whatever the umask
			t.Fatal(err)
		}
	}
	write("user shop on >pw ~s:* +@read +acl|whoami\n")
	c := startServer(t, "--ephemeral", "--aclfile", file, "--requirepass", "unused")
	c.asked("", "PING", "PONG")
	c.asked("shop", "ACL WHOAMI", `"shop"`)
	c.asked("shop", "GET s:1", "(nil)")
	c.asked("shop", "GET x", "(error) NOPERM No permissions to access a key")
	c.asked("", "ACL SETUSER shop +set %W~x", "OK")
	c.asked("shop", "SET x 1", "OK")
	c.asked("", "ACL SAVE", "OK")
	text, err := os.ReadFile(file)
	info, errStat := os.Stat(file)
	if err != nil || errStat != nil || info.Mode().Perm() != 0o640 || !strings.Contains(string(text), "~s:* %W~x resetchannels -@all +@read +acl|whoami +set\n") || strings.Contains(string(text), "pw") {
		t.Errorf("saved %q, %v", text, err)
	}
	write("user shop on >pw +word\n")
	if got := c.ask("", "ACL LOAD"); !strings.Contains(got, file+":1: Error in applying operation '+word'") {
		t.Errorf("a file that is wrong: %s", got)
	}
	write("user shop on >pw ~* +@all -@dangerous\nuser default on >pw\n")
	c.asked("", "ACL LOAD", "OK")
	c.asked("", "PING", "(error) NOAUTH Authentication required.")
	c.asked("shop", "GET x", `"1"`)
	if status := c.stop(syscall.SIGTERM); status != exitOK {
		t.Errorf("exit status %d", status)
	}
}

// TestUsersOfAConfiguration has users in a configuration, which CONFIG REWRITE
// writes.
func TestUsersOfAConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "redis.conf")
	if err := os.WriteFile(file, []byte("requirepass pw\nuser shop on >pw ~* +@read\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c := startServer(t, "--config", file, "--ephemeral")
		c.asked("", "PING", "(error) NOAUTH Authentication required.")
		c.asked("default", "PING", "PONG")
		c.asked("shop", "GET x", "(nil)")
		c.asked("default", "ACL SETUSER other on >pw ~o* +@all", "OK")
		c.asked("default", "CONFIG REWRITE", "OK")
		c.asked("other", "SET o 1", "OK")
		c.stop(syscall.SIGTERM)
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), ">pw") || !strings.Contains(string(text), "\nuser other on sanitize-payload #") {
		t.Errorf("rewritten as %q, %v", text, err)
	}
}

func TestAWrongUserRefusesTheStart(t *testing.T) {
	for definition, want := range map[string]string{"a on +word": "rule '+word'", "a on <secret": "The password you are trying to remove"} {
		output, status := perigee(t, "", "serve", "--ephemeral", "--port", "0", "--unixsocket", filepath.Join(shortDir(t), "s"), "--user", definition)
		if status == exitOK || !strings.Contains(output, want) || strings.Contains(output, "secret") {
			t.Errorf("%s: status %d, %s", definition, status, output)
		}
	}
}
