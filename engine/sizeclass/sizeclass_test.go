package sizeclass

import (
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

func TestOfIsWhatTheAllocatorTakes(t *testing.T) {
	for n := 16; n <= 100<<10; n += 1 + n/97 {
		if want := cap(append([]byte(nil), make([]byte, n)...)); Of(n) != want {
			t.Fatalf("%d bytes: got %d, want %d", n, Of(n), want)
		}
	}
}

func TestOfNeverShrinksAndOfAClassIsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(16, 1<<20).Draw(t, "n")
		if Of(n) < n || Of(Of(n)) != Of(n) || Of(n+1) < Of(n) {
			t.Fatalf("%d: %d, %d, %d", n, Of(n), Of(Of(n)), Of(n+1))
		}
	})
}

// TestTinyAndPointersAgreeWithTheHeap measures the heap itself, by so much
// that what the runtime takes meanwhile does not count.
func TestTinyAndPointersAgreeWithTheHeap(t *testing.T) {
	const total = 16 << 20
	kept := make([]any, total/Of(8))
	for _, c := range []struct {
		name   string
		make   func() any
		want   int
		packed bool
	}{
		{"8 bytes", func() any { return new([8]byte) }, Of(8), true},
		{"12 bytes", func() any { return new([12]byte) }, Of(12), true},
		{"64 bytes with pointers", func() any { return new([8]*int) }, WithPointers(64), false},
		{"1024 bytes with pointers", func() any { return new([128]*int) }, WithPointers(1024), false},
		{"8192 bytes with pointers", func() any { return new([1024]*int) }, WithPointers(8192), false},
	} {
		if c.packed && raced {
			continue
		}
		clear(kept)
		before, many := heap(), total/c.want
		for i := range many {
			kept[i] = c.make()
		}
		got := float64(heap()-before) / float64(many)
		if got < float64(c.want)*0.97 || got > float64(c.want)*1.03 {
			t.Errorf("%s: %.1f bytes of the heap, counted %d", c.name, got, c.want)
		}
	}
	runtime.KeepAlive(kept)
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
