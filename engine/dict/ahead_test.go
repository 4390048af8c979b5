package dict

import (
	"strconv"
	"testing"
)

// TestAhead asks for keys that are there and keys that are not, and compares
// with Find: what Ahead returns is only probable, so most must agree.
func TestAhead(t *testing.T) {
	const n = 20_000
	tab := New(keyOfItem)
	for i := range n {
		key := strconv.Itoa(i)
		tab.Insert([]byte(key), newItem(key, i))
	}
	same := 0
	for i := 0; i < 2*n; i += MaxAhead {
		var keys [][]byte
		for j := range MaxAhead {
			keys = append(keys, []byte(strconv.Itoa(i+j)))
		}
		var entries [MaxAhead]Entry
		tab.Ahead(append(keys, []byte("beyond the bound")), &entries)
		for j, key := range keys {
			if entries[j] == tab.Find(key) {
				same++
			}
		}
	}
	if same < 2*n*3/4 {
		t.Errorf("%d of %d keys found as by Find", same, 2*n)
	}
}
