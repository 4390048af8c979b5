package differential

import (
	"fmt"
	"slices"
	"strings"

	"perigee/engine"
)

// keyPool is small, so that commands meet each other's values.
var keyPool = []string{"s0", "s1", "s2", "h0", "h1", "l0", "l1", "l2", "e0", "e1", "e2", "z0", "z1", "z2", "w_a", "w_1", "p0", "p1", "x0", "x1"}

// keyPrefix is what the keys begin with that a group's commands mostly take.
var keyPrefix = map[engine.Group]string{
	engine.GroupString: "s", engine.GroupBitmap: "s", engine.GroupHash: "h", engine.GroupList: "l", engine.GroupSet: "e",
	engine.GroupSortedSet: "z", engine.GroupGeo: "z", engine.GroupHyperLogLog: "p", engine.GroupStream: "x",
}

func (g *Generator) key(group engine.Group) string {
	prefix := keyPrefix[group]
	if prefix == "" || g.r.IntN(7) == 0 {
		return pick(g.r, keyPool...)
	}
	for {
		if k := pick(g.r, keyPool...); strings.HasPrefix(k, prefix) {
			return k
		}
	}
}

// numKeysMark stands for a count of keys until they are known.
const numKeysMark = "\x00numkeys"

// fillNumKeys replaces the mark by the number of keys that follow, or now and
// then by a wrong one.
func (g *Generator) fillNumKeys(args []string) {
	for i, a := range args {
		if a != numKeysMark {
			continue
		}
		n := 0
		for _, k := range args[i+1:] {
			if !slices.Contains(keyPool, k) {
				break
			}
			n++
		}
		if g.r.IntN(25) == 0 {
			n = g.r.IntN(5) - 1
		}
		args[i] = fmt.Sprint(n)
	}
}

func (g *Generator) integer(name string) string {
	r := g.r
	switch {
	case name == "numkeys":
		return numKeysMark
	case strings.Contains(name, "seconds"):
		// Times that differ by a moment only would compare as the clocks do.
		if r.IntN(3) > 0 {
			return fmt.Sprint(100000 + r.IntN(1<<31))
		}
		return pick(r, "0", "-1", "9223372036854775807", "x")
	case strings.Contains(name, "db") || name == "index1" || name == "index2":
		return pick(r, "0", "1", "2", "2", "16", "-1", "x")
	case name == "offset":
		return pick(r, "0", "1", "2", "5", "10", "-1", "100")
	case r.IntN(40) == 0:
		return pick(r, "9223372036854775807", "-9223372036854775808", "abc", "", "1.5", " 1", "+1", "01")
	}
	return pick(r, "0", "1", "2", "3", "-1", "-2", "5", "10", "100", "-100")
}

func (g *Generator) double(name string) string {
	if name == "timeout" {
		return pick(g.r, "0.01", "0.02", "1", "-1", "x", "nan")
	}
	if g.r.IntN(40) == 0 {
		return pick(g.r, "nan", "abc", "", "1e400", "0x10")
	}
	switch name {
	case "longitude":
		return pick(g.r, "13.361389", "15.087269", "13.4", "14", "0", "179.99", "-179.99", "-73.98", "180", "2.25", "-180.1")
	case "latitude":
		return pick(g.r, "38.115556", "37.502669", "38", "37", "0", "40.7", "84.9", "-84.9", "-33", "85.05112878", "86")
	case "radius", "width", "height":
		return pick(g.r, "0", "1", "100", "200", "500.5", "1000", "5000", "20000", "-1", "1e10")
	}
	return g.number()
}

func (g *Generator) number() string {
	return pick(g.r, "0", "1", "1.5", "-2", "3", "100", "0.1", "-1e3", "inf", "-inf", "2.25", "1e300", "17179869184.5")
}

func (g *Generator) unixTime(name string) string {
	if strings.Contains(name, "milli") {
		return pick(g.r, "33177117420000", "1", "0", "-1", "43177117420000")
	}
	return pick(g.r, "33177117420", "1", "0", "-1", "43177117420")
}

func (g *Generator) pattern() string {
	return pick(g.r, "*", "a*", "?", "[a-c]*", "h*", "*1", "nosuch", "k*", "w_*", "h*->a", "h0->*")
}

func (g *Generator) word() string {
	if g.r.IntN(25) == 0 {
		return pick(g.r, "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e308", "-1.7e308", "1e-300", "3.0e3", "0.1",
			"1e17", "123456789012345678", "inf", "-0", "5.0", "0x1p3", " 7", "7 ", "é\r\n")
	}
	return pick(g.r, "a", "b", "c", "d", "e", "1", "2", "10", "-5", "3.5", "x", "", "hello", "0", "NX", "COUNT", "a\x00b\xff")
}

func (g *Generator) text(name string) string {
	r := g.r
	switch {
	case name == "encoding": // a bit field's; settleBits puts one here
		return name
	case strings.HasPrefix(name, "min") || strings.HasPrefix(name, "max") || name == "start" || name == "stop":
		return pick(r, "0", "1", "-1", "(1", "5", "-inf", "+inf", "inf", "[a", "(a", "[c", "-", "+", "(c", "2", "10")
	case r.IntN(600) == 0:
		return strings.Repeat(pick(r, "a", "0", "xyz"), 500+r.IntN(4000))
	case r.IntN(30) == 0:
		return strings.Repeat(pick(r, "a", "0", "xyz"), 20+r.IntN(60))
	case r.IntN(5) == 0:
		return fmt.Sprint(r.IntN(300))
	}
	return g.word()
}
