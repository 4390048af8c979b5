package scripting

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// instruction is one of the VM's: opcode, then A, C and B, or A and Bx.
type instruction uint32

func (i instruction) op() int  { return int(i >> 26) }
func (i instruction) a() int   { return int(i>>18) & 0xff }
func (i instruction) b() int   { return int(i & 0x1ff) }
func (i instruction) c() int   { return int(i>>9) & 0x1ff }
func (i instruction) bx() int  { return int(i & 0x3ffff) }
func (i instruction) sbx() int { return i.bx() - 0x1ffff }

const constantBit = 0x100 // of an operand that names a constant, not a register

// calledName is how the caller named the current Go function: its name, and what kind of name that is.
func calledName(L *lua.LState) (name, kind string) {
	proto, pc, ok := luaFrame(L, 1)
	if !ok {
		return "?", ""
	}
	inst := instruction(proto.Code[pc])
	switch inst.op() {
	case lua.OP_CALL, lua.OP_TAILCALL:
	case lua.OP_TFORLOOP:
		return "(for generator)", "local"
	default:
		return "?", ""
	}
	if name, kind = registerName(proto, pc, inst.a()); kind == "" {
		name = "?"
	}
	return name, kind
}

// luaFrame finds the Lua function at a level of the call stack, and the instruction it is at.
func luaFrame(L *lua.LState, level int) (*lua.FunctionProto, int, bool) {
	dbg, ok := L.GetStack(level)
	if !ok {
		return nil, 0, false
	}
	value, err := L.GetInfo("f", dbg, lua.LNil)
	fn, isFunction := value.(*lua.LFunction)
	if err != nil || !isFunction || fn.IsG {
		return nil, 0, false
	}
	pc := framePC(dbg)
	return fn.Proto, pc, pc >= 0 && pc < len(fn.Proto.Code)
}

// registerName says what a register holds at an instruction, as "name", "local|global|field|upvalue|method".
func registerName(p *lua.FunctionProto, pc, register int) (name, kind string) {
	if name := localName(p, pc, register); name != "" {
		return name, "local"
	}
	at := lastWrite(p, pc, register)
	if at < 0 {
		return "", ""
	}
	switch inst := instruction(p.Code[at]); inst.op() {
	case lua.OP_GETGLOBAL:
		return constantText(p, inst.bx()), "global"
	case lua.OP_MOVE:
		if inst.b() < inst.a() {
			return registerName(p, at, inst.b())
		}
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS:
		return keyText(p, inst.c()), "field"
	case lua.OP_SELF:
		return keyText(p, inst.c()), "method"
	case lua.OP_GETUPVAL:
		return upvalueName(p.DbgUpvalues[inst.b()])
	}
	return "", ""
}

// upvalueName takes frozen globals for what the script calls them.
func upvalueName(name string) (string, string) {
	path, bound := strings.CutPrefix(name, boundPrefix)
	if !bound {
		return name, "upvalue"
	}
	path = strings.TrimSuffix(path, ")")
	if dot := strings.LastIndexByte(path, '.'); dot >= 0 {
		return path[dot+1:], "field"
	}
	return path, "global"
}

func constantText(p *lua.FunctionProto, index int) string {
	if index < len(p.Constants) {
		if s, ok := p.Constants[index].(lua.LString); ok {
			return string(s)
		}
	}
	return "?"
}

func keyText(p *lua.FunctionProto, operand int) string {
	if operand&constantBit != 0 {
		return constantText(p, operand&^constantBit)
	}
	return "?"
}

// localName is the local variable in a register at an instruction.
func localName(p *lua.FunctionProto, pc, register int) string {
	for _, local := range p.DbgLocals {
		if local.StartPc > pc {
			break
		}
		if local.EndPc <= pc {
			continue
		}
		if register == 0 {
			if strings.HasPrefix(local.Name, "(") {
				return ""
			}
			return local.Name
		}
		register--
	}
	return ""
}

// localAt is the n-th of the local variables that are visible at an instruction.
func localAt(p *lua.FunctionProto, pc, n int) (name string, ok bool) {
	for _, local := range p.DbgLocals {
		if local.StartPc > pc {
			break
		}
		if local.EndPc <= pc {
			continue
		}
		if n == 0 {
			return local.Name, true
		}
		n--
	}
	return "", false
}

// lastWrite finds the instruction before pc that gave a register its value, following jumps forward only.
func lastWrite(p *lua.FunctionProto, pc, register int) int {
	last := -1
	for i := 0; i < pc; i++ {
		inst := instruction(p.Code[i])
		switch inst.op() {
		case lua.OP_JMP, lua.OP_FORPREP:
			if to := i + 1 + inst.sbx(); i < to && to <= pc {
				i = to - 1
			}
			continue
		case lua.OP_CLOSURE:
			if inst.a() == register {
				last = i
			}
			i += int(p.FunctionPrototypes[inst.bx()].NumUpvalues)
			continue
		}
		if writes(inst, register) {
			last = i
		}
	}
	return last
}

func writes(inst instruction, register int) bool {
	switch inst.op() {
	case lua.OP_SETGLOBAL, lua.OP_SETUPVAL, lua.OP_SETTABLE, lua.OP_SETTABLEKS, lua.OP_JMP, lua.OP_EQ, lua.OP_LT, lua.OP_LE,
		lua.OP_RETURN, lua.OP_SETLIST, lua.OP_CLOSE, lua.OP_NOP, lua.OP_FORPREP:
		return false
	case lua.OP_FORLOOP:
		return register == inst.a() || register == inst.a()+3
	case lua.OP_LOADNIL:
		return inst.a() <= register && register <= inst.b()
	case lua.OP_CALL, lua.OP_TAILCALL, lua.OP_VARARG:
		return register >= inst.a()
	case lua.OP_TFORLOOP:
		return register >= inst.a()+2
	case lua.OP_SELF:
		return register == inst.a() || register == inst.a()+1
	}
	return register == inst.a()
}

// describe is what an error message says of a value: with its name if the instruction shows one.
func describe(p *lua.FunctionProto, pc, operand int, typ string) string {
	if operand&constantBit == 0 {
		if name, kind := registerName(p, pc, operand); kind != "" && !strings.HasPrefix(name, "(") {
			return kind + " '" + name + "' (a " + typ + " value)"
		}
	}
	return "a " + typ + " value"
}
