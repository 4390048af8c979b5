package persist

import (
	"strings"
	"testing"

	"perigee/engine"
)

// reopenEngine recovers an engine from a store, which is to be closed.
func reopenEngine(t *testing.T, o Options) (*engine.Engine, *Store) {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Options{Seed: 1})
	l := e.NewLoader()
	report, err := s.Recover(l, e.Settings().Databases)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	e.UseJournal(s.Journal(), report.Last)
	return e, s
}

// replies runs commands, words apart, and returns their replies.
func replies(t *testing.T, e *engine.Engine, lines ...string) string {
	t.Helper()
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Disconnect(c)
	for _, line := range lines {
		var argv [][]byte
		for _, word := range strings.Fields(line) {
			argv = append(argv, []byte(word))
		}
		e.Execute(c, argv)
	}
	e.EndIteration()
	return string(c.Out.Bytes())
}

// TestStreamsAreFoldedAndLoaded writes streams, of which one group's name is so
// long that its records lie apart, and loads them from Badger alone.
func TestStreamsAreFoldedAndLoaded(t *testing.T) {
	o := storeOptions(fastDir(t), newTightDisk())
	long := strings.Repeat("long", longKey/4+1)
	e, s := reopenEngine(t, o)
	wrote := replies(t, e,
		"XADD s 1-1 f v", "XADD s 1-2 f "+strings.Repeat("x", longValue), "XADD s 2-1 g v h w", "XADD s 3-1 f v", "XDEL s 1-1",
		"XGROUP CREATE s g 0", "XGROUP CREATE s gone 0", "XGROUP CREATE s "+long+" 0 ENTRIESREAD 3", "XGROUP CREATECONSUMER s g idle",
		"XREADGROUP GROUP g c COUNT 2 STREAMS s >", "XREADGROUP GROUP gone c STREAMS s >", "XREADGROUP GROUP "+long+" d STREAMS s >",
		"XACK s g 1-2", "XGROUP DESTROY s gone", "XSETID s 9-9 ENTRIESADDED 20 MAXDELETEDID 2-0",
		"XGROUP CREATE empty g $ MKSTREAM", "XADD trimmed 1-1 a b", "XADD trimmed MAXLEN 1 1-2 a b", "XADD moved 1-1 a b", "RENAME moved there")
	if strings.Contains(wrote, "-ERR") || strings.Contains(wrote, "-NOGROUP") {
		t.Fatal(wrote)
	}
	queries := []string{"XINFO STREAM s FULL COUNT 0", "XINFO STREAM empty FULL", "XINFO STREAM trimmed FULL", "XRANGE there - +", "KEYS moved"}
	want := replies(t, e, queries...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if foldUpTo(t, o, 25, 1<<30) {
		t.Fatal("the fold was cut short")
	}
	e, s = reopenEngine(t, o)
	if got := replies(t, e, queries...); got != want {
		t.Errorf("loaded:\n%.3000q\nwant:\n%.3000q", got, want)
	}
	if err := e.Check(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
