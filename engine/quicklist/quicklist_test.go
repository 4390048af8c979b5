package quicklist

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"perigee/engine/listpack"

	"pgregory.net/rapid"
)

type address struct {
	pos uint64
	idx int32
}

type change struct {
	at         address
	value, old []byte // nil is absent
}

// tracker records changes and keeps the ordered map that they describe.
type tracker struct {
	t       *rapid.T
	content map[address][]byte
	log     []change
}

func (tr *tracker) changes() *Changes {
	return &Changes{Put: tr.put, Del: tr.del}
}

func (tr *tracker) put(pos uint64, idx int32, value, old []byte, had bool) {
	at := address{pos, idx}
	before, ok := tr.content[at]
	if ok != had || !bytes.Equal(before, old) {
		tr.t.Fatalf("put at %v over %q (%v), which holds %q (%v)", at, old, had, before, ok)
	}
	c := change{at: at, value: append([]byte{}, value...)}
	if had {
		c.old = append([]byte{}, old...)
	}
	tr.content[at] = c.value
	tr.log = append(tr.log, c)
}

func (tr *tracker) del(pos uint64, idx int32, old []byte) {
	at := address{pos, idx}
	before, ok := tr.content[at]
	if !ok || !bytes.Equal(before, old) {
		tr.t.Fatalf("delete of %q at %v, which holds %q (%v)", old, at, before, ok)
	}
	delete(tr.content, at)
	tr.log = append(tr.log, change{at: at, old: append([]byte{}, old...)})
}

// ordered returns the tracked content in key order.
func (tr *tracker) ordered() []change {
	var all []change
	for at, v := range tr.content {
		all = append(all, change{at: at, value: v})
	}
	slices.SortFunc(all, func(a, b change) int {
		if a.at.pos != b.at.pos {
			if a.at.pos < b.at.pos {
				return -1
			}
			return 1
		}
		return int(a.at.idx) - int(b.at.idx)
	})
	return all
}

func dump(l *List) []change {
	var all []change
	for it := l.Iter(0); it.Valid(); it.Next() {
		pos, idx := it.Address()
		all = append(all, change{at: address{pos, idx}, value: bytes.Clone(it.Value(nil))})
	}
	return all
}

func same(a, b []change) bool {
	return slices.EqualFunc(a, b, func(a, b change) bool {
		return a.at == b.at && bytes.Equal(a.value, b.value)
	})
}

func apply(l *List, at address, value []byte) {
	if value == nil {
		l.ApplyDel(at.pos, at.idx)
	} else {
		l.Apply(at.pos, at.idx, value)
	}
}

// check tests the invariants of List.
func (l *List) check() error {
	count, mem := 0, 0
	ns := l.nodes()
	for i, n := range ns {
		if n.count <= 0 || int64(n.base)+int64(n.count)-1 > math.MaxInt32 {
			return fmt.Errorf("node %d has %d elements from %d on", i, n.count, n.base)
		}
		if i > 0 && ns[i-1].pos >= n.pos {
			return fmt.Errorf("node %d is out of order", i)
		}
		switch n.form {
		case packed:
			if err := listpack.Validate(n.data); err != nil || n.pack().Len() != n.len() {
				return fmt.Errorf("node %d: %d entries for %d elements, %v", i, n.pack().Len(), n.count, err)
			}
		case plain:
			if n.count != 1 {
				return fmt.Errorf("plain node %d has %d elements", i, n.count)
			}
		case loose:
			return fmt.Errorf("node %d is loose", i)
		}
		count += n.len()
		mem += n.bytes()
	}
	if count != l.count || mem != l.mem {
		return fmt.Errorf("count %d for %d, mem %d for %d", l.count, count, l.mem, mem)
	}
	if !l.quick && !l.singlePack() {
		return fmt.Errorf("a listpack of %d nodes", len(ns))
	}
	return nil
}

func element() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return bytes.Repeat([]byte{'L'}, rapid.IntRange(3000, 4200).Draw(t, "size"))
		case 1:
			return bytes.Repeat([]byte{'m'}, rapid.IntRange(200, 700).Draw(t, "size"))
		case 2:
			return []byte(rapid.StringN(0, 8, -1).Draw(t, "text"))
		}
		return strconv.AppendInt(nil, int64(rapid.IntRange(0, 4).Draw(t, "n")), 10)
	})
}

// startingList draws lists whose addresses are at the bounds of the numbers, or
// without a gap between nodes, besides the empty one.
func startingList(t *rapid.T) *List {
	l := New(rapid.SampledFrom([]int{-1, -1, 1, 3, 5, 20}).Draw(t, "fill"))
	pos := rapid.SampledFrom([]uint64{0, 1, 1 << 40, firstPos, math.MaxUint64 - 2000, math.MaxUint64 - 5}).Draw(t, "pos")
	base := rapid.SampledFrom([]int32{0, math.MinInt32, math.MinInt32 + 1, math.MaxInt32 - 3}).Draw(t, "base")
	for n := range rapid.IntRange(0, 6).Draw(t, "nodes") {
		for k := range rapid.IntRange(1, 4).Draw(t, "elements") {
			l.Apply(pos+uint64(n), base+int32(k), []byte("s"+strconv.Itoa(n*10+k)))
		}
	}
	if err := l.Settle(); err != nil {
		t.Fatal(err)
	}
	return l
}

type machine struct {
	list, replica *List
	model         [][]byte
	tracker       *tracker
	c             *Changes
}

func newMachine(t *rapid.T) *machine {
	m := &machine{list: startingList(t)}
	m.replica = m.list.Clone()
	m.tracker = &tracker{t: t, content: map[address][]byte{}}
	m.c = m.tracker.changes()
	for _, e := range dump(m.list) {
		m.model = append(m.model, e.value)
		m.tracker.content[e.at] = e.value
	}
	return m
}

// step makes one mutation and checks it against the model, the map fed by the
// changes, a replica fed by them, and undo.
func (m *machine) step(t *rapid.T, mutate func()) {
	before := dump(m.list)
	m.tracker.log = nil
	mutate()
	if err := m.list.check(); err != nil {
		t.Fatal(err)
	}
	after := dump(m.list)
	if !slices.EqualFunc(after, m.model, func(c change, v []byte) bool { return bytes.Equal(c.value, v) }) {
		t.Fatalf("the list is %v, want %q", after, m.model)
	}
	if !same(after, m.tracker.ordered()) {
		t.Fatal("the map fed by the changes is another list")
	}
	undone := m.list.Clone()
	for _, c := range m.tracker.log {
		m.applyTight(t, m.replica, c.at, c.value)
	}
	if !same(after, dump(m.replica)) {
		t.Fatal("replay leads to another list")
	}
	for _, c := range slices.Backward(m.tracker.log) {
		m.applyTight(t, undone, c.at, c.old)
	}
	if !same(before, dump(undone)) {
		t.Fatal("undo leads to another list")
	}
}

func (m *machine) applyTight(t *rapid.T, l *List, at address, value []byte) {
	apply(l, at, value)
	if len(l.loose) > 0 {
		t.Fatalf("a recorded sequence makes holes, at %v", at)
	}
}

func (m *machine) splice(from, to int, v ...[]byte) {
	m.model = slices.Concat(m.model[:from], v, m.model[to:])
}

func (m *machine) some(t *rapid.T, f func(i int)) {
	if len(m.model) > 0 {
		f(rapid.IntRange(0, len(m.model)-1).Draw(t, "index"))
	}
}

func TestListBehavesAsASliceOfValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		step := func(mutate func(t *rapid.T)) func(*rapid.T) {
			return func(t *rapid.T) { m.step(t, func() { mutate(t) }) }
		}
		t.Repeat(map[string]func(*rapid.T){
			"push left": step(func(t *rapid.T) {
				v := element().Draw(t, "v")
				m.list.PushLeft(v, m.c)
				m.splice(0, 0, v)
			}),
			"push right": step(func(t *rapid.T) {
				for _, v := range rapid.SliceOfN(element(), 1, 12).Draw(t, "vs") {
					m.list.PushRight(v, m.c)
					m.splice(len(m.model), len(m.model), v)
				}
			}),
			"pop": step(func(t *rapid.T) { m.pop(t) }),
			"set": step(func(t *rapid.T) {
				m.some(t, func(i int) {
					v := element().Draw(t, "v")
					m.list.Set(i, v, m.c)
					m.splice(i, i+1, v)
				})
			}),
			"insert": step(func(t *rapid.T) {
				i, v := rapid.IntRange(0, len(m.model)).Draw(t, "index"), element().Draw(t, "v")
				m.list.Insert(i, v, m.c)
				m.splice(i, i, v)
			}),
			"insert by pivot":     step(func(t *rapid.T) { m.insertByPivot(t) }),
			"insert at one place": step(func(t *rapid.T) { m.insertAtOnePlace(t) }),
			"remove range":        step(func(t *rapid.T) { m.removeRange(t) }),
			"remove value":        step(func(t *rapid.T) { m.removeValue(t) }),
			"read from within":    func(t *rapid.T) { m.read(t) },
		})
	})
}

func (m *machine) pop(t *rapid.T) {
	left := rapid.Bool().Draw(t, "left")
	pop, i := m.list.PopRight, len(m.model)-1
	if left {
		pop, i = m.list.PopLeft, 0
	}
	v, ok := pop(nil, m.c)
	if ok != (len(m.model) > 0) {
		t.Fatalf("pop says %v", ok)
	}
	if !ok {
		return
	}
	if !bytes.Equal(v, m.model[i]) {
		t.Fatalf("popped %q, want %q", v, m.model[i])
	}
	m.splice(i, i+1)
}

func (m *machine) insertByPivot(t *rapid.T) {
	m.some(t, func(i int) {
		pivot, v := m.model[i], element().Draw(t, "v")
		i = slices.IndexFunc(m.model, func(e []byte) bool { return bytes.Equal(e, pivot) })
		ok := false
		if rapid.Bool().Draw(t, "before") {
			ok = m.list.InsertBefore(pivot, v, m.c)
		} else {
			ok = m.list.InsertAfter(pivot, v, m.c)
			i++
		}
		if !ok || m.list.InsertAfter([]byte("nowhere"), v, m.c) {
			t.Fatal("a pivot is missed or made up")
		}
		m.splice(i, i, v)
	})
}

func (m *machine) insertAtOnePlace(t *rapid.T) {
	m.some(t, func(i int) {
		for _, v := range rapid.SliceOfN(element(), 5, 40).Draw(t, "vs") {
			m.list.Insert(i, v, m.c)
			m.splice(i, i, v)
		}
	})
}

func (m *machine) removeRange(t *rapid.T) {
	m.some(t, func(i int) {
		n := rapid.IntRange(0, len(m.model)).Draw(t, "n")
		m.list.RemoveRange(i, n, m.c)
		m.splice(i, min(i+n, len(m.model)))
	})
}

func (m *machine) removeValue(t *rapid.T) {
	m.some(t, func(i int) {
		v := bytes.Clone(m.model[i])
		limit, fromTail := rapid.IntRange(0, 3).Draw(t, "limit"), rapid.Bool().Draw(t, "from tail")
		var at []int
		for i, e := range m.model {
			if bytes.Equal(e, v) {
				at = append(at, i)
			}
		}
		if fromTail {
			slices.Reverse(at)
		}
		if limit > 0 && limit < len(at) {
			at = at[:limit]
		}
		if got := m.list.RemoveValue(v, limit, fromTail, m.c); got != len(at) {
			t.Fatalf("removed %d, want %d", got, len(at))
		}
		slices.Sort(at)
		for _, i := range slices.Backward(at) {
			m.splice(i, i+1)
		}
	})
}

func (m *machine) read(t *rapid.T) {
	m.some(t, func(i int) {
		var scratch [listpack.ScratchSize]byte
		it := m.list.Iter(i)
		for ; i >= 0; i-- {
			if !it.Valid() || !bytes.Equal(it.Value(scratch[:]), m.model[i]) || !bytes.Equal(m.list.At(i, nil), m.model[i]) {
				t.Fatalf("element %d is not %q", i, m.model[i])
			}
			it.Prev()
		}
		if it.Valid() {
			t.Fatal("an element before the first")
		}
	})
	m.some(t, func(i int) {
		n := rapid.IntRange(0, len(m.model)-i).Draw(t, "n")
		var got [][]byte
		m.list.Each(i, n, make([]byte, listpack.ScratchSize), func(v []byte) { got = append(got, bytes.Clone(v)) })
		if !slices.EqualFunc(got, m.model[i:i+n], bytes.Equal) {
			t.Fatalf("%d elements from %d are %q", n, i, got)
		}
	})
}

func TestApplyTakesAnySequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := New(rapid.SampledFrom([]int{-1, 2}).Draw(t, "fill"))
		tr := &tracker{t: t, content: map[address][]byte{}}
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			at := address{uint64(rapid.IntRange(1, 3).Draw(t, "pos")), int32(rapid.IntRange(-3, 3).Draw(t, "idx"))}
			if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
				delete(tr.content, at)
				l.ApplyDel(at.pos, at.idx)
			} else {
				v := element().Draw(t, "v")
				tr.content[at] = v
				l.Apply(at.pos, at.idx, v)
			}
			if l.Len() != len(tr.content) {
				t.Fatalf("%d elements, want %d", l.Len(), len(tr.content))
			}
		}
		want := tr.ordered()
		whole := true
		for i := 1; i < len(want); i++ {
			a, b := want[i-1].at, want[i].at
			whole = whole && (a.pos != b.pos || a.idx+1 == b.idx)
		}
		if err := l.Settle(); (err == nil) != whole {
			t.Fatalf("settling %v gives %v", want, err)
		}
		if whole {
			if err := l.check(); err != nil || !same(dump(l), want) {
				t.Fatalf("another list, %v", err)
			}
		}
	})
}

func TestAQueueWithinOneNodeOutlivesItsIndexes(t *testing.T) {
	l := New(-2)
	l.Apply(firstPos, math.MaxInt32-1, []byte("a"))
	for i := range 4 {
		l.PushRight([]byte(strconv.Itoa(i)), nil)
		l.PopLeft(nil, nil)
		if err := l.check(); err != nil {
			t.Fatal(err)
		}
	}
	it := l.Iter(0)
	if pos, idx := it.Address(); l.Len() != 1 || pos != firstPos+posStep || idx != 2 {
		t.Fatalf("%d elements, the first at %x, %d", l.Len(), pos, idx)
	}
}

func TestPushesAndPopsTouchOneAddress(t *testing.T) {
	l := New(-2)
	n := 0
	c := &Changes{
		Put: func(uint64, int32, []byte, []byte, bool) { n++ },
		Del: func(uint64, int32, []byte) { n++ },
	}
	for range 5000 {
		l.PushLeft([]byte("left"), c)
		l.PushRight([]byte("right"), c)
	}
	for range 5000 {
		l.PopLeft(nil, c)
		l.PopRight(nil, c)
	}
	if n != 20000 || l.Len() != 0 {
		t.Fatalf("%d changes, %d elements left", n, l.Len())
	}
}

func TestEncodingFollowsTheFillBound(t *testing.T) {
	byCount := New(4)
	names := func(l *List, n int) (up, down []string) {
		for range n {
			l.PushRight([]byte("x"), nil)
			up = append(up, l.Encoding()[:1])
		}
		for range n - 1 {
			l.PopRight(nil, nil)
			down = append(down, l.Encoding()[:1])
		}
		return up, down
	}
	up, down := names(byCount, 6)
	if fmt.Sprint(up, down) != "[l l l l q q] [q q q l l]" {
		t.Fatal(up, down)
	}
	expecting := New(4)
	expecting.Expect([][]byte{{'a'}, {'b'}, {'c'}, {'d'}, {'e'}})
	if expecting.Encoding() != "quicklist" {
		t.Fatal("five elements at once are beyond a bound of four")
	}
	bySize := New(-1)
	bySize.PushRight(make([]byte, 4000), nil)
	if bySize.Encoding() != "listpack" {
		t.Fatal("4000 bytes are within 4 KB")
	}
	bySize.PushRight(make([]byte, 100), nil)
	if bySize.Encoding() != "quicklist" {
		t.Fatal("4100 bytes are beyond 4 KB")
	}
	bySize.PopLeft(nil, nil)
	if bySize.Encoding() != "listpack" {
		t.Fatal("100 bytes are within half of 4 KB")
	}
}

func BenchmarkPush(b *testing.B) {
	v := []byte("element:123456")
	for _, side := range []struct {
		name string
		push func(*List, []byte, *Changes)
	}{{"left", (*List).PushLeft}, {"right", (*List).PushRight}} {
		b.Run(side.name, func(b *testing.B) {
			l := New(-2)
			b.ReportAllocs()
			for b.Loop() {
				side.push(l, v, nil)
			}
		})
	}
}

func BenchmarkQueue(b *testing.B) {
	l := New(-2)
	v := []byte("element:123456")
	for range 100000 {
		l.PushRight(v, nil)
	}
	var dst [64]byte
	b.ReportAllocs()
	for b.Loop() {
		l.PushRight(v, nil)
		l.PopLeft(dst[:], nil)
	}
}

func BenchmarkAtMiddleOfAMillion(b *testing.B) {
	l := New(-2)
	for i := range 1000000 {
		l.PushRight(strconv.AppendInt(nil, int64(i), 10), nil)
	}
	var scratch [listpack.ScratchSize]byte
	b.ReportAllocs()
	for b.Loop() {
		l.At(500000, scratch[:])
	}
}
