package ztree

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

func compare(a, b *Item) int {
	return cmp.Or(cmp.Compare(a.Score(), b.Score()), bytes.Compare(a.Member(), b.Member()))
}

// check tests the invariants of Tree and returns its items in order.
func (t *Tree) check() ([]*Item, error) {
	if t.root == nil {
		if *t != (Tree{}) {
			return nil, fmt.Errorf("remains of an empty tree: %+v", *t)
		}
		return nil, nil
	}
	c := checker{tree: t}
	err := c.node(t.root, 0)
	if err == nil && c.last.next != nil {
		err = fmt.Errorf("a leaf behind the last one")
	}
	if err == nil && (len(c.items) != t.count || c.leaves != t.leaves || c.inners != t.inners || c.bytes != t.items) {
		err = fmt.Errorf("counted %d items in %d leaves, %d inner nodes, %d bytes; the tree says %+v",
			len(c.items), c.leaves, c.inners, c.bytes, *t)
	}
	return c.items, err
}

type checker struct {
	tree                  *Tree
	items                 []*Item
	last                  *leaf
	leaves, inners, bytes int
}

func (c *checker) node(p unsafe.Pointer, depth int) error {
	if depth == c.tree.height {
		return c.leaf((*leaf)(p))
	}
	n := (*inner)(p)
	c.inners++
	if n.n < 2 {
		return fmt.Errorf("an inner node with %d children", n.n)
	}
	for i := range innerSize {
		if i >= n.n {
			if n.children[i] != nil || n.firsts[i] != nil {
				return fmt.Errorf("a child behind the last one")
			}
			continue
		}
		before := len(c.items)
		if err := c.node(n.children[i], depth+1); err != nil {
			return err
		}
		first := c.items[before]
		if n.counts[i] != len(c.items)-before || n.firsts[i] != first || n.scores[i] != first.Score() {
			return fmt.Errorf("an inner node does not know its child")
		}
	}
	return nil
}

func (c *checker) leaf(l *leaf) error {
	c.leaves++
	if l.n == 0 || l.prev != c.last || c.last != nil && c.last.next != l {
		return fmt.Errorf("a leaf is empty or not linked")
	}
	c.last = l
	for i, it := range l.items {
		if i >= l.n {
			if it != nil {
				return fmt.Errorf("an item behind the last one")
			}
			continue
		}
		if it.Score() != l.scores[i] {
			return fmt.Errorf("a leaf has another score than its item")
		}
		if len(c.items) > 0 && compare(c.items[len(c.items)-1], it) >= 0 {
			return fmt.Errorf("items out of order")
		}
		c.items = append(c.items, it)
		c.bytes += it.Bytes()
	}
	return nil
}

func TestItemKeepsScoreAndMember(t *testing.T) {
	for size := range 40 {
		member := bytes.Repeat([]byte{'m'}, size)
		it := NewItem(math.Copysign(0, -1), member)
		if uintptr(unsafe.Pointer(it))%8 != 0 || !bytes.Equal(it.Member(), member) || !math.Signbit(it.Score()) {
			t.Fatalf("a member of %d bytes reads as %q, score %v", size, it.Member(), it.Score())
		}
		if n := testing.AllocsPerRun(100, func() { NewItem(1, member) }); n != 1 {
			t.Fatalf("%v allocations", n)
		}
	}
}

func TestZerosAreOneScoreAndInfinitiesAreOutermost(t *testing.T) {
	var tree Tree
	minusZero := math.Copysign(0, -1)
	for _, it := range []*Item{
		NewItem(math.Inf(1), []byte("z")), NewItem(0, []byte("b")), NewItem(minusZero, []byte("c")),
		NewItem(minusZero, []byte("a")), NewItem(math.Inf(-1), []byte("z")), NewItem(math.MaxFloat64, nil),
	} {
		if !tree.Insert(it) {
			t.Fatal("not added")
		}
	}
	if tree.Insert(NewItem(minusZero, []byte("b"))) {
		t.Fatal("added twice")
	}
	got := ""
	for it := tree.IterAt(0); it.Item() != nil; it.Next() {
		got += fmt.Sprintf("%v:%s ", it.Item().Score(), it.Item().Member())
	}
	if got != "-Inf:z -0:a 0:b -0:c 1.7976931348623157e+308: +Inf:z " {
		t.Fatal(got)
	}
	if tree.Delete(0, []byte("a")) == nil {
		t.Fatal("0 does not find -0")
	}
}

func drawItem(t *rapid.T) *Item {
	score := rapid.SampledFrom([]float64{0, 0, 0, 1, 1, 2, 3.5, -7, math.Inf(1), math.Inf(-1)}).Draw(t, "score")
	member := strconv.Itoa(rapid.IntRange(0, 400).Draw(t, "member"))
	return NewItem(score, []byte(member))
}

func TestTreeBehavesAsASortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tree Tree
		var model []*Item
		insert := func(t *rapid.T, it *Item) {
			i, found := slices.BinarySearchFunc(model, it, compare)
			if tree.Insert(it) == found {
				t.Fatalf("inserting %v %s: found %v", it.Score(), it.Member(), found)
			}
			if !found {
				model = slices.Insert(model, i, it)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"insert many": func(t *rapid.T) {
				for range rapid.IntRange(1, 200).Draw(t, "n") {
					insert(t, drawItem(t))
				}
			},
			"insert ascending": func(t *rapid.T) {
				from := rapid.Float64Range(-100, 100).Draw(t, "from")
				for i := range rapid.IntRange(1, 3000).Draw(t, "n") {
					insert(t, NewItem(from+float64(i), []byte("up")))
				}
			},
			"delete": func(t *rapid.T) {
				for range rapid.IntRange(1, 100).Draw(t, "n") {
					it := drawItem(t)
					if len(model) > 0 && rapid.Bool().Draw(t, "present") {
						it = model[rapid.IntRange(0, len(model)-1).Draw(t, "index")]
					}
					i, found := slices.BinarySearchFunc(model, it, compare)
					got := tree.Delete(it.Score(), it.Member())
					if (got != nil) != found || found && got != model[i] {
						t.Fatalf("deleting %v %s: found %v", it.Score(), it.Member(), found)
					}
					if found {
						model = slices.Delete(model, i, i+1)
					}
				}
			},
			"delete range": func(t *rapid.T) {
				rank := rapid.IntRange(0, len(model)).Draw(t, "rank")
				n := rapid.IntRange(0, len(model)).Draw(t, "n")
				var gone []*Item
				tree.DeleteRange(rank, n, func(it *Item) { gone = append(gone, it) })
				end := min(rank+n, len(model))
				if !slices.Equal(gone, model[rank:end]) {
					t.Fatalf("%d other items gone", len(gone))
				}
				model = slices.Delete(model, rank, end)
			},
			"find": func(t *rapid.T) {
				it := drawItem(t)
				want, found := slices.BinarySearchFunc(model, it, compare)
				if rank, ok := tree.Rank(it.Score(), it.Member()); rank != want || ok != found {
					t.Fatalf("rank %d %v, want %d %v", rank, ok, want, found)
				}
				at := tree.Seek(func(other *Item) bool { return compare(other, it) >= 0 })
				if at.Rank() != want || want < len(model) && at.Item() != model[want] || want == len(model) && at.Item() != nil {
					t.Fatalf("Seek leads to rank %d, want %d", at.Rank(), want)
				}
			},
			"walk": func(t *rapid.T) { walk(t, &tree, model) },
			"": func(t *rapid.T) {
				items, err := tree.check()
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(items, model) || tree.Len() != len(model) {
					t.Fatal("other items")
				}
			},
		})
	})
}

func walk(t *rapid.T, tree *Tree, model []*Item) {
	if tree.At(-1) != nil || tree.At(len(model)) != nil {
		t.Fatal("an item off the ends")
	}
	if len(model) == 0 {
		return
	}
	start := rapid.IntRange(0, len(model)-1).Draw(t, "start")
	it := tree.IterAt(start)
	for i := start; i < len(model); i++ {
		if it.Item() != model[i] || it.Rank() != i || tree.At(i) != model[i] {
			t.Fatalf("another item at %d", i)
		}
		it.Next()
	}
	if it.Item() != nil {
		t.Fatal("an item behind the last one")
	}
	it = tree.IterAt(start)
	for i := start; i >= 0; i-- {
		if it.Item() != model[i] || it.Rank() != i {
			t.Fatalf("another item at %d, walking back", i)
		}
		it.Prev()
	}
	if it.Item() != nil {
		t.Fatal("an item before the first one")
	}
}

// million returns a tree of a million items with random scores, and the items.
func million() (*Tree, []*Item) {
	r := rand.New(rand.NewPCG(1, 2))
	items := make([]*Item, 1000000)
	t := &Tree{}
	for i := range items {
		items[i] = NewItem(r.Float64(), []byte("member:"+strconv.Itoa(i)))
		t.Insert(items[i])
	}
	return t, items
}

func BenchmarkMillion(b *testing.B) {
	t, items := million()
	r := rand.New(rand.NewPCG(3, 4))
	pick := func() *Item { return items[r.IntN(len(items))] }
	b.Run("update", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			it := pick()
			t.Delete(it.Score(), it.Member())
			it.SetScore(r.Float64())
			t.Insert(it)
		}
	})
	b.Run("rank", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			it := pick()
			t.Rank(it.Score(), it.Member())
		}
	})
	b.Run("at", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			t.At(r.IntN(t.Len()))
		}
	})
	b.Run("seek", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			bound := r.Float64()
			t.Seek(func(it *Item) bool { return it.Score() >= bound })
		}
		b.ReportMetric(float64(t.Bytes()-t.items)/float64(t.Len()), "node-bytes/item")
	})
}

func BenchmarkInsert(b *testing.B) {
	for _, order := range []string{"ascending", "random", "one score"} {
		b.Run(order, func(b *testing.B) {
			r := rand.New(rand.NewPCG(5, 6))
			var t Tree
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				score := 0.0
				switch order {
				case "ascending":
					score = float64(i)
				case "random":
					score = r.Float64()
				}
				t.Insert(NewItem(score, strconv.AppendUint(nil, r.Uint64(), 10)))
				i++
			}
		})
	}
}
