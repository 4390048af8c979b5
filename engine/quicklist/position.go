package quicklist

import "math"

const (
	firstPos = 1 << 63
	// posStep lies between the nodes that pushes add, room for 32 halvings.
	posStep = 1 << 32
	// spreadStep is the least distance that renumbering leaves between nodes,
	// so that its cost is spread over many insertions.
	spreadStep = 1 << 16
)

// posAt returns a free position for a new node di, renumbering neighbours if
// there is none.
func (l *List) posAt(di int, c *Changes) uint64 {
	pos, ok := l.freePos(di)
	if !ok {
		l.renumber(di, c)
		pos, _ = l.freePos(di)
	}
	return pos
}

// freePos finds a position between the nodes di-1 and di. At the ends of the
// number range it halves what is left, as it does between two nodes.
func (l *List) freePos(di int) (uint64, bool) {
	ns := l.nodes()
	hasPrev, hasNext := di > 0, di < len(ns)
	switch {
	case hasPrev && hasNext:
		gap := ns[di].pos - ns[di-1].pos
		return ns[di-1].pos + gap/2, gap >= 2
	case hasPrev:
		prev := ns[di-1].pos
		room := math.MaxUint64 - prev
		return prev + min(posStep, room-room/2), room > 0
	case hasNext:
		room := ns[di].pos
		return room - min(posStep, room-room/2), room > 0
	}
	return firstPos, true
}

// renumber makes room for a new node di by spreading the nodes around it
// evenly: the fewest for which that leaves a fair distance.
func (l *List) renumber(di int, c *Changes) {
	ns := l.nodes()
	for reach := 2; ; reach *= 2 {
		a, b := max(0, di-reach), min(len(ns), di+reach)
		low, high := uint64(0), uint64(math.MaxUint64)
		if a > 0 {
			low = ns[a-1].pos
		}
		if b < len(ns) {
			high = ns[b].pos
		}
		step := (high - low) / uint64(b-a+2)
		if step >= spreadStep || b-a == len(ns) {
			l.spread(a, b, di, low, step, c)
			return
		}
	}
}

// spread moves the nodes [a, b) to multiples of step above low, leaving out the
// place of a new node di. Nodes that move down go first, from the lowest on,
// then those that move up, from the highest on: so no node ever comes to or
// past a position that another one still has.
func (l *List) spread(a, b, di int, low, step uint64, c *Changes) {
	ns := l.nodes()
	target := func(i int) uint64 {
		slot := uint64(i - a + 1)
		if i >= di {
			slot++
		}
		return low + slot*step
	}
	for i := a; i < b; i++ {
		if pos := target(i); pos < ns[i].pos {
			ns[i].moveTo(pos, c)
		}
	}
	for i := b - 1; i >= a; i-- {
		if pos := target(i); pos > ns[i].pos {
			ns[i].moveTo(pos, c)
		}
	}
}

func (n *node) moveTo(pos uint64, c *Changes) {
	old := n.pos
	n.pos = pos
	c.putAll(n)
	n.pos = old
	c.delBack(n, 0)
	n.pos = pos
}
