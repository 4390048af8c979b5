package glob

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	redis "perigee/engine/reference"
)

// reference is a connection to a reference server.
type reference struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// startReference starts redis-server on a socket of its own, or skips the test.
func startReference(t *testing.T) *reference {
	conn, err := net.Dial("unix", redis.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &reference{t, conn, bufio.NewReader(conn)}
}

// do sends a command and returns the strings in its reply.
func (r *reference) do(args ...string) []string {
	r.t.Helper()
	request := fmt.Sprintf("*%d\r\n", len(args))
	for _, a := range args {
		request += fmt.Sprintf("$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := io.WriteString(r.conn, request); err != nil {
		r.t.Fatal(err)
	}
	return r.read()
}

func (r *reference) read() []string {
	r.t.Helper()
	line, err := r.in.ReadString('\n')
	if err != nil {
		r.t.Fatal(err)
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch line[0] {
	case '*':
		all := []string{}
		for range n {
			all = append(all, r.read()...)
		}
		return all
	case '$':
		data := make([]byte, n+2)
		if _, err := io.ReadFull(r.in, data); err != nil {
			r.t.Fatal(err)
		}
		return []string{string(data[:n])}
	case '-':
		r.t.Fatalf("the reference replied %q", line)
	}
	return nil
}

// draw returns up to n pieces joined.
func draw(rnd *rand.Rand, n int, pieces []string) string {
	s := ""
	for range rnd.IntN(n + 1) {
		s += pieces[rnd.IntN(len(pieces))]
	}
	return s
}

func TestKeysAgreesWithReference(t *testing.T) {
	r, rnd := startReference(t), rand.New(rand.NewPCG(1, 2))
	letters := []string{"a", "b", "c", "B", "-", "]", "[", "^", `\`, "*", "\xff", "\x00"}
	patterns := append(slices.Clone(letters), "*", "?", "[a", "[^", "b-", `\`, "]", "*")
	for range 300 {
		r.do("SET", draw(rnd, 4, letters), "")
	}
	keys := r.do("KEYS", "*")
	for range 800 {
		pattern := draw(rnd, 7, patterns)
		if IsAll([]byte(pattern)) {
			continue
		}
		want := r.do("KEYS", pattern)
		for _, key := range keys {
			if got := MatchString(pattern, key, false); got != slices.Contains(want, key) {
				t.Errorf("pattern %q, key %q: %v", pattern, key, got)
			}
		}
	}
}

func TestIgnoredCaseAgreesWithReference(t *testing.T) {
	r, rnd := startReference(t), rand.New(rand.NewPCG(3, 4))
	pieces := []string{"*", "?", "[A-M]", "[z-N]", "[Z-a]", `[\EsT]`, `[\e-t]`, "G", "e", "T", `\S`, "s"}
	names := r.do("COMMAND", "LIST")
	for range 300 {
		pattern := draw(rnd, 5, pieces)
		want := r.do("COMMAND", "LIST", "FILTERBY", "PATTERN", pattern)
		for _, name := range names {
			if got := MatchString(pattern, name, true); got != slices.Contains(want, name) {
				t.Errorf("pattern %q, name %q: %v", pattern, name, got)
			}
		}
	}
}
