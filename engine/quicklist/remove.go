package quicklist

import (
	"slices"

	"perigee/engine/listpack"
)

// RemoveRange removes up to n elements from index start on, which must be
// within the list; O(n + nodes).
func (l *List) RemoveRange(start, n int, c *Changes) {
	if n <= 0 {
		return
	}
	di, k := l.locate(start)
	n = min(n, l.count-start)
	ns := l.nodes()
	first := di // of the nodes that become empty
	if k > 0 {
		first++
	}
	for ; n > 0; di, k = di+1, 0 {
		gone := min(n, ns[di].len()-k)
		l.removeRun(ns[di], k, gone, c)
		n -= gone
	}
	last := di // behind the last node that became empty
	if ns[last-1].count > 0 {
		last--
	}
	if first < last {
		l.removeNodes(first, last)
	}
	l.shrink()
}

// RemoveValue removes the elements equal to value, the first limit ones from
// the given end, or all if limit is 0, and returns how many went; O(n).
func (l *List) RemoveValue(value []byte, limit int, fromTail bool, c *Changes) int {
	l.ready()
	if limit <= 0 {
		limit = l.count
	}
	ns, needle, removed := l.nodes(), listpack.NewNeedle(value), 0
	for i := 0; i < len(ns) && removed < limit; i++ {
		n := ns[i]
		if fromTail {
			n = ns[len(ns)-1-i]
		}
		m := n.mark(needle, limit-removed, fromTail)
		l.removeMarked(n, m, c)
		removed += m.n
	}
	l.dropEmpty()
	l.shrink()
	return removed
}

// marks are the elements of a node that shall go: n of them, between first and
// last.
type marks struct {
	gone           []bool
	n, first, last int
}

// mark marks up to limit elements that match, from the given end of the node.
func (n *node) mark(needle listpack.Needle, limit int, fromTail bool) marks {
	var m marks
	at, step := 0, (*cursor).next
	if fromTail {
		at, step = n.len()-1, (*cursor).prev
	}
	for cur := n.at(at); cur.k >= 0 && cur.k < n.len() && m.n < limit; step(&cur) {
		if cur.matches(needle) {
			m.add(cur.k, n.len())
		}
	}
	return m
}

func (m *marks) add(k, count int) {
	if m.n == 0 {
		m.gone = make([]bool, count)
		m.first, m.last = k, k
	}
	m.gone[k] = true
	m.n++
	m.first, m.last = min(m.first, k), max(m.last, k)
}

// removeMarked removes elements of a node, moving the remaining ones towards
// the end that takes fewer changes. A node that becomes empty stays for the
// caller to remove.
func (l *List) removeMarked(n *node, m marks, c *Changes) {
	if m.n == 0 {
		return
	}
	if m.last-m.first+1 == m.n && (m.first == 0 || m.last == n.len()-1) {
		l.removeRun(n, m.first, m.n, c)
		return
	}
	before, behind := m.last+1-m.n, n.len()-m.first-m.n // kept ones that would move
	right := before < behind
	if right {
		c.closeRight(n, m)
		n.base += int32(m.n)
	} else {
		c.closeLeft(n, m)
	}
	pack := n.pack().Filter(func(k int) bool { return m.gone[k] })
	l.setData(n, packed, trimmed(pack))
	n.count -= int32(m.n)
	l.count -= m.n
}

// removeRun removes the count elements from element k on.
func (l *List) removeRun(n *node, k, count int, c *Changes) {
	switch {
	case count == n.len():
		c.delBack(n, 0)
		n.count = 0
	case k == 0:
		c.delFront(n, count)
		l.cutFront(n, count)
	case k+count == n.len():
		c.delBack(n, k)
		l.cutBack(n, k)
	default:
		var m marks
		for i := k; i < k+count; i++ {
			m.add(i, n.len())
		}
		l.removeMarked(n, m, c)
		return
	}
	l.count -= count
}

// dropEmpty removes the nodes that have become empty.
func (l *List) dropEmpty() {
	empty := func(n *node) bool { return n.count == 0 }
	ns := l.nodes()
	if !slices.ContainsFunc(ns, empty) {
		return
	}
	for _, n := range ns {
		if empty(n) {
			l.mem -= n.bytes()
		}
	}
	l.buf = append(make([]*node, 0, len(ns)), ns...)
	l.buf, l.lo = slices.DeleteFunc(l.buf, empty), 0
	if len(l.buf) == 0 {
		l.buf = nil
	}
}
