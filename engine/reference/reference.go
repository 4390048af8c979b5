// Package reference starts a redis-server for tests that compare with it.
// It imports nothing of this project, so that every package's tests can use it.
package reference

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Start starts redis-server with a Unix socket, whose path it returns, and no
// port unless options say so. It ends with the test. Where there is no
// redis-server the test is skipped, or fails if PERIGEE_REQUIRE_REDIS is 1.
func Start(t testing.TB, options ...string) (socket string) {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("PERIGEE_REQUIRE_REDIS") == "1" {
			t.Fatal("redis-server is not installed, and PERIGEE_REQUIRE_REDIS is 1")
		}
		t.Skip("redis-server is not installed")
	}
	dir, err := os.MkdirTemp("", "reference") // names of t.TempDir are too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	server := exec.Command(program, append([]string{"--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir}, options...)...)
	log, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if strings.Contains(lines.Text(), "eady to accept connections") {
			go io.Copy(io.Discard, log) // ends with the server
			return socket
		}
	}
	t.Fatal("redis-server ended before it was ready")
	return ""
}
