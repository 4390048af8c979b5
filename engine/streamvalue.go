package engine

import (
	"fmt"
	"slices"
	"unsafe"

	"perigee/engine/sizeclass"
	"perigee/engine/stream"
)

// streamValue is a stream: entries in the order of their IDs, and consumer
// groups. It may be empty.
//
// Whoever writes a stream out reads log (EachBlock gives blocks in Redis's own
// format, Range entries), streamState, first, and groups with their consumers
// and pending entries, all of which are in order. Whoever builds one makes it
// with addStream and then calls append for each entry (delete for those that
// are marked as deleted; stream.ParseBlock reads Redis's blocks), putGroup,
// putConsumer and putPending, and setState last. All of these record effects
// and undo steps.
//
// Invariants:
//
//  1. first is the ID of the first entry, 0-0 if there is none.
//  2. No entry has an ID above last.
//  3. groups and each group's consumers are in order of their names.
//  4. A group's pending entries are exactly those of its consumers.
//  5. groupBytes is the sum of what groups take.
type streamValue struct {
	object
	log stream.Log
	streamState
	first  stream.ID
	groups []*streamGroup
	// groupBytes is the memory of the groups.
	groupBytes int
}

// streamState is what a stream knows beyond its entries.
type streamState struct {
	last       stream.ID // the highest that an entry ever had, or that was set
	added      int64     // entries ever added
	maxDeleted stream.ID // the highest that was ever deleted by its ID
}

// streamAt returns the stream at key for a command that reads it, nil if there
// is none.
func (ks *Keyspace) streamAt(key []byte) (*streamValue, error) {
	o, err := ks.lookupKind(key, KindStream)
	return (*streamValue)(unsafe.Pointer(o)), err
}

// streamToChange returns the stream at key for a command that writes, nil if
// there is none.
func (ks *Keyspace) streamToChange(key []byte) (*streamValue, error) {
	o, err := ks.findKind(key, KindStream)
	return (*streamValue)(unsafe.Pointer(o)), err
}

// addStream makes an empty stream at key, which must not exist.
func (ks *Keyspace) addStream(key []byte) *streamValue {
	v := &streamValue{}
	ks.addObject(asObject(v), key, KindStream)
	return v
}

// Len counts the entries. O(1).
func (v *streamValue) Len() int { return v.log.Len() }

// append adds an entry of names and values in turn, whose ID must be above all
// others. The caller sets the state that comes with it.
func (v *streamValue) append(id stream.ID, pairs [][]byte) {
	if v.undoable() {
		first := v.first
		v.onUndo(func() {
			v.log.RemoveLast()
			v.first = first
		})
	}
	s := &v.ks.e.settings
	v.log.Append(id, pairs, stream.Limits{Bytes: s.StreamNodeMaxBytes, Entries: s.StreamNodeMaxEntries})
	if v.log.Len() == 1 {
		v.first = id
	}
	v.ks.e.streams.entry(id, pairs)
	v.putRecorded()
}

// setState replaces the state.
func (v *streamValue) setState(s streamState) {
	if s == v.streamState {
		return
	}
	if v.undoable() {
		old := v.streamState
		v.onUndo(func() { v.streamState = old })
	}
	v.streamState = s
	v.ks.e.streams.state(s)
	v.putRecorded()
}

// delete removes an entry, and tells whether it was there. O(log n), and the
// size of a block.
func (v *streamValue) delete(id stream.ID) bool {
	gone, ok := v.log.Delete(id)
	if !ok {
		return false
	}
	if v.undoable() {
		first := v.first
		v.onUndo(func() {
			if gone != nil {
				v.log.Restore(gone)
			} else {
				v.log.Undelete(id)
			}
			v.first = first
		})
	}
	v.recordGone(id)
	if id == v.first {
		v.first = v.log.First()
	}
	return true
}

// dropBlock removes a block with all its entries.
func (v *streamValue) dropBlock(b *stream.Block) {
	if v.undoable() {
		first := v.first
		v.onUndo(func() {
			v.log.Restore(b)
			v.first = first
		})
	}
	v.log.DropBlock(b)
	b.EachID(func(id stream.ID, deleted bool) {
		if !deleted {
			v.recordGone(id)
		}
	})
	v.first = v.log.First()
}

// recordGone records that an entry is gone.
func (v *streamValue) recordGone(id stream.ID) {
	r := &v.ks.e.streams
	r.name = id.AppendBinary(append(r.name[:0], recordEntry))
	v.deleteRecorded()
}

// group returns the group of that name, or nil.
func (v *streamValue) group(name []byte) *streamGroup {
	if i, ok := v.findGroup(name); ok {
		return v.groups[i]
	}
	return nil
}

func (v *streamValue) length() int { return v.log.Len() }

func (v *streamValue) encoding() string { return "stream" }

func (v *streamValue) memory() int {
	return sizeclass.WithPointers(int(unsafe.Sizeof(*v))) + v.log.Bytes() + v.groupBytes
}

// copyTo repeats what made the stream, deleted entries of its blocks included,
// so that the copy's blocks are the same.
func (v *streamValue) copyTo(ks *Keyspace, key []byte) {
	to := ks.addStream(key)
	v.log.EachBlock(func(b *stream.Block) bool {
		var gone []stream.ID
		b.Each(func(id stream.ID, deleted bool, pairs [][]byte) bool {
			to.append(id, pairs)
			if deleted {
				gone = append(gone, id)
			}
			return true
		})
		for _, id := range gone {
			to.delete(id)
		}
		return true
	})
	to.setState(v.streamState)
	for _, g := range v.groups {
		copied := to.putGroup(g.name, g.last, g.read)
		for _, c := range g.consumers {
			to.putConsumer(copied, c.name, c.seen, c.active)
		}
		g.pending.Each(func(p *pendingEntry) bool {
			to.putPending(copied, p.id, copied.consumer(stringBytes(p.consumer.name)), p.delivered, p.count)
			return true
		})
	}
}

// restore is for steps of kind undoElement, which a stream has none of.
func (v *streamValue) restore(*undoStep, []byte, []byte) {
	panic(fmt.Sprintf("stream %q has no such undo step", v.key))
}

func (v *streamValue) check() error {
	if err := v.log.Check(); err != nil {
		return err
	}
	if first := v.log.First(); first != v.first {
		return fmt.Errorf("first entry is %v, noted is %v", first, v.first)
	}
	if top := v.log.Last(); v.last.Less(top) {
		return fmt.Errorf("entry %v is above the last ID, %v", top, v.last)
	}
	if !slices.IsSortedFunc(v.groups, func(a, b *streamGroup) int { return compareNames(a.name, b.name) }) {
		return fmt.Errorf("groups are out of order")
	}
	bytes := 0
	for _, g := range v.groups {
		if err := g.check(); err != nil {
			return fmt.Errorf("group %q: %w", g.name, err)
		}
		bytes += g.bytes()
	}
	if bytes != v.groupBytes {
		return fmt.Errorf("groups take %d bytes, counted %d", bytes, v.groupBytes)
	}
	return nil
}
