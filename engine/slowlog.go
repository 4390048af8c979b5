package engine

import (
	"bytes"
	"fmt"
	"time"
)

// slowlog keeps the last commands that took long.
type slowlog struct {
	entries []slowEntry // newest last
	nextID  int64
}

type slowEntry struct {
	id    int64
	at    int64 // Unix seconds
	spent time.Duration
	argv  [][]byte
	addr  string
	name  string
}

const (
	slowlogMaxArgs = 32
	slowlogMaxArg  = 128
)

func (s *slowlog) add(e *Engine, c *Client, argv [][]byte, spent time.Duration) {
	entry := slowEntry{id: s.nextID, at: e.now / 1000, spent: spent, addr: c.Peer.Addr, name: string(c.name), argv: clipArgs(argv)}
	s.nextID++
	s.entries = append(s.entries, entry)
	s.trim(e.settings.SlowlogMaxLen)
}

func (s *slowlog) trim(most int) {
	if n := len(s.entries) - most; n > 0 {
		s.entries = append([]slowEntry(nil), s.entries[n:]...)
	}
}

// clipArgs copies argv within SLOWLOG's bounds, telling what was left out.
func clipArgs(argv [][]byte) [][]byte {
	var kept [][]byte
	for i, a := range argv {
		if i == slowlogMaxArgs-1 && len(argv) > slowlogMaxArgs {
			more := fmt.Sprintf("... (%d more arguments)", len(argv)-i)
			return append(kept, []byte(more))
		}
		if n := len(a) - slowlogMaxArg; n > 0 {
			kept = append(kept, fmt.Appendf(nil, "%s... (%d more bytes)", a[:slowlogMaxArg], n))
			continue
		}
		kept = append(kept, bytes.Clone(a))
	}
	return kept
}
