package scripting

import "testing"

func TestTableLikeRedis(t *testing.T) {
	compare(t, []string{
		`return table.concat({1, 2, "x", 4.5}, ", ")`, `return table.concat({})`, `return table.concat({1, {}, 3})`, `return table.concat({1, nil, 3})`, `return table.concat({1, 2, 3}, "-", 2, 3)`,
		`return table.concat({1, 2}, "-", 1, 3)`, `return table.concat(1)`, `return table.concat({1,2}, {})`, `return table.concat({1, 2, 3}, "", 3, 1)`, `return table.concat({1/3, 1e15})`,
		`local t = {1, 2, 3} table.insert(t, 4) return t`, `local t = {1, 2, 3} table.insert(t, 1, 0) return t`, `local t = {1, 2, 3} table.insert(t, 3, "x") return t`, `local t = {1, 2, 3} table.insert(t, 5, "x") return t`,
		`local t = {1, 2, 3} table.insert(t) return t`, `local t = {1, 2, 3} table.insert(t, 1, 2, 3) return t`, `table.insert(nil, 1)`, `table.insert({}, "x", 1)`, `local t = {} table.insert(t, nil) return #t`, `local t = {1} table.insert(t, 0, "x") return t`,
		`local t = {1, 2, 3} return table.remove(t), t`, `local t = {1, 2, 3} return table.remove(t, 1), t`, `local t = {} return table.remove(t), t`, `local t = {1, 2} return table.remove(t, 3), t`, `local t = {1, 2} return table.remove(t, 0), t`, `return table.remove(1)`,
		`local t = {3, 1, 2} table.sort(t) return t`, `local t = {"b", "a", "C", ""} table.sort(t) return t`, `local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return t`, `local t = {3, "a"} table.sort(t) return t`, `local t = {3, {}, 1} table.sort(t)`,
		`local t = {5,3,8,1,9,2,7,3,3,5} table.sort(t, function(a, b) return true end) return t`, `local t = {5,3,8,1,9,2} table.sort(t, function(a, b) return false end) return t`, `table.sort({1, 2}, 5)`, `table.sort({3, 2, 1}, function() error("x") end)`, `table.sort({3,2,1}, function(a, b) return a.x end)`,
		`local t = {} for i = 1, 200 do t[i] = (i * 7919) % 211 end table.sort(t) return t[1], t[50], t[200]`, `local t = {} for i = 1, 100 do t[i] = {k = (i * 31) % 17} end table.sort(t, function(a, b) return a.k < b.k end) local s = "" for i = 1, 100 do s = s .. t[i].k .. "," end return s`,
		`return table.maxn({1, 2, [10] = 1, x = 2}), table.maxn({}), table.maxn({[-1] = 1, [1.5] = 2})`, `return table.getn({1, 2, 3}), table.getn({})`, `return table.setn({}, 1)`, `return table.foreach({1, 2, 3}, function(k, v) if v == 2 then return k end end)`,
		`local s = 0 table.foreachi({1, 2, 3}, function(i, v) s = s + i * v end) return s`, `table.foreach(1, 2)`, `table.foreach({}, 2)`, `table.sort(string)`, `table.insert(string, 1)`, `table.remove(string)`,
	})
}

func TestStringLikeRedis(t *testing.T) {
	compare(t, []string{
		`return ("abc"):len(), #"abc", ("abc"):upper(), ("ABC\200é"):lower(), ("abc"):reverse(), ("ab"):rep(3), ("ab"):rep(0), ("ab"):rep(-1), ("\255\254abc"):upper()`,
		`return ("hello"):sub(2), ("hello"):sub(2, 3), ("hello"):sub(-3), ("hello"):sub(-3, -2), ("hello"):sub(0), ("hello"):sub(10), ("hello"):sub(3, 2), ("hello"):sub(-100, 100)`,
		`return ("abc"):byte(), ("abc"):byte(2), ("abc"):byte(1, -1), ("abc"):byte(10), (""):byte()`, `return string.char(), string.char(72, 105), #string.char(0, 255)`, `return string.char(256)`, `return string.char(-1)`, `return string.char("x")`,
		`return string.rep()`, `return string.rep("x")`, `return ("x"):rep({})`, `return string.sub("x")`, `return string.len()`, `return string.len(nil)`, `return string.len(123)`, `return ("x"):sub({})`, `return string.upper({})`,
		`return ("hello world"):find("o w"), ("hello"):find("l"), ("hello"):find("xyz"), ("hello"):find(""), ("hello"):find("", 10), ("hello"):find("l", -2), ("a.b"):find(".", 1, true), ("a+b"):find("+", 1, true), (""):find("")`,
		`return ("hello"):find("(l)(l)"), ("hello"):find("()ll()"), ("key=val"):match("(%w+)=(%w+)"), ("hello"):match("xyz"), ("hello"):match("l+"), ("  x "):match("^%s*(.-)%s*$")`,
		`return ("2024-01-02"):match("(%d+)-(%d+)-(%d+)"), ("THE (quick) fox"):find("%((%a+)%)"), ("x[[y]]"):match("%[%[(.-)%]%]"), ("a,b,,c"):gsub(",", ";"), ("abc"):gsub("", "-"), ("abc"):gsub(".", "%0%0")`,
		`return ("hello"):gsub("l", "L", 1), ("hello"):gsub("l", {l = "1"}), ("hello"):gsub("(h)(e)", "%2%1"), ("hello"):gsub("l", function(c) return c:upper() end), ("hello"):gsub("l", function() end), ("x"):gsub("x", "%%")`,
		`return ("abc"):gsub("b", 5), ("abc"):gsub("%w", "%1"), ("abc def"):gsub("%w+", "%0 %0", 1), ("abc"):gsub("^a", "x"), ("aaa"):gsub("^a", "x"), ("abc"):gsub("b*", "-")`, `return ("abc"):gsub("b", "%2")`, `return ("abc"):gsub("(b)", "%2")`, `return ("abc"):gsub("b", {b = {}})`, `return ("abc"):gsub("b", nil)`, `return ("abc"):gsub("b", true)`,
		`return ("abc"):gsub("b", "%")`, `return ("abc"):find("[a")`, `return ("abc"):find("%")`, `return ("abc"):find("(a")`, `return ("abc"):find("a)")`, `return ("abc"):find("%1")`, `return ("abc"):find("(a)%1")`, `return ("aa"):find("(a)%1")`, `return ("abc"):find("%f")`, `return ("abc"):find("%b")`, `return ("abc"):find("[]")`, `return ("a]"):find("[]]")`, `return ("abc"):find("[^]")`, `return ("a-b"):find("[a-]", 2)`, `return ("abc"):find("[%a]")`, `return ("a%"):find("[%%]")`, `return ("abc"):find("[a%")`,
		`return ("THE (quick) fox"):gsub("%f[%a]%a+", "w"), ("f(a(b)c)d"):match("%b()"), ("[[x]]"):find("%b[]"), ("x = 'it'"):match("(['\"])(.-)%1"), ("\0a\0"):find("%z"), ("a\0b"):find("b")`,
		`local t = {} for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do t[#t+1] = k .. v end return t`, `local t = {} for w in ("one two"):gmatch("%a+") do t[#t+1] = w end return t`, `local it = ("abc"):gmatch(".") return it(), it(), it(), it()`, `local n = 0 for _ in ("abc"):gmatch("") do n = n + 1 end return n`, `local t = {} for p in ("abc"):gmatch("()") do t[#t+1] = p end return t`, `local it = ("abc"):gfind("b") return it()`, `local t = {} for w in ("aab"):gmatch("^a") do t[#t+1] = w end return t`,
		`return ("a"):rep(50):find(".-b")`, `return ("abc"):match("((a)(b))"), ("abc"):match("(a)(z?)")`, `return ("abc"):find("b", nil), ("abc"):find("b", "2"), ("abc"):find("b", {})`, `return ("%d"):gsub("%%d", "%%s")`, `return ("hello world from lua"):gsub("(%w+)", "<%1>", 2)`,
		`return ("%a%c%d%l%p%s%u%w%x%z"):gsub("%%(%a)", "%1"), ("aB1 _\n"):gsub("%A", "."), ("aB1 _\n"):gsub("%W", "."), ("aB1 _\n"):gsub("%S", "."), ("aB1 _\n"):gsub("%P", "."), ("aB1 _\n"):gsub("%L", "."), ("aB1 _\n"):gsub("%U", "."), ("aB1gG"):gsub("%X", ".")`,
		`return ("äöü"):gsub("[\128-\255]+", "?"), ("a.b-c"):gsub("%p", "%%%0"), ("a b"):gsub(" ", "%%20")`,
		`return string.format("%d %5d %-5d| %05d %+d % d", 1, 2, 3, 4, 5, 6), string.format("%d", 3.7), string.format("%d", -3.7), string.format("%d", "10"), string.format("%.3d", 5), string.format("%i", 42), string.format("%5.3d|", 7)`,
		`return string.format("%x %X %#x %o %#o %u", 255, 255, 255, 8, 8, 7), string.format("%x", -1), string.format("%u", -1), string.format("%08x", 48879), string.format("%.0f", 0.5), string.format("%#x", 0), string.format("%#.3o", 8)`,
		`return string.format("%f %.2f %10.3f| %-10.1f| %+.1f %05.1f", 1.5, 2.345, 3.14159, 2.5, 1, 2.5), string.format("%e %.2e %E", 12345.678, 0.00012, 1e100), string.format("%g %g %g %g %.3g %G", 1e20, 0.1, 100000, 1e6, 1234.5, 1e-10)`,
		`return string.format("%#g %#.0f %#.0e %#.3g", 1, 1, 1, 2), string.format("%g %f %d", 1/0, -1/0, 5), string.format("%5s|%-5s|%.2s|%5.1s|", "ab", "ab", "abc", "abc"), string.format("%c%c", 72, 105), string.format("%5c|", 65), string.format("%q", 'a"b\\c\nd\re\0f')`,
		`return string.format("%s %s", "a", 1.5), string.format("%%"), string.format("%s", 1e15), string.format("%10s|", "x"), string.format("%s", ("x"):rep(150)):len(), string.format("%200s", "x")`, `return string.format("%s")`, `return string.format("%s", nil)`, `return string.format("%s", {})`, `return string.format("%d", "x")`, `return string.format("%d")`, `return string.format("%y", 1)`, `return string.format("%", 1)`, `return string.format("%-+ #00d", 1)`, `return string.format("%123d", 1)`, `return string.format("%.123d", 1)`, `return string.format("%099d", 1)`,
		`return string.format("%5")`, `return string.format("%s", "a\0b")`, `return string.format("%d", 2^53), string.format("%d", 2^63), string.format("%d", -2^63), string.format("%x", 2^63), string.format("%d", 1/0)`, `return string.format("%.20f", 0.1), string.format("%.14g", 0.1), string.format("%.17g", 0.1), string.format("%.99f", 1/3):len()`, `return string.format("%a", 1)`, `return string.format(1), string.format()`,
		`return string.format("% 5d|%+5d|%-+5d|", 3, 3, 3), string.format("%+s|% s", "x", "y"), string.format("%-5c|", 65), string.format("%+.3e", 12345), string.format("% g", 1.5), string.format("%010.2f|", -3.14159), string.format("%-010.2f|", -3.14159)`,
		`return ("x"):foo()`, `return string.dump(string.dump)`, `return type(string.dump(function() end))`, `return loadstring(string.dump(function() end)) == nil`, `return string.gsub("abc", "b")`, `return string.gsub()`, `return string.find("a")`, `return ("a"):rep(3, "x")`,
		`return ("a b c"):gsub(" ", "", 0), ("abc"):gsub("%w", "x", -1), ("x"):gsub(".", {x = false}), ("x"):gsub(".", {})`, `return ("a"):byte(-1), ("abc"):byte(-2, -1), ("abc"):byte(0)`, `return tostring(("x"):find("y")), select('#', ("x"):match("y")), select('#', ("x"):find("y"))`,
	})
}

func TestMathLikeRedis(t *testing.T) {
	compare(t, []string{
		`math.randomseed(42) return math.random(), math.random(), math.random(100), math.random(5, 10), math.random(2^31)`, `math.randomseed(-5.7) return math.random(), math.random(-10, 10)`, `math.randomseed(1e15) return math.random()`, `math.randomseed("7") return math.random(3)`,
		`return math.random(0)`, `return math.random(2, 1)`, `return math.random(1, 2, 3)`, `return math.random("x")`, `return math.randomseed()`, `return math.huge, -math.huge, math.pi, math.huge == 1/0`,
		`return math.floor(1.5), math.floor(-1.5), math.ceil(1.5), math.ceil(-0.5), math.abs(-3), math.sqrt(16), math.floor("3.7"), math.max(1, 5, 3), math.min(4, 2, 8), math.max(1), math.fmod(7, 3), math.fmod(-7, 3), math.mod(7, 4)`,
		`return math.modf(3.7), math.modf(-3.7), math.modf(1/0), math.frexp(8), math.ldexp(0.5, 4), math.pow(2, 10), math.exp(0), math.log(1), math.log10(1000), math.deg(math.pi), math.rad(180)`,
		`return math.sin(0), math.cos(0), math.tan(0), math.asin(1), math.acos(1), math.atan(1), math.atan2(1, 2), math.sinh(0), math.cosh(0), math.tanh(0)`, `return math.max()`, `return math.floor()`, `return math.floor("x")`, `return math.floor({})`, `return math.fmod(1)`, `return math.fmod(1, 0), math.sqrt(-1), math.log(0), math.log(-1)`,
		`return math.floor(2^53 + 1), math.floor(1e300), math.floor(0/0)`,
	})
}

func TestBitLikeRedis(t *testing.T) {
	compare(t, []string{
		`return bit.tobit(0xffffffff), bit.tobit(2^32 + 1), bit.tobit(-1), bit.tobit(1.5), bit.tobit(2.5), bit.tobit(1e15), bit.tobit("0xff")`, `return bit.bnot(0), bit.bnot(1), bit.band(0xff, 0x0f, 3), bit.bor(1, 2, 4), bit.bxor(5, 3), bit.band(7)`,
		`return bit.lshift(1, 31), bit.lshift(1, 32), bit.rshift(-1, 1), bit.arshift(-16, 2), bit.rol(0x12345678, 12), bit.ror(0x12345678, 12), bit.bswap(0x12345678), bit.lshift(1, -1)`, `return bit.tohex(255), bit.tohex(-1, 4), bit.tohex(255, -4), bit.tohex(1, 0), bit.tohex(1, 20), bit.tohex(0xdeadbeef, -8)`,
		`return bit.band()`, `return bit.band("x")`, `return bit.tobit({})`, `return bit.lshift(1)`, `return bit.tohex()`,
	})
}

func TestCoroutineLikeRedis(t *testing.T) {
	compare(t, []string{
		`local c = coroutine.create(function(a, b) local x = coroutine.yield(a + b) local y, z = coroutine.yield(x * 2) return y, z end) return coroutine.resume(c, 1, 2), coroutine.resume(c, 10), coroutine.resume(c, "y", "z")`,
		`local c = coroutine.create(function(a) local x = coroutine.yield(a) return x end) local r = {} r[1] = {coroutine.resume(c, 1)} r[2] = coroutine.status(c) r[3] = {coroutine.resume(c, 5)} r[4] = coroutine.status(c) r[5] = {coroutine.resume(c)} return r`,
		`local c = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) return c(), c(), c(), c()`, `local c = coroutine.wrap(function() end) c() c()`, `local w = coroutine.wrap(function() error("x") end) return pcall(w)`, `local w = coroutine.wrap(function() error("x") end) w()`, `local w = coroutine.wrap(function() error({1}) end) return pcall(w)`,
		`return coroutine.resume(1)`, `return coroutine.create(1)`, `return coroutine.create(print)`, `return coroutine.create(string.rep)`, `coroutine.yield(1)`, `return coroutine.running()`, `return coroutine.status(1)`, `return coroutine.wrap()`,
		`local c c = coroutine.create(function() return coroutine.resume(c) end) return coroutine.resume(c)`, `local c c = coroutine.create(function() return coroutine.status(c), coroutine.running() == c end) return coroutine.resume(c)`, `local c c = coroutine.create(function() local d = coroutine.create(function() return coroutine.status(c) end) return coroutine.resume(d) end) return coroutine.resume(c)`,
		`local c = coroutine.create(function() pcall(coroutine.yield, 1) return 2 end) return coroutine.resume(c)`, `local t = setmetatable({}, {__index = function() coroutine.yield(1) end}) local c = coroutine.create(function() return t.x end) return coroutine.resume(c)`, `local c = coroutine.create(function() for x in function() coroutine.yield(1) end do end end) return coroutine.resume(c)`,
		`local c = coroutine.create(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield(1) return a < b end) end) return coroutine.resume(c)`, `local c = coroutine.wrap(function() return coroutine.yield(1) end) return c(), c(2)`, `local y = coroutine.yield local c = coroutine.create(function() return y(1) end) return coroutine.resume(c), coroutine.resume(c, 7)`,
		`local c = coroutine.create(function() local t = nil return t.x end) return coroutine.resume(c)`, `local c = coroutine.create(function() return {} + 1 end) return coroutine.resume(c)`, `local c = coroutine.create(function() local x = 1 local f = function() return x end coroutine.yield(f) x = 2 return f() end) local _, f = coroutine.resume(c) local a = f() return a, coroutine.resume(c)`,
		`local f local c = coroutine.create(function() local x = 5 f = function() x = x + 1 return x end error("e") end) local ok, e = coroutine.resume(c) return ok, e, f(), f()`, `local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end local s = 0 for i in gen(100) do s = s + i end return s`,
		`local c = coroutine.create(function() local d = coroutine.wrap(function() coroutine.yield(1) error("deep") end) d() d() end) return coroutine.resume(c)`, `local c = coroutine.create(function() return pcall(function() error("x") end) end) return coroutine.resume(c)`, `local c = coroutine.create(function(...) return select('#', ...) end) return coroutine.resume(c, nil, nil, nil)`,
		`local function loop(n) if n == 0 then return "end" end local c = coroutine.create(loop) return select(2, coroutine.resume(c, n - 1)) end return loop(100)`, `local s = 0 for i = 1, 1000 do local c = coroutine.wrap(function(x) s = s + coroutine.yield(x) end) c(i) c(i) end return s`,
	})
}
