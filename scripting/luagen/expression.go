package luagen

import "strings"

// expr is an expression of a kind, or now and then of another, which then may be an error.
func (w *writer) expr(k kind) string {
	if w.IntN(40) == 0 {
		k = kind(w.IntN(int(anything) + 1))
	}
	if w.steps--; w.levels > 3 || w.steps < 0 {
		return w.leaf(k)
	}
	w.levels++
	defer func() { w.levels-- }()
	switch k {
	case number:
		return w.number()
	case text:
		return w.text()
	case truth:
		return w.truth()
	case list:
		return w.list()
	case hash:
		return w.hash()
	case object:
		return w.leaf(object)
	case function:
		return w.function()
	}
	return w.anything()
}

// leaf is an expression without parts.
func (w *writer) leaf(k kind) string {
	if v, ok := w.variable(k); ok && w.IntN(5) < 3 {
		return v
	}
	switch k {
	case number:
		return w.pick("0", "1", "2", "3", "-1", "10", "-7", "0.5", "2.5", "-0.25", "0x10", "1e15", "1e300", "-1e300", "(1/0)", "(-1/0)", "(0/0)", ".5", "3.", "1e-7", "9007199254740993", "123456789012345678",
			"2147483648", "-2147483649", "4294967295", "1/3", "math.pi", "math.huge", "100", "255", "256", "1E2", "0.1")
	case text:
		return w.pick(`""`, `"a"`, `"b"`, `'word'`, `"10"`, `"0x1f"`, `" 5 "`, `"1e2"`, `"-3"`, `"abc abc"`, `"hello world"`, `"a,b,,c"`, `"\0x\0"`, `"\255\128"`, `"x\ny"`, `"a\r\nb"`, `"%d %s"`, `"[[x]]"`, `[[long
string]]`, `[==[a]]b]==]`, `"\65\066\7"`, `"tab\tq\"'\\"`, `'\z\x'`, `"THE (quick) fox"`, `"k = v, k2=v2"`, `"ARGV[1]"`, `ARGV[1]`, `ARGV[2]`, `ARGV[3]`, `KEYS[1]`, `KEYS[2]`, `"inf"`, `"nan"`, `"010"`, `"5."`, `"."`, `"é"`, `"`+strings.Repeat("long ", 21)+`"`)
	case truth:
		return w.pick("true", "false")
	case list:
		return w.pick("{}", "{1, 2, 3}", "{'b', 'a', 'c'}", "{3, 1, 2, 5, 4}", "{true}", "KEYS", "ARGV", "{{1}, {2}}", "{1, 'x'}")
	case hash:
		return w.pick("{}", "{x = 1}", "{x = 1, y = 'z'}", "{[1] = 1, x = {y = 2}}", "{x = {y = {x = 1}}}", "{[-1] = 1, [0.5] = 2}")
	case object:
		return "setmetatable({}, {__index = h1})"
	case function:
		return w.pick("ts", "type", "string.upper", "math.floor", "tonumber", "select", "pairs", "error", "unpack", "rawget", "string.len", "function(...) return ... end", "function(x) return x end", "function() end")
	}
	switch w.IntN(12) {
	case 0, 1:
		return "nil"
	case 2:
		if w.dots {
			return w.pick("...", "(...)", "select('#', ...)")
		}
	case 3:
		return w.pick("undefined", "_G.x", "type(_G)", "n1.x", "a.x", "b.x.y", "h1.none.x", "string.none", "redis.none", "math.none", "redis.REPL_ALL", "cjson.null", "_VERSION", "ARGV[9]", "arg", "KEYS.x")
	}
	return w.leaf(kind(w.IntN(int(anything))))
}

func (w *writer) number() string {
	switch w.IntN(22) {
	case 0, 1, 2:
		return w.expr(number) + w.pick(" + ", " - ", " + ", "-", "+") + w.expr(number)
	case 3, 4:
		return "(" + w.expr(number) + w.pick(" * ", " / ", "*", "/") + w.expr(number) + " + 0)" // never -0
	case 5:
		return "(" + w.pick("-", "- ", "- -") + w.leaf(number) + " + 0)" // folded to 0, not -0
	case 6:
		return "(" + w.tame() + w.pick(" % ", "%") + w.pick("1", "2", "3", "-2", "-7", "0.5", "'4'", "10", "-1.5") + " + 0)"
	case 7:
		return w.pick("2", "3", "10", "-2", "0.5", "(-8)", "0") + w.pick("^", " ^ ") + w.pick("2", "3", "-1", "0", "0.5", "10", "2^2", "-2", "(1/0)")
	case 8, 9:
		return "#" + w.pick(w.leaf(text), w.leaf(list), w.leaf(text), "{"+w.some(3)+", 1}")
	case 10:
		return w.pick(`"10"`, `'0x10'`, `" 3 "`, `ARGV[1]`, `"5" + 0`, `"1e1"`) + w.pick(" + ", " - ") + w.expr(number)
	case 11:
		return "(tonumber(" + w.cut(w.expr(w.scalar())) + w.pick("", "", ", 10", ", 16", ", 2", ", 36", ", 8") + ") or 0)"
	case 12:
		return w.pick("math.floor", "math.ceil", "math.abs", "math.sqrt") + "(" + w.expr(number) + ")"
	case 13:
		return w.pick("math.max", "math.min", "math.fmod", "math.max", "math.ldexp") + "(" + w.expr(number) + ", " + w.tame() + ")"
	case 14:
		return "select('#', " + w.some(3) + ")"
	case 15:
		return w.pick("bit.band", "bit.bor", "bit.bxor", "bit.lshift", "bit.rshift", "bit.arshift", "bit.rol", "bit.ror") + "(" + w.tame() + ", " + w.tame() + ")"
	case 16:
		return "(" + w.expr(text) + "):len()"
	case 17:
		return "((" + w.leaf(text) + "):byte(" + w.pick("", "1", "-1", "2", "9") + ") or 0)"
	case 18:
		return w.pick("table.getn", "table.maxn", "#") + "(" + w.leaf(list) + ")"
	case 19:
		return "(" + w.expr(truth) + " and " + w.expr(number) + " or " + w.expr(number) + ")"
	case 20:
		return "(({" + w.items(number) + "})[" + w.pick("1", "2") + "] or 1)"
	}
	return w.leaf(number)
}

// tame is a number for what is exact on small numbers only.
func (w *writer) tame() string {
	return w.pick("0", "1", "2", "3", "7", "-1", "-3", "10", "5", "0.5", "2.5", "-1.5", "255", "1000", "#s1", "#l1", "'7'")
}

func (w *writer) text() string {
	w.grows = true
	switch w.IntN(16) {
	case 0, 1, 2:
		return w.expr(w.scalarText()) + " .. " + w.expr(w.scalarText())
	case 3:
		return w.leaf(w.scalarText()) + ".." + w.leaf(text) + " .. " + w.expr(text) + " .. " + w.leaf(text)
	case 4:
		return "(" + w.expr(text) + "):" + w.pick("upper()", "lower()", "reverse()", "sub(2)", "sub(-3, -1)", "sub(1, 3)", "rep(2)", "sub(0)", "rep(0)", "len():x()", "none()", "gsub('a', 'b')")
	case 5:
		return "ts(" + w.expr(w.scalar()) + ")"
	case 6:
		return "string.sub(" + w.expr(text) + ", " + w.edge() + w.pick("", ", "+w.edge()) + ")"
	case 7:
		return "string.rep(" + w.leaf(text) + ", " + w.pick("0", "1", "2", "3", "-1", "2.7", "'2'", "0/0", "-1/0", "-1e300", "nil") + ")"
	case 8:
		return w.format()
	case 9:
		return "(" + w.gsub() + ")"
	case 10:
		return "table.concat(" + w.pick("{"+w.items(text)+"}", "{"+w.items(number)+"}", w.leaf(list)) + w.pick("", ", ','", ", s1", ", 1") + ")"
	case 11:
		return "ts(" + w.expr(anything) + ")"
	case 12:
		return "string.char(" + w.pick("", "65", "0", "255, 66", "256", "-1", "65.9", "'66'", "nil") + ")"
	case 13:
		return "(" + w.expr(truth) + " and " + w.expr(text) + " or " + w.expr(text) + ")"
	case 14:
		return "type(" + w.expr(anything) + ")"
	}
	return w.leaf(text)
}

func (w *writer) scalarText() kind { return w.pickKind(text, text, number) }

func (w *writer) truth() string {
	switch w.IntN(14) {
	case 0, 1, 2:
		return w.expr(number) + w.pick(" < ", " <= ", " > ", " >= ", " == ", " ~= ") + w.expr(number)
	case 3, 4:
		return w.expr(text) + w.pick(" < ", " <= ", " > ", " >= ", " == ", " ~= ") + w.leaf(text)
	case 5:
		return w.expr(anything) + w.pick(" == ", " ~= ") + w.expr(anything)
	case 6:
		return "not " + w.expr(anything)
	case 7:
		return "(" + w.expr(truth) + w.pick(" and ", " or ") + w.expr(truth) + ")"
	case 8:
		return "rawequal(" + w.expr(anything) + ", " + w.expr(anything) + ")"
	case 9:
		return "type(" + w.expr(anything) + ") == " + w.pick("'string'", "'number'", "'table'", "'nil'", "'boolean'")
	case 10:
		return w.leaf(anything) + w.pick(" < ", " <= ", " > ", " >= ") + w.leaf(anything)
	case 11:
		return w.leaf(object) + w.pick(" < ", " <= ", " > ", " >= ", " == ", " ~= ") + w.leaf(object)
	case 12:
		return "not not " + w.leaf(anything)
	}
	return w.leaf(truth)
}

func (w *writer) list() string {
	switch w.IntN(5) {
	case 0:
		return "{" + w.items(w.scalar()) + "}"
	case 1:
		return "{" + w.items(number) + ", (" + w.expr(number) + ")}"
	case 2:
		return "{unpack(" + w.leaf(list) + ")}"
	case 3:
		return "{(" + w.expr(text) + "):byte(1, -1)}"
	}
	return w.leaf(list)
}

// items are some expressions of a kind, none of them nil.
func (w *writer) items(k kind) string {
	parts := make([]string, 1+w.IntN(4))
	for i := range parts {
		parts[i] = w.leaf(k)
		if w.IntN(3) == 0 {
			parts[i] = w.expr(k)
		}
		if strings.Contains(parts[i], "...") || strings.HasSuffix(parts[i], ")") {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, w.pick(", ", "; ", ","))
}

func (w *writer) hash() string {
	switch w.IntN(4) {
	case 0:
		return "{" + w.pick("x", "y", "z") + " = " + w.expr(anything) + ", [" + w.expr(text) + "] = " + w.expr(anything) + "}"
	case 1:
		return "{x = " + w.expr(w.scalar()) + "; y = " + w.expr(hash) + ",}"
	case 2:
		return "{[" + w.leaf(w.pickKind(text, truth)) + "] = " + w.leaf(anything) + "}"
	}
	return w.leaf(hash)
}

func (w *writer) function() string {
	if w.IntN(3) > 0 {
		return w.leaf(function)
	}
	dots, visible := w.dots, len(w.scope)
	w.dots = w.IntN(2) == 0
	w.scope = append(w.scope, variable{"x", anything}, variable{"y", anything})
	params := "x, y"
	if w.dots {
		params = "x, y, ..."
	}
	body := "function(" + params + ") tick() return " + w.cut(w.some(2)) + " end"
	w.dots, w.scope = dots, w.scope[:visible]
	return body
}

func (w *writer) anything() string {
	switch w.IntN(24) {
	case 0:
		return "(" + w.expr(anything) + " and " + w.expr(anything) + ")"
	case 1:
		return "(" + w.expr(anything) + " or " + w.expr(anything) + ")"
	case 2:
		return w.expr(anything) + " and " + w.expr(anything) + " or " + w.expr(anything)
	case 3, 4:
		return w.call()
	case 5:
		return "(" + w.call() + ")"
	case 6:
		return w.leaf(hash) + w.key()
	case 7:
		return w.leaf(object) + w.key()
	case 8:
		return w.operation()
	case 9:
		return w.stringCall()
	case 10:
		return w.libraryCall()
	case 11:
		return w.redisCall()
	case 12:
		return "(" + w.leaf(anything) + ")" + w.key()
	case 13:
		return w.leaf(anything) + w.pick(" + ", " - ", " * ", " / ", " .. ") + w.leaf(anything)
	case 14:
		if w.IntN(4) == 0 {
			return "(-" + w.leaf(w.pickKind(text, number)) + " + 0)" // never -0
		}
		return w.pick("-", "#", "#") + w.leaf(w.pickKind(anything, object))
	}
	return w.expr(kind(w.IntN(int(anything))))
}

// operation is an operation on an object, which its metatable may have or not.
func (w *writer) operation() string {
	operator := w.pick(" + ", " - ", " * ", " / ", " % ", "^", " .. ", " .. ", " + ")
	switch o := w.leaf(object); w.IntN(4) {
	case 0:
		return o + operator + w.expr(anything)
	case 1:
		return w.leaf(anything) + operator + o
	case 2:
		return o + operator + w.leaf(object)
	default:
		return w.pick("-"+o, "#"+o, "#{"+o+"}", "getmetatable("+o+").__tostring and tostring("+o+")", "not "+o, o+"()", "rawequal("+o+", "+o+")")
	}
}

// call is a call of something that may be a function.
func (w *writer) call() string {
	args := w.cut(w.some(2))
	if w.IntN(5) == 0 && !strings.HasPrefix(args, "cut(") {
		args = ""
	}
	switch w.IntN(8) {
	case 0:
		return w.leaf(object) + "(" + args + ")"
	case 1:
		return w.leaf(object) + ":" + w.pick("m", "x", "name", "none") + "(" + args + ")"
	case 2:
		if v, ok := w.variable(w.pickKind(anything, text, number, hash, list)); ok {
			return v + w.pick("(", ".x(", ":x(", "[1](", ".x.y(") + args + ")"
		}
	case 3:
		return "(" + w.function() + ")(" + args + ")"
	case 4:
		if args == "" {
			args = "ts" // pcall() crashes redis-server
		}
		return w.pick("select", "unpack", "assert", "rawget", "rawset", "ipairs", "type", "undefined", "string.none", "setmetatable", "getmetatable", "tick", "coroutine.yield", "coroutine.status", "coroutine.resume", "table.none.x") + "(" + args + ")"
	case 5:
		return "pcall(" + w.leaf(function) + ", " + args + w.pick("", "1") + "nil)"
	}
	f, _ := w.variable(function)
	return f + "(" + args + ")"
}

// some are one or more values; the last may be several.
func (w *writer) some(most int) string {
	parts := make([]string, 1+w.IntN(most))
	for i := range parts {
		parts[i] = w.expr(w.pickKind(number, text, truth, list, hash, anything, anything))
	}
	if w.dots && w.IntN(4) == 0 {
		parts[len(parts)-1] = "..."
	}
	return strings.Join(parts, ", ")
}

// result is what a script may return, of every conversion.
func (w *writer) result(depth int) string {
	if depth > 3 {
		return w.leaf(w.scalar())
	}
	switch w.IntN(14) {
	case 0, 1:
		parts := make([]string, 1+w.IntN(4))
		for i := range parts {
			parts[i] = w.result(depth + 1)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case 2:
		return w.pick("{ok = 'fine'}", "{err = 'ERR bad'}", "{err = 'bad'}", "{err = '-BAD thing'}", "{ok = 5}", "{err = 5}", "redis.status_reply('X')", "redis.error_reply('bad')", "redis.error_reply('MY bad\\r\\nthing')", "redis.status_reply('a\\nb')", "{double = 1.5}", "{map = {x = 1}}", "{set = {x = true}}", "{big_number = '123'}",
			"{verbatim_string = {string = 'x', format = 'txt'}}", "{ok = 'a', err = 'b'}", "redis.error_reply()", "redis.status_reply(1)", "{ok = 'x\\0y'}")
	case 3:
		return w.pick("nil", "cjson.null", "function() end", "{1, nil, 3}", "{nil, 1}", "{}", "-#''", "1e18", "-1e18", "1e19", "1/0", "-1/0", "0/0", "2^53", "-1.9", "0.9", "{x = 1}", "{1, 2, x = 3}", "coroutine.create(function() end)", "true", "false", "{true, false}")
	case 4:
		return "redis.call('GET', 'k1')"
	}
	return w.expr(w.scalar())
}
