package scripting

import (
	"errors"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

var fuzzLimits = Monitor{Instructions: 200_000, MemoryBytes: 64 << 20}

// callMember calls a function of a library with texts and fails on anything but a result or an error of the script.
func callMember(t *testing.T, m *machine, library, name string, args ...string) (lua.LValue, bool) {
	t.Helper()
	fn := m.reader(m.common.RawGetString(library).(*lua.LTable)).RawGetString(name).(*lua.LFunction)
	values := make([]lua.LValue, len(args))
	for i, arg := range args {
		values[i] = lua.LString(arg)
	}
	result, err := m.call(fn, fuzzLimits, values...)
	if err != nil {
		checkFailure(t, err)
		return nil, false
	}
	return result, true
}

func checkFailure(t *testing.T, err error) {
	t.Helper()
	var failure *ScriptError
	if !errors.As(err, &failure) {
		t.Fatalf("error is a %T: %v", err, err)
	}
	for _, sign := range []string{"runtime error", "nil pointer", "interface conversion", "slice bounds", "should not reach"} {
		if strings.Contains(failure.Error(), sign) {
			t.Fatal(failure)
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{
		{"hello world", "(%w+) (%w+)"}, {"[[x]]", "%b[]"}, {"THE (quick) fox", "%f[%a]%a+"}, {"aaaa", "a-b"}, {"x", "[^]"}, {"", "()"}, {"aa", "(a)%1"},
		{"abc", "[a-c%d%-]*$"}, {"\x00", "%z"}, {strings.Repeat("a", 50), ".-.-.-b"}, {"x", "%"}, {"x", "[a"}, {"x", "(("}, {"x", "^^"}, {"a.b", "%."},
	} {
		f.Add(seed[0], seed[1])
	}
	m := newMachine(nil)
	f.Fuzz(func(t *testing.T, subject, pattern string) {
		callMember(t, m, "string", "match", subject, pattern)
		callMember(t, m, "string", "gsub", subject, pattern, "<%0%1>")
		callMember(t, m, "string", "format", pattern, subject)
		if found, ok := callMember(t, m, "string", "find", subject, pattern); ok && found != lua.LNil {
			if at := found.(lua.LNumber); at < 1 || int(at) > len(subject)+1 {
				t.Fatalf("found at %v in %d bytes", at, len(subject))
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`[1,2.5e3,"a\u00e9\ud83d\ude00",null,true]`, `{"a":{"b":[]}}`, `[`, `"\`, `[0x1p4,nan,-inf]`, `{"a":1,"a":2}`, "[1\x002]", `"\ud800"`, "-\u212a"} {
		f.Add(seed)
	}
	m := newMachine(nil)
	f.Fuzz(func(t *testing.T, text string) {
		value, ok := callMember(t, m, "cjson", "decode", text)
		if !ok {
			return
		}
		encode := m.reader(m.common.RawGetString("cjson").(*lua.LTable)).RawGetString("encode").(*lua.LFunction)
		again, err := m.call(encode, fuzzLimits, value)
		if err != nil {
			checkFailure(t, err)
			return
		}
		once, ok := callMember(t, m, "cjson", "decode", again.String())
		if !ok {
			t.Fatalf("%q decodes, its encoding %q does not", text, again)
		}
		twice, err := m.call(encode, fuzzLimits, once)
		if err != nil || twice != again {
			t.Fatalf("%q is encoded as %q, then as %v (%v)", text, again, twice, err)
		}
	})
}

func FuzzMsgpack(f *testing.F) {
	for _, seed := range []string{"\x93\x01\xa1a\xc0", "\x81\xa1a\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", "\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff", "\xc1", "\xc4\x01a", strings.Repeat("\x91", 2000)} {
		f.Add(seed)
	}
	m := newMachine(nil)
	f.Fuzz(func(t *testing.T, text string) {
		value, ok := callMember(t, m, "cmsgpack", "unpack", text)
		if !ok {
			return
		}
		pack := m.reader(m.common.RawGetString("cmsgpack").(*lua.LTable)).RawGetString("pack").(*lua.LFunction)
		packed, err := m.call(pack, fuzzLimits, value)
		if err != nil {
			checkFailure(t, err)
			return
		}
		// Tables nested deeply, or as keys, pack as nil, which is no key: only an error of the script may come of that.
		callMember(t, m, "cmsgpack", "unpack", packed.String())
	})
}

func FuzzStruct(f *testing.F) {
	for _, seed := range [][2]string{{">!8 b i4 d", "abcdefghijklmnopqrstuvw"}, {"bc0", "\x03abc"}, {"s", "abc\x00"}, {"i32I31", strings.Repeat("x", 80)}, {"c2147483647", "x"}, {"!3", ""}, {"c0", "x"}, {"i99999999999", ""}, {"i0", ""}} {
		f.Add(seed[0], seed[1])
	}
	m := newMachine(nil)
	f.Fuzz(func(t *testing.T, format, data string) {
		callMember(t, m, "struct", "unpack", format, data)
		callMember(t, m, "struct", "size", format)
		callMember(t, m, "struct", "pack", format, data, "1", "2.5", "abc")
	})
}

func FuzzScript(f *testing.F) {
	for _, seed := range []string{
		"local a, b = 1, 2 a, b = b, a return a .. b", "for i = 1, 3 do for k, v in pairs({i}) do if v then break end end end", "local t = {1, 2; x = 3, [4] = 5} t.f = function(self, ...) return ... end return t:f(1)",
		"repeat local x = 1 until x or nil", "while true do end", "return ((...))", "goto a", "x = [==[ ]] ]==] --[[ ]]", "return not -#'x' ^ 2 < 3 and 4 or 5", "local function f() return f() end f()",
		"return coroutine.wrap(function() coroutine.yield(1) end)()", "local t = setmetatable({}, {__index = function(t, k) return t[k .. 'x'] end}) return t.x", "pcall(string.rep, 'x', 1e9)", "t[5e7] = 1", strings.Repeat("(", 300), strings.Repeat("{", 300), "return " + strings.Repeat("-", 300) + "1",
		"return " + strings.Repeat("1 .. ", 150) + "1", "local x = " + strings.Repeat("1 + ", 1100) + "1", strings.Repeat("local a ", 210), "return table.concat({pcall(pcall, pcall, error)})",
	} {
		f.Add(seed)
	}
	m := newMachine(nil)
	f.Fuzz(func(t *testing.T, source string) {
		c, err := compile("fuzz", source, m.bindable)
		var syntax *SyntaxError
		if err != nil && !errors.As(err, &syntax) {
			t.Fatalf("error is a %T: %v", err, err)
		}
		if err != nil {
			return
		}
		if _, err := m.call(m.function(c, m.eval), fuzzLimits); err != nil {
			checkFailure(t, err)
		}
		if got := evalHere(m, `return "a" .. #string.rep("x", 3) .. math.floor(2.5)`); got != "a32" {
			t.Fatalf("after %q another script gives %q", source, got)
		}
	})
}
