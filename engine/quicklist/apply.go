package quicklist

import (
	"bytes"
	"errors"
	"maps"
	"slices"

	"perigee/engine/listpack"
)

// ErrBroken tells that the changes applied to a list do not make up a whole
// one: elements of a node are missing, or too large to belong together.
var ErrBroken = errors.New("list elements do not make up whole nodes")

// maxPack bounds the packs that Apply makes, with room for an entry's head.
const maxPack = listpack.MaxBytes - 16

// Apply puts the value at an address, as a Changes told it. It accepts any
// sequence of addresses, such as a journal replayed over a state that has some
// of it already: a node with holes is kept in a loose form, and not counted as
// memory, until Settle. What a mutation reported, or its inverse in reverse
// order, never makes holes. Call Settle when a replay or an undo is complete.
// O(log nodes) besides what a push costs.
func (l *List) Apply(pos uint64, idx int32, value []byte) {
	di, ok := l.find(pos)
	if !ok {
		n := &node{pos: pos, base: idx, count: 1}
		n.form, n.data = l.single(value)
		l.insertNode(di, n)
		l.count++
		return
	}
	n := l.nodes()[di]
	k := int(idx) - int(n.base)
	switch {
	case n.form == loose:
		l.putLoose(n, idx, value)
	case k >= 0 && k < n.len() && (n.count == 1 || n.fits(value)):
		l.replaceIn(n, k, value)
	case k == n.len() && n.fits(value):
		l.setData(n, packed, n.pack().Append(value))
		n.count++
		l.count++
	case k == -1 && n.fits(value):
		l.setData(n, packed, n.pack().Prepend(value))
		n.base, n.count = idx, n.count+1
		l.count++
	default:
		l.loosen(n)
		l.putLoose(n, idx, value)
	}
}

// ApplyDel makes an address absent; nothing happens if it is.
func (l *List) ApplyDel(pos uint64, idx int32) {
	di, ok := l.find(pos)
	if !ok {
		return
	}
	n := l.nodes()[di]
	k := int(idx) - int(n.base)
	switch {
	case n.form == loose:
		l.delLoose(n, idx)
	case k < 0 || k >= n.len():
		return
	case n.count == 1:
		n.count = 0
		l.count--
	case k == 0:
		l.cutFront(n, 1)
		l.count--
	case k == n.len()-1:
		l.cutBack(n, k)
		l.count--
	default:
		l.loosen(n)
		l.delLoose(n, idx)
	}
	if n.count == 0 {
		l.removeNodes(di, di+1)
	}
}

// Settle ends a sequence of Apply and ApplyDel: it packs the nodes in loose
// form and decides the encoding. On ErrBroken the list must
// not be used but for Apply, ApplyDel and Settle; anything else panics.
func (l *List) Settle() error {
	for n, values := range l.loose {
		if err := l.tighten(n, values); err != nil {
			return err
		}
	}
	l.settleEncoding()
	return nil
}

// Whole settles a list that was left in loose form.
func (l *List) Whole() error {
	if len(l.loose) == 0 {
		return nil
	}
	return l.Settle()
}

func (l *List) ready() {
	if err := l.Whole(); err != nil {
		panic("quicklist: " + err.Error())
	}
}

// fits tells whether the node's pack can hold the value without regard to the
// fill bound: Apply keeps to the addresses that it is told.
func (n *node) fits(value []byte) bool {
	return n.form == packed && len(n.data)+len(value) < maxPack
}

func (l *List) loosen(n *node) {
	values := make(map[int32][]byte, n.len()+1)
	for cur := n.at(0); cur.k < n.len(); cur.next() {
		values[n.index(cur.k)] = bytes.Clone(cur.value(nil))
	}
	if l.loose == nil {
		l.loose = map[*node]map[int32][]byte{}
	}
	l.loose[n] = values
	l.setData(n, loose, nil)
}

func (l *List) putLoose(n *node, idx int32, value []byte) {
	values := l.loose[n]
	values[idx] = bytes.Clone(value)
	l.count += len(values) - n.len()
	n.count = int32(len(values))
}

func (l *List) delLoose(n *node, idx int32) {
	values := l.loose[n]
	delete(values, idx)
	l.count += len(values) - n.len()
	n.count = int32(len(values))
	if len(values) == 0 {
		delete(l.loose, n)
	}
}

// tighten brings a loose node back to its usual form.
func (l *List) tighten(n *node, values map[int32][]byte) error {
	order := slices.Sorted(maps.Keys(values))
	first, last := order[0], order[len(order)-1]
	if int(last)-int(first)+1 != len(order) {
		return ErrBroken
	}
	f, data := l.single(values[first])
	if len(order) > 1 {
		pack := listpack.New()
		for _, idx := range order {
			if len(pack)+len(values[idx]) >= maxPack {
				return ErrBroken
			}
			pack = pack.Append(values[idx])
		}
		f, data = packed, pack
	}
	n.base = first
	l.setData(n, f, data)
	delete(l.loose, n)
	return nil
}
