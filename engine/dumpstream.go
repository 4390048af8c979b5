package engine

import (
	"perigee/engine/rdb"
	"perigee/engine/stream"
)

// appendStream writes a stream as Redis 7.0 does. When consumers were active is
// not in it: that came with 7.2.
func (v *streamValue) appendStream(b []byte) []byte {
	b = rdb.AppendLen(append(b, byte(rdb.TypeStream2)), uint64(v.log.Blocks()))
	v.log.EachBlock(func(block *stream.Block) bool {
		b = rdb.AppendRaw(b, block.IndexID().AppendBinary(nil))
		b = rdb.AppendString(b, block.Pack())
		return true
	})
	b = rdb.AppendLen(b, uint64(v.Len()))
	for _, id := range [...]stream.ID{v.last, v.first, v.maxDeleted} {
		b = appendStreamID(b, id)
	}
	b = rdb.AppendLen(b, uint64(v.added))
	b = rdb.AppendLen(b, uint64(len(v.groups)))
	for _, g := range v.groups {
		b = g.appendGroup(b)
	}
	return b
}

func appendStreamID(b []byte, id stream.ID) []byte {
	return rdb.AppendLen(rdb.AppendLen(b, id.Ms), id.Seq)
}

func (g *streamGroup) appendGroup(b []byte) []byte {
	b = appendStreamID(rdb.AppendString(b, []byte(g.name)), g.last)
	b = rdb.AppendLen(b, uint64(g.read))
	b = rdb.AppendLen(b, uint64(g.pending.Len()))
	g.pending.Each(func(p *pendingEntry) bool {
		b = rdb.AppendInt64(p.id.AppendBinary(b), p.delivered)
		b = rdb.AppendLen(b, uint64(p.count))
		return true
	})
	b = rdb.AppendLen(b, uint64(len(g.consumers)))
	for _, c := range g.consumers {
		b = rdb.AppendInt64(rdb.AppendString(b, []byte(c.name)), c.seen)
		b = rdb.AppendLen(b, uint64(c.pending.Len()))
		c.pending.Each(func(p *pendingEntry) bool {
			b = p.id.AppendBinary(b)
			return true
		})
	}
	return b
}

// recordStream records all of a stream that was made aside. Deleted entries,
// which blocks keep, are put and deleted, so that replay makes the same blocks.
func (v *streamValue) recordStream() {
	r := &v.ks.e.streams
	v.log.EachBlock(func(b *stream.Block) bool {
		var gone []stream.ID
		b.Each(func(id stream.ID, deleted bool, pairs [][]byte) bool {
			r.entry(id, pairs)
			v.putRecorded()
			if deleted {
				gone = append(gone, id)
			}
			return true
		})
		for _, id := range gone {
			v.recordGone(id)
		}
		return true
	})
	for _, g := range v.groups {
		r.group(g)
		v.putRecorded()
		for _, c := range g.consumers {
			r.consumer(g, c)
			v.putRecorded()
		}
		g.pending.Each(func(p *pendingEntry) bool {
			r.pending(g, p)
			v.putRecorded()
			return true
		})
	}
	r.state(v.streamState)
	v.putRecorded()
}

// stream reads a stream, which may be empty.
func (p *payload) stream() *object {
	v := &streamValue{}
	v.kind, v.ks = KindStream, p.ks
	for n := p.Len(); n > 0 && p.OK(); n-- {
		p.streamBlock(v)
	}
	length := p.Len()
	v.first = v.log.First()
	v.last, v.added = p.streamID(), int64(length)
	if p.kind != rdb.TypeStream {
		p.streamID() // of the first entry, which is known
		v.maxDeleted = p.streamID()
		v.added = int64(p.Len()) // counters may have wrapped
	}
	if length != uint64(v.Len()) || v.last.Less(v.log.Last()) {
		p.Fail()
	}
	for n := p.Len(); n > 0 && p.OK(); n-- {
		p.streamGroup(v)
	}
	return asObject(v)
}

func (p *payload) streamBlock(v *streamValue) {
	id, pack := p.String(), p.String()
	if len(id) != stream.BinarySize {
		p.Fail()
	}
	if !p.OK() {
		return
	}
	// The pack may be a part of the payload, which is not ours.
	b, err := stream.ParseBlock(stream.FromBinary(id), append([]byte(nil), pack...))
	if err != nil || b != nil && !v.log.AddBlock(b) {
		p.Fail()
	}
}

func (p *payload) streamID() stream.ID { return stream.ID{Ms: p.Len(), Seq: p.Len()} }

// rawID reads an ID of fixed length.
func (p *payload) rawID() stream.ID {
	if b := p.Raw(stream.BinarySize); b != nil {
		return stream.FromBinary(b)
	}
	return stream.ID{}
}

func (p *payload) streamGroup(v *streamValue) {
	g := &streamGroup{name: string(p.String())}
	g.last = p.streamID()
	if p.kind == rdb.TypeStream {
		g.read = v.entriesUpTo(g.last)
	} else {
		g.read = int64(p.Len())
	}
	if _, there := v.findGroup([]byte(g.name)); there {
		p.Fail()
	}
	if !p.OK() {
		return
	}
	v.addGroup(g)
	delivered := p.deliveries()
	for n := p.Len(); n > 0 && p.OK(); n-- {
		p.streamConsumer(v, g, delivered)
	}
	if len(delivered) > 0 {
		p.Fail() // to nobody
	}
}

// deliveries reads the pending entries of a group, whose consumers follow.
func (p *payload) deliveries() map[stream.ID]*pendingEntry {
	all := map[stream.ID]*pendingEntry{}
	for n := p.Len(); n > 0 && p.OK(); n-- {
		e := &pendingEntry{id: p.rawID()}
		e.delivered, e.count = p.Int64(), int64(p.Len())
		if all[e.id] != nil {
			p.Fail()
		}
		all[e.id] = e
	}
	return all
}

// streamConsumer reads a consumer, who takes its own from what was delivered.
func (p *payload) streamConsumer(v *streamValue, g *streamGroup, delivered map[stream.ID]*pendingEntry) {
	c := &streamConsumer{name: string(p.String()), seen: p.Int64()}
	c.active = c.seen
	if p.kind == rdb.TypeStream3 {
		c.active = p.Int64()
	}
	c.active = max(c.active, -1) // times before 1970 stand for never
	if _, there := g.findConsumer(c.name); there {
		p.Fail()
	}
	if !p.OK() {
		return
	}
	v.addConsumer(g, c)
	for n := p.Len(); n > 0 && p.OK(); n-- {
		e := delivered[p.rawID()]
		if e == nil {
			p.Fail()
			return
		}
		delete(delivered, e.id)
		e.consumer = c
		v.addPending(g, e)
	}
}
