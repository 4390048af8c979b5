package transcript

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"perigee/engine/reference"
	"perigee/engine/resp"
)

// Reference is a Target that talks to a redis-server of its own.
type Reference struct {
	addr  string
	conns map[string]*refConn
}

type refConn struct {
	c    net.Conn
	r    *resp.Reader
	got  chan resp.Value
	fail chan error
}

// StartReference starts redis-server on a free port.
func StartReference(t testing.TB) *Reference {
	t.Helper()
	port := reference.FreePort(t)
	reference.Start(t, "--port", port, "--bind", "127.0.0.1", "--enable-debug-command", "yes")
	return &Reference{addr: "127.0.0.1:" + port, conns: map[string]*refConn{}}
}

// Addr is where the server listens.
func (r *Reference) Addr() string { return r.addr }

// Name implements Target.
func (r *Reference) Name() string { return "reference" }

func (r *Reference) conn(name string) (*refConn, error) {
	if c := r.conns[name]; c != nil {
		return c, nil
	}
	d := net.Dialer{Timeout: time.Minute}
	nc, err := d.DialContext(context.Background(), "tcp", r.addr)
	if err != nil {
		return nil, err
	}
	c := &refConn{c: nc, r: resp.NewReader(bufio.NewReader(nc)), got: make(chan resp.Value, 1024), fail: make(chan error, 1)}
	// The goroutine reads until the connection ends with the server.
	go func() {
		for {
			v, err := c.r.Read()
			if err != nil {
				c.fail <- err
				return
			}
			c.got <- v
		}
	}()
	r.conns[name] = c
	return c, nil
}

// blockedAfter is how long a reply may take before the command counts as
// blocked.
const blockedAfter = 2 * time.Second

// Do implements Target. A blocking command counts as blocked when its reply
// does not come at once.
func (r *Reference) Do(conn string, args [][]byte) (resp.Value, bool, error) {
	c, err := r.conn(conn)
	if err != nil {
		return resp.Value{}, false, err
	}
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = string(a)
	}
	if _, err := c.c.Write(resp.AppendCommand(nil, words...)); err != nil {
		delete(r.conns, conn)
		return resp.Value{}, false, err
	}
	wait := blockedAfter
	if name := strings.ToUpper(words[0]); name[0] == 'B' && name != "BITCOUNT" || strings.HasPrefix(name, "XREAD") {
		wait = 60 * time.Millisecond
	}
	select {
	case v := <-c.got:
		return v, true, nil
	case err := <-c.fail:
		delete(r.conns, conn)
		return resp.Value{}, false, err
	case <-time.After(wait):
		return resp.Value{}, false, nil
	}
}

// Arrived implements Target.
func (r *Reference) Arrived(conn string) ([]resp.Value, error) {
	c, err := r.conn(conn)
	if err != nil {
		return nil, err
	}
	var values []resp.Value
	wait := blockedAfter
	for {
		select {
		case v := <-c.got:
			values = append(values, v)
			wait = 20 * time.Millisecond
		case <-time.After(wait):
			return values, nil
		}
	}
}

// Directive implements Target: time passes for real, and restarts are left
// out, as the reference does not persist.
func (r *Reference) Directive(words []string) error {
	switch words[0] {
	case "advance":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			return err
		}
		if d > 3*time.Second {
			return ErrSkip
		}
		time.Sleep(d + 5*time.Millisecond)
		return nil
	case "restart":
		return nil
	}
	return fmt.Errorf("unknown directive %q", words[0])
}

// Flush empties the server for the next transcript.
func (r *Reference) Flush() error {
	for name, c := range r.conns {
		c.c.Close()
		delete(r.conns, name)
	}
	_, _, err := r.Do("probe", [][]byte{[]byte("FLUSHALL")})
	return err
}
