package differential

import (
	"fmt"
	"slices"
	"strings"

	"perigee/engine"
	"perigee/engine/resp"
)

// streamID is an ID near those that the streams of the episode have, so that
// commands meet entries often.
func (g *Generator) streamID() string {
	ms := g.r.IntN(g.streamMs + 3)
	switch g.r.IntN(30) {
	case 0:
		return pick(g.r, "0", "0-0", "-", "+", "$", "18446744073709551615-18446744073709551615", "18446744073709551615", "5-*", "x", "", "1-x", "-1-1",
			"18446744073709551616-0", " 1-1", "1--1", "1-2-3", "00001-1", "(1")
	case 1, 2, 3, 4, 5, 6:
		return fmt.Sprint(ms)
	}
	return fmt.Sprintf("%d-%d", ms, g.r.IntN(3))
}

// newStreamID is an ID that is likely to be above all others, never one that
// the server makes from its clock.
func (g *Generator) newStreamID() string {
	if g.r.IntN(3) == 0 {
		g.streamMs++
	}
	switch g.r.IntN(12) {
	case 0:
		return g.streamID()
	case 1, 2, 3:
		return fmt.Sprintf("%d-%d", g.streamMs, g.r.IntN(4))
	}
	return fmt.Sprintf("%d-*", g.streamMs)
}

// streamText is a text as the argument of that name of a stream's command.
func (g *Generator) streamText(name string) string {
	switch name {
	case "last-id":
		if g.r.IntN(4) > 0 {
			g.streamMs++
			return fmt.Sprintf("%d-%d", g.streamMs, g.r.IntN(3))
		}
		return g.streamID()
	case "id", "lastid", "max-deleted-id":
		return g.streamID()
	case "start", "end":
		if g.r.IntN(4) == 0 {
			return pick(g.r, "-", "+", "-", "+", "(")
		}
		return pick(g.r, "", "", "(") + g.streamID()
	case "threshold":
		return pick(g.r, fmt.Sprint(g.r.IntN(12)), g.streamID())
	case "group":
		return pick(g.r, "g", "g", "g", "h", "k")
	case "consumer":
		return pick(g.r, "c", "c", "d", "e")
	case "min-idle-time":
		return pick(g.r, "0", "0", "0", "50000", "-1", "x", "9223372036854775807")
	case "field":
		return pick(g.r, "f", "f", "g", "1", "")
	}
	return g.text(name)
}

// streamInteger is streamText for an integer; ok is false for one like others.
// Times are such that a moment more or less makes no difference.
func (g *Generator) streamInteger(name string) (text string, ok bool) {
	switch name {
	case "ms":
		return pick(g.r, "0", "100000", "-100000", "x"), true
	case "min-idle-time":
		return pick(g.r, "0", "50000", "x", "-1"), true
	case "milliseconds":
		return pick(g.r, "0", "1", "1000", "-1", "x", "1.5"), true
	case "count":
		return pick(g.r, "0", "1", "1", "2", "3", "5", "10", "100", "-1", "x", "9223372036854775807"), true
	case "entries-read", "entries-added":
		return pick(g.r, "0", "1", "2", "5", "20", "-1", "-2", "x", "9223372036854775807"), true
	}
	return "", false
}

// fillStreamID has the server choose no ID by its clock, and leaves out the + of
// XREAD, which the reference does not know.
func (g *Generator) fillStreamID(args []string) {
	if i := slices.Index(args, "*"); i > 0 && args[0] == "xadd" {
		args[i] = g.newStreamID()
	}
	for i, a := range args {
		if a == "+" && strings.HasPrefix(args[0], "xread") {
			args[i] = "0"
		}
	}
}

// settleStreams makes streams and IDs as many, and options such as go together.
func (g *Generator) settleStreams(args []string) []string {
	switch args[0] {
	case "xadd", "xtrim":
		return g.settleTrim(args)
	case "xread", "xreadgroup":
		return g.settleRead(args)
	}
	return args
}

func (g *Generator) settleTrim(args []string) []string {
	for i := 2; i < len(args); i++ {
		value := i + 1
		if value < len(args) && (args[value] == "~" || args[value] == "=") {
			value++
		}
		if value >= len(args) {
			break
		}
		switch args[i] {
		case "MAXLEN":
			args[value] = pick(g.r, "0", "1", "2", "3", "5", "10", "20", "-1", "x")
		case "MINID":
			args[value] = g.streamID()
		case "LIMIT":
			if !slices.Contains(args, "~") && g.r.IntN(10) > 0 {
				return slices.Delete(args, i, i+2)
			}
		}
	}
	return args
}

func (g *Generator) settleRead(args []string) []string {
	at := slices.Index(args, "STREAMS")
	if at < 0 {
		return args
	}
	end := at + 1
	for end < len(args) && slices.Contains(keyPool, args[end]) {
		end++
	}
	args = args[:min(end, at+4)]
	for range len(args) - at - 1 {
		id := g.streamID()
		switch args[0] {
		case "xread":
			if g.r.IntN(4) == 0 {
				id = pick(g.r, "$", "$", "0", ">")
			}
		default:
			if g.r.IntN(3) > 0 {
				id = pick(g.r, ">", ">", ">", ">", "0", "$")
			}
		}
		args = append(args, id)
	}
	g.fillStreamID(args)
	return args
}

// consumersOf makes the consumers that a command names, which the reference
// makes only if they get something.
func consumersOf(args Command) (part Part) {
	group, keys := 2, args[min(1, len(args)):min(2, len(args))]
	switch strings.ToLower(args[0]) {
	case "xclaim", "xautoclaim":
	case "xreadgroup":
		if at := slices.Index(args, "STREAMS"); at > 0 {
			keys = args[at+1 : at+1+(len(args)-at-1)/2]
		}
	default:
		return nil
	}
	for _, key := range keys {
		if len(args) > group+1 {
			part = append(part, Step{Command: Command{"XGROUP", "CREATECONSUMER", key, args[group], args[group+1]}})
		}
	}
	return part
}

// growStream adds entries to a stream, and now and then a group that reads it.
func (g *Generator) growStream() Part {
	key := keyPrefix[engine.GroupStream] + fmt.Sprint(g.r.IntN(2))
	if g.r.IntN(4) == 0 {
		return Part{{Command: Command{"XGROUP", "CREATE", key, g.streamText("group"), pick(g.r, "0", "$", g.streamID()), "MKSTREAM"}}}
	}
	if g.r.IntN(4) == 0 {
		read := Command{"XREADGROUP", "GROUP", g.streamText("group"), g.streamText("consumer"), "COUNT", fmt.Sprint(1 + g.r.IntN(4)), "STREAMS", key, ">"}
		return append(consumersOf(read), Step{Command: read})
	}
	var part Part
	for range 1 + g.r.IntN(6) {
		args := Command{"XADD", key, g.newStreamID()}
		for range 1 + g.r.IntN(3) {
			args = append(args, g.streamText("field"), g.text("value"))
		}
		part = append(part, Step{Command: args})
	}
	return part
}

// patientRead is a read of streams that does not give up.
func (g *Generator) patientRead(name string) Command {
	var keys, ids Command
	for range 1 + g.r.IntN(2) {
		// Of a key that comes twice Redis 7.0 knows the last ID only.
		if key := g.key(engine.GroupStream); !slices.Contains(keys, key) {
			keys, ids = append(keys, key), append(ids, pick(g.r, "$", "$", g.streamID()))
		}
	}
	args := Command{name}
	if name == "xreadgroup" {
		args = append(args, "GROUP", "g", g.streamText("consumer"))
		keys, ids = keys[:1], Command{">"}
	}
	if g.r.IntN(3) == 0 {
		args = append(args, "COUNT", fmt.Sprint(1+g.r.IntN(3)))
	}
	if name == "xreadgroup" && g.r.IntN(4) == 0 {
		args = append(args, "NOACK")
	}
	return slices.Concat(args, Command{"BLOCK", pick(g.r, "0", "100000", "x"), "STREAMS"}, keys, ids)
}

// withoutStreamTimes leaves out of what is told of streams what no two servers
// share (moments), what the reference does not know (when consumers were
// active), and how its radix tree is made.
func withoutStreamTimes(c Command, v resp.Value) resp.Value {
	v.Elems = slices.Clone(v.Elems)
	switch c.name() {
	case "xpending":
		for i := range v.Elems {
			if entry := &v.Elems[i]; len(entry.Elems) == 4 {
				entry.Elems = slices.Delete(slices.Clone(entry.Elems), 2, 3)
			}
		}
	case "xinfo":
		v = withoutFields(v, "idle", "inactive", "seen-time", "active-time", "radix-tree-nodes")
	}
	return v
}

// withoutFields leaves out pairs of maps by their keys, and the moments that
// pending entries were delivered at.
func withoutFields(v resp.Value, names ...string) resp.Value {
	var kept []resp.Value
	for i := 0; i < len(v.Elems); i++ {
		e := v.Elems[i]
		// A Lua table has no place for a null.
		null := v.Kind == resp.KindMap && i%2 == 0 && i+1 < len(v.Elems) && v.Elems[i+1].IsNull()
		if (null || slices.Contains(names, string(e.Str))) && i+1 < len(v.Elems) {
			i++
			continue
		}
		kept = append(kept, e)
		if (string(e.Str) == "pel" || string(e.Str) == "pending") && i+1 < len(v.Elems) && v.Elems[i+1].Kind == resp.KindArray {
			i++
			kept = append(kept, withoutMoments(v.Elems[i]))
		}
	}
	v.Elems = kept
	for i, e := range v.Elems {
		v.Elems[i] = withoutFields(e, names...)
	}
	return v
}

func withoutMoments(pending resp.Value) resp.Value {
	pending.Elems = slices.Clone(pending.Elems)
	for i, e := range pending.Elems {
		if n := len(e.Elems); n >= 3 {
			pending.Elems[i].Elems = slices.Delete(slices.Clone(e.Elems), n-2, n-1)
		}
	}
	return pending
}

// tellsOfStreams tells whether a command's reply has moments of streams in it.
func tellsOfStreams(c Command) bool {
	return c.name() == "xpending" || c.name() == "xinfo" && len(c) > 1 && !strings.EqualFold(c[1], "help")
}
