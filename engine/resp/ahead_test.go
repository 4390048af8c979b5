package resp

import (
	"fmt"
	"strings"
	"testing"
)

// frameAhead runs input through a Framer as a server does that reads ahead and
// now and then forgets what it read, and writes down commands and error.
func frameAhead(input string, lim *Limits, forget func() bool) string {
	var f Framer
	var a Ahead
	var out strings.Builder
	for buf := []byte(input); ; {
		if f.Drained() {
			f.Ahead(buf, lim, &a)
		}
		args, n, err := f.Next(buf, lim)
		buf = buf[n:]
		switch {
		case err != nil:
			return out.String() + "!" + err.Error()
		case args == nil && len(buf) > 0:
			return out.String() + "..."
		case args == nil:
			return out.String()
		}
		fmt.Fprintf(&out, "%q", args)
		if forget() {
			f.Forget()
			buf = []byte(string(buf)) // it may move then
		}
	}
}

func TestAheadChangesNoCommand(t *testing.T) {
	many := strings.Repeat("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", 40) + "*20\r\n" + strings.Repeat("$1\r\na\r\n", 20)
	cases := append(framerCases(), framerCase{in: many}, framerCase{in: many + "PING\r\n" + many + "*1\r\n$3\r\nab"}, framerCase{in: many + "*1\r\n+\r\n"})
	for _, authenticated := range []bool{true, false} {
		lim := DefaultLimits()
		lim.Authenticated = authenticated
		for _, c := range cases {
			want, calls := frame(c.in, &lim, whole), 0
			for name, forget := range map[string]func() bool{
				"keeping":    func() bool { return false },
				"forgetting": func() bool { calls++; return calls%3 == 0 },
			} {
				if got := frameAhead(c.in, &lim, forget); got != want {
					t.Errorf("%.60q, %s: %.200s\nwant %.200s", c.in, name, got, want)
				}
			}
		}
	}
}

func TestAheadReadsSeveral(t *testing.T) {
	lim := DefaultLimits()
	get := "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
	for _, c := range []struct {
		in   string
		want int
	}{
		{"", 0}, {"PING\r\n", 0}, {get, 1}, {get + get + get[:10], 2}, {get + "*1\r\n+\r\n" + get, 1}, {strings.Repeat(get, 100), maxAhead},
		{get + "*0\r\n" + get, 1}, {get + "*17\r\n" + strings.Repeat("$1\r\na\r\n", 17) + get, 1},
	} {
		var f Framer
		var a Ahead
		if got := f.Ahead([]byte(c.in), &lim, &a); len(got) != c.want {
			t.Errorf("%.60q: %d commands, want %d", c.in, len(got), c.want)
		}
		f.Forget()
		for _, arg := range a.arena[:cap(a.arena)] {
			if arg != nil {
				t.Errorf("%.60q: still holds %q", c.in, arg)
			}
		}
		for _, argv := range a.argv[:cap(a.argv)] {
			if argv != nil {
				t.Errorf("%.60q: still holds %q", c.in, argv)
			}
		}
	}
}

// TestAheadHoldsStrangersToTheirBounds has a client lose its authentication
// after more was read ahead than a stranger may send.
func TestAheadHoldsStrangersToTheirBounds(t *testing.T) {
	ping := "*1\r\n$4\r\nPING\r\n"
	for in, want := range map[string]error{
		ping + "*11\r\n" + strings.Repeat("$1\r\na\r\n", 11):            errCountOfStranger,
		ping + "*1\r\n$16385\r\n" + strings.Repeat("a", 16385) + "\r\n": errLengthOfStranger,
		ping + ping: nil,
	} {
		var f Framer
		var a Ahead
		lim, buf := DefaultLimits(), []byte(in)
		if got := f.Ahead(buf, &lim, &a); len(got) != 2 {
			t.Fatalf("%.60q: %d commands, want 2", in, len(got))
		}
		_, n, _ := f.Next(buf, &lim)
		lim.Authenticated = false
		if args, _, err := f.Next(buf[n:], &lim); err != want || err == nil && string(args[0]) != "PING" {
			t.Errorf("%.60q: %.60q and %v, want %v", in, args, err, want)
		}
	}
}
