package differential

import (
	"fmt"
	"slices"
	"strings"

	"perigee/engine"
)

// growers are the commands that give a key of each group something to hold,
// and how many words they take for one element.
var growers = map[engine.Group]struct {
	command string
	words   int
}{
	engine.GroupString: {"SET", 1}, engine.GroupHash: {"HSET", 2}, engine.GroupList: {"RPUSH", 1},
	engine.GroupSet: {"SADD", 1}, engine.GroupSortedSet: {"ZADD", 2}, engine.GroupHyperLogLog: {"PFADD", 1}, engine.GroupGeo: {"GEOADD", 2},
}

// grow is a command that surely adds to a key, so that others find something
// there: most commands take away as often as they add.
func (g *Generator) grow(group engine.Group) Part {
	if group == engine.GroupBitmap {
		group = engine.GroupString
	}
	if group == engine.GroupStream {
		return g.growStream()
	}
	how, ok := growers[group]
	if !ok {
		group = pick(g.r, engine.GroupString, engine.GroupHash, engine.GroupList, engine.GroupSet, engine.GroupSortedSet)
		how = growers[group]
	}
	args := Command{how.command, keyPrefix[group] + fmt.Sprint(g.r.IntN(2))}
	elements := 1
	if group != engine.GroupString {
		elements += g.r.IntN(12)
	}
	if group != engine.GroupString && g.r.IntN(30) == 0 {
		elements += g.r.IntN(200)
	}
	for range elements {
		if group == engine.GroupGeo {
			args = append(args, g.double("longitude"), g.double("latitude"))
		} else if group == engine.GroupSortedSet {
			args = append(args, g.number())
		} else if how.words == 2 {
			args = append(args, g.text("field"))
		}
		args = append(args, g.text("element"))
	}
	return Part{{Command: args}}
}

// settle makes most commands well-formed where arguments depend on each other
// as the declarations cannot say.
func (g *Generator) settle(args []string) []string {
	if g.r.IntN(8) == 0 {
		return args
	}
	g.settleBounds(args)
	args = g.settleStreams(args)
	g.settleBits(args)
	args = settleFields(args)
	return g.settleWeights(args)
}

// settleBits makes bits of what is to be one, and has most positions lie within
// the strings that there are.
func (g *Generator) settleBits(args []string) {
	at := map[string]int{"setbit": 3, "bitpos": 2}[args[0]]
	if at > 0 && at < len(args) {
		args[at] = pick(g.r, "0", "1")
	}
	if (args[0] == "setbit" || args[0] == "getbit") && len(args) > 2 {
		args[2] = fmt.Sprint(g.r.IntN(pick(g.r, 8, 64, 64, 2000)))
	}
	if args[0] == "bitcount" || args[0] == "bitpos" {
		for i := 2; i < len(args); i++ {
			if _, ok := engine.ParseInt([]byte(args[i])); !ok && args[i] != "BIT" && args[i] != "BYTE" {
				args[i] = "0"
			}
		}
	}
	if args[0] == "pfdebug" && len(args) > 1 {
		// WATCH notices what the others convert, which in Redis it does not.
		args[1] = pick(g.r, "ENCODING", "DECODE", "decode", "x")
	}
	if !strings.HasPrefix(args[0], "bitfield") {
		return
	}
	for i, a := range args {
		if a == "encoding" && i+1 < len(args) {
			args[i] = pick(g.r, "i", "u") + fmt.Sprint(1+g.r.IntN(pick(g.r, 8, 16, 63)))
			args[i+1] = pick(g.r, "", "", "#") + fmt.Sprint(g.r.IntN(pick(g.r, 8, 64)))
		}
		if a == "encoding" && g.r.IntN(10) == 0 {
			args[i] = pick(g.r, "i64", "u64", "u63", "i0", "x8", "i", "")
		}
	}
}

// settleFields makes the number that follows FIELDS, or the name of MSETEX, that
// of the fields or pairs behind it.
func settleFields(args []string) []string {
	at, width := slices.Index(args, "FIELDS")+1, 1
	if args[0] == "hsetex" || args[0] == "msetex" {
		width = 2
	}
	end := len(args)
	if args[0] == "msetex" {
		if at = 1; len(args) > 2 && slices.Contains(keyPool, args[2]) {
			for end = 2; end+1 < len(args) && slices.Contains(keyPool, args[end]); {
				end += 2
			}
		}
	}
	if at > 0 && at < end {
		args[at] = fmt.Sprint((end - at - 1) / width)
	}
	return args
}

// settleBounds makes the bounds of a range names, scores or ranks as the
// command takes them.
func (g *Generator) settleBounds(args []string) {
	at := map[string]int{"zrange": 2, "zrangestore": 3, "zlexcount": 2, "zrangebylex": 2, "zrevrangebylex": 2, "zremrangebylex": 2}[args[0]]
	if at == 0 || len(args) < at+2 {
		return
	}
	bounds := []string{"0", "1", "-1", "2", "-2", "10"}
	switch has := func(word string) bool { return slices.Contains(args, word) }; {
	case strings.Contains(args[0], "lex"), has("BYLEX"):
		bounds = []string{"-", "+", "[a", "(a", "[c", "(c", "[1", "(2", "[hello", "["}
	case has("BYSCORE"):
		bounds = []string{"0", "1", "-inf", "+inf", "(1", "5", "2.25", "(100"}
	}
	args[at], args[at+1] = pick(g.r, bounds...), pick(g.r, bounds...)
}

// settleWeights gives each key its weight.
func (g *Generator) settleWeights(args []string) []string {
	at := slices.Index(args, "WEIGHTS")
	if at < 0 {
		return args
	}
	end := at + 1
	for end < len(args) && args[end] != "AGGREGATE" && args[end] != "WITHSCORES" {
		end++
	}
	keys := 0
	for i := at - 1; i > 0 && slices.Contains(keyPool, args[i]); i-- {
		keys++
	}
	weights := make([]string, keys)
	for i := range weights {
		weights[i] = g.number()
	}
	return slices.Replace(args, at+1, end, weights...)
}
