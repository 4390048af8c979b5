package differential

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
)

// UndoOptions are what Undone needs to know.
type UndoOptions struct {
	// Units is about how many units are taken back.
	Units int
	// Seed makes the run repeatable; 0 takes one from the clock.
	Seed uint64
	// New makes an empty engine with a clock, which stands still.
	New func(clock func() time.Time) *engine.Engine
	// Begin, if set, prepares each engine.
	Begin func(a *Actor)
	// Ways are the ways in which units fail.
	Ways []Way
	// Extra makes commands that are put among the generated ones, nil for none.
	Extra func(n int) []Command
}

// A Way has a client run all the commands as one unit, or as part of one, that
// fails behind the last of them and is taken back as a whole. The error says
// that it did not fail.
type Way struct {
	Name string
	Fail func(a *Actor, commands []Command) error
}

// Undone takes back random units and demands that nobody can tell: not from the
// keyspace, nor from what the journal, subscribers, watchers, clients that
// cache values and clients that wait were told.
//
// Every unit is made to fail behind each of its commands in turn, in one of the
// ways; what it would have changed stands then for the next one to change.
func Undone(t *testing.T, o UndoOptions) {
	t.Helper()
	if o.Seed == 0 {
		o.Seed = uint64(time.Now().UnixNano())
	}
	t.Logf("run again with -seed %d", o.Seed)
	undone, failures := 0, map[string]int{}
	for seed := o.Seed; undone < o.Units; seed++ {
		s := newStage(t, o, seed)
		for range 12 {
			undone += s.round(failures)
		}
	}
	t.Logf("%d units taken back: %v", undone, failures)
}

// stage is an engine with its journal, and with everyone who could notice what
// a unit does.
type stage struct {
	*side
	t    *testing.T
	o    UndoOptions
	g    *Generator
	seed uint64

	looker  *side   // reads the state
	watcher *side   // watches all keys
	tracker *side   // caches all keys
	hears   []*side // those who must hear nothing
	waiters []*side // those of them who wait for keys
}

func newStage(t *testing.T, o UndoOptions, seed uint64) *stage {
	t.Helper()
	still := func() time.Time { return time.UnixMilli(1_700_000_000_000) }
	live, err := newSide(Options{New: func() *engine.Engine { return o.New(still) }, Clock: still})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{side: live, t: t, o: o, seed: seed}
	s.g = newAnyGenerator(seed, live.e.Commands())
	settings := live.e.Settings()
	settings.DebugCommand, settings.Events = "yes", engine.EventKeyspace|engine.EventKeyevent|engine.EventAll|engine.EventKeyMiss|engine.EventNew
	settings.LFULogFactor, settings.TransactionRollback = 0, true
	settings.Policy = pick(s.g.r, engine.EvictAll|engine.EvictLFU, engine.EvictAll|engine.EvictLRU)
	if s.g.r.IntN(2) == 0 {
		makeTiny(settings)
	}
	s.looker, s.watcher = s.client(3), s.client(3)
	s.must(s.looker, "CLIENT", "NO-TOUCH", "ON")
	s.must(s.looker, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
	s.listeners()
	if o.Begin != nil {
		o.Begin(&Actor{s})
	}
	for range 40 {
		s.change(s.g.grow(pick(s.g.r, grown...)))
	}
	return s
}

// listeners are the clients that are told of what happens.
func (s *stage) listeners() {
	subscriber, all := s.client(3), s.client(3)
	s.tracker = s.client(3)
	s.must(subscriber, "PSUBSCRIBE", "*")
	s.must(all, "CLIENT", "TRACKING", "ON", "BCAST")
	s.must(s.tracker, "CLIENT", "TRACKING", "ON")
	s.hears = []*side{subscriber, all, s.tracker}
}

func (s *stage) client(proto int) *side {
	c, err := s.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c.Out.SetProto(proto)
	return &side{o: s.side.o, e: s.e, c: c}
}

// must runs a command that does not fail.
func (s *stage) must(by *side, c ...string) resp.Value {
	s.t.Helper()
	v := by.do(c)
	if v.Kind == resp.KindError {
		s.t.Fatalf("seed %d: %s: %s", s.seed, Command(c), v.Format())
	}
	return v
}

// grown are the groups whose commands make values.
var grown = []engine.Group{
	engine.GroupString, engine.GroupHash, engine.GroupList, engine.GroupSet, engine.GroupSortedSet, engine.GroupHyperLogLog, engine.GroupGeo,
	engine.GroupStream,
}

// change runs commands that stand.
func (s *stage) change(part Part) {
	for _, step := range part {
		if step.Command != nil {
			s.do(step.Command)
		}
	}
}

// round is one unit that fails at each of its commands, and how often that is.
func (s *stage) round(failures map[string]int) int {
	for range s.g.r.IntN(8) {
		s.change(s.g.grow(pick(s.g.r, grown...)))
	}
	s.change(s.g.expiry(engine.GroupGeneric))
	unit := s.unit()
	s.waited += time.Duration(s.g.r.IntN(3)) * 90 * time.Second
	s.e.BeginIteration(s.now())
	s.observe()
	a := &Actor{s}
	before, units, db := s.snapshot(), len(s.journal.units), s.c.DB()
	for n := 1; n <= len(unit); n++ {
		way := pick(s.g.r, s.o.Ways...)
		err := way.Fail(a, unit[:n])
		if err == nil {
			s.e.EndIteration()
			err = s.unnoticed(before, units)
		}
		if now := s.c.DB(); err == nil && now != db {
			err = fmt.Errorf("the client is in database %d, not %d", now, db)
		}
		if err != nil {
			var list strings.Builder
			for _, c := range unit[:n] {
				fmt.Fprintf(&list, "  %s\n", c)
			}
			s.t.Fatalf("seed %d, %s of\n%s%v", s.seed, way.Name, list.String(), err)
		}
		failures[way.Name]++
	}
	for _, w := range s.waiters {
		s.e.Disconnect(w.c)
	}
	s.waiters = nil
	for _, c := range unit {
		a.do(c)
	}
	return len(unit)
}

// unit is the commands of a unit: mostly about few keys.
func (s *stage) unit() []Command {
	g := s.g
	var unit []Command
	group := pick(g.r, g.commands...).Group
	for length := 1 + g.r.IntN(12); len(unit) < length; {
		c := pick(g.r, g.commands...)
		if c.Group != group && g.r.IntN(3) > 0 || c.Flags&engine.Write == 0 && g.r.IntN(4) > 0 {
			continue
		}
		switch g.r.IntN(30) {
		case 0:
			unit = append(unit, Command{pick(g.r, "FLUSHALL", "FLUSHDB")})
		case 1, 2:
			unit = append(unit, s.withPayload(g.restoredCopy(c.Group)[0].Command))
		case 3, 4:
			for _, step := range g.grow(c.Group) {
				unit = append(unit, step.Command)
			}
		case 5:
			unit = append(unit, Command{"PEXPIRE", g.key(group), pick(g.r, "0", "1", "100000")})
		case 6:
			unit = append(unit, Command{"SPOP", g.key(engine.GroupSet), pick(g.r, "1", "2", "10", "100")})
		case 7:
			unit = append(unit, Command{"SELECT", pick(g.r, "0", "1", "2")})
		case 8:
			unit = append(unit, g.long())
		case 9:
			if s.o.Extra != nil {
				unit = append(unit, s.o.Extra(g.r.IntN(1<<20))...)
			}
		default:
			unit = append(unit, g.command(c, false))
		}
	}
	return unit
}

// long is a command about a string of more than 64 kB, which is held in
// another way.
func (g *Generator) long() Command {
	key := g.key(engine.GroupString)
	return pick(g.r, Command{"SETRANGE", key, pick(g.r, "65530", "70000", "100000"), "more"},
		Command{"SETBIT", key, pick(g.r, "524000", "600000"), "1"}, Command{"APPEND", key, strings.Repeat("x", 9000)})
}

// waits are commands that block as long as nobody serves them.
var waits = []Command{
	{"BLPOP", "l0", "l1", "l2", "s0", "z0", "0"}, {"BLMOVE", "l0", "l1", "LEFT", "RIGHT", "0"}, {"BLMPOP", "0", "3", "l2", "e0", "x1", "LEFT"},
	{"BZPOPMIN", "z0", "z1", "l0", "0"}, {"BZMPOP", "0", "2", "z2", "w_1", "MAX"},
	{"XREAD", "BLOCK", "0", "STREAMS", "x0", "x1", "$", "$"}, {"XREADGROUP", "GROUP", "g0", "c0", "BLOCK", "0", "STREAMS", "x0", ">"},
	{"XREADGROUP", "GROUP", "g1", "c0", "BLOCK", "0", "STREAMS", "x1", ">"},
}

// observe has clients wait for keys, watch them and cache them.
func (s *stage) observe() {
	for _, c := range waits {
		w := s.client(2)
		s.e.Execute(w.c, c.argv())
		if !w.c.InputPaused() {
			s.e.Disconnect(w.c) // it got something, or may not wait
			continue
		}
		s.waiters = append(s.waiters, w)
	}
	s.must(s.tracker, append(Command{"EXISTS"}, keyPool...)...)
	s.watch()
	s.e.EndIteration()
	for _, h := range s.hears {
		h.c.Sent(h.c.Out.Len())
	}
}

// watch watches all keys, from now on.
func (s *stage) watch() {
	s.must(s.watcher, "UNWATCH")
	for db := range 3 {
		s.must(s.watcher, "SELECT", fmt.Sprint(db))
		s.must(s.watcher, append(Command{"WATCH"}, keyPool...)...)
	}
}

// unnoticed tells what is left of a unit that was taken back.
func (s *stage) unnoticed(before []string, units int) error {
	if n := len(s.journal.units); n != units {
		return fmt.Errorf("the journal has %d units more", n-units)
	}
	for _, h := range s.hears {
		if h.c.Out.Len() > 0 {
			return fmt.Errorf("a client was told %s", h.reply().Format())
		}
	}
	for _, w := range s.waiters {
		if !w.c.InputPaused() || w.c.Out.Len() > 0 {
			return fmt.Errorf("a client that waited got %q", w.c.Out.Bytes())
		}
	}
	s.must(s.watcher, "MULTI")
	if v := s.watcher.do(Command{"EXEC"}); v.Kind != resp.KindArray {
		return fmt.Errorf("who watched the keys got %s", v.Format())
	}
	s.watch()
	if err := s.e.Check(); err != nil {
		return err
	}
	after := s.snapshot()
	for i := range max(len(before), len(after)) {
		var was, is string
		if i < len(before) {
			was = before[i]
		}
		if i < len(after) {
			is = after[i]
		}
		if was != is {
			return fmt.Errorf("was: %s\n is: %s", was, is)
		}
	}
	return nil
}

// An Actor is who runs units on a stage.
type Actor struct{ s *stage }

// Do runs one command and returns its reply.
func (a *Actor) Do(c ...string) resp.Value { return a.s.do(c) }

// Other runs one command for another client.
func (a *Actor) Other(c ...string) resp.Value { return a.s.looker.do(c) }

// Engine is the engine of the stage.
func (a *Actor) Engine() *engine.Engine { return a.s.e }

// do is Do for a command that waits for nobody.
func (a *Actor) do(c Command) {
	blocks := func(known engine.Command) bool { return known.Name == c.name() && known.Flags&engine.Blocking != 0 }
	if !slices.ContainsFunc(a.s.g.commands, blocks) {
		a.Do(c...)
	}
}

// IntN is a random number in [0, n).
func (a *Actor) IntN(n int) int { return a.s.g.r.IntN(n) }

// InExec fails a transaction behind its last command.
func InExec(a *Actor, commands []Command) error {
	a.Do("MULTI")
	for _, c := range commands {
		if v := a.Do(c...); v.Kind == resp.KindError {
			// It is refused before it runs, so the transaction does without it.
			a.Do("DISCARD")
			i := slices.IndexFunc(commands, func(other Command) bool { return slices.Equal(other, c) })
			return InExec(a, slices.Concat(commands[:i], commands[i+1:]))
		}
	}
	a.Do("EXPIRE", "key", "no number")
	if v := a.Do("EXEC"); !strings.HasPrefix(v.String(), "EXECABORT Transaction undone") {
		return fmt.Errorf("EXEC replied %s", v.Format())
	}
	return nil
}

// InSavepoints runs commands between savepoints of which some are released and
// some rolled back, the outermost among these.
func InSavepoints(a *Actor, commands []Command) error {
	e, db := a.Engine(), a.s.c.DB()
	e.InUnit(func() {
		points := []engine.Savepoint{e.Savepoint()}
		leave := func(end func(engine.Savepoint)) {
			end(points[len(points)-1])
			points = points[:len(points)-1]
		}
		for _, c := range commands {
			switch a.IntN(6) {
			case 0, 1:
				points = append(points, e.Savepoint())
			case 2:
				if len(points) > 1 {
					leave(e.Release)
				}
			case 3:
				if len(points) > 1 {
					leave(e.Rollback)
				}
			}
			a.do(c)
		}
		for len(points) > 1 {
			leave(e.Release)
		}
		leave(e.Rollback)
	})
	a.s.c.Select(db)
	return nil
}
