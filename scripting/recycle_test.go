package scripting

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// TestScriptsGetEmptyTables leaves all kinds of traces in the tables of one
// script: the next one's have none of them.
func TestScriptsGetEmptyTables(t *testing.T) {
	v := newServer(t)
	leave := `local function litter(t)
		for i = 1, tonumber(ARGV[1]) do t[i] = i t['k' .. i] = i end
		t[1.5] = 'x' t[true] = 1 t.ok = nil
		setmetatable(t, {__index = function() return 'left' end, __len = function() return 9 end})
	end
	litter(KEYS) litter(ARGV) litter(redis.call('TIME')) litter(redis.call('SET', KEYS[1], 'v'))
	litter(cjson.decode('{"a":{"b":[1,2]}}').a.b) litter(cjson.decode('{"a":1}'))`
	look := `local function show(t)
		local fields = {}
		for k, v in pairs(t) do fields[#fields + 1] = tostring(k) .. '=' .. tostring(v) end
		return #t .. ':' .. table.concat(fields, ',') .. (getmetatable(t) and '!' or '') .. tostring(t.missing)
	end
	local doc = cjson.decode('{"a":[7,8],"b":{}}')
	return table.concat({show(KEYS), show(ARGV), show(redis.call('ECHO', 'x') and redis.call('MGET', 'no')), show(redis.call('SET', KEYS[1], 'v')), show(doc.a), show(doc.b)}, ' ')`
	want := `"1:1=knil 0:nil 1:1=falsenil 0:ok=OKnil 2:1=7,2=8nil 0:nil"`
	for _, many := range []string{"1", "5", "12", "40", "400"} {
		for range 3 {
			v.do(t, "EVAL", leave, "1", "k", many)
			if got := v.do(t, "EVAL", look, "1", "k"); got != want {
				t.Fatalf("after %s items and fields:\n got %s\nwant %s", many, got, want)
			}
		}
	}
}

// TestLibrariesKeepTheirTables has a function and a module's command, which
// scripts call too, keep what they were given.
func TestLibrariesKeepTheirTables(t *testing.T) {
	v := newServer(t)
	keep := `local kept = {}
	local function keep(keys, raw)
		kept[#kept + 1] = {keys, raw, cjson.decode('{"a":[' .. #kept .. ']}'), redis.call('MGET', 'x', 'y'), redis.call('PING')}
	end
	local function show()
		local out = {}
		for _, k in ipairs(kept) do out[#out + 1] = cjson.encode(k[3]) .. #k[4] .. k[5].ok .. (k[1][1] or '') .. (k[2][1] or '') end
		return table.concat(out, ' ')
	end
	`
	v.do(t, "FUNCTION", "LOAD", "#!lua name=lib\n"+keep+"redis.register_function('keep', keep) redis.register_function('show', show)")
	m, err := v.s.LoadModule(ModuleSource{File: "mod.lua", Text: "#!lua name=mod\n" + keep +
		`perigee.command{name = 'mod.keep', summary = 'Keeps.', args = {{name = 'word', type = 'string', multiple = true}}, handler = function(args) keep(args.word, {}) end}
		perigee.command{name = 'mod.raw', summary = 'Keeps.', arity = -1, handler = function(args) keep(args, {}) end}
		perigee.command{name = 'mod.show', summary = 'Shows.', args = {}, handler = show}`})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Install(); err != nil {
		t.Fatal(err)
	}
	const churn = `local t = cjson.decode('[{"a":[9,9,9]},{"z":1}]') redis.call('MGET', 'p', 'q', 'r') redis.call('SET', 'k', 1)
		local one = redis.call('mod.keep', 'w') redis.call('mod.raw', 'r' .. ARGV[1]) local after = cjson.decode('{"b":[5]}') redis.call('mod.keep', 'w')
		return cjson.encode(after) .. cjson.encode(t)`
	for i := range 3 {
		if got := v.do(t, "EVAL", churn, "0", strconv.Itoa(i)); got != `"{\"b\":[5]}[{\"a\":[9,9,9]},{\"z\":1}]"` {
			t.Fatalf("a script around a module's command: %s", got)
		}
		v.do(t, "FCALL", "keep", "1", "key", "arg")
	}
	const doc = `{\"a\":[%d]}2PONG%s `
	module, library := "", ""
	for i := range 3 {
		module += fmt.Sprintf(doc+doc+doc, 3*i, "w", 3*i+1, "r"+strconv.Itoa(i), 3*i+2, "w")
		library += fmt.Sprintf(doc, i, "keyarg")
	}
	if got, want := v.do(t, "mod.show"), `"`+strings.TrimSpace(module)+`"`; got != want {
		t.Errorf("the module kept\n     %s\nwant %s", got, want)
	}
	if got, want := v.do(t, "FCALL", "show", "0"), `"`+strings.TrimSpace(library)+`"`; got != want {
		t.Errorf("the library kept\n     %s\nwant %s", got, want)
	}
}
