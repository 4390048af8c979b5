package engine

import "testing"

func TestFailedTransactionIsUndoneWhereAsked(t *testing.T) {
	te := newTestEngine(t)
	te.UseJournal(&fakeJournal{}, 0)
	subscriber := te.connect(t)
	te.on(subscriber, "SUBSCRIBE ch")
	run := func(lines ...string) string {
		te.do("MULTI")
		for _, line := range lines {
			te.do(line)
		}
		return te.do("EXEC")
	}
	const fails = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
	if got, want := run("SET a 1", "LPUSH a x", "SET b 1"), "*3\r\n+OK\r\n"+fails+"+OK\r\n"; got != want {
		t.Errorf("by default: got %q, want %q", got, want)
	}
	te.Settings().TransactionRollback = true
	want := "-EXECABORT Transaction undone, as command 3 of 4 ('lpush') failed: WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
	if got := run("SET a 2", "PUBLISH ch x", "LPUSH a x", "SET b 2"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := te.do("MGET a b"); got != "*2\r\n$1\r\n1\r\n$1\r\n1\r\n" {
		t.Errorf("after an undone transaction: %q", got)
	}
	if got := take(subscriber); got != "" {
		t.Errorf("an undone transaction published %q", got)
	}
	run("SELECT 1", "SET a other", "INCR a")
	if got := run("SET a 3", "GET a"); got != "*2\r\n+OK\r\n$1\r\n3\r\n" {
		t.Errorf("one that does not fail: %q", got)
	}
	te.on(subscriber, "RESET")
	te.do("CLIENT REPLY SKIP")
	te.do("PING")
	if got := te.do("PING"); got != "+PONG\r\n" {
		t.Errorf("afterwards: %q", got)
	}
}
