package scripting

import (
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine/resp"
)

// maxPrintDepth is how deep the debugger shows tables in tables.
const maxPrintDepth = 10

// dump shows a value as redis-cli's Lua debugger does.
func (m *machine) dump(v lua.LValue) string {
	return string(m.appendDump(nil, v, 0))
}

func (m *machine) appendDump(out []byte, v lua.LValue, depth int) []byte {
	if depth == maxPrintDepth {
		return append(out, "<max recursion level reached! Nested table?>"...)
	}
	switch v := v.(type) {
	case lua.LString:
		return resp.AppendQuoted(out, []byte(v))
	case lua.LNumber:
		return appendNumber(out, float64(v))
	case lua.LBool:
		return strconv.AppendBool(out, bool(v))
	case *lua.LNilType:
		return append(out, "nil"...)
	case *lua.LTable:
		return m.appendTable(out, m.reader(v), depth+1)
	}
	return fmt.Appendf(out, "\"%s@%p\"", typeName(v), v)
}

// appendTable shows a table whose keys are 1 to n in order by its values, any
// other by keys and values.
func (m *machine) appendTable(out []byte, t *lua.LTable, depth int) []byte {
	n, isArray := 0, true
	for k, _ := t.Next(lua.LNil); k != lua.LNil && isArray; k, _ = t.Next(k) {
		n++
		isArray = k == lua.LNumber(n)
	}
	out = append(out, '{')
	first := true
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if !first {
			out = append(out, "; "...)
		}
		first = false
		if !isArray {
			out = append(m.appendDump(append(out, '['), k, depth), "]="...)
		}
		out = m.appendDump(out, v, depth)
	}
	return append(out, '}')
}

// dumpReply shows the reply of a command, which reached the script as v.
func (m *machine) dumpReply(v lua.LValue) string { return string(m.appendReply(nil, v)) }

func (m *machine) appendReply(out []byte, v lua.LValue) []byte {
	switch v := v.(type) {
	case lua.LString:
		return resp.AppendQuoted(out, []byte(v))
	case lua.LNumber:
		return appendNumber(out, float64(v))
	case lua.LBool:
		if !v { // the null of RESP2
			return append(out, "NULL"...)
		}
		return append(out, "#true"...)
	case *lua.LNilType:
		return append(out, "(null)"...)
	case *lua.LTable:
		return m.appendAggregate(out, v)
	}
	return out
}

func (m *machine) appendAggregate(out []byte, t *lua.LTable) []byte {
	if text, ok := t.RawGetString("ok").(lua.LString); ok {
		return resp.AppendQuoted(out, []byte("+"+text))
	}
	if text, ok := t.RawGetString("err").(lua.LString); ok {
		return resp.AppendQuoted(out, []byte("-"+text))
	}
	if n, ok := t.RawGetString("double").(lua.LNumber); ok {
		return appendG(append(out, "(double) "...), float64(n), 17, false)
	}
	if pairs, ok := t.RawGetString("map").(*lua.LTable); ok {
		return m.appendJoined(append(out, '{'), pairs, true, "}")
	}
	if members, ok := t.RawGetString("set").(*lua.LTable); ok {
		return m.appendJoined(append(out, "~("...), members, false, ")")
	}
	out = append(out, '[')
	for i := 1; i <= t.Len(); i++ {
		if i > 1 {
			out = append(out, ',')
		}
		out = m.appendReply(out, t.RawGetInt(i))
	}
	return append(out, ']')
}

func (m *machine) appendJoined(out []byte, t *lua.LTable, values bool, end string) []byte {
	first := true
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if !first {
			out = append(out, ',')
		}
		first = false
		out = m.appendReply(out, k)
		if values {
			out = m.appendReply(append(out, " => "...), v)
		}
	}
	return append(out, end...)
}

// maxLoggedArguments is how many arguments of a command the debugger shows.
const maxLoggedArguments = 10

// commandLine shows a command that a script calls.
func commandLine(argv [][]byte) string {
	var b strings.Builder
	for i, arg := range argv {
		if i == maxLoggedArguments {
			fmt.Fprintf(&b, " ... (%d more)", len(argv)-i-1)
			break
		}
		b.WriteByte(' ')
		b.Write(arg)
	}
	return b.String()
}
