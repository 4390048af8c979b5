package engine

import (
	"cmp"
	"math/bits"
	"slices"
)

// What connections take counts towards maxmemory and maxmemory-clients. It is
// known as of the last command or transfer where one of these is set, else as
// of the last second.

const (
	// clientOverhead is the fixed memory of a connection.
	clientOverhead = 2048
	// watchOverhead and subscriptionOverhead are what the registers of those
	// take for each, names aside.
	watchOverhead        = 160
	subscriptionOverhead = 128
	// leastClientsMemory is the lowest bound that maxmemory-clients sets.
	leastClientsMemory = 128 << 10
)

// memory is what the client takes.
func (c *Client) memory() int64 {
	n := clientOverhead + c.Out.Memory() + cap(c.name) + cap(c.libName) + cap(c.libVer)
	if c.queryBuf != nil {
		used, free := c.queryBuf()
		n += used + free
	}
	if c.multi != nil {
		n += c.multi.bytes
	}
	n += len(c.watches)*watchOverhead + (plainCount(c)+len(c.subs.shards))*subscriptionOverhead
	return int64(n)
}

// weigh counts what the client takes by now; a client that is gone takes
// nothing.
func (c *Client) weigh() {
	if c.script {
		return
	}
	var size int64
	if !c.closed {
		size = c.memory()
	}
	c.e.clients.used += size - c.size
	c.size = size
}

// weighsClients tells whether what clients take matters at every moment.
func (e *Engine) weighsClients() bool {
	return e.settings.ClientsMemory != 0 || e.settings.MaxMemory > 0
}

// weighAll counts all clients anew.
func (e *Engine) weighAll() {
	for _, c := range e.clients.byID {
		c.weigh()
	}
}

// clientsLimit is maxmemory-clients in bytes, 0 for no bound.
func (e *Engine) clientsLimit() int64 {
	limit := e.settings.ClientsMemory
	if limit < 0 {
		limit = int64(float64(e.settings.MaxMemory) / 100 * float64(-limit))
	}
	if limit == 0 {
		return 0
	}
	return max(limit, leastClientsMemory)
}

// evictClients closes clients until all together are below maxmemory-clients:
// those first whose memory has the most binary digits, and among equals the
// oldest. Cost: O(clients), when over the bound only.
func (e *Engine) evictClients() {
	limit := e.clientsLimit()
	if limit == 0 || e.clients.used < limit || e.busy != nil {
		return
	}
	var all []*Client
	for _, c := range e.clients.byID {
		if !c.noEvict {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *Client) int {
		return cmp.Or(cmp.Compare(bits.Len64(uint64(b.size)), bits.Len64(uint64(a.size))), cmp.Compare(a.ID, b.ID))
	})
	for _, c := range all {
		if e.clients.used < limit {
			return
		}
		e.log.Warn("client evicted: clients are over maxmemory-clients", "client", c.Peer.Addr, "bytes", c.size)
		e.stats.evictedClients++
		c.Close()
	}
}
