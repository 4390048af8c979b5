package engine

import (
	"fmt"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// BenchmarkLongestTurn reports the longest turn of the loop while a value grows
// to a million elements and goes again: how long others wait at most. No turn
// should take 10 ms. It is processor time, so that it means something on a busy
// machine too. Run it with -benchtime 1x.
func BenchmarkLongestTurn(b *testing.B) {
	const elements = 1_000_000
	kinds := []struct{ name, add string }{
		{"list", "RPUSH key element:%d"}, {"hash", "HSET key field:%d value"}, {"set", "SADD key member:%d"},
		{"intset", "SADD key %d"}, {"zset", "ZADD key %[1]d member:%[1]d"}, {"stream", "XADD key %d-1 field value"}, {"keys", "SET key:%d value"},
	}
	ends := []struct{ name, line string }{{"UNLINK", "UNLINK key"}, {"FLUSHALL", "FLUSHALL"}, {"expiry", "PEXPIRE key 50"}}
	for _, kind := range kinds {
		fill := func(b *testing.B) (*turns, time.Duration) {
			t := newTurns(b)
			for i := range elements {
				t.turn(fmt.Sprintf(kind.add, i))
			}
			return t, t.longest
		}
		b.Run("growth/"+kind.name, func(b *testing.B) {
			for b.Loop() {
				_, longest := fill(b)
				report(b, longest)
			}
		})
		for _, end := range ends {
			if kind.name == "keys" && end.name != "FLUSHALL" {
				continue
			}
			b.Run(end.name+"/"+kind.name, func(b *testing.B) {
				for b.Loop() {
					t, _ := fill(b)
					t.longest = 0
					t.turn(end.line)
					t.idle(time.Second)
					report(b, t.longest)
				}
			})
		}
	}
	b.Run("expiry/fields", func(b *testing.B) {
		for b.Loop() {
			t := newTurns(b)
			for i := range elements {
				t.turn(fmt.Sprintf("HSET key field:%d value", i))
				t.turn(fmt.Sprintf("HPEXPIRE key 60000 FIELDS 1 field:%d", i))
			}
			t.longest = 0
			t.at = t.at.Add(time.Minute)
			t.idle(10 * time.Second)
			if got := t.do("EXISTS key"); got != ":0\r\n" {
				b.Fatalf("fields are left: %s", t.do("HLEN key"))
			}
			report(b, t.longest)
		}
	})
	b.Run("expiry/keys", func(b *testing.B) {
		for b.Loop() {
			t := newTurns(b)
			for i := range elements {
				t.turn("SET key:" + strconv.Itoa(i) + " value PX 60000")
			}
			t.longest = 0
			t.at = t.at.Add(time.Minute)
			t.idle(20 * time.Second)
			if got := t.do("DBSIZE"); got != ":0\r\n" {
				b.Fatalf("%s keys are left", got)
			}
			report(b, t.longest)
		}
	})
}

// turns runs commands, each in a turn of the loop of its own, and keeps the
// longest.
type turns struct {
	*testEngine
	longest time.Duration
}

// noJournal takes units and forgets them.
type noJournal struct{ fakeJournal }

func (j *noJournal) Append(u []byte) uint64 { return 1 }

func newTurns(b *testing.B) *turns {
	runtime.LockOSThread() // until the benchmark's goroutine ends
	runtime.GC()
	t := &turns{testEngine: newTestEngine(b)}
	t.UseJournal(&noJournal{}, 0)
	return t
}

// threadTime is the processor time that this thread has taken.
func threadTime() time.Duration {
	const clockThreadCPU = 3
	var now syscall.Timespec
	if _, _, err := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPU, uintptr(unsafe.Pointer(&now)), 0); err != 0 {
		panic(err)
	}
	return time.Duration(now.Nano())
}

func (t *turns) turn(line string) {
	argv := words(line)
	t.at = t.at.Add(10 * time.Microsecond)
	began := threadTime()
	t.BeginIteration(t.at)
	t.Execute(t.c, argv)
	t.EndIteration()
	t.longest = max(t.longest, threadTime()-began)
	t.c.Sent(t.c.Out.Len())
}

// idle has turns without commands for as long.
func (t *turns) idle(d time.Duration) {
	for end := t.at.Add(d); t.at.Before(end); {
		t.at = t.at.Add(time.Millisecond)
		began := threadTime()
		t.BeginIteration(t.at)
		t.EndIteration()
		t.longest = max(t.longest, threadTime()-began)
	}
}

func report(b *testing.B, longest time.Duration) {
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms/longest-turn")
	b.ReportMetric(0, "ns/op")
}
