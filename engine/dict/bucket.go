package dict

import "math/bits"

const (
	slots = 7

	eachByte = 0x0101010101010101
	topBits  = 0x8080808080808080

	tagBits   = slots * 8
	chainFlag = 1 << 63
)

// A bucket fills one cache line. The low seven bytes of meta are the tags of
// the slots, the top byte the number of entries, which sit in the first slots,
// and the flag that the last slot points to a child bucket.
type bucket struct {
	meta  uint64
	slots [slots]Entry
}

// tagOf takes the top bits of a hash, as the low ones chose the bucket.
func tagOf(h uint64) uint8 { return uint8(h >> 56) }

func (b *bucket) len() int { return int(b.meta>>tagBits) & 7 }

func (b *bucket) chained() bool { return b.meta&chainFlag != 0 }

func (b *bucket) child() *bucket { return (*bucket)(b.slots[slots-1]) }

func (b *bucket) tag(i int) uint8 { return uint8(b.meta >> (8 * i)) }

// match returns a bit set in the byte of each slot whose tag is equal to the
// tags given, one tag in every byte. It may name a slot beside an equal one by
// mistake, never one that holds no entry.
func (b *bucket) match(tags uint64) uint64 {
	x := b.meta ^ tags
	used := uint64(1)<<(8*uint(b.len())) - 1
	return (x - eachByte) & ^x & topBits & used
}

// slotOf returns the first slot named by a match that is not zero.
func slotOf(match uint64) int { return bits.TrailingZeros64(match) >> 3 }

// add puts e in the first free slot; the bucket has one and has no child.
func (b *bucket) add(tag uint8, e Entry) {
	i := b.len()
	b.slots[i] = e
	b.meta = b.meta&^(0xff<<(8*i)) | uint64(tag)<<(8*i)
	b.meta += 1 << tagBits
}

// pop takes the last entry out; the bucket has one and has no child.
func (b *bucket) pop() (tag uint8, e Entry) {
	i := b.len() - 1
	tag, e = b.tag(i), b.slots[i]
	b.slots[i] = nil
	b.meta -= 1 << tagBits
	return tag, e
}

// set puts e in a slot that is in use.
func (b *bucket) set(i int, tag uint8, e Entry) {
	b.slots[i] = e
	b.meta = b.meta&^(0xff<<(8*i)) | uint64(tag)<<(8*i)
}

// each calls fn for the entries of the chain that starts at b and stops when
// fn returns false, which it then returns too.
func (b *bucket) each(fn func(Entry) bool) bool {
	for {
		for _, e := range b.slots[:b.len()] {
			if !fn(e) {
				return false
			}
		}
		if !b.chained() {
			return true
		}
		b = b.child()
	}
}

// size returns the number of entries in the chain that starts at b.
func (b *bucket) size() int {
	n := b.len()
	for b.chained() {
		b = b.child()
		n += b.len()
	}
	return n
}

// pick returns entry i of the chain that starts at b; i is below its size.
func (b *bucket) pick(i int) Entry {
	for i >= b.len() {
		i -= b.len()
		b = b.child()
	}
	return b.slots[i]
}

// push adds an entry to the chain that starts at b.
func (t *Table) push(b *bucket, tag uint8, e Entry) {
	for b.chained() {
		b = b.child()
	}
	if b.len() == slots {
		b = t.link(b)
	}
	b.add(tag, e)
}

// link gives b, which is full, a child that takes over its last entry.
func (t *Table) link(b *bucket) *bucket {
	child := new(bucket)
	child.add(b.pop())
	b.slots[slots-1] = Entry(child)
	b.meta |= chainFlag
	t.links++
	return child
}

// remove takes out slot i of b, a bucket in the chain that starts at head. The
// chain's last entry fills the hole, so that chains stay dense; a child with
// one entry left gives it back to its parent.
func (t *Table) remove(head, b *bucket, i int) {
	var parent *bucket
	tail := head
	for tail.chained() {
		parent, tail = tail, tail.child()
	}
	tag, e := tail.pop()
	if b != tail || i != tail.len() {
		b.set(i, tag, e)
	}
	if parent != nil && tail.len() == 1 {
		parent.slots[slots-1] = nil
		parent.meta &^= chainFlag
		parent.add(tail.pop())
		t.links--
	}
}
