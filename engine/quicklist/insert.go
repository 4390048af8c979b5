package quicklist

// canInsert tells whether node n takes the value as element k without growing
// beyond the fill bound. At its ends it must have an index left on that side.
func (l *List) canInsert(n *node, k int, value []byte) bool {
	if k == n.len() && !n.hasRoomRight() || k == 0 && !n.hasRoomLeft() {
		return false
	}
	return l.allows(n, value)
}

// insertAt adds the value before element k of a node, k being the node's count
// to add it behind the last one.
func (l *List) insertAt(di, k int, value []byte, c *Changes) {
	ns := l.nodes()
	n := ns[di]
	switch {
	case l.canInsert(n, k, value):
		l.insertInto(n, k, value, c)
	case k == 0:
		l.insertBetween(di, value, c)
	case k == n.len():
		l.insertBetween(di+1, value, c)
	default:
		l.split(di, k, c)
		l.insertBetween(di+1, value, c)
	}
}

// insertBetween adds the value between the nodes di-1 and di: to the smaller
// one that takes it, else as a node of its own.
func (l *List) insertBetween(di int, value []byte, c *Changes) {
	ns := l.nodes()
	left := di > 0 && l.canInsert(ns[di-1], ns[di-1].len(), value)
	right := di < len(ns) && l.canInsert(ns[di], 0, value)
	if left && right {
		left = ns[di-1].count <= ns[di].count
	}
	switch {
	case left:
		l.insertInto(ns[di-1], ns[di-1].len(), value, c)
	case right:
		l.insertInto(ns[di], 0, value, c)
	default:
		l.addNode(di, value, c)
	}
}

// insertInto adds the value as element k of a packed node, giving new indexes
// to the shorter side. One side at least has an index left, since a node never
// has as many elements as there are indexes.
func (l *List) insertInto(n *node, k int, value []byte, c *Changes) {
	right := n.len()-k <= k
	if right && !n.hasRoomRight() || !right && !n.hasRoomLeft() {
		right = !right
	}
	if right {
		c.openRight(n, k, value)
	} else {
		c.openLeft(n, k, value)
		n.base--
	}
	pack := l.roomy(n, value)
	if k == n.len() {
		pack = pack.Append(value)
	} else {
		pack = pack.InsertBefore(pack.Seek(k), value)
	}
	l.setData(n, packed, pack)
	n.count++
	l.count++
}

// addNode adds a node with the value alone as node di.
func (l *List) addNode(di int, value []byte, c *Changes) {
	n := &node{pos: l.posAt(di, c), count: 1}
	c.put(n.pos, 0, value, nil, false)
	n.form, n.data = l.single(value)
	// A second node makes a quicklist, even if the first one lacks only indexes.
	l.quick = l.quick || l.count > 0
	// The node that was the outermost is full: its spare room will not be used.
	if ns := l.nodes(); len(ns) > 0 && di == len(ns) {
		l.clip(ns[di-1])
	} else if len(ns) > 0 && di == 0 {
		l.clip(ns[0])
	}
	l.insertNode(di, n)
	l.count++
}

// split divides a packed node before element k, 0 < k < count, into the nodes
// di and di+1. The shorter part moves to new addresses.
func (l *List) split(di, k int, c *Changes) {
	n := l.nodes()[di]
	if k <= n.len()-k {
		m := &node{pos: l.posAt(di, c), count: int32(k), data: n.pack().Extract(0, k)}
		c.putAll(m)
		c.delFront(n, k)
		l.cutFront(n, k)
		l.insertNode(di, m)
		return
	}
	rest := n.len() - k
	m := &node{pos: l.posAt(di+1, c), count: int32(rest), data: n.pack().Extract(k, rest)}
	c.putAll(m)
	c.delBack(n, k)
	l.cutBack(n, k)
	l.insertNode(di+1, m)
}

// isolate replaces element k of a node that has others by a value too large to
// share a node.
func (l *List) isolate(di, k int, value []byte, c *Changes) {
	if k > 0 {
		l.split(di, k, c)
		di++
	}
	n := l.nodes()[di]
	l.removeRun(n, 0, 1, c)
	if n.count == 0 {
		l.removeNodes(di, di+1)
	}
	l.addNode(di, value, c)
}
