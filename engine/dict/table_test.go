package dict

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Sizes on both sides of every change of storage.
var sizes = []int{0, 1, 4, 5, 7, 8, 9, 63, 64, 4600, 4609, 9300, 50000}

func TestTableGrowsAndShrinks(t *testing.T) {
	for _, n := range sizes {
		table := filled(n)
		mustCheck(t, table)
		if table.Len() != n {
			t.Fatalf("%d entries, want %d", table.Len(), n)
		}
		for i := range n {
			if table.Delete([]byte(fmt.Sprintf("k%d", i))) == nil {
				t.Fatalf("k%d of %d is gone", i, n)
			}
			if i == n/2 || i == n*9/10 {
				mustCheck(t, table)
			}
		}
		mustCheck(t, table)
		if table.n != 1 || len(table.base) > 2 {
			t.Fatalf("%d buckets left after %d entries went", table.n, n)
		}
	}
}

// One write moves one bucket, and that suffices.
func TestWritesKeepPace(t *testing.T) {
	table := New(keyOfItem)
	for i := range 20000 {
		before := table.n
		insert(table, fmt.Sprintf("k%d", i))
		if table.n > before+1 || table.crowded() {
			t.Fatalf("insert %d: from %d buckets to %d", i, before, table.n)
		}
	}
	for i := range 20000 {
		before := table.n
		table.Delete([]byte(fmt.Sprintf("k%d", i)))
		if table.n+1 < before || table.sparse() {
			t.Fatalf("delete %d: from %d buckets to %d", i, before, table.n)
		}
	}
}

func TestMemoryOfAMillion(t *testing.T) {
	table := New(keyOfItem)
	items := make([]item, 1<<20)
	for i := range items {
		items[i].key = fmt.Sprintf("k%d", i)
		table.Insert([]byte(items[i].key), Entry(&items[i]))
		if n := i + 1; n >= 1000 && n&(n-1) == 0 && table.Bytes() > 24*int64(n) {
			t.Errorf("%d entries take %d bytes", n, table.Bytes())
		}
	}
}

func TestReserveMakesRoomThatRehashGivesBack(t *testing.T) {
	table := filled(100)
	table.Reserve(10000)
	mustCheck(t, table)
	before := table.n
	for i := range 9900 {
		insert(table, fmt.Sprintf("more%d", i))
	}
	if table.n != before {
		t.Fatalf("%d buckets, %d reserved", table.n, before)
	}
	table.Reserve(100000)
	for table.Rehash(100) {
	}
	mustCheck(t, table)
	if table.Bytes() > 40*int64(table.Len()) {
		t.Fatalf("%d bytes for %d entries", table.Bytes(), table.Len())
	}
}

// colliding returns n keys with one hash tag that share their low hash bits.
func colliding(n int) []string {
	var keys []string
	want := hash([]byte("c0"))
	for i := 0; len(keys) < n; i++ {
		k := fmt.Sprintf("c%d", i)
		if h := hash([]byte(k)); tagOf(h) == tagOf(want) && h&63 == want&63 {
			keys = append(keys, k)
		}
	}
	return keys
}

func TestChainOfOneBucketGrowsAndShrinks(t *testing.T) {
	keys := colliding(40)
	for _, order := range [][]int{{0, 1}, {39, -1}} {
		table := New(keyOfItem)
		for _, k := range keys {
			insert(table, k)
			mustCheck(t, table)
		}
		for i := range keys {
			if table.Delete([]byte(keys[order[0]+i*order[1]])) == nil {
				t.Fatal("a colliding key is gone")
			}
			mustCheck(t, table)
		}
	}
}

func TestEachStopsWhenTold(t *testing.T) {
	table, n := filled(1000), 0
	table.Each(func(Entry) bool { n++; return n < 10 })
	if n != 10 {
		t.Fatalf("met %d entries, want 10", n)
	}
	met := map[string]bool{}
	table.Each(func(e Entry) bool { met[keyString(e)] = true; return true })
	if len(met) != 1000 {
		t.Fatalf("met %d entries, want 1000", len(met))
	}
}

func TestScanOfAnUnchangedTableMeetsEachEntryOnce(t *testing.T) {
	for _, n := range sizes {
		table := filled(n)
		met := map[string]int{}
		for cursor, first := uint64(0), true; first || cursor != 0; first = false {
			cursor = table.Scan(cursor, func(e Entry) { met[keyString(e)]++ })
		}
		for k, times := range met {
			if times != 1 {
				t.Fatalf("%s of %d was met %d times", k, n, times)
			}
		}
		if len(met) != n {
			t.Fatalf("met %d entries of %d", len(met), n)
		}
	}
}

// The chi-square statistic of n-1 degrees of freedom has the mean n-1 and the
// deviation sqrt(2n). The bound is 12 deviations off; a table that favoured
// long chains would be far beyond.
func TestRandomIsFair(t *testing.T) {
	const draws = 60
	for _, n := range []int{1, 3, 30, 100, 1000, 1300, 1700, 2000} {
		table, rnd := filled(n), rand.New(rand.NewPCG(1, uint64(n)))
		seen := map[string]float64{}
		for range n * draws {
			seen[keyString(table.Random(rnd.Uint64))]++
		}
		chi := 0.0
		for i := range n {
			d := seen[fmt.Sprintf("k%d", i)] - draws
			chi += d * d / draws
		}
		if off := chi - float64(n-1); off*off > 144*2*float64(n) {
			t.Errorf("%d entries: chi-square %.0f", n, chi)
		}
	}
}

func TestRandomOfAnEmptyOrNearlyEmptyTable(t *testing.T) {
	table := New(keyOfItem)
	if table.Random(rand.Uint64) != nil {
		t.Fatal("an entry of an empty table")
	}
	table.Reserve(100000)
	insert(table, "only")
	if e := table.Random(rand.Uint64); e == nil || keyString(e) != "only" {
		t.Fatal("the only entry was not found")
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	table, key := filled(5000), []byte("k17")
	other := newItem("k17", 1)
	n := testing.AllocsPerRun(100, func() {
		table.Find(key)
		table.Find(key[:2])
		other = table.Replace(key, other)
		table.Scan(5, func(Entry) {})
		table.Random(rand.Uint64)
	})
	if n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
