package resp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/engine/reference"
)

// socketPath returns a path short enough for a socket.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "resp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// ask sends in and returns all that comes back until the server closes the connection, which it must do by itself if
// closes is set.
func ask(t *testing.T, path, in string, closes bool) string {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	io.WriteString(conn, in) // fails if the server closes early
	if !closes {
		conn.(*net.UnixConn).CloseWrite()
	}
	out, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) { // a reset says that the server left bytes of ours unread
		t.Errorf("%.200q: %v", in, err)
	}
	return string(out)
}

// answer does what the reference server does with in, for the commands PING and ECHO and those that do not exist.
func answer(in string, lim *Limits) (out string, closes bool) {
	var f Framer
	var w Writer
	for rest := []byte(in); ; {
		args, consumed, err := f.Next(rest, lim)
		rest = rest[consumed:]
		if err != nil {
			w.Error("ERR", err.Error())
			return string(w.Bytes()), true
		}
		if args == nil {
			return string(w.Bytes()), false
		}
		answerCommand(&w, args, lim.Authenticated)
	}
}

func answerCommand(w *Writer, args [][]byte, authenticated bool) {
	name := string(args[0])
	switch {
	case name != "PING" && name != "ECHO":
		w.Error("ERR", unknownCommand(args))
	case len(args) > 2 || (name == "ECHO" && len(args) != 2):
		w.Error("ERR", fmt.Sprintf("wrong number of arguments for '%s' command", strings.ToLower(name)))
	case !authenticated:
		w.Error("NOAUTH", "Authentication required.")
	case len(args) == 2:
		w.Bulk(args[1])
	default:
		w.Status("PONG")
	}
}

// unknownCommand shows as much of a command as the reference server does: 128 bytes each of name and arguments, and
// nothing after a NUL.
func unknownCommand(args [][]byte) string {
	cut := func(b []byte, n int) string {
		b, _, _ = bytes.Cut(b, []byte{0})
		return string(b[:min(len(b), n)])
	}
	shown := ""
	for _, arg := range args[1:] {
		if len(shown) < 128 {
			shown += "'" + cut(arg, 128-len(shown)) + "' "
		}
	}
	return fmt.Sprintf("unknown command '%s', with args beginning with: %s", cut(args[0], 128), shown)
}

func TestFramingIsThatOfTheReferenceServer(t *testing.T) {
	open := DefaultLimits()
	stranger := open
	stranger.Authenticated = false
	noCommands := []string{"--rename-command", "GET", "", "--rename-command", "SET", ""}
	servers := []struct {
		path string
		lim  *Limits
	}{
		{reference.Start(t, noCommands...), &open},
		{reference.Start(t, append(noCommands, "--requirepass", "x")...), &stranger},
	}
	compare := func(in string) {
		for _, s := range servers {
			want, closes := answer(in, s.lim)
			if got := ask(t, s.path, in, closes); got != want {
				t.Errorf("%.300q (authenticated: %v)\nthe reference answers %.300q\nwe answer             %.300q",
					in, s.lim.Authenticated, got, want)
			}
		}
	}
	for _, c := range framerCases() {
		if c.name != "a line over the limit though it ends" { // depends on how the server happens to read it
			compare(c.in)
		}
	}
	compare("*10\r\n" + strings.Repeat("$1\r\nz\r\n", 10))
	compare("*11\r\n" + strings.Repeat("$1\r\nz\r\n", 11))
	for _, n := range []int{16384, 16385, 40000} {
		compare(fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\nPING\r\n", n, strings.Repeat("z", n)))
	}
	random := rand.New(rand.NewPCG(referenceSeed, 0))
	for range 400 {
		compare(fragments(random))
	}
}

// referenceSeed is fixed: what differs from the reference server differs for everybody.
const referenceSeed = 20261

// fragments returns a stream of pieces that often make a command.
func fragments(random *rand.Rand) string {
	pieces := []string{
		"*1\r\n", "*2\r\n", "*3\r\n", "*0\r\n", "*-1\r\n", "*2\r\n$4\r\nECHO\r\n", "$1\r\nz\r\n", "$2\r\nzq\r\n", "$3\r\nz\x00q\r\n",
		"$0\r\n\r\n", "PING\r\n", "ECHO ", `"z\x00q"`, `"\n\xfFz"`, `'z\'q'`, `"`, `'`, `\`, "\r\n", "\r\n", "\n", "\r", " ", "\t", "\v",
		"z", "q ", "\x00", "$", "*", "-", "+", "1", "0", "2\r\n", "zq\r\n",
	}
	var b strings.Builder
	for range random.IntN(12) + 1 {
		b.WriteString(pieces[random.IntN(len(pieces))])
	}
	return b.String()
}

func TestWriterFormsAreThoseOfTheReferenceServer(t *testing.T) {
	path := reference.Start(t, "--enable-debug-command", "yes")
	threeInts := func(w *Writer) { w.Int(0); w.Int(1); w.Int(2) }
	forms := map[string]func(w *Writer){
		"string":   func(w *Writer) { w.BulkString("Hello World") },
		"integer":  func(w *Writer) { w.Int(12345) },
		"double":   func(w *Writer) { w.Double(3.141) },
		"null":     func(w *Writer) { w.Null() },
		"array":    func(w *Writer) { w.Array(3); threeInts(w) },
		"set":      func(w *Writer) { w.Set(3); threeInts(w) },
		"verbatim": func(w *Writer) { w.Verbatim("txt", []byte("This is a verbatim\nstring")) },
		"true":     func(w *Writer) { w.Bool(true) },
		"false":    func(w *Writer) { w.Bool(false) },
		"bignum":   func(w *Writer) { w.BigNumber("1234567999999999999999999999999999999") },
	}
	forms["map"] = func(w *Writer) {
		w.Map(3)
		for i := range int64(3) {
			w.Int(i)
			w.Bool(i == 1)
		}
	}
	for name, write := range forms {
		var w Writer
		write(&w)
		if got := ask(t, path, "DEBUG PROTOCOL "+name+"\n", false); got != string(w.Bytes()) {
			t.Errorf("RESP2 %s: the reference writes %q, we %q", name, got, w.Bytes())
		}
		w.Reset()
		w.SetProto(RESP3)
		write(&w)
		got := ask(t, path, "HELLO 3\nDEBUG PROTOCOL "+name+"\n", false)
		if !strings.HasSuffix(got, string(w.Bytes())) {
			t.Errorf("RESP3 %s: the reference writes %q, we %q", name, got, w.Bytes())
		}
	}
}

// show lets redis-cli print a reply.
func show(t *testing.T, program, reply, option string) string {
	t.Helper()
	listener, err := net.Listen("unix", socketPath(t))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() { // ends with redis-cli
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var request [100]byte
		if _, err := conn.Read(request[:]); err == nil {
			io.WriteString(conn, reply)
			io.Copy(io.Discard, conn)
		}
	}()
	out, err := exec.CommandContext(t.Context(), program, "-s", listener.Addr().String(), option, "x").CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli %s: %v %.300q\n%.3000q", option, err, out, reply)
	}
	return string(out)
}

// plain returns v without what redis-cli cannot show: attributes, big numbers, and bytes in lines that end its strings.
func plain(v Value) Value {
	v.Attrs = nil
	switch v.Kind {
	case KindBigNumber:
		v.Kind = KindBulk
	case KindStatus, KindError:
		v.Str = AppendQuoted(nil, v.Str)
	}
	for i := range v.Elems {
		v.Elems[i] = plain(v.Elems[i])
	}
	return v
}

func TestRepliesShowAsInRedisCli(t *testing.T) {
	program, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Skip("no redis-cli here")
	}
	values := make([]Value, 0, 100)
	for _, c := range formatCases() {
		values = append(values, c.v)
	}
	values = append(values, rapid.Custom(func(t *rapid.T) Value {
		several := make([]Value, 30)
		for i := range several {
			several[i] = anyValue(t, 4)
		}
		return elems(KindArray, several...)
	}).Example(referenceSeed))
	for _, v := range values {
		if v = plain(v); v.Kind == KindPush { // redis-cli waits for the reply after it
			continue
		}
		w := Writer{resp3: true}
		write(&w, v)
		if got := show(t, program, string(w.Bytes()), "--no-raw"); got != v.Format()+"\n" {
			t.Errorf("%.500q\nredis-cli shows %.500q\nwe show         %.500q", w.Bytes(), got, v.Format()+"\n")
		}
		if got := show(t, program, string(w.Bytes()), "--raw"); got != v.Raw()+"\n" {
			t.Errorf("%.500q\nraw, redis-cli prints %.500q\nwe print              %.500q", w.Bytes(), got, v.Raw()+"\n")
		}
	}
}
