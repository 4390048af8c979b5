package dict

import (
	"fmt"
	"testing"
	"unsafe"
)

// item is the block of these tests.
type item struct {
	key   string
	value int
}

func keyOfItem(e Entry) []byte {
	it := (*item)(e)
	return unsafe.Slice(unsafe.StringData(it.key), len(it.key))
}

func newItem(key string, value int) Entry { return Entry(&item{key, value}) }

func keyString(e Entry) string { return (*item)(e).key }

func insert(t *Table, key string) { t.Insert([]byte(key), newItem(key, 0)) }

// filled returns a table with the keys k0 to k(n-1).
func filled(n int) *Table {
	t := New(keyOfItem)
	for i := range n {
		insert(t, fmt.Sprintf("k%d", i))
	}
	return t
}

// check returns the first broken invariant of the table.
func (t *Table) check() error {
	if t.n > t.hi+1 || t.hi&(t.hi+1) != 0 || t.n <= t.hi>>1+1 && t.hi > 0 || t.n == 0 {
		return fmt.Errorf("1: %d buckets with mask %#x", t.n, t.hi)
	}
	keys := make(map[string]bool)
	links := 0
	for p := range t.n {
		n, err := t.checkChain(p, keys)
		if err != nil {
			return fmt.Errorf("bucket %d: %w", p, err)
		}
		links += n
	}
	if len(keys) != t.count || links != t.links {
		return fmt.Errorf("5: %d entries, %d counted; %d children, %d counted", len(keys), t.count, links, t.links)
	}
	if t.recent != nil {
		key := t.keyOf(t.recent)
		if b, i := t.find(hash(key), key); b == nil || b.slots[i] != t.recent {
			return fmt.Errorf("6: %q was found last and is not in the table", key)
		}
	}
	return t.checkStorage()
}

func (t *Table) checkChain(p uint64, keys map[string]bool) (links int, err error) {
	for b := t.at(p); ; b = b.child() {
		for i, e := range b.slots[:b.len()] {
			k := string(t.keyOf(e))
			h := hash([]byte(k))
			if t.place(h) != p || b.tag(i) != tagOf(h) || keys[k] {
				return 0, fmt.Errorf("2: key %q, its place %d, tag %d, seen %v", k, t.place(h), b.tag(i), keys[k])
			}
			keys[k] = true
		}
		if b.chained() {
			if b.len() != slots-1 {
				return 0, fmt.Errorf("3: parent of %d entries", b.len())
			}
			links++
			continue
		}
		if links > 0 && b.len() < 2 {
			return 0, fmt.Errorf("3: last child of %d entries", b.len())
		}
		for _, e := range b.slots[b.len():] {
			if e != nil {
				return 0, fmt.Errorf("4: free slot in use")
			}
		}
		return links, nil
	}
}

func (t *Table) checkStorage() error {
	room := uint64(len(t.base))
	if t.dir != nil {
		room = uint64(len(t.dir)) * segLen
	}
	if (t.base == nil) == (t.dir == nil) || room < t.n || t.dir != nil && room-t.n >= segLen {
		return fmt.Errorf("5: room for %d buckets, %d in use", room, t.n)
	}
	for p := t.n; p < room; p++ {
		if *t.at(p) != (bucket{}) {
			return fmt.Errorf("4: bucket %d beyond %d holds entries", p, t.n)
		}
	}
	return nil
}

func mustCheck(tb testing.TB, t *Table) {
	tb.Helper()
	if err := t.check(); err != nil {
		tb.Fatal(err)
	}
}
