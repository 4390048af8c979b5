package quicklist

import "perigee/engine/listpack"

const (
	// safeBytes bounds a node whose fill bound is a number of elements.
	safeBytes = 8192
	// entryOverhead estimates what an element takes besides its bytes.
	entryOverhead = 8

	// Pack and Quick are the encodings of a list.
	Pack, Quick = "listpack", "quicklist"
)

// Encoding returns the name that OBJECT ENCODING shows. A list is a listpack as
// long as it stays one within the fill bound. Beyond the bound it becomes a
// quicklist, and a listpack again when it has shrunk to one node of half of it.
func (l *List) Encoding() string {
	l.ready()
	if l.quick || !l.singlePack() {
		return Quick
	}
	return Pack
}

// Expect tells that one command is about to add all these values: the encoding
// is decided by their sum, not one by one.
func (l *List) Expect(values [][]byte) {
	size := 0
	for _, v := range values {
		size += len(v)
	}
	l.grow(len(values), size)
}

// grow turns the encoding to quicklist if as many elements and bytes more are
// beyond the bound.
func (l *List) grow(elements, size int) {
	l.ready()
	if !l.quick {
		l.quick = !l.singlePack() || l.exceeds(l.packBytes()+size, l.count+elements)
	}
}

// shrink turns the encoding back to listpack when a removal allows it.
func (l *List) shrink() {
	if l.quick && l.singlePack() && l.within(2) {
		l.quick = false
	}
}

// settleEncoding decides the encoding for a list built by Apply.
func (l *List) settleEncoding() {
	l.quick = !l.singlePack() || !l.within(1)
}

// SettleAs is Settle for an undo, which knows whether Encoding was Quick before.
func (l *List) SettleAs(quick bool) error {
	err := l.Settle()
	l.quick = quick
	return err
}

// singlePack tells whether a listpack could show the list.
func (l *List) singlePack() bool {
	ns := l.nodes()
	return len(ns) == 0 || len(ns) == 1 && ns[0].form == packed
}

// within tells whether a list of a single pack fits the bound divided by part.
func (l *List) within(part int) bool {
	if l.fill < 0 {
		return l.packBytes() <= l.maxBytes()/part
	}
	return l.count <= l.maxCount()/part
}

// packBytes is the size of the listpack of a list of a single pack.
func (l *List) packBytes() int {
	if ns := l.nodes(); len(ns) > 0 {
		return len(ns[0].data)
	}
	return len(listpack.New())
}

// allows tells whether a node may take the value besides what it has.
func (l *List) allows(n *node, value []byte) bool {
	if !l.quick {
		return true // grow has checked the bound for the list as a whole
	}
	if n.form != packed || l.large(value) {
		return false
	}
	return !l.exceeds(len(n.data)+len(value)+entryOverhead, n.len()+1)
}

// exceeds tells whether a node of this size is beyond the bound.
func (l *List) exceeds(size, count int) bool {
	return size > l.maxBytes() || l.fill >= 0 && count > l.maxCount()
}

// large tells whether a value needs a node of its own.
func (l *List) large(value []byte) bool { return len(value) > l.maxBytes() }

func (l *List) maxBytes() int {
	if l.fill < 0 {
		return 2048 << -l.fill
	}
	return safeBytes
}

// maxCount is the bound of a positive fill; a fill of 0 means 1.
func (l *List) maxCount() int { return max(1, int(l.fill)) }
