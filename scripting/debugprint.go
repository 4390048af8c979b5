package scripting

import (
	"fmt"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine/resp"
)

// maxPrintDepth is how deep the debugger shows tables in tables.
const maxPrintDepth = 10

// dump shows a value as redis-cli's Lua debugger does; what is beyond so many
// bytes may be missing, as tables that hold each other have no end to speak of.
func (m *machine) dump(v lua.LValue, bound int) string {
	return string(m.appendDump(nil, v, 0, bound))
}

func (m *machine) appendDump(out []byte, v lua.LValue, depth, bound int) []byte {
	if depth == maxPrintDepth {
		return append(out, "<max recursion level reached! Nested table?>"...)
	}
	switch v := v.(type) {
	case lua.LString:
		return resp.AppendQuoted(out, []byte(v[:min(len(v), bound)]))
	case lua.LNumber:
		return appendG(out, float64(v), 6, false)
	case lua.LBool:
		return strconv.AppendBool(out, bool(v))
	case *lua.LNilType:
		return append(out, "nil"...)
	case *lua.LTable:
		return m.appendTable(out, m.reader(v), depth+1, bound)
	}
	if v == m.null {
		return append(out, `"light-userdata@(nil)"`...)
	}
	return fmt.Appendf(out, "\"%s@%p\"", typeName(v), v)
}

// appendTable shows a table whose keys are 1 to n in order by its values, any
// other by keys and values.
func (m *machine) appendTable(out []byte, t *lua.LTable, depth, bound int) []byte {
	n, isArray := 0, true
	for k, _ := t.Next(lua.LNil); k != lua.LNil && isArray; k, _ = t.Next(k) {
		n++
		isArray = k == lua.LNumber(n)
	}
	out = append(out, '{')
	first := true
	for k, v := t.Next(lua.LNil); k != lua.LNil && len(out) <= bound; k, v = t.Next(k) {
		if !first {
			out = append(out, "; "...)
		}
		first = false
		if !isArray {
			out = append(m.appendDump(append(out, '['), k, depth, bound), "]="...)
		}
		out = m.appendDump(out, v, depth, bound)
	}
	return append(out, '}')
}
