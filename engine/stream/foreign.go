package stream

import (
	"errors"

	"perigee/engine/listpack"
)

// ErrBlock says that bytes are not a block.
var ErrBlock = errors.New("invalid block of stream entries")

// Each calls fn for every entry of the block, deleted ones included, until it
// returns false. pairs are names and values in turn, valid during the call.
func (b *Block) Each(fn func(id ID, deleted bool, pairs [][]byte) bool) {
	m := b.master()
	var pairs [][]byte
	for off := b.entries(m); off < b.end(); {
		e := b.read(off, m)
		pairs = b.pairs(e, m, pairs[:0])
		if !fn(e.id, e.deleted, pairs) {
			return
		}
		off = b.behind(e)
	}
}

// EachID is Each for IDs only, which costs less.
func (b *Block) EachID(fn func(id ID, deleted bool)) {
	m := b.master()
	for off := b.entries(m); off < b.end(); {
		e := b.read(off, m)
		fn(e.id, e.deleted)
		off = b.behind(e)
	}
}

func (b *Block) pairs(e entry, m master, pairs [][]byte) [][]byte {
	name, value := m.names, e.body
	for range e.fields {
		var field, text []byte
		if e.same {
			field, name = b.pack.Read(name, make([]byte, 0, listpack.ScratchSize))
		} else {
			field, value = b.pack.Read(value, make([]byte, 0, listpack.ScratchSize))
		}
		text, value = b.pack.Read(value, make([]byte, 0, listpack.ScratchSize))
		pairs = append(pairs, field, text)
	}
	return pairs
}

// ParseBlock checks bytes from outside, which are kept, and makes the block
// that begins with ID first of them: ErrBlock if they are none, and for a block
// whose IDs do not ascend. A block without live entries, which Redis may leave
// behind when it trims, is nil. O(n).
func ParseBlock(first ID, pack []byte) (*Block, error) {
	if listpack.Validate(pack) != nil {
		return nil, ErrBlock
	}
	c := checker{list: pack, off: listpack.List(pack).First()}
	live, deleted, fields := c.int(), c.int(), c.int()
	c.skip(fields)
	if c.int() != 0 {
		c.bad = true
	}
	last, any := ID{}, false
	for !c.bad && c.off >= 0 {
		id, gone := c.entry(first, fields)
		if any && !last.Less(id) || id.Less(first) || id.IsZero() {
			c.bad = true
		}
		last, any = id, true
		if gone {
			deleted--
		} else {
			live--
		}
	}
	b := &Block{first: first, pack: pack}
	if c.bad || live != 0 || deleted != 0 {
		return nil, ErrBlock
	}
	if b.master().live == 0 {
		return nil, nil
	}
	return b, nil
}

// checker reads a valid listpack as the elements of a block.
type checker struct {
	list listpack.List
	off  int // -1 behind the last element
	bad  bool
	seen int64 // elements of the entry
}

func (c *checker) int() int64 {
	if c.bad || c.off < 0 {
		c.bad = true
		return 0
	}
	_, n, isInt := c.list.Value(c.off)
	c.bad = !isInt
	c.off = c.list.Next(c.off)
	c.seen++
	return n
}

func (c *checker) skip(n int64) {
	if n < 0 {
		c.bad = true
	}
	for ; n > 0 && !c.bad; n-- {
		if c.off < 0 {
			c.bad = true
			return
		}
		c.off = c.list.Next(c.off)
		c.seen++
	}
}

func (c *checker) entry(first ID, fields int64) (id ID, deleted bool) {
	c.seen = 0
	flags, ms, seq := c.int(), c.int(), c.int()
	if flags&flagSameFields != 0 {
		c.skip(fields)
	} else if n := c.int(); n < 0 || n > int64(len(c.list)) {
		c.bad = true
	} else {
		c.skip(2 * n)
	}
	if size := c.seen; c.int() != size || flags&^(flagDeleted|flagSameFields) != 0 {
		c.bad = true
	}
	return ID{first.Ms + uint64(ms), first.Seq + uint64(seq)}, flags&flagDeleted != 0
}

// AddBlock adds a block from outside behind the last one. False says that it
// does not belong there: its ID is not above all live entries, or one of them
// is not.
func (l *Log) AddBlock(b *Block) bool {
	last, any := l.blocks.Last()
	if any && (!last.first.Less(b.first) || !l.Last().Less(b.first)) {
		return false
	}
	l.Restore(b)
	l.top = b.Top()
	return true
}
