package differential

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/acl"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// ComparePermissions gives a user random rules, on an engine and on
// redis-server, and compares what is said of it and which of many command
// lines it may run. Seed 0 takes one from the clock.
func ComparePermissions(t *testing.T, e *engine.Engine, seed uint64, ops int) {
	t.Helper()
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("run again with -seed %d -ops %d", seed, ops)
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &permissions{t: t, ours: &side{e: e, c: c}, ref: connect(t, transcript.StartReference(t).Addr(), 2), r: rand.New(rand.NewPCG(seed, 2))}
	p.g = NewGenerator(seed, p.commonCommands(), nil)
	p.both("ACL", "SETUSER", "u", "reset")
	for n := 0; n < ops && !t.Failed(); {
		n += p.round()
	}
}

type permissions struct {
	t     *testing.T
	ours  *side
	ref   *resp.Conn
	r     *rand.Rand
	g     *Generator
	names []string // of commands and subcommands that both have
	rules []string // since the user was reset, for messages
}

// commonCommands returns the engine's commands that the reference has too.
func (p *permissions) commonCommands() []engine.Command {
	has := map[string]bool{}
	list := p.theirs("COMMAND", "LIST")
	for _, name := range list.Elems {
		has[string(name.Str)] = true
		for _, info := range p.theirs("COMMAND", "INFO", string(name.Str)).Elems {
			for _, sub := range info.Elems[9].Elems {
				has[sub.Elems[0].String()] = true
			}
		}
	}
	var common []engine.Command
	for _, c := range p.ours.e.Commands() {
		if has[c.Name] {
			common = append(common, c)
			p.names = append(p.names, c.Name)
		}
	}
	return common
}

func (p *permissions) theirs(args ...string) resp.Value {
	v, err := p.ref.Do(args...)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

// both runs a command on both sides and compares the replies.
func (p *permissions) both(args ...string) { p.compare(args, p.ours.do(args)) }

func (p *permissions) compare(args []string, got resp.Value) {
	want := p.theirs(args...)
	if g, w := got.Format(), strings.ReplaceAll(want.Format(), "This user has", "User u has"); g != w {
		p.t.Errorf("after %q\n%q\n got: %s\nwant: %s", p.rules, args, g, w)
	}
}

// round changes the user, compares it and asks what it may do.
func (p *permissions) round() int {
	words := []string{"ACL", "SETUSER", "u"}
	if p.r.IntN(6) == 0 {
		words = append(words, "reset")
		p.rules = nil
	}
	for range 1 + p.r.IntN(5) {
		words = append(words, p.rule())
	}
	p.rules = append(p.rules, words[3:]...)
	p.both(words...)
	p.compareUser()
	const lines = 20
	for range lines {
		if line := p.line(); p.known(line) {
			p.dryRun(line)
		}
	}
	return lines + 1
}

// rule is a random rule, now and then one that cannot be.
func (p *permissions) rule() string {
	sign := pick(p.r, "+", "-")
	switch p.r.IntN(16) {
	case 0, 1, 2, 3:
		return sign + pick(p.r, p.names...)
	case 4, 5, 6:
		return sign + "@" + pick(p.r, acl.Categories()...)
	case 7:
		return sign + pick(p.r, "@all", "@nothing", "nothing", "config|nothing", "config|get|x", "get|", "|", "@")
	case 8, 9, 10:
		return pick(p.r, "~", "~", "%R~", "%W~", "%RW~", "%~", "%X~") + pick(p.r, "s*", "h*", "?0", "?1", "*", "[a-m]*", "z0", "[^z]*", "a b", "")
	case 11:
		return "&" + pick(p.r, "c*", "?1", "*", "c1", "a b")
	case 12:
		return pick(p.r, "resetkeys", "resetchannels", "allkeys", "allchannels", "allcommands", "nocommands", "clearselectors", "")
	case 13:
		return pick(p.r, "on", "off", "nopass", "resetpass", ">a", ">b", "<a", "#12", "!12", "sanitize-payload", "skip-sanitize-payload", "word")
	case 14:
		return "+select|" + pick(p.r, "0", "1")
	}
	selector := []string{}
	for range p.r.IntN(4) {
		if rule := p.rule(); !strings.ContainsAny(rule, "() ") {
			selector = append(selector, rule)
		}
	}
	return "(" + strings.Join(selector, " ") + ")"
}

// compareUser compares what GETUSER says. The reference shows, of the rules
// about commands, any that make the same set: ours must make it there.
func (p *permissions) compareUser() {
	ours, theirs := p.ours.do(Command{"ACL", "GETUSER", "u"}), p.theirs("ACL", "GETUSER", "u")
	for _, field := range []string{"flags", "passwords", "keys", "channels"} {
		p.same(field, fieldOf(ours, field).Format(), fieldOf(theirs, field).Format())
	}
	mine := append([]resp.Value{ours}, fieldOf(ours, "selectors").Elems...)
	other := append([]resp.Value{theirs}, fieldOf(theirs, "selectors").Elems...)
	p.same("selectors", len(mine), len(other))
	for i := range min(len(mine), len(other)) {
		for _, field := range []string{"keys", "channels"} {
			p.same(field, fieldOf(mine[i], field).Format(), fieldOf(other[i], field).Format())
		}
		rules := strings.Fields(string(fieldOf(mine[i], "commands").Str))
		p.theirs(append([]string{"ACL", "SETUSER", "v", "reset"}, rules...)...)
		again := p.theirs("ACL", "GETUSER", "v")
		p.same("commands "+strings.Join(rules, " "), inOrder(fieldOf(again, "commands")), inOrder(fieldOf(other[i], "commands")))
	}
}

func (p *permissions) same(what string, got, want any) {
	if got != want {
		p.t.Errorf("after %q: %s\n got: %v\nwant: %v", p.rules, what, got, want)
	}
}

func inOrder(rules resp.Value) string {
	words := strings.Fields(string(rules.Str))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// fieldOf is the value of a field of a flat map.
func fieldOf(v resp.Value, name string) resp.Value {
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if string(v.Elems[i].Str) == name {
			return v.Elems[i+1]
		}
	}
	return resp.Value{}
}

// line is a command line with random arguments.
func (p *permissions) line() Command {
	key := func() string { return pick(p.r, keyPool...) }
	channel := func() string { return pick(p.r, "c1", "c*", "d1", "x") }
	switch p.r.IntN(8) {
	case 0:
		return pick(p.r, Command{"PUBLISH", channel(), "x"}, Command{"SUBSCRIBE", channel(), channel()}, Command{"PSUBSCRIBE", channel(), channel()},
			Command{"SPUBLISH", channel(), "x"}, Command{"SSUBSCRIBE", channel()}, Command{"UNSUBSCRIBE", channel()}, Command{"PUBSUB", "NUMSUB", channel()})
	case 1:
		return pick(p.r, Command{"SELECT", pick(p.r, "0", "1", "2")}, Command{"AUTH", "x"}, Command{"CONFIG", "GET", "x"}, Command{"WATCH", key(), key()},
			Command{"MEMORY", "USAGE", key()}, Command{"GETX"}, Command{"CONFIG"}, Command{"RESTORE", key(), "0", "x"}, Command{"DUMP", key()})
	case 2:
		keys := []string{key(), key(), key()}
		return append(Command{pick(p.r, "EVAL", "EVAL_RO", "EVALSHA", "FCALL", "FCALL_RO"), "x", pick(p.r, "0", "1", "2", "3", "4", "-1", "x")}, keys...)
	case 3:
		return p.movable(key)
	}
	c := p.g.commands[p.r.IntN(len(p.g.commands))]
	return p.g.command(c, true)
}

// dryRun compares what the user may do with a command line. The reference lets
// one pass whose keys it cannot find, such as PFMERGE without a source; the
// engine looks at those that are there.
func (p *permissions) dryRun(line Command) {
	question := append([]string{"ACL", "DRYRUN", "u"}, line...)
	if slices.ContainsFunc(line, func(word string) bool { return strings.Contains(word, "\x00") }) {
		return // the reference shows a key up to there only
	}
	got := p.ours.do(question)
	if strings.HasSuffix(string(got.Str), " key") && p.theirs(append([]string{"COMMAND", "GETKEYS"}, line...)...).Kind == resp.KindError {
		return
	}
	p.compare(question, got)
}

// known tells whether both sides have the command, or none.
func (p *permissions) known(c Command) bool {
	return c.name() == "getx" || slices.ContainsFunc(p.names, func(n string) bool { return n == c.name() || strings.HasPrefix(n, c.name()+"|") })
}

// movable is a command whose keys stand in different places.
func (p *permissions) movable(key func() string) Command {
	return pick(p.r, []Command{
		{"SORT", key(), "BY", "nosort", "STORE", key()}, {"SORT", key(), "GET", "STORE", "STORE", key(), "LIMIT", "0", "1"}, {"SORT", key(), "STORE"},
		{"SET", key(), "x", "GET"}, {"SET", key(), "get", "EX", "1"}, {"BITFIELD", key(), "GET", "u8", "0"}, {"BITFIELD", key(), "SET", "u8", "0", "1"},
		{"GEORADIUS", key(), "1", "1", "1", "m", "STORE", key()}, {"GEORADIUS", key(), "1", "1", "1", "m", "STOREDIST", key(), "STORE", key()},
		{"GEORADIUSBYMEMBER", key(), "m", "1", "m", "STORE", key()}, {"XREAD", "COUNT", "1", "STREAMS", key(), key(), "0", "0"},
		{"XREADGROUP", "GROUP", "STREAMS", "c", "STREAMS", key(), key(), ">", ">"}, {"XREAD", "STREAMS", key(), key(), "0"},
		{"MIGRATE", "h", "1", key(), "0", "1"}, {"MIGRATE", "h", "1", "", "0", "1", "KEYS", key(), key()}, {"MIGRATE", "h", "1", "", "0", "1", "AUTH", "KEYS", "KEYS", key()},
		{"ZUNIONSTORE", key(), "2", key(), key(), "WEIGHTS", "1", "2"}, {"ZINTERCARD", "2", key(), key()}, {"LMPOP", "1", key(), "LEFT"}, {"BZMPOP", "0", "2", key(), key(), "MIN"},
		{"COPY", key(), key()}, {"BITOP", "AND", key(), key(), key()}, {"OBJECT", "ENCODING", key()}, {"PFCOUNT", key(), key()}, {"PFMERGE", key(), key()}, {"BLPOP", key(), key(), "0"},
	}...)
}
