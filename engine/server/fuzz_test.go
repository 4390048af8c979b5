package server

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/engine"
)

// exchange sends data in pieces whose lengths cuts decides, half-closes, and
// returns all that is answered before the server closes.
func (f *fixture) exchange(data []byte, cuts *rand.Rand) []byte {
	p := f.dial()
	defer p.Close()
	go func() {
		for rest := data; len(rest) > 0; {
			n := 1 + cuts.IntN(min(len(rest), 1+cuts.IntN(300)))
			if _, err := p.Write(rest[:n]); err != nil {
				return // The server closed in the middle, as it may.
			}
			rest = rest[n:]
		}
		p.Conn.(interface{ CloseWrite() error }).CloseWrite()
	}()
	answer, err := io.ReadAll(p.r)
	if err != nil && strings.Contains(err.Error(), "timeout") {
		f.t.Fatalf("hangs after %q", answer)
	}
	return answer
}

// Whatever bytes come, in whatever pieces, over whatever path: the server
// answers and closes, and serves the next client.
func FuzzConnection(f *testing.F) {
	for _, seed := range []string{
		"PING\r\n", "*1\r\n$4\r\nPING\r\n", "*0\r\n*-1\r\nECHO 'a b'\r\n", "*1\r\n$9223372036854775807\r\n", "*9223372036854775807\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\n\r\n", "$5 GET a\r\n", "MULTI\r\nSET a b\r\nEXEC\r\nSUBSCRIBE c\r\nPING\r\n", "x.wait k\r\nPING\r\n",
		"HELLO 3\r\nQUIT\r\nPING\r\n", "x.big 70000\r\nx.big 70000\r\n", "*2\r\n$4\r\nECHO\r\n$100000\r\nshort", "CLIENT REPLY OFF\r\nPING\r\n",
	} {
		f.Add([]byte(seed), uint64(1))
	}
	small := func(s *engine.Settings, _ *Options) {
		s.QueryBufferLimit, s.MaxBulkLen = 1<<20, 1<<20
		s.OutputLimits[0] = engine.OutputLimit{Hard: 8 << 20, Soft: 1 << 20, SoftSeconds: 60}
	}
	servers := map[path]*fixture{byLoop: serve(f, byLoop, small), byGoroutines: serve(f, byGoroutines, small)}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		if bytes.Contains(bytes.ToLower(data), []byte("x.yield")) || bytes.Contains(bytes.ToLower(data), []byte("shutdown")) {
			t.Skip("waits for another client, or ends the server")
		}
		for _, server := range servers {
			server.t = t
			server.exchange(data, rand.New(rand.NewPCG(seed, 1)))
			server.until("the client is gone", func() bool { return len(server.server.loop.conns) == 0 })
		}
	})
}

// The replies do not depend on how the bytes were cut.
func TestCutsDoNotMatter(t *testing.T) {
	commands := []string{
		"PING\r\n", "*2\r\n$4\r\nECHO\r\n$3\r\na\r\n\r\n", "SET k v\r\n", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "*0\r\n", "\r\n", "NONSENSE\r\n",
		"MULTI\r\n", "EXEC\r\n", "x.big 3000\r\n", "ECHO \"a\\x00b\"\r\n", "HELLO 3\r\n",
		"*2\r\n$4\r\nECHO\r\n$70000\r\n" + strings.Repeat("e", 70000) + "\r\n",
		"*2\r\n$4\r\nECHO\r\n!3\r\nabc\r\n", "QUIT\r\n", "ECHO 'unbalanced\r\n",
	}
	onEveryPath(t, func(t *testing.T, how path) {
		rapid.Check(t, func(r *rapid.T) {
			var data []byte
			for range rapid.IntRange(1, 40).Draw(r, "length") {
				data = append(data, rapid.SampledFrom(commands).Draw(r, "command")...)
			}
			want := atOnce(t, how, data)
			f := serve(t, how, nil)
			defer f.server.Stop()
			got := f.exchange(data, rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 2)))
			if !bytes.Equal(got, want) {
				r.Fatalf("got %.300q, want %.300q", got, want)
			}
		})
	})
}

// atOnce is the answer of a server that gets all of data at once.
func atOnce(t testing.TB, how path, data []byte) []byte {
	f := serve(t, how, nil)
	defer f.server.Stop()
	p := f.dial()
	defer p.Close()
	go func() {
		if _, err := p.Write(data); err == nil {
			p.Conn.(interface{ CloseWrite() error }).CloseWrite()
		}
	}()
	answer, err := io.ReadAll(p.r)
	if err != nil && strings.Contains(err.Error(), "timeout") {
		t.Fatal(fmt.Errorf("hangs after %q", answer))
	}
	return answer
}
