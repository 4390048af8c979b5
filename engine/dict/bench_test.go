package dict

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// blocks returns n items with keys of 16 bytes.
func blocks(n int) []item {
	items := make([]item, n)
	for i := range items {
		items[i].key = fmt.Sprintf("key:%012d", i)
	}
	return items
}

func tableOf(items []item) *Table {
	t := New(keyOfItem)
	for i := range items {
		e := Entry(&items[i])
		t.Insert(keyOfItem(e), e)
	}
	return t
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{100, 10_000, 1_000_000} {
		items := blocks(n)
		table := tableOf(items)
		b.Run(fmt.Sprintf("hit/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e := Entry(&items[rand.IntN(n)])
				table.Find(keyOfItem(e))
			}
			b.ReportMetric(float64(table.Bytes())/float64(n), "B/entry")
		})
		b.Run(fmt.Sprintf("miss/%d", n), func(b *testing.B) {
			key := make([]byte, 16)
			b.ReportAllocs()
			for b.Loop() {
				key[rand.IntN(16)]++
				table.Find(key)
			}
		})
	}
}

func BenchmarkInsert(b *testing.B) {
	items := blocks(1_000_000)
	b.ReportAllocs()
	table, i := New(keyOfItem), 0
	for b.Loop() {
		if i == len(items) {
			table, i = New(keyOfItem), 0
		}
		e := Entry(&items[i])
		table.Insert(keyOfItem(e), e)
		i++
	}
}

func BenchmarkDeleteInsert(b *testing.B) {
	items := blocks(1_000_000)
	table := tableOf(items)
	b.ReportAllocs()
	for b.Loop() {
		e := Entry(&items[rand.IntN(len(items))])
		table.Delete(keyOfItem(e))
		table.Insert(keyOfItem(e), e)
	}
}

func BenchmarkScan(b *testing.B) {
	table := tableOf(blocks(1_000_000))
	b.ReportAllocs()
	cursor := uint64(0)
	for b.Loop() {
		cursor = table.Scan(cursor, func(Entry) {})
	}
}

func BenchmarkRandom(b *testing.B) {
	table := tableOf(blocks(1_000_000))
	b.ReportAllocs()
	for b.Loop() {
		table.Random(rand.Uint64)
	}
}

// BenchmarkMap is Go's own map with the same keys, to compare with.
func BenchmarkMap(b *testing.B) {
	items := blocks(1_000_000)
	m := map[string]*item{}
	for i := range items {
		m[items[i].key] = &items[i]
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = m[items[rand.IntN(len(items))].key]
	}
}
