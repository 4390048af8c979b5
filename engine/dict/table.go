// Package dict is the hash table under the keyspace, hashes, sets and sorted
// sets: a map from a key to a pointer, where the key lies inside the block
// pointed to, so that an entry costs one word and a tag.
//
// The table is linear hashing over 64-byte buckets. A write moves at most one
// bucket, so growing and shrinking never stop the caller, and there is only
// one place where a key can be at any time. table.go holds the operations on
// one key, bucket.go a bucket and its chain, resize.go the growth, walk.go what
// visits entries (Scan, Random, Each), account.go the memory.
//
// A table belongs to one goroutine, and the key of a block must not change
// while the block is in a table.
package dict

import (
	"hash/maphash"
	"unsafe"
)

// Entry points to a heap block whose key the table's keyOf can find.
type Entry = unsafe.Pointer

// seed is secret and differs in every process, so that nobody can prepare keys
// that meet in one bucket.
var seed = maphash.MakeSeed()

func hash(key []byte) uint64 { return maphash.Bytes(seed, key) }

// Table maps keys to entries.
//
// Invariants, verified by check:
//  1. Buckets 0 to n-1 exist, and hi is the smallest 2^k-1 with n <= hi+1.
//  2. An entry is in the bucket that place gives for its hash, with the tag of
//     its hash, and no two entries have equal keys.
//  3. Buckets that have a child are full, and the last of a chain that is not
//     the head holds two entries or more.
//  4. Slots not in use are nil.
//  5. count, links and the storage agree with what is there.
//  6. recent is nil or an entry of the table.
type Table struct {
	keyOf func(Entry) []byte
	count int
	n     uint64 // buckets in use
	hi    uint64 // hash bits that say which bucket
	links int    // child buckets

	recent Entry // that Find returned last: programs come back to the same key

	account // of memory

	// base is all storage up to segLen buckets, dir beyond; one is nil.
	base []bucket
	dir  []*segment
}

// New returns an empty table. keyOf returns the key that lies in an entry's
// block; it is called on every look-up that comes near the entry, and must not
// allocate. The table does not keep what it returns.
func New(keyOf func(Entry) []byte) *Table {
	t := &Table{keyOf: keyOf, n: 1, base: make([]bucket, 1)}
	t.countStorage()
	return t
}

// Len returns the number of entries.
func (t *Table) Len() int { return t.count }

// Slots returns the number of entries for which there is room.
func (t *Table) Slots() int { return (int(t.n) + t.links) * slots }

// Find returns the entry of key, or nil. It does not allocate nor keep key.
func (t *Table) Find(key []byte) Entry {
	if e := t.recent; e != nil && string(t.keyOf(e)) == string(key) {
		return e
	}
	b, i := t.find(hash(key), key)
	if b == nil {
		return nil
	}
	t.recent = b.slots[i]
	return t.recent
}

// Insert adds e under key, which must be the key in e's block and absent from
// the table; only a build with the tag dictcheck looks whether it is.
func (t *Table) Insert(key []byte, e Entry) {
	if checked {
		t.mustBeAbsent(key)
	}
	t.weigh(e, 1)
	t.insert(hash(key), e)
}

// Replace stores e for key and returns the entry that was there, or nil if the
// key was absent. The key in e's block must equal key.
func (t *Table) Replace(key []byte, e Entry) (old Entry) {
	h := hash(key)
	if b, i := t.find(h, key); b != nil {
		old, b.slots[i] = b.slots[i], e
		t.forget(old)
		t.weigh(old, -1)
		t.weigh(e, 1)
		return old
	}
	t.weigh(e, 1)
	t.insert(h, e)
	return nil
}

// Delete removes the entry of key and returns it, or nil if there is none.
func (t *Table) Delete(key []byte) Entry {
	h := hash(key)
	b, i := t.find(h, key)
	if b == nil {
		return nil
	}
	e := b.slots[i]
	t.remove(t.bucket(h), b, i)
	t.count--
	t.forget(e)
	t.weigh(e, -1)
	if t.sparse() {
		t.merge()
		t.countStorage()
	}
	return e
}

// forget notes that e is no longer in the table.
func (t *Table) forget(e Entry) {
	if t.recent == e {
		t.recent = nil
	}
}

func (t *Table) insert(h uint64, e Entry) {
	t.push(t.bucket(h), tagOf(h), e)
	t.count++
	if t.crowded() {
		t.split()
		t.countStorage()
	}
}

// find returns the bucket and slot that hold key, or a nil bucket.
func (t *Table) find(h uint64, key []byte) (*bucket, int) {
	b := t.bucket(h)
	tags := uint64(tagOf(h)) * eachByte
	for {
		for m := b.match(tags); m != 0; m &= m - 1 {
			i := slotOf(m)
			if string(t.keyOf(b.slots[i])) == string(key) {
				return b, i
			}
		}
		if !b.chained() {
			return nil, 0
		}
		b = b.child()
	}
}

// bucket returns the head of the chain where keys with this hash are.
func (t *Table) bucket(h uint64) *bucket { return t.at(t.place(h)) }

// place returns the number of the bucket for a hash: its low bits, with one
// bit less where that bucket has not been split off yet.
func (t *Table) place(h uint64) uint64 {
	p := h & t.hi
	unsplit := h & (t.hi >> 1)
	if p >= t.n {
		p = unsplit
	}
	return p
}

// at returns bucket p, which must be below n.
func (t *Table) at(p uint64) *bucket {
	if t.dir != nil {
		return &t.dir[p>>segBits][p&(segLen-1)]
	}
	return &t.base[p]
}
