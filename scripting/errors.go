package scripting

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// throw raises a text as it is.
func throw(L *lua.LState, text string) { L.Error(lua.LString(text), 0) }

// raise raises a text behind the position of the Lua function that called the current Go function, as C functions do in
// Lua. When it was not called from Lua (pcall(string.rep)) there is no position.
func raise(L *lua.LState, format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	throw(L, position(L, 1)+text)
}

// position is "chunk:line: " for the Lua function at a level of the call stack, or empty.
func position(L *lua.LState, level int) string {
	source, line := lineAt(L, level)
	if line <= 0 {
		return ""
	}
	return source + ":" + strconv.Itoa(line) + ": "
}

func lineAt(L *lua.LState, level int) (source string, line int) {
	dbg, ok := L.GetStack(level)
	if !ok {
		return "", 0
	}
	if _, err := L.GetInfo("Sl", dbg, lua.LNil); err != nil {
		return "", 0
	}
	return dbg.Source, dbg.CurrentLine
}

// argError complains about the n-th argument of the current Go function.
func argError(L *lua.LState, n int, message string) {
	name, kind := calledName(L)
	if kind == "method" {
		n--
		if n == 0 {
			raise(L, "calling '%s' on bad self (%s)", name, message)
		}
	}
	raise(L, "bad argument #%d to '%s' (%s)", n, name, message)
}

func typeError(L *lua.LState, n int, expected string) {
	got := "no value"
	if n <= L.GetTop() {
		got = typeName(L.Get(n))
	}
	argError(L, n, expected+" expected, got "+got)
}

func typeName(v lua.LValue) string {
	if v == nil {
		return "nil"
	}
	return v.Type().String()
}

func checkAny(L *lua.LState, n int) lua.LValue {
	if n > L.GetTop() {
		argError(L, n, "value expected")
	}
	return L.Get(n)
}

func checkTable(L *lua.LState, n int) *lua.LTable {
	t, ok := L.Get(n).(*lua.LTable)
	if !ok {
		typeError(L, n, "table")
	}
	return t
}

func checkFunction(L *lua.LState, n int) *lua.LFunction {
	fn, ok := L.Get(n).(*lua.LFunction)
	if !ok {
		typeError(L, n, "function")
	}
	return fn
}

// toNumber converts numbers, and strings that look like one.
func toNumber(v lua.LValue) (float64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

func checkNumber(L *lua.LState, n int) float64 {
	f, ok := toNumber(L.Get(n))
	if !ok {
		typeError(L, n, "number")
	}
	return f
}

// checkLong takes a number for an integer of 64 bits, checkInt for the lower 32 of these: so C takes them.
func checkLong(L *lua.LState, n int) int { return int(truncated(checkNumber(L, n))) }
func checkInt(L *lua.LState, n int) int  { return int(int32(checkLong(L, n))) }

// truncated is a number as C's conversion to a 64-bit integer has it on x86.
func truncated(f float64) int64 {
	if f != f || f >= 1<<63 || f < -(1<<63) {
		return math.MinInt64
	}
	return int64(f)
}

func optLong(L *lua.LState, n, otherwise int) int {
	if isNone(L, n) {
		return otherwise
	}
	return checkLong(L, n)
}

func optInt(L *lua.LState, n, otherwise int) int {
	if isNone(L, n) {
		return otherwise
	}
	return checkInt(L, n)
}

// isNone tells whether an argument is absent or nil.
func isNone(L *lua.LState, n int) bool { return L.Get(n) == lua.LNil }

// toText converts strings and numbers.
func toText(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return formatNumber(float64(v)), true
	}
	return "", false
}

// cText is a text as C takes it: up to the first zero byte.
func cText(s string) string {
	text, _, _ := strings.Cut(s, "\x00")
	return text
}

func checkText(L *lua.LState, n int) string {
	s, ok := toText(L.Get(n))
	if !ok {
		typeError(L, n, "string")
	}
	return s
}

func optText(L *lua.LState, n int, otherwise string) string {
	if isNone(L, n) {
		return otherwise
	}
	return checkText(L, n)
}
