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

// TestTransactionsWithoutMemory begins and ends transactions while memory is
// over maxmemory.
func TestTransactionsWithoutMemory(t *testing.T) {
	te := newTestEngine(t)
	const oom, queued, ok = "-OOM command not allowed when used memory > 'maxmemory'.\r\n", "+QUEUED\r\n", "+OK\r\n"
	for _, step := range []struct {
		over bool
		line string
		want string
	}{
		{true, "SET a 1", oom},
		{true, "GET a", "$-1\r\n"},
		{true, "MULTI", ok},
		{true, "GET a", oom}, // queues take memory
		{true, "EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n"},
		{true, "MULTI", ok},
		{true, "DISCARD", ok},
		{false, "MULTI", ok},
		{false, "GET a", queued},
		{true, "EXEC", "*1\r\n$-1\r\n"},
		{false, "MULTI", ok},
		{false, "SET a 1", queued},
		{true, "EXEC", "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.\r\n"},
		{true, "EXEC", "-ERR EXEC without MULTI\r\n"},
	} {
		te.settings.MaxMemory = 1 << 40
		if step.over {
			te.settings.MaxMemory = 1
		}
		if got := te.do(step.line); got != step.want {
			t.Errorf("%s, over memory %v: got %q, want %q", step.line, step.over, got, step.want)
		}
	}
}

// TestClientOfAPasswordThatIsGone takes requirepass away from under a client
// that never gave it.
func TestClientOfAPasswordThatIsGone(t *testing.T) {
	te := newTestEngine(t)
	te.SetDefaultPassword("secret")
	c := te.connect(t)
	if got := te.on(c, "GET a"); got != "-NOAUTH Authentication required.\r\n" {
		t.Errorf("got %q", got)
	}
	if got := te.on(c, "EXEC"); got != "-EXECABORT Transaction discarded because of: NOAUTH Authentication required.\r\n" {
		t.Errorf("got %q", got)
	}
	te.SetDefaultPassword("")
	if got := te.on(c, "GET a"); got != "$-1\r\n" {
		t.Errorf("got %q", got)
	}
}
