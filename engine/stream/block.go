package stream

import (
	"bytes"

	"perigee/engine/listpack"
)

// A Block is a run of entries in one listpack:
//
//	live deleted fields name… 0          the block's first entry, without values
//	flags ms seq value… size             an entry with the same fields
//	flags ms seq fields name value… size any other
//
// live and deleted count the entries behind it; ms and seq are differences from
// the block's ID, that of its first entry; size counts the elements of the
// entry before it, so that entries can be read backwards. A deleted entry stays
// with a flag, until the whole block goes with its last live one.
type Block struct {
	first ID
	pack  listpack.List
}

const (
	flagDeleted    = 1
	flagSameFields = 2
)

// IndexID is the ID of the block's first entry, live or not.
func (b *Block) IndexID() ID { return b.first }

// Pack is the block's listpack: what Redis keeps under the block's ID. It must
// not be changed.
func (b *Block) Pack() []byte { return b.pack }

// newBlock makes the block that begins with an entry, and adds it.
func newBlock(id ID, pairs [][]byte) *Block {
	size := 24
	for _, p := range pairs {
		size += len(p) + 6
	}
	pack := append(make(listpack.List, 0, size), listpack.New()...)
	pack = pack.AppendInt(0).AppendInt(0).AppendInt(int64(len(pairs) / 2))
	for i := 0; i < len(pairs); i += 2 {
		pack = pack.Append(pairs[i])
	}
	b := &Block{first: id, pack: pack.AppendInt(0)}
	b.append(id, pairs)
	return b
}

// append adds an entry, whose ID must be above all live ones.
func (b *Block) append(id ID, pairs [][]byte) {
	same := b.sameFields(pairs)
	flags, size := int64(0), int64(len(pairs)+4)
	if same {
		flags, size = flagSameFields, int64(len(pairs)/2+3)
	}
	p := b.pack.AppendInt(flags).AppendInt(int64(id.Ms - b.first.Ms)).AppendInt(int64(id.Seq - b.first.Seq))
	if !same {
		p = p.AppendInt(int64(len(pairs) / 2))
	}
	for i, text := range pairs {
		if !same || i%2 == 1 {
			p = p.Append(text)
		}
	}
	b.pack = p.AppendInt(size)
	b.count(1, 0)
}

// sameFields tells whether the names of pairs are those of the block's first
// entry.
func (b *Block) sameFields(pairs [][]byte) bool {
	m := b.master()
	if m.fields != len(pairs)/2 {
		return false
	}
	var scratch [listpack.ScratchSize]byte
	off := m.names
	for i := 0; i < len(pairs); i += 2 {
		var name []byte
		if name, off = b.pack.Read(off, scratch[:0]); !bytes.Equal(name, pairs[i]) {
			return false
		}
	}
	return true
}

// master is the head of a block.
type master struct {
	live, deleted int
	fields        int
	names         int // offset of the first name
}

func (b *Block) master() master {
	at := b.pack.First()
	live, at := b.int(at)
	deleted, at := b.int(at)
	fields, at := b.int(at)
	return master{int(live), int(deleted), int(fields), at}
}

// int reads an integer, and returns the offset behind it.
func (b *Block) int(off int) (n int64, next int) {
	_, n, isInt := b.pack.Value(off)
	if !isInt {
		panic("stream: a block holds text where a number belongs")
	}
	return n, b.pack.Behind(off)
}

// count adds to the numbers of live and deleted entries.
func (b *Block) count(live, deleted int) {
	m, at := b.master(), b.pack.First()
	b.pack = b.pack.ReplaceInt(at, int64(m.live+live))
	if deleted != 0 {
		b.pack = b.pack.ReplaceInt(b.pack.Behind(at), int64(m.deleted+deleted))
	}
}

// entries is the offset of the first entry.
func (b *Block) entries(m master) int {
	off := m.names
	for range m.fields + 1 {
		off = b.pack.Behind(off)
	}
	return off
}

// entry is where one entry lies.
type entry struct {
	id      ID
	deleted bool
	same    bool // has the fields of the block's first entry
	fields  int
	at      int // offset of its flags
	body    int // offset of its first name or value
}

// read returns the entry at off.
func (b *Block) read(off int, m master) entry {
	e := entry{at: off}
	flags, off := b.int(off)
	ms, off := b.int(off)
	seq, off := b.int(off)
	e.id = ID{b.first.Ms + uint64(ms), b.first.Seq + uint64(seq)}
	e.deleted, e.same = flags&flagDeleted != 0, flags&flagSameFields != 0
	e.fields = m.fields
	if !e.same {
		var n int64
		n, off = b.int(off)
		e.fields = int(n)
	}
	e.body = off
	return e
}

// behind returns the offset of the entry behind e, the pack's end after the
// last.
func (b *Block) behind(e entry) int {
	n := e.fields
	if !e.same {
		n *= 2
	}
	off := e.body
	for range n + 1 {
		off = b.pack.Behind(off)
	}
	return off
}

// before returns the offset of the entry that ends at off; false if the head
// of the block does.
func (b *Block) before(off int) (int, bool) {
	off = b.pack.Prev(off)
	size, _ := b.int(off)
	for range size {
		off = b.pack.Prev(off)
	}
	return off, size != 0
}

// end is the offset behind the last entry.
func (b *Block) end() int { return b.pack.Bytes() - 1 }

// setDeleted marks an entry as deleted, or as live.
func (b *Block) setDeleted(e entry, deleted bool) {
	flags, change := int64(0), 1
	if e.same {
		flags = flagSameFields
	}
	if deleted {
		flags, change = flags|flagDeleted, -1
	}
	b.pack = b.pack.ReplaceInt(e.at, flags)
	b.count(change, -change)
}
