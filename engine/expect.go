package engine

import (
	"unsafe"

	"perigee/engine/dict"
)

// expectFrom is the number of keys from which on it pays to look ahead: less
// is in the processor's caches.
const expectFrom = 8 << 10

// Expect says which commands c is about to send to Execute, so that their keys
// are in the processor's caches by then: most of what a small command costs is
// waiting for the memory where its key is, and a processor waits for many
// places as long as for one. It changes nothing, and costs some 10 ns a command.
func (e *Engine) Expect(c *Client, commands [][][]byte) {
	ks := c.Keyspace()
	if len(commands) < 2 || ks.keys.Len() < expectFrom {
		return
	}
	var keys [dict.MaxAhead][]byte
	n := 0
	for _, argv := range commands[:min(len(commands), len(keys))] {
		if at := e.table.keyOf(argv[0]); at > 0 && at < len(argv) {
			keys[n] = argv[at]
			n++
		}
	}
	var entries [dict.MaxAhead]dict.Entry
	ks.keys.Ahead(keys[:n], &entries)
	e.touched = touchAll(entries[:n])
}

// touchAll reads what the commands on some entries read first. The sum that it
// returns means nothing, but must be kept, or else nothing would be read.
func touchAll(entries []dict.Entry) (sum byte) {
	for _, p := range entries {
		if p != nil {
			sum += entry(p).flags
		}
	}
	for _, p := range entries {
		if p == nil {
			continue
		}
		h := entry(p)
		if h.isInline() {
			sum += *(*byte)(unsafe.Add(p, h.keyOffset()+int(h.keyLen)+int(h.valLen)-1))
			continue
		}
		o := h.object()
		if len(o.key) > 0 {
			sum += o.key[0]
		}
		switch o.kind {
		case KindHash:
			sum += first((*hashValue)(p).pack)
		case KindSortedSet:
			sum += first((*zsetValue)(p).pack)
		case KindString:
			sum += first((*stringObject)(p).value)
		}
	}
	return sum
}

func first(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}
