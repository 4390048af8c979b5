package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestQuietRounds(t *testing.T) {
	start := time.Unix(1000, 0)
	l := newLull(start)
	for _, look := range []struct {
		name     string
		after    time.Duration
		commands int64
		spent    time.Duration
		want     bool
	}{
		{"too early", 900 * time.Millisecond, 0, 0, false},
		{"nothing ran", time.Second, 0, 0, true},
		{"the round has just begun", 1100 * time.Millisecond, 0, 0, false},
		{"a few commands", 2 * time.Second, 100, 50 * time.Millisecond, true},
		{"many commands", 3 * time.Second, 301, 50 * time.Millisecond, false},
		{"nothing since", 4 * time.Second, 301, 50 * time.Millisecond, true},
		{"one long script", 9 * time.Second, 302, 5 * time.Second, false},
		{"many commands in a long round", 19 * time.Second, 1303, 5 * time.Second, false},
		{"not so many", 29 * time.Second, 2303, 5 * time.Second, true},
	} {
		if got := l.quiet(start.Add(look.after), look.commands, look.spent); got != look.want {
			t.Errorf("%s: %v, want %v", look.name, got, look.want)
		}
	}
}

func TestWasteIsMeasuredByWhatLives(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		live, objects, free int64
		want                bool
	}{
		{10 * mb, 40 * mb, 0, false},
		{10 * mb, 43 * mb, 0, true},
		{10 * mb, 10 * mb, 33 * mb, true},
		{10 * mb, 30 * mb, 20 * mb, true},
		{1000 * mb, 1040 * mb, 50 * mb, false},
		{1000 * mb, 1040 * mb, 70 * mb, true},
		{50 * mb, 20 * mb, 40 * mb, false}, // freed by sweeping
	} {
		if got := wasteful(c.live, c.objects, c.free); got != c.want {
			t.Errorf("%d live, %d in objects, %d free: %v", c.live/mb, c.objects/mb, c.free/mb, got)
		}
	}
}

// TestCollectionInALull has the runtime itself say that there is garbage.
func TestCollectionInALull(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no collection that takes the new for what lives
	runtime.GC()
	start := time.Unix(1000, 0)
	l := newLull(start)
	garbage := make([]byte, leastWaste+heapFloor/8)
	if !l.due(start.Add(lullRound), 1, 0) {
		t.Errorf("%d new bytes and nothing runs: no collection is due", len(garbage))
	}
	if l.due(start.Add(2*lullRound), 1000, 0) {
		t.Error("a collection is due while commands run")
	}
}
