package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// listModel is what lists are, naively: no key holds an empty one.
type listModel map[string][]string

func (m listModel) set(key string, elements []string) {
	if len(elements) == 0 {
		delete(m, key)
		return
	}
	m[key] = elements
}

func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

func bulks(all []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(all))
	for _, s := range all {
		b.WriteString(bulk(s))
	}
	return b.String()
}

func number(n int) string { return fmt.Sprintf(":%d\r\n", n) }

// run draws one command, makes it in the model and returns its line and reply.
func (m listModel) run(t *rapid.T) (line, reply string) {
	key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
	v := listElement().Draw(t, "v")
	l := m[key]
	i := rapid.IntRange(-len(l)-1, len(l)+1).Draw(t, "i")
	switch command := rapid.SampledFrom([]string{"lpush", "rpush", "rpush", "pop", "popn", "lset", "linsert", "lrem", "ltrim", "lmove", "lrange", "lindex", "lpos"}).Draw(t, "command"); command {
	case "lpush":
		vs := rapid.SliceOfN(listElement(), 1, 6).Draw(t, "vs")
		line = "LPUSH " + key + " " + strings.Join(vs, " ")
		slices.Reverse(vs)
		m.set(key, slices.Concat(vs, l))
		return line, number(len(m[key]))
	case "rpush":
		vs := rapid.SliceOfN(listElement(), 1, 12).Draw(t, "vs")
		m.set(key, slices.Concat(l, vs))
		return "RPUSH " + key + " " + strings.Join(vs, " "), number(len(m[key]))
	case "pop":
		return m.pop(t, key)
	case "popn":
		return m.popMany(t, key)
	case "lset":
		line = fmt.Sprintf("LSET %s %d %s", key, i, v)
		at, ok := within(int64(i), len(l))
		switch {
		case l == nil:
			return line, "-ERR no such key\r\n"
		case !ok:
			return line, "-ERR index out of range\r\n"
		}
		l[at] = v
		return line, "+OK\r\n"
	case "linsert":
		return m.insert(t, key, v)
	case "lrem":
		return m.remove(t, key)
	case "ltrim":
		return m.trim(t, key, i)
	case "lmove":
		return m.move(t, key)
	case "lrange":
		from, n := elementRange(int64(i), int64(i)+7, len(l))
		return fmt.Sprintf("LRANGE %s %d %d", key, i, i+7), bulks(rangeOf(l, i, i+7, from, n))
	case "lindex":
		at, ok := within(int64(i), len(l))
		line = fmt.Sprintf("LINDEX %s %d", key, i)
		if !ok {
			return line, "$-1\r\n"
		}
		return line, bulk(l[at])
	default:
		var at []string
		for i, e := range l {
			if e == v {
				at = append(at, number(i))
			}
		}
		return "LPOS " + key + " " + v + " COUNT 0", fmt.Sprintf("*%d\r\n%s", len(at), strings.Join(at, ""))
	}
}

// rangeOf is LRANGE by looking at every index; from and n are for comparison.
func rangeOf(l []string, start, stop, from, n int) []string {
	var out []string
	for i := range l {
		low, high := start, stop
		if low < 0 {
			low += len(l)
		}
		if high < 0 {
			high += len(l)
		}
		if i >= low && i <= high {
			out = append(out, l[i])
		}
	}
	if len(out) != n || n > 0 && l[from] != out[0] {
		panic(fmt.Sprintf("range %d to %d of %d is said to be %d, %d", start, stop, len(l), from, n))
	}
	return out
}

func (m listModel) pop(t *rapid.T, key string) (line, reply string) {
	l := m[key]
	command, i := "LPOP ", 0
	if rapid.Bool().Draw(t, "right") {
		command, i = "RPOP ", len(l)-1
	}
	if l == nil {
		return command + key, "$-1\r\n"
	}
	reply = bulk(l[i])
	m.set(key, slices.Delete(slices.Clone(l), i, i+1))
	return command + key, reply
}

func (m listModel) popMany(t *rapid.T, key string) (line, reply string) {
	l := m[key]
	n := rapid.IntRange(0, len(l)+1).Draw(t, "n")
	right := rapid.Bool().Draw(t, "right")
	line = fmt.Sprintf("LPOP %s %d", key, n)
	if right {
		line = fmt.Sprintf("RPOP %s %d", key, n)
	}
	if l == nil {
		return line, "*-1\r\n"
	}
	n = min(n, len(l))
	gone, kept := slices.Clone(l[:n]), l[n:]
	if right {
		gone, kept = slices.Clone(l[len(l)-n:]), l[:len(l)-n]
		slices.Reverse(gone)
	}
	m.set(key, slices.Clone(kept))
	return line, bulks(gone)
}

func (m listModel) insert(t *rapid.T, key, v string) (line, reply string) {
	l, pivot := m[key], listElement().Draw(t, "pivot")
	where, behind := "BEFORE", 0
	if rapid.Bool().Draw(t, "after") {
		where, behind = "AFTER", 1
	}
	line = fmt.Sprintf("LINSERT %s %s %s %s", key, where, pivot, v)
	if l == nil {
		return line, ":0\r\n"
	}
	i := slices.Index(l, pivot)
	if i < 0 {
		return line, ":-1\r\n"
	}
	m.set(key, slices.Insert(slices.Clone(l), i+behind, v))
	return line, number(len(m[key]))
}

func (m listModel) remove(t *rapid.T, key string) (line, reply string) {
	l, v := slices.Clone(m[key]), listElement().Draw(t, "gone")
	count, removed := rapid.IntRange(-3, 3).Draw(t, "count"), 0
	line = fmt.Sprintf("LREM %s %d %s", key, count, v)
	if count < 0 {
		slices.Reverse(l)
	}
	l = slices.DeleteFunc(l, func(e string) bool {
		if e != v || count != 0 && removed == max(count, -count) {
			return false
		}
		removed++
		return true
	})
	if count < 0 {
		slices.Reverse(l)
	}
	m.set(key, l)
	return line, number(removed)
}

func (m listModel) trim(t *rapid.T, key string, i int) (line, reply string) {
	l, j := m[key], rapid.IntRange(-len(m[key])-1, len(m[key])+1).Draw(t, "j")
	from, n := elementRange(int64(i), int64(j), len(l))
	m.set(key, slices.Clone(rangeOf(l, i, j, from, n)))
	return fmt.Sprintf("LTRIM %s %d %d", key, i, j), "+OK\r\n"
}

func (m listModel) move(t *rapid.T, key string) (line, reply string) {
	to := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "to")
	ends := []string{"LEFT", "RIGHT"}
	from, whereto := rapid.IntRange(0, 1).Draw(t, "from"), rapid.IntRange(0, 1).Draw(t, "whereto")
	line = fmt.Sprintf("LMOVE %s %s %s %s", key, to, ends[from], ends[whereto])
	l := m[key]
	if l == nil {
		return line, "$-1\r\n"
	}
	i := from * (len(l) - 1)
	v := l[i]
	m.set(key, slices.Delete(slices.Clone(l), i, i+1))
	m.set(to, slices.Insert(slices.Clone(m[to]), whereto*len(m[to]), v))
	return line, bulk(v)
}

// listElement draws few short values, many of them equal, and some that are
// too large to share a node with others.
func listElement() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 11).Draw(t, "kind") {
		case 0:
			return strings.Repeat("L", rapid.IntRange(8100, 8300).Draw(t, "size"))
		case 1:
			return strings.Repeat("m", rapid.IntRange(500, 1500).Draw(t, "size"))
		}
		return strconv.Itoa(rapid.IntRange(0, 5).Draw(t, "n"))
	})
}

func TestListsBehaveAsSlices(outer *testing.T) {
	rapid.Check(outer, func(t *rapid.T) {
		te, j := newTestEngine(outer), &fakeJournal{}
		te.settings.ListMaxListpackSize = rapid.SampledFrom([]int{-2, -1, 1, 3, 20}).Draw(t, "fill")
		te.UseJournal(j, 0)
		m := listModel{}
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			line, want := m.run(t)
			if rapid.IntRange(0, 4).Draw(t, "undo first") == 0 {
				mustRollBack(t, te, []string{line, "LPUSH a undone", "LREM b 0 0", "RPOPLPUSH c c"})
			}
			if got := te.do(line); got != want {
				t.Fatalf("%.100s: got %.200q, want %.200q", line, got, want)
			}
		}
		for key, l := range m {
			if got := te.do("LRANGE " + key + " 0 -1"); got != bulks(l) {
				t.Fatalf("%s is %.200q", key, got)
			}
		}
		if te.Keys() != len(m) {
			t.Fatalf("%d keys, want %d", te.Keys(), len(m))
		}
		mustReplay(t, te, j)
	})
}

func TestAListThatIsTurnedAroundKeepsItsDeadline(t *testing.T) {
	te := newTestEngine(t)
	te.do("RPUSH l x")
	te.InUnit(func() { te.DB(0).SetDeadline([]byte("l"), te.now+1000) })
	te.do("RPOPLPUSH l l")
	if at, ok := te.DB(0).Deadline([]byte("l")); !ok || at != te.now+1000 {
		t.Fatalf("deadline %d, %v", at, ok)
	}
}

func TestAPushOrPopIsOneEffect(t *testing.T) {
	te, j := newTestEngine(t), &fakeJournal{}
	te.UseJournal(j, 0)
	for _, step := range []struct {
		line string
		want []Op
	}{
		{"RPUSH l a", []Op{OpObject, OpElemPut}},
		{"RPUSH l b", []Op{OpElemPut}},
		{"LPUSH l c", []Op{OpElemPut}},
		{"RPOP l", []Op{OpElemDel}},
		{"LPOP l", []Op{OpElemDel}},
		{"RPOPLPUSH l m", []Op{OpDelete, OpObject, OpElemPut}},
		{"LSET m 0 z", []Op{OpElemPut}},
		{"RPUSH m 1 2 3", []Op{OpElemPut, OpElemPut, OpElemPut}},
		{"LPOP m 9", []Op{OpDelete}},
	} {
		te.do(step.line)
		var got []Op
		err := DecodeUnit(j.units[len(j.units)-1], func(f *Effect) error {
			got = append(got, f.Op)
			return nil
		})
		slices.Sort(got)
		slices.Sort(step.want)
		if err != nil || !slices.Equal(got, step.want) {
			t.Errorf("%s: effects %v, want %v, %v", step.line, got, step.want, err)
		}
	}
}

func TestListEncodings(t *testing.T) {
	te := newTestEngine(t)
	te.settings.ListMaxListpackSize = 4
	for _, step := range [][2]string{
		{"RPUSH l 1 2 3 4", "listpack"},
		{"RPUSH l 5", "quicklist"},
		{"LPOP l 2", "quicklist"},
		{"LPOP l 2", "listpack"},
		{"LSET l 0 x", "listpack"},
		{"RPUSH m 1 2 3 4 5", "quicklist"},
		{"LTRIM m 0 1", "listpack"},
	} {
		te.do(step[0])
		v, err := te.DB(0).listAt(words(step[0])[1])
		if err != nil || v.encoding() != step[1] {
			t.Errorf("%s: %s, want %s, %v", step[0], v.encoding(), step[1], err)
		}
	}
}

func TestACopiedListIsAListOfItsOwn(t *testing.T) {
	te, j := newTestEngine(t), &fakeJournal{}
	te.UseJournal(j, 0)
	te.do("RPUSH l a 1 b")
	te.InUnit(func() {
		v, _ := te.DB(0).listAt([]byte("l"))
		v.collection().copyTo(te.DB(1), []byte("m"))
	})
	te.do("RPUSH l c")
	te.do("SELECT 1")
	te.do("LPUSH m 0")
	if got := te.do("LRANGE m 0 -1"); got != bulks([]string{"0", "a", "1", "b"}) {
		t.Fatalf("%q", got)
	}
	mustReplay(t, te, j)
}

func TestALoadedListWithHolesIsDamage(t *testing.T) {
	te := newTestEngine(t)
	l := te.NewLoader()
	for _, f := range []Effect{
		{Op: OpObject, Key: []byte("l"), Kind: KindList, Gen: 7},
		{Op: OpElemPut, Key: []byte("l"), Gen: 7, Pos: 1, Index: 1, Value: []byte("a")},
		{Op: OpElemPut, Key: []byte("l"), Gen: 7, Pos: 1, Index: 3, Value: []byte("b")},
	} {
		if err := l.Apply(&f); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err == nil {
		t.Fatal("element 2 is not missed")
	}
}
