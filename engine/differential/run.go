package differential

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// Options are what Run needs to know.
type Options struct {
	// Ops is about how many commands are run.
	Ops int
	// Seed makes the run repeatable; 0 takes one from the clock.
	Seed uint64
	// Only restricts the commands.
	Only []string
	// Proto is the protocol that both sides speak, 2 or 3.
	Proto int
	// New makes an empty engine; nil makes one with the default settings.
	New func() *engine.Engine
	// Tiny makes collections take their large encodings early, on both sides.
	Tiny bool
	// Wrap, if set, puts a command into another one, for both sides.
	Wrap func(Command) Command
	// Events, if set, are the letters of notify-keyspace-events: the events of
	// each command are compared as well.
	Events string
	// Clock is the time that sides begin with; nil takes the system's.
	Clock func() time.Time
	// Keep, if set, tells which commands are generated.
	Keep func(engine.Command) bool
}

// episodeLength is long enough for values to grow and short enough for a
// difference to be found near its cause.
const episodeLength = 200

// exchangeEvery is after how many operations both sides dump and restore the
// values of the other one. Their states are compared after every episode.
const exchangeEvery = 2000

// Run compares the engine with redis-server, which it starts; where there is
// none the test is skipped.
func Run(t *testing.T, o Options) {
	t.Helper()
	if o.New == nil {
		o.New = func() *engine.Engine { return newEngine(o.Tiny) }
	}
	if o.Seed == 0 {
		o.Seed = uint64(time.Now().UnixNano())
	}
	t.Logf("run again with -seed %d -ops %d", o.Seed, o.Ops)
	addr := transcript.StartReference(t).Addr()
	r := &runner{t: t, o: o, addr: addr, ref: connect(t, addr, o.Proto), known: map[string]int{}}
	commands := o.New().Commands()
	if o.Keep != nil {
		commands = slices.DeleteFunc(commands, func(c engine.Command) bool { return !o.Keep(c) })
	}
	if o.Tiny {
		r.makeTiny()
	}
	if o.Events != "" {
		r.listen()
	}
	g := NewGenerator(o.Seed, commands, o.Only)
	g.expireFirst = o.Events != ""
	exchanged := 0
	for r.ops < o.Ops {
		ep := g.Episode(episodeLength)
		if o.Events == "" && (exchanged == 0 || r.ops-exchanged >= exchangeEvery) {
			exchanged = r.ops + 1
			ep = append(ep, Part{{Exchange: true}})
		}
		r.ops += len(ep.steps())
		if diff := r.run(ep); diff != "" {
			known := maps.Clone(r.known)
			ep = shrink(ep, func(ep Episode) bool { return r.run(ep) != "" })
			r.known = known
			t.Fatalf("seed %d, operation %d: %s\nshrunk: %s\nepisode:\n%s", o.Seed, r.ops, diff, r.run(ep), ep)
		}
	}
	t.Logf("%d operations, %d restarts, %d times rolled back, %d times all values exchanged", r.ops, r.restarts, r.undone, r.exchanges)
	for _, why := range slices.Sorted(maps.Keys(r.known)) {
		t.Logf("known difference met %d times: %s", r.known[why], why)
	}
}

func newEngine(tiny bool) *engine.Engine {
	s := engine.DefaultSettings()
	if tiny {
		makeTiny(&s)
	}
	return engine.New(engine.Options{Settings: &s})
}

// makeTiny sets thresholds that small collections reach.
func makeTiny(s *engine.Settings) {
	s.HashMaxListpackEntries, s.HashMaxListpackValue, s.ZSetMaxListpackEntries, s.ZSetMaxListpackValue = 3, 8, 3, 8
	s.SetMaxIntsetEntries, s.SetMaxListpackEntries, s.SetMaxListpackValue, s.ListMaxListpackSize, s.StreamNodeMaxEntries = 3, 3, 8, 3, 3
}

// makeTiny tells the reference what newEngine tells the engine; it does not
// know a set's listpack.
func (r *runner) makeTiny() {
	v, err := r.ref.Do("CONFIG", "SET", "hash-max-listpack-entries", "3", "hash-max-listpack-value", "8", "zset-max-listpack-entries", "3",
		"zset-max-listpack-value", "8", "set-max-intset-entries", "3", "list-max-listpack-size", "3", "stream-node-max-entries", "3")
	if err != nil || v.Err() != nil {
		r.t.Fatal(err, v.Err())
	}
}

func connect(t *testing.T, addr string, proto int) *resp.Conn {
	conn, err := resp.Dial(context.Background(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.Timeout = 60 * time.Second
	if _, err := conn.Do("HELLO", fmt.Sprint(max(proto, 2))); err != nil {
		t.Fatal(err)
	}
	return conn
}

// runner runs episodes on both sides.
type runner struct {
	t     *testing.T
	o     Options
	addr  string
	ref   *resp.Conn
	known map[string]int

	waiters   []*resp.Conn
	waiterIDs []string
	refEvents *resp.Conn // subscribes to the reference's events, if they are compared
	inMulti   bool       // between MULTI and EXEC of the usual client

	ops, restarts, undone, exchanges int
}

// answer is the replies of both sides to one command.
type answer struct {
	command   Command
	got, want resp.Value
	// restarted says that the engine has restarted since the episode began;
	// tiny, that thresholds are.
	restarted, tiny bool
	// waiter is who sent the command, 0 being the usual client; ends says that
	// this is the reply, not the beginning.
	waiter int
	ends   bool
	// begun is the command of the waiter whose wait this one ends.
	begun Command
	db    int
	// trimmed says that a stream was trimmed by ID since the episode began.
	trimmed bool
	// grown says that a BITFIELD may have grown a value since then that it
	// did not change otherwise.
	grown bool
	// queued says that a transaction had not ended after the command, so that
	// its events come later.
	queued             bool
	events, wantEvents []string
}

func (a answer) String() string {
	return fmt.Sprintf(" got: %s\nwant: %s", a.got.Format(), a.want.Format())
}

// run returns the first difference of an episode, or nothing.
func (r *runner) run(ep Episode) string {
	live, err := newSide(r.o)
	if err != nil {
		r.t.Fatal(err)
	}
	var answers []answer
	begun := map[int]Command{}
	told := 0 // answers that have their events
	for _, s := range ep.steps() {
		told = r.takeEvents(live, answers, told)
		switch {
		case s.Waiter > 0:
			begun[s.Waiter] = s.Command
			live.begin(s.Waiter, s.Command)
			answers = append(answers, answer{command: s.Command, waiter: s.Waiter, db: live.c.DB()})
		case s.Unblock > 0:
			answers = append(answers, r.unblock(live, begun)...)
		case s.Exchange:
		case s.Wait:
			live.wait()
			answers = append(answers, answer{command: moment, got: resp.Value{Kind: resp.KindStatus, Str: []byte("OK")}})
		case s.Restart:
			r.restarts++
			err = live.restart()
		case s.Reload:
			err = live.reload()
		case s.Undone != nil:
			r.undone++
			err = live.rollBack(r.wrapAll(s.Undone))
		default:
			answers = append(answers, live.answer(s.Command, live.do(r.wrap(s.Command))))
		}
		if err != nil {
			return fmt.Sprintf("%s\n%s", s, err)
		}
	}
	told = r.takeEvents(live, answers, told)
	answers = append(answers, r.unblock(live, begun)...)
	if err := live.e.Check(); err != nil {
		return err.Error()
	}
	for _, c := range live.stateCommands(false) {
		told = r.takeEvents(live, answers, told)
		answers = append(answers, live.answer(c, live.do(c)))
	}
	r.takeEvents(live, answers, told)
	r.ask(answers)
	if r.refEvents != nil {
		r.readRefEvents(answers)
	}
	diff := r.compare(answers)
	if diff != "" && diff != diverged {
		return diff
	}
	if ep.exchanges() && diff != diverged {
		r.exchanges++
		if diff := r.exchange(live); diff != "" {
			return "exchanged: " + diff
		}
	}
	if err := live.restart(); err != nil {
		return "after the episode: " + err.Error()
	}
	return ""
}

// moment lets a moment pass on the reference, longer than the millisecond that
// short deadlines take.
var moment = Command{"DEBUG", "SLEEP", "0.002"}

func (r *runner) wrap(c Command) Command {
	if r.o.Wrap == nil || c[0] == moment[0] || c[0] == "CLIENT" || c.hasMark() {
		return c
	}
	return r.o.Wrap(c)
}

func (r *runner) wrapAll(commands []Command) []Command {
	var all []Command
	for _, c := range commands {
		all = append(all, r.wrap(c))
	}
	return all
}

// ask has the reference answer the same commands.
func (r *runner) ask(answers []answer) {
	first := []Command{{"UNWATCH"}, {"FLUSHALL"}, {"SELECT", "0"}}
	for _, c := range first {
		r.ref.Send(c...)
	}
	for range first {
		r.receive()
	}
	var sent []*answer
	receive := func() {
		for _, a := range sent {
			a.want = r.receive()
		}
		sent = sent[:0]
	}
	for i := range answers {
		a := &answers[i]
		switch {
		case a.ends:
			receive()
			a.want = r.receiveFrom(r.waiters[a.waiter-1])
		case a.waiter > 0:
			receive()
			r.beginOnRef(a.waiter, fmt.Sprint(a.db), a.command)
		default:
			sent = append(sent, a)
			r.ref.Send(r.forRef(a.command)...)
		}
		if r.refEvents != nil && a.marks() {
			sent = append(sent, &answer{})
			r.ref.Send("PUBLISH", markChannel, "")
		}
	}
	receive()
}

// forRef is a command as the reference gets it.
func (r *runner) forRef(c Command) Command {
	if n, ok := strings.CutPrefix(c[len(c)-1], waiterMark); ok {
		_, id := r.refWaiter(int(n[0] - '0'))
		return Command{"CLIENT", "UNBLOCK", id}
	}
	return refWithPayload(r.wrap(c))
}

func (r *runner) receive() resp.Value { return r.receiveFrom(r.ref) }

func (r *runner) receiveFrom(conn *resp.Conn) resp.Value {
	v, err := conn.Receive()
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// compare returns the first difference, diverged if that is known. Replies to queued commands come with
// EXEC's.
func (r *runner) compare(answers []answer) string {
	var queued []Command
	var before answer
	comparable := true // the events are
	trimmed, grown := false, false
	for i, a := range answers {
		trimmed, grown = trimmed || a.command.has("MINID"), grown || a.command.has("FAIL")
		a.trimmed, a.grown = trimmed, grown
		if a.waiter > 0 && !a.ends {
			comparable = comparable && !readsLast(a.command)
			continue
		}
		if a.command.name() == "exec" && len(a.got.Elems) == len(queued) && len(a.want.Elems) == len(queued) && a.got.Kind == a.want.Kind {
			for n, c := range queued {
				part := a
				part.command, part.got, part.want = c, a.got.Elems[n], a.want.Elems[n]
				if diff := r.difference(part, before); diff == diverged {
					return diff
				} else if diff != "" {
					return fmt.Sprintf("step %d: %s in %s\n%s", i+1, c, a.command, diff)
				}
				before = part
			}
		} else if diff := r.difference(a, before); diff == diverged {
			return diff
		} else if diff != "" {
			return fmt.Sprintf("step %d: %s\n%s", i+1, a.command, diff)
		}
		// Where one side alone fails, which is known, they have not met the
		// same keys.
		comparable = comparable && (a.got.Kind == resp.KindError) == (a.want.Kind == resp.KindError)
		if diff := a.differentEvents(); diff != "" && comparable {
			if comparable = false; !a.meetsAtWill(queued) {
				return fmt.Sprintf("step %d: %s\n%s", i+1, a.command, diff)
			}
		}
		if string(a.got.Str) == "QUEUED" {
			queued = append(queued, a.command)
		} else {
			queued = nil
		}
		before = a
	}
	return ""
}
