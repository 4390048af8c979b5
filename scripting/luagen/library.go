package luagen

// edge is an index into a string, or past it.
func (w *writer) edge() string {
	if w.IntN(6) == 0 {
		return w.leaf(w.pickKind(number, number, text, anything))
	}
	return w.pick("0", "1", "2", "3", "-1", "-2", "-3", "1.5", "2.9", "-1.5", "100", "-100", "1e10", "-1e10", "'2'", "nil", "2^31", "-2^31", "2^53")
}

// pattern is a pattern, well formed or not.
func (w *writer) pattern() string {
	if w.IntN(12) == 0 {
		return w.leaf(text)
	}
	if w.IntN(8) == 0 {
		return w.pick(`"%"`, `"["`, `"[a"`, `"[^"`, `"[]"`, `"[^]"`, `"("`, `")"`, `"(()"`, `"%b"`, `"%bx"`, `"%f"`, `"%fa"`, `"%1"`, `"(a)%2"`, `"(%1)"`, `"a)"`, `"[%"`, `"[%]"`, `"[a-"`, `"%0"`, `"[[:alpha:]]"`, `"((((((((((((((((((((((((((((((((()))))))))))))))))))))))))))))))))"`)
	}
	single := func() string {
		return w.pick("a", "b", ".", "%a", "%d", "%s", "%w", "%p", "%l", "%u", "%c", "%x", "%z", "%A", "%S", "%W", "%D", "[abc]", "[^abc]", "[a-z]", "[%w_]", "[^%s]", "[]]", "[^]]", "[a-]", "[%a-z]", "%.", "%%", "x", ",", " ", "o", "=", "%-", "\\0", "[\\0-\\31]", "%g", "\\255")
	}
	p := w.pick("", "", "", "^")
	for range 1 + w.IntN(3) {
		item := single() + w.pick("", "", "*", "+", "-", "?")
		switch w.IntN(8) {
		case 0, 1:
			item = "(" + item + ")"
		case 2:
			item = w.pick("()", "%b()", "%b[]", "%bxx", "%f[%a]", "%f[^%w]", "(%a+)%s*=%s*", "%f[\\0]", "(.)%1", "((.)%2)")
		}
		p += item
	}
	return `"` + p + w.pick("", "", "", "$") + `"`
}

func (w *writer) gsub() string {
	replacement := w.pick(`""`, `"x"`, `"<%0>"`, `"%1"`, `"%2"`, `"%%"`, `"%"`, `"%x"`, `"%0%0"`, "5", "1.5", "{a = 'A', hello = 'H', ['1'] = false}", "{}", "h1", "l1", "string.upper", "function(x) return x .. '!' end", "function() end", "function(x, y) return y end", "function() return false end",
		"function() return {} end", "function() return 7 end", "setmetatable({}, {__index = function(t, k) return k .. k end})", "nil", "true", "function(x) error('in gsub') end", "{word = {}}", "s1", "function(...) tick() return select('#', ...) end", "coroutine.yield")
	return "string.gsub(" + w.leaf(text) + ", " + w.pattern() + ", " + replacement + w.pick("", "", "", ", 1", ", 0", ", -1", ", 1.9", ", 'x'", ", nil") + ")"
}

func (w *writer) format() string {
	w.grows = true
	verb := w.pick("d", "i", "u", "c", "x", "X", "o", "e", "E", "f", "g", "G", "s", "q", "s", "d", "g", "5.1f", "a", "p", "y", "")
	value := w.leaf(number)
	switch verb {
	case "s", "q":
		value = w.leaf(w.scalarText())
	case "c":
		value = w.pick("65", "0", "255", "300", "-1", "65.5")
	case "f", "5.1f":
		value = w.pick("1.5", "-0.05", "1e10", "(0/0)", "(1/0)", "(-1/0)", "0", "(-#'')", "123.456", "'7'", "0.125", "2.675", "1e15")
	case "u", "x", "X", "o", "d", "i":
		value = w.pick("0", "1", "-1", "255", "-255", "3.9", "-3.9", "2^31", "2^32", "-2^31", "2^53", "'12'", "1e15", "0.5", "123456789")
	}
	if w.IntN(14) == 0 {
		value = w.leaf(anything)
	}
	flags := ""
	for range w.IntN(3) {
		flags += w.pick("-", "+", " ", "#", "0")
	}
	width := w.pick("", "", "", "5", "12", "1", "99", "100", "0")
	precision := w.pick("", "", "", ".0", ".2", ".10", ".", ".99", ".100", ".3")
	switch verb {
	case "q", "5.1f":
		flags, width, precision = "", "", ""
	case "c":
		flags, width, precision = w.pick("", "-"), w.pick("", "5"), ""
	case "s":
		flags = w.pick("", "", "-")
	case "d", "i", "u":
		flags = w.pick("", flags[:min(1, len(flags))], "-", "0", "+")
		if flags == "#" {
			flags = ""
		}
	}
	return "string.format(" + w.pick(`"`, `"<`, `"%% `) + "%" + flags + width + precision + verb + w.pick(`"`, `>"`, `%%"`, ` %s"`, ` %d"`) + w.pick(", "+value, ", "+value, ", "+value+", "+w.leaf(w.scalarText())) + ")"
}

// stringCall is a call of the string library that may give several values.
func (w *writer) stringCall() string {
	w.grows = true
	s := w.expr(text)
	switch w.IntN(12) {
	case 0, 1:
		return "string.find(" + s + ", " + w.pattern() + w.pick("", "", ", "+w.edge(), ", "+w.edge()+", true", ", 1, false") + ")"
	case 2, 3:
		return "string.match(" + s + ", " + w.pattern() + w.pick("", "", ", "+w.edge()) + ")"
	case 4, 5:
		return w.gsub()
	case 6:
		return "string.byte(" + w.leaf(text) + w.pick("", ", "+w.edge(), ", "+w.edge()+", "+w.edge()) + ")"
	case 7:
		return "string.sub(" + s + ", " + w.edge() + w.pick("", ", "+w.edge()) + ")"
	case 8:
		return "(" + s + "):" + w.pick("find", "match", "gmatch", "gsub", "byte", "rep", "sub", "format", "upper", "len", "reverse", "char") + "(" + w.pick("", w.pattern(), w.leaf(w.pickKind(text, anything, truth, function)), w.pattern()+", "+w.edge()) + ")"
	case 9:
		return w.format()
	case 10:
		return "string." + w.pick("len", "upper", "lower", "reverse", "byte", "sub", "char", "find", "match", "gmatch", "format", "dump", "gfind") + "(" + w.pick("", w.leaf(w.pickKind(truth, text, hash)), w.leaf(text)+", "+w.leaf(text), "nil", w.leaf(text)+", nil") + ")"
	}
	return "string.format('%.10g', " + w.pick("math.sin", "math.cos", "math.tan", "math.exp", "math.log", "math.log10", "math.atan", "math.sinh", "math.cosh", "math.tanh", "math.asin", "math.acos", "math.deg", "math.rad") + "(" + w.pick("0", "1", "0.5", "2", "-1", "10", "'1'", "nil", "1/0", "0/0", "-0.5") + "))"
}

// tableCall is a statement that changes a list.
func (w *writer) tableCall() {
	l, _ := w.variable(list)
	if l == "" {
		l = "l1"
	}
	n := w.name("t")
	switch w.IntN(9) {
	case 0:
		w.line("table.insert(%s, %s)", l, w.cut(w.expr(w.scalar())))
	case 1:
		w.line("table.insert(%s, %s, %s)", l, w.pick("1", "#"+l, "#"+l+" + 1", "1.5", "'1'"), w.cut(w.expr(w.scalar())))
	case 2:
		w.line("out(table.remove(%s%s))", l, w.pick("", ", 1", ", #"+l, ", 0", ", 100", ", -1", ", 1.5", ", '1'", ", nil"))
	case 3, 4:
		w.line("do local %s = {%s} table.sort(%s, %s) out(%s) end", n, w.items(w.pickKind(number, text)), n,
			w.pick("nil", "function(x, y) return x < y end", "function(x, y) return x > y end", "function(x, y) return ts(x) < ts(y) end", "function() tick() return true end", "function() return false end", "function(x, y) return x <= y end", "function(x, y) return x end", "error", "1", "function(x, y) tick() return #ts(x) > #ts(y) end"), n)
	case 5:
		w.line("do local %s = {5, 3, 8, 1, 9, 2, 7, %s} out(pcall(table.sort, %s, %s)) out(%s) end", n, w.items(number), n, w.pick("nil", "function() tick() return true end", "function(x, y) tick() return x >= y end", "function(x, y) return (x * 7) %% 5 < (y * 3) %% 5 end", "function(x, y) return x > y end"), n)
	case 6:
		w.line("table.foreachi(%s, function(i, v) tick() out(i, v) %s end)", w.leaf(list), w.pick("", "return v", "return nil", "error(v)"))
	case 7:
		w.line("table.foreach({%s = 1}, function(k, v) tick() out(k, v) return %s end)", w.pick("x", "y"), w.leaf(anything))
	default:
		w.line("out(table.%s(%s))", w.pick("insert", "remove", "sort", "concat", "getn", "maxn", "setn", "foreach", "foreachi", "none"), w.pick("", "nil", "1", "{}", "{}, 1, 2, 3", "l1, 'x'", "{1, 2}, nil", "{1, 'x', 2}", "{{}}", "{1, true}", "'x'", "{1, 2, 3}, ',', 2, 3", "{1, 2, 3}, ',', 3, 2", "{1}, ',', 1, 2", "{1, 2}, {}", "{}, 1, 2", "{1}, 'x', 2"))
	}
}

// libraryCall is a call of a library other than those for strings and tables.
func (w *writer) libraryCall() string {
	switch w.IntN(14) {
	case 0:
		return "tonumber(" + w.pick(`"10"`, `"ff"`, `"zz"`, `"-7"`, `"1e1"`, `" 8 "`, `"8x"`, `""`, `"0x1F"`, `"1 1"`, `"9"`, "nil", "{}", "true", "7.5", "'1e'", "'.5'", "'5.'", "'0x'", "'1_0'", "'inf'", "'-nan'", "'0x1p4'", `"1\0"`, "s1") + w.pick("", ", 10", ", 16", ", 36", ", 2", ", 8", ", 1", ", 37", ", 0", ", 'x'", ", nil", ", 10.9") + ")"
	case 1:
		return "select(" + w.pick("1", "2", "-1", "'#'", "0", "5", "-5", "'x'", "1.9", "nil", "'2'") + ", " + w.some(3) + ")"
	case 2:
		return "unpack(" + w.pick("{1, 2, 3}", "{}", w.leaf(list), "{1, nil, 3}", "nil", "'x'") + w.pick("", ", 2", ", 1, 2", ", 0, 1", ", -1, 1", ", 3, 1", ", 1, 1e8", ", 1.5", ", 'x'", ", nil, 2") + ")"
	case 3:
		return w.pick("math.modf", "math.frexp", "math.floor", "math.ceil", "math.abs", "math.max", "math.min", "math.fmod", "math.mod", "math.ldexp", "math.pow", "math.none", "math.sqrt") + "(" + w.pick("", "1.5", "-1.5", "0", "7, 3", "-7, 3", "7, -3", "'5'", "'x'", "nil", "{}", "1/0", "0/0", "2, 10", "3.7, 2", "-#''", "5, 0", "1, 2, 3", "0.5, 0.25", "1e300, 2") + ")"
	case 4:
		return w.json()
	case 5:
		return "cmsgpack.unpack" + w.msgpack()
	case 6:
		return w.structCall()
	case 7:
		return "bit." + w.pick("band", "bor", "bxor", "bnot", "lshift", "rshift", "arshift", "rol", "ror", "tobit", "tohex", "bswap") + "(" + w.pick("1, 2", "-1", "2^31", "2^32 + 5", "'7', 3", "1.5, 2.5", "255, 4", "nil", "", "1, 33", "1, -1", "-1, 8", "0x12345678", "0x12345678, 4", "-1, -4", "{}", "1, 'x'", "2^40", "-2^40", "0.5") + ")"
	case 8:
		return w.pick("loadstring", "load") + "(" + w.pick("'return 1, ...'", "'x ='", "'return return'", "'local x = 1 return x'", "nil", "''", "'error(1)'", "'return nothing.x'", "'a b'", "5", "'return ('", "function() return nil end", `"\27x"`, "'--[['", "'return \"'") + w.pick("", ", 'name'", ", '=name'", ", '@name'", ", 5") + ")"
	case 9:
		return w.pick("getmetatable", "setmetatable", "rawget", "rawset", "rawequal", "next", "type", "ipairs", "pairs", "collectgarbage", "assert", "select", "unpack", "getfenv", "setfenv", "dofile", "require") + "(" + w.pick("", "nil", "{}, nil", "{}, 'x'", "1", "'x'", "{}", "{}, {}", "nil, 1", "false, 'm'", "{}, nil, 1", "{}, 0/0, 1", "1, 2, 3", "setmetatable({}, {__metatable = 1}), {}") + ")"
	case 10:
		return w.pick("redis.sha1hex", "redis.status_reply", "redis.error_reply", "redis.setresp", "redis.log", "redis.set_repl", "redis.breakpoint", "redis.replicate_commands", "redis.acl_check_cmd") + "(" + w.pick("", "'x'", "'abc def'", "1", "nil", "{}", "'x', 'y'", "2", "3", "4", "'GET'", "'GET', 'k1'", "'none'", "redis.LOG_WARNING, 'x'", "0/0", "1.5") + ")"
	case 11:
		return "coroutine." + w.pick("status", "resume", "wrap", "create", "running", "yield") + "(" + w.pick("", "nil", "1", "coroutine.create(function(...) return ... end), 1, 2", "coroutine.create(function() error('in co') end)", "coroutine.create(function() error({}) end)", "coroutine.create(function() local x = nil x.y = 1 end)", "coroutine.create(function() return coroutine.yield(1) end)", "coroutine.create(string.upper)") + ")"
	case 12:
		return "({pcall(" + w.pick("string.rep", "string.format", "setmetatable", "table.concat", "tonumber", "math.floor", "ipairs", "string.char", "select", "redis.call", "cjson.decode", "unpack", "next", "table.insert", "error", "xpcall", "struct.pack", "cmsgpack.unpack") + w.pick("", ", 1", ", nil", ", {}", ", 'x'", ", {}, 1", ", 'x', 'y'", ", '%d', 'x'") + ")})[2]"
	}
	return "({xpcall(" + w.leaf(function) + ", " + w.pick("ts", "nil", "function(e) return 'h' end", "1") + ")})[2]"
}

func (w *writer) json() string {
	w.grows = true
	switch w.IntN(4) {
	case 0:
		return "cjson.encode(" + w.pick("1", "'x'", "{1, 2, 3}", "{}", "nil", "true", "{x = 1}", "1/3", "1e20", "0/0", "1/0", "'a\\n\\0\"/é\\255'", "{[3] = 1}", "{[1] = 1, [2] = 2}", "{[5] = 'x'}", "cjson.null", "function() end", "{{}, {x = {}}}", "{[1.5] = 1}", "{[true] = 1}", w.leaf(text), w.leaf(number), "{1, nil, 3}", "123456789012345", "-#''", "0.1") + ")"
	case 1:
		return "cjson.decode(cjson.encode(" + w.pick(w.leaf(list), w.leaf(text), w.leaf(number), "{x = {1, 2}}") + "))"
	}
	return "cjson.decode(" + w.pick(`'[1, 2.5, "x", null, true]'`, `'{"a": {"b": []}}'`, `'['`, `''`, `'nul'`, `'1 2'`, `'{"a" 1}'`, `'[1,]'`, `'{,}'`, `'"\\u00e9\\ud83d\\ude00"'`, `'"\\ud800"'`, `'"\\x"'`, `'"abc'`, `'[1e5, -0, 0x10, 01]'`, `'nan'`, `'inf'`, `'-Infinity'`, `'{"a":1,"a":2}'`, "nil", "5", "{}", `"[1\0]"`, `'tru'`, `'[[[[]]]]'`, `'"\\t\\n\\/"'`, `'{"1": 1}'`, `'[1}'`, `'1e999'`, `'.5'`, `'+1'`, `'"a\nb"'`, "s1") + ")"
}

func (w *writer) msgpack() string {
	return "(" + w.pick("cmsgpack.pack("+w.pick("1", "-1", "1.5", "'x'", "nil", "true", "{1, 2}", "{x = 1}", "2^40", "-2^40", "{}", "1, 2, 'x'", "0/0", "255", "65536", "{1, nil, 3}", w.leaf(text), w.leaf(number), "{{{}}}")+")", `"\147\1\161a\192"`, `"\193"`, `""`, `"\220"`, `"\129\161a"`, "nil", `"\203\63\248\0\0\0\0\0\0"`, "5", `"\1\2\3"`, `"\161"`) + ")"
}

func (w *writer) structCall() string {
	format := w.pick(`">I2"`, `"<i4"`, `"b"`, `"B"`, `"h"`, `"H"`, `"l"`, `"L"`, `"d"`, `"f"`, `"s"`, `"c3"`, `"c0"`, `"Bc0"`, `"!4 b i"`, `"x"`, `">i8"`, `"i3"`, `"i33"`, `"y"`, `"!3"`, `""`, `"T"`, `"<I2 >I2"`)
	switch w.IntN(3) {
	case 0:
		return "struct.pack(" + format + w.pick("", ", 1", ", -1", ", 'abc'", ", 300", ", 1, 2", ", 1.5", ", 'x'", ", nil", ", 3, 'abc'", ", '5'", ", 2^31") + ")"
	case 1:
		return "struct.unpack(" + format + ", " + w.pick(`"abcdefghijklmnop"`, `""`, `"\255\255\255\255"`, `"\3abc"`, `"abc\0def"`, "s1", "nil", `"\0\0\0\0\0\0\248\63"`) + w.pick("", ", 1", ", 2", ", 0", ", -1", ", 100") + ")"
	}
	return "struct.size(" + format + ")"
}

// redisCall is a call of a command that says the same everywhere.
func (w *writer) redisCall() string {
	w.grows = true
	value := func() string {
		if w.IntN(8) == 0 {
			argument := w.pick("s1", "s2", "n1 > 0 and 1 or 2", "nil", "{}", "true", "a")
			return "(type(" + argument + ") == 'number' and 1 or " + argument + ")" // the digits of others differ
		}
		return w.pick("'a'", "'b'", "'1'", "2", "3", "-1", "'x y'", "''", "0.5", "'10'", "1e3", "'word'", "ARGV[1]", "-#''", "'\\0'", "1.25")
	}
	command := w.pick(
		"'GET', 'k1'", "'GET', 'k2'", "'GET', KEYS[1]", "'SET', 'k1', @", "'SET', 'k2', @", "'SET', 'k1', @, 'NX'", "'SET', 'k1', @, 'GET'", "'SETNX', 'k1', @", "'APPEND', 'k1', @", "'STRLEN', 'k1'", "'INCR', 'k1'", "'INCRBY', 'k1', @", "'DECR', 'k2'", "'INCRBYFLOAT', 'k2', @",
		"'GETRANGE', 'k1', @, @", "'SETRANGE', 'k1', 2, @", "'GETSET', 'k1', @", "'GETDEL', 'k2'", "'MGET', 'k1', 'k2', 'list'", "'MSET', 'k1', @, 'k2', @", "'LPUSH', 'list', @", "'RPUSH', 'list', @, @", "'LRANGE', 'list', 0, -1", "'LRANGE', KEYS[2], @, @", "'LLEN', 'list'", "'LPOP', 'list'", "'RPOP', 'list', @",
		"'LINDEX', 'list', @", "'LSET', 'list', 0, @", "'LREM', 'list', 0, @", "'LTRIM', 'list', 0, 1", "'HSET', 'hash', 'f', @", "'HSET', 'hash', 'g', @, 'h', @", "'HGET', 'hash', 'f'", "'HMGET', 'hash', 'f', 'g', 'none'", "'HGETALL', 'hash'", "'HDEL', 'hash', 'f'", "'HLEN', 'hash'", "'HINCRBY', 'hash', 'n', @", "'HEXISTS', 'hash', 'f'", "'HKEYS', 'hash'",
		"'SADD', 'set', 1, 2, 3", "'SADD', 'set', @", "'SCARD', 'set'", "'SISMEMBER', 'set', @", "'SREM', 'set', @", "'SMISMEMBER', 'set', 1, @", "'ZADD', 'zset', 1, 'a', 2, 'b'", "'ZADD', 'zset', @, 'c'", "'ZRANGE', 'zset', 0, -1, 'WITHSCORES'", "'ZSCORE', 'zset', 'a'", "'ZINCRBY', 'zset', @, 'a'", "'ZRANK', 'zset', 'b'", "'ZCARD', 'zset'", "'ZREM', 'zset', @", "'ZRANGEBYSCORE', 'zset', '-inf', @",
		"'EXISTS', 'k1', 'k2'", "'TYPE', 'k1'", "'TYPE', 'list'", "'DEL', 'k1'", "'DEL', 'list', 'hash'", "'EXPIRE', 'k1', 100", "'TTL', 'k1'", "'PERSIST', 'k1'", "'RENAME', 'k1', 'k2'", "'ECHO', @", "'PING'", "'PING', @", "'SETEX', 'text', 100, @", "'SETEX', 'text', 0, @", "'BITCOUNT', 'k1'", "'SETBIT', 'text', 7, 1", "'GETBIT', 'text', @", "'NOSUCH'", "'GET'", "'GET', 'list'", "'LPUSH', 'k1', @",
		"'SUBSCRIBE', 'x'", "'MULTI'", "@", "@, @", "", "{}", "nil", "'get', 'k1'", "'SELECT', 0", "'CONFIG', 'GET', 'none'", "'XADD', 'text', '1-1', 'f', @", "'EVAL', 'return 1', 0", "'SINTERCARD', 1, 'set'", "'COPY', 'k1', 'k2'")
	var filled []byte
	for i := range len(command) {
		if command[i] == '@' {
			filled = append(filled, value()...)
		} else {
			filled = append(filled, command[i])
		}
	}
	return w.pick("redis.call", "redis.pcall", "redis.pcall") + "(" + string(filled) + ")"
}
