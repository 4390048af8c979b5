package engine

import (
	"time"

	"perigee/engine/acl"
)

// stats are the counters behind INFO.
type stats struct {
	connections, rejectedConns     int64
	commands, errors               int64
	protocolErrors                 int64
	netIn, netOut                  int64
	reads, writes                  int64 // transfers of clients
	hits, misses, expired, evicted int64
	expiredFields                  int64
	evictedClients                 int64
	memoryPeak                     int64
	denied                         [acl.ChannelAccess + 1]int64
	errorCodes                     map[string]int64
	rates                          [3]rate // commands, bytes in, bytes out
	lastSample                     time.Duration
}

// rate is a per-second average over the last samples.
type rate struct {
	last    int64
	samples [16]int64
	next    int
}

func (r *rate) add(total int64, elapsed time.Duration) {
	if elapsed > 0 {
		r.samples[r.next] = (total - r.last) * int64(time.Second) / int64(elapsed)
		r.next = (r.next + 1) % len(r.samples)
	}
	r.last = total
}

func (r *rate) perSecond() int64 {
	var sum int64
	for _, s := range r.samples {
		sum += s
	}
	return sum / int64(len(r.samples))
}

// sample updates the averages.
func (s *stats) sample(tick time.Duration) {
	elapsed := tick - s.lastSample
	s.lastSample = tick
	for i, total := range []int64{s.commands, s.netIn, s.netOut} {
		s.rates[i].add(total, elapsed)
	}
}
