//go:build unix

package server

import (
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// setBacklog sets the length of a listener's queue of connections, which the
// runtime makes as long as the system allows; 0 leaves it so.
func setBacklog(l net.Listener, length int) error {
	if length == 0 {
		return nil
	}
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	var errListen error
	if err := raw.Control(func(fd uintptr) { errListen = unix.Listen(int(fd), length) }); err != nil {
		return err
	}
	if errListen != nil {
		return fmt.Errorf("set backlog of %s: %w", l.Addr(), errListen)
	}
	return nil
}
