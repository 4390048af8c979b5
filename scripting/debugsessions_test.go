package scripting

import (
	"bufio"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"perigee/engine/resp"
)

// debugExample is one session of testdata/debug.sessions.
type debugExample struct {
	line   int // where it begins
	mode   string
	eval   []string // the command with the script in its place
	inputs []string
}

// readSessions reads the examples; "> 3 x a, b" sends a and b three times.
func readSessions(t *testing.T) []debugExample {
	t.Helper()
	text, err := os.ReadFile("testdata/debug.sessions")
	if err != nil {
		t.Fatal(err)
	}
	var all []debugExample
	var source []string
	for i, line := range strings.Split(string(text), "\n") {
		if header, ok := strings.CutPrefix(line, "= "); ok {
			words := strings.Fields(header)
			all = append(all, debugExample{line: i + 1, mode: words[0], eval: append([]string{words[1], ""}, words[2:]...)})
			source = nil
			continue
		}
		if len(all) == 0 {
			continue
		}
		x := &all[len(all)-1]
		input, ok := strings.CutPrefix(line, "> ")
		if !ok {
			if len(x.inputs) == 0 {
				source = append(source, line)
				x.eval[1] = strings.Join(source, "\n")
			}
			continue
		}
		if count, inputs, ok := strings.Cut(input, " x "); ok {
			n, err := strconv.Atoi(count)
			if err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
			for range n {
				x.inputs = append(x.inputs, strings.Split(inputs, ", ")...)
			}
			continue
		}
		x.inputs = append(x.inputs, input)
	}
	return all
}

// debugTalk speaks with a debugger, and writes down what is said.
type debugTalk struct {
	send  func(words []string)
	read  func() resp.Value
	lines []string
}

var pointers = regexp.MustCompile(`@0x[0-9a-f]+`)

// talk holds a session until it ends or there is nothing left to send.
func (d *debugTalk) talk(x debugExample) string {
	d.exchange("SCRIPT DEBUG "+x.mode, "SCRIPT", "DEBUG", x.mode)
	if d.exchange("EVAL", x.eval...) {
		return strings.Join(d.lines, "\n")
	}
	for _, input := range x.inputs {
		if d.exchange("> "+input, strings.Fields(input)...) {
			break
		}
	}
	return strings.Join(d.lines, "\n")
}

// exchange tells whether the session has ended.
func (d *debugTalk) exchange(shown string, words ...string) (ended bool) {
	d.send(words)
	d.lines = append(d.lines, shown)
	reply := d.read()
	for _, line := range reply.Elems {
		text := string(line.Str)
		if text == "" && words[0] == "help" { // what follows is Perigee's own
			break
		}
		d.lines = append(d.lines, "  "+pointers.ReplaceAllString(text, "@POINTER"))
		ended = ended || text == "<endsession>"
	}
	if len(reply.Elems) == 0 {
		d.lines = append(d.lines, "  "+reply.Format())
	}
	if ended {
		d.lines = append(d.lines, d.read().Format())
	}
	return ended
}

// talkHere holds a session with this engine.
func talkHere(t *testing.T, x debugExample) string {
	v := newDebugged(t, "NO")
	var pending []resp.Value
	d := &debugTalk{
		send: func(words []string) {
			argv := make([][]byte, len(words))
			for i, w := range words {
				argv[i] = []byte(w)
			}
			v.e.Execute(v.dbg, argv)
		},
		read: func() resp.Value {
			for len(pending) == 0 {
				v.iterate()
				r := resp.NewReader(strings.NewReader(string(v.dbg.Out.Bytes())))
				for reply, err := r.Read(); err == nil; reply, err = r.Read() {
					pending = append(pending, reply)
				}
				v.dbg.Sent(v.dbg.Out.Len())
			}
			reply := pending[0]
			pending = pending[1:]
			return reply
		},
	}
	return d.talk(x)
}

// TestDifferentialDebugSessions holds the same sessions with redis-server.
func TestDifferentialDebugSessions(t *testing.T) {
	o := newOracle(t)
	for _, x := range readSessions(t) {
		if x.mode != "YES" {
			continue // see TestDifferentialSyncSessions
		}
		want, got := o.talk(x), talkHere(t, x)
		if got != want {
			t.Errorf("testdata/debug.sessions:%d\n got:\n%s\nwant:\n%s", x.line, got, want)
		}
	}
}

// TestDifferentialSyncSessions does so in sync mode, where all that is sent is
// read while the command that began the session runs.
func TestDifferentialSyncSessions(t *testing.T) {
	o := newOracle(t)
	for _, x := range readSessions(t) {
		if x.mode != "SYNC" {
			continue
		}
		var want []string
		for _, line := range strings.Split(o.talk(x), "\n") {
			if text, ok := strings.CutPrefix(line, "  "); ok && text != "OK" {
				want = append(want, text)
			} else if strings.HasPrefix(line, "(") || strings.HasPrefix(line, `"`) {
				want = append(want, line)
			}
		}
		v := newDebugged(t, "SYNC")
		v.later = x.inputs
		var argv [][]byte
		for _, w := range x.eval {
			argv = append(argv, []byte(w))
		}
		if got := v.sendArgs(argv...); got != strings.Join(want, "\n") {
			t.Errorf("testdata/debug.sessions:%d\n got:\n%s\nwant:\n%s", x.line, got, strings.Join(want, "\n"))
		}
	}
}

// talk holds a session with redis-server, whose data is then empty again.
func (o *oracle) talk(x debugExample) string {
	o.t.Helper()
	conn, err := net.Dial("unix", o.socket)
	if err != nil {
		o.t.Fatal(err)
	}
	defer conn.Close()
	r := resp.NewReader(bufio.NewReader(conn))
	d := &debugTalk{
		send: func(words []string) {
			if _, err := conn.Write(resp.AppendCommand(nil, words...)); err != nil {
				o.t.Fatal(err)
			}
		},
		read: func() resp.Value {
			reply, err := r.Read()
			if err != nil {
				o.t.Fatalf("testdata/debug.sessions:%d: %v", x.line, err)
			}
			return reply
		},
	}
	d.exchange("FLUSHALL", "FLUSHALL")
	d.lines = nil
	return d.talk(x)
}
