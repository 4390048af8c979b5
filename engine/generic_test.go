package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var keySetup = []string{
	"SET a 1 EX 100", "SET b 2", "SET huge " + strings.Repeat("y", maxInline+10), "APPEND raw 1", "APPEND raw 2",
	"HSET h f v g w", "EXPIRE h 500", "HSET h2 f v", "RPUSH l 3 1 2", "SADD s 3 1 2", "ZADD z 1 x 2 y", "SELECT 3", "SET a three", "SET late x PX 100000", "SELECT 0",
}

var keyWrites = []string{
	"DEL a b h nope", "UNLINK huge", "RENAME a b", "RENAME b new", "RENAME h a", "RENAME huge h", "RENAMENX a new", "RENAMENX h new",
	"COPY a new", "COPY a b REPLACE", "COPY a a DB 3 REPLACE", "COPY h new", "COPY h h DB 3", "COPY huge new", "COPY raw new",
	"MOVE b 3", "MOVE h 3", "MOVE huge 3",
	"EXPIRE b 10", "EXPIRE a 10", "PEXPIRE huge 10", "EXPIREAT h 1800000000", "PEXPIREAT a 1800000000000", "EXPIRE a -1", "EXPIRE h 0", "PERSIST a", "PERSIST h",
	"FLUSHDB", "FLUSHALL", "SWAPDB 0 3", "SWAPDB 3 5",
	"SORT l STORE new", "SORT l STORE a", "SORT l DESC STORE l", "SORT s STORE h", "SORT nope STORE a", "SORT l LIMIT 0 0 STORE l",
	"RENAME l a", "COPY l h REPLACE", "COPY s s DB 3", "MOVE l 3", "EXPIRE l 100",
	"SORT z ALPHA STORE new", "RENAME z a", "COPY z h REPLACE", "MOVE z 3",
}

func TestKeyWritesAreReplayed(t *testing.T) {
	run := func(lines ...string) {
		te := newTestEngine(t)
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		for _, line := range append(keySetup, lines...) {
			if got := te.do(line); strings.HasPrefix(got, "-") {
				t.Errorf("%.40s: %s", line, got)
			}
		}
		checkReplayed(t, te, j)
	}
	for _, line := range keyWrites {
		run(line)
		run(line, "SET a after", "HSET fresh f x", "SELECT 3", "SET b after")
	}
}

func TestKeyWritesAreUndone(t *testing.T) {
	te := newTestEngine(t)
	for _, setup := range keySetup {
		te.do(setup)
	}
	var harmless []string
	for _, line := range keyWrites {
		checkUndone(t, te, []string{line})
		harmless = append(harmless, line)
	}
	// Again in one unit, each preceded by what puts its keys back.
	var all []string
	for _, line := range harmless {
		all = append(append(all, keySetup...), line)
	}
	checkUndone(t, te, all)
}

func TestExpiredKeysAreGoneForEveryReader(t *testing.T) {
	for _, line := range []string{
		"GET k", "EXISTS k", "TYPE k", "TTL k", "KEYS *", "KEYS k", "SCAN 0 COUNT 100", "RANDOMKEY", "OBJECT ENCODING k", "TOUCH k", "STRLEN k",
		"GETDEL k", "PERSIST k", "EXPIRE k 10", "COPY k l", "MOVE k 1", "DEL k", "GETEX k PERSIST", "SET k v XX",
	} {
		te := newTestEngine(t)
		te.activeExpire = false
		want := te.do(line)
		te.do("SET k v PX 100")
		te.advance(99 * time.Millisecond)
		if !te.DB(0).Exists([]byte("k")) {
			t.Fatal("expired early")
		}
		te.advance(time.Millisecond)
		if got := te.do("DBSIZE"); got != ":1\r\n" {
			t.Fatalf("DBSIZE is %q before anybody met the key", got)
		}
		if got := te.do(line); got != want {
			t.Errorf("%s: got %q, want %q as without the key", line, got, want)
		}
	}
}

func TestScanFindsEveryKeyWhileTheTableGrows(t *testing.T) {
	te := newTestEngine(t)
	for i := range 1000 {
		te.do(fmt.Sprintf("SET key:%d x", i))
	}
	seen, cursor := map[string]bool{}, "0"
	for step := 0; ; step++ {
		lines := strings.Split(te.do("SCAN "+cursor+" COUNT 20"), "\r\n")
		cursor = lines[2]
		for _, key := range lines[4:] {
			seen[key] = true
		}
		for i := range 50 {
			te.do(fmt.Sprintf("SET grow:%d:%d x", step, i))
		}
		if cursor == "0" {
			break
		}
	}
	for i := range 1000 {
		if !seen[fmt.Sprintf("key:%d", i)] {
			t.Fatalf("key:%d was not seen", i)
		}
	}
}

func TestFlushOfAnEmptyDatabaseChangesNothing(t *testing.T) {
	te := newTestEngine(t)
	j := &fakeJournal{}
	te.UseJournal(j, 0)
	te.do("FLUSHALL")
	if len(j.units) != 0 {
		t.Fatalf("%d units", len(j.units))
	}
}
