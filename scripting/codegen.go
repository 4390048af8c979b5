package scripting

import (
	"math"

	"github.com/yuin/gopher-lua/ast"

	lua "github.com/yuin/gopher-lua"
)

// Bounds of the VM's instructions.
const (
	maxRegisters   = 240
	maxRKConstants = 256
	maxConstants   = 1<<18 - 1
	maxJump        = 1<<17 - 1
	listBatch      = 50 // items a SETLIST stores
)

// generator turns the syntax tree of one function into instructions for gopher-lua's VM. It replaces gopher-lua's own
// compiler, which miscompiles ordinary programs (a, b = b, a for locals; a call assigned to a parameter; some and/or) and
// takes quadratic time for some sources. The scheme is that of Lua's: locals occupy the lowest registers in the order of
// their declaration, temporary values those above, and an expression is evaluated into the register it is wanted in.
type generator struct {
	chunk     string
	yields    bool // the source names yield: see returns
	outer     *generator
	proto     *lua.FunctionProto
	constants map[any]int
	texts     []string // the constants that are strings, for the VM's own use
	locals    []*variable
	block     *scope
	upvalues  []upvalue
	free      int // the lowest register not in use
	line      int // of the code being generated
}

// variable is a local variable in scope.
type variable struct {
	name     string
	register int
	block    *scope
	info     *lua.DbgLocalInfo
}

// scope is a block that has variables of its own.
type scope struct {
	outer    *scope
	locals   int // in scope outside
	captured bool
	loop     bool
	breaks   []int
}

// upvalue says where a function finds a variable of an outer one when it is created.
type upvalue struct {
	variable *variable
	local    bool // a register of the function around; otherwise one of its upvalues
	index    int
}

// generate makes the prototype of a function. Its panics that are *SyntaxError say what the VM has no room for.
func generate(chunk string, outer *generator, f *ast.FunctionExpr, method bool) *generator {
	g := &generator{chunk: chunk, outer: outer, yields: outer.yields, constants: map[any]int{}, line: f.Line()}
	g.proto = &lua.FunctionProto{SourceName: chunk, LineDefined: f.Line(), LastLineDefined: f.LastLine()}
	g.enter(false)
	if method {
		g.declare("self")
	}
	for _, name := range f.ParList.Names {
		g.declare(name)
	}
	g.proto.NumParameters = uint8(len(g.locals))
	if f.ParList.HasVargs {
		// Unless the body uses ..., the VM makes the table arg, in the register after the parameters.
		g.proto.IsVarArg = lua.VarArgHasArg | lua.VarArgIsVarArg | lua.VarArgNeedsArg
		if outer.outer != nil {
			g.declare("arg")
		}
	}
	g.stmts(f.Stmts)
	g.line = max(f.LastLine(), f.Line())
	g.emit(lua.OP_RETURN, 0, 1, 0)
	g.leave()
	g.proto.NumUpvalues = uint8(len(g.upvalues))
	g.proto.NumUsedRegisters = max(g.proto.NumUsedRegisters, 2)
	setStringConstants(g.proto, g.texts)
	return g
}

func (g *generator) fail(message string) {
	panic(&SyntaxError{Chunk: g.chunk, Line: g.line, Message: message})
}

func (g *generator) pc() int { return len(g.proto.Code) }

// emit adds an instruction with operands A, B and C.
func (g *generator) emit(op, a, b, c int) int {
	return g.add(uint32(op)<<26 | uint32(a&0xff)<<18 | uint32(c&0x1ff)<<9 | uint32(b&0x1ff))
}

func (g *generator) emitBx(op, a, bx int) int {
	return g.add(uint32(op)<<26 | uint32(a&0xff)<<18 | uint32(bx&0x3ffff))
}

func (g *generator) add(code uint32) int {
	g.proto.Code = append(g.proto.Code, code)
	g.proto.DbgSourcePositions = append(g.proto.DbgSourcePositions, g.line)
	return len(g.proto.Code) - 1
}

// jump adds a jump whose target is set later.
func (g *generator) jump() int { return g.emitBx(lua.OP_JMP, 0, 0) }

// jumpTo makes the jumps at some places go to a target.
func (g *generator) jumpTo(target int, places ...int) {
	for _, place := range places {
		distance := target - place - 1
		if distance > maxJump || distance < -maxJump {
			g.fail("control structure too long")
		}
		code := &g.proto.Code[place]
		*code = *code&^0x3ffff | uint32(distance+maxJump)
	}
}

func (g *generator) jumpHere(places ...int) { g.jumpTo(g.pc(), places...) }

// alloc takes the next n registers and gives the first.
func (g *generator) alloc(n int) int {
	first := g.free
	g.free += n
	if g.free > maxRegisters {
		g.fail("function or expression too complex")
	}
	g.proto.NumUsedRegisters = max(g.proto.NumUsedRegisters, uint8(g.free+1))
	return first
}

// constant gives the index of a constant.
func (g *generator) constant(value lua.LValue) int {
	var key any = value
	if f, ok := value.(lua.LNumber); ok && f == 0 {
		key = math.Signbit(float64(f)) // 0 and -0 are equal, and yet two constants
	}
	index, ok := g.constants[key]
	if !ok {
		index = len(g.proto.Constants)
		if index > maxConstants {
			g.fail("constant table overflow")
		}
		g.constants[key] = index
		g.proto.Constants = append(g.proto.Constants, value)
		text, _ := value.(lua.LString)
		g.texts = append(g.texts, string(text))
	}
	return index
}

func (g *generator) enter(loop bool) {
	g.block = &scope{outer: g.block, locals: len(g.locals), loop: loop}
}

// leave ends the innermost block: its variables go, closures keep theirs.
func (g *generator) leave() {
	block := g.block
	if block.captured && block.outer != nil {
		g.emit(lua.OP_CLOSE, block.locals, 0, 0)
	}
	for _, v := range g.locals[block.locals:] {
		v.info.EndPc = g.pc()
	}
	g.free = block.locals
	g.locals = g.locals[:block.locals]
	g.block = block.outer
	g.jumpHere(block.breaks...)
}

// declare brings a variable into scope, in the next register.
func (g *generator) declare(name string) *variable {
	if len(g.locals) == g.free {
		g.alloc(1)
	}
	return g.activate(name)
}

// activate brings a variable into scope whose register holds its value already.
func (g *generator) activate(name string) *variable {
	info := &lua.DbgLocalInfo{Name: name, StartPc: g.pc()}
	v := &variable{name: name, register: len(g.locals), block: g.block, info: info}
	g.locals = append(g.locals, v)
	g.proto.DbgLocals = append(g.proto.DbgLocals, info)
	return v
}

func (g *generator) findLocal(name string) *variable {
	for i := len(g.locals) - 1; i >= 0; i-- {
		if g.locals[i].name == name {
			return g.locals[i]
		}
	}
	return nil
}

// findUpvalue gives the index of the upvalue that a name means, or -1 for a global.
func (g *generator) findUpvalue(name string) int {
	if g.outer == nil {
		return -1
	}
	if v := g.outer.findLocal(name); v != nil {
		v.block.captured = true
		return g.upvalue(upvalue{variable: v, local: true, index: v.register})
	}
	index := g.outer.findUpvalue(name)
	if index < 0 {
		return -1
	}
	return g.upvalue(upvalue{variable: g.outer.upvalues[index].variable, index: index})
}

func (g *generator) upvalue(u upvalue) int {
	for i, known := range g.upvalues {
		if known.variable == u.variable {
			return i
		}
	}
	if len(g.upvalues) == math.MaxUint8 {
		g.fail("function or expression too complex")
	}
	g.upvalues = append(g.upvalues, u)
	g.proto.DbgUpvalues = append(g.proto.DbgUpvalues, u.variable.name)
	return len(g.upvalues) - 1
}
