package engine

import (
	"fmt"
	"strings"
	"testing"
)

// invalid is the message that tells a client of RESP3 of keys.
func invalid(keys ...string) string {
	if len(keys) == 0 {
		return ">2\r\n$10\r\ninvalidate\r\n_\r\n"
	}
	return ">2\r\n$10\r\ninvalidate\r\n" + array(keys...)
}

func array(elems ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(elems))
	for _, e := range elems {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(e), e)
	}
	return b.String()
}

// trackingStep is a command of the client that caches or, with other, of
// another one, or, with neither, the end of an iteration; and what the first
// gets by then, replies included.
type trackingStep struct {
	line  string
	other bool
	want  string
}

// TestInvalidation has what a client that caches is told, and when.
func TestInvalidation(t *testing.T) {
	const ok, null = "+OK\r\n", "_\r\n"
	for _, test := range []struct {
		name  string
		steps []trackingStep
	}{
		{"a key is told of once after it was read", []trackingStep{
			{line: "CLIENT TRACKING ON", want: ok}, {line: "GET a", want: null}, {line: "GET b", want: null},
			{line: "SET a 1", other: true, want: invalid("a")}, {line: "SET a 2", other: true},
			{line: "GET a", want: "$1\r\n2\r\n"}, {line: "DEL a", other: true, want: invalid("a")},
		}},
		{"the client's own changes are told after the reply", []trackingStep{
			{line: "CLIENT TRACKING ON", want: ok}, {line: "GET a", want: null}, {line: "SET a 1", want: ok + invalid("a")},
			{line: "CLIENT TRACKING ON NOLOOP", want: ok}, {line: "GET a", want: "$1\r\n1\r\n"}, {line: "SET a 2", want: ok},
			{line: "GET a", want: "$1\r\n2\r\n"}, {line: "SET a 3", other: true, want: invalid("a")},
		}},
		{"a read inside a transaction counts from its place", []trackingStep{
			{line: "CLIENT TRACKING ON", want: ok}, {line: "GET a", want: null}, {line: "MULTI", want: ok},
			{line: "SET a 1", want: "+QUEUED\r\n"}, {line: "SET b 1", want: "+QUEUED\r\n"}, {line: "GET b", want: "+QUEUED\r\n"},
			{line: "EXEC", want: "*3\r\n+OK\r\n+OK\r\n$1\r\n1\r\n" + invalid("a")}, {line: "SET b 2", other: true, want: invalid("b")},
		}},
		{"a command that writes reads nothing", []trackingStep{
			{line: "CLIENT TRACKING ON", want: ok}, {line: "SINTERSTORE d a b", want: ":0\r\n"}, {line: "SADD a 1", other: true},
			{line: "GETEX a", want: "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"}, {line: "SADD a 2", other: true},
		}},
		{"keys that are renamed, moved, copied to, or lose their deadline or an element", []trackingStep{
			{line: "CLIENT TRACKING ON", want: ok}, {line: "MSET a 1 b 1", other: true}, {line: "RPUSH l 1", other: true},
			{line: "EXISTS a c", want: ":1\r\n"}, {line: "RENAME a c", other: true, want: invalid("a") + invalid("c")},
			{line: "TTL b", want: ":-1\r\n"}, {line: "EXPIRE b 100", other: true, want: invalid("b")},
			{line: "TYPE b", want: "+string\r\n"}, {line: "PERSIST b", other: true, want: invalid("b")},
			{line: "LLEN l", want: ":1\r\n"}, {line: "LTRIM l 0 -1", other: true, want: invalid("l")},
			{line: "LLEN l", want: ":1\r\n"}, {line: "LPOP l", other: true, want: invalid("l")},
			{line: "STRLEN d", want: ":0\r\n"}, {line: "COPY b d", other: true, want: invalid("d")},
			{line: "STRLEN c", want: ":1\r\n"}, {line: "MOVE c 1", other: true, want: invalid("c")},
		}},
		{"a flush says to forget everything", []trackingStep{
			{line: "CLIENT TRACKING ON", want: ok}, {line: "GET a", want: null}, {line: "FLUSHALL", other: true, want: invalid()},
			{line: "SET a 1", other: true}, {line: "FLUSHDB", want: ok + invalid()}, {line: "SWAPDB 0 1", other: true, want: invalid()},
		}},
		{"opting in is for the next command, or transaction", []trackingStep{
			{line: "CLIENT TRACKING ON OPTIN", want: ok}, {line: "GET a", want: null}, {line: "SET a 1", other: true},
			{line: "CLIENT CACHING YES", want: ok}, {line: "GET a", want: "$1\r\n1\r\n"}, {line: "GET b", want: null},
			{line: "MSET a 1 b 1", other: true, want: invalid("a")},
			{line: "CLIENT CACHING YES", want: ok}, {line: "MULTI", want: ok}, {line: "GET a", want: "+QUEUED\r\n"},
			{line: "EXEC", want: "*1\r\n$1\r\n1\r\n"}, {line: "SET a 1", other: true, want: invalid("a")},
		}},
		{"opting out likewise", []trackingStep{
			{line: "CLIENT TRACKING ON OPTOUT", want: ok}, {line: "CLIENT CACHING NO", want: ok}, {line: "GET a", want: null},
			{line: "GET b", want: null}, {line: "MSET a 1 b 1", other: true, want: invalid("b")},
		}},
		{"broadcasts come together at the end of the iteration, by prefix", []trackingStep{
			{line: "CLIENT TRACKING ON BCAST PREFIX b PREFIX a", want: ok}, {line: "SET b2 1", other: true}, {line: "SET b1 1", other: true},
			{line: "SET a 1", want: ok}, {line: "SET c 1", want: ok}, {line: "SET b1 2", want: ok}, {want: invalid("a") + invalid("b1", "b2")}, {},
			{line: "FLUSHALL", other: true, want: invalid()}, {},
			{line: "CLIENT TRACKING ON BCAST NOLOOP PREFIX c", want: ok}, {line: "SET a 1", want: ok}, {line: "SET b 1", want: ok},
			{line: "SET a 2", other: true}, {want: invalid("a")},
			{line: "CLIENT TRACKING OFF", want: ok}, {line: "SET a 3", other: true}, {},
		}},
		{"whoever stops tracking is told nothing", []trackingStep{
			{line: "CLIENT TRACKING ON", want: ok}, {line: "GET a", want: null}, {line: "CLIENT TRACKING OFF", want: ok}, {line: "SET a 1", other: true},
			{line: "CLIENT TRACKING ON BCAST", want: ok}, {line: "SET a 1", other: true}, {line: "RESET", want: "+RESET\r\n"}, {},
		}},
		{"replies that are turned off do not turn it off", []trackingStep{
			{line: "CLIENT TRACKING ON", want: ok}, {line: "CLIENT REPLY OFF"}, {line: "GET a"}, {line: "SET a 1", want: invalid("a")},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			te := newTestEngine(t)
			te.do("HELLO 3")
			other := te.connect(t)
			for i, s := range test.steps {
				switch {
				case s.line == "":
					te.advance(0)
				case s.other:
					te.on(other, s.line)
				default:
					te.Execute(te.c, argvOf(s.line))
				}
				if got := take(te.c); got != s.want {
					t.Errorf("step %d, %s: got %q, want %q", i, s.line, got, s.want)
				}
			}
		})
	}
}

// TestInvalidationOfExpired has a key that expires told of, whoever notices.
func TestInvalidationOfExpired(t *testing.T) {
	for _, lazily := range []bool{true, false} {
		te := newTestEngine(t)
		te.activeExpire = !lazily
		te.do("HELLO 3")
		te.do("CLIENT TRACKING ON")
		te.do("SET a 1 PX 1")
		te.do("GET a")
		te.advance(1_000_000_000)
		if lazily {
			te.on(te.connect(t), "GET a")
		}
		if got := take(te.c); got != invalid("a") {
			t.Errorf("lazily %v: got %q", lazily, got)
		}
	}
}

// TestRedirection tells a client of RESP2 through another that subscribes.
func TestRedirection(t *testing.T) {
	te := newTestEngine(t)
	other, writer := te.connect(t), te.connect(t)
	message := func(of string) string {
		return "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n" + of
	}
	te.do(fmt.Sprintf("CLIENT TRACKING ON REDIRECT %d", other.ID))
	te.do("GET a")
	te.on(writer, "SET a 1")
	if got := take(other); got != "" {
		t.Errorf("without a subscription: got %q", got)
	}
	te.on(other, "SUBSCRIBE __redis__:invalidate")
	te.do("GET a")
	te.on(writer, "SET a 1")
	if got := take(other); got != message(array("a")) {
		t.Errorf("got %q", got)
	}
	te.on(writer, "FLUSHALL")
	if got := take(other); got != message("$-1\r\n") {
		t.Errorf("after FLUSHALL: got %q", got)
	}
	te.on(other, "RESET")
	te.on(other, "HELLO 3")
	te.do("GET a")
	te.on(writer, "SET a 1")
	if got := take(other); got != invalid("a") {
		t.Errorf("with RESP3: got %q", got)
	}

	te.do("GET a")
	te.Disconnect(other)
	te.on(writer, "SET a 1")
	if got := te.do("CLIENT TRACKINGINFO"); !strings.Contains(got, "broken_redirect") {
		t.Errorf("TRACKINGINFO: got %q", got)
	}
	if got := te.do("CLIENT INFO"); !strings.Contains(got, " flags=tRU ") || !strings.Contains(got, fmt.Sprintf(" redir=%d ", other.ID)) {
		t.Errorf("CLIENT INFO: got %q", got)
	}
	te.do("HELLO 3")
	te.do("GET a")
	te.on(writer, "SET a 1")
	if got, want := take(te.c), fmt.Sprintf(">2\r\n$21\r\ntracking-redir-broken\r\n:%d\r\n", other.ID); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRolledBackUnitInvalidatesNothing undoes a write, but not the reads.
func TestRolledBackUnitInvalidatesNothing(t *testing.T) {
	te := newTestEngine(t)
	te.do("HELLO 3")
	te.do("CLIENT TRACKING ON")
	te.do("GET a")
	te.beginUnit()
	point := te.Savepoint()
	other := te.connect(t)
	te.on(other, "SET a 1")
	te.on(other, "LTRIM l 0 -1")
	te.on(other, "FLUSHALL")
	te.do("GET b")
	te.Rollback(point)
	te.endUnit()
	te.advance(0)
	if got := take(te.c); got != "" {
		t.Errorf("got %q", got)
	}
	te.on(other, "MSET a 1 b 1")
	if got, want := take(te.c), invalid("a")+invalid("b"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTrackingTableIsBounded has more keys read than may be remembered.
func TestTrackingTableIsBounded(t *testing.T) {
	te := newTestEngine(t)
	te.Settings().TrackingMaxKeys = 10
	te.do("HELLO 3")
	te.do("CLIENT TRACKING ON")
	told := 0
	for i := range 500 {
		told += strings.Count(te.do(fmt.Sprintf("GET %d", i)), "invalidate")
	}
	told += strings.Count(te.do("PING"), "invalidate")
	if kept := len(te.tracking.readers); kept > 10 || kept+told != 500 || te.tracking.items != kept {
		t.Errorf("%d keys are remembered as %d items, of %d the client was told", kept, te.tracking.items, told)
	}
	te.do("CLIENT TRACKING OFF")
	if te.tracking.clients != 0 || te.tracking.readers != nil || te.tracking.items != 0 || te.tracking.prefixes != nil {
		t.Errorf("left behind: %+v", te.tracking)
	}
}

func argvOf(line string) [][]byte {
	var argv [][]byte
	for _, f := range strings.Fields(line) {
		argv = append(argv, []byte(f))
	}
	return argv
}
