package server

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"perigee/engine"
)

// canWatch says that plain connections need no goroutines here.
const canWatch = true

// acceptsPerTurn bounds how many connections one turn accepts, so that a storm
// of them does not keep the clients waiting.
const acceptsPerTurn = 64

// acceptor is a listening descriptor that the loop accepts from.
type acceptor struct {
	loop    *loop
	epoll   *epoll
	fd      int
	local   string // Address, or path of a Unix socket.
	from    kind
	resting bool // Not watched until rested.
	warned  time.Time
}

// acceptOn lets the loop accept from ln, whose descriptor it takes over.
func (l *loop) acceptOn(ln listener) error {
	if u, ok := ln.Listener.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	fd, err := duplicate(ln.Listener)
	ln.Close()
	if err != nil {
		return fmt.Errorf("take over %s: %w", ln.Addr(), err)
	}
	a := &acceptor{loop: l, epoll: l.poller.(*epoll), fd: fd, local: ln.Addr().String(), from: ln.kind}
	if err := a.epoll.watch(fd, unix.EPOLLIN, a); err != nil {
		unix.Close(fd)
		return err
	}
	l.doors = append(l.doors, a)
	return nil
}

// duplicate returns a nonblocking descriptor of a listening socket that the
// runtime's own poller does not watch.
func duplicate(ln net.Listener) (fd int, err error) {
	raw, err := ln.(syscall.Conn).SyscallConn()
	if err != nil {
		return -1, err
	}
	err2 := raw.Control(func(old uintptr) {
		fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil {
		err = err2
	}
	return fd, err
}

func (a *acceptor) ready(uint32) {
	for range acceptsPerTurn {
		fd, from, err := unix.Accept4(a.fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			a.openSocket(fd, a.welcome(fd, from))
		case unix.EAGAIN:
			return
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			a.rest(err)
			return
		}
		// Any other error is of the connection that was to be accepted.
	}
}

// welcome sets a connection up and tells who it is.
func (a *acceptor) welcome(fd int, from unix.Sockaddr) engine.Peer {
	if a.from == unixSocket {
		return engine.Peer{Addr: a.local + ":0", Local: a.local + ":0", Unix: true}
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if seconds := a.loop.engine.Settings().TCPKeepAlive; seconds > 0 {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds)
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, max(seconds/3, 1))
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3)
	}
	peer, _ := addrPort(from)
	var local netip.AddrPort
	if sa, err := unix.Getsockname(fd); err == nil {
		local, _ = addrPort(sa)
	}
	return engine.Peer{Addr: peer.String(), Local: local.String(), IP: peer.Addr()}
}

func addrPort(sa unix.Sockaddr) (netip.AddrPort, bool) {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), true
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port)), true
	}
	return netip.AddrPort{}, false
}

// rest leaves the listener alone for a moment.
func (a *acceptor) rest(err error) {
	l := a.loop
	if l.now.Sub(a.warned) >= warnEvery {
		a.warned = l.now
		l.opts.Log.Error("cannot accept connections", "address", a.local, "error", err)
	}
	a.resting = a.epoll.modify(a.fd, 0) == nil
	if !a.resting {
		return
	}
	l.tasks.Go(func() { // It ends by itself, and touches nothing but the engine's queue.
		select {
		case <-time.After(acceptPause):
			l.engine.Post(a.rested)
		case <-l.ending:
		}
	})
}

func (a *acceptor) rested() {
	if a.resting && a.fd >= 0 {
		a.resting = a.epoll.modify(a.fd, unix.EPOLLIN) != nil
	}
}

func (a *acceptor) kind() kind { return a.from }

func (a *acceptor) close() {
	a.epoll.forget(a.fd)
	unix.Close(a.fd)
	a.fd = -1
	if a.from == unixSocket {
		os.Remove(a.local)
	}
}
