package luagen

import (
	"fmt"
	"strings"
)

func (w *writer) statement() {
	w.begin()
	choice := w.IntN(30)
	if w.depth > 3 {
		choice = w.IntN(15)
	}
	switch choice {
	case 0, 1, 2:
		w.assign()
	case 3:
		w.line("%s, %s = %s", w.target(), w.target(), w.cut(w.some(3)))
	case 4, 5:
		k := kind(w.IntN(int(anything) + 1))
		w.declare(w.name("v"), k, w.cut(w.expr(k)))
	case 6:
		w.several()
	case 7, 8:
		w.line("out(%s)", w.some(3))
	case 9:
		w.line("%s", w.call())
	case 10:
		w.tableCall()
	case 11:
		w.line("out(%s)", w.redisCall())
	case 12:
		w.raise()
	case 13:
		w.ending()
	case 14:
		w.line("out(%s)", w.pick(w.libraryCall(), w.stringCall(), w.stringCall()))
	case 15, 16:
		w.branch()
	case 17, 18:
		w.numericFor()
	case 19, 20:
		w.genericFor()
	case 21:
		w.while()
	case 22:
		w.repeat()
	case 23:
		w.line("do")
		w.body(1 + w.IntN(3))
		w.line("end")
	case 24, 25:
		w.localFunction()
	case 26:
		w.method()
	case 27:
		w.object()
	default:
		w.probe()
	}
}

func (w *writer) assign() {
	switch w.IntN(6) {
	case 0:
		if h, ok := w.variable(hash); ok {
			w.line("%s%s = %s", h, w.key(), w.cut(w.expr(anything)))
			return
		}
	case 1:
		if o, ok := w.variable(object); ok {
			w.line("%s%s = %s", o, w.newKey(), w.cut(w.expr(anything)))
			return
		}
	case 2:
		if l, ok := w.variable(list); ok {
			w.line("%s[#%s+1] = %s", l, l, w.cut(w.expr(w.scalar())))
			return
		}
	case 3:
		if w.IntN(20) == 0 {
			w.line("%s = %s", w.pick("global", "_G.x", "string.x", "redis", "math.pi", "KEYS[3]", "ARGV.x", "arg"), w.expr(number))
			return
		}
	}
	k := kind(w.IntN(int(anything) + 1))
	if k == anything && w.IntN(3) > 0 {
		k = number
	}
	name, ok := w.variable(k)
	if !ok {
		name, k = "a", anything
	}
	w.line("%s = %s", name, w.cut(w.expr(k)))
}

// target is something that may hold any value.
func (w *writer) target() string {
	switch w.IntN(4) {
	case 0:
		if h, ok := w.variable(hash); ok {
			return h + w.key()
		}
	case 1:
		if o, ok := w.variable(object); ok {
			return o + w.newKey()
		}
	}
	v, _ := w.variable(anything)
	return v
}

// key is an index of a hash.
func (w *writer) key() string {
	switch w.IntN(8) {
	case 0:
		return "[" + w.expr(anything) + "]"
	case 1:
		return "[" + w.expr(text) + "]"
	case 2:
		return "[" + w.expr(number) + "]"
	case 3:
		return "." + w.pick("x", "y", "z") + "." + w.pick("x", "y")
	case 4:
		return w.pick("['x']", "[1]", "[-1]", "[1.5]", "[true]")
	}
	return "." + w.pick("x", "y", "z", "name")
}

// newKey is an index that an object may be assigned: neither nil nor NaN, of which its __newindex hears here only.
func (w *writer) newKey() string {
	if w.IntN(4) == 0 {
		return "[ts(" + w.expr(anything) + ")]"
	}
	return w.pick(".x", ".y", ".z", ".name", ".x.y", "['x']", "[1]", "[-1]", "[1.5]", "[true]")
}

func (w *writer) several() {
	one, two := w.name("v"), w.name("v")
	if w.IntN(4) == 0 {
		w.line("local %s, %s", one, two)
	} else {
		w.line("local %s, %s = %s", one, two, w.cut(w.some(3)))
	}
	w.scope = append(w.scope, variable{one, anything}, variable{two, anything})
}

func (w *writer) raise() {
	condition := w.expr(truth)
	value := w.expr(text)
	if w.caught && w.IntN(3) == 0 {
		value = w.expr(w.scalar())
		if w.IntN(2) == 0 {
			value = w.pick("{}", "{code = 1}", "{err = 'E text'}", "nil", "{err = 5}", "h1", "redis.error_reply('MY error')")
		}
	}
	switch w.IntN(5) {
	case 0:
		w.line("assert(%s, %s)", condition, w.pick("nil", "'asserted'", w.expr(text), w.expr(number)))
	case 1:
		w.line("if %s then error() end", condition)
	case 2:
		w.line("if %s then error(%s) end", condition, value)
	default:
		w.line("if %s then error(%s, %s) end", condition, value, w.pick("0", "1", "2", "3", "-1", "1.5"))
	}
}

// ending leaves a loop, a function or a coroutine for a while.
func (w *writer) ending() {
	switch {
	case w.loops > 0 && w.IntN(2) == 0:
		w.line("if %s then break end", w.expr(truth))
	case w.inside && w.IntN(3) > 0:
		w.line("out(coroutine.yield(%s))", w.some(2))
	case w.depth > 0 && w.caught:
		w.line("if %s then return %s end", w.expr(truth), w.cut(w.some(2)))
	default:
		w.line("local %s", w.name("unused"))
	}
}

func (w *writer) branch() {
	w.line("if %s then", w.expr(w.pickKind(truth, truth, anything)))
	w.body(1 + w.IntN(2))
	for w.IntN(3) == 0 {
		w.begin()
		w.line("elseif %s then", w.expr(truth))
		w.body(1)
	}
	if w.IntN(2) == 0 {
		w.line("else")
		w.body(1)
	}
	w.line("end")
}

func (w *writer) pickKind(kinds ...kind) kind { return kinds[w.IntN(len(kinds))] }

func (w *writer) scalar() kind { return w.pickKind(number, number, text, text, truth) }

// loop writes the body of a loop and its end.
func (w *writer) loop(end string, variables ...variable) {
	visible := len(w.scope)
	w.scope = append(w.scope, variables...)
	w.loops++
	w.body(1 + w.IntN(2))
	w.loops--
	w.line("%s", end)
	w.scope = w.scope[:visible]
}

func (w *writer) numericFor() {
	bounds := w.pick("1, 3", "3, 1", "1, 2, 0.5", "1, 0, -0.25", "0.1, 0.5, 0.1", "'1', '2'", "1, 3, '2'", "-1, -3, -1", "1, 1e15, 5e14", "5, 1, 1", "-#'', 0", "2^53, 2^53 + 2", "#s1, #s1 + 1", "1, #l1 < 4 and #l1 or 3")
	if w.IntN(8) == 0 {
		bounds = w.pick("1, "+w.leaf(anything)+", 1e300", w.leaf(anything)+", 1", "1, 2, "+w.pick("'x'", "nil", "{}", "s1", "a", "true", "1/0", "-1/0"), "0/0, 1", "1, 0/0", "'a', 2", "1, 'b'", "1, {}", "nil, 2", "0, -1/0, -1e308", "1e308, 1/0, 1e308")
	}
	name := w.pick("i", "j", "n1")
	w.line("for %s = %s do tick()", name, bounds)
	w.loop("end", variable{name, number})
}

func (w *writer) genericFor() {
	k, v := w.name("k"), w.name("v")
	switch w.IntN(8) {
	case 0, 1:
		w.line("for %s, %s in ipairs(%s) do tick()", k, v, w.expr(list))
	case 2:
		w.line("for %s, %s in pairs({%s}) do tick()", k, v, w.items(text))
	case 3:
		w.line("for %s, %s in pairs({%s = %s}) do tick()", k, v, w.pick("x", "y"), w.expr(w.scalar()))
	case 4:
		w.line("for %s, %s in string.gmatch(%s, %s) do tick()", k, v, w.expr(text), w.pattern())
	case 5:
		w.line("for %s, %s in next, {%s} do tick()", k, v, w.items(number))
	case 6:
		w.line("for %s, %s in function(limit, i) tick() i = (i or 0) + 1 if i <= 2 then return i, limit end end, %s do", k, v, w.cut(w.expr(w.scalar())))
	case 7:
		// In a function of its own, as the error of what cannot be called may name what was in a register before.
		caught, dots := w.caught, w.dots
		w.caught, w.dots = true, false
		w.line("out(pcall(function() for %s, %s in %s do tick()", k, v, w.pick("ipairs()", "pairs(nil)", w.leaf(anything), "ipairs(a)", "nil", "ipairs(l1), l1, 0", "next, {}", "s1:gmatch('.')", "s2.x", "coroutine.wrap(function() tick() return 1, 2 end)"))
		w.loop("end end))", variable{k, anything}, variable{v, anything})
		w.caught, w.dots = caught, dots
		return
	}
	w.loop("end", variable{k, anything}, variable{v, anything})
}

func (w *writer) while() {
	count := w.name("count")
	w.line("do local %s = 0 while %s < 3 and (%s) do %s = %s + 1 tick()", count, count, w.expr(truth), count, count)
	w.loop("end end")
}

func (w *writer) repeat() {
	count, local := w.name("count"), w.name("r")
	w.line("do local %s = 0 repeat local %s = %s %s = %s + 1 tick()", count, local, w.expr(anything), count, count)
	visible := len(w.scope)
	w.scope = append(w.scope, variable{local, anything})
	w.begin()
	until := w.expr(truth)
	w.loop(fmt.Sprintf("until %s > 2 or %s == nil or (%s) end", count, local, until))
	w.scope = w.scope[:visible]
}

// inFunction writes a function's parameters, body and result.
func (w *writer) inFunction(head string, self bool) {
	caught, loops, dots, visible, inside := w.caught, w.loops, w.dots, len(w.scope), w.inside
	w.caught, w.loops, w.inside = false, 0, false
	one, two := w.name("p"), w.name("p")
	w.dots = w.IntN(3) == 0
	params := w.pick(one, one+", "+two, one+", "+two)
	if w.dots {
		params += ", ..."
	}
	w.scope = append(w.scope, variable{one, anything}, variable{two, anything})
	if self {
		w.scope = append(w.scope, variable{"self", object})
	}
	w.line("%s(%s) tick()", head, params)
	w.body(w.IntN(3))
	w.begin()
	w.line("return %s end", w.cut(w.some(3)))
	w.caught, w.loops, w.dots, w.scope, w.inside = caught, loops, dots, w.scope[:visible], inside
}

func (w *writer) localFunction() {
	name := w.name("f")
	w.inFunction("local function "+name, false)
	w.scope = append(w.scope, variable{name, function})
}

func (w *writer) method() {
	if o, ok := w.variable(object); ok {
		w.inFunction("function "+o+w.pick(".", ":")+w.pick("m", "x", "name"), true)
		return
	}
	w.localFunction()
}

// object makes a table with a metatable.
func (w *writer) object() {
	name := w.name("o")
	w.line("local %s = setmetatable({x = %s, %s}, {", name, w.leaf(w.scalar()), w.leaf(w.scalar()))
	for range 1 + w.IntN(6) {
		w.begin()
		w.steps = 4
		event := w.pick("add", "sub", "mul", "div", "mod", "pow", "unm", "concat", "eq", "lt", "le", "call", "tostring", "index", "newindex", "metatable", "mode")
		visible, dots, inside := len(w.scope), w.dots, w.inside
		w.dots, w.inside = false, false
		w.scope = append(w.scope, variable{"p", anything})
		if event != "unm" { // gopher-lua gives it its operand once, Lua twice
			w.scope = append(w.scope, variable{"q", anything})
		}
		switch {
		case w.IntN(20) == 0 && !strings.Contains("add sub mul div mod pow unm concat eq lt le", event): // operators want functions in Lua
			w.line("__%s = %s,", event, w.pick("5", "'x'", "{}", "string.upper", "setmetatable({}, {__call = function() return 1 end})"))
		case event == "mode":
			w.line("__mode = 'k',")
		case event == "metatable":
			w.line("__metatable = %s,", w.pick("'locked'", "1", "false"))
		case event == "tostring":
			w.line("__tostring = function(p) tick() return %s end,", w.pick("'shown'", "5", "nil", "{}", "s1"))
		case event == "index" && w.IntN(2) == 0:
			w.line("__index = %s,", w.pick("h1", "l1", "{y = 5, m = function(self, v) return v end}", "'text'", "string", "5"))
		case event == "newindex" && w.IntN(2) == 0:
			w.line("__newindex = %s,", w.pick("h1", "{}", "'text'", "5"))
		case event == "newindex":
			w.line("__newindex = function(p, q, value) tick() %s end,", w.pick("rawset(p, q, value)", "out(q, value)", "error(q)"))
		case event == "eq" || event == "lt" || event == "le":
			w.line("__%s = function(p, q) tick() return %s end,", event, w.expr(w.pickKind(truth, truth, anything)))
		default:
			w.line("__%s = function(p, q) tick() return %s end,", event, w.cut(w.expr(w.scalar())))
		}
		w.scope, w.dots, w.inside = w.scope[:visible], dots, inside
	}
	w.line("})")
	w.scope = append(w.scope, variable{name, object})
}
