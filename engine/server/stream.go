package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"time"

	"perigee/engine"
)

const (
	firstChunk = 4 << 10  // What a stream reads at once; it doubles up to maxChunk while reads fill it.
	maxChunk   = 32 << 10 // Two records of TLS.
	maxSend    = 64 << 10 // What a stream's writer takes at once.
)

// stream is the link of a connection served by two goroutines, which share
// nothing with the loop but what they pass to and fro: the reader hands in a
// chunk and reads on only when told that it was taken, the writer gets a buffer
// and hands it back. So a stream has at most one of each under way, and a peer
// that is not listened to, or does not listen, holds nothing more.
type stream struct {
	loop *loop
	conn *conn // Nil until it is opened.
	nc   net.Conn
	from listener
	// taken is closed when the loop has dealt with a stream that was opened.
	taken chan struct{}

	chunk    []byte // The reader's, from resume until it arrives.
	filled   int
	readErr  error
	resume   chan struct{}
	waiting  bool // The reader waits for resume.
	out      chan []byte
	buffer   []byte // The writer's, from out until it arrives.
	writeErr error
	writing  bool      // The writer has it.
	since    time.Time // When it got it, or when parting began.
	parting  bool      // Input is discarded.
}

type streamEvent uint8

const (
	streamOpened streamEvent = iota // It was accepted.
	streamRead                      // The reader has a chunk, or an error, or both.
	streamWrote                     // The writer has written, or failed.
)

func newStream(l *loop, nc net.Conn, from listener) *stream {
	return &stream{loop: l, nc: nc, from: from, chunk: make([]byte, firstChunk),
		taken: make(chan struct{}), resume: make(chan struct{}, 1), out: make(chan []byte, 1)}
}

// open makes a client of an accepted connection, or closes it.
func (s *stream) open() {
	defer close(s.taken)
	c, err := s.loop.open(s, s.peer())
	if err != nil {
		s.loop.tasks.Go(func() { // Apart, because closing may take a while. It ends by its deadline.
			if s.from.kind != tlsTCP {
				s.nc.SetWriteDeadline(time.Now().Add(time.Second))
				s.nc.Write(refusal(err))
			}
			s.raw().Close()
		})
		return
	}
	s.conn = c
	// Both end once close was called, and touch only what they were handed.
	s.loop.tasks.Go(s.read)
	s.loop.tasks.Go(s.write)
}

// raw is the connection below TLS.
func (s *stream) raw() net.Conn {
	if t, ok := s.nc.(*tls.Conn); ok {
		return t.NetConn()
	}
	return s.nc
}

// peer sets the connection up and tells who it is.
func (s *stream) peer() engine.Peer {
	peer := engine.Peer{Addr: s.nc.RemoteAddr().String(), Local: s.nc.LocalAddr().String(), TLS: s.from.kind == tlsTCP}
	if s.from.kind == unixSocket {
		path := s.from.Addr().String() + ":0"
		peer.Addr, peer.Local, peer.Unix = path, path, true
		return peer
	}
	if addr, err := netip.ParseAddrPort(peer.Addr); err == nil {
		peer.IP = addr.Addr()
	}
	if t, ok := s.raw().(*net.TCPConn); ok {
		t.SetNoDelay(true)
		keep := time.Duration(s.loop.engine.Settings().TCPKeepAlive) * time.Second
		t.SetKeepAliveConfig(net.KeepAliveConfig{
			Enable: keep > 0, Idle: keep, Interval: max(keep/3, time.Second), Count: 3,
		})
	}
	return peer
}

// read is the reader's goroutine.
func (s *stream) read() {
	if err := s.handshake(); err != nil {
		s.readErr = err
		s.loop.arrive(arrival{s, streamRead})
		return
	}
	for {
		s.filled, s.readErr = s.nc.Read(s.chunk)
		failed := s.readErr != nil
		s.loop.arrive(arrival{s, streamRead})
		if failed {
			return
		}
		if _, ok := <-s.resume; !ok {
			return
		}
		if s.filled == len(s.chunk) && len(s.chunk) < maxChunk {
			s.chunk = make([]byte, 2*len(s.chunk))
		}
	}
}

func (s *stream) handshake() error {
	t, ok := s.nc.(*tls.Conn)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), handshakeLimit)
	defer cancel()
	return t.HandshakeContext(ctx)
}

// write is the writer's goroutine. An empty buffer tells it to half-close. It
// closes the connection at its end, since closing one of TLS may wait for the
// peer.
func (s *stream) write() {
	for p := range s.out {
		if len(p) > 0 {
			_, s.writeErr = s.nc.Write(p)
		} else {
			s.writeErr = s.nc.(interface{ CloseWrite() error }).CloseWrite()
		}
		s.loop.arrive(arrival{s, streamWrote})
	}
	s.nc.Close()
}

// take acts, on the loop, on what a goroutine reported.
func (s *stream) take(event streamEvent) {
	c := s.conn
	switch {
	case event == streamOpened:
		s.open()
	case c.closed:
	case event == streamRead:
		s.waiting = true
		err := s.readErr
		switch {
		case s.parting && err != nil:
			c.drop()
			return
		case s.parting:
			s.listen(true)
		case s.filled > 0:
			c.feed(s.chunk[:s.filled])
		}
		if err != nil && !c.closed {
			c.end()
		}
	case s.writeErr != nil:
		c.drop()
	default:
		s.writing, c.blocked = false, false
		s.loop.queue(c)
	}
}

// listen lets the reader go on, unless there is more from before to execute.
func (s *stream) listen(on bool) {
	if on && s.waiting && !s.conn.backlogged {
		s.waiting = false
		s.resume <- struct{}{} // There is room: the reader is waiting for it.
	}
}

func (s *stream) send(p []byte) (int, error) {
	if s.writing {
		return 0, nil
	}
	s.buffer = append(s.buffer[:0], p[:min(len(p), maxSend)]...)
	s.writing, s.since = true, s.loop.now
	s.out <- s.buffer // There is room: the writer had none.
	return len(s.buffer), nil
}

func (s *stream) sending() bool { return s.writing }

func (s *stream) stuck(now time.Time) bool {
	if s.parting {
		return now.Sub(s.since) > partingLimit
	}
	return s.writing && now.Sub(s.since) > writeLimit
}

func (s *stream) part() {
	if s.parting {
		return
	}
	s.parting, s.writing, s.since = true, true, s.loop.now
	s.out <- nil // There is room: nothing was being sent.
	s.listen(true)
}

func (s *stream) trim() {
	if !s.writing {
		s.buffer = nil
	}
}

// close ends both goroutines, whatever they are doing. The writer closes the
// connection in good order unless the peer takes nothing any more.
func (s *stream) close() {
	s.nc.SetReadDeadline(time.Unix(1, 0))
	if s.writing {
		s.raw().Close()
	}
	close(s.resume)
	close(s.out)
}

// streamDoor accepts connections for streams, on a goroutine of its own.
type streamDoor struct {
	loop *loop
	from listener
	tls  *tls.Config
	shut chan struct{}
}

// acceptStreams starts a goroutine that accepts from ln and ends when the door
// is closed.
func (l *loop) acceptStreams(ln listener) {
	d := &streamDoor{loop: l, from: ln, shut: make(chan struct{})}
	if ln.kind == tlsTCP {
		d.tls = l.opts.TLS
	}
	l.doors = append(l.doors, d)
	l.tasks.Go(d.accept)
}

func (d *streamDoor) accept() {
	for {
		nc, err := d.from.Accept()
		if err != nil {
			if !d.pause(err) {
				return
			}
			continue
		}
		if d.tls != nil {
			nc = tls.Server(nc, d.tls)
		}
		s := newStream(d.loop, nc, d.from)
		d.loop.arrive(arrival{s, streamOpened})
		// One at a time, so that the loop decides how fast peers come in.
		select {
		case <-s.taken:
		case <-d.loop.ending:
			s.raw().Close()
			return
		}
	}
}

// pause waits a moment after a failure, which is mostly want of descriptors.
// It returns false if the door was closed.
func (d *streamDoor) pause(err error) bool {
	if errors.Is(err, net.ErrClosed) {
		return false
	}
	d.loop.opts.Log.Error("cannot accept connections", "address", d.from.Addr(), "error", err)
	select {
	case <-time.After(acceptPause):
		return true
	case <-d.shut:
		return false
	}
}

func (d *streamDoor) kind() kind { return d.from.kind }

func (d *streamDoor) close() {
	close(d.shut)
	d.from.Close()
}
