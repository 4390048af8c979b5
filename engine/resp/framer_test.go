package resp

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// frame runs all of input through a Framer and a Buffer in pieces whose sizes come from next, as a server does, and
// writes down commands and error.
func frame(input string, lim *Limits, next func() int) string {
	var f Framer
	var b Buffer
	var out strings.Builder
	for len(input) > 0 {
		space := b.Free(f.Need())
		n := copy(space[:min(max(next(), 1), len(space))], input)
		b.Wrote(n)
		input = input[n:]
		for {
			args, consumed, err := f.Next(b.Bytes(), lim)
			b.Consume(consumed)
			if err != nil {
				return out.String() + "!" + err.Error()
			}
			if args == nil {
				break
			}
			fmt.Fprintf(&out, "%q", args)
		}
	}
	if b.Len() > 0 {
		out.WriteString("...")
	}
	return out.String()
}

func whole() int   { return 1 << 20 }
func oneByte() int { return 1 }

type framerCase struct{ name, in, want string }

func framerCases() []framerCase {
	long := strings.Repeat("a", 65536)
	return []framerCase{
		{"a command", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", `["GET" "k"]`},
		{"two commands", "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPONG\r\n", `["PING"]["PONG"]`},
		{"half a command", "*2\r\n$3\r\nGET\r\n$1\r\n", `...`},
		{"an empty argument", "*2\r\n$1\r\na\r\n$0\r\n\r\n", `["a" ""]`},
		{"line ends in an argument", "*1\r\n$4\r\n\r\n\r\n\r\n", `["\r\n\r\n"]`},
		{"no arguments are no command", "*0\r\n*-1\r\n*-9\r\n*1\r\n$1\r\na\r\n", `["a"]`},
		{"empty lines are no commands", "\r\n\n  \r\nPING\r\n", `["PING"]`},
		{"an inline command", "set k  v\r\n", `["set" "k" "v"]`},
		{"an inline command without CR", "get k\n", `["get" "k"]`},
		{"inline words apart by tabs", "\tget\tk \n", `["get" "k"]`},
		{"inline and multibulk mixed", "PING\r\n*1\r\n$1\r\na\r\nPING\r\n", `["PING"]["a"]["PING"]`},
		{"double quotes", `set "a b" "\x41\n\"\q"` + "\n", `["set" "a b" "A\n\"q"]`},
		{"single quotes", `set 'a\'b' '\n'` + "\n", `["set" "a'b" "\\n"]`},
		{"an empty quoted word", `set "" ''` + "\n", `["set" "" ""]`},
		{"a quote opens within a word", `ab"c d"` + "\n", `["abc d"]`},
		{"a quote that does not end", "set \"a\n", "!Protocol error: unbalanced quotes in request"},
		{"a quote followed by a word", "set 'a'b\n", "!Protocol error: unbalanced quotes in request"},
		{"a NUL hides the end of a line", "ab\x00c\r\n", "..."},
		{"a NUL hides the end of a count", "*1\x00\r\n$1\r\na\r\n", "..."},
		{"a line of the limit", long + "\n", `["` + long + `"]`},
		{"a line over the limit", long + "a", "!Protocol error: too big inline request"},
		{"a line over the limit though it ends", long + "aa\n", "!Protocol error: too big inline request"},
		{"a NUL and a line over the limit", "\x00" + long + "\n", "!Protocol error: too big inline request"},
		{"a count over the limit", "*" + long, "!Protocol error: too big mbulk count string"},
		{"a length over the limit", "*1\r\n$" + long, "!Protocol error: too big bulk count string"},
		{"a count that is no number", "*x\r\n", "!Protocol error: invalid multibulk length"},
		{"a count with a plus", "*+1\r\n", "!Protocol error: invalid multibulk length"},
		{"a count with a leading zero", "*01\r\n", "!Protocol error: invalid multibulk length"},
		{"an empty count", "*\r\n", "!Protocol error: invalid multibulk length"},
		{"a lone minus", "*-\r\n", "!Protocol error: invalid multibulk length"},
		{"minus zero", "*-0\r\n", "!Protocol error: invalid multibulk length"},
		{"the largest count", "*2147483647\r\n", "..."},
		{"a count beyond 32 bits", "*2147483648\r\n", "!Protocol error: invalid multibulk length"},
		{"a count beyond 64 bits", "*9223372036854775808\r\n", "!Protocol error: invalid multibulk length"},
		{"a negative count of 64 bits", "*-9223372036854775807\r\nPING\r\n", `["PING"]`},
		{"a length that is no number", "*1\r\n$x\r\n", "!Protocol error: invalid bulk length"},
		{"a negative length", "*1\r\n$-1\r\n", "!Protocol error: invalid bulk length"},
		{"an empty length", "*1\r\n$\r\n", "!Protocol error: invalid bulk length"},
		{"the largest length", "*1\r\n$536870912\r\n", "..."},
		{"a length over the limit of arguments", "*1\r\n$536870913\r\n", "!Protocol error: invalid bulk length"},
		{"a length of 64 bits", "*1\r\n$9223372036854775807\r\n", "!Protocol error: invalid bulk length"},
		{"no dollar sign", "*1\r\n:1\r\n", "!Protocol error: expected '$', got ':'"},
		{"a line end for a dollar sign", "*1\r\n\r\n", "!Protocol error: expected '$', got '\r'"},
		{"the error comes after good commands", "PING\r\n*1\r\n+\r\n", `["PING"]!Protocol error: expected '$', got '+'`},
		{"the bytes after lengths and arguments do not matter", "*1\rX$2\rYabZZPING\r\n", `["ab"]["PING"]`},
	}
}

func TestFramerCases(t *testing.T) {
	lim := DefaultLimits()
	for _, c := range framerCases() {
		t.Run(c.name, func(t *testing.T) {
			if got := frame(c.in, &lim, whole); got != c.want {
				t.Errorf("at once: %.200s\nwant %.200s", got, c.want)
			}
			if got := frame(c.in, &lim, oneByte); got != c.want {
				t.Errorf("by single bytes: %.200s\nwant %.200s", got, c.want)
			}
		})
	}
}

// TestFramerLeavesItsInput frames commands, of which a server may have to frame
// one again that it holds back.
func TestFramerLeavesItsInput(t *testing.T) {
	lim := DefaultLimits()
	for _, c := range framerCases() {
		buf := []byte(c.in)
		var f Framer
		for rest := buf; ; {
			args, n, err := f.Next(rest, &lim)
			if rest = rest[n:]; args == nil || err != nil {
				break
			}
		}
		if string(buf) != c.in {
			t.Errorf("%s: %.60q became %.60q", c.name, c.in, buf)
		}
	}
}

func TestFramerLimits(t *testing.T) {
	small := Limits{Inline: 8, Bulk: 10, Args: 2, QueryBuffer: 30, Authenticated: true}
	stranger := DefaultLimits()
	stranger.Authenticated = false
	huge := Limits{Inline: math.MaxInt, Bulk: math.MaxInt, Args: math.MaxInt, QueryBuffer: 1000, Authenticated: true}
	arg := "$16384\r\n" + strings.Repeat("a", 16384) + "\r\n"
	cases := []struct {
		name     string
		lim      *Limits
		in, want string
	}{
		{"a line of the limit", &small, "12345678\n", `["12345678"]`},
		{"a line over the limit", &small, "123456789\n", "!Protocol error: too big inline request"},
		{"arguments of the limit", &small, "*2\r\n$1\r\na\r\n$1\r\nb\r\n", `["a" "b"]`},
		{"too many arguments", &small, "*3\r\n", "!Protocol error: invalid multibulk length"},
		{"an argument of the limit", &small, "*1\r\n$10\r\n0123456789\r\n", `["0123456789"]`},
		{"too large an argument", &small, "*1\r\n$11\r\n", "!Protocol error: invalid bulk length"},
		{"an unfinished command of the limit", &small, "*2\r\n$10\r\n0123456789\r\n$10\r\n0123", "..."},
		{"an unfinished command over the limit", &small, "*2\r\n$10\r\n0123456789\r\n$10\r\n01234", "!query buffer limit reached"},
		{"a stranger's arguments", &stranger, "*10\r\n", "..."},
		{"too many arguments of a stranger", &stranger, "*11\r\n", "!Protocol error: unauthenticated multibulk length"},
		{"a stranger's argument", &stranger, "*1\r\n" + arg, `["` + strings.Repeat("a", 16384) + `"]`},
		{"too large an argument of a stranger", &stranger, "*1\r\n$16385\r\n", "!Protocol error: unauthenticated bulk length"},
		{"no bounds and the largest length", &huge, "*1\r\n$9223372036854775807\r\n", "..."},
		{"no bounds and the largest lengths", &huge, "*2\r\n$1\r\na\r\n$9223372036854775807\r\nabc", "..."},
		{"no bounds on lines", &huge, "abc\n", `["abc"]`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := frame(c.in, c.lim, oneByte); got != c.want {
				t.Errorf("got %.200s\nwant %.200s", got, c.want)
			}
		})
	}
}

func TestFramerErrorIsFinal(t *testing.T) {
	var f Framer
	lim := DefaultLimits()
	_, _, first := f.Next([]byte("*x\r\n"), &lim)
	args, consumed, err := f.Next([]byte("PING\r\n"), &lim)
	var protocol ProtocolError
	if !errors.As(first, &protocol) || err != first || args != nil || consumed != 0 {
		t.Errorf("got %q %d %v after %v", args, consumed, err, first)
	}
}

func TestFramerTellsWhatItNeeds(t *testing.T) {
	var f Framer
	lim := DefaultLimits()
	lim.Bulk = math.MaxInt
	for _, c := range []struct {
		in   string
		need int
	}{
		{"*2\r\n", 0}, {"*2\r\n$10", 0}, {"*2\r\n$100000\r\n", 4 + 9 + 100002}, {"*2\r\n$100000\r\nabc", 4 + 9 + 100002},
	} {
		if _, _, err := f.Next([]byte(c.in), &lim); err != nil || f.Need() != c.need {
			t.Errorf("%q: needs %d, want %d (%v)", c.in, f.Need(), c.need, err)
		}
	}
	f = Framer{}
	if _, _, err := f.Next([]byte("*1\r\n$9223372036854775807\r\n"), &lim); err != nil || f.Need() != math.MaxInt {
		t.Errorf("needs %d (%v)", f.Need(), err)
	}
}

func TestFramerKeepsNothingAfterwards(t *testing.T) {
	var f Framer
	lim := DefaultLimits()
	in := "*1000\r\n" + strings.Repeat("$1\r\na\r\n", 1000)
	args, consumed, err := f.Next([]byte(in), &lim)
	if len(args) != 1000 || consumed != len(in) || err != nil {
		t.Fatalf("%d arguments, %d bytes, %v", len(args), consumed, err)
	}
	if args, _, _ := f.Next(nil, &lim); args != nil {
		t.Errorf("got %q from nothing", args)
	}
	if _, _, err := f.Next([]byte("*1\r\n$1\r\na\r\n"), &lim); err != nil || f.Memory() > 1000 {
		t.Errorf("holds %d bytes (%v)", f.Memory(), err)
	}
	f.Next(nil, &lim)
	for _, arg := range f.args[:cap(f.args)] {
		if arg != nil {
			t.Errorf("still holds %q", arg)
		}
	}
}

func TestFramerArgumentsCannotGrowIntoEachOther(t *testing.T) {
	var f Framer
	lim := DefaultLimits()
	for _, in := range []string{"*2\r\n$1\r\na\r\n$1\r\nb\r\n", "a b\n", "\"a\" \"b\"\n"} {
		args, _, _ := f.Next([]byte(in), &lim)
		_ = append(args[0], "xxxxxxxxxxxxxxx"...)
		if string(args[1]) != "b" {
			t.Errorf("%q: second argument became %q", in, args[1])
		}
	}
}

func TestSplitArgs(t *testing.T) {
	cases := []struct{ in, want string }{
		{"", "[]"}, {" \t ", "[]"}, {"a b", `["a" "b"]`}, {"a\vb", `["a\vb"]`}, {"\va", `["a"]`},
		{`"\x4`, "!"}, {`"\x4g"`, `["x4g"]`}, {`"\xfF"`, `["\xff"]`}, {`"a\`, "!"}, {`a\n`, `["a\\n"]`},
		{`"\a\b\t\r\\"`, `["\a\b\t\r\\"]`}, {`'a"b'`, `["a\"b"]`}, {`"a'b"`, `["a'b"]`}, {`""a`, "!"}, {`a"`, "!"},
		{"a\x00b", `["a"]`}, {"\"a\x00\"", "!"}, {"'a'\x00", `["a"]`},
	}
	for _, c := range cases {
		line := []byte(c.in)
		args, err := SplitArgs(line)
		got := fmt.Sprintf("%q", args)
		if errors.Is(err, ErrQuotes) {
			got = "!"
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.in, got, c.want)
		}
		if string(line) != c.in {
			t.Errorf("%q was changed to %q", c.in, line)
		}
	}
}

func TestFramerDoesNotAllocate(t *testing.T) {
	var f Framer
	lim := DefaultLimits()
	in := []byte(strings.Repeat("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n", 10) + "set key value\r\n")
	allocs := testing.AllocsPerRun(100, func() {
		for rest := in; len(rest) > 0; {
			_, n, _ := f.Next(rest, &lim)
			rest = rest[n:]
		}
		f.Next(nil, &lim)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// FuzzFramer checks that commands do not depend on how the bytes arrive.
func FuzzFramer(f *testing.F) {
	for _, seed := range []string{
		"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "set \"a\\x41\" 'b'\r\n*0\r\n", "*1\r\n$9223372036854775807\r\n", "*3\r\n$1\r\na\r\n:1\r\n",
		"*1\r\n$20\r\n01234567890123456789\r\nPING\r\n", "a\x00b\n", "*-1\r\n\r\n*11\r\n$0\r\n\r\n",
	} {
		f.Add(seed, uint64(1))
	}
	f.Fuzz(func(t *testing.T, in string, seed uint64) {
		for _, lim := range []Limits{
			DefaultLimits(),
			{Inline: 10, Bulk: 20, Args: 3, QueryBuffer: math.MaxInt},
			{Inline: math.MaxInt, Bulk: math.MaxInt, Args: math.MaxInt, QueryBuffer: math.MaxInt, Authenticated: true},
		} {
			want := frame(in, &lim, whole)
			if got := frame(in, &lim, oneByte); got != want {
				t.Fatalf("%q\nat once:         %s\nby single bytes: %s", in, want, got)
			}
			pieces := func() int {
				seed = seed*6364136223846793005 + 1442695040888963407
				return int(seed>>60) + 1
			}
			if got := frame(in, &lim, pieces); got != want {
				t.Fatalf("%q\nat once:   %s\nin pieces: %s", in, want, got)
			}
		}
	})
}

func BenchmarkFramer(b *testing.B) {
	command := func(args ...string) string {
		s := "*" + strconv.Itoa(len(args)) + "\r\n"
		for _, a := range args {
			s += "$" + strconv.Itoa(len(a)) + "\r\n" + a + "\r\n"
		}
		return s
	}
	cases := []struct{ name, in string }{
		{"ping", command("PING")},
		{"get", command("GET", "key:000000001234")},
		{"set", command("SET", "key:000000001234", "xxx")},
		{"set of 200 bytes", command("SET", "key:000000001234", strings.Repeat("x", 200))},
		{"inline", "GET key:000000001234\r\n"},
	}
	lim := DefaultLimits()
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			in := []byte(strings.Repeat(c.in, 100))
			var f Framer
			rest := in
			for b.Loop() {
				_, n, err := f.Next(rest, &lim)
				if err != nil {
					b.Fatal(err)
				}
				if rest = rest[n:]; len(rest) == 0 {
					rest = in
				}
			}
		})
	}
}
