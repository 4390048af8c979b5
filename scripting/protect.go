package scripting

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// callStackOverflow is what gopher-lua's call stack panics with.
const callStackOverflow = "lua callstack overflow"

// maxHandled bounds how often a handler may fail on its own errors.
const maxHandled = 200

// maxProtected bounds protected calls within each other, as Lua's bound of C calls does.
const maxProtected = 200

const manyCalls = "C stack overflow"

// guard is one protected call in progress.
type guard struct {
	thread  *lua.LState
	base    int            // the stack place of the called function's first argument
	handler *lua.LFunction // xpcall's, or nil
	traced  bool
	handled bool
	from    origin // of the error
}

// protect calls the function under nargs arguments on the stack, which leave it, with want results. An error leaves no
// results.
func (m *machine) protect(L *lua.LState, nargs, want int, handler *lua.LFunction, traced bool) error {
	depth, keep := len(m.guards), errorsKeepUpvalues(L)
	if depth >= maxProtected {
		raise(L, manyCalls)
	}
	kept := *keep
	m.guards = append(m.guards, guard{thread: L, base: stackTop(L) - nargs, handler: handler, traced: traced})
	err := L.PCall(nargs, want, m.onError)
	g := m.guards[depth]
	m.guards = m.guards[:depth]
	*keep = kept
	if err == nil {
		return nil
	}
	if !g.handled { // the handler itself failed, or there was no stack left for it
		closeUpvalues(L, g.base)
	}
	value, trace := errorValue(err), m.trace
	m.trace = ""
	switch {
	case value == lua.LString(callStackOverflow):
		value = lua.LString("stack overflow")
	case !g.handled && handler != nil && m.hook.err == nil:
		value = lua.LString(failedHandler)
	}
	return &ScriptError{Value: value, Source: g.from.source, Line: g.from.line, Traceback: trace, Stop: m.hook.err}
}

func errorValue(err error) lua.LValue {
	if api, ok := err.(*lua.ApiError); ok && api.Object != nil {
		return api.Object
	}
	return lua.LString(err.Error())
}

// handleError runs where an error was raised, before the stack is unwound: it words the error as Lua does, notes its
// place, runs xpcall's handler, and closes the upvalues of the functions that end.
func (m *machine) handleError(L *lua.LState) int {
	*errorsKeepUpvalues(L) = true
	index := len(m.guards) - 1
	value := L.Get(1)
	if text, ok := value.(lua.LString); ok {
		value = lua.LString(reword(L, 1, string(text)))
	}
	m.guards[index].from = m.errorPlace(L, 1)
	if m.guards[index].traced {
		m.trace = m.traceback(innermost(L).caller())
	}
	if handler := m.guards[index].handler; handler != nil && m.hook.err == nil {
		value = m.runHandler(L, handler, value)
	} else if m.guards[index].traced {
		value = m.tellPlace(L, index, value)
	}
	closeUpvalues(L, m.guards[index].base)
	m.guards[index].handled = true
	L.Push(value)
	return 1
}

// failedHandler is the error of a handler that fails whatever it is given.
const failedHandler = "error in error handling"

// inherited is the handler of errors of a protected call within the current one that has none of its own.
func (m *machine) inherited(L *lua.LState) *lua.LFunction {
	g := m.guards[len(m.guards)-1]
	switch {
	case g.thread != L: // a coroutine's errors go to no handler
		return nil
	case g.traced: // the run's own
		return m.reporter
	}
	return g.handler
}

// runHandler calls an xpcall's handler with an error. An error in it goes to the handler too, and so on.
func (m *machine) runHandler(L *lua.LState, handler *lua.LFunction, value lua.LValue) lua.LValue {
	for range maxHandled {
		L.Push(handler)
		L.Push(value)
		err := m.protect(L, 1, 1, nil, false)
		if err == nil {
			return L.Get(-1)
		}
		value = m.caught(L, err)
	}
	return lua.LString(failedHandler)
}

// placeTeller is Redis's way to tell a table that ends a script where it was raised, and to read it. What fails there is
// said to be on the lines that it has there.
const placeTeller = "local err, source, line = ..." + "\n\n\n\n\n\n\n\n" + `
err.source = source
err.line = line
return {err = err.err, source = err.source, line = err.line, ignore_error_stats_update = err.ignore_error_stats_update}`

// tellPlace tells an object that ends the run where that was, which its metamethods hear, and gives what it holds then. An
// error in them takes its place.
func (m *machine) tellPlace(L *lua.LState, index int, value lua.LValue) lua.LValue {
	for range maxHandled {
		t, ok := value.(*lua.LTable)
		g := &m.guards[index]
		if !ok || t.Metatable == lua.LNil || g.from.line == 0 || m.hook.err != nil {
			return value
		}
		L.Push(m.placeTeller)
		L.Push(t)
		L.Push(lua.LString(g.from.source))
		L.Push(lua.LNumber(g.from.line))
		err := m.protect(L, 3, 1, nil, false)
		g = &m.guards[index]
		if err == nil {
			told := L.Get(-1).(*lua.LTable)
			g.from = origin{}
			if line, ok := toNumber(told.RawGetString("line")); ok {
				source, _ := toText(told.RawGetString("source"))
				g.from = origin{source: source, line: int(line)}
			}
			return told
		}
		failed := err.(*ScriptError)
		value, g.from = failed.Value, origin{source: failed.Source, line: failed.Line}
	}
	return lua.LString(manyCalls)
}

// errorPlace is where an error is said to come from that the function at a level of the call stack raised: from there, or if
// that is a Go function, from its caller. It is empty where there is no caller.
func (m *machine) errorPlace(L *lua.LState, level int) origin {
	p := m.placeAt(L, level)
	if p.source == "=[C]" {
		return m.placeAt(L, level+1)
	}
	return p
}

// reword turns the texts of gopher-lua's VM into Lua's, the function that raised them being at a level of the call stack. Most operations on values that do not support them raise through
// the type metatables in Lua's words already; these are the ones on tables, and the limits.
func reword(L *lua.LState, level int, text string) string {
	if text == callStackOverflow {
		return position(L, level) + "stack overflow"
	}
	prefix := position(L, level)
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok || prefix == "" {
		if strings.HasSuffix(text, "attempt to call a non-function object") { // by a Go function, which has no position
			return "attempt to call a table value"
		}
		return text
	}
	switch rest {
	case "registry overflow":
		return prefix + "stack overflow"
	case "too many recursions in gettable":
		return prefix + "loop in gettable"
	case "too many recursions in settable":
		return prefix + "loop in settable"
	case "for statement init must be a number":
		return prefix + "'for' initial value must be a number"
	case "for statement limit must be a number":
		return prefix + "'for' limit must be a number"
	case "for statement step must be a number":
		return prefix + "'for' step must be a number"
	}
	if one, other, ok := comparedTypes(rest); ok {
		return prefix + incomparable(one, other)
	}
	proto, pc, ok := luaFrame(L, level)
	if !ok {
		return text
	}
	inst := instruction(proto.Code[pc])
	switch rest {
	case "attempt to call a non-function object":
		called := "table"
		if _, ok := operandValue(L, level, calledOperand(inst)).(*lua.LUserData); ok {
			called = "userdata"
		}
		return prefix + "attempt to call " + describe(proto, pc, calledOperand(inst), called)
	case "__len undefined":
		return prefix + "attempt to get length of " + describe(proto, pc, inst.b(), "userdata")
	case "__unm undefined":
		operand := operandValue(L, level, inst.b())
		if fn := metaField(operand, "__unm"); fn != lua.LNil {
			return prefix + "attempt to call a " + typeName(fn) + " value"
		}
		return prefix + "attempt to perform arithmetic on " + describe(proto, pc, inst.b(), typeName(operand))
	}
	if strings.HasPrefix(rest, "attempt to index a non-table object(userdata)") {
		return prefix + "attempt to index " + describe(proto, pc, indexedOperand(inst), "userdata")
	}
	if lhs, rhs, ok := arithmeticTypes(rest); ok {
		operand, typ := inst.b(), lhs
		event := "__" + strings.Fields(rest)[2]
		fn := binaryMeta(operandValue(L, level, inst.b()), operandValue(L, level, inst.c()), event)
		if fn != lua.LNil {
			return prefix + "attempt to call a " + typeName(fn) + " value"
		}
		if lhs == "number" {
			operand, typ = inst.c(), rhs
		}
		return prefix + "attempt to perform arithmetic on " + describe(proto, pc, operand, typ)
	}
	return text
}

// operandValue is what the register of an operand holds; nil if it is none.
func operandValue(L *lua.LState, level, operand int) lua.LValue {
	if dbg, ok := L.GetStack(level); ok && operand&constantBit == 0 {
		if name, held := L.GetLocal(dbg, operand+1); name != "" {
			return held
		}
	}
	return lua.LNil
}

// arithmeticTypes are the operands' types in the VM's complaint about arithmetic.
func arithmeticTypes(text string) (lhs, rhs string, ok bool) {
	operation, ok := strings.CutPrefix(text, "cannot perform ")
	if !ok {
		return "", "", false
	}
	_, types, ok := strings.Cut(operation, " operation between ")
	lhs, rhs, _ = strings.Cut(types, " and ")
	return lhs, rhs, ok
}

const notCompared = "attempt to compare "

// comparedTypes are the types in gopher-lua's error of a comparison.
func comparedTypes(text string) (one, other string, ok bool) {
	if types, found := strings.CutPrefix(text, notCompared); found {
		one, other, ok = strings.Cut(types, " with ")
	}
	return one, other, ok && slices.Contains(typeNames, one) && slices.Contains(typeNames, other)
}

var typeNames = []string{"nil", "boolean", "number", "string", "function", "userdata", "thread", "table"}

// rewordPlain is reword for an error whose stack is gone, as that of a coroutine: without the names of variables.
func rewordPlain(text string) string {
	for from, to := range map[string]string{
		callStackOverflow:                       "stack overflow",
		"registry overflow":                     "stack overflow",
		"attempt to call a non-function object": "attempt to call a table value",
		"__unm undefined":                       "attempt to perform arithmetic on a table value",
	} {
		if prefix, ok := strings.CutSuffix(text, from); ok {
			return prefix + to
		}
	}
	if at := strings.Index(text, notCompared); at >= 0 {
		if one, other, ok := comparedTypes(text[at:]); ok {
			return text[:at] + incomparable(one, other)
		}
	}
	if at := strings.Index(text, "cannot perform "); at >= 0 {
		if lhs, rhs, ok := arithmeticTypes(text[at:]); ok {
			if lhs == "number" {
				lhs = rhs
			}
			return text[:at] + "attempt to perform arithmetic on a " + lhs + " value"
		}
	}
	return text
}
