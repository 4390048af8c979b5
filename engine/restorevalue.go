package engine

import (
	"perigee/engine/dict"
	"perigee/engine/intset"
	"perigee/engine/listpack"
	"perigee/engine/rdb"
	"perigee/engine/ztree"
)

// restored is a value that was read from a payload and belongs to no key yet:
// a string, or the head of a collection.
type restored struct {
	text []byte
	o    *object
}

// put makes the value that of key, which must not exist.
func (v restored) put(ks *Keyspace, key []byte, deadline int64) {
	if v.o == nil {
		ks.SetString(key, v.text, deadline)
		return
	}
	v.o.deadline = deadline
	ks.addObject(v.o, key, v.o.kind)
	v.o.recordAll()
}

// recordAll records the effects that put every element of a collection that
// was made aside.
func (o *object) recordAll() {
	switch v := o.collection().(type) {
	case *hashValue:
		v.eachTimed(func(field, value []byte, at int64) bool {
			v.record(&Effect{Op: OpFieldPut, Elem: field, Value: value})
			if at != 0 {
				v.record(&Effect{Op: OpFieldDeadline, Elem: field, Deadline: at})
			}
			return true
		})
	case *setValue:
		v.Each(func(member []byte) bool {
			v.record(&Effect{Op: OpMemberPut, Elem: member})
			return true
		})
	case *zsetValue:
		v.Each(func(member []byte, score float64) bool {
			v.record(&Effect{Op: OpScorePut, Elem: member, Score: score})
			return true
		})
	case *listValue:
		v.recordElements()
	case *streamValue:
		v.recordStream()
	}
}

// readValue reads a payload without its footer: a type byte and a value, from
// which it makes what Redis 7.2 makes. Bytes behind the value are left alone.
// The error is rdb.ErrFormat. O(len(b)), and memory in proportion to what b
// stands for once it is not compressed any more, which is at most the longest
// string allowed and a few times len(b).
func (ks *Keyspace) readValue(b []byte) (restored, error) {
	if len(b) == 0 {
		return restored{}, rdb.ErrFormat
	}
	p := payload{Reader: rdb.NewReader(b[1:], ks.e.settings.MaxBulkLen+8*len(b)), kind: rdb.Type(b[0]), ks: ks, s: &ks.e.settings}
	var v restored
	switch p.kind {
	case rdb.TypeString:
		v.text = p.String()
	case rdb.TypeList, rdb.TypeListZiplist, rdb.TypeListQuicklist, rdb.TypeListQuicklist2:
		v.o = p.list()
	case rdb.TypeSet, rdb.TypeSetIntset, rdb.TypeSetListpack:
		v.o = p.set()
	case rdb.TypeHash, rdb.TypeHashZipmap, rdb.TypeHashZiplist, rdb.TypeHashListpack,
		rdb.TypeHashFieldTTLPre, rdb.TypeHashPackTTLPre, rdb.TypeHashFieldTTL, rdb.TypeHashPackTTL:
		v.o = p.hash()
	case rdb.TypeZSet, rdb.TypeZSet2, rdb.TypeZSetZiplist, rdb.TypeZSetListpack:
		v.o = p.zset()
	case rdb.TypeStream, rdb.TypeStream2, rdb.TypeStream3:
		v.o = p.stream()
	default:
		p.Fail()
	}
	if v.o != nil && p.OK() && v.o.kind != KindStream && v.o.collection().length() == 0 {
		p.Fail()
	}
	return v, p.Err()
}

// payload is a value that is being read.
type payload struct {
	*rdb.Reader
	kind rdb.Type
	ks   *Keyspace
	s    *Settings
}

// pack reads a string that must be a listpack, of up to packs entries at a
// time that belong together.
func (p *payload) pack(together int) listpack.List {
	b := p.String()
	if p.OK() && (listpack.Validate(b) != nil || listpack.List(b).Len()%together != 0) {
		p.Fail()
	}
	if !p.OK() {
		return listpack.New()
	}
	return listpack.List(b)
}

// entries reads a string that must be a structure of entries, a listpack or
// what came before it, and calls fn for so many together; it stops when the
// payload fails.
func (p *payload) entries(ziplist bool, together int, fn func(values [][]byte)) {
	values := make([][]byte, 0, 2)
	one := func(value []byte) error {
		if values = append(values, value); len(values) == together {
			fn(values)
			values = values[:0]
		} else {
			values[0] = append([]byte(nil), values[0]...) // the text of an integer is gone with the call
		}
		return p.Err()
	}
	if ziplist {
		if rdb.EachZiplist(p.String(), one) != nil || len(values) > 0 {
			p.Fail()
		}
		return
	}
	l := p.pack(together)
	for off := l.First(); off >= 0 && p.OK(); off = l.Next(off) {
		_ = one(textAt(l, off))
	}
}

// list reads a list: element by element, or node by node.
func (p *payload) list() *object {
	v := &listValue{}
	v.kind, v.ks = KindList, p.ks
	v.list.SetFill(p.s.ListMaxListpackSize)
	nodes := uint64(1)
	if p.kind != rdb.TypeListZiplist {
		nodes = p.Len()
	}
	for ; nodes > 0 && p.OK(); nodes-- {
		p.listNode(v)
	}
	if p.OK() && v.list.Settle() != nil {
		p.Fail()
	}
	return asObject(v)
}

func (p *payload) listNode(v *listValue) {
	form := uint64(rdb.NodePacked)
	switch p.kind {
	case rdb.TypeList:
		v.list.PushRight(p.String(), nil)
		return
	case rdb.TypeListQuicklist2:
		form = p.Len()
	}
	if form == rdb.NodePlain {
		if element := p.String(); p.OK() {
			v.list.AddPlain(element)
		}
		return
	}
	pack := listpack.New()
	p.entries(p.kind != rdb.TypeListQuicklist2, 1, func(values [][]byte) {
		if pack = pack.Append(values[0]); len(pack) > listpack.MaxBytes/2 {
			p.Fail()
		}
	})
	if form != rdb.NodePacked || pack.Len() == 0 {
		p.Fail()
	}
	if p.OK() {
		v.list.AddPack(pack)
	}
}

// set reads a set; it decides the encoding as Redis does, which keeps a
// compact one that is not too long.
func (p *payload) set() *object {
	v := &setValue{members: newIntMembers()}
	v.kind, v.ks = KindSet, p.ks
	switch p.kind {
	case rdb.TypeSetIntset:
		ints, err := intset.Parse(p.String())
		if err != nil {
			p.Fail()
			return nil
		}
		v.members = members{ints: ints}
		v.members.expect(v.Len(), p.s)
	case rdb.TypeSetListpack:
		p.setPack(v)
	default:
		n := p.Len()
		if n > uint64(max(p.s.SetMaxIntsetEntries, 0)) {
			v.members = newTableMembers()
		}
		for ; n > 0 && p.OK(); n-- {
			if !v.insert(p.String(), p.s) {
				p.Fail()
			}
		}
	}
	return asObject(v)
}

func (p *payload) setPack(v *setValue) {
	t := newTableMembers()
	pack := listpack.New()
	p.entries(false, 1, func(values [][]byte) {
		if !t.insert(values[0], p.s) {
			p.Fail()
		}
		pack = pack.Append(values[0])
	})
	if t.Len() <= p.s.SetMaxListpackEntries {
		t = members{pack: pack}
	}
	v.members = t
}

// hash reads a hash.
func (p *payload) hash() *object {
	v := newHashValue()
	v.kind, v.ks = KindHash, p.ks
	h := hashReader{payload: p, v: v, seen: map[string]bool{}}
	add := func(pair [][]byte) { h.add(pair[0], pair[1], 0) }
	switch p.kind {
	case rdb.TypeHashListpack, rdb.TypeHashZiplist:
		p.entries(p.kind == rdb.TypeHashZiplist, 2, add)
	case rdb.TypeHashZipmap:
		h.narrow = true
		err := rdb.EachZipmap(p.String(), func(field, value []byte) error {
			h.add(field, value, 0)
			return p.Err()
		})
		if err != nil {
			p.Fail()
		}
	case rdb.TypeHashPackTTL, rdb.TypeHashPackTTLPre:
		v.timed = newFieldDeadlines()
		if p.kind == rdb.TypeHashPackTTL {
			p.Int64() // the earliest deadline, which the fields tell
		}
		p.entries(false, 3, func(of [][]byte) {
			at, ok := ParseInt(of[2])
			if !ok {
				p.Fail()
			}
			h.add(of[0], of[1], at)
		})
	case rdb.TypeHashFieldTTL, rdb.TypeHashFieldTTLPre:
		h.readTimed()
	default:
		h.narrow = true
		n := p.Len()
		if n > uint64(max(p.s.HashMaxListpackEntries, 0)) {
			v.toTable()
		}
		for ; n > 0 && p.OK(); n-- {
			h.add(p.String(), p.String(), 0)
		}
	}
	return asObject(v)
}

// hashReader fills a hash with the fields of a payload.
type hashReader struct {
	*payload
	v      *hashValue
	seen   map[string]bool // the fields of a pack
	narrow bool            // long fields and values make a table of it
}

// readTimed reads fields, each after its deadline.
func (h *hashReader) readTimed() {
	h.narrow = true
	h.v.timed = newFieldDeadlines()
	before := int64(0) // what a deadline counts from
	if h.kind == rdb.TypeHashFieldTTL {
		before = h.Int64() - 1
	}
	for n := h.Len(); n > 0 && h.OK(); n-- {
		at := h.Len()
		if at > maxStoredDeadline || before > maxStoredDeadline {
			h.Fail()
		}
		if at != 0 {
			at += uint64(before)
		}
		h.add(h.String(), h.String(), int64(at))
	}
}

// add adds a field with its deadline, 0 for none. It fails the payload if the
// field is there already, or the deadline is none.
func (h *hashReader) add(field, value []byte, at int64) {
	if at < 0 || at > maxStoredDeadline {
		h.Fail()
	}
	if !h.OK() {
		return
	}
	v := h.v
	if at != 0 {
		v.timed.count++
		v.timed.next = min(v.timed.next, at)
	}
	if v.table == nil {
		room := v.pack.Bytes()+len(field)+len(value)+32 <= listpack.MaxBytes
		if v.Len() >= h.s.HashMaxListpackEntries || !room || h.narrow && !v.fits(field, value) {
			v.toTable()
			h.seen = nil
		}
	}
	if v.table != nil {
		if v.table.Find(field) != nil {
			h.Fail()
			return
		}
		v.table.Insert(field, dict.Entry(newHashField(field, value, at)))
		if at != 0 {
			v.timed.order.Insert(ztree.NewItem(float64(at), field))
		}
		return
	}
	if h.seen[string(field)] {
		h.Fail()
		return
	}
	h.seen[string(field)] = true
	v.pack = v.appendPack(v.pack, field, value, at)
}

// zset reads a sorted set: into an index first, as its members may come in any
// order.
func (p *payload) zset() *object {
	v := newZSetValue()
	v.kind, v.ks = KindSortedSet, p.ks
	v.toIndex()
	widest := 0
	add := func(member []byte, score float64) {
		if !p.OK() {
			return
		}
		if score != score || v.index.members.Find(member) != nil {
			p.Fail()
			return
		}
		widest = max(widest, len(member))
		v.index.put(nil, member, score)
	}
	switch p.kind {
	case rdb.TypeZSetListpack, rdb.TypeZSetZiplist:
		p.entries(p.kind == rdb.TypeZSetZiplist, 2, func(pair [][]byte) {
			score, _, ok := readDouble(pair[1])
			if !ok {
				p.Fail()
			}
			add(pair[0], score)
		})
		widest = 0
	default:
		for n := p.Len(); n > 0 && p.OK(); n-- {
			member := p.String()
			if p.kind == rdb.TypeZSet2 {
				add(member, p.Double())
			} else {
				add(member, p.TextDouble())
			}
		}
	}
	if v.Len() <= p.s.ZSetMaxListpackEntries && widest <= p.s.ZSetMaxListpackValue {
		v.toPack()
	}
	return asObject(v)
}

// toPack makes a pack of an index that nobody has seen yet.
func (v *zsetValue) toPack() {
	pack := listpack.New()
	var text [32]byte
	v.Each(func(member []byte, score float64) bool {
		pack = pack.Append(member).Append(appendPackedScore(text[:0], score))
		return true
	})
	v.pack, v.index = pack, nil
}
