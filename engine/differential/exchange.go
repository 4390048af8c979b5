package differential

import (
	"fmt"
	"slices"
	"strings"

	"perigee/engine"
	"perigee/engine/resp"
)

// dumpMark stands for the payload that DUMP replies of the key that follows it,
// on the side that runs the command.
const dumpMark = "\x00dump "

// restoredCopy makes a key from what another one's DUMP says.
func (g *Generator) restoredCopy(group engine.Group) Part {
	c := Command{"RESTORE", g.key(group), pick(g.r, "0", "0", "0", "0", "100000000", "-1", "x"), dumpMark + g.key(group)}
	if g.r.IntN(3) > 0 {
		c = append(c, "REPLACE")
	}
	switch g.r.IntN(12) {
	case 0:
		c = append(c, "ABSTTL") // a moment long past, or none
	case 1:
		c = append(c, "IDLETIME", pick(g.r, "0", "100", "-1", "x"))
	case 2:
		c = append(c, "FREQ", pick(g.r, "0", "255", "256", "x"))
	case 3:
		c = append(c, g.word())
	}
	return Part{{Command: c}}
}

func (c Command) hasMark() bool {
	return slices.ContainsFunc(c, func(a string) bool { return strings.HasPrefix(a, dumpMark) })
}

// withPayload puts the payload where the mark is.
func (s *side) withPayload(c Command) Command {
	if c[0] == "EVAL" {
		return refWithPayload(c) // the same script on both sides, as errors name it
	}
	for i, a := range c {
		if key, ok := strings.CutPrefix(a, dumpMark); ok {
			c = append(append(append(Command{}, c[:i]...), string(s.do(Command{"DUMP", key}).Str)), c[i+1:]...)
		}
	}
	return c
}

// refWithPayload is a command with a mark as the reference runs it, whose DUMP
// is not known when the command is sent.
func refWithPayload(c Command) Command {
	for i, a := range c {
		if key, ok := strings.CutPrefix(a, dumpMark); ok && c[0] == "EVAL" {
			// Another script calls the command, which begins at its ARGV[1].
			script := fmt.Sprintf("ARGV[%d]=redis.call('DUMP',KEYS[1]) or '' ", i-2) + c[1]
			return append(Command{"EVAL", script, "1", key}, c[3:]...)
		} else if ok {
			script := fmt.Sprintf("local a={} for i=1,#ARGV do a[i]=ARGV[i] end a[%d]=redis.call('DUMP',KEYS[1]) or '' return redis.pcall(unpack(a))", i+1)
			return append(Command{"EVAL", script, "1", key}, c...)
		}
	}
	return c
}

// exchange has each side restore what either dumps, which must be the same
// values.
func (r *runner) exchange(live *side) string {
	defer r.refIn(3, "FLUSHDB")
	at := 0
	for db := range 3 {
		for _, key := range live.keys(db) {
			at++
			if diff := r.exchangeKey(live, db, key, fmt.Sprint(at, "_")); diff != "" {
				return fmt.Sprintf("key %q of database %d: %s", key, db, diff)
			}
		}
	}
	return ""
}

// A copy is a value that one side restored from what one side dumped.
type valueCopy struct {
	who           string
	onRef, ofRefs bool
}

var valueCopies = []valueCopy{{"the reference, of ours", true, false}, {"the reference, of its own", true, true}, {"us, of the reference's", false, true}, {"us, of ours", false, false}}

// exchangeKey makes all copies of a value and compares them. The contents are
// those of the value itself. The encodings are those of a new value, equal on
// the reference, and as they should be here.
func (r *runner) exchangeKey(live *side, db int, key, to string) string {
	ours, theirs := live.query(db, "DUMP", key), r.refIn(db, "DUMP", key)
	if ours.IsNull() || theirs.IsNull() {
		return "" // it has expired
	}
	payloads := map[bool]string{false: string(ours.Str), true: string(theirs.Str)}
	live.e.Settings().DebugCommand = "yes"
	queries := append(valueReaders(live.query(db, "TYPE", key).String()), Command{"OBJECT", "ENCODING", ""})
	// The reference's digest tells the zeros apart, if either side holds both.
	held := r.refIn(db, queries[0].on(key)...).Raw() + live.query(db, queries[0].on(key)...).Raw()
	if live.query(db, "TYPE", key).String() != "zset" || !strings.Contains(held, "-0") {
		queries = append(queries, Command{"DEBUG", "DIGEST-VALUE", ""})
	}
	ttl := "0" // a digest tells whether there is a deadline
	if live.query(db, "TTL", key).Int > 0 {
		ttl = "100000000"
	}
	var encoding resp.Value
	for i, c := range valueCopies {
		to := fmt.Sprint(to, i)
		ask := func(args ...string) resp.Value { return live.query(3, args...) }
		if c.onRef {
			ask = func(args ...string) resp.Value { return r.refIn(3, args...) }
		}
		if v := ask("RESTORE", to, ttl, payloads[c.ofRefs]); v.Err() != nil {
			return fmt.Sprintf("refused by %s: %v\n%s", c.who, v.Err(), resp.AppendQuoted(nil, []byte(payloads[c.ofRefs])))
		}
		for _, q := range queries {
			is := live.answer(q.on(key), ask(q.on(to)...))
			if is.command.name() != "object" {
				if is.want = live.query(db, q.on(key)...); c.onRef {
					is.got, is.want = is.want, is.got
				}
			} else if is.want = encoding; i == 0 {
				encoding = is.got
				continue
			}
			if diff := r.difference(is, answer{}); diff != "" && diff != diverged {
				return fmt.Sprintf("restored by %s: %s\n%s", c.who, q.on(to), diff)
			}
		}
	}
	return ""
}

// valueReaders are the commands that read a value of a type whole; the key
// goes into the empty word.
func valueReaders(kind string) []Command {
	if kind == "stream" {
		return []Command{readers[kind], {"XINFO", "GROUPS", ""}}
	}
	if reader := readers[kind]; reader != nil {
		if len(reader) == 1 {
			return []Command{{reader[0], ""}}
		}
		return []Command{reader}
	}
	return nil
}

// on puts a key into the empty word.
func (c Command) on(key string) Command {
	c = append(Command{}, c...)
	for i := range c {
		if c[i] == "" {
			c[i] = key
			break
		}
	}
	return c
}

// refIn asks the reference about a database, which it then leaves for the first.
func (r *runner) refIn(db int, args ...string) resp.Value {
	var v [3]resp.Value
	for _, c := range []Command{{"SELECT", fmt.Sprint(db)}, args, {"SELECT", "0"}} {
		r.ref.Send(c...)
	}
	for i := range v {
		v[i] = r.receive()
	}
	return v[1]
}
