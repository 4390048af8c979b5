package engine

import "testing"

// TestRolledBackUnitPublishesNothing takes back a part of a unit.
func TestRolledBackUnitPublishesNothing(t *testing.T) {
	te := newTestEngine(t)
	subscriber := te.connect(t)
	te.on(subscriber, "SUBSCRIBE ch")
	te.beginUnit()
	te.do("PUBLISH ch kept")
	point := te.Savepoint()
	te.do("PUBLISH ch undone")
	te.Rollback(point)
	te.endUnit()
	if got, want := take(subscriber), "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$4\r\nkept\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSilencedClientGetsMessages turns replies off, which messages are not.
func TestSilencedClientGetsMessages(t *testing.T) {
	te := newTestEngine(t)
	te.UseJournal(&fakeJournal{}, 0)
	te.do("HELLO 3")
	te.do("CLIENT REPLY OFF")
	if got, want := te.do("SUBSCRIBE ch"), ">3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n"; got != want {
		t.Errorf("SUBSCRIBE: got %q, want %q", got, want)
	}
	te.do("MULTI")
	te.do("SET a 1")
	te.do("PUBLISH ch x")
	if got, want := te.do("EXEC"), ">3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$1\r\nx\r\n"; got != want {
		t.Errorf("EXEC: got %q, want %q", got, want)
	}
}
