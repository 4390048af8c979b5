package scripting

import (
	"errors"
	"reflect"
	"runtime"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestBaseLikeRedis(t *testing.T) {
	compare(t, []string{
		// Numbers and their texts.
		`return 1/3 .. '', 0.1+0.2 .. '', 1e15 .. '', 2^53 .. '', 1e14 .. '', 123456789012345 .. '', -1e-5 .. '', 1e-4 .. ''`,
		`return tostring(1/0), tostring(-1/0), tostring(0/0), 1e100, 5e-324, 1.7976931348623157e308`,
		`return "010"+1, " 0x10 "*2, "5 "-1, "1e2"/1, -"3", "0x"..1, "10"%3, "2"^"3"`,
		`return tonumber("1e5"), tonumber("5e-07"), tonumber("-0x10"), tonumber("5\r\n"), tonumber("99999999999999999999")`,
		`return tonumber("0b11"), tonumber("1_000"), tonumber(""), tonumber(" "), tonumber("1 2"), tonumber("inf"), tonumber("nan")`,
		`return tonumber("z",36), tonumber("ff",16), tonumber("0xff",16), tonumber("8",8), tonumber("-1",16), tonumber("7",8), tonumber(" 11 ",2)`,
		`return tonumber(nil)`, `return tonumber()`, `return tonumber({})`, `return tonumber("1",99)`, `return tonumber(12,16)`,
		`return 5%3, -5%3, 5%-3, -5%-3, 5.5%2, 0%5, 3%-3`,
		`return 2^0.5, 7/2, -2^2, 10 - 3 - 2, 2^3^2, 1 .. 2 == "12", not nil == true`,
		`return 0x10, 0xff, .5, 5., 3e2, 0xA`, `return 1 < 2, "a" < "b", "a" <= "a", "Z" < "a", "" < "a", "a\0b" < "a\0c"`,
		// Errors in operators.
		`local a return a.b`, `local a a.b = 1`, `local a return a.b.c`, `local t = {} return t.x.y`, `local t = {} t.x.y = 1`,
		`local a a()`, `local t = {} t.x()`, `local t = {} t:x()`, `local t = {} t.x.y()`, `local t = {} t()`, `return (1)()`, `return ("x")()`,
		`local a = 1 return a.b`, `local a = true return a.b`, `local a = 1 a.b = 1`, `return ("x").y.z`, `return ("x"):nope()`,
		`return nil + 1`, `return 1 + nil`, `return {} + 1`, `return 1 + {}`, `local t = {} return t + 1`, `local t = {} return 2 * t.x`,
		`return "abc" + 1`, `local s = "abc" return s + 1`, `local s = "abc" return -s`, `return -{}`, `return -nil`, `return true + 1`,
		`return #nil`, `return #5`, `local a return #a`, `return nil .. "x"`, `return "x" .. {}`, `local a return "x" .. a`, `local t = {} return t.x .. "y"`,
		`return 1 .. 2 .. {}`, `local a, b return a .. b`, `return true .. ""`, `return 1 < "2"`, `return {} < {}`, `return nil < nil`, `return nil > 1`,
		`return true < false`, `return {} <= 1`, `return print < print`, `return (function() end) < (function() end)`,
		`for i = "a", 2 do end`, `for i = 1, {} do end`, `for i = 1, 2, {} do end`, `local t = {} for i = "1", "3", "2" do t[#t+1] = i end return t`,
		`for i = 1, nil do end`, `for k in nil do end`, `for k in 5 do end`, `local t = {} t[nil] = 1`, `local t = {} t[0/0] = 1`, `return ({})[nil]`,
		`local up function f() return up.x end`, `local up local function f() return up.x end return f()`, `local up local function f() up.x.y = 1 end f()`,
		`return string.nope()`, `return string.nope.x`, `string.x = 1`, `string.sub = nil`, `return rawset(string, 'x', 1)`,
		`table.insert(string, 1)`, `setmetatable(string, {})`, `getmetatable("").__index = 1`, `_G.x = 1`, `x = 1`, `return x`, `return _G.x`, `return rawget(_G, 'x')`,
		`return type(getmetatable(_G)), getmetatable(string), type(getmetatable("").__index)`, `setmetatable(_G, nil)`, `_G = 1`, `string = 1`, `local string = 1 return string`,
		`return pcall(setmetatable, _G, {})`, `return rawequal(_G, _G._G), _G.string == string`,
		// Functions of the base library.
		`return pcall(error, "x")`, `return pcall(error, {err = "x"})`, `return pcall(error, {1})`, `return pcall(error)`, `return pcall(error, nil)`, `return pcall(error, 5)`,
		`return pcall(function() error("x") end)`, `return pcall(function() error("x", 2) end)`, `return pcall(function() error("x", 0) end)`,
		`return pcall(nil)`, `return pcall(1)`, `return pcall(string.rep)`, `return pcall(function(...) return ... end, 1, nil, 3)`,
		`return xpcall(function() error("x") end, function(e) return e .. "!" end)`, `return xpcall(function() return 1, 2 end, print)`, `return xpcall(nil, function(e) return e end)`,
		`return xpcall(function() local x = nil; return x.y end, function(e) return "<" .. e .. ">" end)`, `return xpcall(function() error({err='a'}) end, function(e) return e end)`,
		`return select('#'), select('#', nil, nil), select(2, 'a', 'b', 'c'), select(-1, 'a', 'b')`, `return select(0)`, `return select(-5, 1)`, `return select({})`, `return select('x')`,
		`return unpack({1, 2, 3})`, `return unpack({1, 2, 3}, 2)`, `return unpack({1, 2}, 1, 4)`, `return unpack({}, 1, 1e8)`, `return unpack(1)`, `return unpack({1,2,3}, -1, 1)`,
		`return assert(1, 2, 3)`, `return assert(nil)`, `return assert(false, "no")`, `return assert()`, `return assert(nil, {})`,
		`return type(nil), type(1), type("x"), type({}), type(type), type(true)`, `return type()`,
		`return rawequal("a", "a"), rawequal({}, {}), rawequal(1, "1")`, `return rawget({5}, 1), rawget({}, 1)`, `return rawset({}, 1, 2)`, `return rawget(1, 2)`, `return rawset({}, nil, 1)`,
		`return next({}), next({5}), next({a = 1})`, `return next(5)`, `return pairs(5)`, `return ipairs()`, `return ipairs(nil)`,
		`local t = {} for i, v in ipairs({1, 2, nil, 4}) do t[#t+1] = v end return t`, `local t = {} for k, v in next, {a = 1} do t[k] = v end return t`,
		`local t = setmetatable({}, {__index = function(t, k) return k .. "!" end}) return t.x, t[1], rawget(t, "x")`,
		`local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end}) t.x = 2 return t.x`,
		`local t = setmetatable({}, {__call = function(self, a) return a + 1 end}) return t(1)`, `local t = setmetatable({}, {__tostring = function() return "T" end}) return tostring(t)`,
		`local m = {__add = function(a, b) return "add" end, __concat = function(a, b) return "cat" end, __unm = function() return "unm" end, __lt = function() return true end, __le = function() return false end}
		 local t = setmetatable({}, m) return t + 1, 1 + t, "1" + t, t .. "x", "x" .. t, 1 .. t, "a" .. "b" .. t .. "c", -t, t < setmetatable({}, m), t <= setmetatable({}, m)`,
		`local m = {__eq = function() return true end} return setmetatable({}, m) == setmetatable({}, m)`, `return getmetatable(setmetatable({}, {__metatable = "no"}))`,
		`return setmetatable(setmetatable({}, {__metatable = 1}), {})`, `return setmetatable(1, {})`, `return setmetatable({})`, `return setmetatable({}, 1)`, `return getmetatable(1), getmetatable({})`, `return getmetatable()`,
		`return tostring(nil), tostring(true), tostring("x"), tostring(-0.5)`, `return tostring()`,
		`return loadstring("return 1 + 1")()`, `return loadstring("return +")`, `return loadstring("x =", "name")`, `return loadstring("x =", "=name")`, `return loadstring("x =", "@name")`, `return loadstring("\27Lua")`,
		`return loadstring("return ...")(1, 2)`, `return loadstring("a\nb")`, `return loadstring("x = 1")()`, `local n = 0 return load(function() n = n + 1 return ({"return ", "7"})[n] end)()`, `return load(5)`, `return load(function() return 1 end == nil)`,
		`return collectgarbage("collect"), type(collectgarbage("count"))`, `return collectgarbage("x")`, `return type(gcinfo())`, `return _VERSION`,
		// Language.
		`local x = 1 local f = function() return x end pcall(error, "e") x = 2 return f()`,
		`local g xpcall(function() local y = 5 g = function() return y end error("z") end, function(e) return e end) return g()`,
		`local g pcall(function() local y = 5 g = function() y = y + 1 return y end error("z") end) return g(), g()`,
		`local fs = {} for i = 1, 3 do fs[i] = function() return i end end return fs[1](), fs[2](), fs[3]()`,
		`local function f(...) return select('#', ...), arg == nil end return f(1, 2)`, `local function f(...) return arg.n, arg[1] end return f(7, 8)`, `return arg`, `return ...`,
		`local tostring = function(v) return tostring(v) .. "?" end return tostring(1)`, `local f = function(n) if n == 0 then return 0 end return f(n - 1) end return f(1)`,
		`local function fact(n) if n == 0 then return 1 end return n * fact(n - 1) end return fact(20)`, `local t = {f = function(self) return self.x end, x = 5} return t:f()`,
		`local a, b, c = (function() return 1, 2, 3 end)() return a, b, c`, `return ((function() return 1, 2 end)())`, `return {(function() return 1, 2 end)(), (function() return 1, 2 end)()}`,
		`local t = {1, 2, 3, nil, 5, n = 1, [10] = 2, ["x y"] = 3} return t`, `local i = 1 i, i = i + 1, 20 return i`, `local a = {} local i = 1 i, a[i] = i + 1, 20 return i, a`,
		`local s = "" for k, v in pairs({10, 20, 30}) do s = s .. k .. "=" .. v .. ";" end return s`, `local n = 0 repeat local k = n n = n + 1 until k == 3 return n`, `local n = 0 while true do n = n + 1 if n > 5 then break end end return n`,
		`local t = {} for i = 10, 1, -3 do t[#t+1] = i end return t`, `for i = 1, 0 do return "no" end return "none"`, `local goto = 1 return goto`, `return "\65\066\x41\n\
\"\'\\"`, `return [[
a]], [==[b]]c]==]`, `return #"\0\0"`, `--[[ comment
 ]] return 1 --x`, `return 1 --[==[ x ]] ]==] + 1`, `local a <const> = 1`, `return nil == false, 1 == "1", "a" == "a"`, `return 1 and 2, nil and 1, false or "x", nil or false`, `do local a = 1 end return a`,
		`local a = "x" .. 1 + 2 .. "y" return a`, `local t = {} t.a, t.b = 1 return t`, `local function v(...) return ... end return (v(1, 2)), v(), (v())`,
		`local s = 0 for i = 1, 3 do for j = 1, 3 do if j == 2 then break end s = s + 1 end end return s`,
		`local t = {} for i = 1, 100 do t[i] = i end for i = 1, 100 do t[i] = nil end return #t, next(t)`, `local t = {} t[1e6] = 1 t[3] = 2 return t[1000000], t[3]`,
		`return (nil)()`, `local t = {} return (t.a.b)`, `return -"x"`, `return {} .. {}`, `local a = {} return a.b.c.d`, `return ("x" .. "y"):len()`,
	})
}

func TestLanguageLikeRedis(t *testing.T) {
	compare(t, []string{
		`local function f() error("x", 2) end local function g() f() end return pcall(g)`,
		`local function f() error("x", 3) end local function g() f() end local function h() g() end return pcall(h)`,
		`local function d(n) if n==0 then return 0 end return 1+d(n-1) end return d(15000)`,
		`local function d(n) if n==0 then return 0 end return d(n-1) end return d(150000)`,
		`local function f(...) return ... end return f(unpack({1,2,3,4,5,6,7,8,9,10}))`,
		`local t = {} for i=1,7000 do t[i]=i end return select('#', unpack(t))`,
		`return #table.concat((function() local t={} for i=1,20000 do t[i]="x" end return t end)())`,
		`local t = {n=0} function t:inc(k) self.n = self.n + (k or 1) return self end return t:inc():inc(5).n`,
		`local t = {1,2,3} for k in pairs(t) do t[k] = nil end return next(t)`,
		`local t = {a=1,b=2,c=3} for k in pairs(t) do t[k] = nil end return next(t)`,
		`local t={5,6,7} t[#t]=nil t[#t]=nil return #t, t`,
		`local t={} t[1]=1 t[2]=2 t[4]=4 return #t == 4 or #t == 2`,
		`return #{1,2,nil,4}`, `return #{nil,nil,3}`, `return #{n=1}`,
		`return tostring(setmetatable({}, {__tostring=function() return 1 end}))`,
		`return ("x"):rep(3)..nil`, `local t = {} t.x.y.z = 1`, `local a = {} a.b.c()`, `local a = {b={}} a.b.c()`, `local a={b={}} a.b:c()`, `string.foo.bar()`, `return foo.bar`, `foo()`, `foo.bar()`, `foo:bar()`,
		`for i=1,3 do local x = nil + i end`, `local x <close> = 1`, `return 5 // 2`, `return 5 & 2`, `return 1 ~= 2`, `return "a" ~= "b"`,
		`return (function(a, b, ...) return select('#', ...) end)(1)`, `local a <const> = 1 return a`,
		`return tostring(1e15), tostring(123456789012), tostring(-1e15), 2^31, 2^32, 1e14, 99999999999999, 100000000000000`,
		`return 0/0 == 0/0, 1/0 > math.huge, -0 == 0`, `return 1e308 * 10, -1e308 * 10`, `return math.floor(-0.5), 3 % -2, -3 % 2, 3.5 % -2`,
		`return "abc" < "abd", "Z" < "a", "" < "a", "a" < "B", "10" < "9"`, `return {} == {}, "1" == 1, nil == false`,
		`local s = 0 for i = 3, 1 do s = s + 1 end for i = 1, 3, -1 do s = s + 1 end return s`, `for i = 1, 10, 0 do return "loops" end return "none"`, `local t = {} for i = 1, 0.5 do t[#t+1] = i end for i = 0.1, 0.5, 0.1 do t[#t+1] = i end return t`,
		`local i = 10 for i = 1, 3 do end return i`, `local f for i = 1, 3 do local j = i f = f or function() j = j + 1 return j end end return f(), f()`,
		`local a = {} for i = 1, 3 do a[i] = function() i = i + 1 return i end end return a[1](), a[1](), a[2]()`, `local x = 5 do local x = 6 end return x`, `local function f() return 1, 2, 3 end local t = {f(), f()} return #t`, `local t = {f = 1, ["g"] = 2, [3] = 3; 4} return t`,
		`return type(string.gmatch), type(("x").len)`, `return ("x").len == string.len`, `return #"\n\\\"\65\t"`, `return "a\
b"`, `return 'it''s'`, `return [[a
b]] == "a\nb"`, `return --[[x]] 1`, `return 1 -- [[ x`, `return 0xFFFFFFFFFFFFFFFF, 0x1p4`, `return 1e1, 1E+1, 1e-1, .1e1`, `return 3..""`, `return 3 .. 4`,
		`return pcall(pcall, error)`, `return pcall(xpcall)`, `return xpcall(error, function(e) error("again") end)`, `return xpcall(function() error() end, function(e) return e == nil end)`, `return pcall(error, "msg", 2)`, `return select(2, pcall(error, {code = 5})).code`,
		`return pcall(function() return pcall(error, "inner") end)`, `local ok, e = pcall(function() local t = nil; t() end) return e`, `local ok, e = pcall(function() local t = {} t.x.y() end) return e`, `local ok, e = pcall(function() return 1 + {} end) return e`, `local ok, e = pcall(function() return #5 end) return e`, `local ok, e = pcall(function() for i = 1, "x" do end end) return e`,
	})
}

func TestSyntaxErrorsLikeRedis(t *testing.T) {
	compareSources(t, []string{
		`return 1 +`, `return return`, `x = = 1`, `for`, `local a = "abc`, `goto x`, `local x <const> = 1`, `x:y = 1`, `break`, `(function() end)() = 1`, `f() = 1`,
		"local t = {1,2\n3} = 5", `if x then`, `for i=1 do`, `return "\300"`, `return [[abc`, `--[[ abc`, `local a = 1 1`, `return @`, `return 1e`, `return 0x`, `return 3x`,
		`function f() return ... end`, "foo\n(bar)", "return 'abc\ndef'", "if true then\n\n return 1", `return true.x`, `(a) = 1`, `(f())`, `a`, `a.b`, `a, b`, `a, f() = 1, 2`,
		`local function`, `local function f`, `local function f(`, `function f(a,) end`, `function f(..., a) end`, `for a, b do end`, `for 1 = 1, 2 do end`, `for a in do end`,
		`return {`, `return {1, 2`, `return {[1] 2}`, `return {a = }`, `f(`, `f(1, `, `f(1 2)`, `a.1 = 2`, `a[1 = 2`, `a:b`, `a:b.c()`, `x = }`, `return [=x`, `return "a\`, `return ~1`, `a ~ b`, `return 1 ~= `,
		`repeat`, `repeat until`, `while`, `while 1`, `while 1 do`, `do`, `end`, `until x`, `else`, `elseif`, `if 1 then else else end`, `return 1 return 2`, `break return`, `while 1 do break return end`,
		"\n\n\nx = = 1", "--[[\n\n]] x = = 1", `x = "a" "b"`, `return "x" .. `, `return not`, `return #`, `return 1 .. .. 2`, `local 1`, `local a = `, `local a, = 1`, `and`, `return and`, `x = 08`, `return 1..2`, `return 0xg`,
		`return '\`, `local function f() break end`, "\x01", "return \x80", `!`, `return $a`, `function a.b:c.d() end`, `function a:b:c() end`, `::a::`, `return 1;;`, `;`, `x = function() end end`,
	})
}

func TestGuardedPanicPassesPcall(t *testing.T) {
	boom := errors.New("boom")
	m := newMachine(func(m *machine, globals *lua.LTable) {
		globals.RawSetString("crash", m.goFunction(m.guarded(func(L *lua.LState) int { panic(boom) })))
	})
	c, err := compile("x", `while true do pcall(crash) end`, m.bindable)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if r := recover(); r != boom {
			t.Errorf("recovered %v, want the panic itself", r)
		}
		if got := evalHere(m, `return "still works"`); got != "still works" {
			t.Errorf("after the panic: %s", got)
		}
	}()
	m.call(m.function(c, m.eval), Monitor{})
}

func TestStoppedRunEnds(t *testing.T) {
	kill := errors.New("killed")
	for name, script := range map[string]string{
		"loop":            `while true do end`,
		"pcall":           `while true do pcall(function() while true do end end) end`,
		"xpcall":          `while true do xpcall(function() while true do end end, function() while true do end end) end`,
		"nested pcalls":   `local function f() while true do pcall(f) end end f()`,
		"error handler":   `local function h() while true do end end while true do xpcall(error, h) end`,
		"metamethod":      `local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) while true do pcall(function() return t[1] end) end`,
		"endless load":    `load(function() while true do end end)`,
		"tostring":        `local t = setmetatable({}, {__tostring = function() while true do end end}) while true do pcall(tostring, t) end`,
		"loadstring":      `while true do loadstring("return 1") end`,
		"recursive pcall": `local function f() return pcall(f) end while true do f() end`,
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(nil)
			c, err := compile("x", script, m.bindable)
			if err != nil {
				t.Fatal(err)
			}
			ticks := 0
			_, err = m.call(m.function(c, m.eval), Monitor{MemoryBytes: 1 << 30, Tick: func() error {
				if ticks++; ticks > 20 {
					return kill
				}
				return nil
			}})
			if !errors.Is(err, kill) {
				t.Errorf("got %v", err)
			}
			if got := evalHere(m, `return "still works"`); got != "still works" {
				t.Errorf("afterwards: %s", got)
			}
		})
	}
}

func TestMemoryLimitEnds(t *testing.T) {
	for name, script := range map[string]string{
		"doubling":        `local s = "x" while true do s = s .. s end`,
		"tables":          `local t = {} while true do t[#t+1] = {} end`,
		"huge key":        `local t = {} t[5e7] = 1`,
		"huge keys":       `local t = {} for i = 1, 1e9 do t[i] = {} t[i][2e6] = 1 end`,
		"constructor":     `local k = 6e7 local t = {[k] = 1}`,
		"key by division": `local t = {} for i = 1, 1e9 do t[i / 0.0000001] = 1 end`,
		"key by strings":  `local t = {} t[("5" .. "0000000") + 1] = 1`,
		"counter moved":   `local k = {} for i = 1, 1e9 do local t = {} t[i + 1e6] = 1 k[i] = t end`,
		"table replaced":  `local k, t = {} for i = 1, 1e9 do t = {} t[i + 500] = 1 k[i] = t end`,
		"multiple":        `local t, k = {}, 5e7 t[1], t[k] = 1, 2`,
		"cmsgpack":        `cmsgpack.unpack("\129\206\2\250\240\128\1")`,
		"rep":             `local t = {} while true do t[#t+1] = ("x"):rep(1e6) end`,
		"gsub":            `return ("x"):rep(5e6):gsub("x", ("y"):rep(1000))`,
		"format":          `local t = {} while true do t[#t+1] = ("%99d"):rep(1):format(1) end`,
		"table.concat":    `local t = {} for i = 1, 1000 do t[i] = ("x"):rep(100000) end`,
		"json":            `return cjson.decode("[" .. ("[],"):rep(2000000) .. "1]")`,
		"coroutines":      `local t = {} while true do t[#t+1] = coroutine.create(function() end) end`,
		"rawset":          `rawset({}, 6e7, 1)`,
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(nil)
			c, err := compile("x", script, m.bindable)
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC() // garbage of other tests would be room for this one
			if _, err = m.call(m.function(c, m.eval), Monitor{MemoryBytes: 16 << 20}); !isLimit(err, "memory") {
				t.Errorf("got %v", err)
			}
			if got := evalHere(m, `return "still works"`); got != "still works" {
				t.Errorf("afterwards: %s", got)
			}
			if got := evalHere(m, `return "still works"`); got != "still works" {
				t.Errorf("afterwards: %s", got)
			}
		})
	}
}

// TestMemoryThatOthersDropIsNoRoom has much of the heap become garbage after
// a run has looked at the heap.
func TestMemoryThatOthersDropIsNoRoom(t *testing.T) {
	m := newMachine(nil)
	c, err := compile("x", `local t = {} for i = 1, 100000 do t[i] = ("x"):rep(1000) .. i end`, m.bindable)
	if err != nil {
		t.Fatal(err)
	}
	others := make([]byte, 200<<20)
	drop := func() error {
		if m.hook.measured && others != nil {
			others = nil
			runtime.GC()
		}
		return nil
	}
	if _, err = m.call(m.function(c, m.eval), Monitor{MemoryBytes: 16 << 20, Tick: drop}); !isLimit(err, "memory") || others != nil {
		t.Errorf("got %v", err)
	}
}

func TestErrorPlace(t *testing.T) {
	m := newMachine(nil)
	for script, want := range map[string]int{
		"local x = 1\nerror('e')":                        2,
		"local x\n\nreturn x.y":                          3,
		"local function f()\n error('e')\nend\n\nf()":    2,
		"pcall(error)\n\nstring.rep()":                   3,
		"local t = {}\nfor i = 1, 3 do\n t = t + 1\nend": 3,
	} {
		c, err := compile("chunk", script, m.bindable)
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.call(m.function(c, m.eval), Monitor{})
		var failure *ScriptError
		if !errors.As(err, &failure) || failure.Line != want || failure.Source != "@chunk" {
			t.Errorf("%q: got %+v, want line %d", script, err, want)
		}
	}
}

func TestEnvironments(t *testing.T) {
	m := newMachine(nil)
	m.arguments([][]byte{[]byte("k")}, nil)
	if got := evalHere(m, `return KEYS[1] .. _G.KEYS[1]`); got != "kk" {
		t.Errorf("KEYS: %s", got)
	}
	other := m.newEnvironment(func(globals *lua.LTable) { globals.RawSetString("mine", lua.LNumber(7)) })
	c, err := compile("x", `return mine + string.len("ab") + loadstring("return mine")()`, m.bindable)
	if err != nil {
		t.Fatal(err)
	}
	result, err := m.call(m.function(c, other), Monitor{})
	if err != nil || result != lua.LNumber(16) {
		t.Errorf("got %v, %v", result, err)
	}
	if _, err = m.call(m.function(c, m.eval), Monitor{}); err == nil {
		t.Error("one environment sees another's globals")
	}
}

func TestInternalsOfGopherLua(t *testing.T) {
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	L.Push(lua.LTrue)
	L.Push(lua.LTrue)
	if top := stackTop(L); top != 2 {
		t.Errorf("stack top is %d", top)
	}
	if *errorsKeepUpvalues(L) {
		t.Error("flag is set on a fresh state")
	}
	for _, name := range []string{"index", "next", "closed"} {
		if _, ok := reflect.TypeFor[lua.Upvalue]().FieldByName(name); !ok {
			t.Errorf("upvalues have no %s", name)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	m := newMachine(nil)
	c, err := compile("x", `return KEYS[1]`, m.ofEval)
	if err != nil {
		b.Fatal(err)
	}
	fn, keys := m.function(c, m.eval), [][]byte{[]byte("k")}
	b.ReportAllocs()
	for b.Loop() {
		m.arguments(keys, nil)
		if _, err := m.call(fn, Monitor{Instructions: 1 << 40}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	m := newMachine(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compile("x", `local v = tonumber(KEYS[1]) if v and v > 10 then return {v, "big" .. v} end for i = 1, 3 do v = (v or 0) + i end return v`, m.bindable); err != nil {
			b.Fatal(err)
		}
	}
}
