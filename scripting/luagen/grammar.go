package luagen

import (
	"math/rand/v2"
	"strings"
)

// Grammar writes a script that need neither compile nor end: each byte decides on one production of the grammar, or on one
// of the changes that come after. Some of them make it very deep, long or wide.
func Grammar(bytes []byte) string {
	r := rand.New(&choices{left: bytes})
	w := &writer{Rand: r, dots: true}
	for _, v := range []variable{{"n1", number}, {"s1", text}, {"l1", list}, {"h1", hash}, {"a", anything}} {
		w.declare(v.name, v.kind, w.leaf(v.kind))
	}
	for range 1 + w.IntN(6) {
		w.statement()
	}
	source := w.out.String()
	if w.IntN(2) == 0 {
		source = prelude + source
	}
	for range w.IntN(3) {
		source = w.stutter(source)
	}
	if w.IntN(2) == 0 {
		source = Mutant(r.Uint64(), Script{Source: source}).Source
	}
	return source
}

// stutter repeats a few tokens.
func (w *writer) stutter(source string) string {
	head, body := "", source
	if strings.HasPrefix(source, prelude) {
		head, body = prelude, source[len(prelude):]
	}
	all := tokens(body)
	if len(all) == 0 {
		return source
	}
	from := w.IntN(len(all))
	to := min(from+1+w.IntN(6), len(all))
	times := []int{2, 10, 70, 210, 1100}[w.IntN(5)]
	return head + strings.Join(all[:from], "") + strings.Repeat(strings.Join(all[from:to], ""), times) + strings.Join(all[to:], "")
}

// choices is a source of random numbers that are given, one byte each, and after these one that follows from how many there
// were.
type choices struct {
	left  []byte
	taken uint64
}

func (c *choices) Uint64() uint64 {
	c.taken++
	if len(c.left) == 0 {
		return spread(c.taken)
	}
	b := c.left[0]
	c.left = c.left[1:]
	return spread(uint64(b))
}

// spread makes numbers of all 64 bits of small ones, as the generator SplitMix does.
func spread(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}
