package dict

import (
	"unsafe"

	"perigee/engine/sizeclass"
)

// account is what a table knows of its memory.
type account struct {
	sizeOf func(Entry) int
	total  *int64 // gets every change of stored and blocks; may be nil
	stored int64  // what the table takes itself, as of the last change of storage
	blocks int64
}

// Count makes a table, which must be empty, count the bytes of the entries'
// blocks, as sizeOf gives them; a nil sizeOf counts none. Every change of them,
// and of what the table takes itself, is added to *total too unless that is
// nil. It returns the table.
func (t *Table) Count(sizeOf func(Entry) int, total *int64) *Table {
	t.sizeOf, t.total = sizeOf, total
	if total != nil {
		*total += t.stored
	}
	return t
}

// Blocks returns the bytes of the entries' blocks; O(1).
func (t *Table) Blocks() int64 { return t.blocks }

// Counted returns what the table has added to its total so far.
func (t *Table) Counted() int64 { return t.stored + t.blocks }

// Resized tells a table that counts that the block of one of its entries has
// grown by so many bytes.
func (t *Table) Resized(bytes int) {
	t.blocks += int64(bytes)
	if t.total != nil {
		*t.total += int64(bytes)
	}
}

// weigh counts a block that came, or with sign -1 went.
func (t *Table) weigh(e Entry, sign int) {
	if t.sizeOf != nil {
		t.Resized(sign * t.sizeOf(e))
	}
}

// countStorage counts the table's own memory, after the storage has changed.
func (t *Table) countStorage() {
	now := t.storage()
	if t.total != nil {
		*t.total += now - t.stored
	}
	t.stored = now
}

// Bytes returns the memory that the table itself takes, without the entries, as
// of the last change of its storage; child buckets are few, and counted then.
// O(1).
func (t *Table) Bytes() int64 { return t.stored }

func (t *Table) storage() int64 {
	n := sizeclass.WithPointers(int(unsafe.Sizeof(*t))) + t.links*int(bucketSize)
	if t.dir == nil {
		return int64(n + sizeclass.WithPointers(cap(t.base)*int(bucketSize)))
	}
	n += sizeclass.WithPointers(cap(t.dir) * int(unsafe.Sizeof(t.dir[0])))
	return int64(n + len(t.dir)*int(unsafe.Sizeof(segment{})))
}
