package engine

import (
	"testing"
	"time"
)

func TestClientUnblockEndsAListsWait(t *testing.T) {
	te := newTestEngine(t)
	a, b := te.connect(t), te.connect(t)
	te.on(a, "BLPOP l 0")
	te.on(b, "BLMOVE l m LEFT LEFT 0")
	for _, step := range []struct {
		line string
		c    *Client
		want string
	}{
		{"CLIENT UNBLOCK 2", a, "*-1\r\n"},
		{"CLIENT UNBLOCK 3 ERROR", b, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n"},
	} {
		if got := te.do(step.line); got != ":1\r\n" {
			t.Errorf("%s: %q", step.line, got)
		}
		if got := take(step.c); got != step.want {
			t.Errorf("%s: the client got %q, want %q", step.line, got, step.want)
		}
	}
	te.do("RPUSH l x")
	if got := te.do("LLEN l"); got != ":1\r\n" {
		t.Errorf("an unblocked client was served: %q", got)
	}
}

func TestAClientThatHasGoneIsNotServed(t *testing.T) {
	te := newTestEngine(t)
	a, b := te.connect(t), te.connect(t)
	te.on(a, "BLPOP l 0")
	te.on(b, "BLPOP l 0")
	te.Disconnect(a)
	te.do("RPUSH l x")
	if got := take(b); got != "*2\r\n$1\r\nl\r\n$1\r\nx\r\n" {
		t.Errorf("%q", got)
	}
}

func TestBlockTimeouts(t *testing.T) {
	for _, c := range []struct {
		text string
		want time.Duration
		err  bool
	}{
		{"0", 0, false},
		{"-0.0001", 0, false},
		{"0.0001", time.Millisecond, false},
		{"1.5", 1500 * time.Millisecond, false},
		{"9000000000000", 100 * 365 * 24 * time.Hour, false},
		{"1e300", 0, true},
		{"inf", 0, true},
		{"-1", 0, true},
		{"-inf", 0, true},
		{"nan", 0, true},
		{"", 0, true},
		{" 1", 0, true},
	} {
		got, err := Args{[]byte(c.text)}.blockTimeout(0)
		if got != c.want || (err != nil) != c.err {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
	}
}

func TestABlockedClientsCommandIsReplayed(t *testing.T) {
	te, j := newTestEngine(t), &fakeJournal{}
	te.UseJournal(j, 0)
	a, b := te.connect(t), te.connect(t)
	te.on(a, "BLMOVE l m LEFT RIGHT 0")
	te.on(b, "BLMPOP 0 1 m LEFT COUNT 2")
	te.do("RPUSH l 1 2 3")
	if got := take(a); got != "$1\r\n1\r\n" {
		t.Errorf("%q", got)
	}
	if got := take(b); got != "*2\r\n$1\r\nm\r\n*1\r\n$1\r\n1\r\n" {
		t.Errorf("%q", got)
	}
	mustReplay(t, te, j)
}
