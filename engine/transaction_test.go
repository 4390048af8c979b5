package engine

import "testing"

// TestClientThatStoppedWatchingIsNotSpoiled flushes a database in a unit in
// whose middle a client that watches one of its keys stops to do so, as it
// can while a script overruns.
func TestClientThatStoppedWatchingIsNotSpoiled(t *testing.T) {
	te := newTestEngine(t)
	te.do("SET a 1")
	other := te.connect(t)
	te.do("WATCH a b")
	te.beginUnit()
	te.on(other, "FLUSHALL")
	te.do("UNWATCH")
	te.endUnit()
	te.do("MULTI")
	if got := te.do("EXEC"); got != "*0\r\n" {
		t.Errorf("EXEC without watches replied %q", got)
	}
	if n := len(te.watched); n != 0 {
		t.Errorf("%d keys are left in the register", n)
	}
}
