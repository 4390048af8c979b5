package resp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// echoServer answers each command of conn with the array of its arguments, and PUSH with a push before that, until conn
// is closed or the command is QUIT.
func echoServer(conn net.Conn) {
	defer conn.Close()
	var f Framer
	var b Buffer
	w := Writer{resp3: true}
	lim := DefaultLimits()
	for {
		n, err := conn.Read(b.Free(f.Need()))
		if err != nil {
			return
		}
		b.Wrote(n)
		for {
			args, consumed, err := f.Next(b.Bytes(), &lim)
			b.Consume(consumed)
			if args == nil || err != nil || string(args[0]) == "QUIT" {
				if err != nil || args != nil {
					return
				}
				break
			}
			if string(args[0]) == "PUSH" {
				w.Push(0)
			}
			w.Array(len(args))
			for _, arg := range args {
				w.Bulk(arg)
			}
		}
		if _, err := conn.Write(w.Bytes()); err != nil {
			return
		}
		w.Consume(w.Len())
	}
}

func connect(t *testing.T) *Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() }) // sooner, and who is not accepted yet would be reset
	done := make(chan struct{})
	go func() { // stops when the client's end is closed
		defer close(done)
		if conn, err := listener.Accept(); err == nil {
			echoServer(conn)
		}
	}()
	c, err := Dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); <-done })
	return c
}

func TestConnDo(t *testing.T) {
	c := connect(t)
	pushes := 0
	c.OnPush = func(Value) { pushes++ }
	for _, args := range [][]string{{"GET", "a\r\n"}, {"PUSH", ""}, {"SET", "k", strings.Repeat("x", 1<<20)}} {
		v, err := c.Do(args...)
		if err != nil || v.Raw() != strings.Join(args, "\n") {
			t.Fatalf("%.50q: %.100q, %v", args, v.Raw(), err)
		}
	}
	if pushes != 1 {
		t.Errorf("%d pushes", pushes)
	}
}

func TestConnPipeline(t *testing.T) {
	c := connect(t)
	for i := range 100 {
		c.Send("N", fmt.Sprint(i))
	}
	for i := range 100 {
		v, err := c.Receive()
		if err != nil || v.Raw() != fmt.Sprintf("N\n%d", i) {
			t.Fatalf("%d: %q, %v", i, v.Raw(), err)
		}
	}
}

func TestConnMeetsTheEnd(t *testing.T) {
	c := connect(t)
	if _, err := c.Do("QUIT"); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
}

func TestConnTimeout(t *testing.T) {
	c := connect(t)
	c.Timeout = time.Nanosecond
	if _, err := c.Receive(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAppendCommand(t *testing.T) {
	got := string(AppendCommand([]byte("x"), "SET", "k", ""))
	if got != "x*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n" {
		t.Errorf("got %q", got)
	}
}
