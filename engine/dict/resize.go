package dict

import "unsafe"

// A table grows above 9/2 entries a bucket, where one look-up in ten meets a
// second bucket and an entry costs 16 bytes, and shrinks below 7/4, a quarter
// of the slots. The bounds lie far apart so that a table whose size swings is
// not moved to and fro.
const (
	maxLoadHalves   = 9
	minLoadQuarters = 7
)

// Beyond segLen buckets the table is a directory of segments, so that no
// allocation, clearing or copy grows with it.
const (
	segBits = 10
	segLen  = 1 << segBits
)

type segment = [segLen]bucket

const bucketSize = int64(unsafe.Sizeof(bucket{}))

func (t *Table) crowded() bool { return 2*uint64(t.count) > maxLoadHalves*t.n }

func (t *Table) sparse() bool { return 4*uint64(t.count) < minLoadQuarters*t.n && t.n > 1 }

// Rehash moves up to this many buckets of what writes have left to move, and
// reports whether more remains. Writes keep pace by themselves, so there is
// something only after Reserve asked for more than came.
func (t *Table) Rehash(buckets int) bool {
	for ; buckets > 0 && t.sparse(); buckets-- {
		t.merge()
	}
	t.countStorage()
	return t.sparse()
}

// Reserve makes room for n entries in all at once, at the cost of allocating
// it and of moving the entries already there. Deletes give unused room back.
func (t *Table) Reserve(n int) {
	for 2*uint64(max(n, 0)) > maxLoadHalves*t.n {
		t.split()
	}
	t.countStorage()
}

// split adds bucket n and moves there what belongs to it, all from one bucket.
func (t *Table) split() {
	if t.n > t.hi {
		t.hi = t.hi<<1 | 1
	}
	t.extend()
	p := t.n
	from, to := t.at(p&(t.hi>>1)), t.at(p)
	t.n++

	head := *from
	*from = bucket{}
	for b := &head; ; b = b.child() {
		for i, e := range b.slots[:b.len()] {
			target := from
			if hash(t.keyOf(e))&t.hi == p {
				target = to
			}
			t.push(target, b.tag(i), e)
		}
		if !b.chained() {
			return
		}
		t.links--
	}
}

// merge removes the last bucket, moving its entries to the one it was split
// from. Their tags say all that is needed, so no entry is read.
func (t *Table) merge() {
	t.n--
	from, to := t.at(t.n), t.at(t.n&(t.hi>>1))
	for b := from; ; b = b.child() {
		for i, e := range b.slots[:b.len()] {
			t.push(to, b.tag(i), e)
		}
		if !b.chained() {
			break
		}
		t.links--
	}
	*from = bucket{}
	if t.n == t.hi>>1+1 {
		t.hi >>= 1
	}
	t.release()
}

// extend makes storage for bucket n.
func (t *Table) extend() {
	switch {
	case t.dir == nil && t.n < uint64(len(t.base)):
	case t.dir == nil && t.n < segLen:
		t.resizeBase(2 * len(t.base))
	case t.dir == nil:
		t.dir = append(make([]*segment, 0, 8), (*segment)(t.base), new(segment))
		t.base = nil
	case t.n>>segBits == uint64(len(t.dir)):
		t.dir = append(t.dir, new(segment))
	}
}

// release gives back storage that is far enough beyond bucket n-1.
func (t *Table) release() {
	switch last := len(t.dir) - 1; {
	case t.dir == nil:
		if t.n <= uint64(len(t.base))/4 {
			t.resizeBase(len(t.base) / 2)
		}
	case t.n > uint64(last)<<segBits:
	case last == 1:
		t.base, t.dir = t.dir[0][:], nil
	default:
		t.dir[last] = nil
		t.dir = t.dir[:last]
	}
}

func (t *Table) resizeBase(buckets int) {
	base := make([]bucket, buckets)
	copy(base, t.base)
	t.base = base
}
