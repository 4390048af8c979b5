package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"

	"perigee/config"
	"perigee/engine/server"
)

// serverOptions is the server's part of the configuration.
func serverOptions(c config.Config, log *slog.Logger) (server.Options, error) {
	options := server.Options{
		Bind: c.Network.Bind, Port: portOrNone(c.Network.Port), TLSPort: portOrNone(c.TLS.Port),
		UnixSocket: c.Network.UnixSocket, UnixPerm: c.Network.UnixSocketPerm,
		Backlog: c.Network.TCPBacklog, Goroutines: c.Network.EventLoop == "goroutines", Log: log,
	}
	if c.TLS.Port == 0 {
		return options, nil
	}
	var err error
	options.TLS, err = serverTLS(c.TLS)
	return options, err
}

// portOrNone turns the 0 of the settings into what server calls no port.
func portOrNone(port int) int {
	if port == 0 {
		return -1
	}
	return port
}

// serverTLS reads the certificates of the TLS listener.
func serverTLS(c config.TLS) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read tls-cert-file and tls-key-file: %w", err)
	}
	settings := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if c.AuthClients == "no" {
		return settings, nil
	}
	if c.CACertFile != "" {
		if settings.ClientCAs, err = readAuthorities(c.CACertFile); err != nil {
			return nil, err
		}
	}
	settings.ClientAuth = tls.RequireAndVerifyClientCert
	if c.AuthClients == "optional" {
		settings.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return settings, nil
}
