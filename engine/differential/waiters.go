package differential

import (
	"fmt"
	"slices"
	"strings"

	"perigee/engine"
	"perigee/engine/resp"
)

// waiterMark stands for the identifier of a client that waits, which differs
// between the two sides; its number follows.
const waiterMark = "\x00waiter"

// waiters lets one or two further clients wait for keys while others work on
// them, and ends their wait.
func (g *Generator) waiters(group engine.Group) Part {
	var part Part
	blocking := slices.DeleteFunc(slices.Clone(g.commands), func(c engine.Command) bool { return c.Flags&engine.Blocking == 0 })
	if len(blocking) == 0 {
		return nil
	}
	count := 1 + g.r.IntN(2)
	for n := range count {
		c := pick(g.r, blocking...)
		group = c.Group
		args := g.patient(c)
		part = append(append(part, consumersOf(args)...), Step{Waiter: n + 1, Command: args})
	}
	for range g.r.IntN(12) {
		c := pick(g.r, g.commands...)
		switch {
		case c.Flags&engine.Blocking != 0 || c.Group != group && g.r.IntN(4) > 0:
		case g.r.IntN(10) == 0:
			part = append(part, g.undone()...)
		case g.r.IntN(5) == 0:
			part = append(part, Step{Command: Command{"MULTI"}})
			part = append(part, g.single(c, false)...)
			part = append(part, g.grow(group)...)
			part = append(part, Step{Command: Command{"EXEC"}})
		case g.r.IntN(3) == 0:
			part = append(part, g.grow(group)...)
		default:
			part = append(part, g.single(c, true)...)
		}
	}
	return append(part, Step{Unblock: count})
}

// patient is a blocking command that does not give up.
func (g *Generator) patient(c engine.Command) Command {
	if c.Group == engine.GroupStream {
		return g.patientRead(c.Name)
	}
	args := g.command(c, false)
	at := len(args) - 1
	if strings.HasSuffix(c.Name, "mpop") {
		at = 1
	}
	args[at] = pick(g.r, "0", "0", "1000", "1000.5", "x")
	return args
}

// waiter returns the client of that number, on the engine's side.
func (s *side) waiter(n int) *side {
	for len(s.waiters) < n {
		c, err := s.e.Connect(engine.Peer{Unix: true}, nil)
		if err != nil {
			panic(err) // the engine has a handful of clients
		}
		c.Out.SetProto(max(s.o.Proto, 2))
		s.waiters = append(s.waiters, &side{o: s.o, e: s.e, c: c})
	}
	return s.waiters[n-1]
}

// begin has a waiter send its command in the database that is selected.
func (s *side) begin(n int, c Command) {
	w := s.waiter(n)
	w.c.Select(s.c.DB())
	w.e.Execute(w.c, c.argv())
}

// unblock ends the waits of all waiters that have begun one, and returns
// the replies: whether each still waited, and what it got.
func (r *runner) unblock(live *side, begun map[int]Command) []answer {
	var answers []answer
	for n := 1; n <= len(live.waiters); n++ {
		c := begun[n]
		if c == nil {
			continue
		}
		delete(begun, n)
		unblock := Command{"CLIENT", "UNBLOCK", waiterMark + fmt.Sprint(n)}
		a := live.answer(unblock, live.do(Command{"CLIENT", "UNBLOCK", fmt.Sprint(live.waiter(n).c.ID)}))
		a.begun = c
		got := live.answer(c, live.waiter(n).reply())
		got.waiter, got.ends = n, true
		answers = append(answers, a, got)
	}
	return answers
}

// refWaiter returns the connection of that number to the reference, and its
// identifier.
func (r *runner) refWaiter(n int) (*resp.Conn, string) {
	for len(r.waiters) < n {
		conn := connect(r.t, r.addr, r.o.Proto)
		id, err := conn.Do("CLIENT", "ID")
		if err != nil {
			r.t.Fatal(err)
		}
		r.waiters, r.waiterIDs = append(r.waiters, conn), append(r.waiterIDs, id.String())
	}
	return r.waiters[n-1], r.waiterIDs[n-1]
}

// beginOnRef has the reference's waiter send its command. The reply to the PING
// before it comes when the command has run: both are read at once.
func (r *runner) beginOnRef(n int, db string, c Command) {
	conn, _ := r.refWaiter(n)
	conn.Send("SELECT", db)
	conn.Send("PING")
	conn.Send(c...)
	for range 2 {
		if _, err := conn.Receive(); err != nil {
			r.t.Fatal(err)
		}
	}
}
