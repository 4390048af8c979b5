package scripting

import lua "github.com/yuin/gopher-lua"

// lineHook is a hook that also tells when a script reaches another line, as
// Lua's line hook does: at the first instruction of a function, at one of
// another line, and after a jump back.
type lineHook struct {
	*hook
	m    *machine
	line func(L *lua.LState, proto *lua.FunctionProto, line int)
	last []codePlace // by the depth of the call stack
	in   *lua.LState
}

// codePlace is an instruction of a function.
type codePlace struct {
	proto *lua.FunctionProto
	pc    int
}

// Done is called before each instruction.
func (h *lineHook) Done() <-chan struct{} {
	L := h.m.L.G.CurrentThread
	if L != h.in {
		h.in, h.last = L, h.last[:0] // what a coroutine left off is told once more
	}
	fn, pc, depth := currentInstruction(L)
	if fn != nil && !fn.IsG && pc >= 0 && pc < len(fn.Proto.DbgSourcePositions) {
		at := codePlace{fn.Proto, pc}
		var before codePlace
		if depth < len(h.last) {
			before = h.last[depth]
		}
		for len(h.last) <= depth {
			h.last = append(h.last, codePlace{})
		}
		h.last = h.last[:depth+1]
		h.last[depth] = at
		line := fn.Proto.DbgSourcePositions[pc]
		if before.proto != at.proto || pc <= before.pc || fn.Proto.DbgSourcePositions[before.pc] != line {
			h.line(L, fn.Proto, line)
		}
	}
	return h.hook.Done()
}
