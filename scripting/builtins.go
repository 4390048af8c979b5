package scripting

import (
	lua "github.com/yuin/gopher-lua"
)

// openBuiltins makes the functions that lowered scripts call.
func (m *machine) openBuiltins() {
	m.builtins = map[string]*lua.LFunction{
		builtinConcat:      m.goFunction(m.concat),
		builtinConcatTable: m.goFunction(m.concatTable),
		builtinFor:         m.goFunction(forNumbers),
		builtinKey:         m.goFunction(m.storedKey),
		builtinTable:       m.goFunction(m.constructed),
		builtinAppend:      m.goFunction(m.appendItem),
	}
}

// forNumbers coerces the numbers of a numeric for: where it starts, its limit, and its step, which is 1 if there is none.
func forNumbers(L *lua.LState) int {
	if L.GetTop() == 2 {
		L.Push(lua.LNumber(1))
	}
	for i, what := range [...]string{"initial value", "limit", "step"} {
		value := L.Get(i + 1)
		if _, ok := value.(lua.LNumber); ok {
			continue
		}
		f, ok := toNumber(value)
		if !ok {
			raise(L, "'for' %s must be a number", what)
		}
		L.Replace(i+1, lua.LNumber(f))
	}
	return 3
}

// storedKey passes on a key something is about to be stored under. The VM keeps integer keys in an array that it fills up
// to the key, so a large one is a claim for memory.
func (m *machine) storedKey(L *lua.LState) int {
	key := L.Get(1)
	if f, ok := key.(lua.LNumber); ok && f > smallKey && f == lua.LNumber(int64(f)) {
		m.claimSlots(L, f)
	}
	L.Push(key)
	return 1
}

// claimSlots claims the memory of an array up to a key, if the VM would make one.
func (m *machine) claimSlots(L *lua.LState, key lua.LNumber) {
	if key < lua.LNumber(lua.MaxArrayIndex) {
		m.claim(L, int(key)*slotBytes)
	}
}

const slotBytes = 16 // a value in a table's array

// concat is a..b..c: strings and numbers from the right, as far as they go, then a metamethod, and on.
func (m *machine) concat(L *lua.LState) int {
	n := L.GetTop()
	if text, ok := m.concatShort(L, 1, n); ok {
		L.Push(text)
		return 1
	}
	if n == 2 {
		a, ok1 := L.Get(1).(lua.LString)
		b, ok2 := L.Get(2).(lua.LString)
		if ok1 && ok2 {
			m.claimString(L, len(a)+len(b))
			L.Push(a + b)
			return 1
		}
	}
	L.Push(m.concatValues(L, n, L.Get))
	return 1
}

// concatShort is the concatenation of some arguments if it is short and needs no metamethod.
func (m *machine) concatShort(L *lua.LState, first, last int) (lua.LValue, bool) {
	var space [maxBlockText]byte
	buf := space[:0]
	for i := first; i <= last; i++ {
		value := L.Get(i)
		size := textSize(value)
		if size < 0 || len(buf)+size > len(space) {
			return nil, false
		}
		buf = appendText(buf, value)
	}
	m.claimString(L, len(buf))
	if m.tables.on {
		return m.texts.fresh(buf), true
	}
	return lua.LString(buf), true
}

// appendItem appends a value, or the concatenation of several, to a table. It tells whether it did: what takes more than
// storing it is left to the VM.
func (m *machine) appendItem(L *lua.LState) int {
	t, ok := L.Get(1).(*lua.LTable)
	ok = ok && t.Metatable == lua.LNil
	if ok {
		value := L.Get(2)
		if n := L.GetTop(); n > 2 {
			value, ok = m.concatShort(L, 2, n)
		}
		next := t.Len() + 1
		ok = ok && value != lua.LNil && next < lua.MaxArrayIndex
		if ok {
			t.RawSetInt(next, value)
		}
	}
	L.Push(lua.LBool(ok))
	return 1
}

// concatTable is concat for a chain whose operands are in a table: its arguments are their number and the table.
func (m *machine) concatTable(L *lua.LState) int {
	n, operands := int(L.Get(1).(lua.LNumber)), L.Get(2).(*lua.LTable)
	L.Push(m.concatValues(L, n, operands.RawGetInt))
	return 1
}

func (m *machine) concatValues(L *lua.LState, n int, operand func(i int) lua.LValue) lua.LValue {
	right := operand(n)
	for n--; n > 0; {
		run, size := 0, textSize(right)
		for size >= 0 && n-run > 0 {
			more := textSize(operand(n - run))
			if more < 0 {
				break
			}
			size += more
			run++
		}
		if run == 0 {
			right = m.concatMeta(L, operand(n), right, n)
			n--
			continue
		}
		m.claimString(L, size)
		buf := make([]byte, 0, size)
		for i := n - run + 1; i <= n; i++ {
			buf = appendText(buf, operand(i))
		}
		right = lua.LString(appendText(buf, right))
		n -= run
	}
	return right
}

// textSize is at least the length of a value as text, or -1 if it has none.
func textSize(v lua.LValue) int {
	switch v := v.(type) {
	case lua.LString:
		return len(v)
	case lua.LNumber:
		return 24
	}
	return -1
}

func appendText(dst []byte, v lua.LValue) []byte {
	switch v := v.(type) {
	case lua.LString:
		return append(dst, v...)
	case lua.LNumber:
		return appendNumber(dst, float64(v))
	}
	return dst
}

func (m *machine) concatMeta(L *lua.LState, a, b lua.LValue, index int) lua.LValue {
	if fn := binaryMeta(a, b, "__concat"); fn != lua.LNil {
		return callMeta(L, fn, a, b)
	}
	operand := index
	if textSize(a) >= 0 {
		a, operand = b, index+1
	}
	what := "a " + typeName(a) + " value"
	if proto, pc, ok := luaFrame(L, 1); ok {
		if inst := instruction(proto.Code[pc]); inst.op() == lua.OP_CALL {
			what = describe(proto, pc, inst.a()+operand, typeName(a))
		}
	}
	raise(L, "attempt to concatenate %s", what)
	return lua.LNil
}

// callMeta calls a metamethod, which may be any value that can be called, and gives its first result.
func callMeta(L *lua.LState, fn lua.LValue, args ...lua.LValue) lua.LValue {
	if _, ok := fn.(*lua.LFunction); !ok && metaField(fn, "__call") == lua.LNil {
		throw(L, "attempt to call a "+typeName(fn)+" value")
	}
	L.Push(fn)
	for _, arg := range args {
		L.Push(arg)
	}
	L.Call(len(args), 1)
	result := L.Get(-1)
	L.Pop(1)
	return result
}

// metaField is a field of the metatable of a table or userdata; other types have none that scripts may set.
func metaField(v lua.LValue, event string) lua.LValue {
	var meta lua.LValue
	switch v := v.(type) {
	case *lua.LTable:
		meta = v.Metatable
	case *lua.LUserData:
		meta = v.Metatable
	}
	if t, ok := meta.(*lua.LTable); ok {
		return t.RawGetString(event)
	}
	return lua.LNil
}

func binaryMeta(a, b lua.LValue, event string) lua.LValue {
	if fn := metaField(a, event); fn != lua.LNil {
		return fn
	}
	return metaField(b, event)
}
