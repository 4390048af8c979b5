package persist

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
)

// A cut is a run of the whole engine over a disk that forgets what was not
// synced. Each unit, by whichever client, takes the next number n, which is
// the value of all it writes: so what clients were told says which units they
// have seen, and after a power cut the keys say which units are left.
type cut struct {
	t     *testing.T
	rng   *rand.Rand
	disk  *memDisk
	store *Store
	e     *engine.Engine
	gate  chan struct{}

	writers  []*teller
	waiter   *teller // blocked until a unit pushes to its list
	listener *teller // subscribed to what units publish
	reader   *teller
	n        int // the last unit
	told     int // the highest number that left in any reply
}

// A teller is a client whose replies are read when they may leave.
type teller struct {
	c      *engine.Client
	left   bytes.Buffer
	reader *resp.Reader
}

// Kick does nothing: every teller is looked at in each turn.
func (w *teller) Kick() {}

func (p *cut) connect() *teller {
	w := &teller{}
	w.reader = resp.NewReader(&w.left)
	var err error
	if w.c, err = p.e.Connect(engine.Peer{Unix: true}, w); err != nil {
		p.t.Fatal(err)
	}
	return w
}

func (p *cut) do(w *teller, words ...string) {
	if w.c.InputPaused() {
		return
	}
	args := make([][]byte, len(words))
	for i, word := range words {
		args[i] = []byte(word)
	}
	p.e.Execute(w.c, args)
}

// start recovers what is on the disk and checks it.
func (p *cut) start(o Options) {
	p.t.Helper()
	o.fs = p.disk
	p.e = engine.New(engine.Options{Seed: p.rng.Uint64()})
	var err error
	if p.store, err = Open(o); err != nil {
		p.t.Fatal(err)
	}
	loader := p.e.NewLoader()
	report, err := p.store.Recover(loader, 16)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := loader.Close(); err != nil {
		p.t.Fatal(err)
	}
	p.check()
	p.e.UseJournal(p.store.Journal(), report.Last)
	p.writers = nil
	for range 4 {
		p.writers = append(p.writers, p.connect())
	}
	p.waiter, p.listener, p.reader = p.connect(), p.connect(), p.connect()
	p.do(p.listener, "SUBSCRIBE", "news")
	p.gate = make(chan struct{}, 64)
	p.disk.mu.Lock()
	p.disk.gate = p.gate
	p.disk.mu.Unlock()
}

// check looks that all units that anybody was told of are there, and that
// each is whole.
func (p *cut) check() {
	p.t.Helper()
	w := p.connect()
	ask := func(words ...string) resp.Value {
		p.do(w, words...)
		w.left.Write(w.c.Out.Bytes())
		w.c.Sent(w.c.Out.Len())
		reply, err := w.reader.Read()
		if err != nil {
			p.t.Fatal(err)
		}
		return reply
	}
	kept := number(ask("GET", "a"))
	if kept < p.told || kept > p.n {
		p.t.Fatalf("unit %d is the last one left; %d was told of, %d was the last", kept, p.told, p.n)
	}
	if b, length := number(ask("GET", "b")), ask("LLEN", "all").Int; b != kept || length != int64(kept) {
		p.t.Fatalf("half a unit is left: a is %d, b is %d, the list has %d elements", kept, b, length)
	}
	for i, element := range ask("LRANGE", "all", "0", "-1").Elems {
		if number(element) != i+1 {
			p.t.Fatalf("element %d of the list is %s", i, element.Str)
		}
	}
	p.n, p.told = kept, kept
	p.e.Disconnect(w.c)
}

func number(v resp.Value) int {
	n, _ := strconv.Atoi(string(v.Str)) // 0 where there is none
	return n
}

// turn is one iteration of the loop.
func (p *cut) turn() {
	p.e.BeginIteration(time.Now())
	for range p.rng.IntN(5) {
		p.unit(p.writers[p.rng.IntN(len(p.writers))])
	}
	p.do(p.reader, "GET", "a")
	p.do(p.waiter, "BLPOP", "wanted", "0")
	p.e.EndIteration()
	for _, w := range append(p.writers, p.waiter, p.listener, p.reader) {
		p.read(w)
	}
}

// untilTold goes on until a client has been told of one unit more: how far the
// rest of a run gets while syncs wait depends on the scheduler, this does not.
func (p *cut) untilTold() {
	p.t.Helper()
	before := p.told
	for deadline := time.Now().Add(time.Minute); p.told == before; {
		if time.Now().After(deadline) {
			p.t.Fatal("no unit was told of in a minute")
		}
		p.unit(p.writers[0])
		p.turn()
		select {
		case p.gate <- struct{}{}:
		default:
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// unit has a client write the next number everywhere.
func (p *cut) unit(w *teller) {
	if p.store.Journal().Room() != nil {
		return
	}
	p.n++
	n := strconv.Itoa(p.n)
	p.do(w, "MULTI")
	for _, command := range [][]string{{"SET", "a", n}, {"RPUSH", "all", n}, {"LPUSH", "wanted", n}, {"PUBLISH", "news", n}, {"SET", "b", n}, {"GET", "b"}} {
		p.do(w, command...)
	}
	p.do(w, "EXEC")
}

// read takes the replies that may leave and notes the numbers in them.
func (p *cut) read(w *teller) {
	n := w.c.Sendable()
	w.left.Write(w.c.Out.Bytes()[:n])
	w.c.Sent(n)
	for w.left.Len() > 0 || w.reader.Buffered() > 0 {
		reply, err := w.reader.Read()
		if err != nil {
			p.t.Fatal(err)
		}
		p.note(reply)
	}
}

func (p *cut) note(v resp.Value) {
	if v.Err() != nil {
		p.t.Fatal(v.Err())
	}
	if v.Kind == resp.KindBulk {
		p.told = max(p.told, number(v))
	}
	for _, element := range v.Elems {
		p.note(element)
	}
}

// TestAPowerCutTakesBackNothingThatWasTold cuts the power of a whole engine
// again and again, while syncs take as long as they like. No reply, message
// or woken client may have told of a unit that is gone afterwards.
func TestAPowerCutTakesBackNothingThatWasTold(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			p := &cut{t: t, rng: rand.New(rand.NewPCG(seed, 11)), disk: newMemDisk()}
			o := Options{Dir: fastDir(t), Policy: Always, SegmentBytes: 16 << 10, FoldAfter: 1 << 40, Reserve: 1, briefSync: -1}
			for run := range 6 {
				p.start(o)
				if run%2 == 0 {
					p.untilTold()
				}
				for range p.rng.IntN(200) {
					p.turn()
					for range p.rng.IntN(3) {
						select {
						case p.gate <- struct{}{}:
						default:
						}
					}
				}
				old := p.disk
				p.disk = old.crash(p.rng)
				close(p.gate)
				_ = p.store.Close() // on the old disk
			}
			p.start(o)
			close(p.gate)
			if err := p.store.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
