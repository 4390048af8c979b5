package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"perigee/engine/resp"
)

// TestAKilledServerLosesNothing kills a server under load with SIGKILL, again
// and again, and looks after each restart that every acknowledged unit is there
// and none is there by half. PERIGEE_CRASH_CYCLES says how often for each policy.
func TestAKilledServerLosesNothing(t *testing.T) {
	cycles := 3
	if text := os.Getenv("PERIGEE_CRASH_CYCLES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		cycles = n
	}
	for _, policy := range []string{"always", "everysec", "no"} {
		t.Run(policy, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			writers := make([]*writer, 4)
			for i := range writers {
				writers[i] = &writer{id: i}
			}
			dir := shortDir(t)
			for range cycles {
				server := startServer(t, "--dir", dir, "--appendfsync", policy, "--journal-segment-size", "1mb")
				for _, w := range writers {
					w.check(t, server.socket)
				}
				killUnderLoad(t, server, writers, 50+random.Int64N(2000))
			}
			server := startServer(t, "--dir", dir)
			for _, w := range writers {
				w.check(t, server.socket)
			}
			if status := server.stop(syscall.SIGTERM); status != exitOK {
				t.Errorf("exit status %d", status)
			}
		})
	}
}

// killUnderLoad lets all writers write until they have so many acknowledgements
// between them, and kills the server in the midst of it.
func killUnderLoad(t *testing.T, server *child, writers []*writer, acknowledgements int64) {
	var left atomic.Int64
	left.Store(acknowledgements)
	reached := make(chan struct{})
	var running sync.WaitGroup
	for _, w := range writers {
		running.Go(func() {
			w.write(server.socket, func() {
				if left.Add(-1) == 0 {
					close(reached)
				}
			})
		})
	}
	ended := make(chan struct{})
	go func() { running.Wait(); close(ended) }()
	select {
	case <-reached:
	case <-ended:
		t.Error("the server stopped answering before it was killed")
	}
	server.stop(syscall.SIGKILL)
	<-ended
}

// writer is a client that sets its keys to one number in each unit, and the
// next number in the next.
type writer struct {
	id    int
	sent  int // the last number sent
	acked int // the last number acknowledged
}

// keys is the keys that hold one number, by the way they were written.
func (w *writer) keys(way string) (string, string) {
	return fmt.Sprintf("%s:a:%d", way, w.id), fmt.Sprintf("%s:b:%d", way, w.id)
}

const writeBoth = "redis.call('SET', KEYS[1], ARGV[1]) redis.call('SET', KEYS[2], ARGV[1]) return 'OK'"

// write sends units until the connection ends.
func (w *writer) write(socket string, acknowledged func()) {
	conn, err := resp.Dial(context.Background(), "unix", socket)
	if err != nil {
		return // killed before it got here
	}
	defer conn.Close()
	for {
		w.sent++
		n := strconv.Itoa(w.sent)
		a, b := w.keys("exec")
		for _, command := range [][]string{{"MULTI"}, {"SET", a, n}, {"SET", b, n}, {"EXEC"}} {
			conn.Send(command...)
		}
		a, b = w.keys("eval")
		conn.Send("EVAL", writeBoth, "2", a, b, n)
		conn.Send("SET", "plain:a:"+strconv.Itoa(w.id), n)
		for range 6 {
			if reply, err := conn.Receive(); err != nil || reply.Err() != nil {
				return
			}
		}
		w.acked = w.sent
		acknowledged()
	}
}

// check reads the keys back, and goes on from what it finds.
func (w *writer) check(t *testing.T, socket string) {
	t.Helper()
	conn, err := resp.Dial(context.Background(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	read := func(key string) int {
		reply, err := conn.Do("GET", key)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := strconv.Atoi(string(reply.Str)) // 0 where there is no key yet
		if n < w.acked || n > w.sent {
			t.Errorf("%s is %d; %d was acknowledged and %d sent", key, n, w.acked, w.sent)
		}
		return n
	}
	for _, way := range []string{"exec", "eval"} {
		a, b := w.keys(way)
		if x, y := read(a), read(b); x != y {
			t.Errorf("writer %d: half a unit is there: %d and %d by %s", w.id, x, y, way)
		}
	}
	read("plain:a:" + strconv.Itoa(w.id))
}
