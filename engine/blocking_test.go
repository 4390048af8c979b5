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

// TestSilencedClientIsServedInSilence has CLIENT REPLY hold back the reply of
// a wait.
func TestSilencedClientIsServedInSilence(t *testing.T) {
	te := newTestEngine(t)
	other := te.connect(t)
	for _, mode := range []string{"OFF", "SKIP"} {
		te.do("CLIENT REPLY " + mode)
		te.do("BLPOP k l k 0")
		te.on(other, "RPUSH l x")
		if got := take(te.c); got != "" {
			t.Errorf("%s: got %q", mode, got)
		}
		if got := te.on(other, "EXISTS l"); got != ":0\r\n" {
			t.Errorf("%s: the client was not served", mode)
		}
	}
	te.do("CLIENT REPLY ON")
	if got := te.do("PING"); got != "+PONG\r\n" {
		t.Errorf("got %q", got)
	}
}

// TestWaitersAreServedInTheirOrder has clients join and leave, the same client
// for several keys too.
func TestWaitersAreServedInTheirOrder(t *testing.T) {
	te := newTestEngine(t)
	var clients []*Client
	for range 5 {
		c := te.connect(t)
		te.on(c, "BLPOP k l k 0")
		clients = append(clients, c)
	}
	te.Disconnect(clients[0])
	te.Disconnect(clients[2])
	te.Disconnect(clients[4])
	te.do("RPUSH l a b c")
	for i, want := range []string{"", "*2\r\n$1\r\nl\r\n$1\r\na\r\n", "", "*2\r\n$1\r\nl\r\n$1\r\nb\r\n", ""} {
		if got := take(clients[i]); got != want {
			t.Errorf("client %d got %q, want %q", i, got, want)
		}
	}
	if n := len(te.blocking.keys); n != 0 || te.blocking.count != 0 {
		t.Errorf("%d keys and %d clients are left in the register", n, te.blocking.count)
	}
}
