package stream

import (
	"fmt"
	"unsafe"

	"perigee/engine/listpack"
	"perigee/engine/sizeclass"
)

// Log is the entries of a stream. The zero value is empty. Invariants, which
// Check verifies:
//
//  1. The IDs of live entries ascend strictly, from block to block as well;
//     within a block those of all entries do.
//  2. Every block has a live entry.
//  3. length counts the live entries, each block's head its own, and bytes the
//     blocks' memory.
//  4. Every entry is found forwards and backwards at the same place.
type Log struct {
	blocks Index[*Block]
	length int
	bytes  int // of all blocks, as the allocator counts
	top    ID  // what an entry must be above to join the last block
}

// Limits say when a block is full. Zero is no limit.
type Limits struct{ Bytes, Entries int }

const (
	// MaxBytes bounds the bytes of one entry's fields and values, and of a
	// block that no limit bounds.
	MaxBytes = 1 << 30
	// doubles bounds how long a block grows by doubling.
	doubles = 4096
)

// Len counts the live entries.
func (l *Log) Len() int { return l.length }

// Blocks counts the blocks.
func (l *Log) Blocks() int { return l.blocks.Len() }

// EachBlock calls fn for every block in order until it returns false.
func (l *Log) EachBlock(fn func(b *Block) bool) { l.blocks.Each(fn) }

// BlockFrom returns the first block that begins at an ID or behind it, nil if
// there is none. O(log n).
func (l *Log) BlockFrom(id ID) *Block {
	b, _ := l.blocks.At(l.blocks.Seek(id))
	return b
}

// Bytes is the memory that the log takes beyond its struct. O(1).
func (l *Log) Bytes() int { return l.bytes + l.blocks.Bytes() }

// bytes is the memory of a block.
func (b *Block) bytes() int {
	return sizeclass.WithPointers(int(unsafe.Sizeof(*b))) + sizeclass.Of(cap(b.pack))
}

// change changes a block and counts its memory.
func (l *Log) change(b *Block, change func()) {
	l.bytes -= b.bytes()
	change()
	l.bytes += b.bytes()
}

// Append adds an entry of names and values in turn, whose ID must be above all
// live ones. Amortised O(1), times the number of fields.
func (l *Log) Append(id ID, pairs [][]byte, limits Limits) {
	last, ok := l.blocks.Last()
	if ok && l.top.Less(id) && !last.full(pairs, limits) {
		l.change(last, func() {
			last.grow(pairs)
			last.append(id, pairs)
		})
	} else {
		if ok {
			l.change(last, last.fit)
		}
		b := newBlock(id, pairs)
		l.blocks.Insert(b)
		l.bytes += b.bytes()
	}
	l.top = id
	l.length++
}

// CanAppend tells whether an ID is above those of all live entries. A deleted
// one may be higher, as the ID from which a stream goes on can be set.
func (l *Log) CanAppend(id ID) bool { return l.top.Less(id) || l.Last().Less(id) }

// full tells whether an entry must begin a new block.
func (b *Block) full(pairs [][]byte, limits Limits) bool {
	size, most := b.pack.Bytes(), limits.Bytes
	if most <= 0 || most > MaxBytes {
		most = MaxBytes
	}
	for _, p := range pairs {
		size += len(p)
	}
	if size >= most {
		return true
	}
	if limits.Entries <= 0 {
		return false
	}
	m := b.master()
	return m.live+m.deleted >= limits.Entries
}

// grow makes room for an entry, doubling while the block is small.
func (b *Block) grow(pairs [][]byte) {
	size := 24
	for _, p := range pairs {
		size += len(p) + 6
	}
	if have := len(b.pack); have+size > cap(b.pack) && have < doubles {
		b.pack = append(make(listpack.List, 0, max(have+size, min(2*have, doubles))), b.pack...)
	}
}

// fit gives back the room to grow of a block that is full.
func (b *Block) fit() { b.pack = append(make(listpack.List, 0, len(b.pack)), b.pack...) }

// RemoveLast takes back the last Append.
func (l *Log) RemoveLast() {
	b, _ := l.blocks.Last()
	m := b.master()
	if m.live+m.deleted == 1 {
		l.DropBlock(b)
		if b, ok := l.blocks.Last(); ok {
			l.top = b.Top()
		} else {
			l.top = ID{}
		}
		return
	}
	l.length--
	at, _ := b.before(b.end())
	l.change(b, func() {
		b.pack = b.pack.Truncate(at)
		b.count(-1, 0)
	})
	l.top = b.Top()
}

// Top is the ID of the block's last entry, live or not.
func (b *Block) Top() ID {
	at, _ := b.before(b.end())
	return b.read(at, b.master()).id
}

// Delete removes the entry with an ID, and tells whether there was one. A block
// that goes with its last entry is returned, as it was, for Restore. O(log n),
// and the size of a block.
func (l *Log) Delete(id ID) (gone *Block, ok bool) {
	b, e, ok := l.find(id)
	if !ok {
		return nil, false
	}
	if b.master().live == 1 {
		l.DropBlock(b)
		return b, true
	}
	l.length--
	l.change(b, func() { b.setDeleted(e, true) })
	return nil, true
}

// Undelete takes back a Delete that left the entry's block.
func (l *Log) Undelete(id ID) {
	b := l.blockOf(id)
	for at, ok := b.before(b.end()); ok; at, ok = b.before(at) {
		if e := b.read(at, b.master()); e.id == id && e.deleted {
			l.change(b, func() { b.setDeleted(e, false) })
			l.length++
			return
		}
	}
	panic(fmt.Sprintf("stream: no deleted entry %v", id))
}

// DropBlock removes a block with all its entries.
func (l *Log) DropBlock(b *Block) {
	l.blocks.Delete(b.first)
	l.length -= b.Len()
	l.bytes -= b.bytes()
}

// Restore takes back the removal of a block.
func (l *Log) Restore(b *Block) {
	l.blocks.Insert(b)
	l.length += b.Len()
	l.bytes += b.bytes()
}

// Len counts the block's live entries.
func (b *Block) Len() int { return b.master().live }

// blockOf returns the block that an ID belongs into, nil if it is below all.
func (l *Log) blockOf(id ID) *Block {
	p := l.blocks.Seek(id)
	if b, ok := l.blocks.At(p); ok && b.first == id {
		return b
	}
	p, ok := l.blocks.Prev(p)
	if !ok {
		return nil
	}
	b, _ := l.blocks.At(p)
	return b
}

// find returns the live entry with an ID.
func (l *Log) find(id ID) (*Block, entry, bool) {
	b := l.blockOf(id)
	if b == nil {
		return nil, entry{}, false
	}
	m := b.master()
	for off, end := b.entries(m), b.end(); off < end; {
		e := b.read(off, m)
		if e.id == id && !e.deleted {
			return b, e, true
		}
		off = b.behind(e)
	}
	return nil, entry{}, false
}

// Has tells whether there is a live entry with an ID.
func (l *Log) Has(id ID) bool {
	_, _, ok := l.find(id)
	return ok
}

// First and Last return the lowest and highest ID of a live entry, 0-0 if
// there is none.
func (l *Log) First() ID { return l.edge(false) }
func (l *Log) Last() ID  { return l.edge(true) }

func (l *Log) edge(backwards bool) ID {
	it := l.Range(ID{}, Max, backwards)
	if !it.Next() {
		return ID{}
	}
	return it.ID()
}

// Check verifies the invariants.
func (l *Log) Check() error {
	last, length, bytes := ID{}, 0, 0
	var err error
	l.EachBlock(func(b *Block) bool {
		bytes += b.bytes()
		if err = listpack.Validate(b.pack); err != nil {
			return false
		}
		m, live, deleted, top := b.master(), 0, 0, ID{}
		for off := b.entries(m); off < b.end(); {
			e := b.read(off, m)
			if !e.deleted {
				live++
				if !last.Less(e.id) {
					err = fmt.Errorf("entry %v stands behind %v", e.id, last)
				}
				last = e.id
			} else {
				deleted++
			}
			if e.at != b.entries(m) && !top.Less(e.id) {
				err = fmt.Errorf("entry %v stands behind %v in its block", e.id, top)
			}
			top = e.id
			off = b.behind(e)
			if before, ok := b.before(off); !ok || before != e.at {
				err = fmt.Errorf("entry %v is not found backwards", e.id)
			}
		}
		if live != m.live || deleted != m.deleted || live == 0 {
			err = fmt.Errorf("block %v has %d live and %d deleted entries, and counts %d and %d", b.first, live, deleted, m.live, m.deleted)
		}
		length += live
		return err == nil
	})
	if err == nil && (length != l.length || bytes != l.bytes) {
		err = fmt.Errorf("%d entries in %d bytes, counted %d in %d", length, bytes, l.length, l.bytes)
	}
	return err
}
