package main

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
)

// writePidFile writes the process's number to a file, if there is a path; the
// result removes it. What fails is only logged: the server serves without it.
func writePidFile(path string, log *slog.Logger) (remove func()) {
	if path == "" {
		return func() {}
	}
	err := os.WriteFile(path, fmt.Appendln(nil, os.Getpid()), 0o644)
	if err == nil {
		err = os.Chmod(path, 0o644) // the umask keeps files private, and others are to read this
	}
	if err != nil {
		log.Warn("cannot write the pidfile", "error", err.Error())
		return func() {}
	}
	return func() {
		if err := os.Remove(path); err != nil {
			log.Warn("cannot remove the pidfile", "error", err.Error())
		}
	}
}

// A supervisor is told how the server does, by systemd's protocol: datagrams to
// a socket. The zero value tells nobody.
type supervisor struct {
	socket string
	log    *slog.Logger
}

// findSupervisor obeys the setting supervised.
func findSupervisor(supervised string, log *slog.Logger) supervisor {
	socket := os.Getenv("NOTIFY_SOCKET")
	switch {
	case supervised == "systemd" && socket == "":
		log.Warn("systemd supervision is set, and NOTIFY_SOCKET is not")
		return supervisor{}
	case supervised == "systemd", supervised == "auto":
		return supervisor{socket, log}
	}
	return supervisor{}
}

// tell sends assignments.
func (s supervisor) tell(assignments ...string) {
	if s.socket == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.socket, Net: "unixgram"})
	if err == nil {
		_, err = conn.Write([]byte(strings.Join(assignments, "\n")))
		conn.Close()
	}
	if err != nil {
		s.log.Warn("cannot notify systemd", "error", err.Error())
	}
}
