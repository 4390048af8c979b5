package scripting

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// A traceback shows so many of the innermost calls and of the outermost ones.
const (
	tracedInner = 12
	tracedOuter = 10
)

// traceback tells of a call in progress and those around it in the words of
// Lua 5.1's debug.traceback.
func (m *machine) traceback(f stackFrame) string {
	total := 0
	m.eachCall(f, func(func() string) { total++ })
	var b strings.Builder
	b.WriteString("stack traceback:")
	level := 0
	m.eachCall(f, func(line func() string) {
		if level < tracedInner || level >= total-tracedOuter {
			b.WriteString("\n\t" + line())
		} else if level == tracedInner {
			b.WriteString("\n\t...")
		}
		level++
	})
	return b.String()
}

// eachCall calls fn for each line of a traceback, from the innermost call on.
func (m *machine) eachCall(f stackFrame, fn func(line func() string)) {
	for ; f.exists(); f = f.caller() {
		if m.unseen(f) {
			continue
		}
		fn(func() string { return callLine(f) })
		for range f.tailCalls() {
			fn(func() string { return "(tail call): ?" })
		}
	}
}

// origin is where a call is, as Lua's debug.getinfo tells it.
type origin struct {
	source string // of the chunk: "@file", "=name" or its text
	chunk  string // what messages call it
	line   int    // -1 in a Go function, which is one of C to scripts
}

// placeAt is the origin at a level of the call stack, as Lua counts levels: the current function is level 0, and each tail call
// is a level of its own. Its line is 0 if there is no such level.
func (m *machine) placeAt(L *lua.LState, level int) origin {
	f := innermost(L)
	for at := 0; f.exists(); f = f.caller() {
		if at > 0 && m.unseen(f) {
			continue
		}
		fn := f.function()
		switch {
		case at == level && fn.IsG:
			return origin{"=[C]", "[C]", -1}
		case at == level:
			return origin{chunkSource(fn.Proto), fn.Proto.SourceName, lineOf(fn.Proto, f.pc())}
		case at+f.tailCalls() >= level:
			return origin{"=(tail call)", "(tail call)", -1}
		}
		at += 1 + f.tailCalls()
	}
	return origin{}
}

// unseen tells whether Lua makes no call where the VM does: for operators, for
// what lowering added, and to word errors.
func (m *machine) unseen(f stackFrame) bool {
	if !f.function().IsG {
		return false
	}
	if f.function() == m.onError {
		return true
	}
	for _, builtin := range m.builtins {
		if f.function() == builtin {
			return true
		}
	}
	inst, ok := callingInstruction(f)
	return ok && inst.op() != lua.OP_CALL && inst.op() != lua.OP_TAILCALL && inst.op() != lua.OP_TFORLOOP
}

// callingInstruction is that of the Lua function which called f, if one did.
func callingInstruction(f stackFrame) (inst instruction, ok bool) {
	caller := f.caller()
	if !caller.exists() || caller.function().IsG || f.tailCalls() > 0 {
		return 0, false
	}
	code, pc := caller.function().Proto.Code, caller.pc()
	if pc < 0 || pc >= len(code) {
		return 0, false
	}
	return instruction(code[pc]), true
}

// callLine is one call's line: where it is, and what its caller calls it.
func callLine(f stackFrame) string {
	fn := f.function()
	place := "[C]:"
	if !fn.IsG {
		place = fmt.Sprintf("%s:%d:", fn.Proto.SourceName, lineOf(fn.Proto, f.pc()))
	}
	if inst, ok := callingInstruction(f); ok && (inst.op() == lua.OP_CALL || inst.op() == lua.OP_TAILCALL) {
		caller := f.caller()
		if name, _ := registerName(caller.function().Proto, caller.pc(), inst.a()); name != "" && name != "?" {
			return place + " in function '" + name + "'"
		}
	}
	switch {
	case fn.IsG:
		return place + " ?"
	case fn.Proto.LineDefined == 0:
		return place + " in main chunk"
	}
	return fmt.Sprintf("%s in function <%s:%d>", place, fn.Proto.SourceName, fn.Proto.LineDefined)
}
