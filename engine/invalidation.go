package engine

import (
	"bytes"
	"maps"
	"slices"
)

// tracking is the register of clients that cache values: which have read a
// key, and which want to know of all changes under a prefix. A client is told
// of a key once; then it has to read it again to be told of the next change.
// Keys are the same in all databases. Invariants:
//
//  1. clients counts those whose tracking is not nil; at 0 all else is empty.
//  2. items is the sum of the lengths of readers, bytes that of readerBytes.
//  3. changed holds exactly the audiences whose keys are not empty.
type tracking struct {
	clients  int
	readers  map[string][]uint64 // identifiers, sorted; some may have gone
	items    int
	bytes    int64 // what readers takes, towards maxmemory
	prefixes map[string]*audience
	changed  []*audience
	effort   int // how often in a row the table has been found too large
	// later is what the running client itself is told, behind everything that
	// the unit sends it.
	later []invalidation
}

// audience is the clients that want to know of keys under a prefix, and the
// keys that have changed since they were told, each with who changed it last.
type audience struct {
	prefix  string
	clients map[*Client]bool
	keys    map[string]*Client
}

// invalidation is a key that has changed; all says that every key has.
type invalidation struct {
	key string
	all bool
}

// trackNote is something that a unit's end has to know besides the unit's
// effects: after at of them a client has read key, or key was touched though
// it is as it was, or all keys have gone.
type trackNote struct {
	kind   noteKind
	at     int
	client uint64
	key    string
}

type noteKind uint8

const (
	noteRead noteKind = iota
	noteTouch
	noteFlush
)

func (t *tracking) joinPrefix(c *Client, prefix string) {
	a := t.prefixes[prefix]
	if a == nil {
		a = &audience{prefix: prefix, clients: map[*Client]bool{}, keys: map[string]*Client{}}
		if t.prefixes == nil {
			t.prefixes = map[string]*audience{}
		}
		t.prefixes[prefix] = a
	}
	a.clients[c] = true
}

func (t *tracking) leavePrefix(c *Client, prefix string) {
	a := t.prefixes[prefix]
	delete(a.clients, c)
	if len(a.clients) > 0 {
		return
	}
	delete(t.prefixes, prefix)
	t.changed = slices.DeleteFunc(t.changed, func(other *audience) bool { return other == a })
}

func (t *tracking) clear() { *t = tracking{} }

// trackRead notes the keys of a command that reads, which was called with
// argv, for the client that caches what it replies. Reads of a script count
// for whoever called it.
func (e *Engine) trackRead(cmd *tableEntry, argv [][]byte) {
	c := e.current
	if c == nil || c.tracking == nil || cmd.Flags&PubSub != 0 || cmd.Group == GroupScripting {
		return
	}
	if t := c.tracking; t.broadcast || t.optIn && !t.caching || t.optOut && t.caching {
		return
	}
	refs, err := cmd.keys(argv)
	if err != nil {
		return
	}
	for _, ref := range refs {
		if e.unit.count == 0 {
			e.tracking.addReader(string(argv[ref.Pos]), c.ID)
		} else {
			e.unit.notes = append(e.unit.notes, trackNote{noteRead, e.unit.count, c.ID, string(argv[ref.Pos])})
		}
	}
}

func (t *tracking) addReader(key string, id uint64) {
	readers := t.readers[key]
	i, known := slices.BinarySearch(readers, id)
	if known {
		return
	}
	if t.readers == nil {
		t.readers = map[string][]uint64{}
	}
	t.readers[key] = slices.Insert(readers, i, id)
	t.items++
	t.bytes += readerBytes(key, len(readers)+1)
	if readers != nil {
		t.bytes -= readerBytes(key, len(readers))
	}
}

// readerBytes estimates what a key with n readers takes.
func readerBytes(key string, n int) int64 { return int64(80 + len(key) + 8*n) }

// noteTouched has WATCH and trackers notice a key that a command did not
// change though it might have, where Redis has them do so.
func (ks *Keyspace) noteTouched(key []byte) {
	if line := ks.e.watched[dbKey{ks.index, string(key)}]; line != nil {
		for w := line.first; w != nil; w = w.next {
			ks.e.unit.watchHits = append(ks.e.unit.watchHits, w.client)
		}
	}
	ks.e.note(trackNote{kind: noteTouch, key: string(key)})
}

// noteFlush has trackers forget everything that they hold.
func (e *Engine) noteFlush() { e.note(trackNote{kind: noteFlush}) }

func (e *Engine) note(n trackNote) {
	if e.tracking.clients > 0 && !e.unit.replay {
		n.at = e.unit.count
		e.unit.notes = append(e.unit.notes, n)
	}
}

// cutNotes takes back what a unit has noted since m; what was read was read.
func (u *unit) cutNotes(m mark) {
	kept := u.notes[:m.notes]
	for _, n := range u.notes[m.notes:] {
		if n.kind == noteRead {
			n.at = m.count
			kept = append(kept, n)
		}
	}
	u.notes = kept
}

// tellTrackers tells clients of the keys that the unit that ends has changed,
// in order.
func (e *Engine) tellTrackers(u *unit) {
	notes, i := u.notes, 0
	apply := func(upTo int) {
		for ; len(notes) > 0 && notes[0].at <= upTo; notes = notes[1:] {
			e.applyNote(&notes[0])
		}
	}
	err := DecodeUnit(u.effects, func(f *Effect) error {
		apply(i)
		i++
		switch f.Op {
		case OpSystemPut, OpSystemDel, OpNamespace:
		case OpRename:
			e.invalidate(f.Key)
			e.invalidate(f.ToKey)
		default:
			e.invalidate(f.Key)
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	apply(i)
}

func (e *Engine) applyNote(n *trackNote) {
	switch n.kind {
	case noteRead:
		e.tracking.addReader(n.key, n.client)
	case noteTouch:
		e.invalidate([]byte(n.key))
	case noteFlush:
		e.invalidateAll()
	}
}

// invalidate tells of a key that has changed: at once those who have read it,
// at the end of the iteration those who want to know of all keys.
func (e *Engine) invalidate(key []byte) {
	t := &e.tracking
	for prefix, a := range t.prefixes {
		if len(prefix) <= len(key) && string(key[:len(prefix)]) == prefix {
			if len(a.keys) == 0 {
				t.changed = append(t.changed, a)
			}
			a.keys[string(key)] = e.current
		}
	}
	readers := t.readers[string(key)]
	if readers == nil {
		return
	}
	delete(t.readers, string(key))
	t.items -= len(readers)
	t.bytes -= readerBytes(string(key), len(readers))
	for _, id := range readers {
		c := e.clients.byID[id]
		if c == nil || c.tracking == nil || c.tracking.broadcast || c.tracking.noLoop && c == e.current {
			continue
		}
		if c == e.current {
			t.later = append(t.later, invalidation{key: string(key)})
		} else {
			c.sendInvalid(string(key))
		}
	}
}

// invalidateAll tells all who cache anything to forget it.
func (e *Engine) invalidateAll() {
	t := &e.tracking
	for _, c := range e.clients.byID {
		switch {
		case c.tracking == nil:
		case c == e.current:
			t.later = append(t.later, invalidation{all: true})
		default:
			c.sendInvalid()
		}
	}
	t.readers, t.items, t.bytes = nil, 0, 0
}

// sendLater tells the running client what it has to know after its reply.
func (e *Engine) sendLater() {
	t := &e.tracking
	for _, n := range t.later {
		switch {
		case e.current == nil || e.current.tracking == nil:
		case n.all:
			e.current.sendInvalid()
		default:
			e.current.sendInvalid(n.key)
		}
	}
	clear(t.later)
	t.later = t.later[:0]
}

// broadcast tells of the keys that have changed under prefixes.
func (e *Engine) broadcast() {
	t := &e.tracking
	slices.SortFunc(t.changed, func(a, b *audience) int { return bytes.Compare([]byte(a.prefix), []byte(b.prefix)) })
	for _, a := range t.changed {
		keys := slices.Sorted(maps.Keys(a.keys))
		for c := range a.clients {
			told := keys
			if c.tracking.noLoop {
				told = slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return a.keys[key] == c })
			}
			if len(told) > 0 {
				c.sendInvalid(told...)
			}
		}
		clear(a.keys)
	}
	clear(t.changed)
	t.changed = t.changed[:0]
}

// limitTracked forgets keys, as if they had changed, while there are more than
// tracking-table-max-keys; the longer that lasts the more at a time.
func (e *Engine) limitTracked() {
	t, most := &e.tracking, e.settings.TrackingMaxKeys
	if most == 0 || len(t.readers) <= most {
		t.effort = 0
		return
	}
	t.effort++
	left := 100 * t.effort
	for key := range t.readers {
		if len(t.readers) <= most || left == 0 {
			return
		}
		e.invalidate([]byte(key))
		left--
	}
}

// invalidationChannel is where a client that is told for another one, and
// that speaks RESP2, gets it as a message.
const invalidationChannel = "__redis__:invalidate"

// sendInvalid sends keys, none for all, to the client, or to the one that is
// to be told instead. A client that cannot be told learns nothing.
func (c *Client) sendInvalid(keys ...string) {
	to := c
	if id := c.tracking.redirect; id != 0 {
		if to = c.e.clients.byID[id]; to == nil {
			c.redirectionBroke()
			return
		}
	}
	if to.closed || to.closeDone {
		return
	}
	w := &to.Out
	switch {
	case to.Proto() > 2:
		w.Push(2)
		w.BulkString("invalidate")
	case c.tracking.redirect != 0 && to.subs.any():
		w.Push(3)
		w.BulkString("message")
		w.BulkString(invalidationChannel)
	default:
		return
	}
	if len(keys) == 0 {
		w.Null()
	} else {
		w.Array(len(keys))
	}
	for _, key := range keys {
		w.BulkString(key)
	}
	to.gate()
	to.kick()
}

// redirectionBroke tells the client, if it can be told, that whoever was told
// for it has gone.
func (c *Client) redirectionBroke() {
	c.tracking.broken = true
	if c.Proto() > 2 && !c.closed && !c.closeDone {
		c.Out.Push(2)
		c.Out.BulkString("tracking-redir-broken")
		c.Out.Int(int64(c.tracking.redirect))
		c.gate()
		c.kick()
	}
}
