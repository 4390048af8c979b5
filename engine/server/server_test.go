package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"perigee/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPipelineIsAnsweredInOrder(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		p := serve(t, how, nil).dial()
		var ask, want strings.Builder
		for i := range 5000 {
			fmt.Fprintf(&ask, "*2\r\n$4\r\nECHO\r\n$6\r\n%06d\r\n", i)
			fmt.Fprintf(&want, "$6\r\n%06d\r\n", i)
		}
		p.send(ask.String())
		p.expect(want.String())
	})
}

func TestCommandsMayArriveByteByByte(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		p := serve(t, how, nil).dial()
		for _, b := range []byte("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\nGET k\r\n*0\r\nPING\r\n") {
			p.send(string(b))
		}
		p.expect("+OK\r\n$5\r\nvalue\r\n+PONG\r\n")
	})
}

func TestLargeArgumentsArriveWhole(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		p := serve(t, how, nil).dial()
		value := strings.Repeat("v", 3<<20)
		p.send(fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\nGET k\r\nPING\r\n", len(value), value))
		p.expect(fmt.Sprintf("+OK\r\n$%d\r\n%s\r\n+PONG\r\n", len(value), value))
	})
}

func TestHugePipelineWhileReading(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		p := serve(t, how, nil).dial()
		const n = 100_000
		go io.WriteString(p, strings.Repeat("PING\r\n", n))
		p.expect(strings.Repeat("+PONG\r\n", n))
	})
}

func TestPeerThatDoesNotReadHoldsUpNobody(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		slow, other := f.dial(), f.dial()
		const size, times = 5 << 20, 4
		slow.send(strings.Repeat(fmt.Sprintf("x.big %d\r\n", size), times))
		other.ask("PING", "+PONG\r\n")
		f.until("all replies are made", func() bool { return f.made == times })
		other.ask("PING", "+PONG\r\n")
		for range times {
			slow.expect(bigReply(size))
		}
		slow.ask("PING", "+PONG\r\n")
	})
}

func TestInputIsNotReadWhileOutputIsOverItsSoftBound(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, func(s *engine.Settings, _ *Options) {
			s.OutputLimits[0] = engine.OutputLimit{Soft: 1 << 20, SoftSeconds: 1000}
		})
		p, other := f.dial(), f.dial()
		const size, times = 4 << 20, 30
		p.send(strings.Repeat(fmt.Sprintf("x.big %d\r\n", size), times))
		f.until("input is held", func() bool { return f.made > 0 && f.server.loop.conns[0].overSoft() })
		other.ask("PING", "+PONG\r\n")
		f.until("it stays held", func() bool { return f.made < times })
		for range times {
			p.expect(bigReply(size))
		}
	})
}

func TestOutputLimits(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		t.Run("the hard one closes at once", func(t *testing.T) {
			f := serve(t, how, func(s *engine.Settings, _ *Options) { s.OutputLimits[0].Hard = 1 << 20 })
			p := f.dial()
			p.send("x.big 60000000\r\n")
			f.until("the client is gone", func() bool { return f.made == 1 && len(f.server.loop.conns) == 0 })
			if !strings.Contains(f.log.String(), "output buffer limit") {
				t.Errorf("nothing was logged: %s", f.log)
			}
		})
		t.Run("the soft one closes after its time", func(t *testing.T) {
			f := serve(t, how, func(s *engine.Settings, _ *Options) {
				s.OutputLimits[0] = engine.OutputLimit{Soft: 1 << 20, SoftSeconds: 10}
			})
			p := f.dial()
			p.send("x.big 60000000\r\n")
			f.until("the client is over its bound", func() bool { return len(f.server.loop.conns) == 1 && !f.server.loop.conns[0].over.IsZero() })
			f.advance(9 * time.Second)
			f.until("it is still here", func() bool { return len(f.server.loop.conns) == 1 })
			f.advance(3 * time.Second)
			f.until("the client is gone", func() bool { return len(f.server.loop.conns) == 0 })
		})
		t.Run("subscribers have their own", func(t *testing.T) {
			f := serve(t, how, func(s *engine.Settings, _ *Options) { s.OutputLimits[2] = engine.OutputLimit{Hard: 1 << 20} })
			p, other := f.dial(), f.dial()
			p.ask("SUBSCRIBE ch", "*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n")
			message := strings.Repeat("m", 30<<20)
			other.send(fmt.Sprintf("*3\r\n$7\r\nPUBLISH\r\n$2\r\nch\r\n$%d\r\n%s\r\n", len(message), message))
			other.expect(":1\r\n")
			f.until("the subscriber is gone", func() bool { return len(f.server.loop.conns) == 1 })
			other.ask("PING", "+PONG\r\n")
		})
	})
}

func TestIdleClientsAreClosed(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, func(s *engine.Settings, _ *Options) { s.Timeout = 10 })
		idle, blocked, subscriber := f.dial(), f.dial(), f.dial()
		idle.ask("PING", "+PONG\r\n")
		blocked.send("x.wait k\r\n")
		subscriber.ask("SUBSCRIBE ch", "*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n")
		f.until("one is blocked", func() bool {
			for _, c := range f.server.loop.conns {
				if c.client.InputPaused() {
					return true
				}
			}
			return false
		})
		f.advance(12 * time.Second)
		idle.expectEnd()
		f.advance(12 * time.Second)
		f.until("the others are left", func() bool { return len(f.server.loop.conns) == 2 })
	})
}

func TestHalfClosedPeerIsAnswered(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		p := f.dial()
		p.send("x.big 5000000\r\nPING\r\nECHO unfinis")
		p.closeWrite()
		p.expect(bigReply(5000000) + "+PONG\r\n")
		p.expectEnd()
	})
}

func TestBlockedClientThatGoesIsForgotten(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		p := f.dial()
		p.send("x.wait k\r\nPING\r\n")
		f.until("it is blocked", func() bool { return len(f.server.loop.conns) == 1 && f.server.loop.conns[0].stalled })
		p.Close()
		f.until("it is gone", func() bool { return len(f.server.loop.conns) == 0 })
	})
}

func TestInputBehindABlockWaitsForIt(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		p, other := f.dial(), f.dial()
		p.ask("CLIENT ID", ":1\r\n")
		const n = 20_000 // More than is kept, so that the rest waits in the kernel.
		p.send("x.wait k\r\n")
		go io.WriteString(p, strings.Repeat("ECHO 12345\r\n", n))
		f.until("enough is kept", func() bool {
			for _, c := range f.server.loop.conns {
				if c.client.ID == 1 {
					return c.stalled && c.in.Len() >= pausedInput
				}
			}
			return false
		})
		other.ask("CLIENT UNBLOCK 1", ":1\r\n")
		p.expect("*-1\r\n" + strings.Repeat("$5\r\n12345\r\n", n))
		f.until("nothing is left to do", func() bool { return len(f.server.loop.backlog) == 0 })
	})
}

func TestProtocolErrorIsToldAndCloses(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		p := serve(t, how, nil).dial()
		p.send("PING\r\n*1\r\n$9223372036854775807\r\nPING\r\n")
		p.expect("+PONG\r\n-ERR Protocol error: invalid bulk length\r\n")
		p.expectEnd()
	})
}

func TestQueryBufferLimitCloses(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, func(s *engine.Settings, _ *Options) { s.QueryBufferLimit = 1 << 20 })
		p := f.dial()
		go fmt.Fprintf(p, "*2\r\n$4\r\nECHO\r\n$4000000\r\n%s", strings.Repeat("x", 2<<20))
		p.expectEnd()
		if !strings.Contains(f.log.String(), "query buffer limit") {
			t.Errorf("nothing was logged: %s", f.log)
		}
	})
}

func TestHTTPIsNotServed(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		for _, request := range []string{"POST / HTTP/1.1\r\n", "GET k\r\nHost: here\r\n"} {
			f := serve(t, how, nil)
			p := f.dial()
			p.send(request + "SET k v\r\n")
			p.expectEndAfter("$-1\r\n")
			if !strings.Contains(f.log.String(), "SECURITY ATTACK") {
				t.Errorf("nothing was logged: %s", f.log)
			}
			f.dial().ask("GET k", "$-1\r\n")
		}
	})
}

// expectEndAfter expects the end, after a reply at most.
func (p *peer) expectEndAfter(reply string) {
	p.t.Helper()
	if rest, _ := io.ReadAll(p.r); len(rest) > 0 && string(rest) != reply {
		p.t.Fatalf("got %q", rest)
	}
}

func TestQuitIsAnswered(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		p := serve(t, how, nil).dial()
		p.send("x.big 3000000\r\nQUIT\r\nPING\r\n")
		p.expect(bigReply(3000000) + "+OK\r\n")
		p.expectEnd()
	})
}

func TestKilledClientIsClosed(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		p, other := f.dial(), f.dial()
		p.ask("CLIENT ID", ":1\r\n")
		other.ask("CLIENT KILL ID 1", ":1\r\n")
		p.expectEnd()
	})
}

func TestMaxClients(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, func(s *engine.Settings, _ *Options) { s.MaxClients = 2 })
		a, b := f.dial(), f.dial()
		a.ask("PING", "+PONG\r\n")
		b.ask("PING", "+PONG\r\n")
		p := f.dial()
		if how == byTLS { // It gets no handshake.
			if _, err := p.Read(make([]byte, 1)); err == nil {
				t.Error("a client too many was served")
			}
		} else {
			p.expect("-ERR max number of clients reached\r\n")
			p.expectEnd()
		}
		a.Close()
		f.until("one is gone", func() bool { return len(f.server.loop.conns) == 1 })
		f.dial().ask("PING", "+PONG\r\n")
	})
}

func TestProtectedMode(t *testing.T) {
	outside := ""
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			outside = n.IP.String()
		}
	}
	if outside == "" {
		t.Skip("this machine has only loopback addresses")
	}
	for _, how := range []path{byLoop, byGoroutines} {
		f := serve(t, how, func(s *engine.Settings, o *Options) { s.ProtectedMode = true; o.Bind = []string{outside} })
		p := f.dial()
		p.expect("-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. ")
		io.Copy(io.Discard, p.r)
		f.until("nobody is connected", func() bool { return len(f.server.loop.conns) == 0 })
	}
}

func TestUnixSocket(t *testing.T) {
	for _, how := range []path{byLoop, byGoroutines} {
		file := filepath.Join(t.TempDir(), "s")
		stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: file, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		stale.SetUnlinkOnClose(false)
		stale.Close()
		f := serve(t, how, func(s *engine.Settings, o *Options) {
			o.Port, o.UnixSocket, o.UnixPerm, s.ProtectedMode = -1, file, 0o770, true
		})
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o770 {
			t.Fatalf("the socket is %v, %v", info, err)
		}
		f.dial().ask("PING", "+PONG\r\n")
		if err := f.server.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(file); !os.IsNotExist(err) {
			t.Errorf("the socket was left behind: %v", err)
		}
	}
	plain := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(plain, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(engine.New(engine.Options{}), Options{Port: -1, TLSPort: -1, UnixSocket: plain}); err == nil {
		t.Error("a file was replaced by a socket")
	}
}

func TestAddressesThatAreMissing(t *testing.T) {
	e := engine.New(engine.Options{})
	if _, err := Listen(e, Options{Bind: []string{"127.0.0.1", "203.0.113.7"}, TLSPort: -1}); err == nil {
		t.Error("an address of another machine was bound")
	}
	f := serve(t, byLoop, func(_ *engine.Settings, o *Options) { o.Bind = []string{"-203.0.113.7", "127.0.0.1"} })
	f.dial().ask("PING", "+PONG\r\n")
	_, port, _ := net.SplitHostPort(f.server.Addrs()[0].String())
	if _, err := Listen(e, Options{Bind: []string{"127.0.0.1"}, Port: atoi(port), TLSPort: -1}); err == nil {
		t.Error("an address was bound twice")
	}
}

func atoi(s string) (n int) {
	fmt.Sscan(s, &n)
	return n
}

func TestOthersAreServedDuringACommandThatYields(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		long, other := f.dial(), f.dial()
		long.send("ECHO a\r\nx.yield\r\nECHO b\r\n")
		other.ask("PING", "+PONG\r\n")
		late := f.dial() // Connections are accepted meanwhile.
		late.ask("PING", "+PONG\r\n")
		other.ask("x.big 100", bigReply(100))
		long.expect("$1\r\na\r\n+YIELDED\r\n$1\r\nb\r\n")
	})
}

func TestClientKilledDuringItsCommand(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		long, other := f.dial(), f.dial()
		long.ask("CLIENT ID", ":1\r\n")
		long.send("x.yield\r\n")
		other.ask("CLIENT KILL ID 1", ":1\r\n")
		other.ask("x.big 100", bigReply(100))
		long.expectEnd()
		f.until("it is gone", func() bool { return len(f.server.loop.conns) == 1 })
	})
}

func TestStormOfConnections(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		var storm sync.WaitGroup
		for range 20 {
			storm.Go(func() {
				for range 15 {
					p := f.dial()
					p.ask("PING", "+PONG\r\n")
					p.Close()
				}
			})
		}
		storm.Wait()
		f.until("all are gone", func() bool { return len(f.server.loop.conns) == 0 })
	})
}

func TestShutdownLetsRepliesLeave(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, func(_ *engine.Settings, o *Options) { o.Grace = patience })
		p := f.dial()
		p.send("x.big 20000000\r\n")
		f.until("the reply is made", func() bool { return f.made == 1 })
		f.server.Stop()
		p.expect(bigReply(20000000))
		p.expectEnd()
		if err := f.server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		p := f.dial()
		p.send("x.big 60000000\r\n")
		f.until("the reply is made", func() bool { return f.made == 1 })
		f.server.Stop()
		f.until("it is stopping", func() bool { return len(f.server.loop.doors) == 0 })
		f.advance(time.Minute)
		if err := f.server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestIdleConnectionHoldsNoBuffers(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		p := f.dial()
		p.send("ECHO " + strings.Repeat("x", 20000))
		p.ask("", "$20000\r\n"+strings.Repeat("x", 20000)+"\r\n")
		f.advance(5 * time.Second)
		f.until("its buffers are gone", func() bool {
			c := f.server.loop.conns[0]
			return c.in.Memory() == 0 && c.out.Memory() == 0
		})
		p.ask("PING", "+PONG\r\n")
	})
}

func TestSilentHandshakeHoldsUpNobody(t *testing.T) {
	f := serve(t, byTLS, nil)
	silent, err := net.Dial("tcp", f.server.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	f.dial().ask("PING", "+PONG\r\n")
	rude, err := net.Dial("tcp", f.server.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer rude.Close()
	io.WriteString(rude, "PING\r\n")
	f.until("the one without TLS is gone", func() bool { return len(f.server.loop.conns) == 2 })
}

func TestStreamThatMakesNoHeadwayIsClosed(t *testing.T) {
	for _, how := range []path{byGoroutines, byTLS} {
		f := serve(t, how, nil)
		p := f.dial()
		p.send("x.big 60000000\r\n")
		f.until("its writer is stuck", func() bool {
			return f.made == 1 && len(f.server.loop.conns) == 1 && f.server.loop.conns[0].link.sending()
		})
		// A write may have ended and another begun since, so time goes on until none does.
		f.until("it is gone", func() bool {
			f.clock.add(2 * writeLimit)
			return len(f.server.loop.conns) == 0
		})
	}
}

// groupJournal releases what was flushed.
type groupJournal struct{ appended, flushed uint64 }

func (j *groupJournal) Append([]byte) uint64 { j.appended++; return j.appended }
func (j *groupJournal) Flush()               { j.flushed = j.appended }
func (j *groupJournal) Released() uint64     { return j.flushed }
func (j *groupJournal) Synced() uint64       { return j.flushed }
func (j *groupJournal) SyncSoon()            {}
func (j *groupJournal) Compact()             {}
func (j *groupJournal) Room() error          { return nil }

// TestChangesBeforeACommandThatYieldsAreFlushed has a command overrun in the
// iteration in which another client changed something.
func TestChangesBeforeACommandThatYieldsAreFlushed(t *testing.T) {
	f := serve(t, byLoop, nil)
	before, after := make(chan int, 1), make(chan int, 1)
	f.engine.Post(func() {
		f.engine.UseJournal(&groupJournal{}, 0)
		c, err := f.engine.Connect(engine.Peer{Unix: true}, nil)
		if err != nil {
			t.Error(err)
			return
		}
		f.engine.Execute(c, [][]byte{[]byte("SET"), []byte("k"), []byte("v")})
		before <- c.Sendable()
		f.server.loop.yield()
		after <- c.Sendable()
		f.engine.Disconnect(c)
	})
	if b, a := <-before, <-after; b != 0 || a != len("+OK\r\n") {
		t.Errorf("%d bytes may leave before, %d after others were served", b, a)
	}
}
