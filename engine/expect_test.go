package engine

import (
	"fmt"
	"strings"
	"testing"
)

// TestExpectChangesNothing announces commands on keys of every kind and
// encoding, on absent ones, without keys and unknown.
func TestExpectChangesNothing(t *testing.T) {
	te := newTestEngine(t)
	te.settings.DebugCommand = "yes"
	for i := range expectFrom {
		te.do(fmt.Sprintf("SET key:%d %d", i, i))
	}
	var lines []string
	for _, setup := range []string{
		"SET s x", "SETRANGE s:empty 0 ", "SET s:long " + strings.Repeat("x", maxInline+1), "SET s:late x EX 100", "HSET h a 1", "HSET h:big f " + strings.Repeat("x", 100),
		"ZADD z 1 a", "ZADD z:big 1 " + strings.Repeat("x", 100), "SADD set 1", "SADD set:big " + strings.Repeat("x", 100), "LPUSH l 1", "XADD x 1-1 f v",
	} {
		te.do(setup)
		lines = append(lines, "TYPE "+strings.Fields(setup)[1])
	}
	lines = append(lines, "GET key:77", "GET absent", "NOPE s", "PING", "GET", "SORT", "ZUNION 2 z z:big", "XREAD STREAMS x 0", "OBJECT ENCODING s")
	digest := te.do("DEBUG DIGEST")
	if len(digest) != len("+\r\n")+40 {
		t.Fatalf("no digest: %s", digest)
	}
	for at := range lines {
		var commands [][][]byte
		for _, line := range append(lines[at:], lines[:at]...) {
			var argv [][]byte
			for _, f := range strings.Fields(line) {
				argv = append(argv, []byte(f))
			}
			commands = append(commands, argv)
		}
		te.Expect(te.c, commands)
	}
	if got := te.do("DEBUG DIGEST"); got != digest {
		t.Errorf("the digest is %s after %s", got, digest)
	}
	for name, want := range map[string]int{"GET": 1, "bitop": 2, "zunion": 2, "xread": 0, "ping": 0, "nope": 0, "": 0} {
		if got := te.table.keyOf([]byte(name)); got != want {
			t.Errorf("the first key of %s is at %d, not %d", name, got, want)
		}
	}
}
