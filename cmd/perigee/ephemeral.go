package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"perigee/config"
)

// runEphemeral runs a script in a server of this process's own, reached by a
// Unix socket in a directory that nobody else may enter.
func runEphemeral(s *session, modules, args []string, stdin *os.File) error {
	dir, err := os.MkdirTemp("", "perigee-run-")
	if err != nil {
		return fmt.Errorf("make a place for the socket: %w", err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "socket")
	n, err := startEphemeral(socket, modules, s.err)
	if err != nil {
		return err
	}
	stopped := make(chan error, 1)
	// The goroutine owns the node, and is waited for below.
	go func() { stopped <- n.run() }()
	s.target = &target{socket: socket, db: s.target.db, resp3: s.target.resp3}
	err = runScript(s, args, stdin)
	s.close()
	n.stop()
	if errStopped := <-stopped; err == nil {
		err = errStopped
	}
	return err
}

// startEphemeral assembles a node that keeps nothing, and logs only what is wrong.
func startEphemeral(socket string, modules []string, log io.Writer) (*node, error) {
	flags := map[string][]string{
		"port": {"0"}, "tls-port": {"0"}, "unixsocket": {socket}, "ephemeral": {"yes"}, "requirepass": {""},
	}
	if len(modules) > 0 {
		flags["modules"] = modules
	}
	loaded, err := config.Load(config.Sources{Flags: flags})
	if err != nil {
		return nil, err
	}
	return assemble(config.NewParameters(loaded), quietLog(log))
}
