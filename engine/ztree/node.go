package ztree

import "unsafe"

const (
	// Sizes for which nodes fill allocation classes: 1024 bytes each.
	leafSize  = 61
	innerSize = 31
	// Nodes with less than this are joined with a neighbour.
	leafMin  = leafSize / 4
	innerMin = innerSize / 4
	// maxHeight is more than any number of items in memory can need.
	maxHeight = 16
)

// leaf holds items in order.
type leaf struct {
	n          int
	prev, next *leaf
	scores     [leafSize]float64
	items      [leafSize]*Item
}

// inner holds children in order: leaves or inner nodes, as its depth tells.
type inner struct {
	n        int
	children [innerSize]unsafe.Pointer
	counts   [innerSize]int     // items below each child
	scores   [innerSize]float64 // score of each first item
	firsts   [innerSize]*Item   // first item below each child
}

// bundle is what splitting and joining needs of either kind of node.
type bundle[T any] interface {
	size() int
	// open makes room for k entries before entry i.
	open(i, k int)
	// shut removes k entries from entry i on.
	shut(i, k int)
	// take copies k entries, from entry j of another node on, over those from i on.
	take(i int, from T, j, k int)
}

// shift moves k entries of src from entry j on to dst before its entry i.
func shift[T bundle[T]](dst T, i int, src T, j, k int) {
	dst.open(i, k)
	dst.take(i, src, j, k)
	src.shut(j, k)
}

// join makes two neighbours one, a, if their entries fit, and otherwise gives
// each half of them. It tells whether b is empty now.
func join[T bundle[T]](a, b T, capacity int) bool {
	total := a.size() + b.size()
	half := total / 2
	switch {
	case total <= capacity:
		shift(a, a.size(), b, 0, b.size())
		return true
	case a.size() > half:
		shift(b, 0, a, half, a.size()-half)
	default:
		shift(a, a.size(), b, 0, half-a.size())
	}
	return false
}

func (l *leaf) size() int { return l.n }

func (l *leaf) open(i, k int) {
	copy(l.scores[i+k:], l.scores[i:l.n])
	copy(l.items[i+k:], l.items[i:l.n])
	l.n += k
}

func (l *leaf) shut(i, k int) {
	copy(l.scores[i:], l.scores[i+k:l.n])
	copy(l.items[i:], l.items[i+k:l.n])
	clear(l.items[l.n-k : l.n])
	l.n -= k
}

func (l *leaf) take(i int, from *leaf, j, k int) {
	copy(l.scores[i:i+k], from.scores[j:])
	copy(l.items[i:i+k], from.items[j:])
}

func (l *leaf) insert(i int, it *Item) {
	l.open(i, 1)
	l.scores[i], l.items[i] = it.score, it
}

func (n *inner) size() int { return n.n }

func (n *inner) open(i, k int) {
	copy(n.children[i+k:], n.children[i:n.n])
	copy(n.counts[i+k:], n.counts[i:n.n])
	copy(n.scores[i+k:], n.scores[i:n.n])
	copy(n.firsts[i+k:], n.firsts[i:n.n])
	n.n += k
}

func (n *inner) shut(i, k int) {
	copy(n.children[i:], n.children[i+k:n.n])
	copy(n.counts[i:], n.counts[i+k:n.n])
	copy(n.scores[i:], n.scores[i+k:n.n])
	copy(n.firsts[i:], n.firsts[i+k:n.n])
	clear(n.children[n.n-k : n.n])
	clear(n.firsts[n.n-k : n.n])
	n.n -= k
}

func (n *inner) take(i int, from *inner, j, k int) {
	copy(n.children[i:i+k], from.children[j:])
	copy(n.counts[i:i+k], from.counts[j:])
	copy(n.scores[i:i+k], from.scores[j:])
	copy(n.firsts[i:i+k], from.firsts[j:])
}

func (n *inner) setFirst(c int, it *Item) {
	n.scores[c], n.firsts[c] = it.score, it
}

// total returns the number of items below the node.
func (n *inner) total() int {
	sum := 0
	for _, count := range n.counts[:n.n] {
		sum += count
	}
	return sum
}
