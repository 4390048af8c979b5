package differential

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"perigee/engine"
)

// Generator makes episodes from the arguments that commands declare.
type Generator struct {
	r          *rand.Rand
	commands   []engine.Command
	db         int  // the database selected
	streamMs   int  // the highest that streams of the episode go to
	anyVersion bool // what the reference does not know is generated too
	// expireFirst removes keys that have expired before a command that may
	// meet any of them.
	expireFirst bool
}

// NewGenerator makes a generator of the commands that can be compared, or of
// just those named in only.
func NewGenerator(seed uint64, commands []engine.Command, only []string) *Generator {
	g := &Generator{r: rand.New(rand.NewPCG(seed, 1))}
	for _, c := range commands {
		if len(only) > 0 && !slices.Contains(only, c.Name) || c.Run == nil && c.RunClient == nil || c.Module != "" || newer(c.Since) {
			continue
		}
		if len(only) == 0 && isNotGenerated(c.Name) {
			continue
		}
		g.commands = append(g.commands, c)
	}
	return g
}

// newAnyGenerator makes a generator of all commands about data, those that the
// reference does not know included.
func newAnyGenerator(seed uint64, commands []engine.Command) *Generator {
	g := &Generator{r: rand.New(rand.NewPCG(seed, 1)), anyVersion: true, streamMs: 1}
	for _, c := range commands {
		if (c.Run != nil || c.RunClient != nil) && c.Group != engine.GroupModule && (choosesAtRandom(c.Name) || !isNotGenerated(c.Name)) {
			g.commands = append(g.commands, c)
		}
	}
	return g
}

func isNotGenerated(name string) bool {
	container, _, _ := strings.Cut(name, "|")
	return notGenerated[name] || notGenerated[container]
}

// leftOut tells whether what came with a version is not to be generated.
func (g *Generator) leftOut(since string) bool { return !g.anyVersion && newer(since) }

// newer tells whether a version is beyond the reference's 7.0.
func newer(since string) bool {
	return strings.HasPrefix(since, "perigee") || since >= "7.1" && since < "9" || strings.HasPrefix(since, "10.")
}

// notGenerated are commands about something else than data, and those that
// the generator puts into parts of their own.
var notGenerated = map[string]bool{
	"acl": true, "auth": true, "bgrewriteaof": true, "bgsave": true, "client": true, "cluster": true, "command": true, "config": true,
	"debug": true, "discard": true, "dump": true, "eval": true, "eval_ro": true, "evalsha": true, "evalsha_ro": true, "exec": true, "failover": true,
	"fcall": true, "fcall_ro": true, "flushall": true, "flushdb": true, "function": true, "hello": true, "hscan": true, "info": true,
	"lastsave": true, "latency": true, "lolwut": true, "memory": true, "migrate": true, "module": true, "monitor": true, "multi": true,
	"object|freq": true, "object|help": true, "object|idletime": true, "object|refcount": true, "psubscribe": true, "pubsub": true,
	"punsubscribe": true, "quit": true, "readonly": true, "readwrite": true, "replicaof": true, "reset": true, "restore": true, "restore-asking": true, "role": true, "save": true,
	"scan": true, "script": true, "select": true, "shutdown": true, "slaveof": true, "slowlog": true, "spublish": true, "sscan": true,
	"ssubscribe": true, "subscribe": true, "sunsubscribe": true, "sync": true, "psync": true, "pfselftest": true, "time": true,
	"unsubscribe": true, "unwatch": true, "xgroup|help": true, "xinfo|help": true, "wait": true, "waitaof": true, "watch": true, "zscan": true,
	"hrandfield": true, "randomkey": true, "spop": true, "srandmember": true, "zrandmember": true,
}

// Episode makes the next episode, of about length commands.
func (g *Generator) Episode(length int) Episode {
	var ep Episode
	g.db, g.streamMs = 0, 1
	if g.r.IntN(2) == 0 {
		for range 15 {
			ep = append(ep, g.grow(engine.GroupGeneric))
		}
	}
	focus := g.r.IntN(3) // some episodes dwell on one group, so that values grow
	group := g.commands[g.r.IntN(len(g.commands))].Group
	for n := 0; n < length; {
		c := g.commands[g.r.IntN(len(g.commands))]
		if focus > 0 && c.Group != group && g.r.IntN(8) > 0 {
			continue
		}
		part := g.rare(group)
		if part == nil {
			part = g.part(c)
		}
		n += len(part)
		ep = append(ep, part)
	}
	return ep
}

// part is one command, alone or in a transaction.
func (g *Generator) part(c engine.Command) Part {
	if c.Flags&engine.Blocking == 0 && g.r.IntN(30) > 0 {
		return g.single(c, true)
	}
	part := append(Part{{Command: Command{"MULTI"}}}, g.single(c, false)...)
	for g.r.IntN(3) == 0 {
		part = append(part, g.single(pick(g.r, g.commands...), false)...)
	}
	return append(part, Step{Command: Command{pick(g.r, "EXEC", "EXEC", "EXEC", "EXEC", "DISCARD")}})
}

// single is one command. A range of names is defined for sorted sets whose
// scores are all equal, so that before such a command they are made so.
func (g *Generator) single(c engine.Command, mutate bool) Part {
	args := g.command(c, mutate)
	if sortsByText(args) {
		// What is stored would come in an order that is not defined.
		args = slices.DeleteFunc(args, func(a string) bool { return strings.EqualFold(a, "store") })
	}
	part := Part{{Command: args}}
	lexical := strings.Contains(args[0], "lex") || Command(args).has("BYLEX")
	key := 1
	if args[0] == "zrangestore" {
		key = 2
	}
	if args[0] == "dbsize" {
		// KEYS meets those that have expired, which DBSIZE counts.
		return Part{{Command: Command{"KEYS", "*"}}, {Command: args}}
	}
	part = append(consumersOf(args), part...)
	if lexical && len(args) > key {
		part = Part{{Command: Command{"ZUNIONSTORE", args[key], "1", args[key], "WEIGHTS", "0"}}, {Command: args}}
	}
	return part
}

// rare is, now and then, something that is not a single command from the
// table.
func (g *Generator) rare(group engine.Group) Part {
	if g.r.IntN(6) == 0 {
		return g.grow(group)
	}
	switch g.r.IntN(200) {
	case 0:
		g.db = g.r.IntN(3)
		return Part{{Command: Command{"SELECT", fmt.Sprint(g.db)}}}
	case 1:
		if g.r.IntN(3) == 0 {
			return Part{{Command: Command{pick(g.r, "FLUSHALL", "FLUSHDB")}}}
		}
	case 2:
		return Part{{Command: Command{"WATCH", g.key(group)}}}
	case 3, 4, 5, 6, 7:
		return g.random(group)
	case 8, 9:
		return g.scan(group)
	case 10, 11:
		return g.expiry(group)
	case 12:
		return g.restart()
	case 24:
		return Part{{Reload: true}}
	case 20, 21, 22, 23:
		return g.restoredCopy(group)
	case 17, 18, 19:
		return g.waiters(group)
	case 13, 14, 15, 16:
		return g.undone()
	}
	return nil
}

// restart rebuilds the engine from its journal. What belongs to the
// connection is made equal on both sides.
func (g *Generator) restart() Part {
	return Part{{Command: Command{"UNWATCH"}}, {Restart: true}, {Command: Command{"SELECT", fmt.Sprint(g.db)}}}
}

// expiry is keys whose deadlines pass at once, for others to meet.
func (g *Generator) expiry(group engine.Group) Part {
	var part Part
	done := map[string]bool{} // a key may be gone before the moment begins
	for range 1 + g.r.IntN(4) {
		key := g.key(group)
		if done[key] {
			continue
		}
		done[key] = true
		part = append(part, Step{Command: pick(g.r, Command{"PEXPIRE", key, "1"}, Command{"SET", key, g.word(), "PX", "1"},
			Command{"PSETEX", key, "1", g.word()}, Command{"GETEX", key, "PX", "1"})})
	}
	return append(part, Step{Wait: true})
}

// undone is commands that are taken back.
func (g *Generator) undone() Part {
	var undone []Command
	for range 1 + g.r.IntN(12) {
		c := g.commands[g.r.IntN(len(g.commands))]
		switch {
		case c.Flags&engine.Blocking != 0 || c.Flags&engine.Write == 0:
		case g.r.IntN(40) == 0:
			undone = append(undone, Command{pick(g.r, "FLUSHALL", "FLUSHDB")})
		case g.r.IntN(20) == 0:
			undone = append(undone, g.restoredCopy(c.Group)[0].Command)
		default:
			undone = append(undone, g.command(c, true))
		}
	}
	if undone == nil {
		return nil
	}
	return Part{{Undone: undone}}
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// command makes a command with arguments as declared; mutate lets some have
// one too many or too few, or a wrong one.
func (g *Generator) command(c engine.Command, mutate bool) Command {
	args := strings.Split(c.Name, "|")
	named := len(args)
	for _, a := range c.Args {
		args = g.arg(args, c.Group, a)
	}
	g.fillNumKeys(args)
	g.fillStreamID(args)
	args = g.settle(args)
	if !mutate {
		return args
	}
	switch g.r.IntN(60) {
	case 0:
		if !slices.ContainsFunc(c.Args, func(a engine.Arg) bool { return g.leftOut(a.Since) }) {
			args = append(args, g.word())
		}
	case 1:
		if len(args) > named {
			args = args[:len(args)-1]
		}
	case 2:
		// A wrong word must not become a short time to live.
		if len(args) > named && !slices.ContainsFunc(c.Args, isTime) {
			args[named+g.r.IntN(len(args)-named)] = g.word()
		}
	}
	return args
}

func isTime(a engine.Arg) bool {
	return a.Type == engine.ArgUnixTime || strings.Contains(a.Name, "seconds") || slices.ContainsFunc(a.Args, isTime)
}

func (g *Generator) arg(args []string, group engine.Group, a engine.Arg) []string {
	if g.leftOut(a.Since) || a.Optional && g.r.IntN(2) == 0 {
		return args
	}
	n := 1
	if a.Multiple {
		n += g.r.IntN(4)
		if g.r.IntN(40) == 0 {
			n += g.r.IntN(150)
		}
	}
	for i := range n {
		if a.Token != "" && a.Type != engine.ArgToken && (i == 0 || a.MultipleToken) {
			args = append(args, a.Token)
		}
		args = g.value(args, group, a)
	}
	return args
}

func (g *Generator) value(args []string, group engine.Group, a engine.Arg) []string {
	switch a.Type {
	case engine.ArgKey:
		return append(args, g.key(group))
	case engine.ArgToken:
		return append(args, a.Token)
	case engine.ArgOneOf:
		choices := slices.DeleteFunc(slices.Clone(a.Args), func(a engine.Arg) bool { return g.leftOut(a.Since) })
		if len(choices) == 0 {
			return args
		}
		choice := pick(g.r, choices...)
		choice.Optional = false
		return g.arg(args, group, choice)
	case engine.ArgBlock:
		for _, b := range a.Args {
			args = g.arg(args, group, b)
		}
		return args
	case engine.ArgInteger:
		if text, ok := g.streamInteger(a.Name); ok && group == engine.GroupStream {
			return append(args, text)
		}
		return append(args, g.integer(a.Name))
	case engine.ArgDouble:
		return append(args, g.double(a.Name))
	case engine.ArgUnixTime:
		return append(args, g.unixTime(a.Name))
	case engine.ArgPattern:
		return append(args, g.pattern())
	}
	if group == engine.GroupStream {
		return append(args, g.streamText(a.Name))
	}
	return append(args, g.text(a.Name))
}
