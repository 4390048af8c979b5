package dict

import "math/bits"

// Each calls fn for every entry, in no particular order, until fn returns
// false. fn must not modify the table.
func (t *Table) Each(fn func(Entry) bool) {
	for p := range t.n {
		if !t.at(p).each(fn) {
			return
		}
	}
}

// Scan calls fn for the entries of one bucket and returns the cursor of the
// next, 0 at the end; a scan starts at 0, and any cursor is safe. An entry that
// is in the table from the start of a scan to its end is met at least once,
// whatever is added and removed between the steps; others may be met, and any
// may be met again. fn must not modify the table.
//
// The cursor counts through the hash's low bits with the highest bit changing
// fastest: it says that all hashes below it, in that order, have been met. As
// growing and shrinking split and join neighbours in that order, it stays true.
func (t *Table) Scan(cursor uint64, fn func(Entry)) uint64 {
	mask := t.hi >> 1
	p := cursor & mask
	if p+mask+1 < t.n {
		mask = t.hi
		p = cursor & mask
	}
	t.at(p).each(func(e Entry) bool {
		fn(e)
		return true
	})
	cursor |= ^mask
	return bits.Reverse64(bits.Reverse64(cursor) + 1)
}

const (
	// walkBuckets is the size up to which Random counts its way to an entry.
	walkBuckets = 8
	// drawSlots is how many places of a chain are drawn from; hardly any chain
	// is longer.
	drawSlots = 16
	// maxDraws bounds the draws. At the load to which deletes let a table sink,
	// one call in a million needs more.
	maxDraws = 128
)

// Random returns an entry drawn with rnd, or nil if the table is empty. All
// entries are as good as equally likely. It takes about four draws, and
// constant time unless Reserve left the table almost empty.
func (t *Table) Random(rnd func() uint64) Entry {
	if t.count == 0 {
		return nil
	}
	if t.n <= walkBuckets {
		return t.nth(int(rnd() % uint64(t.count)))
	}
	// A draw names a bucket and a place in its chain, and counts only if there
	// is an entry: entries in long chains are then no likelier than others.
	for range maxDraws {
		r := rnd()
		p, _ := bits.Mul64(r, t.n)
		b, i := t.at(p), int(r%drawSlots)
		size := b.size()
		if size > drawSlots {
			i = int(r>>32) % size
		}
		if i < size {
			return b.pick(i)
		}
	}
	return t.randomFrom(rnd())
}

// nth returns the entry that is number i in the order of Each.
func (t *Table) nth(i int) Entry {
	for p := range t.n {
		b := t.at(p)
		size := b.size()
		if i < size {
			return b.pick(i)
		}
		i -= size
	}
	panic("dict: fewer entries than counted")
}

// randomFrom returns some entry of the first chain at or after a random bucket.
func (t *Table) randomFrom(r uint64) Entry {
	for p := r % t.n; ; p = (p + 1) % t.n {
		if size := t.at(p).size(); size > 0 {
			return t.at(p).pick(int(r>>32) % size)
		}
	}
}
