package engine

import (
	"testing"
	"time"
)

// TestTimePassesDuringASlowCommand runs commands in one iteration, the first
// of which takes long.
func TestTimePassesDuringASlowCommand(t *testing.T) {
	te := &testEngine{at: time.UnixMilli(1_700_000_000_000)}
	slow := Command{
		Name: "x.slow", Group: GroupServer, Since: "7.0.0", Summary: "Takes long.", Complexity: "O(1)", Arity: 1,
		Run: func(_ *Keyspace, _ Args, w Reply) error {
			for begin := monotonic(); monotonic()-begin <= staleTime; {
			}
			te.at = te.at.Add(5 * time.Second)
			w.Status("OK")
			return nil
		},
	}
	te.Engine = New(Options{Clock: func() time.Time { return te.at }, Seed: 1, Commands: []Command{slow}})
	te.c = te.connect(t)
	te.settings.SlowlogSlowerThan = 0
	te.BeginIteration(te.at)
	te.do("SET a 1 EX 3")
	te.do("SLOWLOG RESET")
	te.do("x.slow")
	if at := te.slowlog.entries[len(te.slowlog.entries)-1].at; at != te.at.Unix() {
		t.Errorf("the slow log says %d, want %d", at, te.at.Unix())
	}
	if got := te.do("GET a"); got != "$-1\r\n" {
		t.Errorf("a key outlived its deadline: %q", got)
	}
	te.do("BLPOP l 2")
	te.advance(time.Second)
	if got := take(te.c); got != "" {
		t.Errorf("the client waited for less than its time: %q", got)
	}
	te.advance(time.Second)
	if got := take(te.c); got != "*-1\r\n" {
		t.Errorf("got %q after the time had run out", got)
	}
}
