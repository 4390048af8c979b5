// Package ztree is the order of a sorted set: a counted B+ tree of items, by
// score and then by the member's bytes. Finding a rank and finding the item of
// a rank both take O(log n).
//
// The items are pointers to blocks that a hash table of members may share; the
// tree neither copies nor changes them. Scores stand in the nodes as well, so
// that a descent touches an item only where scores are equal.
//
// A tree belongs to one goroutine. Any change makes its iterators void.
package ztree

import (
	"unsafe"

	"perigee/engine/sizeclass"
)

// Tree holds items in order. The zero value is an empty tree.
//
// Invariants:
//  1. the leaves, from left to right and linked, hold all items in strict order;
//  2. all leaves have the same depth, height inner nodes above them;
//  3. for each child an inner node has the number of its items, and its first
//     item with the score;
//  4. no leaf is empty, and no inner node has a single child.
type Tree struct {
	root   unsafe.Pointer // *leaf if height is 0, else *inner; nil if empty
	height int
	count  int
	leaves int
	inners int
	items  int // bytes of the items' blocks
}

// Len returns the number of items.
func (t *Tree) Len() int { return t.count }

// Bytes returns the memory of the nodes and of the items' blocks; O(1).
func (t *Tree) Bytes() int {
	return int(unsafe.Sizeof(*t)) + t.leaves*sizeclass.WithPointers(int(unsafe.Sizeof(leaf{}))) +
		t.inners*sizeclass.WithPointers(int(unsafe.Sizeof(inner{}))) + t.items
}

// Insert adds the item, unless an item with its score and member is there; it
// tells whether the item was added. O(log n).
func (t *Tree) Insert(it *Item) bool {
	if t.root == nil {
		t.root = unsafe.Pointer(&leaf{})
		t.leaves = 1
	}
	var p path
	t.descend(&p, it.score, it.Member())
	if p.holds(it.score, it.Member()) {
		return false
	}
	t.insertAt(&p, it)
	t.count++
	t.items += it.Bytes()
	return true
}

// Delete removes the item with this score and member and returns it, nil if
// there is none. O(log n).
func (t *Tree) Delete(score float64, member []byte) *Item {
	if t.root == nil {
		return nil
	}
	var p path
	t.descend(&p, score, member)
	if !p.holds(score, member) {
		return nil
	}
	it := p.leaf.items[p.i]
	t.removeAt(&p, 1)
	return it
}

// DeleteRange removes n items from rank on, calling each, unless it is nil, for
// every one in order before it goes. O(log n + n).
func (t *Tree) DeleteRange(rank, n int, each func(*Item)) {
	for n = min(n, t.count-rank); n > 0; {
		var p path
		t.descendTo(&p, rank)
		run := min(n, p.leaf.n-p.i)
		for _, it := range p.leaf.items[p.i : p.i+run] {
			if each != nil {
				each(it)
			}
		}
		t.removeAt(&p, run)
		n -= run
	}
}

// Rank returns how many items stand before the one with this score and member,
// and whether there is one. O(log n).
func (t *Tree) Rank(score float64, member []byte) (int, bool) {
	if t.root == nil {
		return 0, false
	}
	var p path
	rank := t.descend(&p, score, member)
	return rank, p.holds(score, member)
}

// At returns the item of a rank, nil if there is none. O(log n).
func (t *Tree) At(rank int) *Item {
	it := t.IterAt(rank)
	return it.Item()
}

// IterAt returns an iterator at the item of a rank; off the end if there is
// none. O(log n).
func (t *Tree) IterAt(rank int) Iter {
	if rank < 0 || rank >= t.count {
		return Iter{}
	}
	var p path
	t.descendTo(&p, rank)
	return Iter{p.leaf, p.i, rank}
}

// Seek returns an iterator at the first item for which reached answers true,
// given that it answers true for all items behind; off the end if for none. Its
// Rank is the number of items before in either case. O(log n).
func (t *Tree) Seek(reached func(*Item) bool) Iter {
	if t.root == nil {
		return Iter{}
	}
	leaf, i, rank := t.seek(reached)
	if i == leaf.n {
		return Iter{rank: rank}
	}
	return Iter{leaf, i, rank}
}

// Iter walks the items in either direction:
//
//	for it := t.IterAt(0); it.Item() != nil; it.Next() { … }
type Iter struct {
	leaf *leaf
	i    int
	rank int
}

// Item returns the item, nil off the ends.
func (it *Iter) Item() *Item {
	if it.leaf == nil {
		return nil
	}
	return it.leaf.items[it.i]
}

// Rank returns the item's rank.
func (it *Iter) Rank() int { return it.rank }

// Next goes to the item behind.
func (it *Iter) Next() {
	if it.leaf == nil {
		return
	}
	it.rank++
	if it.i++; it.i == it.leaf.n {
		it.leaf, it.i = it.leaf.next, 0
	}
}

// Prev goes to the item before.
func (it *Iter) Prev() {
	if it.leaf == nil {
		return
	}
	it.rank--
	if it.i--; it.i < 0 {
		if it.leaf = it.leaf.prev; it.leaf != nil {
			it.i = it.leaf.n - 1
		}
	}
}
