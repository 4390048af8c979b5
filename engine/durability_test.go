package engine

import (
	"strings"
	"testing"
	"time"
)

func TestWaitaofWaitsForTheDisk(t *testing.T) {
	te := newTestEngine(t)
	j := &heldJournal{}
	te.UseJournal(j, 0)
	te.do("SET a 1")
	expect := func(line, want string) {
		t.Helper()
		if got := te.do(line); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
	arrives := func(want string) {
		t.Helper()
		te.advance(time.Millisecond)
		if got := take(te.c); got != want {
			t.Errorf("%q arrives, want %q", got, want)
		}
	}
	expect("WAITAOF 0 0 0", "*2\r\n:0\r\n:0\r\n")
	expect("WAITAOF 1 0 0", "")
	arrives("")
	j.released = 1
	arrives("*2\r\n:1\r\n:0\r\n")
	expect("WAITAOF 1 0 0", "*2\r\n:1\r\n:0\r\n")
	te.do("SET a 2")
	expect("WAITAOF 1 0 100", "")
	te.advance(99 * time.Millisecond)
	arrives("*2\r\n:0\r\n:0\r\n")
	j.released = 2
	arrives("")

	expect("SAVE", "+OK\r\n")
	te.do("SET a 3")
	expect("SAVE", "")
	j.released = 3
	arrives("+OK\r\n")
	te.do("SET a 4")
	expect("BGSAVE", "+Background saving started\r\n")
	expect("BGSAVE", "-ERR Background save already in progress\r\n")
	expect("SAVE", "-ERR Background save already in progress\r\n")
	te.advance(5 * time.Second)
	j.released = 4
	arrives("")
	expect("LASTSAVE", ":1700000005\r\n")
	expect("BGSAVE", "+Background saving started\r\n")
}

// A client that is gone, or does something else, is not answered.
func TestWaitaofOfAClientThatLeft(t *testing.T) {
	te := newTestEngine(t)
	j := &heldJournal{}
	te.UseJournal(j, 0)
	gone, other := te.connect(t), te.connect(t)
	te.do("SET a 1")
	te.on(gone, "WAITAOF 1 0 0")
	te.on(other, "WAITAOF 1 0 10")
	te.Disconnect(gone)
	te.advance(10 * time.Millisecond)
	if got := take(other); got != "*2\r\n:0\r\n:0\r\n" {
		t.Errorf("timed out with %q", got)
	}
	te.on(other, "BLPOP list 0")
	j.released = 1
	te.advance(time.Millisecond)
	if got := take(other) + take(gone); got != "" || other.blocked == nil {
		t.Errorf("answered %q", got)
	}
}

func TestNothingToSaveTo(t *testing.T) {
	te := newTestEngine(t)
	for _, line := range []string{"SAVE", "BGSAVE", "BGREWRITEAOF", "WAITAOF 1 0 0"} {
		if got := te.do(line); !strings.HasPrefix(got, "-ERR ") {
			t.Errorf("%s: %q", line, got)
		}
	}
	if got := te.do("WAITAOF 0 0 0"); got != "*2\r\n:0\r\n:0\r\n" {
		t.Errorf("WAITAOF 0 0 0: %q", got)
	}
	if got := te.do("LOLWUT"); !strings.Contains(got, Version) {
		t.Errorf("LOLWUT: %q", got)
	}
}
