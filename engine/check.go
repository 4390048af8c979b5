package engine

import (
	"fmt"
	"unsafe"
)

// Check verifies the invariants of every database; it costs O(all data) and
// is for tests and for operators who suspect damage. The error names the
// first that is broken.
func (e *Engine) Check() error {
	if e.unit.depth == 0 && (e.unit.count != 0 || len(e.unit.undo) != 0) {
		return fmt.Errorf("%d effects and %d undo steps outside a unit", e.unit.count, len(e.unit.undo))
	}
	if err := e.checkAccount(); err != nil {
		return err
	}
	if err := e.checkTracking(); err != nil {
		return err
	}
	for i, ks := range e.dbs {
		if ks.index != i {
			return fmt.Errorf("database %d believes to be %d", i, ks.index)
		}
		if err := ks.check(); err != nil {
			return fmt.Errorf("database %d: %w", i, err)
		}
	}
	return nil
}

// checkTracking verifies the register of clients that cache values.
func (e *Engine) checkTracking() error {
	t, clients, items, changed, bytes := &e.tracking, 0, 0, 0, int64(0)
	for _, c := range e.clients.byID {
		if c.tracking != nil {
			clients++
		}
	}
	for key, readers := range t.readers {
		items += len(readers)
		bytes += readerBytes(key, len(readers))
	}
	for prefix, a := range t.prefixes {
		if len(a.clients) == 0 {
			return fmt.Errorf("nobody tracks prefix %q", prefix)
		}
		if len(a.keys) > 0 {
			changed++
		}
	}
	if bytes != t.bytes {
		return fmt.Errorf("%d bytes of keys that clients have read, counted %d", bytes, t.bytes)
	}
	if clients != t.clients || items != t.items || changed != len(t.changed) || clients == 0 && items+len(t.prefixes) > 0 {
		return fmt.Errorf("%d clients track %d items and %d prefixes have changed, counted %d, %d, %d", clients, items, changed, t.clients, t.items, len(t.changed))
	}
	return nil
}

// checkAccount compares the account of memory with a recount.
func (e *Engine) checkAccount() error {
	if n := len(e.unit.resized); n != 0 && e.unit.depth == 0 {
		return fmt.Errorf("%d objects not settled outside a unit", n)
	}
	e.settle()
	var used int64
	for _, ks := range e.dbs {
		var blocks int64
		var err error
		ks.keys.Each(func(p unsafe.Pointer) bool {
			h := entry(p)
			blocks += int64(entryMemory(p))
			if !h.isInline() && h.object().size() != h.object().measure() {
				err = fmt.Errorf("%q counts %d bytes and takes %d", h.keyBytes(), h.object().size(), h.object().measure())
			}
			return err == nil
		})
		if err != nil {
			return err
		}
		if blocks != ks.keys.Blocks() {
			return fmt.Errorf("database %d counts %d bytes of keys that take %d", ks.index, ks.keys.Blocks(), blocks)
		}
		used += ks.counted()
	}
	if used != e.used {
		return fmt.Errorf("%d bytes counted, the databases count %d", e.used, used)
	}
	return nil
}

// check verifies the invariants listed at Keyspace.
func (ks *Keyspace) check() error {
	var err error
	volatile := 0
	ks.keys.Each(func(p unsafe.Pointer) bool {
		h := entry(p)
		if h.deadlineMs() != 0 {
			volatile++
			if ks.expires.Find(h.keyBytes()) != p {
				err = fmt.Errorf("%q has a deadline but is not in expires", h.keyBytes())
			}
		}
		if err == nil {
			err = ks.checkEntry(h)
		}
		return err == nil
	})
	for place, v := range ks.fieldQueue {
		if v.timed.place != place || entry(ks.keys.Find(v.keyBytes())) != &v.header {
			return fmt.Errorf("hash %q is in the queue at %d", v.key, place)
		}
	}
	if err == nil && volatile != ks.expires.Len() {
		err = fmt.Errorf("%d keys in expires, %d have a deadline", ks.expires.Len(), volatile)
	}
	return err
}

func (ks *Keyspace) checkEntry(h entry) error {
	if entry(ks.keys.Find(h.keyBytes())) != h {
		return fmt.Errorf("%q is not found by its own key", h.keyBytes())
	}
	if h.isInline() {
		return nil
	}
	o := h.object()
	if o.ks != ks {
		return fmt.Errorf("%q does not know its database", o.key)
	}
	if o.kind == KindString {
		return nil
	}
	c := o.collection()
	if c.length() == 0 && o.kind != KindStream {
		return fmt.Errorf("%q is an empty %v", o.key, o.kind)
	}
	if err := c.check(); err != nil {
		return fmt.Errorf("%v %q: %w", o.kind, o.key, err)
	}
	return nil
}
