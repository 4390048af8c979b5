package scripting

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// openTypeMetatables gives nil, booleans, numbers, strings, functions and threads metatables, which the VM consults before
// its own conversions. They make arithmetic on strings Lua 5.1's, and every other operation that a type does not support
// an error in Lua's words, with the name of the variable. No script can reach them; getmetatable("") gives one of its own,
// whose __index is the string library as scripts see it.
func (m *machine) openTypeMetatables(stringLibrary, shownLibrary *lua.LTable) {
	events := map[string]lua.LGFunction{
		"__add": arithmetic("__add", func(a, b float64) float64 { return a + b }),
		"__sub": arithmetic("__sub", func(a, b float64) float64 { return a - b }),
		"__mul": arithmetic("__mul", func(a, b float64) float64 { return a * b }),
		"__div": arithmetic("__div", func(a, b float64) float64 { return a / b }),
		"__mod": arithmetic("__mod", modulo),
		"__pow": arithmetic("__pow", math.Pow),
		"__unm": negate, "__len": noLength, "__lt": notComparable, "__le": notComparable,
		"__index": notIndexable, "__newindex": notIndexable, "__call": notCallable,
	}
	for _, value := range []lua.LValue{lua.LNil, lua.LTrue, lua.LNumber(0), lua.LString(""), m.readonly, m.L} {
		meta := m.newTable(0, len(events))
		for event, fn := range events {
			meta.RawSetString(event, m.goFunction(fn))
		}
		if value.Type() == lua.LTString {
			meta.RawSetString("__index", stringLibrary)
			// What getmetatable("") shows.
			shown := m.newTable(0, 1)
			shown.RawSetString("__index", shownLibrary)
			meta.RawSetString("__metatable", m.freeze(shown))
		}
		if value.Type() == lua.LTFunction {
			meta.RawSetString("__call", lua.LNil)
		}
		m.L.SetMetatable(value, meta)
	}
}

func modulo(a, b float64) float64 {
	r := math.Mod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}

func arithmetic(event string, operate func(a, b float64) float64) lua.LGFunction {
	return func(L *lua.LState) int {
		lhs, rhs := L.Get(1), L.Get(2)
		a, ok1 := toNumber(lhs)
		b, ok2 := toNumber(rhs)
		if ok1 && ok2 {
			L.Push(lua.LNumber(operate(a, b)))
			return 1
		}
		if fn := binaryMeta(lhs, rhs, event); fn != lua.LNil {
			L.Push(callMeta(L, fn, lhs, rhs))
			return 1
		}
		second := ok1
		failOperand(L, "perform arithmetic on", func(inst instruction) int {
			if second {
				return inst.c()
			}
			return inst.b()
		}, map[bool]lua.LValue{false: lhs, true: rhs}[second])
		return 0
	}
}

func negate(L *lua.LState) int {
	f, ok := toNumber(L.Get(1))
	if !ok {
		failOperand(L, "perform arithmetic on", instruction.b, L.Get(1))
	}
	L.Push(lua.LNumber(-f))
	return 1
}

func noLength(L *lua.LState) int {
	failOperand(L, "get length of", instruction.b, L.Get(1))
	return 0
}

func notComparable(L *lua.LState) int {
	raise(L, "%s", incomparable(typeName(L.Get(1)), typeName(L.Get(2))))
	return 0
}

// incomparable is the error of comparing values of two types. Lua looks at the third letters of their names only, so that
// string and thread are the same to it.
func incomparable(one, other string) string {
	if one[2] == other[2] {
		return notCompared + "two " + one + " values"
	}
	return notCompared + one + " with " + other
}

func notIndexable(L *lua.LState) int {
	value := L.Get(1)
	failOperand(L, "index", func(inst instruction) int {
		if register := indexedOperand(inst); holds(L, 1, register, value) {
			return register
		}
		return constantBit
	}, value)
	return 0
}

// indexedOperand is the register of what an instruction indexes.
func indexedOperand(inst instruction) int {
	switch inst.op() {
	case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
		return inst.a()
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_SELF:
		return inst.b()
	}
	return constantBit
}

func notCallable(L *lua.LState) int {
	failOperand(L, "call", calledOperand, L.Get(1))
	return 0
}

// calledOperand is the register of what an instruction calls.
func calledOperand(inst instruction) int {
	switch inst.op() {
	case lua.OP_CALL, lua.OP_TAILCALL:
		return inst.a()
	case lua.OP_TFORLOOP:
		return inst.a() + 3
	}
	return constantBit
}

// holds tells whether a register of the function at a level of the call stack holds a value, which it does not if the value
// was found in a metatable.
func holds(L *lua.LState, level, register int, value lua.LValue) bool {
	return operandValue(L, level, register).Type() == value.Type()
}

// failOperand raises Lua's complaint about an operand of the instruction that called the current Go function.
func failOperand(L *lua.LState, action string, operand func(instruction) int, value lua.LValue) {
	what := "a " + typeName(value) + " value"
	if proto, pc, ok := luaFrame(L, 1); ok {
		what = describe(proto, pc, operand(instruction(proto.Code[pc])), typeName(value))
	}
	raise(L, "attempt to %s %s", action, what)
}
