package server

import (
	"net"
	"testing"

	"perigee/engine"
)

// rebind calls Rebind on the loop.
func (f *fixture) rebind(to Endpoints) error {
	done := make(chan error, 1)
	f.engine.Post(func() { done <- f.server.Rebind(to) })
	return <-done
}

func TestRebindMovesTheServerAndKeepsItsClients(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, func(_ *engine.Settings, o *Options) { o.Bind = []string{"127.0.0.1"} })
		here := Endpoints{Bind: []string{"127.0.0.1"}, Port: f.server.opts.Port, TLSPort: f.server.opts.TLSPort, TLS: f.server.opts.TLS}
		before := f.dial()
		before.ask("PING", "+PONG\r\n")
		old := f.server.Addrs()[0]

		if err := f.rebind(here); err != nil || f.server.Addrs()[0] != old {
			t.Errorf("the same endpoints: %v, at %v and not %v", err, f.server.Addrs(), old)
		}
		there := here
		there.Bind = []string{"127.0.0.1", "-203.0.113.7"}
		if err := f.rebind(there); err != nil {
			t.Fatal(err)
		}
		before.ask("PING", "+PONG\r\n")
		f.dial().ask("PING", "+PONG\r\n")
		if nc, err := net.DialTimeout("tcp", old.String(), patience); err == nil {
			nc.Close()
			t.Errorf("%v is still open", old)
		}

		nowhere := here
		nowhere.Bind = []string{"127.0.0.1", "203.0.113.7"}
		if err := f.rebind(nowhere); err == nil {
			t.Error("an address of another machine was bound")
		}
		before.ask("PING", "+PONG\r\n")
		f.dial().ask("PING", "+PONG\r\n")

		closed := Endpoints{Port: -1, TLSPort: -1}
		if err := f.rebind(closed); err != nil || len(f.server.Addrs()) != 0 {
			t.Errorf("closing all: %v, %v", err, f.server.Addrs())
		}
		before.ask("PING", "+PONG\r\n")
	})
}
