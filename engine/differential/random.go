package differential

import (
	"fmt"
	"strings"

	"perigee/engine"
	"perigee/engine/resp"
)

// randomCommands are the commands that choose at random, each with the command
// that reads what it chooses from, and the keys that it mostly gets.
var randomCommands = []struct {
	name   string
	reader Command // without its key
	prefix string
}{
	{"SPOP", Command{"SMEMBERS"}, "e"},
	{"SRANDMEMBER", Command{"SMEMBERS"}, "e"},
	{"HRANDFIELD", Command{"HGETALL"}, "h"},
	{"ZRANDMEMBER", Command{"ZRANGE", "", "0", "-1", "WITHSCORES"}, "z"},
	{"RANDOMKEY", Command{"KEYS"}, ""},
}

// random is a command that chooses at random, after the one that reads what
// there is to choose from. What SPOP leaves differs, so that the key goes.
func (g *Generator) random(group engine.Group) Part {
	c := randomCommands[g.r.IntN(len(randomCommands))]
	if c.name == "RANDOMKEY" {
		part := Part{{Command: Command{"KEYS", "*"}}, {Command: Command{c.name}}}
		if g.expireFirst {
			part = append(Part{{Command: Command{"SCAN", "0", "COUNT", "100000"}}}, part...)
		}
		return part
	}
	key := g.key(group)
	if g.r.IntN(4) > 0 {
		key = c.prefix + fmt.Sprint(g.r.IntN(2))
	}
	reader := append(Command{c.reader[0], key}, c.reader[min(2, len(c.reader)):]...)
	args := Command{c.name, key}
	if g.r.IntN(3) > 0 {
		args = append(args, pick(g.r, "0", "1", "2", "3", "10", "100", "-1", "-3", "-40", "x", "9223372036854775807", "-9223372036854775808"))
		switch with := map[string]string{"HRANDFIELD": "WITHVALUES", "ZRANDMEMBER": "WITHSCORES"}[c.name]; {
		case with != "" && g.r.IntN(2) == 0:
			args = append(args, with)
		case g.r.IntN(20) == 0:
			args = append(args, g.word())
		}
	}
	part := Part{{Command: reader}, {Command: args}}
	if c.name == "SPOP" {
		part = append(part, Step{Command: Command{"SCARD", key}}, Step{Command: Command{"DEL", key}})
	}
	return part
}

// choosesAtRandom tells whether a command's reply is compared by shape.
func choosesAtRandom(name string) bool {
	for _, c := range randomCommands {
		if strings.EqualFold(c.name, name) {
			return true
		}
	}
	return false
}

// compareRandom compares the replies of a command that chooses at random: the
// same kind and number of elements, and each side's own among what it had to
// choose from.
func compareRandom(c Command, pool answer, a answer) string {
	if a.got.Kind == resp.KindError || a.want.Kind == resp.KindError || a.got.IsNull() || a.want.IsNull() {
		if equal(a.got, a.want) {
			return ""
		}
		return a.String()
	}
	if a.got.Kind != a.want.Kind || len(a.got.Elems) != len(a.want.Elems) {
		return "other shape:\n" + a.String()
	}
	if !reads(pool.command, c) {
		return ""
	}
	for _, side := range [][2]resp.Value{{pool.got, a.got}, {pool.want, a.want}} {
		if why := notChosen(c, side[0], side[1]); why != "" {
			return why + "\n" + a.String()
		}
	}
	return ""
}

// reads tells whether a command reads what c chooses from.
func reads(reader, c Command) bool {
	for _, r := range randomCommands {
		if strings.EqualFold(r.name, c[0]) {
			return reader != nil && reader[0] == r.reader[0] && (len(c) == 1 || reader[1] == c[1])
		}
	}
	return false
}

// notChosen says why a reply cannot have been chosen from pool, which is the
// reply of the reader before it; one yet to come with EXEC says nothing.
func notChosen(c Command, pool, reply resp.Value) string {
	if pool.Kind == resp.KindError || pool.Kind == resp.KindStatus {
		return ""
	}
	paired := c.name() == "hrandfield" || c.name() == "zrandmember"
	has := pairs(pool, paired)
	with := len(c) == 4
	chosen := pairs(reply, with)
	if reply.Kind == resp.KindBulk {
		chosen = [][2]string{{string(reply.Str)}}
	}
	seen := map[string]bool{}
	distinct := len(c) <= 2 || !strings.HasPrefix(c[2], "-")
	for _, p := range chosen {
		switch value, ok := find(has, p[0]); {
		case !ok:
			return fmt.Sprintf("%q is not among what there is", p[0])
		case with && value != p[1]:
			return fmt.Sprintf("%q has %q, not %q", p[0], value, p[1])
		case distinct && seen[p[0]]:
			return fmt.Sprintf("%q is there twice", p[0])
		}
		seen[p[0]] = true
	}
	return ""
}

// pairs returns the elements of a reply with their values, whether they are
// nested, as RESP3's are, or one after the other.
func pairs(v resp.Value, paired bool) [][2]string {
	var all [][2]string
	if v.Kind != resp.KindMap && len(v.Elems) > 0 && len(v.Elems[0].Elems) == 2 {
		for _, e := range v.Elems {
			all = append(all, [2]string{e.Elems[0].String(), e.Elems[1].String()})
		}
		return all
	}
	for i := 0; i < len(v.Elems); i++ {
		p := [2]string{v.Elems[i].String()}
		if paired && i+1 < len(v.Elems) {
			i++
			p[1] = v.Elems[i].String()
		}
		all = append(all, p)
	}
	return all
}

func find(pairs [][2]string, name string) (value string, ok bool) {
	for _, p := range pairs {
		if p[0] == name {
			return p[1], true
		}
	}
	return "", false
}
