package scripting

import (
	"strings"
	"testing"
)

// TestAppending compares t[#t+1] = value, which is one call here, where it is
// more than that.
func TestAppending(t *testing.T) {
	compare(t, []string{
		`local t = {} t[#t+1] = 'a' .. 1 t[#t+1] = nil t[#t+1] = 5 t[#t+1] = false return t`,
		`local t t[#t+1] = 1`,
		`local t = 'x' t[#t+1] = 1`,
		`local t = 7 t[#t+1] = 1`,
		`local t = KEYS local n t[#t+1] = n return t`,
		`local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end}) t[#t+1] = 2 t[#t+1] = 3 return t`,
		`local t = {} local m = setmetatable({}, {__concat = function() t[#t+1] = 'in' return 'cat' end}) t[#t+1] = 'a' .. m return t`,
		`local t = {} t[#t+1] = 'a' .. t`,
		`local t = {} t[#t+1] = {} .. 'a'`,
		`local t, n = {} t[#t+1] = 'a' .. n .. 'b'`,
		`local t = {} t[#t+1] = 1e15 .. '|' .. -0.5 .. '|' .. 0/0 return t`,
		`local t, long = {}, ('x'):rep(300) t[#t+1] = long .. long t[#t+1] = long .. 'y' .. 1 return t`,
		`local t = {} for i = 1, 300 do t[#t+1] = 'k' .. i end return #t .. t[1] .. t[300]`,
		`local t = {} for i = 1, 3 do local t = t t[#t+1] = i end return t`,
		`local t = {} local function add(v) t[#t+1] = v return add end add(1)(2)('x' .. 3) return t`,
		`local t = {1, 2} t[#t+1], t[#t+2] = 'a', 'b' return t`,
		`local t = {} t[#t+1.0] = 'a' t[#t+1] = t[1] .. 'b' t[#t + 1] = #t return t`,
		`local t, u = {}, {1, 2} t[#u+1] = 'a' return #u .. tostring(t[3])`,
		`local t = string t[#t+1] = 1`,
		`string[#string+1] = 1`,
	})
}

// TestArgumentsOfTheNextScript alters KEYS and ARGV in every way: the next
// script has its own.
func TestArgumentsOfTheNextScript(t *testing.T) {
	v := newServer(t)
	for _, script := range []string{
		`KEYS[1] = 'z' KEYS.x = 1 ARGV[5] = 2 setmetatable(KEYS, {__index = function() return 'q' end}) return KEYS[9]`,
		`for i = 1, 5000 do KEYS[i] = i ARGV['k' .. i] = i ARGV[i + 0.5] = true end return 'q'`,
		`table.remove(KEYS) table.remove(KEYS) table.sort(ARGV) return 'q'`,
	} {
		if got := v.do(t, "EVAL", script, "2", "k1", "k2", "a1"); got != `"q"` {
			t.Fatalf("%s: %s", script, got)
		}
		const look = `local t = {} for k, v in pairs(KEYS) do t[#t+1] = k .. v end for k, v in pairs(ARGV) do t[#t+1] = k .. v end
			return table.concat(t, ' ') .. #KEYS .. #ARGV .. tostring(getmetatable(KEYS)) .. _G.KEYS[1] .. loadstring('return ARGV[1]')()`
		if got, want := v.do(t, "EVAL", look, "2", "k3", "k4", "a2"), `"1k3 2k4 1a221nilk3a2"`; got != want {
			t.Errorf("after %s\n got %s\nwant %s", script, got, want)
		}
		if got := v.do(t, "EVAL", `KEYS = {}`, "0"); !strings.Contains(got, "readonly") {
			t.Errorf("KEYS = {}: %s", got)
		}
	}
}
