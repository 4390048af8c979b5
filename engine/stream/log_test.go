package stream

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// modelEntry is an entry of the naive model: a slice in order of IDs.
type modelEntry struct {
	id    ID
	pairs [][]byte
}

func (e modelEntry) String() string { return fmt.Sprintf("%v %q", e.id, e.pairs) }

// logModel is a log beside its model, with what undoes the changes so far.
type logModel struct {
	log    Log
	limits Limits
	want   []modelEntry
	last   ID
	undo   []func()
}

func (m *logModel) append(t *rapid.T) {
	id := m.last
	if rapid.Bool().Draw(t, "far") {
		id = ID{id.Ms + rapid.Uint64Range(1, 1<<40).Draw(t, "ms"), rapid.SampledFrom([]uint64{8, 700, Max.Seq}).Draw(t, "seq")}
	} else if next, ok := id.Next(); ok {
		id = next
	}
	if id == m.last {
		return
	}
	text := rapid.SliceOfN(rapid.SampledFrom([]byte("a1-\x00")), 0, 12)
	var pairs [][]byte
	for range rapid.IntRange(1, 3).Draw(t, "fields") {
		name := rapid.SampledFrom([]string{"f", "g", "1", ""}).Draw(t, "name")
		pairs = append(pairs, []byte(name), text.Draw(t, "value"))
	}
	m.log.Append(id, pairs, m.limits)
	was, last := m.want, m.last
	m.want, m.last = append(m.want[:len(m.want):len(m.want)], modelEntry{id, pairs}), id
	m.undo = append(m.undo, func() {
		m.log.RemoveLast()
		m.want, m.last = was, last
	})
}

func (m *logModel) delete(t *rapid.T) {
	id := ID{1, 3}
	at := -1
	if len(m.want) > 0 && rapid.IntRange(0, 9).Draw(t, "missing") > 0 {
		at = rapid.IntRange(0, len(m.want)-1).Draw(t, "at")
		id = m.want[at].id
	}
	gone, ok := m.log.Delete(id)
	if ok != (at >= 0) {
		t.Fatalf("Delete(%v) = %v", id, ok)
	}
	if !ok {
		return
	}
	was := m.want
	m.want = append(append([]modelEntry{}, m.want[:at]...), m.want[at+1:]...)
	m.undo = append(m.undo, func() {
		if gone != nil {
			m.log.Restore(gone)
		} else {
			m.log.Undelete(id)
		}
		m.want = was
	})
}

func (m *logModel) dropBlock(t *rapid.T) {
	b := m.log.BlockFrom(ID{})
	if b == nil {
		return
	}
	was := m.want
	m.want = m.want[b.Len():]
	m.log.DropBlock(b)
	m.undo = append(m.undo, func() {
		m.log.Restore(b)
		m.want = was
	})
}

func (m *logModel) takeBack(t *rapid.T) {
	for n := rapid.IntRange(0, len(m.undo)).Draw(t, "steps"); n > 0; n-- {
		m.undo[len(m.undo)-1]()
		m.undo = m.undo[:len(m.undo)-1]
	}
}

// entriesOf reads a range both ways and checks that they agree.
func entriesOf(t *rapid.T, l *Log, start, end ID) []modelEntry {
	var all []modelEntry
	for it := l.Range(start, end, false); it.Next(); {
		e := modelEntry{id: it.ID()}
		it.Each(func(field, value []byte) {
			e.pairs = append(e.pairs, append([]byte{}, field...), append([]byte{}, value...))
		})
		if it.Fields()*2 != len(e.pairs) {
			t.Fatalf("%d fields, %d of them shown", it.Fields(), len(e.pairs)/2)
		}
		all = append(all, e)
	}
	n := len(all)
	for it := l.Range(start, end, true); it.Next(); {
		if n--; n < 0 || all[n].id != it.ID() {
			t.Fatalf("backwards from %v to %v: %v, forwards %v", end, start, it.ID(), all)
		}
	}
	if n != 0 {
		t.Fatalf("backwards from %v to %v: %d entries less", end, start, n)
	}
	if got := l.Count(start, end, 1<<30); got != len(all) {
		t.Fatalf("Count(%v, %v) = %d of %d", start, end, got, len(all))
	}
	return all
}

func (m *logModel) check(t *rapid.T) {
	if err := m.log.Check(); err != nil {
		t.Fatal(err)
	}
	if m.log.Len() != len(m.want) {
		t.Fatalf("Len = %d, want %d", m.log.Len(), len(m.want))
	}
	if got, want := fmt.Sprint(entriesOf(t, &m.log, ID{}, Max)), fmt.Sprint(m.want); got != want {
		t.Fatalf("entries\n%s\nwant\n%s", got, want)
	}
	bound := func(name string) ID {
		id := rapid.SampledFrom(append([]modelEntry{{}, {id: Max}}, m.want...)).Draw(t, name).id
		switch rapid.IntRange(0, 2).Draw(t, name+" moved") {
		case 0:
			id, _ = id.Next()
		case 1:
			id, _ = id.Prev()
		}
		return id
	}
	start, end := bound("start"), bound("end")
	var want []modelEntry
	for _, e := range m.want {
		if !e.id.Less(start) && !end.Less(e.id) {
			want = append(want, e)
		}
	}
	if got := entriesOf(t, &m.log, start, end); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("from %v to %v\n%v\nwant\n%v", start, end, got, want)
	}
	there := slices.ContainsFunc(m.want, func(e modelEntry) bool { return e.id == start })
	if m.log.Has(start) != there {
		t.Fatalf("Has(%v) is wrong", start)
	}
	if len(m.want) > 0 && (m.log.First() != m.want[0].id || m.log.Last() != m.want[len(m.want)-1].id) {
		t.Fatalf("from %v to %v", m.log.First(), m.log.Last())
	}
}

func TestLogModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &logModel{limits: Limits{
			Bytes:   rapid.SampledFrom([]int{0, 40, 100, 4096}).Draw(t, "bytes"),
			Entries: rapid.SampledFrom([]int{0, 1, 3, 100}).Draw(t, "entries"),
		}}
		t.Repeat(map[string]func(*rapid.T){
			"append": m.append, "append too": m.append, "delete": m.delete, "drop": m.dropBlock, "undo": m.takeBack, "": m.check,
		})
	})
}

type number ID

func (n number) IndexID() ID { return ID(n) }

func TestIndexModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x Index[number]
		want := map[number]bool{}
		width := rapid.Uint64Range(1, 2000).Draw(t, "width")
		draw := func() number { return number{0, rapid.Uint64Range(0, width).Draw(t, "n")} }
		t.Repeat(map[string]func(*rapid.T){
			"insert many": func(t *rapid.T) {
				step := rapid.Uint64Range(1, 3).Draw(t, "step")
				for n := draw(); n.Seq < width; n.Seq += step {
					if !want[n] {
						x.Insert(n)
						want[n] = true
					}
				}
			},
			"delete many": func(t *rapid.T) {
				n := draw()
				for range rapid.IntRange(1, 400).Draw(t, "times") {
					if _, ok := x.Delete(ID(n)); ok != want[n] {
						t.Fatalf("Delete(%v) = %v", n, ok)
					}
					delete(want, n)
					n.Seq++
				}
			},
			"": func(t *rapid.T) {
				room := 0
				for _, c := range x.chunks {
					room += cap(c)
				}
				if room != x.room {
					t.Fatalf("room %d, want %d", x.room, room)
				}
				if x.Len() != len(want) {
					t.Fatalf("Len = %d, want %d", x.Len(), len(want))
				}
				n, last := 0, ID{}
				for p := x.Begin(); ; p = x.Next(p) {
					item, ok := x.At(p)
					if !ok {
						break
					}
					if n > 0 && !last.Less(ID(item)) || !want[item] {
						t.Fatalf("%v behind %v", item, last)
					}
					n, last = n+1, ID(item)
				}
				for p, ok := x.Prev(x.End()); ok; p, ok = x.Prev(p) {
					n--
				}
				if end, _ := x.Last(); n != 0 || ID(end) != last {
					t.Fatalf("%d more backwards, last is %v, not %v", n, end, last)
				}
				from := draw()
				for at := from; at.Seq <= width; at.Seq++ {
					if want[at] {
						if got, ok := x.At(x.Seek(ID(from))); !ok || got != at {
							t.Fatalf("Seek(%v) = %v, want %v", from, got, at)
						}
						break
					}
				}
				if _, ok := x.Find(ID(from)); ok != want[from] {
					t.Fatalf("Find(%v) = %v", from, ok)
				}
			},
		})
	})
}
