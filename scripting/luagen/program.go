// Package luagen writes random Lua 5.1 scripts for tests. A script of it always ends, and what it returns or raises depends on
// nothing but the script: no address, no order of a hash, no clock. So it gives the same on every server that runs Lua as
// Redis does, apart from the known differences that the README lists, which it avoids.
//
// New writes a script that compiles; Mutant breaks one in a few places; Grammar writes one that need not make sense, out of
// bytes. Shrink takes away from a script what its failure does not need.
package luagen

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A Script is what EVAL is called with.
type Script struct {
	Source     string
	Keys, Args []string
}

// Keyspace are the keys that scripts read and write.
func Keyspace() []string { return []string{"k1", "k2", "list", "hash", "set", "zset", "text"} }

// New writes the script of a seed.
func New(seed uint64) Script {
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 5))}
	w.script()
	source := w.out.String()
	if w.IntN(3) == 0 {
		source = w.breakLines(source)
	}
	return Script{Source: source, Keys: []string{"k1", "list"}, Args: []string{"7", "0x1F", "word", "", "1e3"}}
}

// kind is what an expression gives, unless it raises an error.
type kind int

const (
	number   kind = iota
	text          // a string
	truth         // a boolean
	list          // a table of items 1 to n, without holes
	hash          // a table with any keys
	object        // a table with metamethods
	function      // a function of Lua's
	anything
)

// variable is a local variable; one with a kind keeps it.
type variable struct {
	name string
	kind kind
}

// writer writes one script.
type writer struct {
	*rand.Rand
	out    strings.Builder
	scope  []variable
	names  int
	depth  int  // of blocks
	levels int  // of expressions
	steps  int  // how much the current statement may still say
	dots   bool // ... may be used
	caught bool // errors are caught, so that they may be of any value
	loops  int
	inside bool // a coroutine
	grows  bool // the expression may be longer than its parts
}

// prelude are functions that the script uses: show makes text of any value, tick ends what goes on for too long, and that long before C's
// stack overflows on redis-server, cut keeps
// strings short, ts is tostring of what does not show its address.
const prelude = `local function show(v, depth)
local t = type(v)
if t == 'string' then return '"' .. v .. '"' end
if t ~= 'table' then return t == 'number' and tostring(v) or (t == 'boolean' or t == 'nil') and tostring(v) or t end
if depth > 3 then return '{...}' end
local parts = {}
for k, x in next, v do parts[#parts+1] = show(k, depth + 1) .. '=' .. show(x, depth + 1) end
table.sort(parts)
return '{' .. table.concat(parts, ', ') .. '}' end
local log, fuel = {}, 90
local function out(...) local parts = {} for i = 1, select('#', ...) do parts[i] = show((select(i, ...)), 0) end log[#log+1] = table.concat(parts, ' | '):sub(1, 2000) end
local function tick() fuel = fuel - 1 if fuel < 0 then error('out of fuel', 0) end end
local function cut(...) if type((...)) == 'string' then return (...):sub(1, 80) end return ... end
local function ts(v) local t = type(v) if t == 'table' or t == 'function' or t == 'thread' then return t end return tostring(v) end
`

// Prelude is what every script of New begins with.
func Prelude() string { return prelude }

func (w *writer) script() {
	w.line("%s", strings.TrimSpace(prelude))
	w.dots = true
	for _, v := range []variable{{"n1", number}, {"n2", number}, {"s1", text}, {"s2", text}, {"l1", list}, {"h1", hash}, {"a", anything}, {"b", anything}} {
		w.begin()
		w.declare(v.name, v.kind, w.cut(w.leaf(v.kind)))
	}
	w.object()
	w.localFunction()
	for range 3 + w.IntN(6) {
		if w.IntN(5) > 0 {
			w.probe()
		} else {
			w.statement()
		}
	}
	w.begin()
	switch w.IntN(6) {
	case 0:
		w.line("return %s", w.result(0))
	case 1:
		w.line("out(n1, n2, s1, s2, l1, h1, a, b) return {log, %s}", w.result(1))
	default:
		w.line("out(n1, n2, s1, s2, l1, h1, a, b) return log")
	}
}

// breakLines ends some lines earlier, so that what belongs together is on several.
func (w *writer) breakLines(source string) string {
	all := tokens(source[len(prelude):])
	for range 1 + w.IntN(10) {
		at := w.IntN(len(all))
		if next := strings.TrimSpace(all[at]); next != "" && next[0] != '(' {
			all[at] = w.pick("\n", "\n", "\r\n", " --[[\n]]") + all[at]
		}
	}
	return prelude + strings.Join(all, "")
}

// coroutine makes one as coroutine.wrap or create does, and resumes it by a line that has a place for arguments.
func (w *writer) coroutine(maker, resume string) {
	inside, dots := w.inside, w.dots
	w.inside, w.dots = true, true
	w.line("do local co = coroutine.%s(function(...) tick()", maker)
	w.body(1 + w.IntN(3))
	w.begin()
	w.line("return %s end)", w.some(2))
	w.inside, w.dots = inside, dots
	for range 1 + w.IntN(3) {
		w.line(resume, w.some(2))
	}
	w.line("end")
}

// probe runs statements whose error it shows.
func (w *writer) probe() {
	caught, inside, dots, loops := w.caught, w.inside, w.dots, w.loops
	w.caught, w.loops = true, 0
	switch w.IntN(8) {
	case 0:
		w.line("out(xpcall(function() tick()")
		w.dots = false
		w.body(1 + w.IntN(3))
		w.begin()
		w.line("return %s end, function(e) return %s end))", w.some(3), w.pick("e", "{e}", "type(e)", "'handled ' .. ts(e)", "e.x", "error(e)"))
	case 1:
		w.coroutine("wrap", "out(pcall(co, %s))")
	case 2:
		w.coroutine("create", "out(coroutine.resume(co, %s)) out(coroutine.status(co))")
	default:
		w.dots = w.IntN(3) == 0
		params, args := "", ""
		if w.dots {
			w.begin()
			params, args = "...", ", "+w.some(2)
		}
		w.line("out(pcall(function(%s) tick()", params)
		w.body(1 + w.IntN(4))
		w.begin()
		w.line("return %s end%s))", w.some(3), args)
	}
	w.caught, w.inside, w.dots, w.loops = caught, inside, dots, loops
}

func (w *writer) pick(options ...string) string { return options[w.IntN(len(options))] }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.out, format+"\n", args...) }

func (w *writer) begin() { w.steps, w.levels, w.grows = 10, 0, false }

func (w *writer) name(prefix string) string {
	w.names++
	return fmt.Sprint(prefix, w.names)
}

func (w *writer) declare(name string, k kind, value string) {
	w.line("local %s = %s", name, value)
	w.scope = append(w.scope, variable{name, k})
}

// cut keeps a value short that may be longer than what it was made of.
func (w *writer) cut(expr string) string {
	if w.grows {
		w.grows = false
		return "cut(" + expr + ")"
	}
	return expr
}

// variable finds a variable of a kind.
func (w *writer) variable(k kind) (string, bool) {
	if len(w.scope) == 0 {
		return "", false
	}
	start := w.IntN(len(w.scope))
	for i := range w.scope {
		if v := w.scope[(start+i)%len(w.scope)]; v.kind == k {
			return v.name, true
		}
	}
	return "", false
}

func (w *writer) body(statements int) {
	visible, depth := len(w.scope), w.depth
	w.depth++
	for range statements {
		w.statement()
	}
	w.scope, w.depth = w.scope[:visible], depth
}
