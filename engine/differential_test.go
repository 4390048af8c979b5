package engine_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

var (
	diffOps  = flag.Int("ops", 20000, "operations of the differential test")
	diffSeed = flag.Uint64("seed", 0, "seed of the differential test; 0 takes one from the clock")
	diffOnly = flag.String("only", "", "comma-separated commands that the differential test is restricted to")
)

// episode is a sequence of commands that begins with an empty server.
type episode [][]string

const episodeLength = 150

// TestDifferential runs generated commands against the engine and against
// redis-server and compares replies and, after each episode, the state.
func TestDifferential(t *testing.T) {
	ref := transcript.StartReference(t)
	conn, err := resp.Dial(context.Background(), "tcp", ref.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Timeout = 20 * time.Second
	seed := *diffSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("run again with -seed %d -ops %d", seed, *diffOps)
	d := &differ{t: t, conn: conn, known: map[string]int{}}
	g := newGenerator(seed, d.engine().Commands(), *diffOnly)
	for done := 0; done < *diffOps; done += episodeLength {
		ep := g.episode()
		if diff := d.run(ep); diff != "" {
			ep = d.shrink(ep)
			t.Fatalf("seed %d: %s\nshrunk: %s\nafter:\n%s", seed, diff, d.run(ep), show(ep))
		}
	}
	for _, why := range slices.Sorted(mapsKeys(d.known)) {
		t.Logf("known difference met %d times: %s", d.known[why], why)
	}
}

func mapsKeys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func show(ep episode) string {
	var b strings.Builder
	for _, args := range ep {
		for i, a := range args {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.Write(resp.AppendQuoted(nil, []byte(a)))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// differ runs episodes on both sides.
type differ struct {
	t     *testing.T
	conn  *resp.Conn
	known map[string]int
}

func (d *differ) engine() *engine.Engine {
	s := engine.DefaultSettings()
	return engine.New(engine.Options{Settings: &s})
}

// run returns the first difference, or nothing.
func (d *differ) run(ep episode) string {
	e := d.engine()
	e.BeginIteration(time.Now())
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	all := append(withEqualScores(withoutStoredTies(ep)), slices.DeleteFunc(stateOf(), func(args []string) bool { return !e.HasCommand(args[0]) })...)
	d.conn.Send("UNWATCH")
	d.conn.Send("FLUSHALL")
	d.conn.Send("SELECT", "0")
	for _, args := range all {
		d.conn.Send(args...)
	}
	if err := d.conn.Flush(); err != nil {
		d.t.Fatal(err)
	}
	for range 3 {
		d.receive()
	}
	var queued episode
	for i, args := range all {
		want := d.receive()
		got, answered := execute(e, c, args)
		if !answered {
			got = d.unblock(e, c)
		}
		diff := ""
		switch name := strings.ToLower(args[0]); {
		case name == "exec" && got.Kind == resp.KindArray && len(got.Elems) == len(want.Elems) && len(got.Elems) == len(queued):
			for n := range queued {
				if diff == "" {
					diff = d.compare(queued[n], got.Elems[n], want.Elems[n])
				}
			}
		default:
			diff = d.compare(args, got, want)
		}
		if string(got.Str) == "QUEUED" {
			queued = append(queued, args)
		} else {
			queued = nil
		}
		if diff != "" {
			// What was sent must be read before the connection is used again.
			for range all[i+1:] {
				d.receive()
			}
			return fmt.Sprintf("step %d of %d: %s\n%s", i+1, len(ep), show(episode{args}), diff)
		}
	}
	return ""
}

// withEqualScores makes all scores equal before a command that looks for a
// range of names, which is defined for such sorted sets only.
func withEqualScores(ep episode) episode {
	var all episode
	for _, args := range ep {
		lexical := strings.Contains(args[0], "lex") || slices.ContainsFunc(args, func(a string) bool { return strings.EqualFold(a, "bylex") })
		if key := 1; lexical && len(args) > 2 {
			if args[0] == "zrangestore" {
				key = 2
			}
			all = append(all, []string{"ZUNIONSTORE", args[key], "1", args[key], "WEIGHTS", "0"})
		}
		all = append(all, args)
	}
	return all
}

// withoutStoredTies takes ALPHA from a SORT by other keys that stores its
// result: the order of elements whose keys hold the same text is not defined.
func withoutStoredTies(ep episode) episode {
	has := func(args []string, word string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return strings.EqualFold(a, word) })
	}
	all := slices.Clone(ep)
	for i, args := range ep {
		if strings.EqualFold(args[0], "sort") && has(args, "by") && has(args, "store") {
			all[i] = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return strings.EqualFold(a, "alpha") })
		}
	}
	return all
}

func (d *differ) receive() resp.Value {
	v, err := d.conn.Receive()
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// unblock ends the wait of a command that a shrunken episode no longer has
// inside MULTI.
func (d *differ) unblock(e *engine.Engine, c *engine.Client) resp.Value {
	other, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	execute(e, other, []string{"CLIENT", "UNBLOCK", fmt.Sprint(c.ID)})
	e.Disconnect(other)
	v, err := resp.NewReader(strings.NewReader(string(c.Out.Bytes()))).Read()
	if err != nil {
		d.t.Fatal(err)
	}
	c.Sent(c.Out.Len())
	return v
}

// execute runs one command; false says that it does not reply yet.
func execute(e *engine.Engine, c *engine.Client, args []string) (resp.Value, bool) {
	argv := make([][]byte, len(args))
	for i, a := range args {
		argv[i] = []byte(a)
	}
	e.Execute(c, argv)
	if c.Out.Len() == 0 {
		return resp.Value{}, false
	}
	v, err := resp.NewReader(strings.NewReader(string(c.Out.Bytes()))).Read()
	c.Sent(c.Out.Len())
	if err != nil {
		return resp.Value{Kind: resp.KindError, Str: []byte("no reply: " + err.Error())}, true
	}
	return v, true
}

// stateOf is the commands that read the whole state after an episode.
func stateOf() episode {
	state := episode{{"DISCARD"}, {"SELECT", "0"}}
	for db := range 3 {
		state = append(state, []string{"SELECT", fmt.Sprint(db)}, []string{"DBSIZE"}, []string{"KEYS", "*"})
		for _, k := range keyPool() {
			state = append(state, []string{"TYPE", k}, []string{"OBJECT", "ENCODING", k}, []string{"TTL", k}, []string{"GET", k}, []string{"LRANGE", k, "0", "-1"},
				[]string{"SMEMBERS", k}, []string{"HGETALL", k}, []string{"ZRANGE", k, "0", "-1", "WITHSCORES"})
		}
	}
	return state
}

// shrink drops commands as long as a difference remains. What stands between
// MULTI and EXEC stays together, as a command that blocks must not get out.
func (d *differ) shrink(ep episode) episode {
	parts := transactions(ep)
	for size := len(parts) / 2; size > 0; size /= 2 {
		for i := 0; i+size <= len(parts); {
			shorter := slices.Concat(parts[:i], parts[i+size:])
			if d.run(slices.Concat(shorter...)) != "" {
				parts = shorter
			} else {
				i += size
			}
		}
	}
	return slices.Concat(parts...)
}

// transactions splits an episode into single commands and transactions.
func transactions(ep episode) []episode {
	var parts []episode
	inside := false
	for _, args := range ep {
		if inside {
			parts[len(parts)-1] = append(parts[len(parts)-1], args)
		} else {
			parts = append(parts, episode{args})
		}
		switch args[0] {
		case "MULTI":
			inside = true
		case "EXEC":
			inside = false
		}
	}
	return parts
}

// compare returns how two replies differ, or nothing.
func (d *differ) compare(args []string, got, want resp.Value) string {
	argv := make([][]byte, len(args))
	for i, a := range args {
		argv[i] = []byte(a)
	}
	transcript.Sort(argv, &got)
	transcript.Sort(argv, &want)
	if why := knownDifference(args, got, want); why != "" {
		d.known[why]++
		return ""
	}
	if equal(got, want) {
		return ""
	}
	return fmt.Sprintf(" got: %s\nwant: %s", got.Format(), want.Format())
}

// knownDifference names a difference that the README lists.
func knownDifference(args []string, got, want resp.Value) string {
	name := strings.ToLower(args[0])
	switch {
	case string(got.Str) == "ERR timeout is out of range" && string(want.Str) == "ERR timeout is negative":
		return "an infinite timeout is out of range, as in Redis 7.2, not negative"
	case name == "lpos" && strings.HasPrefix(string(got.Str), "ERR value is out of range, value must between"):
		return "LPOS RANK: the least number is out of range, as in Redis 7.2"
	case (name == "sort" || name == "sort_ro") && got.Kind != resp.KindError && string(want.Str) == "ERR One or more scores can't be converted into double":
		return "SORT: Redis blames the elements for a number that another command found out of range"
	case name == "object" && strings.EqualFold(args[1], "encoding"):
		g, w := string(got.Str), string(want.Str)
		if g == "listpack" && (w == "quicklist" || w == "hashtable") {
			return "OBJECT ENCODING: listpack of small lists and sets, as Redis 7.2"
		}
	case name == "ttl" || name == "pttl" || name == "expiretime" || name == "pexpiretime":
		diff := got.Int - want.Int
		if got.Kind == want.Kind && got.Int > 0 && diff > -3000 && diff < 3000 && diff != 0 {
			return "clock: times to live are read a moment apart"
		}
	case (name == "sort" || name == "sort_ro") && got.Kind == want.Kind && len(got.Elems) == len(want.Elems) && !equal(got, want):
		alpha := slices.ContainsFunc(args, func(a string) bool { return strings.EqualFold(a, "alpha") })
		if alpha && slices.ContainsFunc(got.Elems, func(v resp.Value) bool { return slices.Contains(v.Str, 0) }) {
			return "SORT ALPHA: texts are equal up to a NUL, and their order is not defined"
		}
		for i, a := range args {
			if strings.EqualFold(a, "by") && i+1 < len(args) && (alpha || !strings.Contains(args[i+1], "*")) {
				return "SORT BY a constant or equal texts: the order is not defined"
			}
		}
	}
	return ""
}

// equal compares values; numbers in text by what they mean, as Redis 7.0
// prints doubles with 17 digits.
func equal(a, b resp.Value) bool {
	if a.IsNull() && b.IsNull() {
		return true
	}
	if a.Kind != b.Kind || len(a.Elems) != len(b.Elems) {
		return false
	}
	if a.Kind == resp.KindInt {
		return a.Int == b.Int
	}
	for i := range a.Elems {
		if !equal(a.Elems[i], b.Elems[i]) {
			return false
		}
	}
	if string(a.Str) == string(b.Str) {
		return true
	}
	x, ok := engine.ParseFloat(a.Str)
	y, okToo := engine.ParseFloat(b.Str)
	return a.Kind == resp.KindBulk && ok && okToo && x == y && len(b.Str) >= 17
}

// generator makes commands from the arguments that the table declares.
type generator struct {
	r        *rand.Rand
	commands []engine.Command
}

// notGenerated are commands whose replies cannot be compared, or that would
// end the comparison.
var notGenerated = map[string]bool{
	"auth": true, "hello": true, "quit": true, "reset": true, "info": true, "shutdown": true, "debug": true, "time": true,
	"lastsave": true, "bgrewriteaof": true, "subscribe": true, "psubscribe": true, "ssubscribe": true, "unsubscribe": true,
	"punsubscribe": true, "sunsubscribe": true, "select": true, "multi": true, "exec": true, "discard": true, "watch": true,
	"unwatch": true, "command": true, "randomkey": true, "srandmember": true, "hrandfield": true, "zrandmember": true, "spop": true,
	"scan": true, "hscan": true, "sscan": true, "zscan": true, "flushall": true, "flushdb": true,
}

func newGenerator(seed uint64, commands []engine.Command, only string) *generator {
	g := &generator{r: rand.New(rand.NewPCG(seed, 1))}
	for _, c := range commands {
		container, _, sub := strings.Cut(c.Name, "|")
		if only != "" && !slices.Contains(strings.Split(only, ","), c.Name) {
			continue
		}
		if only == "" && (notGenerated[c.Name] || notGenerated[container]) || c.Run == nil && c.RunClient == nil {
			continue
		}
		if sub && container != "object" || c.Group == engine.GroupScripting || c.Module != "" || strings.HasPrefix(c.Since, "perigee") {
			continue
		}
		if c.Name == "object|freq" || c.Name == "object|idletime" || c.Name == "object|help" || c.Name == "object|refcount" {
			continue
		}
		g.commands = append(g.commands, c)
	}
	return g
}

func (g *generator) episode() episode {
	var ep episode
	focus := g.r.IntN(3) // some episodes dwell on one group, so that values grow
	group := g.commands[g.r.IntN(len(g.commands))].Group
	for len(ep) < episodeLength {
		c := g.commands[g.r.IntN(len(g.commands))]
		if focus > 0 && c.Group != group && g.r.IntN(8) > 0 {
			continue
		}
		args := g.command(c)
		if c.Flags&engine.Blocking != 0 || g.r.IntN(30) == 0 {
			ep = append(ep, []string{"MULTI"}, args, []string{"EXEC"})
			continue
		}
		switch g.r.IntN(200) {
		case 0:
			ep = append(ep, []string{"SELECT", fmt.Sprint(g.r.IntN(3))})
		case 1:
			ep = append(ep, []string{pick(g.r, "FLUSHALL", "FLUSHDB")})
		case 2:
			ep = append(ep, []string{"WATCH", g.key(c.Group)})
		}
		ep = append(ep, args)
	}
	return ep
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func (g *generator) command(c engine.Command) []string {
	args := strings.Split(c.Name, "|")
	for _, a := range c.Args {
		args = g.arg(args, c.Group, a)
	}
	fillNumKeys(args, g.r)
	switch g.r.IntN(60) {
	case 0:
		if !slices.ContainsFunc(c.Args, newer) {
			args = append(args, g.word())
		}
	case 1:
		if len(args) > 1 {
			args = args[:len(args)-1]
		}
	case 2:
		i := g.r.IntN(len(args))
		if i > 0 && (i > 1 || !strings.Contains(c.Name, "|")) {
			args[i] = g.word()
		}
	}
	return args
}

// newer tells whether the reference server does not know an argument.
func newer(a engine.Arg) bool { return a.Since >= "7.2" }

// numKeysMark stands for a count of keys until they are known.
const numKeysMark = "\x00numkeys"

// fillNumKeys replaces the mark by the number of keys that follow, which all
// begin with the key prefix.
func fillNumKeys(args []string, r *rand.Rand) {
	for i, a := range args {
		if a != numKeysMark {
			continue
		}
		n := 0
		for _, k := range args[i+1:] {
			if !slices.Contains(keyPool(), k) {
				break
			}
			n++
		}
		if r.IntN(25) == 0 {
			n = r.IntN(5) - 1
		}
		args[i] = fmt.Sprint(n)
	}
}

func (g *generator) arg(args []string, group engine.Group, a engine.Arg) []string {
	if a.Optional && (g.r.IntN(2) == 0 || newer(a)) {
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

func (g *generator) value(args []string, group engine.Group, a engine.Arg) []string {
	r := g.r
	switch a.Type {
	case engine.ArgKey:
		return append(args, g.key(group))
	case engine.ArgToken:
		return append(args, a.Token)
	case engine.ArgOneOf:
		return g.arg(args, group, a.Args[r.IntN(len(a.Args))])
	case engine.ArgBlock:
		for _, b := range a.Args {
			args = g.arg(args, group, b)
		}
		return args
	case engine.ArgInteger:
		return append(args, g.integer(a.Name))
	case engine.ArgDouble:
		if a.Name == "timeout" {
			return append(args, pick(r, "0.01", "0.02", "1", "-1", "x", "nan"))
		}
		return append(args, pick(r, "0", "1", "1.5", "-2", "3", "100", "0.1", "-1e3", "inf", "-inf", "nan", "abc", "2.25"))
	case engine.ArgUnixTime:
		return append(args, g.unixTime(a.Name))
	case engine.ArgPattern:
		return append(args, pick(r, "*", "a*", "?", "[a-c]*", "h*", "*1", "nosuch", "k*", "w_*", "o_*->f"))
	}
	return append(args, g.text(a.Name))
}

func (g *generator) integer(name string) string {
	r := g.r
	switch {
	case name == "numkeys":
		return numKeysMark
	case strings.Contains(name, "seconds"):
		return pick(r, "100000", "200000", "300000000", "0", "-1", "9223372036854775807", "x")
	case strings.Contains(name, "db") || name == "index1" || name == "index2":
		return pick(r, "0", "1", "2", "2", "16", "-1", "x")
	case name == "offset":
		return pick(r, "0", "1", "2", "5", "10", "-1", "100")
	case r.IntN(40) == 0:
		return pick(r, "9223372036854775807", "-9223372036854775808", "abc", "", "1.5", " 1", "+1", "01")
	}
	return pick(r, "0", "1", "2", "3", "-1", "-2", "5", "10", "100", "-100")
}

func (g *generator) unixTime(name string) string {
	if strings.Contains(name, "milli") {
		return pick(g.r, "33177117420000", "1", "0", "-1", "43177117420000")
	}
	return pick(g.r, "33177117420", "1", "0", "-1", "43177117420")
}

func (g *generator) word() string {
	return pick(g.r, "a", "b", "c", "d", "e", "1", "2", "10", "-5", "3.5", "x", "", "hello", "0", "NX", "COUNT", "a\x00b\xff")
}

func (g *generator) text(name string) string {
	r := g.r
	switch {
	case strings.HasPrefix(name, "min") || strings.HasPrefix(name, "max") || name == "start" || name == "stop":
		return pick(r, "0", "1", "-1", "(1", "5", "-inf", "+inf", "inf", "[a", "(a", "[c", "-", "+", "(c", "2", "10")
	case r.IntN(30) == 0:
		return strings.Repeat(pick(r, "a", "0", "xyz"), 20+r.IntN(60))
	case r.IntN(5) == 0:
		return fmt.Sprint(r.IntN(300))
	}
	return g.word()
}

// keyPool is small, so that commands meet each other's values.
func keyPool() []string {
	return []string{"s0", "s1", "s2", "h0", "h1", "l0", "l1", "l2", "e0", "e1", "e2", "z0", "z1", "z2", "w_a", "w_1"}
}

func (g *generator) key(group engine.Group) string {
	prefix := map[engine.Group]string{
		engine.GroupString: "s", engine.GroupHash: "h", engine.GroupList: "l", engine.GroupSet: "e", engine.GroupSortedSet: "z",
	}[group]
	keys := keyPool()
	if prefix == "" || g.r.IntN(7) == 0 {
		return keys[g.r.IntN(len(keys))]
	}
	for {
		if k := keys[g.r.IntN(len(keys))]; strings.HasPrefix(k, prefix) {
			return k
		}
	}
}
