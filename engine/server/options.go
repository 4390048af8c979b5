package server

import (
	"crypto/tls"
	"io/fs"
	"log/slog"
	"time"
)

// Options says where a Server listens and how it carries connections. What may
// change while it serves (limits, protected mode) is asked of the engine.
type Options struct {
	// Bind lists addresses to listen on: IPv4, IPv6, host names, "*" for all
	// IPv4 and "::*" for all IPv6. A leading "-" makes an address that this
	// machine does not have a warning instead of an error.
	Bind []string
	// Port is the plain TCP port; negative means none, 0 one that is free.
	Port int
	// TLSPort is the port of TLS clients; negative means none, 0 one that is
	// free. It needs TLS.
	TLSPort int
	// TLS configures TLS clients; it is asked at every handshake, so its
	// GetConfigForClient may change certificates while serving.
	TLS *tls.Config
	// UnixSocket is the path of a Unix socket; empty means none. A socket left
	// there by an earlier process is replaced, any other file is an error.
	UnixSocket string
	// UnixPerm is the mode of UnixSocket; 0 leaves what the umask gives.
	UnixPerm fs.FileMode
	// Backlog is the length of the queue of connections not yet accepted; 0
	// leaves the system's.
	Backlog int
	// Goroutines carries plain clients by goroutines too, as TLS clients
	// always are. It is implied where epoll is missing.
	Goroutines bool
	// Grace bounds the flushing of replies when the server stops; 0 means 2 s.
	Grace time.Duration
	// Log receives what an operator should know; nil means slog.Default.
	Log *slog.Logger
	// Now is the clock; nil means time.Now. Tests replace it.
	Now func() time.Time
}

// handshakeLimit bounds a TLS handshake, so that silent peers do not pile up.
const handshakeLimit = 5 * time.Second

// writeLimit bounds how long one write of a stream may make no headway before
// its connection is closed: a goroutine and its buffers are held meanwhile.
const writeLimit = time.Minute

// partingLimit bounds how long a connection that the server has finished with
// waits for its peer to close.
const partingLimit = time.Second

// acceptPause is how long a listener rests when descriptors or memory run out,
// because until then the same would only happen again.
const acceptPause = 100 * time.Millisecond

func (o *Options) setDefaults() {
	if o.Grace == 0 {
		o.Grace = 2 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}
