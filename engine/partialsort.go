package engine

import (
	"math/bits"
	"slices"
)

// partialSort brings the first want of items into order. It is the quicksort of
// J. Bentley and M. McIlroy, "Engineering a Sort Function", which goes on only
// with partitions that the first items are in; being not stable, it decides
// which of equal items are among them as Redis does, that uses it, too.
// O(len(items) + want*log(want)) on average; items arranged to make it slow are
// sorted in another way.
func partialSort[T any](items []T, want int, compare func(a, b *T) int) {
	sortFirst(items, want, 4*bits.Len(uint(len(items))), compare)
}

// sortFirst is partialSort with a bound on how deep partitions are nested.
func sortFirst[T any](items []T, want, depth int, compare func(a, b *T) int) {
	for ; len(items) >= 7; depth-- {
		if depth == 0 {
			slices.SortFunc(items, func(a, b T) int { return compare(&a, &b) })
			return
		}
		n := len(items)
		pivot := pivotOf(items, compare)
		items[0], items[pivot] = items[pivot], items[0]
		// Equals gather at both ends: items[:a] and items[d+1:].
		a, b, c, d := 1, 1, n-1, n-1
		for {
			for ; b <= c; b++ {
				r := compare(&items[b], &items[0])
				if r > 0 {
					break
				}
				if r == 0 {
					items[a], items[b] = items[b], items[a]
					a++
				}
			}
			for ; b <= c; c-- {
				r := compare(&items[c], &items[0])
				if r < 0 {
					break
				}
				if r == 0 {
					items[c], items[d] = items[d], items[c]
					d--
				}
			}
			if b > c {
				break
			}
			items[b], items[c] = items[c], items[b]
			b, c = b+1, c-1
		}
		swapRuns(items, 0, b, min(a, b-a))
		swapRuns(items, b, n, min(d-c, n-1-d))
		lower, higher := b-a, d-c
		if lower > 1 {
			sortFirst(items[:lower], want, depth-1, compare)
		}
		if higher <= 1 || want <= n-higher {
			return
		}
		items, want = items[n-higher:], want-(n-higher)
	}
	for i := 1; i < len(items); i++ {
		for j := i; j > 0 && compare(&items[j-1], &items[j]) > 0; j-- {
			items[j-1], items[j] = items[j], items[j-1]
		}
	}
}

// swapRuns exchanges n items from first on with the n before end.
func swapRuns[T any](items []T, first, end, n int) {
	for i := range n {
		items[first+i], items[end-n+i] = items[end-n+i], items[first+i]
	}
}

// pivotOf is the middle of 7 items, the median of three of up to 40, and the
// median of medians of nine of more.
func pivotOf[T any](items []T, compare func(a, b *T) int) int {
	median := func(a, b, c int) int {
		if compare(&items[a], &items[b]) < 0 {
			switch {
			case compare(&items[b], &items[c]) < 0:
				return b
			case compare(&items[a], &items[c]) < 0:
				return c
			}
			return a
		}
		switch {
		case compare(&items[b], &items[c]) > 0:
			return b
		case compare(&items[a], &items[c]) < 0:
			return a
		}
		return c
	}
	n := len(items)
	low, mid, high := 0, n/2, n-1
	if n == 7 {
		return mid
	}
	if n > 40 {
		d := n / 8
		low, mid, high = median(low, low+d, low+2*d), median(mid-d, mid, mid+d), median(high-2*d, high-d, high)
	}
	return median(low, mid, high)
}
