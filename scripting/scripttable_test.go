package scripting

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// peer is a connection to a server of which a test sees every byte.
type peer struct {
	conn net.Conn
	seen bytes.Buffer
	in   *resp.Reader
}

func dial(t *testing.T, addr, proto string) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	p := &peer{conn: conn}
	p.in = resp.NewReader(bufio.NewReader(io.TeeReader(conn, &p.seen)))
	p.raw(t, "HELLO", proto)
	return p
}

// raw is the reply to a command as it came.
func (p *peer) raw(t *testing.T, args ...string) string {
	t.Helper()
	p.seen.Reset()
	if _, err := p.conn.Write(resp.AppendCommand(nil, args...)); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	if _, err := p.in.Read(); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return p.seen.String()
}

// raw is the reply to a command as it would be sent.
func (v *server) raw(args ...string) string {
	argv := make([][]byte, len(args))
	for i, a := range args {
		argv[i] = []byte(a)
	}
	v.e.Execute(v.c, argv)
	reply := string(v.c.Out.Bytes())
	v.c.Sent(v.c.Out.Len())
	return reply
}

// scriptTable reads the scripts of a file: one on each line, but for empty lines and those that begin with "#".
func scriptTable(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var scripts []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			scripts = append(scripts, line)
		}
	}
	return scripts
}

// TestDifferentialScriptTable runs the scripts of testdata/scripts here and on the reference, each on an empty keyspace, in
// both protocols: the replies must be the same bytes.
func TestDifferentialScriptTable(t *testing.T) {
	files, err := filepath.Glob("testdata/scripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	ref := transcript.StartReference(t)
	for _, proto := range []string{"2", "3"} {
		for _, file := range files {
			t.Run("RESP"+proto+" "+filepath.Base(file), func(t *testing.T) {
				theirs, ours := dial(t, ref.Addr(), proto), newServer(t)
				ours.raw("HELLO", proto)
				for _, script := range scriptTable(t, file) {
					theirs.raw(t, "FLUSHALL")
					theirs.raw(t, "SCRIPT", "FLUSH") // there settings of cjson last until then
					ours.raw("FLUSHALL")
					want, got := theirs.raw(t, "EVAL", script, "2", "key", "{key}2", "arg", "7"), ours.raw("EVAL", script, "2", "key", "{key}2", "arg", "7")
					if got != want {
						t.Errorf("%s\n got: %.400q\nwant: %.400q", script, got, want)
					}
				}
			})
		}
	}
}

// TestDifferentialLibraries loads the libraries of testdata/functions and calls the functions there, here and on the reference.
func TestDifferentialLibraries(t *testing.T) {
	ref := transcript.StartReference(t)
	for _, proto := range []string{"2", "3"} {
		theirs, ours := dial(t, ref.Addr(), proto), newServer(t)
		ours.raw("HELLO", proto)
		theirs.raw(t, "FUNCTION", "FLUSH")
		same := func(source string, args ...string) {
			t.Helper()
			if got, want := ours.raw(args...), theirs.raw(t, args...); got != want {
				t.Errorf("RESP%s: %s: %s\n got: %.400q\nwant: %.400q", proto, args[0], source, got, want)
			}
		}
		for _, body := range scriptTable(t, "testdata/functions/bodies.txt") {
			same(body, "FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\n"+body)
			same(body, "FUNCTION", "LIST")
		}
		for _, body := range scriptTable(t, "testdata/functions/calls.txt") {
			same(body, "FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nredis.register_function('f', function(keys, args) "+body+" end)")
			same(body, "FCALL", "f", "1", "key", "arg")
			same(body, "FCALL_RO", "f", "1", "key", "arg")
		}
	}
}
