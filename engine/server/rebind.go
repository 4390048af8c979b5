package server

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
)

// A kind is what sort of clients an address is for.
type kind uint8

const (
	plainTCP kind = iota
	tlsTCP
	unixSocket
)

// A binding is an address that is bound.
type binding struct {
	kind kind
	addr net.Addr
}

// Endpoints is where a server listens for TCP, as Options say it.
type Endpoints struct {
	Bind          []string
	Port, TLSPort int
	TLS           *tls.Config
}

// Rebind listens at other endpoints from now on; connections stay. What is to
// be reached as before is not touched. On an error the endpoints are those of
// before, unless one of these cannot be bound again, which is logged. It is
// called on the loop, once Listen has returned.
func (s *Server) Rebind(to Endpoints) error {
	old := s.opts
	next := s.opts
	next.Bind, next.Port, next.TLSPort, next.TLS = to.Bind, to.Port, to.TLSPort, to.TLS
	moved := !slices.Equal(old.Bind, next.Bind)
	var changed []kind
	if moved || old.Port != next.Port {
		changed = append(changed, plainTCP)
	}
	if moved || old.TLSPort != next.TLSPort || (old.TLS == nil) != (next.TLS == nil) {
		changed = append(changed, tlsTCP)
	}
	s.opts = next
	err := s.reopen(changed)
	if err == nil {
		return nil
	}
	s.opts = old
	if lost := s.reopen(changed); lost != nil {
		s.opts.Log.Error("cannot listen as before", "error", lost.Error())
	}
	return err
}

// reopen closes the doors of some kinds and opens those that opts asks for.
func (s *Server) reopen(kinds []kind) error {
	for _, k := range kinds {
		s.shut(k)
	}
	for _, k := range kinds {
		listeners, err := listenKind(&s.opts, k)
		if err != nil {
			return err
		}
		if err := s.admit(listeners); err != nil {
			return err
		}
	}
	return nil
}

// shut closes the doors of a kind.
func (s *Server) shut(k kind) {
	s.loop.doors = slices.DeleteFunc(s.loop.doors, func(d door) bool {
		if d.kind() != k {
			return false
		}
		d.close()
		return true
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bound = slices.DeleteFunc(s.bound, func(b binding) bool { return b.kind == k })
}

// admit opens a door for each listener; on an error, those that have none are closed.
func (s *Server) admit(listeners []listener) error {
	for i, ln := range listeners {
		s.mu.Lock()
		s.bound = append(s.bound, binding{ln.kind, ln.Addr()})
		s.mu.Unlock()
		if err := s.loop.admitFrom(ln); err != nil {
			closeListeners(listeners[i:])
			return fmt.Errorf("listen on %s: %w", ln.Addr(), err)
		}
	}
	return nil
}
