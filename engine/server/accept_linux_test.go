package server

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestListenerRestsWhenDescriptorsRunOut(t *testing.T) {
	f := serve(t, byLoop, nil)
	f.engine.Post(func() { f.server.loop.doors[0].(*acceptor).rest(unix.EMFILE) })
	f.dial().ask("PING", "+PONG\r\n")
}
