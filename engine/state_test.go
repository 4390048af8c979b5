package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// stateOf describes all collections of an engine, each with its deadline
// and its elements, in their order where they have one; ordered false sorts
// them. It checks the values on the way.
func stateOf(t failer, e *Engine, ordered bool) string {
	t.Helper()
	var keys []string
	for _, ks := range e.dbs {
		ks.keys.Each(func(p unsafe.Pointer) bool {
			h := entry(p)
			if h.kind == KindString {
				return true
			}
			c := h.object().collection()
			if err := c.check(); err != nil {
				t.Fatal(err)
			}
			if c.length() == 0 && h.kind != KindStream {
				t.Fatalf("key %q is empty", h.keyBytes())
			}
			elements, inOrder := elementsOf(c)
			if !inOrder || !ordered {
				slices.Sort(elements)
			}
			keys = append(keys, fmt.Sprintf("%d %q %v %d: %s", ks.index, h.keyBytes(), h.kind, h.deadlineMs(), strings.Join(elements, " ")))
			return true
		})
	}
	slices.Sort(keys)
	return strings.Join(keys, "\n")
}

func elementsOf(c collection) (elements []string, inOrder bool) {
	switch v := c.(type) {
	case *hashValue:
		v.eachTimed(func(field, value []byte, at int64) bool {
			element := fmt.Sprintf("%q=%q", field, value)
			if at != 0 {
				element += fmt.Sprintf("@%d", at)
			}
			elements = append(elements, element)
			return true
		})
		inOrder = v.pack != nil
	case *listValue:
		for it := v.list.Iter(0); it.Valid(); it.Next() {
			elements = append(elements, fmt.Sprintf("%q", it.Value(nil)))
		}
		inOrder = true
	case *zsetValue:
		v.Each(func(member []byte, score float64) bool {
			elements = append(elements, fmt.Sprintf("%q=%v", member, score+0))
			return true
		})
		inOrder = true
	case *setValue:
		v.Each(func(member []byte) bool {
			elements = append(elements, fmt.Sprintf("%q", member))
			return true
		})
		inOrder = v.table == nil
	case *streamValue:
		elements, inOrder = streamElements(v), true
	}
	return elements, inOrder
}

// mustReplay rebuilds the state of te from what its journal holds and compares.
func mustReplay(t failer, te *testEngine, j *fakeJournal) {
	t.Helper()
	if got, want := stateOf(t, te.replayed(t, j), false), stateOf(t, te.Engine, false); got != want {
		t.Fatalf("after replay:\n%s\nwant:\n%s", got, want)
	}
}

// replayed is an engine that is made of what the journal of te holds.
func (te *testEngine) replayed(t failer, j *fakeJournal) *Engine {
	t.Helper()
	e := New(Options{Clock: func() time.Time { return te.at }, Seed: 1, Settings: &te.settings})
	l := e.NewLoader()
	for _, u := range j.units {
		if err := l.Unit(u); err != nil {
			t.Fatalf("replay: %v", err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatalf("replay: %v", err)
	}
	return e
}

// mustRollBack runs command lines as one unit, takes it back and compares.
func mustRollBack(t failer, te *testEngine, lines []string) {
	t.Helper()
	before := stateOf(t, te.Engine, true)
	te.beginUnit()
	m := te.unit.mark()
	for _, line := range lines {
		argv := words(line)
		_ = te.call(te.c, te.table.named(argv[0]), argv, Discard{})
	}
	te.unit.rollback(m)
	if te.unit.count != 0 {
		t.Fatalf("%d effects left", te.unit.count)
	}
	te.endUnit()
	after := stateOf(t, te.Engine, true)
	if after != before {
		t.Fatalf("%q taken back:\n%s\nwant:\n%s", lines, after, before)
	}
}

func words(line string) [][]byte {
	var argv [][]byte
	for _, f := range strings.Fields(line) {
		argv = append(argv, []byte(f))
	}
	return argv
}
