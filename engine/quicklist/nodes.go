package quicklist

import "perigee/engine/listpack"

// EachNode calls fn for every node in order: a listpack of its elements, or
// its only element as it is. The slices must not be modified.
func (l *List) EachNode(fn func(pack listpack.List, element []byte)) {
	l.ready()
	for _, n := range l.nodes() {
		if n.form == plain {
			fn(nil, n.data)
		} else {
			fn(n.pack(), nil)
		}
	}
}

// Nodes counts the nodes.
func (l *List) Nodes() int { return len(l.nodes()) }

// AddPack adds a node of these elements, one at least, behind the last node;
// the list takes the pack over. Call Settle behind the last node.
func (l *List) AddPack(pack listpack.List) {
	n := &node{pos: l.posAt(len(l.nodes()), nil), count: int32(pack.Len()), form: packed, data: pack}
	l.insertNode(len(l.nodes()), n)
	l.count += n.len()
}

// AddPlain adds a node of a single element, a copy, otherwise as AddPack.
func (l *List) AddPlain(element []byte) {
	n := &node{pos: l.posAt(len(l.nodes()), nil), count: 1}
	n.form, n.data = l.single(element)
	l.insertNode(len(l.nodes()), n)
	l.count++
}
