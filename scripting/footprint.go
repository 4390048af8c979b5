package scripting

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// registryBytes is the memory of a machine's registers, which it has from the start.
const registryBytes = registrySlots * int64(unsafe.Sizeof(lua.LValue(nil)))

// footprint is the memory of a compiled function and of those within it: instructions, constants and what tells lines
// and names to errors.
func footprint(p *lua.FunctionProto) int64 {
	n := int(unsafe.Sizeof(*p)) + len(p.Code)*int(unsafe.Sizeof(p.Code[0])) + len(p.DbgSourcePositions)*int(unsafe.Sizeof(0)) +
		len(p.DbgCalls)*int(unsafe.Sizeof(lua.DbgCall{})) + len(p.DbgLocals)*int(unsafe.Sizeof(lua.DbgLocalInfo{})) +
		len(p.DbgUpvalues)*int(unsafe.Sizeof(""))
	for _, c := range p.Constants {
		n += 2 * int(unsafe.Sizeof(c)) // a second time as text
		if text, ok := c.(lua.LString); ok {
			n += len(text)
		}
	}
	size := int64(n)
	for _, inner := range p.FunctionPrototypes {
		size += footprint(inner)
	}
	return size
}
