package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"perigee/engine"
)

// TestPauseHoldsInput has commands of a pipeline held back, whole and in
// parts, and executed once, in order, when the pause ends or is ended.
func TestPauseHoldsInput(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		for _, byTime := range []bool{false, true} {
			f := serve(t, how, nil)
			admin, c := f.dial(), f.dial()
			value := strings.Repeat("v", 100_000)
			admin.ask("CLIENT PAUSE 1000 WRITE", "+OK\r\n")
			c.send("GET a\r\nAPPEND a 1\r\nGET a\r\n*3\r\n$6\r\nAPPEND\r\n$1\r\nb\r\n$100000\r\n" + value[1:])
			c.expect("$-1\r\n")
			f.untilHeld(admin, 1)
			c.send("v\r\nPING\r\n")
			admin.ask("EXISTS a", ":0\r\n")
			if byTime {
				f.advance(time.Second)
			} else {
				admin.ask("CLIENT UNPAUSE", "+OK\r\n")
			}
			c.expect(":1\r\n$1\r\n1\r\n:100000\r\n+PONG\r\n")
			admin.ask("MGET a", "*1\r\n$1\r\n1\r\n")
		}
	})
}

// TestPauseKeepsQuotes has inline commands with quotes held back.
func TestPauseKeepsQuotes(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		_, admin, c := serveHeld(t, how, "SET a \"x \\x41\"\r\nSET 'b c' 'y z'\r\nMGET a 'b c'\r\n")
		admin.ask("CLIENT UNPAUSE", "+OK\r\n")
		c.expect("+OK\r\n+OK\r\n*2\r\n$3\r\nx A\r\n$3\r\ny z\r\n")
	})
}

// TestPauseForgetsWhoLeaves has a client that is held back close its
// connection.
func TestPauseForgetsWhoLeaves(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f, admin, c := serveHeld(t, how, "SET a 1\r\n")
		c.Close()
		f.untilHeld(admin, 0)
		admin.ask("CLIENT UNPAUSE", "+OK\r\n")
		admin.ask("EXISTS a", ":0\r\n")
	})
}

// serveHeld has a client send what begins with a write while writes are paused.
func serveHeld(t *testing.T, how path, in string) (f *fixture, admin, c *peer) {
	f = serve(t, how, nil)
	admin, c = f.dial(), f.dial()
	admin.ask("CLIENT PAUSE 1000 WRITE", "+OK\r\n")
	c.send(in)
	f.untilHeld(admin, 1)
	return f, admin, c
}

// untilHeld waits until so many clients are held back.
func (f *fixture) untilHeld(admin *peer, n int) {
	f.t.Helper()
	want := fmt.Sprintf("blocked_clients:%d\r\n", n)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		admin.send("INFO clients\r\n")
		if strings.Contains(admin.bulk(), want) {
			return
		}
	}
	f.t.Fatalf("waited in vain until %d clients are held back", n)
}

// TestMessagesComeUnasked has clients that wait for what others do get it
// without asking.
func TestMessagesComeUnasked(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, nil)
		reads, all, sees, c := f.dial(), f.dial(), f.dial(), f.dial()
		for p, command := range map[*peer]string{reads: "CLIENT TRACKING ON\r\n", all: "CLIENT TRACKING ON BCAST\r\n"} {
			p.send("HELLO 3\r\n" + command)
			p.skipTo("+OK\r\n")
		}
		reads.ask("GET a", "_\r\n")
		sees.ask("MONITOR", "+OK\r\n")
		c.ask("SET a 1", "+OK\r\n")
		reads.expect(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n")
		all.expect(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n")
		sees.skipTo(`"SET" "a" "1"` + "\r\n")
	})
}

// TestMonitorIsBounded closes a monitor that does not read what it is shown,
// when that exceeds the bound of normal clients.
func TestMonitorIsBounded(t *testing.T) {
	onEveryPath(t, func(t *testing.T, how path) {
		f := serve(t, how, func(s *engine.Settings, _ *Options) { s.OutputLimits[0].Hard = 1 << 20 })
		m, c := f.dial(), f.dial()
		m.ask("MONITOR", "+OK\r\n")
		text := strings.Repeat("x", 60_000)
		for monitors := true; monitors; {
			for range 20 {
				c.ask("ECHO "+text, "$60000\r\n"+text+"\r\n")
			}
			c.send("CLIENT LIST\r\n")
			monitors = strings.Contains(c.bulk(), " flags=O ")
		}
	})
}

// bulk reads a reply of one bulk string.
func (p *peer) bulk() string {
	p.t.Helper()
	header := p.line()
	n := 0
	for _, d := range strings.TrimSpace(header[1:]) {
		n = 10*n + int(d-'0')
	}
	var b strings.Builder
	for b.Len() < n+2 {
		b.WriteString(p.line())
	}
	return b.String()
}

// skipTo reads until what came ends with text.
func (p *peer) skipTo(text string) {
	p.t.Helper()
	for got := ""; !strings.HasSuffix(got, text); {
		got += p.line()
	}
}

func (p *peer) line() string {
	p.t.Helper()
	line, err := p.r.ReadString('\n')
	if err != nil {
		p.t.Fatal(err)
	}
	return line
}
