package engine

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/engine/resp"
)

// migrationTarget is another server that replies what a test says, one reply to each
// request, and then no more.
func migrationTarget(t *testing.T, replies ...string) (port string, requests chan []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	requests = make(chan []string, 100)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := resp.NewReader(conn)
		for _, reply := range replies {
			v, err := r.Read()
			if err != nil {
				return
			}
			var words []string
			for _, e := range v.Elems {
				words = append(words, string(e.Str))
			}
			requests <- words
			if _, err := conn.Write([]byte(reply)); err != nil {
				return
			}
		}
		close(requests)
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, requests
}

// migrating is an engine whose goroutines wake a test.
type migrating struct {
	*testEngine
	woken chan struct{}
}

func newMigrating(te *testEngine) *migrating {
	m := &migrating{te, make(chan struct{}, 1)}
	te.SetWake(func() {
		select {
		case m.woken <- struct{}{}:
		default:
		}
	}, func() {})
	return m
}

// turn waits until a goroutine is done, and turns the loop.
func (m *migrating) turn(t *testing.T) {
	t.Helper()
	select {
	case <-m.woken:
		m.advance(0)
	case <-time.After(time.Minute):
		t.Fatal("nobody wakes the loop")
	}
}

// settled turns the engine's loop until the client is not blocked any more,
// and returns its reply.
func (m *migrating) settled(t *testing.T, c *Client) string {
	t.Helper()
	for c.blocked != nil {
		m.turn(t)
	}
	return take(c)
}

func TestMigrateSendsAndRemoves(t *testing.T) {
	te := newMigrating(newTestEngine(t))
	te.do("SET a 1")
	te.do("SET b 2 PX 5000")
	port, requests := migrationTarget(t, "+OK\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\n")
	te.Execute(te.c, [][]byte{[]byte("MIGRATE"), []byte("127.0.0.1"), []byte(port), nil, []byte("3"), []byte("60000"), []byte("REPLACE"),
		[]byte("AUTH2"), []byte("me"), []byte("secret"), []byte("KEYS"), []byte("a"), []byte("nosuch"), []byte("b"), []byte("a")})
	if got := te.settled(t, te.c); got != "+OK\r\n" {
		t.Fatal(got)
	}
	for _, want := range []string{"AUTH me secret", "SELECT 3", "RESTORE a 0 payload REPLACE", "RESTORE b 5000 payload REPLACE"} {
		words := <-requests
		if words[0] == "RESTORE" {
			words[3] = "payload"
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
	if got := te.do("EXISTS a b"); got != ":0\r\n" {
		t.Fatal(got)
	}
	if len(te.watched) != 0 {
		t.Fatal("somebody still watches")
	}
}

func TestMigrateFails(t *testing.T) {
	busy := "-BUSYKEY Target key name already exists.\r\n"
	cases := []struct {
		name, line string
		replies    []string
		want       string
		left       string // of a and b
	}{
		{"a copy stays", "a 0 60000 COPY", []string{"+OK\r\n", "+OK\r\n"}, "+OK\r\n", ":2\r\n"},
		{"a key that is there already", "a 0 60000", []string{"+OK\r\n", busy}, "-ERR Target instance replied with error: BUSYKEY Target key name already exists.\r\n", ":2\r\n"},
		{"one key of two", "'' 0 60000 KEYS a b", []string{"+OK\r\n", busy, "+OK\r\n"}, "-ERR Target instance replied with error: BUSYKEY Target key name already exists.\r\n", ":1\r\n"},
		{"a database that is not there", "a 99 60000", []string{"-ERR DB index is out of range\r\n", "+OK\r\n"}, "-ERR Target instance replied with error: ERR DB index is out of range\r\n", ":2\r\n"},
		{"a wrong password", "a 0 60000 AUTH no", []string{"-WRONGPASS no\r\n", "+OK\r\n", "+OK\r\n"}, "-ERR Target instance replied with error: WRONGPASS no\r\n", ":2\r\n"},
		{"a connection that ends", "a 0 60000", []string{"+OK\r\n"}, "-IOERR error or timeout reading to target instance\r\n", ":2\r\n"},
		{"a connection that ends after one key", "'' 0 60000 KEYS a b", []string{"+OK\r\n", "+OK\r\n"}, "-IOERR error or timeout reading to target instance\r\n", ":1\r\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			te := newMigrating(newTestEngine(t))
			te.do("SET a 1")
			te.do("SET b 2")
			port, _ := migrationTarget(t, c.replies...)
			var argv [][]byte
			for _, w := range strings.Fields("MIGRATE 127.0.0.1 " + port + " " + c.line) {
				argv = append(argv, []byte(strings.Trim(w, "'")))
			}
			te.Execute(te.c, argv)
			if got := te.settled(t, te.c); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := te.do("EXISTS a b"); got != c.left {
				t.Errorf("left: %s", got)
			}
		})
	}
}

// TestMigrateMeetsOthers lets others work while keys are on their way.
func TestMigrateMeetsOthers(t *testing.T) {
	te := newMigrating(newTestEngine(t))
	for _, key := range []string{"changed", "gone", "same"} {
		te.do("SET " + key + " 1")
	}
	port, _ := migrationTarget(t, "+OK\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\n")
	te.Execute(te.c, [][]byte{[]byte("MIGRATE"), []byte("127.0.0.1"), []byte(port), nil, []byte("0"), []byte("60000"), []byte("KEYS"),
		[]byte("changed"), []byte("gone"), []byte("same")})
	other := te.connect(t)
	if got := te.on(other, "CLIENT UNBLOCK "+strconv.FormatUint(te.c.ID, 10)); got != ":0\r\n" {
		t.Errorf("CLIENT UNBLOCK: %s", got)
	}
	te.on(other, "APPEND changed 2")
	te.on(other, "DEL gone")
	if got, want := te.settled(t, te.c), "-ERR 1 keys changed while they were sent: they stay, and the target has them as they were\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := te.do("KEYS *"); got != "*1\r\n$7\r\nchanged\r\n" {
		t.Errorf("left: %q", got)
	}
}

// TestMigrateForAClientThatGoes finishes what the client has begun.
func TestMigrateForAClientThatGoes(t *testing.T) {
	te := newMigrating(newTestEngine(t))
	te.do("SET a 1")
	port, _ := migrationTarget(t, "+OK\r\n", "+OK\r\n")
	c := te.connect(t)
	te.on(c, "MIGRATE 127.0.0.1 "+port+" a 0 60000")
	te.Disconnect(c)
	for te.do("EXISTS a") == ":1\r\n" {
		te.turn(t)
	}
	if got := take(c); got != "" {
		t.Errorf("a client that has gone gets %q", got)
	}
}

func TestMigrateIsRefusedWhereItCannotWait(t *testing.T) {
	te := newMigrating(newTestEngine(t))
	te.do("SET a 1")
	te.do("MULTI")
	te.do("MIGRATE 127.0.0.1 1 a 0 100")
	te.do("MIGRATE 127.0.0.1 1 nosuch 0 100")
	if got := te.do("EXEC"); got != "*2\r\n-"+errMigrateNoParked.Error()+"\r\n+NOKEY\r\n" {
		t.Fatalf("%q", got)
	}
	if len(te.watched) != 0 {
		t.Fatal("somebody still watches")
	}
}
