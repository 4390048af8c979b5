package quicklist

// The methods report a change of a node that has not happened yet. They are
// no-ops on nil, and read packed and plain nodes.

func (c *Changes) put(pos uint64, idx int32, value, old []byte, had bool) {
	if c != nil {
		c.Put(pos, idx, value, old, had)
	}
}

// replace reports that element k becomes value.
func (c *Changes) replace(n *node, k int, value []byte) {
	if c == nil {
		return
	}
	cur := n.at(k)
	c.Put(n.pos, n.index(k), value, cur.value(c.old[:]), true)
}

// putAll reports all elements of a new node.
func (c *Changes) putAll(n *node) {
	if c == nil {
		return
	}
	for cur := n.at(0); cur.k < n.len(); cur.next() {
		c.Put(n.pos, n.index(cur.k), cur.value(c.value[:]), nil, false)
	}
}

// delFront reports that the first k elements go.
func (c *Changes) delFront(n *node, k int) {
	if c == nil {
		return
	}
	for cur := n.at(0); cur.k < k; cur.next() {
		c.Del(n.pos, n.index(cur.k), cur.value(c.old[:]))
	}
}

// delBack reports that all but the first k elements go, the last one first.
func (c *Changes) delBack(n *node, k int) {
	if c == nil {
		return
	}
	for cur := n.at(n.len() - 1); cur.k >= k; cur.prev() {
		c.Del(n.pos, n.index(cur.k), cur.value(c.old[:]))
	}
}

// openRight reports that value becomes element k and that those from k on move
// one index up.
func (c *Changes) openRight(n *node, k int, value []byte) {
	if c == nil {
		return
	}
	if k == n.len() {
		c.Put(n.pos, n.index(k), value, nil, false)
		return
	}
	from := n.at(n.len() - 1)
	c.Put(n.pos, n.index(n.len()), from.value(c.value[:]), nil, false)
	for from.k > k {
		to := from
		from.prev()
		c.move(&from, &to)
	}
	c.Put(n.pos, n.index(k), value, from.value(c.old[:]), true)
}

// openLeft reports that value becomes element k and that those before k move
// one index down.
func (c *Changes) openLeft(n *node, k int, value []byte) {
	if c == nil {
		return
	}
	if k == 0 {
		c.Put(n.pos, n.base-1, value, nil, false)
		return
	}
	from := n.at(0)
	c.Put(n.pos, n.base-1, from.value(c.value[:]), nil, false)
	for from.k < k-1 {
		to := from
		from.next()
		c.move(&from, &to)
	}
	c.Put(n.pos, n.index(k-1), value, from.value(c.old[:]), true)
}

// closeLeft reports that the marked elements go and that the others behind them
// move down to fill the holes.
func (c *Changes) closeLeft(n *node, m marks) {
	if c == nil {
		return
	}
	to := n.at(m.first)
	from := to
	for from.next(); from.k < n.len(); from.next() {
		if !m.gone[from.k] {
			c.move(&from, &to)
			to.next()
		}
	}
	c.delBack(n, n.len()-m.n)
}

// closeRight reports that the marked elements go and that the others before
// them move up.
func (c *Changes) closeRight(n *node, m marks) {
	if c == nil {
		return
	}
	to := n.at(m.last)
	from := to
	for from.prev(); from.k >= 0; from.prev() {
		if !m.gone[from.k] {
			c.move(&from, &to)
			to.prev()
		}
	}
	c.delFront(n, m.n)
}

// move reports that the element at from is put over the one at to.
func (c *Changes) move(from, to *cursor) {
	n := to.n
	c.Put(n.pos, n.index(to.k), from.value(c.value[:]), to.value(c.old[:]), true)
}
