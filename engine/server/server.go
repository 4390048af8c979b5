package server

import (
	"context"
	"net"
	"runtime"
	"sync"

	"perigee/engine"
)

// Server serves an engine to the clients that connect to it.
type Server struct {
	loop *loop
	opts Options

	mu    sync.Mutex
	bound []binding // Guarded by mu.
}

// Listen binds all addresses of opts, so that peers may connect; they are
// served once Run runs. The engine must not be used by anyone else from then
// on, except through its Post.
func Listen(e *engine.Engine, opts Options) (*Server, error) {
	opts.setDefaults()
	s := &Server{opts: opts}
	l, err := newLoop(e, &s.opts)
	if err != nil {
		return nil, err
	}
	listeners, err := listenAll(&s.opts)
	if err != nil {
		l.poller.close()
		return nil, err
	}
	s.loop = l
	e.SetWake(l.poller.wake, l.yield)
	if err := s.admit(listeners); err != nil {
		l.stop.Store(true)
		l.run()
		return nil, err
	}
	return s, nil
}

// admitFrom begins to accept connections from ln.
func (l *loop) admitFrom(ln listener) error {
	if ln.kind == tlsTCP || l.opts.Goroutines || !canWatch {
		l.acceptStreams(ln)
		return nil
	}
	return l.acceptOn(ln)
}

// Addrs returns the addresses bound: plain TCP first, then TLS, then Unix. Any
// goroutine may call it.
func (s *Server) Addrs() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	var addrs []net.Addr
	for _, k := range []kind{plainTCP, tlsTCP, unixSocket} {
		for _, b := range s.bound {
			if b.kind == k {
				addrs = append(addrs, b.addr)
			}
		}
	}
	return addrs
}

// Run is the loop: the engine is touched by the calling goroutine alone, until
// Run returns after Stop. Then all connections are closed and all goroutines
// of the server have ended. It is called once.
func (s *Server) Run() {
	// A loop that waits in the kernel is woken by it without the runtime
	// looking for a thread; one that waits for goroutines is better off with
	// theirs.
	if _, ok := s.loop.poller.(*bell); !ok {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	s.loop.run()
}

// Stop makes Run return: no connection is accepted and no command read any
// more, and replies are given Grace to leave. Any goroutine may call it, the
// loop's included.
func (s *Server) Stop() {
	s.loop.stop.Store(true)
	s.loop.poller.wake()
}

// Shutdown is Stop and waits for the end of Run. The error is ctx's, when that
// is over first. The loop's own goroutine must not call it.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Stop()
	select {
	case <-s.loop.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
