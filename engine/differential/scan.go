package differential

import (
	"perigee/engine"
)

// scanCommands are the iterations, each with the keys that it mostly gets.
var scanCommands = []struct{ name, prefix string }{{"SCAN", ""}, {"HSCAN", "h"}, {"SSCAN", "e"}, {"ZSCAN", "z"}}

// scan is one step of an iteration that is long enough to be the only one: on
// both sides it returns all there is and a cursor of 0.
func (g *Generator) scan(group engine.Group) Part {
	c := scanCommands[g.r.IntN(len(scanCommands))]
	args := Command{c.name}
	if c.prefix != "" {
		key := c.prefix + pick(g.r, "0", "1")
		if g.r.IntN(5) == 0 {
			key = g.key(group)
		}
		args = append(args, key)
	}
	args = append(args, "0", "COUNT", "100000")
	if g.r.IntN(2) == 0 {
		args = append(args, "MATCH", g.pattern())
	}
	if c.name == "SCAN" && g.r.IntN(2) == 0 {
		args = append(args, "TYPE", pick(g.r, "string", "hash", "LIST", "set", "zset", "stream"))
	}
	if g.r.IntN(20) == 0 {
		args[g.r.IntN(len(args)-1)+1] = "x"
	}
	return Part{{Command: args}}
}
