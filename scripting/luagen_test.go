package scripting_test

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/engine/transcript"
	"perigee/scripting"
	"perigee/scripting/luagen"
)

// duel runs scripts here and on redis-server.
type duel struct {
	t      *testing.T
	engine *engine.Engine
	client *engine.Client
	ref    *resp.Conn
}

func newDuel(t *testing.T) *duel {
	t.Helper()
	d := newHere(t)
	d.engine.Settings().ScriptLimits.Instructions = 3_000_000
	d.connect()
	t.Cleanup(func() { d.ref.Close() })
	return d
}

// newHere is a duel without an opponent.
func newHere(t *testing.T) *duel {
	t.Helper()
	s := scripting.New(nil, nil)
	e := engine.New(engine.Options{Commands: s.Commands()})
	s.Attach(e)
	e.BeginIteration(time.Now())
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &duel{t: t, engine: e, client: c}
}

// connect starts a redis-server, the first one or after a script has ended the last.
func (d *duel) connect() {
	d.t.Helper()
	ref, err := resp.Dial(context.Background(), "tcp", transcript.StartReference(d.t).Addr())
	if err != nil {
		d.t.Fatal(err)
	}
	ref.Timeout = time.Minute
	d.ref = ref
}

// A bout is a script as it is compared: run, or compiled only.
type bout struct {
	luagen.Script
	load bool
}

func (b bout) commands() [][]string {
	if b.load {
		return [][]string{{"SCRIPT", "LOAD", b.Source}}
	}
	eval := append(append([]string{"EVAL", b.Source, itoa(len(b.Keys))}, b.Keys...), b.Args...)
	return [][]string{append([]string{"DEL"}, luagen.Keyspace()...), eval}
}

// here is the reply of this side, as it is on the wire.
func (d *duel) here(b bout) string {
	for _, c := range b.commands() {
		argv := make([][]byte, len(c))
		for i, word := range c {
			argv[i] = []byte(word)
		}
		d.client.Sent(d.client.Out.Len())
		d.engine.Execute(d.client, argv)
	}
	v, err := resp.NewReader(bytes.NewReader(d.client.Out.Bytes())).Read()
	if err != nil {
		return err.Error()
	}
	return v.Raw()
}

// there gives the replies of redis-server; ok is false if it ended.
func (d *duel) there(bouts []bout) (replies []string, ok bool) {
	d.send(bouts)
	return d.receive(bouts)
}

// send has redis-server run scripts, whose replies receive gives.
func (d *duel) send(bouts []bout) {
	for _, b := range bouts {
		for _, c := range b.commands() {
			d.ref.Send(c...)
		}
	}
	_ = d.ref.Flush() // if redis-server has ended, receive tells
}

func (d *duel) receive(bouts []bout) (replies []string, ok bool) {
	for _, b := range bouts {
		var v resp.Value
		for range b.commands() {
			var err error
			if v, err = d.ref.Receive(); err != nil {
				d.ref.Close()
				d.connect()
				return nil, false
			}
		}
		replies = append(replies, v.Raw())
	}
	return replies, true
}

// differs tells whether a script gives something else here than there, and what.
func (d *duel) differs(b bout) (here, there string, differ bool) {
	here = d.here(b)
	if unending(here) {
		return "", "", false
	}
	replies, ok := d.there([]bout{b})
	if !ok {
		return "", "", false
	}
	return here, replies[0], !same(here, replies[0])
}

// unending tells that a script has been stopped, which redis-server would not do.
func unending(reply string) bool { return strings.Contains(reply, "LIMIT ") }

// A round is some scripts with the replies of this side.
type round struct {
	bouts []bout
	seeds []uint64
	ours  []string
}

// compare runs many scripts, shows those that differ as short as they get, and gives how many were compared. While
// redis-server runs those of one round, this side runs those of the next.
func (d *duel) compare(from uint64, count, most int, script func(seed uint64) bout) (compared int) {
	const size = 100
	failures := 0
	var sent round
	for start := 0; start < count || len(sent.bouts) > 0; start += size {
		var next round
		for i := start; i < min(start+size, count); i++ {
			seed := from + uint64(i)
			b := script(seed)
			if reply := d.here(b); !unending(reply) {
				next.bouts, next.seeds, next.ours = append(next.bouts, b), append(next.seeds, seed), append(next.ours, reply)
			}
		}
		for i, reply := range d.replies(sent) {
			if reply == "" {
				continue
			}
			compared++
			if same(reply, sent.ours[i]) {
				continue
			}
			d.report(sent.seeds[i], sent.bouts[i])
			if failures++; failures == most {
				d.t.Fatalf("stopped after %d scripts", compared)
			}
		}
		if start/size%10 == 9 {
			d.flush()
		}
		d.send(next.bouts)
		sent = next
	}
	return compared
}

// replies are those of redis-server to a round that it has been sent; of a script that ends it, there is none.
func (d *duel) replies(sent round) []string {
	replies, ok := d.receive(sent.bouts)
	if ok {
		return replies
	}
	replies = nil
	for _, b := range sent.bouts {
		one, ok := d.there([]bout{b})
		if !ok {
			one = []string{""}
		}
		replies = append(replies, one[0])
	}
	return replies
}

// flush has both sides forget the scripts they keep.
func (d *duel) flush() {
	d.engine.Execute(d.client, [][]byte{[]byte("SCRIPT"), []byte("FLUSH")})
	if _, err := d.ref.Do("SCRIPT", "FLUSH"); err != nil {
		d.t.Fatal(err)
	}
}

func (d *duel) report(seed uint64, b bout) {
	here, there, differ := d.differs(b)
	if !differ {
		d.t.Errorf("seed %d: a difference that comes and goes\n%s", seed, b.Source)
		return
	}
	sortHere, sortThere, shrunk := sort(here), sort(there), b
	shrunk.Script = luagen.Shrink(b.Script, func(s luagen.Script) bool {
		here, there, differ := d.differs(bout{s, b.load})
		if strings.Contains(s.Source, "pcall()") || strings.Contains(s.Source, "pcall(...)") { // which ends redis-server, or not
			return false
		}
		return differ && sort(here) == sortHere && sort(there) == sortThere
	})
	here, there, _ = d.differs(shrunk)
	d.t.Errorf("seed %d\n%s\n  here: %.1500s\n there: %.1500s", seed, strings.TrimSpace(strings.TrimPrefix(shrunk.Source, luagen.Prelude())), here, there)
}

// same tells whether two replies are the same but for addresses, and the signs of zeros and of what is no number.
func same(here, there string) bool {
	return here == there || plain(here) == plain(there)
}

// plain leaves the addresses of values out of a reply, and those signs.
func plain(reply string) string {
	return addresses.ReplaceAllString(unsigned.ReplaceAllString(reply, "$1"), "$1")
}

var addresses = regexp.MustCompile(`\b(table|function|thread|userdata): 0x[0-9a-f]+`)

var unsigned = regexp.MustCompile(`-(0([^.0-9]|$|\.0+($|[^0-9]))|nan)`)

// sort is what an error says apart from names and numbers, so that a script is not shrunk to one that fails otherwise.
func sort(reply string) string {
	if strings.HasPrefix(reply, "1)") || !strings.Contains(reply, " script: ") && !strings.Contains(reply, "Error compiling") {
		return ""
	}
	text, _, _ := strings.Cut(reply, " script: ")
	return varying.ReplaceAllString(text, "")
}

var varying = regexp.MustCompile(`'[^']*'|\d+`)

func itoa(n int) string { return string(rune('0' + n)) }

// TestRandomScripts compares what random scripts do; TestBrokenScripts what is said of those that are no Lua.
func TestRandomScripts(t *testing.T) {
	compareScripts(t, func(seed uint64) bout { return bout{luagen.New(seed), false} })
}

func TestBrokenScripts(t *testing.T) {
	compareScripts(t, func(seed uint64) bout { return bout{luagen.Mutant(seed, luagen.New(seed)), true} })
}

// TestOddCalls compares what functions of the libraries do with arguments that are seldom given.
func TestOddCalls(t *testing.T) {
	compareScripts(t, func(seed uint64) bout { return bout{luagen.Calls(seed), false} })
}

func compareScripts(t *testing.T, script func(seed uint64) bout) {
	t.Helper()
	seed := firstSeed()
	t.Logf("run again with -seed %d -ops %d", seed, *diffOps)
	n := newDuel(t).compare(seed, scripts(), 10, script)
	t.Logf("%d scripts compared", n)
}

// scripts is how many to run: each is some operations.
func scripts() int { return *diffOps / 4 }

func firstSeed() uint64 {
	if *diffSeed == 0 {
		return uint64(time.Now().UnixNano())
	}
	return *diffSeed
}
