package main

import (
	"errors"
	"slices"

	"perigee/config"
	"perigee/engine/server"
)

// listen binds the addresses.
func (n *node) listen() error {
	c := n.settings
	if err := n.useTLS(c); err != nil {
		return err
	}
	at := n.endpoints(c)
	options := server.Options{
		Bind: at.Bind, Port: at.Port, TLSPort: at.TLSPort, TLS: at.TLS,
		UnixSocket: c.Network.UnixSocket, UnixPerm: c.Network.UnixSocketPerm,
		Backlog: c.Network.TCPBacklog, Goroutines: c.Network.EventLoop == "goroutines", Log: n.log,
	}
	var err error
	if n.server, err = server.Listen(n.engine, options); err == nil {
		n.serving.Store(true)
	}
	return err
}

// endpoints is where the server listens for TCP.
func (n *node) endpoints(c config.Config) server.Endpoints {
	at := server.Endpoints{Bind: c.Network.Bind, Port: portOrNone(c.Network.Port), TLSPort: portOrNone(c.TLS.Port)}
	if c.TLS.Port != 0 {
		at.TLS = n.credentials.config()
	}
	return at
}

// useTLS reads what TLS connections are made with, if there are to be any.
func (n *node) useTLS(c config.Config) error {
	switch {
	case c.TLS.Port == 0:
		return nil
	case n.credentials != nil:
		return n.credentials.set(c.TLS)
	}
	credentials, err := newCredentials(c.TLS, n.log)
	if err == nil {
		n.credentials = credentials
	}
	return err
}

// followEndpoints lets CONFIG SET move the server and change its certificates,
// in one step where both are set.
func (n *node) followEndpoints(p *config.Parameters) {
	p.Watch(func(c config.Config) error {
		if err := n.useTLS(c); err != nil {
			n.log.Error("cannot use the TLS settings", "error", err.Error())
			return errors.New("Unable to update TLS configuration. Check server logs.")
		}
		return nil
	}, "tls-port", "tls-cert-file", "tls-key-file", "tls-key-file-pass", "tls-ca-cert-file", "tls-ca-cert-dir", "tls-auth-clients",
		"tls-protocols", "tls-ciphers", "tls-ciphersuites", "tls-session-caching")
	p.Watch(func(c config.Config) error {
		if err := n.server.Rebind(n.endpoints(c)); err != nil {
			n.log.Error("cannot listen", "error", err.Error())
			if !slices.Equal(c.Network.Bind, n.settings.Network.Bind) {
				return errors.New("Failed to bind to specified addresses.")
			}
			return errors.New("Unable to listen on this port. Check server logs.")
		}
		n.settings.Network, n.settings.TLS = c.Network, c.TLS
		return nil
	}, "bind", "port", "tls-port")
}

// portOrNone turns the 0 of the settings into what server calls no port.
func portOrNone(port int) int {
	if port == 0 {
		return -1
	}
	return port
}
