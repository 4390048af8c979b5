package scripting

import (
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// frames walks the functions that a thread is in, and those of the threads
// that wait for it, innermost first. It allocates nothing.
type frames struct {
	L     *lua.LState
	frame stackFrame
}

func framesOf(L *lua.LState) frames { return frames{L, innermost(L)} }

// next gives a function and, if that is one of Lua, the instruction it is at;
// nil at the end.
func (f *frames) next() (fn *lua.LFunction, pc int) {
	for {
		for !f.frame.exists() {
			if f.L = f.L.Parent; f.L == nil {
				return nil, 0
			}
			f.frame = innermost(f.L)
		}
		frame := f.frame
		f.frame = frame.caller()
		if fn = frame.function(); fn != nil {
			return fn, frame.pc()
		}
	}
}

// lineOf is the source line of an instruction, 0 if unknown.
func lineOf(proto *lua.FunctionProto, pc int) int {
	if pc < 0 || pc >= len(proto.DbgSourcePositions) {
		return 0
	}
	return proto.DbgSourcePositions[pc]
}

// A function carries its own name, and what its chunk was called when that is
// no file, in gopher-lua's list of the names by which it calls others: that
// list serves gopher-lua's own tracebacks, which scripts never see. They are
// noted at places in the code where no call is.
const (
	ownName   = -2
	ownSource = -3
)

func note(proto *lua.FunctionProto, place int) (text string, ok bool) {
	for _, call := range proto.DbgCalls {
		if call.Pc == place {
			return call.Name, true
		}
	}
	return "", false
}

// chunkSource is what Lua calls the source of a function: @file, =name, or the
// text of a chunk that has no name.
func chunkSource(proto *lua.FunctionProto) string {
	if source, ok := note(proto, ownSource); ok {
		return source
	}
	return "@" + proto.SourceName
}

// setSource notes the source of a chunk's functions.
func setSource(proto *lua.FunctionProto, source string) {
	proto.DbgCalls = append(proto.DbgCalls, lua.DbgCall{Name: source, Pc: ownSource})
	for _, inner := range proto.FunctionPrototypes {
		setSource(inner, source)
	}
}

const maxFunctionName = 64

// nameFunction names a function that has no name yet.
func nameFunction(proto *lua.FunctionProto, name string) {
	if proto == nil || name == "" {
		return
	}
	if _, named := note(proto, ownName); !named {
		proto.DbgCalls = append(proto.DbgCalls, lua.DbgCall{Name: frameWord(name), Pc: ownName})
	}
}

// nameRegistered names a function that is registered under a name: unless it
// has one of its own, or is called after the field that it is registered by.
func nameRegistered(proto *lua.FunctionProto, name, field string) {
	if proto != nil && functionName(proto) == field {
		proto.DbgCalls = slices.DeleteFunc(proto.DbgCalls, func(c lua.DbgCall) bool { return c.Pc == ownName })
	}
	nameFunction(proto, name)
}

// functionName is what the source calls a function where it defines it.
func functionName(proto *lua.FunctionProto) string {
	if name, ok := note(proto, ownName); ok {
		return name
	}
	return "(function:" + strconv.Itoa(proto.LineDefined) + ")"
}

// frameWord makes a name one that can stand in a line of stacks.
func frameWord(name string) string {
	if len(name) > maxFunctionName {
		name = name[:maxFunctionName]
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == ';' || r == '@' || r == 0x7f {
			return '_'
		}
		return r
	}, name)
}

// nameFunctions names the functions that a function defines after what each
// is assigned to: a variable, a global, or a field with the table's name.
func nameFunctions(proto *lua.FunctionProto) {
	for pc := 0; pc < len(proto.Code); pc++ {
		inst := instruction(proto.Code[pc])
		if inst.op() != lua.OP_CLOSURE {
			continue
		}
		inner := proto.FunctionPrototypes[inst.bx()]
		next := pc + 1 + int(inner.NumUpvalues)
		nameFunction(inner, assignedName(proto, pc, next, inst.a()))
		nameFunctions(inner)
		pc = next - 1
	}
}

// assignedName is what the closure becomes that the instruction at pc makes in
// a register; next is the instruction behind.
func assignedName(proto *lua.FunctionProto, pc, next, register int) string {
	if name := localName(proto, pc, register); name != "" || next >= len(proto.Code) {
		return name
	}
	switch inst := instruction(proto.Code[next]); inst.op() {
	case lua.OP_SETGLOBAL:
		if inst.a() == register {
			return constantText(proto, inst.bx())
		}
	case lua.OP_SETUPVAL:
		if inst.a() == register {
			return proto.DbgUpvalues[inst.b()]
		}
	case lua.OP_MOVE:
		if inst.b() == register {
			return localName(proto, next, inst.a())
		}
	case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
		key := keyText(proto, inst.b())
		if inst.c() != register || key == "?" {
			return ""
		}
		if table, _ := registerName(proto, next, inst.a()); table != "" {
			return table + "." + key
		}
		return key
	}
	return ""
}
