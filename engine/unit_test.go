package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// randomLine is a command on a few keys, mostly about what a key is rather
// than what is in it.
func randomLine(r *rand.Rand) string {
	key := func() string { return string(rune('a' + r.IntN(5))) }
	size := []int{0, 1, 10, 60, 1000, maxInline - 40, maxInline - 1, maxInline, maxInline + 1, 3 * maxInline / 2}
	value := func() string { return strings.Repeat(string(rune('A'+r.IntN(26))), max(1, size[r.IntN(len(size))])) }
	switch r.IntN(24) {
	case 0, 1:
		return "SET " + key() + " " + value()
	case 2:
		return fmt.Sprintf("SET %s %s PX %d", key(), value(), 1+r.IntN(50))
	case 3:
		return "SET " + key() + " " + value() + " KEEPTTL"
	case 4, 5:
		return "APPEND " + key() + " " + value()
	case 6, 7:
		return fmt.Sprintf("SETRANGE %s %d %s", key(), size[r.IntN(len(size))], value())
	case 8:
		return fmt.Sprintf("PEXPIRE %s %d", key(), r.IntN(60)-5)
	case 9:
		return "PERSIST " + key()
	case 10, 11:
		return "RENAME " + key() + " " + key()
	case 12:
		return "RENAMENX " + key() + " " + key()
	case 13:
		return fmt.Sprintf("COPY %s %s DB %d REPLACE", key(), key(), r.IntN(3))
	case 14:
		return fmt.Sprintf("MOVE %s %d", key(), r.IntN(3))
	case 15:
		return fmt.Sprintf("SWAPDB %d %d", r.IntN(3), r.IntN(3))
	case 16:
		return []string{"FLUSHDB", "FLUSHDB", "FLUSHALL"}[r.IntN(3)]
	case 17:
		return fmt.Sprintf("SELECT %d", r.IntN(3))
	case 18:
		return "DEL " + key() + " " + key()
	case 19:
		return "RPUSH " + key() + " x y z"
	case 20:
		return "HSET " + key() + " f " + value()
	case 21:
		return "INCR " + key()
	case 22:
		return "GET " + key()
	}
	return "GETDEL " + key()
}

// TestRandomUnitsReplayAndRollBack runs random commands in units, parts of
// which are taken back, within each other too. What was taken back leaves no
// trace, and the journal rebuilds what is left.
func TestRandomUnitsReplayAndRollBack(t *testing.T) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		te := newTestEngine(t)
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		var unit func(depth int)
		unit = func(depth int) {
			for range 1 + r.IntN(6) {
				if depth < 4 && r.IntN(4) == 0 {
					before, db := te.dump(), te.c.db
					point := te.Savepoint()
					unit(depth + 1)
					if r.IntN(2) == 0 {
						te.Release(point)
						continue
					}
					te.Rollback(point)
					te.c.db = db
					if got := te.dump(); got != before {
						t.Fatalf("seed %d: after rollback:\n%.3000s\nwant:\n%.3000s", seed, got, before)
					}
					continue
				}
				te.do(randomLine(r))
			}
		}
		for range 40 {
			te.beginUnit()
			unit(0)
			te.endUnit()
			if err := te.Check(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			checkReplayed(t, te, j)
			te.advance(time.Duration(r.IntN(20)) * time.Millisecond)
		}
	}
}
