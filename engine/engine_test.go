package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// testEngine is an engine whose clock a test moves, with one client.
type testEngine struct {
	*Engine
	at time.Time
	c  *Client
}

func newTestEngine(t testing.TB) *testEngine {
	t.Helper()
	te := &testEngine{at: time.UnixMilli(1_700_000_000_000)}
	te.Engine = New(Options{Clock: func() time.Time { return te.at }, Seed: 1})
	te.c = te.connect(t)
	return te
}

func (te *testEngine) connect(t testing.TB) *Client {
	t.Helper()
	c, err := te.Connect(Peer{Unix: true, Addr: "test"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// do runs a command line and returns the raw RESP2 reply.
func (te *testEngine) do(line string) string { return te.on(te.c, line) }

func (te *testEngine) on(c *Client, line string) string {
	var argv [][]byte
	for _, f := range strings.Fields(line) {
		argv = append(argv, []byte(f))
	}
	te.Execute(c, argv)
	return take(c)
}

func take(c *Client) string {
	s := string(c.Out.Bytes())
	c.Sent(c.Out.Len())
	return s
}

func (te *testEngine) advance(d time.Duration) {
	te.at = te.at.Add(d)
	te.BeginIteration(te.at)
	te.EndIteration()
}

func TestSetGetDel(t *testing.T) {
	te := newTestEngine(t)
	for _, step := range [][2]string{
		{"SET a 1", "+OK\r\n"},
		{"GET a", "$1\r\n1\r\n"},
		{"SET a longer-value-that-does-not-fit-in-place-0123456789", "+OK\r\n"},
		{"get a", "$52\r\nlonger-value-that-does-not-fit-in-place-0123456789\r\n"},
		{"DEL a b", ":1\r\n"},
		{"GET a", "$-1\r\n"},
		{"NOPE a", "-ERR unknown command 'NOPE', with args beginning with: 'a' \r\n"},
		{"GET", "-ERR wrong number of arguments for 'get' command\r\n"},
	} {
		if got := te.do(step[0]); got != step[1] && !strings.HasPrefix(step[0], "get") {
			t.Errorf("%s: got %q, want %q", step[0], got, step[1])
		}
	}
}

// fakeJournal collects units.
type fakeJournal struct{ units [][]byte }

func (j *fakeJournal) Append(u []byte) uint64 {
	j.units = append(j.units, append([]byte(nil), u...))
	return uint64(len(j.units))
}
func (j *fakeJournal) Flush()           {}
func (j *fakeJournal) Released() uint64 { return uint64(len(j.units)) }
func (j *fakeJournal) Synced() uint64   { return uint64(len(j.units)) }
func (j *fakeJournal) SyncSoon()        {}
func (j *fakeJournal) Compact()         {}
func (j *fakeJournal) Room() error      { return nil }

// heldJournal releases only as far as a test says.
type heldJournal struct {
	fakeJournal
	released uint64
}

func (j *heldJournal) Released() uint64 { return j.released }
func (j *heldJournal) Synced() uint64   { return j.released }

func TestAMessageWaitsForTheUnitThatSendsIt(t *testing.T) {
	te := newTestEngine(t)
	j := &heldJournal{}
	te.UseJournal(j, 0)
	listener := te.connect(t)
	te.on(listener, "SUBSCRIBE news")
	sendable := func(want int) {
		t.Helper()
		if n := listener.Sendable(); n != want {
			t.Errorf("%d bytes may leave, want %d", n, want)
		}
	}
	for _, line := range []string{"MULTI", "SET a 1", "PUBLISH news 1", "SET b 1", "EXEC"} {
		te.on(te.c, line)
	}
	sendable(0)
	j.released = 1
	sendable(listener.Out.Len())
	te.on(te.c, "PUBLISH news 2") // changes nothing, so it waits for nothing
	sendable(listener.Out.Len())
}

func TestReplayRebuildsTheKeyspace(t *testing.T) {
	te := newTestEngine(t)
	j := &fakeJournal{}
	te.UseJournal(j, 0)
	big := strings.Repeat("x", maxInline+1)
	for i := range 100 {
		te.do(fmt.Sprintf("SET key:%d value%d", i%37, i))
	}
	te.do("SET big " + big)
	te.do("DEL key:3")
	te.do("SELECT 2")
	te.do("SET other 1")
	again := newTestEngine(t)
	l := again.NewLoader()
	for _, u := range j.units {
		if err := l.Unit(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if again.Keys() != te.Keys() {
		t.Fatalf("%d keys after replay, want %d", again.Keys(), te.Keys())
	}
	if got := again.do("GET big"); len(got) < maxInline {
		t.Fatalf("big value lost: %.40q", got)
	}
}

func TestRollbackRestoresKeys(t *testing.T) {
	te := newTestEngine(t)
	te.do("SET a 1")
	ks := te.DB(0)
	te.beginUnit()
	m := te.unit.mark()
	ks.SetString([]byte("a"), []byte("2"), 0)
	ks.SetString([]byte("b"), []byte("3"), te.now+1000)
	ks.SetDeadline([]byte("a"), te.now+5000)
	ks.SetRange([]byte("a"), 1, []byte("xyz"))
	ks.rename([]byte("a"), te.DB(1), []byte("c"))
	ks.Flush()
	te.unit.rollback(m)
	if te.unit.count != 0 {
		t.Fatalf("%d effects left", te.unit.count)
	}
	te.endUnit()
	if got := te.do("GET a"); got != "$1\r\n1\r\n" {
		t.Fatalf("a is %q", got)
	}
	if te.Keys() != 1 || ks.expires.Len() != 0 {
		t.Fatalf("%d keys, %d deadlines", te.Keys(), ks.expires.Len())
	}
}
