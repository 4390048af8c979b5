package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// A listener is one bound address and how its connections are carried.
type listener struct {
	net.Listener
	kind kind
}

// listenAll binds every address of o, or none: on an error what was bound is
// closed again.
func listenAll(o *Options) (all []listener, err error) {
	defer func() {
		if err != nil {
			closeListeners(all)
			all = nil
		}
	}()
	for _, k := range []kind{plainTCP, tlsTCP, unixSocket} {
		bound, err := listenKind(o, k)
		all = append(all, bound...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// listenKind binds the addresses of one kind, or none.
func listenKind(o *Options, k kind) (all []listener, err error) {
	var bound []net.Listener
	switch {
	case k == plainTCP && o.Port >= 0:
		bound, err = listenTCP(o, o.Port)
	case k == tlsTCP && o.TLSPort >= 0 && o.TLS != nil:
		bound, err = listenTCP(o, o.TLSPort)
	case k == unixSocket && o.UnixSocket != "":
		bound = make([]net.Listener, 1)
		bound[0], err = listenUnix(o.UnixSocket, o.UnixPerm)
	}
	if err != nil {
		return nil, err
	}
	for _, l := range bound {
		all = append(all, listener{l, k})
		err = errors.Join(err, setBacklog(l, o.Backlog))
	}
	if err != nil {
		closeListeners(all)
		return nil, err
	}
	return all, nil
}

func closeListeners(all []listener) {
	for _, l := range all {
		l.Close()
	}
}

// listenTCP binds every address at one port. With port 0 all share the one
// that the first was given.
func listenTCP(o *Options, port int) (bound []net.Listener, err error) {
	addrs := o.Bind
	if len(addrs) == 0 {
		addrs = []string{"*", "-::*"}
	}
	for _, addr := range addrs {
		host, optional := strings.CutPrefix(addr, "-")
		network, host := tcpHost(host)
		l, err := new(net.ListenConfig).Listen(context.Background(), network, net.JoinHostPort(host, strconv.Itoa(port)))
		switch {
		case err == nil:
			bound = append(bound, l)
			port = l.Addr().(*net.TCPAddr).Port
		case optional && addressMissing(err):
			o.Log.Warn("address to listen on is not available", "address", host, "error", err)
		default:
			for _, l := range bound {
				l.Close()
			}
			return nil, fmt.Errorf("listen on %s: %w", addr, err)
		}
	}
	if len(bound) == 0 {
		return nil, fmt.Errorf("listen: none of the addresses %q is available", addrs)
	}
	return bound, nil
}

func tcpHost(host string) (network, bare string) {
	switch {
	case host == "*":
		return "tcp4", "0.0.0.0"
	case host == "::*":
		return "tcp6", "::"
	case strings.Contains(host, ":"):
		return "tcp6", strings.Trim(host, "[]")
	}
	return "tcp", host
}

// addressMissing says whether err means that this machine has no such address
// or address family, rather than that the address is taken or forbidden.
func addressMissing(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) ||
		errors.Is(err, syscall.EPROTONOSUPPORT) || errors.Is(err, syscall.EPROTOTYPE)
}

func listenUnix(path string, perm fs.FileMode) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("listen on %s: there is a file that is no socket", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("replace socket: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if perm != 0 {
		if err := os.Chmod(path, perm); err != nil {
			l.Close()
			return nil, fmt.Errorf("set mode of socket: %w", err)
		}
	}
	return l, nil
}
