package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"perigee/engine/resp"
)

// Limits of the server that runs the hostile scripts.
const (
	hostileTime     = 100 * time.Millisecond
	hostilePatience = time.Minute // of those that another limit or an error ends
	hostileLoad     = time.Second
	hostileSlack    = 100 * time.Millisecond // for which a script may go on, or keep others waiting, beyond that
	hostileBusy     = 20 * time.Millisecond
	hostileMemory   = 32 << 20
	hostileBound    = 1 << 30 // that the process may take, most of it garbage
)

var hostileFiles = flag.String("hostile", "", "beginning of the names of the files of testdata/hostile whose scripts run; all if empty")

// TestHostileScripts runs every script of testdata/hostile against a server.
// Each must end with one of the replies that it names, soon after its limit,
// while another client is answered, and leave a world in which a probe finds
// everything as it was. The process must neither end nor outgrow its bound.
func TestHostileScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	server := startServer(t, "--ephemeral", "--port", "0", "--script-time-limit", milliseconds(hostileTime), "--busy-reply-threshold", milliseconds(hostileBusy),
		"--script-memory-limit", strconv.Itoa(hostileMemory), "--script-command-limit", "20000", "--script-write-limit", "8mb", "--script-reply-limit", "1mb",
		"--script-pattern-limit", "1000000")
	go func() {
		for server.log.Scan() { // so that the server never waits for its log
		}
	}()
	h := &hostility{t: t, server: server, pid: server.cmd.Process.Pid, conn: dialServer(t, server)}
	h.bound()
	if got := h.do("SET", "kept", "v"); got != `"OK"` {
		t.Fatal(got)
	}
	h.limitTime(hostilePatience)
	h.world = h.probe()
	stop := h.keepAsking(dialServer(t, server))
	for _, script := range hostileScripts(t) {
		if !strings.HasPrefix(script.file, *hostileFiles) {
			continue
		}
		h.run(script)
	}
	stop()
	t.Logf("%d scripts; longest beyond its limit: %s; longest wait of another client: %s; most memory: %d MB (%s)",
		h.scripts, &h.overrun, &h.waits, h.peak>>20, h.largest)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func dialServer(t *testing.T, server *child) *resp.Conn {
	t.Helper()
	conn, err := resp.Dial(context.Background(), "unix", server.socket)
	if err != nil {
		t.Fatal(err)
	}
	conn.Timeout = 2 * hostilePatience
	t.Cleanup(func() { conn.Close() })
	return conn
}

// hostility is a run of the hostile scripts.
type hostility struct {
	t      *testing.T
	server *child
	pid    int
	conn   *resp.Conn
	world  string // what the probe found at first

	scripts int
	overrun longest // beyond a script's limit
	waits   longest // of the other client
	peak    int64   // bytes of the process in memory
	largest string  // the script in which that was
	current atomic.Pointer[hostileScript]
}

// longest is the longest of some spans of time, and in which script it was.
type longest struct {
	span time.Duration
	in   string
}

func (l *longest) add(span time.Duration, in string) {
	if span > l.span {
		l.span, l.in = span, in
	}
}

func (l *longest) String() string {
	return fmt.Sprintf("%s (%s)", l.span.Round(time.Millisecond), l.in)
}

func (h *hostility) do(args ...string) string {
	h.t.Helper()
	reply, err := h.conn.Do(args...)
	var protocol resp.ProtocolError
	if errors.As(err, &protocol) { // the server answered; our side reads no reply that is nested as deep
		h.conn.Close()
		h.conn = dialServer(h.t, h.server)
		return protocol.Error()
	}
	if err != nil {
		h.t.Fatalf("%s: %v", h.current.Load(), err)
	}
	return shownReply(reply)
}

// shownReply is an error's text behind a minus, anything else as JSON.
func shownReply(reply resp.Value) string {
	if err := reply.Err(); err != nil {
		return "-" + err.Error()
	}
	return asJSON(reply)
}

// run runs one script and looks at what is left. How long it took counts as it
// does on a machine that does nothing else: another attempt is made, and time
// in which the server did not run is not the server's.
func (h *hostility) run(script *hostileScript) {
	h.t.Helper()
	h.scripts++
	h.current.Store(script)
	h.limitTime(min(script.limit(), hostilePatience))
	var over time.Duration
	for range 10 {
		watch := startStopwatch(h.pid)
		reply := h.execute(script)
		over = watch.elapsed() - script.limit()
		if !script.answered(reply) {
			h.t.Errorf("%s: got %.200s", script, reply)
		}
		if over <= hostileSlack {
			break
		}
	}
	if over > hostileSlack {
		h.t.Errorf("%s: ended %s after its limit", script, over)
	}
	h.overrun.add(over, script.String())
	h.clean(script)
	if now := h.resident(); now > h.peak {
		h.peak, h.largest = now, script.String()
	}
	if h.peak > hostileBound {
		h.t.Fatalf("%s: the process took %d MB", script, h.peak>>20)
	}
}

// limit is how long a script may take. Libraries may load for longer.
func (s *hostileScript) limit() time.Duration {
	switch {
	case s.functions:
		return hostileLoad
	case slices.ContainsFunc(s.replies, func(r string) bool { return r == "-LIMIT" || strings.HasPrefix(r, "-LIMIT time") }):
		return hostileTime
	}
	return hostilePatience
}

// limitTime sets script-time-limit.
func (h *hostility) limitTime(to time.Duration) {
	h.t.Helper()
	if got := h.do("CONFIG", "SET", "script-time-limit", milliseconds(to)); got != `"OK"` {
		h.t.Fatal(got)
	}
}

func (h *hostility) execute(script *hostileScript) string {
	if !script.functions {
		return h.do("EVAL", script.body, "0")
	}
	if reply := h.do("FUNCTION", "LOAD", script.body); reply != `"lib"` {
		return reply
	}
	reply := h.do("FCALL", "f", "0")
	if got := h.do("FUNCTION", "FLUSH"); got != `"OK"` {
		h.t.Errorf("%s: FUNCTION FLUSH: %s", script, got)
	}
	return reply
}

// clean looks whether a script left anything behind.
func (h *hostility) clean(script *hostileScript) {
	h.t.Helper()
	h.limitTime(hostilePatience)
	if got := h.do("KEYS", "*"); got != `["kept"]` {
		h.t.Errorf("%s: left keys: %.200s", script, got)
		h.do("FLUSHALL")
		h.do("SET", "kept", "v")
	}
	if got := h.probe(); got != h.world {
		h.t.Errorf("%s: the next script saw another world (-before, +after):\n%s", script, cmp.Diff(strings.Split(h.world, `\n`), strings.Split(got, `\n`)))
		h.world = got
	}
	if got := h.do("SCRIPT", "FLUSH"); got != `"OK"` {
		h.t.Errorf("%s: SCRIPT FLUSH: %s", script, got)
	}
}

// probe is a script's view of all that scripts share.
func (h *hostility) probe() string {
	h.t.Helper()
	source, err := os.ReadFile("testdata/hostile/probe.txt")
	if err != nil {
		h.t.Fatal(err)
	}
	world := h.do("EVAL", string(source), "1", "key", "argument")
	if !strings.HasPrefix(world, `"_G `) {
		h.t.Fatalf("the probe fails: %s", world)
	}
	return world
}

// keepAsking has another client send commands all the time. Each must be
// answered, if only with BUSY.
func (h *hostility) keepAsking(conn *resp.Conn) (stop func()) {
	done, asked := make(chan struct{}), make(chan struct{})
	go func() { // ends with stop
		defer close(asked)
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
			script, watch := h.current.Load(), startStopwatch(h.pid)
			reply, err := conn.Do("GET", "kept")
			if err != nil {
				h.t.Errorf("%s: another client: %v", script, err)
				return
			}
			if got := shownReply(reply); got != `"v"` && got != "null" && !strings.HasPrefix(got, "-BUSY ") {
				h.t.Errorf("%s: another client got %s", script, got)
			}
			if script != nil {
				h.waits.add(watch.elapsed(), script.String())
			}
		}
	}()
	return func() { close(done); <-asked }
}

// stopwatch measures how long a process takes for something: the time that
// passes, or that it has the processor, whichever is less. On a machine that is
// busy with other things the second is what it would take on an idle one.
type stopwatch struct {
	pid       int
	started   time.Time
	processor time.Duration
}

func startStopwatch(pid int) stopwatch {
	return stopwatch{pid, time.Now(), processorTime(pid)}
}

func (w stopwatch) elapsed() time.Duration {
	return min(time.Since(w.started), processorTime(w.pid)-w.processor)
}
