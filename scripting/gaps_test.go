package scripting

import "testing"

// TestGapsLikeRedis compares what gopher-lua by itself does in another way than Lua 5.1.
func TestGapsLikeRedis(t *testing.T) {
	compare(t, []string{
		`return pcall(setmetatable, "", {})`, `return pcall(setmetatable, 1, {})`, `return setfenv`, `return pcall(rawset, string, "x", 1)`, `string.x = 1`, `_G.x = 1`,
		`local t = {} t[50000] = 1 return t[50000]`, `return pcall(string.rep, "x", -1)`, `return ("x"):rep(2^32 + 1)`, `return ("a"):rep(30):find(".-.-b")`, `return #("x"):rep(50000):match(".*")`,
		`return type(collectgarbage("count"))`, `return channel`, `return require`, `return debug`, `return io`, `return pcall(math.random, 0)`, `math.randomseed(5) return math.random(), math.random(10), math.random(-5, 5)`,
		`return "010" + 1, -"010", "0100" * 1`, `return pcall(function() return "0b11" + 0 end)`, `return pcall(function() return "1_000" + 0 end)`, `return tonumber("1e5"), tonumber("5e-07"), tonumber("-0x10"), tonumber("5\r\n"), tonumber("99999999999999999999"), tonumber("1\0")`,
		`local n = 0 for i = "1", "3", "1" do n = n + i end return n`, `for i = nil, error("limit first") do end`, `for i = 1, {} do end`, `for i = 1, 2, "x" do end`, `for i = "a", "b" do end`,
		`return 1/3 .. "", 0.1 + 0.2 .. "", 1e15 .. "", 2^53 .. "", 1/0 .. "", -1/0 .. "", 0/0 .. ""`, `return tostring(1/3), tostring(1e100), tostring(-1e15), tostring(123456.789e3)`, `return math.huge == 1/0, math.huge`,
		`return type(("a"):match("b")), tostring(("a"):match("b"))`, `return ("abc"):find("", 2), ("abc"):find("", 10), ("abc"):find("b", 10, true)`, `return ("\255\254abc"):upper() == "\255\254ABC", ("\195\169"):upper() == "\195\169"`,
		`return ("%c%c"):format(200, 65) == "\200A"`, `return ("%5s|%.3s|%-5s|"):format("\195\169", "abcdef", "x")`, `return ("%u %x"):format(-1, -1)`, `return ("%d"):format("abc")`, `return ("%d"):format()`, `return ("%q"):format("a\n\0\r\"\\b")`, `return ("%s"):format({})`, `return ("%v"):format(1)`, `return ("%p"):format({})`, `return ("%5.1f|%05d|%+.3e|%#x|%g"):format(3.14159, 42, 12345.678, 255, 1e20)`,
		`return ("%s|%5s"):format("a\0b", "a\0b")`, `return ("%5c|%-5c|%c"):format(0, 0, 2^32 + 65)`, `return ("%#.0g|%#.3g|%#.0e"):format(0, 1, 5)`, `return ("%i"):format(2^63), ("%d"):format(-2^70)`,
		`local it = ("a,b"):gmatch("%a") return it(), it(), it()`, `return ("abc"):gsub("b", 5), ("THE (quick) fox"):find("%f[%a]%a+%f[%A]"), ("abc"):gsub("%w", "%0%0")`, `return ("abc"):gsub("b", nil, "x")`,
		`for k, v in next, {a = 1, b = 2} do return "iterates" end`, `return pcall(next, {}, "nokey")`, `return pcall(next, {1, 2}, 2)`, `return next({1, 2}, 1)`,
		`local t = {} for i = 1, 7999 do t[i] = i end return select("#", unpack(t)), (select(7999, unpack(t)))`, `local t = {} for i = 1, 3000 do t[i] = "x" end return #table.concat(t, ",")`,
		`local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(15000)`, `local function f() return 1 + f() end return (pcall(f))`, `return math.mod(7, 3), type(gcinfo()), type(string.dump(function() end))`, `return pcall(table.setn, {}, 1)`,
		`local co = coroutine.create(function() return pcall(coroutine.yield, 1) end) return coroutine.resume(co)`, `local co = coroutine.wrap(function(...) local a, b = coroutine.yield() return a, b, (select("#", coroutine.yield())) end) co() return co(1), co()`,
		`local co = coroutine.wrap(function() return {coroutine.yield(), 1} end) co() return co()`, `local co = coroutine.create(function() local x x.y = 1 end) return coroutine.resume(co)`, `local up local co = coroutine.create(function() return up() end) return coroutine.resume(co)`,
		`local x x.y = 1`, `local t = {} t.a.b = 1`, `local t = {} t[1]()`, `local t = {} t:none()`, `return #undefined`, `return undefined.x`, `return {} < {}`, `return {} < 1`, `return 1 < "x"`, `return nil .. "x"`, `local s = "x" return s.y.z`, `return -{}`, `return 2 ^ {}`, `return ("x")()`, `string.rep()`, `("x"):rep()`, `("x"):rep({})`, `ipairs()`,
		`local o = setmetatable({}, {__index = 5}) return o.x`, `local o = setmetatable({}, {__newindex = "x"}) o.x = 1`, `local o = setmetatable({}, {__add = 5}) return o + 1`, `local o = setmetatable({}, {__unm = "x"}) return -o`, `local o = setmetatable({}, {__call = 5}) return o()`, `return (true and KEYS)()`, `return pcall({})`,
		`return xpcall(error, function(e) return e.x.y end)`, `return xpcall(function() error() end, function(e) return e.x end)`, `return xpcall(error, nil)`, `return xpcall(error, {})`, `return ("abc"):sub(1/0), ("abc"):sub(-1/0, 1/0), ("abc"):sub(0/0)`, `return ("a\0b"):find("\0"), ("a\0b"):match("a\0b"), pcall(string.find, "x", "(\0)")`,
		`return select(2^32 + 2, "a", "b"), unpack({1, 2, 3}, 2^32 + 2)`, `local t = {3, 1, 2, 5, 4, 9, 7} return pcall(table.sort, t, function(a, b) return a >= b end)`, `local t = {3, 1, 2, 5, 4, 9, 7} return pcall(table.sort, t, function() return true end)`, `assert(false, "a\0b")`, `return math.fmod()`, `return math.ldexp()`,
		"local t = nil\nt.x =\n1", "local t = {}\nt.a\n.b = 1", "return 1 +\n{}", "return {\n1,\nnil + 1\n}", "string.rep(\n{},\n1\n)", "local a = {}\nlocal b = a.x\n.y", "for i = 1,\n{}\ndo end", "function undefined.x()\nend", "local t = setmetatable({}, {__newindex = 5})\nfunction t.x()\n\nend", "for k in\nnil do end", `local s = "ab" local function f() for j = #s, #s + 1 do end for v in nil do end end f()`,
	})
}

// TestTreacherousSourcesLikeRedis compares sources whose complaint needs care.
func TestTreacherousSourcesLikeRedis(t *testing.T) {
	compareSources(t, []string{
		// Zero bytes.
		"return '' .. 1\x00", "return '' .. 1e\x00", "return '' .. 1e\x005", "return '' .. 1\x005", "return '' .. 1\x00\x00", "return '' .. 1\x00\x00\x00", "return '' .. 1 \x00 x", "return \x00", "local x = {1, \x00}", "x\x00", "return 'a\x00b'", "return '' .. 0x1\x00", "-- \x00\nreturn 'x'",
		"x = \"a\x00b\" y", "return \"\\0x\" \"b\"", "local function\nf(", "local function\nf\n()", "x = function\n()\n", "function\nf(", "x = function\n(", "do\n\nlocal function f() if x then", "x = (\n1", "x = {\n1 2", "f(\n1", "return [[a\x00b]] x", "a\n(b)", "x = 1 --[[\n\n]] y", "goto = 1 return goto", "x = 1e+", "x = 0x", "x = 0x1p4", "x = 1..2", "x = 'a\\\nb' y",
	})
}
