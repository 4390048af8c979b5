package scripting

import lua "github.com/yuin/gopher-lua"

// lineHook is a hook that also tells when a script reaches another line, as
// Lua's line hook does: at the first instruction of a function, at one of
// another line, and after a jump back.
type lineHook struct {
	*hook
	m       *machine
	line    func(L *lua.LState, proto *lua.FunctionProto, line int)
	in      *lua.LState
	threads map[*lua.LState]*[]codePlace // of each, by the depth of its call stack
	last    *[]codePlace                 // those of in
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
		h.enter(L)
	}
	fn, pc, depth := currentInstruction(L)
	if fn != nil && !fn.IsG && pc >= 0 && pc < len(fn.Proto.DbgSourcePositions) && !isUnseen(fn.Proto, pc) {
		if at := (codePlace{fn.Proto, pc}); h.isNews(at, depth) {
			h.line(L, fn.Proto, fn.Proto.DbgSourcePositions[pc])
		}
	}
	return h.hook.Done()
}

// enter takes up another thread where it was left.
func (h *lineHook) enter(L *lua.LState) {
	if h.threads == nil {
		h.threads = map[*lua.LState]*[]codePlace{}
	}
	if h.threads[L] == nil {
		h.threads[L] = &[]codePlace{}
	}
	h.in, h.last = L, h.threads[L]
}

// isNews notes the place that a function at some depth has come to, and tells
// whether that is another line.
func (h *lineHook) isNews(at codePlace, depth int) bool {
	last := *h.last
	for len(last) <= depth {
		last = append(last, codePlace{})
	}
	before := last[depth]
	*h.last = last[:depth+1]
	last[depth] = at
	lines := at.proto.DbgSourcePositions
	return before.proto != at.proto || at.pc <= before.pc || lines[before.pc] != lines[at.pc]
}

// isUnseen tells whether an instruction is one that Lua's compiler leaves out:
// nil for variables at the start of a function, where they are nil anyway, and
// nil for the variable after one that was given nil just before.
func isUnseen(proto *lua.FunctionProto, pc int) bool {
	first, _, ok := nilled(proto, pc)
	if !ok {
		return false
	}
	if pc == 0 {
		return first >= int(proto.NumParameters)
	}
	_, last, ok := nilled(proto, pc-1)
	return ok && (last == first-1 || isUnseen(proto, pc-1))
}

// nilled is the first and last of the registers that an instruction makes nil.
func nilled(proto *lua.FunctionProto, pc int) (first, last int, ok bool) {
	switch inst := instruction(proto.Code[pc]); inst.op() {
	case lua.OP_LOADNIL:
		return inst.a(), inst.b(), true
	case lua.OP_LOADK:
		return inst.a(), inst.a(), proto.Constants[inst.bx()] == lua.LNil
	}
	return 0, 0, false
}
