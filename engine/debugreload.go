package engine

import (
	"bytes"
	"fmt"
	"unsafe"
)

var errReloadNested = Errf("DEBUG RELOAD is not allowed in a transaction")

// debugReload writes all databases as effects and builds them anew from these,
// as recovery does, under the same generations and addresses, so that the
// journal goes on as if nothing had happened. The new data must have the old
// digest, else the old stay and it is an error. All options do the same.
func (c *Client) debugReload(args Args) error {
	for i := range args {
		if !args.Is(i, "MERGE") && !args.Is(i, "NOFLUSH") && !args.Is(i, "NOSAVE") {
			return Errf("DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
		}
	}
	e := c.e
	if e.unit.keepUndo || c.executing {
		return errReloadNested // undo knows the old values
	}
	e.settle()
	old, before := e.dbs, e.digest()
	e.dbs = make([]*Keyspace, len(old))
	for i, ks := range old {
		e.dbs[i] = newKeyspace(e, i, ks.namespace)
	}
	err := e.rebuild(old)
	if err == nil && e.digest() != before {
		err = fmt.Errorf("the digest was %v and is %v", before, e.digest())
	}
	if err != nil {
		e.dbs = old
		e.recount()
		return Errf("Error trying to load the RDB dump: " + err.Error())
	}
	return nil
}

// rebuild fills the engine's databases, which are empty, with what others hold.
func (e *Engine) rebuild(from []*Keyspace) error {
	l := e.NewLoader()
	for _, ks := range from {
		var err error
		ks.keys.Each(func(p unsafe.Pointer) bool {
			h := entry(p)
			if err = l.Unit(e.written(ks, h)); err == nil {
				entry(e.dbs[ks.index].keys.Find(h.keyBytes())).access = h.access
			}
			return err == nil
		})
		if err != nil {
			l.Close()
			return err
		}
	}
	return l.Close()
}

// written is the effects that make an entry, encoded. They are recorded in the
// current unit and taken back out of it.
func (e *Engine) written(ks *Keyspace, h entry) []byte {
	u := &e.unit
	replay, lean := u.replay, u.lean
	u.replay, u.lean, u.lastDB = false, false, -1
	m := u.mark()
	if h.kind == KindString {
		u.record(&Effect{Op: OpString, DB: ks.index, Key: h.keyBytes(), Value: stringOf(h), Deadline: h.deadlineMs(), Gen: h.generation()})
	} else {
		o := h.object()
		u.record(&Effect{Op: OpObject, DB: ks.index, Key: h.keyBytes(), Kind: h.kind, Gen: o.gen, Deadline: o.deadline})
		o.recordAll()
	}
	unit := bytes.Clone(u.effects[m.effects:])
	u.rollback(m)
	u.replay, u.lean = replay, lean
	return unit
}
