package engine

import (
	"fmt"
	"testing"
	"time"
)

// TestSwapShowsBlockedClientsAnExpiredKey swaps in a database whose key, for
// which a client waits, is past its deadline but not removed.
func TestSwapShowsBlockedClientsAnExpiredKey(t *testing.T) {
	te := newTestEngine(t)
	te.activeExpire = false
	other := te.connect(t)
	te.on(other, "SELECT 1")
	te.on(other, "RPUSH l x")
	te.on(other, "PEXPIRE l 1")
	te.do("BLPOP l 0")
	te.advance(time.Second)
	if got := te.on(other, "SWAPDB 0 1"); got != "+OK\r\n" {
		t.Fatal(got)
	}
	if got := take(te.c); got != "" {
		t.Errorf("the client that waits got %q", got)
	}
	te.on(other, "SELECT 0")
	te.on(other, "RPUSH l y")
	if got := take(te.c); got != "*2\r\n$1\r\nl\r\n$1\r\ny\r\n" {
		t.Errorf("the client that waits got %q", got)
	}
}

// TestKilledClientIsServedNothing kills a client that waits and pushes before
// the server has closed its connection.
func TestKilledClientIsServedNothing(t *testing.T) {
	te := newTestEngine(t)
	other := te.connect(t)
	te.do("BLPOP l 0")
	te.on(other, fmt.Sprintf("CLIENT KILL ID %d", te.c.ID))
	te.on(other, "RPUSH l x")
	if got := te.on(other, "LLEN l"); got != ":1\r\n" {
		t.Errorf("LLEN replied %q: the element went to a client that was killed", got)
	}
	if got := te.on(other, fmt.Sprintf("CLIENT LIST ID %d", te.c.ID)); got != "$0\r\n\r\n" {
		t.Errorf("the client that was killed is listed: %q", got)
	}
}
