package differential

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// side is the engine's side of an episode: an engine, its journal and its one
// client.
type side struct {
	o       Options
	e       *engine.Engine
	c       *engine.Client
	journal journal

	waiters []*side
	waited  time.Duration

	subscriber *side // to keyspace events, if they are compared

	restarted bool
	remade    bool // a stream was restored or copied, so that its blocks may be others when it is rebuilt
}

// journal keeps units in memory.
type journal struct{ units [][]byte }

func (j *journal) Append(u []byte) uint64 {
	j.units = append(j.units, bytes.Clone(u))
	return uint64(len(j.units))
}
func (j *journal) Flush()           {}
func (j *journal) Released() uint64 { return uint64(len(j.units)) }
func (j *journal) Synced() uint64   { return uint64(len(j.units)) }
func (j *journal) SyncSoon()        {}
func (j *journal) Compact()         {}
func (j *journal) Room() error      { return nil }

func newSide(o Options) (*side, error) {
	s := &side{o: o}
	return s, s.recover()
}

// recover makes the engine from what the journal holds.
func (s *side) recover() error {
	s.e = s.o.New()
	l := s.e.NewLoader()
	for _, u := range s.journal.units {
		if err := l.Unit(u); err != nil {
			return fmt.Errorf("replay: %w", err)
		}
	}
	if err := l.Close(); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	s.e.UseJournal(&s.journal, uint64(len(s.journal.units)))
	c, err := s.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		return err
	}
	c.Out.SetProto(max(s.o.Proto, 2))
	s.c = c
	if s.o.Events != "" { // before the first iteration, which may be late enough for keys to expire in
		if err := s.listen(); err != nil {
			return err
		}
	}
	s.e.BeginIteration(s.now())
	return nil
}

func (s *side) now() time.Time {
	if s.o.Clock != nil {
		return s.o.Clock().Add(s.waited)
	}
	return time.Now().Add(s.waited)
}

// wait lets a moment pass, without taking it.
func (s *side) wait() {
	s.waited += 5 * time.Millisecond
	s.e.BeginIteration(s.now())
}

// do runs one command and returns its reply.
func (s *side) do(c Command) resp.Value {
	s.remade = s.remade || c.has("RESTORE") || c.has("COPY")
	c = s.withPayload(c)
	s.e.Execute(s.c, c.argv())
	return s.reply()
}

// reply takes the reply that is there.
func (s *side) reply() resp.Value {
	r := resp.NewReader(bytes.NewReader(bytes.Clone(s.c.Out.Bytes())))
	s.c.Sent(s.c.Out.Len())
	v, err := r.Read()
	if err != nil {
		return resp.Value{Kind: resp.KindError, Str: []byte("no reply: " + err.Error())}
	}
	return v
}

func (s *side) answer(c Command, got resp.Value) answer {
	return answer{command: c, got: got, restarted: s.restarted, tiny: s.o.Tiny}
}

// restart replaces the engine by what its journal rebuilds, which must have
// the same state.
func (s *side) restart() error {
	s.restarted, s.waiters = true, nil
	before := s.state()
	if err := s.recover(); err != nil {
		return err
	}
	return s.rebuilt("rebuilt from the journal", before)
}

// reload builds the engine's data anew under its clients, which must leave the
// state as it was.
func (s *side) reload() error {
	s.restarted, s.remade = true, true
	s.e.Settings().DebugCommand = "yes"
	before := s.state()
	if v := s.query(0, "DEBUG", "RELOAD"); v.Err() != nil {
		return v.Err()
	}
	if err := s.e.Check(); err != nil {
		return err
	}
	return s.rebuilt("reloaded", before)
}

// rollBack runs commands and takes them back, which must leave the state and
// the journal as they were.
func (s *side) rollBack(commands []Command) error {
	before, db, units := s.state(), s.c.DB(), len(s.journal.units)
	s.e.InUnit(func() {
		p := s.e.Savepoint()
		for _, c := range commands {
			s.do(c)
		}
		s.e.Rollback(p)
	})
	s.c.Select(db)
	if len(s.journal.units) != units {
		return errors.New("the journal has a unit that was rolled back")
	}
	if diff := before.differ(s.state()); diff != "" {
		return errors.New("rolled back:\n" + diff)
	}
	return nil
}

// state is what commands tell of all databases.
type state []answer

// readers are the commands that read a value whole.
var readers = map[string]Command{
	"string": {"GET"}, "list": {"LRANGE", "", "0", "-1"}, "set": {"SMEMBERS"}, "hash": {"HGETALL"},
	"zset": {"ZRANGE", "", "0", "-1", "WITHSCORES"}, "stream": {"XRANGE", "", "-", "+"},
}

// stateCommands are commands that read the whole state; exact asks for
// deadlines as they are, which two servers do not share to the millisecond.
func (s *side) stateCommands(exact bool) []Command {
	commands := []Command{{"DISCARD"}, {"UNWATCH"}}
	for db := range 4 {
		at := fmt.Sprint(db)
		commands = append(commands, Command{"SELECT", at}, Command{"KEYS", "*"}, Command{"DBSIZE"})
		for _, k := range s.keys(db) {
			kind := s.look(db, "TYPE", k).String()
			reader := slices.Clone(readers[kind])
			if reader == nil {
				continue
			}
			reader = slices.Insert(reader, 1, k)
			if len(reader) > 2 {
				reader = slices.Delete(reader, 2, 3)
			}
			commands = append(commands, Command{"TYPE", k}, reader)
			if kind == "stream" {
				commands = append(commands, Command{"XINFO", "STREAM", k, "FULL", "COUNT", "0"})
			}
			if exact {
				commands = append(commands, Command{"PEXPIRETIME", k})
			} else {
				commands = append(commands, Command{"OBJECT", "ENCODING", k}, Command{"TTL", k})
			}
		}
	}
	return commands
}

// query asks about a database without leaving the one selected.
func (s *side) query(db int, args ...string) resp.Value {
	c, err := s.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		return resp.Value{Kind: resp.KindError, Str: []byte(err.Error())}
	}
	c.Select(db)
	c.Out.SetProto(max(s.o.Proto, 2))
	other := side{o: s.o, e: s.e, c: c}
	events := s.e.Settings().Events
	s.e.Settings().Events = 0
	v := other.do(args)
	s.e.Settings().Events = events
	s.e.Disconnect(c)
	return v
}

// look is query for a command that reads: it leaves what has expired for a
// command of the episode to meet, whose event that is.
func (s *side) look(db int, args ...string) resp.Value {
	s.query(db, "CLIENT", "PAUSE", "1000000", "WRITE")
	defer s.query(db, "CLIENT", "UNPAUSE")
	return s.query(db, args...)
}

func (s *side) keys(db int) []string {
	var keys []string
	for _, k := range s.look(db, "KEYS", "*").Elems {
		keys = append(keys, string(k.Str))
	}
	slices.Sort(keys)
	return keys
}

// state reads the whole state; sets and hashes have no order.
func (s *side) state() state {
	var all state
	db := 0
	for _, c := range s.stateCommands(true)[2:] {
		if c.name() == "select" {
			fmt.Sscan(c[1], &db)
		}
		if c.name() == "select" || c.name() == "dbsize" { // which counts what has expired
			continue
		}
		v := s.look(db, c...)
		transcript.Sort(c.argv(), &v)
		if c.name() == "zrange" {
			v = withoutSignOfZero(v)
		}
		all = append(all, answer{command: append(Command{fmt.Sprintf("[%d]", db)}, c...), got: v})
	}
	return all
}

// rebuilt is an error if the state, which was rebuilt, is not as before, but
// for how many blocks streams are divided into that were made from others.
func (s *side) rebuilt(how string, before state) error {
	after := s.state()
	if s.remade {
		before, after = before.withoutBlocks(), after.withoutBlocks()
	}
	if diff := before.differ(after); diff != "" {
		return errors.New(how + ":\n" + diff)
	}
	return nil
}

func (st state) withoutBlocks() state {
	st = slices.Clone(st)
	for i, a := range st {
		if a.command.has("XINFO") {
			st[i].got = withoutFields(a.got, "radix-tree-keys", "radix-tree-nodes")
		}
	}
	return st
}

// withoutSignOfZero makes scores of -0 to 0: only a large sorted set tells
// them apart, and rebuilding may make a small one of it.
func withoutSignOfZero(v resp.Value) resp.Value {
	if string(v.Str) == "-0" {
		v.Str = []byte("0")
	}
	v.Elems = slices.Clone(v.Elems)
	for i := range v.Elems {
		v.Elems[i] = withoutSignOfZero(v.Elems[i])
	}
	return v
}

// differ returns the differences between two states, or nothing.
func (st state) differ(other state) string {
	var b strings.Builder
	for i := range max(len(st), len(other)) {
		var was, is string
		if i < len(st) {
			was = st[i].command.String() + " " + st[i].got.Raw()
		}
		if i < len(other) {
			is = other[i].command.String() + " " + other[i].got.Raw()
		}
		if was != is {
			fmt.Fprintf(&b, "was: %s\n is: %s\n", was, is)
			if b.Len() > 2000 {
				break
			}
		}
	}
	return b.String()
}

// Texts runs one command for a new client of e and returns the texts of its
// reply in their order, however they are nested.
func Texts(t interface{ Fatal(args ...any) }, e *engine.Engine, c Command) []string {
	client, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Disconnect(client)
	s := side{e: e, c: client}
	return texts(nil, s.do(c))
}

func texts(all []string, v resp.Value) []string {
	if v.Elems == nil {
		return append(all, v.String())
	}
	for _, e := range v.Elems {
		all = texts(all, e)
	}
	return all
}
