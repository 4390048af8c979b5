package engine

import (
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
