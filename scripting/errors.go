package scripting

import (
	"fmt"
	"strconv"

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

func checkInt(L *lua.LState, n int) int { return toInt(checkNumber(L, n)) }

// toInt cuts a number to an integer; what no integer can hold becomes the nearest bound.
func toInt(f float64) int {
	switch {
	case f != f:
		return -1 << 63
	case f >= 1<<63:
		return 1<<63 - 1
	case f < -(1 << 63):
		return -1 << 63
	}
	return int(f)
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
