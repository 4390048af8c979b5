package engine

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestPartialSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.IntRange(0, rapid.SampledFrom([]int{3, 100, 1 << 40}).Draw(t, "most")), 0, 200).Draw(t, "items")
		want := rapid.IntRange(0, len(items)).Draw(t, "want")
		all := slices.Clone(items)
		slices.Sort(all)
		partialSort(items, want, func(a, b *int) int { return cmp.Compare(*a, *b) })
		if !slices.Equal(items[:want], all[:want]) {
			t.Fatalf("%v begins other than %v", items, all[:want])
		}
		slices.Sort(items)
		if !slices.Equal(items, all) {
			t.Fatalf("%v is not %v", items, all)
		}
	})
}
