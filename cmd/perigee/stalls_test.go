package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/engine/resp"
)

var stallElements = flag.Int("stalls", 0, "elements of the values for which the test of stalls measures; 0 skips it")

// TestStalls prints how long a PING takes while another client grows a value
// of many elements, unlinks it, lets it expire, or flushes it: the 99.9th
// percentile and the worst of round trips on a Unix socket, and those of
// a server without work. It judges no time, only that the work was done.
//
//	go test ./cmd/perigee -run Stalls -stalls 1000000 -v
func TestStalls(t *testing.T) {
	if *stallElements == 0 {
		t.Skip("runs with -stalls")
	}
	s := newStalls(t, *stallElements)
	s.measure("no work", func() { time.Sleep(3 * leastMeasured) })
	for _, kind := range []string{"hash", "set", "zset", "list", "stream"} {
		s.measure(kind+": growth", func() { s.fill(kind) })
		s.measure(kind+": UNLINK", func() { s.do("UNLINK", kind); s.settle() })
		s.fill(kind)
		s.measure(kind+": DEL", func() { s.do("DEL", kind); s.settle() })
		s.fill(kind)
		s.measure(kind+": PEXPIRE", func() { s.do("PEXPIRE", kind, "100"); s.settle() })
		s.fill(kind)
		s.measure(kind+": FLUSHALL ASYNC", func() { s.do("FLUSHALL", "ASYNC"); s.settle() })
	}
	s.fill("hash")
	s.measure("hash: HPEXPIRE of each field", s.expireFields)
}

// A stalls is a server, a client that gives it work and one that pings.
type stalls struct {
	t            *testing.T
	elements     int
	work, pinger *resp.Conn
}

func newStalls(t *testing.T, elements int) *stalls {
	server := startServer(t, "--ephemeral")
	dial := func() *resp.Conn {
		conn, err := resp.Dial(context.Background(), "unix", server.socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	fmt.Printf("%-30s %10s %12s %12s %12s\n", "of "+strconv.Itoa(elements)+" elements", "PINGs", "p99.9 in ms", "worst in ms", "took in s")
	return &stalls{t: t, elements: elements, work: dial(), pinger: dial()}
}

// leastMeasured is how long a measurement lasts at least, so that it has pings
// enough, and those of what the server still does once the work seems done.
const leastMeasured = time.Second

// measure pings in a closed loop while work is done, and prints a line.
func (s *stalls) measure(name string, work func()) {
	var trips []time.Duration
	stop, done := make(chan struct{}), make(chan error)
	go func() { // has the pinger to itself, until stop is closed
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			began := time.Now()
			if _, err := s.pinger.Do("PING"); err != nil {
				done <- err
				return
			}
			trips = append(trips, time.Since(began))
		}
	}()
	began := time.Now()
	work()
	took := time.Since(began)
	time.Sleep(time.Until(began.Add(leastMeasured)))
	close(stop)
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(trips)
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	fmt.Printf("%-30s %10d %12.2f %12.2f %12.1f\n", name, len(trips), ms(trips[len(trips)*999/1000]), ms(trips[len(trips)-1]), took.Seconds())
}

// do runs a command, which must succeed.
func (s *stalls) do(command ...string) resp.Value {
	reply, err := s.work.Do(command...)
	if err == nil {
		err = reply.Err()
	}
	if err != nil {
		s.t.Fatalf("%.100q: %v", command, err)
	}
	return reply
}

// fill makes the value of a kind, under that name, in commands of up to 100
// elements, or of one for a stream; 10 at least are under way at once.
func (s *stalls) fill(kind string) {
	sent := 0
	receive := func() {
		for ; sent > 0; sent-- {
			if reply, err := s.work.Receive(); err != nil || reply.Err() != nil {
				s.t.Fatal(err, reply.Err())
			}
		}
	}
	for from := 0; from < s.elements; from += 100 {
		for _, command := range fillCommands(kind, from, min(from+100, s.elements)) {
			s.work.Send(command...)
			sent++
		}
		if sent >= 10 {
			receive()
		}
	}
	receive()
	length := map[string]string{"hash": "HLEN", "set": "SCARD", "zset": "ZCARD", "list": "LLEN", "stream": "XLEN"}[kind]
	if n := s.do(length, kind); n.Int != int64(s.elements) {
		s.t.Fatalf("the %s has %v elements", kind, n)
	}
}

// fillCommands add the elements from begin to end, without end, to a value.
func fillCommands(kind string, begin, end int) (commands [][]string) {
	name := map[string]string{"hash": "HSET", "set": "SADD", "zset": "ZADD", "list": "RPUSH"}[kind]
	command := []string{name, kind}
	for i := begin; i < end; i++ {
		n := strconv.Itoa(i)
		switch kind {
		case "hash":
			command = append(command, "field:"+n, "value:"+n)
		case "set", "list":
			command = append(command, "element:"+n)
		case "zset":
			command = append(command, n, "member:"+n)
		case "stream":
			commands = append(commands, []string{"XADD", kind, "1-" + strconv.Itoa(i+1), "field", "value:" + n})
		}
	}
	if kind != "stream" {
		commands = append(commands, command)
	}
	return commands
}

// expireFields gives each field of the hash a deadline soon, and waits until
// all have passed.
func (s *stalls) expireFields() {
	for from := 0; from < s.elements; from += 1000 {
		end := min(from+1000, s.elements)
		command := []string{"HPEXPIRE", "hash", "200", "FIELDS", strconv.Itoa(end - from)}
		for i := from; i < end; i++ {
			command = append(command, "field:"+strconv.Itoa(i))
		}
		s.do(command...)
	}
	s.settle()
}

// settle waits until database 0 is empty and nothing waits to be freed.
func (s *stalls) settle() {
	for s.do("DBSIZE").Int != 0 || !strings.Contains(s.do("INFO", "memory").String(), "lazyfree_pending_objects:0") {
		time.Sleep(50 * time.Millisecond)
	}
}
