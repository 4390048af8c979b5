package engine

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"perigee/engine/stream"
)

// A stream's records, which effects put and delete and storage keeps. A record's
// name begins with what it is; storage loads them in the order of their names,
// but for very long ones, so that groups and consumers may come behind what
// refers to them. Integers are varints, texts have their length before them:
//
//	state               last ms, last seq, entries added, highest deleted ms, seq
//	entry, ID           name and value of each field
//	group, name         last delivered ms, seq, entries read + 1, 0 if unknown
//	consumer, group, consumer   seen, active + 1, 0 if never
//	pending, group, ID  consumer, delivery time, deliveries
//
// An ID within a name is 16 bytes, big-endian, so that entries come in order.
const (
	recordState byte = 1 + iota
	recordEntry
	recordGroup
	recordConsumer
	recordPending
)

// streamRecords makes the names and values of records. An engine has one, so
// that a change allocates none.
type streamRecords struct{ name, value []byte }

func (r *streamRecords) state(s streamState) {
	r.name = append(r.name[:0], recordState)
	r.value = appendID(r.value[:0], s.last)
	r.value = appendID(binary.AppendUvarint(r.value, uint64(s.added)), s.maxDeleted)
}

// streamValueBytes bounds what is kept of the room for a record's value.
const streamValueBytes = 64 << 10

func (r *streamRecords) entry(id stream.ID, pairs [][]byte) {
	r.name = id.AppendBinary(append(r.name[:0], recordEntry))
	if cap(r.value) > streamValueBytes {
		r.value = nil
	}
	r.value = r.value[:0]
	for _, text := range pairs {
		r.value = appendBytes(r.value, text)
	}
}

func (r *streamRecords) group(g *streamGroup) {
	r.name = append(append(r.name[:0], recordGroup), g.name...)
	r.value = binary.AppendUvarint(appendID(r.value[:0], g.last), uint64(g.read+1))
}

func (r *streamRecords) consumer(g *streamGroup, c *streamConsumer) {
	r.name = append(appendText(append(r.name[:0], recordConsumer), g.name), c.name...)
	r.value = binary.AppendVarint(r.value[:0], c.seen)
	r.value = binary.AppendVarint(r.value, c.active+1)
}

func (r *streamRecords) pending(g *streamGroup, p *pendingEntry) {
	r.name = p.id.AppendBinary(appendText(append(r.name[:0], recordPending), g.name))
	r.value = appendText(r.value[:0], p.consumer.name)
	r.value = binary.AppendVarint(r.value, p.delivered)
	r.value = binary.AppendVarint(r.value, p.count)
}

func appendID(b []byte, id stream.ID) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, id.Ms), id.Seq)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func (d *decoder) varint() int64 {
	n, size := binary.Varint(d.b)
	if size <= 0 {
		d.bad = true
		return 0
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) id() stream.ID { return stream.ID{Ms: d.uvarint(), Seq: d.uvarint()} }

// binaryID reads an ID that is part of a name.
func (d *decoder) binaryID() stream.ID {
	if len(d.b) < stream.BinarySize {
		d.bad = true
		return stream.ID{}
	}
	id := stream.FromBinary(d.b)
	d.b = d.b[stream.BinarySize:]
	return id
}

// putRecorded records a put of what r has just made.
func (v *streamValue) putRecorded() {
	r := &v.ks.e.streams
	v.record(&Effect{Op: OpStreamPut, Elem: r.name, Value: r.value})
}

// deleteRecorded records a delete of what r has just named.
func (v *streamValue) deleteRecorded() {
	v.record(&Effect{Op: OpStreamDel, Elem: v.ks.e.streams.name})
}

func (v *streamValue) apply(f *Effect) error {
	name, body := decoder{b: f.Elem}, decoder{b: f.Value}
	kind := name.byte()
	switch {
	case f.Op == OpStreamPut:
		if err := v.applyPut(kind, &name, &body); err != nil {
			return err
		}
	case f.Op == OpStreamDel:
		v.applyDelete(kind, &name)
	default:
		return fmt.Errorf("effect %d on a stream", f.Op)
	}
	if name.bad || body.bad || len(body.b) > 0 {
		return fmt.Errorf("record %q of stream %q is damaged", f.Elem, v.key)
	}
	return nil
}

func (v *streamValue) applyPut(kind byte, name, body *decoder) error {
	switch kind {
	case recordState:
		s := streamState{last: body.id()}
		s.added, s.maxDeleted = int64(body.uvarint()), body.id()
		v.setState(s)
	case recordEntry:
		return v.applyEntry(name.binaryID(), body)
	case recordGroup:
		v.putGroup(string(name.b), body.id(), int64(body.uvarint())-1)
	case recordConsumer:
		g := v.groupFor(string(name.bytes()))
		v.putConsumer(g, string(name.b), body.varint(), body.varint()-1)
	case recordPending:
		g, id := v.groupFor(string(name.bytes())), name.binaryID()
		c := v.consumerFor(g, string(body.bytes()))
		v.putPending(g, id, c, body.varint(), body.varint())
	default:
		name.bad = true
	}
	return nil
}

// groupFor and consumerFor return what a record refers to, which may be loaded
// later.
func (v *streamValue) groupFor(name string) *streamGroup {
	if g := v.group(stringBytes(name)); g != nil {
		return g
	}
	return v.putGroup(name, stream.ID{}, 0)
}

func (v *streamValue) consumerFor(g *streamGroup, name string) *streamConsumer {
	if c := g.consumer(stringBytes(name)); c != nil {
		return c
	}
	return v.putConsumer(g, name, 0, -1)
}

// applyEntry adds an entry; one that is there already stays.
func (v *streamValue) applyEntry(id stream.ID, body *decoder) error {
	var pairs [][]byte
	for len(body.b) > 0 && !body.bad {
		pairs = append(pairs, body.bytes())
	}
	if body.bad || len(pairs)%2 != 0 || len(pairs) == 0 {
		body.bad = true
		return nil
	}
	if !v.log.CanAppend(id) {
		if v.log.Has(id) {
			return nil
		}
		return fmt.Errorf("entry %v of stream %q comes behind %v", id, v.key, v.log.Last())
	}
	v.append(id, pairs)
	return nil
}

// applyDelete removes what may be gone already.
func (v *streamValue) applyDelete(kind byte, name *decoder) {
	switch kind {
	case recordEntry:
		v.delete(name.binaryID())
	case recordGroup:
		if g := v.group(name.b); g != nil {
			v.deleteGroup(g)
		}
	case recordConsumer:
		if g := v.group(name.bytes()); g != nil {
			if c := g.consumer(name.b); c != nil {
				v.deleteConsumer(g, c)
			}
		}
	case recordPending:
		if g := v.group(name.bytes()); g != nil {
			v.deletePending(g, name.binaryID())
		}
	default:
		name.bad = true
	}
}

// touchStream is touch for a stream's record: WATCH notices what happens to
// entries only, and only new entries and the end of a group can serve a
// blocked client.
func (e *Engine) touchStream(f *Effect) {
	switch put := f.Op == OpStreamPut; f.Elem[0] {
	case recordEntry:
		e.touchWatched(f.DB, f.Key)
		if put {
			e.blocking.touch(f.DB, f.Key)
		}
	case recordGroup:
		if !put {
			e.blocking.touch(f.DB, f.Key)
		}
	}
}

func stringBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
