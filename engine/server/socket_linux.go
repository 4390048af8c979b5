package server

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"perigee/engine"
)

// socket is the link of a connection that the loop reads and writes itself.
type socket struct {
	conn     *conn
	loop     *loop
	epoll    *epoll
	fd       int
	interest uint32
	parting  time.Time // Since when input is discarded; zero while it is not.
}

// openSocket makes a client of an accepted descriptor, or closes it.
func (a *acceptor) openSocket(fd int, peer engine.Peer) {
	s := &socket{loop: a.loop, epoll: a.epoll, fd: fd, interest: unix.EPOLLIN}
	peer.FD = fd
	c, err := a.loop.open(s, peer)
	if err != nil {
		transmit(fd, refusal(err)) // It fits into an empty socket, or the peer has gone.
		unix.Close(fd)
		return
	}
	s.conn = c
	if err := s.epoll.watch(fd, s.interest, s); err != nil {
		a.loop.opts.Log.Warn("connection dropped", "client", peer.Addr, "error", err)
		c.drop()
	}
}

// ready acts on what the kernel says of the descriptor.
func (s *socket) ready(events uint32) {
	c := s.conn
	if c.executing {
		return // It comes again: events are level triggered.
	}
	if events&unix.EPOLLOUT != 0 {
		c.blocked = false
		s.loop.queue(c)
	}
	switch {
	case events&unix.EPOLLIN != 0:
		if !s.parting.IsZero() {
			s.discard()
		} else if !c.backlogged {
			s.read()
		}
	case events&(unix.EPOLLERR|unix.EPOLLHUP) != 0:
		c.drop()
	}
}

// read takes what one call gives. A client with an unfinished command reads
// into its own buffer, all others into the loop's.
func (s *socket) read() {
	c := s.conn
	if c.in.Len() == 0 {
		n, errno := receive(s.fd, s.loop.scratch)
		if s.alive(n, errno) {
			c.feed(s.loop.scratch[:n])
		}
		return
	}
	n, errno := receive(s.fd, c.in.Free(c.framer.Need()))
	if s.alive(n, errno) {
		c.in.Wrote(n)
		c.came(n)
		c.resume()
	}
}

// alive says whether a read brought bytes; if not, it acts on why.
func (s *socket) alive(n int, errno unix.Errno) bool {
	switch {
	case n > 0:
		return true
	case errno == 0:
		s.conn.end()
	case errno != unix.EAGAIN && errno != unix.EINTR:
		s.conn.drop()
	}
	return false
}

func (s *socket) send(p []byte) (int, error) {
	n, errno := transmit(s.fd, p)
	switch {
	case errno == 0:
	case errno == unix.EAGAIN || errno == unix.EINTR:
		n = 0
	default:
		return 0, errno
	}
	if n < len(p) {
		s.watch(s.interest | unix.EPOLLOUT)
	} else if s.interest&unix.EPOLLOUT != 0 {
		s.watch(s.interest &^ unix.EPOLLOUT)
	}
	return n, nil
}

func (s *socket) listen(on bool) {
	switch {
	case on == (s.interest&unix.EPOLLIN != 0):
	case on:
		s.watch(s.interest | unix.EPOLLIN)
	default:
		s.watch(s.interest &^ unix.EPOLLIN)
	}
}

func (s *socket) watch(interest uint32) {
	s.interest = interest
	// It fails only for want of kernel memory or of the descriptor.
	if s.epoll.modify(s.fd, interest) != nil {
		s.conn.leaving = true
	}
}

func (s *socket) part() {
	if !s.parting.IsZero() {
		return
	}
	s.parting = s.loop.now
	unix.Shutdown(s.fd, unix.SHUT_WR)
	s.listen(true)
	s.discard()
}

// discard reads what nobody will execute.
func (s *socket) discard() {
	n, errno := receive(s.fd, s.loop.scratch)
	if n == 0 && errno != unix.EAGAIN && errno != unix.EINTR {
		s.conn.drop()
	}
}

func (s *socket) stuck(now time.Time) bool {
	return !s.parting.IsZero() && now.Sub(s.parting) > partingLimit
}

func (s *socket) sending() bool { return false }
func (s *socket) trim()         {}

func (s *socket) close() {
	s.epoll.forget(s.fd)
	unix.Close(s.fd)
}

// receive and transmit neither wait nor raise a signal. The runtime is not told
// of the calls, which would cost more than a small reply; and they take a
// shorter way into the kernel than read and write.
func receive(fd int, p []byte) (int, unix.Errno) {
	return socketCall(unix.SYS_RECVFROM, fd, p, unix.MSG_DONTWAIT)
}

func transmit(fd int, p []byte) (int, unix.Errno) {
	return socketCall(unix.SYS_SENDTO, fd, p, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

func socketCall(call uintptr, fd int, p []byte, flags uintptr) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
