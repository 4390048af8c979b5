package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// checkReplayed replays te's journal into a fresh engine and compares the
// strings, types and deadlines of both.
func checkReplayed(t *testing.T, te *testEngine, j *fakeJournal) {
	t.Helper()
	again := newTestEngine(t)
	l := again.NewLoader()
	for _, u := range j.units {
		if err := l.Unit(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := again.dump(), te.dump(); got != want {
		t.Fatalf("after replay:\n%s\nwant:\n%s", got, want)
	}
}

// dump writes down all keys of all databases with type, deadline and value.
func (te *testEngine) dump() string {
	var b strings.Builder
	for i, ks := range te.dbs {
		for _, line := range dumpKeys(ks) {
			fmt.Fprintf(&b, "%d %s\n", i, line)
		}
	}
	return b.String()
}

// checkUndone runs each command, then all of them, as a unit that is rolled
// back, and compares the keyspace with what it was.
func checkUndone(t *testing.T, te *testEngine, lines []string) {
	t.Helper()
	want := te.dump()
	undo := func(name string, lines ...string) {
		te.beginUnit()
		m := te.unit.mark()
		for _, line := range lines {
			te.do(line)
		}
		te.unit.rollback(m)
		if te.unit.count != 0 || len(te.unit.effects) != 0 {
			t.Errorf("%.40s: effects left after rollback", name)
		}
		te.endUnit()
		if got := te.dump(); got != want {
			t.Fatalf("%.40s: after rollback:\n%.2000s\nwant:\n%.2000s", name, got, want)
		}
	}
	for _, line := range lines {
		undo(line, line)
	}
	undo("all of them", lines...)
}

// dumpKeys describes every key of a database, sorted: type, deadline, value.
// How a value is held is left out: replay and undo may change it.
func dumpKeys(ks *Keyspace) []string { return dumpEntries(ks, false) }

// dumpEntries is dumpKeys, if asked without the order of small sets.
func dumpEntries(ks *Keyspace, setsAreSorted bool) []string {
	var lines []string
	ks.keys.Each(func(p unsafe.Pointer) bool {
		h := entry(p)
		line := fmt.Sprintf("%q %v deadline=%d", h.keyBytes(), h.kind, h.deadlineMs())
		if h.kind == KindString {
			line += fmt.Sprintf(" %q", stringOf(h))
		} else {
			elements, inOrder := elementsOf(h.object().collection())
			if !inOrder || setsAreSorted && h.kind == KindSet {
				slices.Sort(elements)
			}
			line += " " + strings.Join(elements, " ")
		}
		if found := entry(ks.expires.Find(h.keyBytes())); (found == h) != (h.deadlineMs() != 0) {
			line += " but expires disagrees"
		}
		lines = append(lines, line)
		return true
	})
	slices.Sort(lines)
	return lines
}
