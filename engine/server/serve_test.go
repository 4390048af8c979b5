package server

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/engine"
)

// patience is how long a test waits for what must come; it only bounds how
// long a failing test takes.
const patience = time.Minute

// A path is one way in which clients are carried.
type path string

const (
	byLoop       path = "loop"
	byGoroutines path = "goroutines"
	byTLS        path = "tls"
)

// onEveryPath runs test once for each way of carrying clients.
func onEveryPath(t *testing.T, test func(t *testing.T, how path)) {
	for _, how := range []path{byLoop, byGoroutines, byTLS} {
		t.Run(string(how), func(t *testing.T) { test(t, how) })
	}
}

// fixture is a server under test.
type fixture struct {
	t      testing.TB
	how    path
	engine *engine.Engine
	server *Server
	log    *lockedBuffer
	clock  *clock
	made   int // x.big commands executed; the loop's.
}

// clock stands still but for what a test adds.
type clock struct {
	mu   sync.Mutex
	time time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

func (f *fixture) advance(d time.Duration) {
	f.clock.add(d)
	f.server.loop.poller.wake()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts a server whose settings, and options, change may alter. It is
// stopped with the test.
func serve(t testing.TB, how path, change func(*engine.Settings, *Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, how: how, log: &lockedBuffer{}, clock: &clock{time: time.Now()}}
	f.engine = engine.New(engine.Options{Commands: f.commands(), Clock: f.clock.now})
	opts := Options{Bind: []string{"127.0.0.1"}, TLSPort: -1, Goroutines: how == byGoroutines,
		Log: slog.New(slog.NewTextHandler(f.log, nil)), Now: f.clock.now}
	if how == byTLS {
		opts.Port, opts.TLSPort, opts.TLS = -1, 0, serverTLS()
	}
	if change != nil {
		change(f.engine.Settings(), &opts)
	}
	server, err := Listen(f.engine, opts)
	if err != nil {
		t.Fatal(err)
	}
	f.server = server
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Run()
	}()
	t.Cleanup(func() {
		server.Stop()
		f.wait(ended)
	})
	return f
}

// wait lets time go on until the server has ended.
func (f *fixture) wait(ended chan struct{}) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		select {
		case <-ended:
			return
		case <-time.After(10 * time.Millisecond):
			f.advance(time.Second)
		}
	}
	f.t.Error("the server did not stop")
}

// commands are what tests need beyond the engine's own.
func (f *fixture) commands() []engine.Command {
	return []engine.Command{{
		Name: "x.big", Group: engine.GroupConnection, Since: "7.0.0", Summary: "Replies with many bytes.", Complexity: "O(N)",
		Args: []engine.Arg{engine.Integer("bytes")}, Arity: 2,
		RunClient: func(c *engine.Client, args engine.Args, w engine.Reply) error {
			n, err := args.IntIn(0, 0, 64<<20)
			if err != nil {
				return err
			}
			f.made++
			w.Bulk(bytes.Repeat([]byte{'x'}, int(n)))
			return nil
		},
	}, {
		Name: "x.made", Group: engine.GroupConnection, Since: "7.0.0", Summary: "Counts the large replies.", Complexity: "O(1)",
		Arity: 1, RunClient: func(c *engine.Client, args engine.Args, w engine.Reply) error {
			w.Int(int64(f.made))
			return nil
		},
	}, {
		Name: "x.wait", Group: engine.GroupConnection, Since: "7.0.0", Summary: "Waits for a key.", Complexity: "O(1)",
		Args: []engine.Arg{engine.Key("key")}, Arity: 2,
		RunClient: func(c *engine.Client, args engine.Args, w engine.Reply) error {
			c.Block([][]byte{args[0]}, 0, func(*engine.Keyspace, []byte, engine.Reply) bool { return false }, func(w engine.Reply) { w.NullArray() })
			return nil
		},
	}, {
		Name: "x.yield", Group: engine.GroupConnection, Since: "7.0.0", Summary: "Serves others until one asked for a large reply.", Complexity: "O(1)",
		Arity: 1, RunClient: func(c *engine.Client, args engine.Args, w engine.Reply) error {
			for before := f.made; f.made == before; {
				f.server.loop.yield()
			}
			w.Status("YIELDED")
			return nil
		},
	}}
}

// A peer is a client of the server under test.
type peer struct {
	net.Conn
	t testing.TB
	r *bufio.Reader
}

func (f *fixture) dial() *peer {
	f.t.Helper()
	addr := f.server.Addrs()[0]
	nc, err := net.DialTimeout(addr.Network(), addr.String(), patience)
	if err != nil {
		f.t.Fatal(err)
	}
	if f.how == byTLS && addr.Network() == "tcp" {
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
	}
	return f.peer(nc)
}

func (f *fixture) peer(nc net.Conn) *peer {
	nc.SetDeadline(time.Now().Add(patience))
	f.t.Cleanup(func() { nc.Close() })
	return &peer{Conn: nc, t: f.t, r: bufio.NewReader(nc)}
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p, text); err != nil {
		p.t.Fatalf("send: %v", err)
	}
}

func (p *peer) expect(text string) {
	p.t.Helper()
	got := make([]byte, len(text))
	if n, err := io.ReadFull(p.r, got); err != nil {
		p.t.Fatalf("got %.80q and %v, want %.80q", got[:n], err, text)
	}
	if string(got) != text {
		p.t.Fatalf("got %.80q, want %.80q", got, text)
	}
}

// ask sends an inline command and expects its reply.
func (p *peer) ask(command, reply string) {
	p.t.Helper()
	p.send(command + "\r\n")
	p.expect(reply)
}

// expectEnd expects that the server closes without a further byte.
func (p *peer) expectEnd() {
	p.t.Helper()
	rest, err := io.ReadAll(p.r)
	if ne, ok := err.(net.Error); ok && ne.Timeout() || len(rest) > 0 {
		p.t.Fatalf("got %.80q and %v, want the end", rest, err)
	}
}

// closeWrite half-closes.
func (p *peer) closeWrite() {
	p.t.Helper()
	if err := p.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		p.t.Fatal(err)
	}
}

// bigReply is the reply of x.big.
func bigReply(n int) string { return fmt.Sprintf("$%d\r\n%s\r\n", n, strings.Repeat("x", n)) }

// until waits for what no reply tells: what condition reports on the loop.
func (f *fixture) until(what string, condition func() bool) {
	f.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		answer := make(chan bool)
		f.engine.Post(func() { answer <- condition() })
		if <-answer {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// serverTLS makes a configuration with a certificate of its own.
var serverTLS = sync.OnceValue(func() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
})
