package main

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"perigee/engine/resp"
)

var (
	crashCycles = flag.Int("cycles", 0, "how often the crash test kills a server for each policy; 0 for a few times")
	crashFsync  = flag.String("fsync", "always,everysec,no", "policies of appendfsync that the crash test tries")
	crashSeed   = flag.Uint64("seed", 0, "of the crash test; 0 for one by chance")
)

// TestAKilledServerLosesNothing kills a server under load with SIGKILL, again
// and again, and after each restart looks that every acknowledged unit is
// there, none by half, and each client's in their order. Segments of the
// journal are small, so that it is killed in rotation, folding and sweeping
// too; some are killed while they start.
func TestAKilledServerLosesNothing(t *testing.T) {
	cycles := *crashCycles
	if cycles == 0 {
		cycles = 4
		if testing.Short() {
			cycles = 2
		}
	}
	for _, policy := range strings.Split(*crashFsync, ",") {
		t.Run(policy, func(t *testing.T) {
			seed := *crashSeed
			if seed == 0 {
				seed = rand.Uint64()
			}
			c := newCrash(t, policy, seed)
			defer func() {
				if t.Failed() {
					t.Logf("again: go test ./cmd/perigee -run KilledServer -cycles %d -fsync %s -seed %d", cycles, policy, seed)
				}
			}()
			for range cycles {
				c.cycle()
			}
			c.finish()
		})
	}
}

// A crash is a data directory and those who write to it.
type crash struct {
	t       *testing.T
	random  *rand.Rand
	dir     string
	args    []string
	writers []*crashWriter
	seen    []atomic.Int64 // by writer, the last unit that a reader was told of
	units   int64          // acknowledged
	took    time.Duration  // the last start
}

func newCrash(t *testing.T, policy string, seed uint64) *crash {
	c := &crash{t: t, random: rand.New(rand.NewPCG(seed, 0)), dir: shortDir(t)}
	module := filepath.Join(shortDir(t), "crash.lua")
	if err := os.WriteFile(module, []byte(crashModule), 0o600); err != nil {
		t.Fatal(err)
	}
	c.args = []string{"--dir", filepath.Join(c.dir, "data"), "--appendfsync", policy, "--journal-segment-size", "64kb", "--modules", module}
	for id := range 6 {
		c.writers = append(c.writers, newCrashWriter(id, seed))
	}
	c.seen = make([]atomic.Int64, len(c.writers))
	return c
}

// cycle starts the server, checks it, and kills it under load.
func (c *crash) cycle() {
	c.t.Helper()
	for c.random.IntN(4) == 0 {
		c.killStarting()
	}
	server := c.start()
	most := int64(3000)
	if c.random.IntN(10) == 0 {
		most = 20000
	}
	c.killUnderLoad(server, 20+c.random.Int64N(most))
}

// start starts the server and checks what it holds.
func (c *crash) start() *child {
	c.t.Helper()
	began := time.Now()
	server := startServer(c.t, c.args...)
	c.took = time.Since(began)
	for i, w := range c.writers {
		w.check(c.t, server.socket)
		if seen := int(c.seen[i].Load()); w.acked.seq < seen {
			c.t.Fatalf("writer %d: a reader was told of unit %d, and now it is %d", i, seen, w.acked.seq)
		}
	}
	if c.units == 0 {
		if output, status := server.cli("FUNCTION", "LOAD", "REPLACE", crashLibrary); status != exitOK {
			c.t.Fatal(output)
		}
	}
	return server
}

// killStarting kills a server somewhere in its start.
func (c *crash) killStarting() {
	cmd := exec.Command(os.Args[0], append([]string{"serve", "--port", "0", "--unixsocket", filepath.Join(shortDir(c.t), "s")}, c.args...)...)
	cmd.Env = append(os.Environ(), asPerigee)
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	killer := time.AfterFunc(time.Duration(c.random.Int64N(int64(c.took)+1)), func() { _ = cmd.Process.Kill() })
	defer killer.Stop()
	_ = cmd.Wait()
	if !cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
		c.t.Fatalf("a start ended by itself: %v", cmd.ProcessState)
	}
}

// killUnderLoad lets all writers write until they have so many acknowledgements
// between them, and kills the server in the midst of it.
func (c *crash) killUnderLoad(server *child, acknowledgements int64) {
	c.t.Helper()
	var left atomic.Int64
	left.Store(acknowledgements)
	reached := make(chan struct{})
	var running sync.WaitGroup
	for _, w := range c.writers {
		running.Go(func() {
			w.write(server.socket, func() {
				if left.Add(-1) == 0 {
					close(reached)
				}
			})
		})
	}
	running.Go(func() { c.observe(server.socket) })
	ended := make(chan struct{})
	go func() { running.Wait(); close(ended) }()
	select {
	case <-reached:
	case <-ended:
	}
	server.stop(syscall.SIGKILL)
	<-ended
	for _, w := range c.writers {
		if w.problem != nil {
			c.t.Fatal(w.problem)
		}
	}
	if left.Load() > 0 {
		c.t.Fatal("the server stopped answering before it was killed:\n" + strings.Join(server.before, "\n"))
	}
	c.units += acknowledgements - left.Load()
}

// observe reads the numbers of the writers' units until the connection ends.
func (c *crash) observe(socket string) {
	conn, err := resp.Dial(context.Background(), "unix", socket)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Send("SELECT", strconv.Itoa(sharedDB))
	if _, err := conn.Receive(); err != nil {
		return
	}
	for {
		for i, w := range c.writers {
			reply, err := conn.Do("GET", w.seqKey())
			if err != nil {
				return
			}
			c.seen[i].Store(int64(number(string(reply.Str))))
		}
	}
}

// finish checks what is left a last time, before and after an orderly end.
func (c *crash) finish() {
	c.t.Helper()
	for range 2 {
		if status := c.start().stop(syscall.SIGTERM); status != exitOK {
			c.t.Fatalf("exit status %d", status)
		}
	}
	c.t.Logf("%d units were acknowledged", c.units)
}
