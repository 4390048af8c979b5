package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"perigee/engine/stream"
)

// streamElements describes all that a stream holds.
func streamElements(v *streamValue) (elements []string) {
	add := func(format string, args ...any) { elements = append(elements, fmt.Sprintf(format, args...)) }
	add("state:%v,%d,%v,%v", v.last, v.added, v.maxDeleted, v.first)
	for it := v.log.Range(stream.ID{}, stream.Max, false); it.Next(); {
		add("%v", it.ID())
		it.Each(func(field, value []byte) { add("%q=%q", field, value) })
	}
	for _, g := range v.groups {
		add("group:%q,%v,%d", g.name, g.last, g.read)
		for _, c := range g.consumers {
			add("consumer:%q,%d,%d,%d", c.name, c.seen, c.active, c.pending.Len())
		}
		g.pending.Each(func(p *pendingEntry) bool {
			add("pending:%v,%q,%d,%d", p.id, p.consumer.name, p.delivered, p.count)
			return true
		})
	}
	return elements
}

// streamBlocks tells where the blocks of all streams begin and end.
func streamBlocks(e *Engine) string {
	var all []string
	e.dbs[0].keys.Each(func(p unsafe.Pointer) bool {
		h := entry(p)
		if h.kind != KindStream {
			return true
		}
		h.object().collection().(*streamValue).log.EachBlock(func(b *stream.Block) bool {
			all = append(all, fmt.Sprintf("%q %v to %v, %d live", h.keyBytes(), b.IndexID(), b.Top(), b.Len()))
			return true
		})
		return true
	})
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// streamDraw draws commands whose IDs are near those that there are.
type streamDraw struct{ ms int }

func (d *streamDraw) id(t *rapid.T) string {
	return fmt.Sprintf("%d-%d", rapid.IntRange(0, d.ms+1).Draw(t, "ms"), rapid.IntRange(0, 2).Draw(t, "seq"))
}

func (d *streamDraw) command(t *rapid.T) string {
	key := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "key")
	group := rapid.SampledFrom([]string{"g", "h"}).Draw(t, "group")
	consumer := rapid.SampledFrom([]string{"c", "d", "e"}).Draw(t, "consumer")
	references := rapid.SampledFrom([]string{"KEEPREF", "DELREF", "ACKED"}).Draw(t, "references")
	switch rapid.IntRange(0, 19).Draw(t, "command") {
	case 0, 1, 2, 3, 4:
		d.ms += rapid.IntRange(0, 1).Draw(t, "later")
		return fmt.Sprintf("XADD %s %d-* f %d %s x", key, d.ms, rapid.IntRange(0, 999).Draw(t, "value"), rapid.SampledFrom([]string{"g", "1"}).Draw(t, "name"))
	case 5, 6:
		return fmt.Sprintf("XDEL %s %s %s", key, d.id(t), d.id(t))
	case 7:
		return fmt.Sprintf("XTRIM %s MAXLEN %s %d %s", key, rapid.SampledFrom([]string{"~", "="}).Draw(t, "how"), rapid.IntRange(0, 6).Draw(t, "length"), references)
	case 8:
		return fmt.Sprintf("XTRIM %s MINID %s %s %s", key, rapid.SampledFrom([]string{"~", "="}).Draw(t, "how"), d.id(t), references)
	case 9:
		d.ms++
		return fmt.Sprintf("XSETID %s %d", key, d.ms)
	case 10:
		return fmt.Sprintf("XGROUP CREATE %s %s %s MKSTREAM", key, group, rapid.SampledFrom([]string{"0", "$"}).Draw(t, "from"))
	case 11:
		return fmt.Sprintf("XGROUP %s %s %s", rapid.SampledFrom([]string{"DESTROY", "SETID"}).Draw(t, "change"), key, group) +
			rapid.SampledFrom([]string{"", " 0"}).Draw(t, "id")
	case 12, 13:
		return fmt.Sprintf("XREADGROUP GROUP %s %s COUNT 2 STREAMS %s %s", group, consumer, key, rapid.SampledFrom([]string{">", ">", "0"}).Draw(t, "after"))
	case 14:
		return fmt.Sprintf("XACK %s %s %s %s", key, group, d.id(t), d.id(t))
	case 15:
		return fmt.Sprintf("XCLAIM %s %s %s 0 %s %s FORCE", key, group, consumer, d.id(t), d.id(t))
	case 16:
		return fmt.Sprintf("XAUTOCLAIM %s %s %s 0 %s COUNT 3", key, group, consumer, d.id(t))
	case 17:
		return fmt.Sprintf("XDELEX %s %s IDS 2 %s %s", key, references, d.id(t), d.id(t))
	case 18:
		return fmt.Sprintf("XACKDEL %s %s %s IDS 2 %s %s", key, group, references, d.id(t), d.id(t))
	}
	return rapid.SampledFrom([]string{"XGROUP DELCONSUMER x g c", "COPY x y REPLACE", "RENAME y x", "DEL x", "XADD y MAXLEN 2 * f v"}).Draw(t, "rare")
}

// TestStreamsUndoneAndReplayed takes commands back, which must leave everything
// as it was, blocks included, and replays what was not taken back.
func TestStreamsUndoneAndReplayed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		te := newTestEngine(t)
		te.settings.StreamNodeMaxEntries = rapid.SampledFrom([]int{1, 3, 100}).Draw(rt, "entries")
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		d := &streamDraw{ms: 1}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			te.at = te.at.Add(time.Duration(rapid.IntRange(0, 5).Draw(rt, "passes")) * time.Millisecond)
			te.BeginIteration(te.at)
			if rapid.IntRange(0, 3).Draw(rt, "undo") > 0 {
				te.do(d.command(rt))
				if err := te.Check(); err != nil {
					rt.Fatal(err)
				}
				continue
			}
			var lines []string
			for range rapid.IntRange(1, 6).Draw(rt, "lines") {
				lines = append(lines, d.command(rt))
			}
			before := stateOf(rt, te.Engine, true) + streamBlocks(te.Engine)
			te.beginUnit()
			m := te.unit.mark()
			for _, line := range lines {
				te.do(line)
			}
			te.unit.rollback(m)
			te.endUnit()
			if after := stateOf(rt, te.Engine, true) + streamBlocks(te.Engine); after != before {
				rt.Fatalf("%q taken back:\n%s\nwant:\n%s", lines, after, before)
			}
		}
		mustReplay(rt, te, j)
	})
}

func TestWhatStreamsRecord(t *testing.T) {
	te, j := newTestEngine(t), &fakeJournal{}
	te.UseJournal(j, 0)
	for _, step := range []struct{ line, want string }{
		{"XADD s 1-1 f v", "object, put entry, put state"},
		{"XADD s 1-2 f v", "put entry, put state"},
		{"XADD s 1-3 f v", "put entry, put state"},
		{"XADD s MAXLEN 3 1-4 f v", "put entry, put state, del entry"},
		{"XGROUP CREATE s g 0", "put group"},
		{"XREADGROUP GROUP g c COUNT 2 STREAMS s >", "put consumer, put group, put pending, put pending"},
		{"XREADGROUP GROUP g c COUNT 2 STREAMS s 9", ""},
		{"XREADGROUP GROUP g c COUNT 1 STREAMS s 0", "put pending"},
		{"XACK s g 1-2 9-9", "del pending"},
		{"XDEL s 1-2 9-9", "del entry, put state"},
		{"XACKDEL s g IDS 2 1-3 1-4", "del pending, del entry, put state"},
		{"XADD s 2-1 f v", "put entry, put state"},
		{"XREADGROUP GROUP g c STREAMS s >", "put group, put pending, put pending"},
		{"XDELEX s ACKED IDS 1 2-1", ""},
		{"XDELEX s DELREF IDS 1 2-1", "del pending, del entry, put state"},
		{"XSETID s 5", "put state"},
		{"XSETID s 5", ""},
		{"XGROUP DESTROY s g", "del pending, del consumer, del group"},
		{"XTRIM s MAXLEN ~ 0", "del entry"},
	} {
		j.units = nil
		te.do(step.line)
		if got := recorded(t, j); got != step.want {
			t.Errorf("%s: %s, want %s", step.line, got, step.want)
		}
	}
}

// recorded tells the effects of the journal's units in words.
func recorded(t *testing.T, j *fakeJournal) string {
	var words []string
	names := []string{"", "state", "entry", "group", "consumer", "pending"}
	for _, u := range j.units {
		err := DecodeUnit(u, func(f *Effect) error {
			switch f.Op {
			case OpStreamPut:
				words = append(words, "put "+names[f.Elem[0]])
			case OpStreamDel:
				words = append(words, "del "+names[f.Elem[0]])
			case OpObject:
				words = append(words, "object")
			default:
				words = append(words, fmt.Sprint("op ", f.Op))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(words, ", ")
}

// TestRecordsOfGroupsComeInAnyOrder loads what refers to groups and consumers
// before these, as storage does if their names are very long.
func TestRecordsOfGroupsComeInAnyOrder(t *testing.T) {
	te, j := newTestEngine(t), &fakeJournal{}
	te.UseJournal(j, 0)
	for _, line := range []string{"XADD s 1-1 f v", "XADD s 1-2 f v", "XGROUP CREATE s g 0", "XREADGROUP GROUP g c STREAMS s >", "XGROUP CREATECONSUMER s g d"} {
		te.do(line)
	}
	var effects []*Effect
	for _, u := range j.units {
		if err := DecodeUnit(u, func(f *Effect) error { effects = append(effects, f.Clone()); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	ofGroup := func(f *Effect) bool { return f.Op == OpStreamPut && f.Elem[0] >= recordGroup }
	slices.SortStableFunc(effects, func(a, b *Effect) int {
		switch {
		case !ofGroup(a) || !ofGroup(b):
			return 0
		}
		return int(b.Elem[0]) - int(a.Elem[0])
	})
	again := newTestEngine(t)
	l := again.NewLoader()
	for _, f := range effects {
		if err := l.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := stateOf(t, again.Engine, true), stateOf(t, te.Engine, true); got != want {
		t.Fatalf("loaded:\n%s\nwant:\n%s", got, want)
	}
}

func TestEntriesThatAreThereOrOutOfOrder(t *testing.T) {
	te := newTestEngine(t)
	l := te.NewLoader()
	entry := func(ms uint64) *Effect {
		name := stream.ID{Ms: ms}.AppendBinary([]byte{recordEntry})
		return &Effect{Op: OpStreamPut, Key: []byte("s"), Gen: 7, Elem: name, Value: []byte("\x01f\x01v")}
	}
	for _, f := range []*Effect{{Op: OpObject, Kind: KindStream, Key: []byte("s"), Gen: 7}, entry(1), entry(3), entry(3)} {
		if err := l.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Apply(entry(2)); err == nil {
		t.Error("an entry behind its successor is taken")
	}
}

func FuzzStreamRecord(f *testing.F) {
	f.Add([]byte("\x01"), []byte("\x01\x02\x03\x04\x05"), false)
	f.Add(append([]byte{recordEntry}, make([]byte, stream.BinarySize)...), []byte("\x01f\x01v"), false)
	f.Add([]byte("\x03g"), []byte("\x01\x02\x03"), false)
	f.Add([]byte("\x04\x01gc"), []byte("\x01\x02"), false)
	f.Add(append([]byte("\x05\x01g"), make([]byte, stream.BinarySize)...), []byte("\x01c\x02\x02"), false)
	f.Add([]byte("\x03g"), []byte(nil), true)
	f.Fuzz(func(t *testing.T, elem, value []byte, gone bool) {
		te := newTestEngine(t)
		te.do("XADD s 1-1 f v")
		te.do("XGROUP CREATE s g 0")
		te.do("XREADGROUP GROUP g c STREAMS s >")
		te.unit.replay = true
		v, _ := te.DB(0).streamToChange([]byte("s"))
		op := OpStreamPut
		if gone {
			op, value = OpStreamDel, nil
		}
		_ = v.apply(&Effect{Op: op, Elem: elem, Value: value})
	})
}

func BenchmarkStream(b *testing.B) {
	te := newTestEngine(b)
	add, read := words("XADD s * field value other 12345"), words("XRANGE s - + COUNT 10")
	run := func(b *testing.B, argv [][]byte) {
		b.ReportAllocs()
		for b.Loop() {
			te.Execute(te.c, argv)
			te.c.Sent(te.c.Out.Len())
		}
	}
	b.Run("XADD", func(b *testing.B) { run(b, add) })
	b.Run("XADD MAXLEN", func(b *testing.B) { run(b, words("XADD s MAXLEN ~ 10000 * field value other 12345")) })
	b.Run("XRANGE 10", func(b *testing.B) { run(b, read) })
}
