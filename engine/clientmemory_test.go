package engine

import (
	"fmt"
	"strings"
	"testing"
)

// TestClientEviction has the largest clients go when all together are over
// maxmemory-clients, and spares those that asked for it.
func TestClientEviction(t *testing.T) {
	te := newTestEngine(t)
	te.settings.ClientsMemory = 1 << 20
	clients := make([]*Client, 8)
	for i := range clients {
		clients[i] = te.connect(t)
	}
	te.on(clients[7], "CLIENT NO-EVICT ON")
	te.EndIteration()
	for i, c := range clients {
		size := 10 << 10
		if i >= 5 {
			size = 400 << 10 // two of them are too many
		}
		c.Out.BulkString(strings.Repeat("x", size))
		te.Execute(c, [][]byte{[]byte("PING")})
	}
	te.EndIteration()
	for i, c := range clients {
		if gone := i == 5; c.closed != gone {
			t.Errorf("client %d with %d bytes: closed %v", i, c.size, c.closed)
		}
	}
	if te.stats.evictedClients != 1 || te.clients.used >= 1<<20 {
		t.Errorf("%d clients evicted, %d bytes left", te.stats.evictedClients, te.clients.used)
	}
}

// TestClientMemoryIsCounted compares the sum with what each client takes.
func TestClientMemoryIsCounted(t *testing.T) {
	te := newTestEngine(t)
	te.settings.MaxMemory = 1 << 40
	others := []*Client{te.connect(t), te.connect(t), te.connect(t)}
	check := func(when string) {
		t.Helper()
		var want int64
		for _, c := range te.clients.byID {
			want += c.memory()
		}
		if te.clients.used != want {
			t.Errorf("%s: counted %d bytes, they take %d", when, te.clients.used, want)
		}
	}
	check("connected")
	te.on(others[0], "SUBSCRIBE news")
	te.do("PUBLISH news " + strings.Repeat("x", 100000))
	check("message waiting")
	te.on(others[1], "MULTI")
	for i := range 100 {
		te.on(others[1], fmt.Sprintf("SET key:%d x", i))
	}
	check("transaction queued")
	before := te.clients.used
	te.on(others[1], "EXEC")
	check("transaction done")
	if te.clients.used >= before {
		t.Errorf("%d bytes counted after the queue went, %d before", te.clients.used, before)
	}
	others[0].Sent(others[0].Out.Len())
	te.Disconnect(others[0])
	te.Disconnect(others[2])
	check("disconnected")
}

func TestClientsLimit(t *testing.T) {
	te := newTestEngine(t)
	for _, c := range []struct{ setting, maxMemory, want int64 }{
		{0, 0, 0}, {0, 1 << 30, 0}, {1 << 30, 0, 1 << 30}, {1, 0, leastClientsMemory}, {-10, 0, 0}, {-10, 1 << 30, 107374182},
	} {
		te.settings.ClientsMemory, te.settings.MaxMemory = c.setting, c.maxMemory
		if got := te.clientsLimit(); got != c.want {
			t.Errorf("maxmemory-clients %d of %d: got %d, want %d", c.setting, c.maxMemory, got, c.want)
		}
	}
}
