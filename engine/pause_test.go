package engine

import (
	"strings"
	"testing"
	"time"
)

// TestPauseHoldsCommands has which commands each kind of pause holds back.
func TestPauseHoldsCommands(t *testing.T) {
	for _, test := range []struct {
		line          string
		byWrite, ever bool
	}{
		{"GET a", false, true}, {"SET a 1", true, true}, {"PUBLISH a b", true, true}, {"PING", false, true},
		{"BLPOP l 0", true, true}, {"SET a", false, false}, {"nosuch", false, false}, {"CLIENT UNPAUSE", false, true},
	} {
		for _, mode := range []string{"WRITE", "ALL"} {
			te := newTestEngine(t)
			te.do("CLIENT PAUSE 1000 " + mode)
			c := te.connect(t)
			got := te.on(c, test.line)
			if want := test.ever && (test.byWrite || mode == "ALL"); c.Held() != want || (got == "") != want {
				t.Errorf("%s during %s: held %v, reply %q", test.line, mode, c.Held(), got)
			}
		}
	}
}

// TestPauseHoldsTransactions holds back what writes as it is queued and, if
// that was before the pause, as it is executed.
func TestPauseHoldsTransactions(t *testing.T) {
	te := newTestEngine(t)
	writer, reader := te.connect(t), te.connect(t)
	for _, c := range []*Client{writer, reader} {
		te.on(c, "MULTI")
		te.on(c, "GET a")
	}
	te.on(writer, "SET a 1")
	te.do("CLIENT PAUSE 1000 WRITE")
	if te.on(reader, "EXEC"); reader.Held() {
		t.Error("a transaction that reads was held back")
	}
	if te.on(writer, "EXEC"); !writer.Held() {
		t.Error("a transaction that writes was not held back")
	}
	te.on(reader, "MULTI")
	if te.on(reader, "SET a 2"); !reader.Held() {
		t.Error("a command that writes was queued")
	}
	te.do("CLIENT UNPAUSE")
	if got, want := te.on(reader, "SET a 2"), "+QUEUED\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := te.on(writer, "EXEC"), "*2\r\n$-1\r\n+OK\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPauseEnds has pauses that follow each other: the longest and the widest
// hold.
func TestPauseEnds(t *testing.T) {
	te := newTestEngine(t)
	c := te.connect(t)
	te.do("CLIENT PAUSE 100 ALL")
	held := te.connect(t)
	te.on(held, "CLIENT PAUSE 50 WRITE")
	te.advance(99 * time.Millisecond)
	if te.on(c, "GET a"); !c.Held() || !held.Held() || te.NextWake() > time.Millisecond {
		t.Errorf("held: %v, %v; sleeps %v", c.Held(), held.Held(), te.NextWake())
	}
	te.Disconnect(held)
	te.advance(time.Millisecond)
	if got := te.on(c, "GET a"); got != "$-1\r\n" || te.Paused() || len(te.pause.held) != 0 {
		t.Errorf("after the pause: %q, paused %v", got, te.Paused())
	}
}

// TestPauseKeepsTheData has keys expire during a pause.
func TestPauseKeepsTheData(t *testing.T) {
	te := newTestEngine(t)
	te.do("SET a 1 PX 1")
	te.do("CLIENT PAUSE 10000 WRITE")
	te.advance(5 * time.Second)
	if got := te.do("GET a") + te.do("DBSIZE") + te.do("RANDOMKEY"); got != "$-1\r\n:1\r\n$1\r\na\r\n" {
		t.Errorf("during the pause: %q", got)
	}
	// A transaction that pauses goes on to write.
	te.do("MULTI")
	te.c.multi.queued = append(te.c.multi.queued, queuedCommand{te.table.named([]byte("append")), argvOf("APPEND a 2")})
	if got := te.do("EXEC"); got != "*1\r\n:1\r\n" {
		t.Errorf("EXEC: %q", got)
	}
	if err := te.Check(); err != nil {
		t.Error(err)
	}
	te.advance(5 * time.Second)
	if got := te.do("GET a"); got != "$1\r\n2\r\n" {
		t.Errorf("after the pause: %q", got)
	}
}

// TestPausedClientIsShown has a client that is held back in CLIENT LIST; it
// cannot be unblocked, as it is not blocked by a command.
func TestPausedClientIsShown(t *testing.T) {
	te := newTestEngine(t)
	te.do("CLIENT PAUSE 10000 WRITE")
	c := te.connect(t)
	te.on(c, "SET a 1")
	if got := te.do("CLIENT LIST ID 2"); !strings.Contains(got, " flags=bU ") {
		t.Errorf("CLIENT LIST: %q", got)
	}
	if got := te.do("CLIENT UNBLOCK 2"); got != ":0\r\n" {
		t.Errorf("CLIENT UNBLOCK: %q", got)
	}
	if got := te.do("INFO clients"); !strings.Contains(got, "blocked_clients:1\r\n") {
		t.Errorf("INFO: %q", got)
	}
}
