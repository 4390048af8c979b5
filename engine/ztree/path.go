package ztree

import (
	"bytes"
	"unsafe"
)

// path is the way from the root to a place in a leaf. inners[d] is the inner
// node at depth d, and at[d] the child that the path takes there.
type path struct {
	inners [maxHeight]*inner
	at     [maxHeight]int
	leaf   *leaf
	i      int
}

// holds tells whether the item at the path's place is (score, member).
func (p *path) holds(score float64, member []byte) bool {
	if p.i == p.leaf.n || p.leaf.scores[p.i] != score {
		return false
	}
	return bytes.Equal(p.leaf.items[p.i].Member(), member)
}

// precedes tells whether (score, it's member) stands before (key, member), or,
// if orEqual, is it. Scores compare as doubles: the two zeros are equal.
func precedes(score float64, it *Item, key float64, member []byte, orEqual bool) bool {
	if score != key {
		return score < key
	}
	order := bytes.Compare(it.Member(), member)
	return order < 0 || orEqual && order == 0
}

// descend goes to where (score, member) stands or would be inserted, and
// returns the number of items before it. The tree must not be empty.
func (t *Tree) descend(p *path, score float64, member []byte) int {
	rank := 0
	at := t.root
	for d := range t.height {
		n := (*inner)(at)
		c, high := 0, n.n-1 // the last child that does not start behind the place
		for c < high {
			mid := (c + high + 1) / 2
			if precedes(n.scores[mid], n.firsts[mid], score, member, true) {
				c = mid
			} else {
				high = mid - 1
			}
		}
		for _, count := range n.counts[:c] {
			rank += count
		}
		p.inners[d], p.at[d] = n, c
		at = n.children[c]
	}
	p.leaf = (*leaf)(at)
	low, high := 0, p.leaf.n
	for low < high {
		mid := (low + high) / 2
		if precedes(p.leaf.scores[mid], p.leaf.items[mid], score, member, false) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	p.i = low
	return rank + low
}

// descendTo goes to the item of a rank, which must exist.
func (t *Tree) descendTo(p *path, rank int) {
	at := t.root
	for d := range t.height {
		n := (*inner)(at)
		c := 0
		for rank >= n.counts[c] {
			rank -= n.counts[c]
			c++
		}
		p.inners[d], p.at[d] = n, c
		at = n.children[c]
	}
	p.leaf, p.i = (*leaf)(at), rank
}

// seek finds the first item for which reached answers true, off the end of the
// last leaf if there is none, and the number of items before it.
func (t *Tree) seek(reached func(*Item) bool) (l *leaf, i, rank int) {
	at := t.root
	for range t.height {
		n := (*inner)(at)
		c, high := 0, n.n-1 // the last child that starts before the item
		for c < high {
			mid := (c + high + 1) / 2
			if reached(n.firsts[mid]) {
				high = mid - 1
			} else {
				c = mid
			}
		}
		for _, count := range n.counts[:c] {
			rank += count
		}
		at = n.children[c]
	}
	l = (*leaf)(at)
	low, high := 0, l.n
	for low < high {
		mid := (low + high) / 2
		if reached(l.items[mid]) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	rank += low
	if low == l.n && l.next != nil {
		return l.next, 0, rank
	}
	return l, low, rank
}

// insertAt adds the item at a path's place, splitting the nodes that are full.
func (t *Tree) insertAt(p *path, it *Item) {
	isFirst := p.i == 0
	right := unsafe.Pointer(t.insertInLeaf(p.leaf, p.i, it))
	for d := t.height - 1; d >= 0; d-- {
		n, c := p.inners[d], p.at[d]
		if right != nil {
			t.refresh(n, c, d)
			right = unsafe.Pointer(t.addChild(n, c+1, right, d))
		} else {
			n.counts[c]++
			if isFirst {
				n.setFirst(c, it)
			}
		}
		isFirst = isFirst && c == 0
	}
	if right != nil {
		t.growRoot(right)
	}
}

// insertInLeaf adds the item as entry i and returns the new leaf that follows
// if this one had to be split.
func (t *Tree) insertInLeaf(l *leaf, i int, it *Item) *leaf {
	if l.n < leafSize {
		l.insert(i, it)
		return nil
	}
	r := &leaf{prev: l, next: l.next}
	t.leaves++
	if l.next != nil {
		l.next.prev = r
	}
	l.next = r
	// Scores that only ever grow leave full leaves behind, not half full ones.
	keep := l.n
	if r.next != nil || i < l.n {
		keep = (leafSize + 1) / 2
	}
	shift(r, 0, l, keep, l.n-keep)
	if i > keep || r.n == 0 {
		r.insert(i-keep, it)
	} else {
		l.insert(i, it)
	}
	return r
}

// addChild adds a child to an inner node at depth d as entry c and returns the
// new node that follows if this one had to be split.
func (t *Tree) addChild(n *inner, c int, child unsafe.Pointer, d int) *inner {
	var r *inner
	if n.n == innerSize {
		r = &inner{}
		t.inners++
		keep := (innerSize + 1) / 2
		shift(r, 0, n, keep, n.n-keep)
		if c > keep {
			n, c = r, c-keep
		}
	}
	n.open(c, 1)
	n.children[c] = child
	t.refresh(n, c, d)
	return r
}

// growRoot puts a new root above the old one and its new neighbour.
func (t *Tree) growRoot(right unsafe.Pointer) {
	n := &inner{n: 2}
	t.inners++
	n.children[0], n.children[1] = t.root, right
	t.root = unsafe.Pointer(n)
	t.height++
	t.refresh(n, 0, 0)
	t.refresh(n, 1, 0)
}

// refresh computes what an inner node at depth d knows of its child c.
func (t *Tree) refresh(n *inner, c, d int) {
	if d == t.height-1 {
		l := (*leaf)(n.children[c])
		n.counts[c] = l.n
		n.setFirst(c, l.items[0])
		return
	}
	child := (*inner)(n.children[c])
	n.counts[c] = child.total()
	n.setFirst(c, child.firsts[0])
}

// removeAt removes the run of items from a path's place on, which must be in
// the path's leaf, joining nodes that become thin.
func (t *Tree) removeAt(p *path, run int) {
	for _, it := range p.leaf.items[p.i : p.i+run] {
		t.items -= it.Bytes()
	}
	t.count -= run
	p.leaf.shut(p.i, run)
	for d := t.height - 1; d >= 0; d-- {
		n, c := p.inners[d], p.at[d]
		if t.thin(n.children[c], d+1) {
			t.joinChild(n, c, d)
		} else {
			t.refresh(n, c, d)
		}
	}
	t.shrinkRoot()
}

// thin tells whether a node at depth d has fewer entries than it should.
func (t *Tree) thin(node unsafe.Pointer, d int) bool {
	if d == t.height {
		return (*leaf)(node).n < leafMin
	}
	return (*inner)(node).n < innerMin
}

// joinChild joins child c of an inner node at depth d with a neighbour. There
// is one, since only joining takes children away, and it leaves enough.
func (t *Tree) joinChild(n *inner, c, d int) {
	c = min(c, n.n-2)
	a, b := n.children[c], n.children[c+1]
	emptied := false
	if d == t.height-1 {
		if emptied = join((*leaf)(a), (*leaf)(b), leafSize); emptied {
			t.unlink((*leaf)(b))
		}
	} else if emptied = join((*inner)(a), (*inner)(b), innerSize); emptied {
		t.inners--
	}
	if emptied {
		n.shut(c+1, 1)
	} else {
		t.refresh(n, c+1, d)
	}
	t.refresh(n, c, d)
}

func (t *Tree) unlink(l *leaf) {
	t.leaves--
	l.prev.next = l.next
	if l.next != nil {
		l.next.prev = l.prev
	}
}

// shrinkRoot takes away a root that has one child only, or no item.
func (t *Tree) shrinkRoot() {
	for t.height > 0 && (*inner)(t.root).n == 1 {
		t.root = (*inner)(t.root).children[0]
		t.height--
		t.inners--
	}
	if t.count == 0 {
		*t = Tree{}
	}
}
