package engine

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"perigee/engine/sizeclass"
	"perigee/engine/stream"
)

// streamGroup is a consumer group of a stream: how far it has read, its
// consumers, and the entries that were delivered and not acknowledged.
type streamGroup struct {
	name      string
	last      stream.ID // the last that was delivered
	read      int64     // entries read, as if from the stream's beginning; -1 if unknown
	consumers []*streamConsumer
	pending   stream.Index[*pendingEntry]
}

// streamConsumer is a consumer of a group, by name, with its share of the
// pending entries.
type streamConsumer struct {
	name    string
	seen    int64 // when it last tried to read or claim, in Unix milliseconds
	active  int64 // when it last got something; -1 if never
	pending stream.Index[*pendingEntry]
}

// pendingEntry is an entry that was delivered to a consumer and not
// acknowledged. The group and the consumer share it.
type pendingEntry struct {
	id        stream.ID
	consumer  *streamConsumer
	delivered int64 // when, in Unix milliseconds
	count     int64 // how often
}

// IndexID is the entry's ID.
func (p *pendingEntry) IndexID() stream.ID { return p.id }

func compareNames(a, b string) int { return strings.Compare(a, b) }

func (v *streamValue) findGroup(name []byte) (int, bool) {
	return slices.BinarySearchFunc(v.groups, bytesString(name), func(g *streamGroup, name string) int { return compareNames(g.name, name) })
}

// consumer returns the consumer of that name, or nil.
func (g *streamGroup) consumer(name []byte) *streamConsumer {
	if i, ok := g.findConsumer(bytesString(name)); ok {
		return g.consumers[i]
	}
	return nil
}

func (g *streamGroup) findConsumer(name string) (int, bool) {
	return slices.BinarySearchFunc(g.consumers, name, func(c *streamConsumer, name string) int { return compareNames(c.name, name) })
}

// bytesString is b as a string for as long as b does not change.
func bytesString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// putGroup sets how far a group has read, and makes it if it is missing.
func (v *streamValue) putGroup(name string, last stream.ID, read int64) *streamGroup {
	g := v.group(stringBytes(name))
	if g == nil {
		g = &streamGroup{name: name}
		v.addGroup(g)
		if v.undoable() {
			v.onUndo(func() { v.removeGroup(g) })
		}
	} else if v.undoable() {
		oldLast, oldRead := g.last, g.read
		v.onUndo(func() { g.last, g.read = oldLast, oldRead })
	}
	g.last, g.read = last, read
	v.ks.e.streams.group(g)
	v.putRecorded()
	return g
}

func (v *streamValue) addGroup(g *streamGroup) {
	i, _ := v.findGroup(stringBytes(g.name))
	v.groups = slices.Insert(v.groups, i, g)
	v.groupBytes += g.bytes()
}

func (v *streamValue) removeGroup(g *streamGroup) {
	if i, ok := v.findGroup(stringBytes(g.name)); ok {
		v.groups = slices.Delete(v.groups, i, i+1)
		v.groupBytes -= g.bytes()
	}
}

// deleteGroup removes a group with all its consumers and pending entries, each
// an effect: O(their number).
func (v *streamValue) deleteGroup(g *streamGroup) {
	r := &v.ks.e.streams
	g.pending.Each(func(p *pendingEntry) bool {
		r.pending(g, p)
		v.deleteRecorded()
		return true
	})
	for _, c := range g.consumers {
		r.consumer(g, c)
		v.deleteRecorded()
	}
	r.group(g)
	v.deleteRecorded()
	v.removeGroup(g)
	if v.undoable() {
		v.onUndo(func() { v.addGroup(g) })
	}
}

// putConsumer sets a consumer's times, and makes it if it is missing.
func (v *streamValue) putConsumer(g *streamGroup, name string, seen, active int64) *streamConsumer {
	c := g.consumer(stringBytes(name))
	if c == nil {
		c = &streamConsumer{name: name}
		v.addConsumer(g, c)
		if v.undoable() {
			v.onUndo(func() { v.removeConsumer(g, c) })
		}
	} else if v.undoable() {
		oldSeen, oldActive := c.seen, c.active
		v.onUndo(func() { c.seen, c.active = oldSeen, oldActive })
	}
	c.seen, c.active = seen, active
	v.ks.e.streams.consumer(g, c)
	v.putRecorded()
	return c
}

// addConsumer and removeConsumer take the consumer's pending entries along.
func (v *streamValue) addConsumer(g *streamGroup, c *streamConsumer) {
	i, _ := g.findConsumer(c.name)
	g.consumers = slices.Insert(g.consumers, i, c)
	c.pending.Each(func(p *pendingEntry) bool {
		g.pending.Insert(p)
		return true
	})
	v.groupBytes += c.bytes()
}

func (v *streamValue) removeConsumer(g *streamGroup, c *streamConsumer) {
	i, _ := g.findConsumer(c.name)
	g.consumers = slices.Delete(g.consumers, i, i+1)
	c.pending.Each(func(p *pendingEntry) bool {
		g.pending.Delete(p.id)
		return true
	})
	v.groupBytes -= c.bytes()
}

// deleteConsumer removes a consumer with its pending entries, each an effect.
func (v *streamValue) deleteConsumer(g *streamGroup, c *streamConsumer) {
	r := &v.ks.e.streams
	c.pending.Each(func(p *pendingEntry) bool {
		r.pending(g, p)
		v.deleteRecorded()
		return true
	})
	r.consumer(g, c)
	v.deleteRecorded()
	v.removeConsumer(g, c)
	if v.undoable() {
		v.onUndo(func() { v.addConsumer(g, c) })
	}
}

// putPending sets who has an entry pending, since when and how often delivered.
func (v *streamValue) putPending(g *streamGroup, id stream.ID, c *streamConsumer, delivered, count int64) *pendingEntry {
	p, had := g.pending.Find(id)
	if !had {
		p = &pendingEntry{id: id, consumer: c}
		v.addPending(g, p)
		if v.undoable() {
			v.onUndo(func() { v.removePending(g, p) })
		}
	} else if v.undoable() {
		old := *p
		v.onUndo(func() {
			p.assign(old.consumer)
			*p = old
		})
	}
	p.assign(c)
	p.delivered, p.count = delivered, count
	v.ks.e.streams.pending(g, p)
	v.putRecorded()
	return p
}

// assign gives a pending entry to a consumer.
func (p *pendingEntry) assign(c *streamConsumer) {
	if p.consumer != c {
		p.consumer.pending.Delete(p.id)
		p.consumer = c
		c.pending.Insert(p)
	}
}

// deletePending ends that an entry is pending, and tells whether it was.
func (v *streamValue) deletePending(g *streamGroup, id stream.ID) bool {
	p, ok := g.pending.Find(id)
	if !ok {
		return false
	}
	v.ks.e.streams.pending(g, p)
	v.deleteRecorded()
	v.removePending(g, p)
	if v.undoable() {
		v.onUndo(func() { v.addPending(g, p) })
	}
	return true
}

func (v *streamValue) addPending(g *streamGroup, p *pendingEntry) {
	g.pending.Insert(p)
	p.consumer.pending.Insert(p)
	v.groupBytes += pendingBytes()
}

func (v *streamValue) removePending(g *streamGroup, p *pendingEntry) {
	g.pending.Delete(p.id)
	p.consumer.pending.Delete(p.id)
	v.groupBytes -= pendingBytes()
}

// pendingBytes is the memory of a pending entry with its places in two indexes,
// which have some room to grow.
func pendingBytes() int {
	const places = 2 * 10
	return sizeclass.WithPointers(int(unsafe.Sizeof(pendingEntry{}))) + places
}

// bytes is the memory of a group with all it holds. O(consumers).
func (g *streamGroup) bytes() int {
	n := sizeclass.WithPointers(int(unsafe.Sizeof(*g))) + sizeclass.Of(len(g.name))
	for _, c := range g.consumers {
		n += c.bytes()
	}
	return n
}

// bytes is the memory of a consumer with what is pending for it. O(1).
func (c *streamConsumer) bytes() int {
	return sizeclass.WithPointers(int(unsafe.Sizeof(*c))) + sizeclass.Of(len(c.name)) + c.pending.Len()*pendingBytes()
}

func (g *streamGroup) check() error {
	if !slices.IsSortedFunc(g.consumers, func(a, b *streamConsumer) int { return compareNames(a.name, b.name) }) {
		return fmt.Errorf("consumers are out of order")
	}
	n := 0
	var err error
	for _, c := range g.consumers {
		n += c.pending.Len()
		c.pending.Each(func(p *pendingEntry) bool {
			if mine, ok := g.pending.Find(p.id); !ok || mine != p || p.consumer != c {
				err = fmt.Errorf("consumer %q has %v, which the group has not, or for another", c.name, p.id)
			}
			return err == nil
		})
	}
	if err == nil && n != g.pending.Len() {
		err = fmt.Errorf("%d entries are pending, %d of them for consumers", g.pending.Len(), n)
	}
	return err
}
