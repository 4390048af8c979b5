package scripting

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openLibraries puts the standard library into the common globals.
func (m *machine) openLibraries() {
	for name, fn := range m.base() {
		m.common.RawSetString(name, m.goFunction(fn))
	}
	m.common.RawSetString("_VERSION", lua.LString("Lua 5.1"))
	m.common.RawSetString("table", m.library(m.tableLibrary()))
	m.common.RawSetString("math", m.openMath())
	m.common.RawSetString("bit", m.library(bitLibrary()))
	m.common.RawSetString("coroutine", m.library(m.coroutineLibrary()))
	m.null = &lua.LUserData{Metatable: lua.LNil}
	m.jsonArray = m.freeze(m.newTable(0, 0))
	m.common.RawSetString("cjson", m.jsonLibrary(&m.json))
	m.common.RawSetString("cmsgpack", m.msgpackLibrary())
	m.common.RawSetString("struct", m.library(m.structLibrary()))
	m.common.RawSetString("os", m.library(osLibrary()))
	stringLibrary := m.library(m.stringLibrary())
	stringLibrary.RawSetString("gfind", stringLibrary.RawGetString("gmatch"))
	shown := m.freeze(stringLibrary)
	m.common.RawSetString("string", shown)
	m.openTypeMetatables(stringLibrary, shown)
}

func (m *machine) base() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"assert":         baseAssert,
		"collectgarbage": m.baseCollectGarbage,
		"error":          m.baseError,
		"gcinfo":         m.baseGCInfo,
		"getmetatable":   m.baseGetMetatable,
		"ipairs":         m.baseIpairs(),
		"load":           m.baseLoad,
		"loadstring":     m.baseLoadString,
		"next":           m.baseNext,
		"pairs":          m.basePairs(),
		"pcall":          m.basePcall,
		"rawequal":       baseRawEqual,
		"rawget":         m.baseRawGet,
		"rawset":         m.baseRawSet,
		"select":         baseSelect,
		"setmetatable":   m.baseSetMetatable,
		"tonumber":       baseToNumber,
		"tostring":       m.baseToString,
		"type":           baseType,
		"unpack":         m.baseUnpack,
		"xpcall":         m.baseXpcall,
	}
}

func baseAssert(L *lua.LState) int {
	if !lua.LVAsBool(checkAny(L, 1)) {
		raise(L, "%s", cText(optText(L, 2, "assertion failed!")))
	}
	return L.GetTop()
}

func (m *machine) baseError(L *lua.LState) int {
	value, level := L.Get(1), optInt(L, 2, 1)
	if text, ok := toText(value); ok && level > 0 {
		if p := m.placeAt(L, level); p.line > 0 {
			text = fmt.Sprintf("%s:%d: %s", p.chunk, p.line, text)
		}
		value = lua.LString(text)
	}
	L.Error(value, 0)
	return 0
}

// baseCollectGarbage answers in Lua's terms and collects nothing: the heap is the whole process's. What it counts are the
// registers, and what the script claimed since the last look at the heap.
func (m *machine) baseCollectGarbage(L *lua.LState) int {
	option := cText(optText(L, 1, "collect"))
	n := optInt(L, 2, 0)
	switch option {
	case "collect", "stop", "restart":
		L.Push(lua.LNumber(0))
	case "setpause":
		L.Push(lua.LNumber(m.pause.set(n)))
	case "setstepmul":
		L.Push(lua.LNumber(m.stepMultiplier.set(n)))
	case "step":
		L.Push(lua.LTrue)
	case "count":
		L.Push(lua.LNumber(float64(registryBytes+m.hook.claimed) / 1024))
	default:
		argError(L, 1, "invalid option '"+option+"'")
	}
	return 1
}

// collectorSetting is a percentage that scripts may set for a collector which does without: what differs from its default.
type collectorSetting int

// collectorDefault is what Lua's collector has for its pause and its step multiplier.
const collectorDefault = 200

// set replaces the percentage and is the one before.
func (s *collectorSetting) set(percent int) (before int) {
	before = collectorDefault + int(*s)
	*s = collectorSetting(percent - collectorDefault)
	return before
}

func (m *machine) baseGCInfo(L *lua.LState) int {
	L.Push(lua.LNumber((registryBytes + m.hook.claimed) / 1024))
	return 1
}

func (m *machine) baseGetMetatable(L *lua.LState) int {
	var meta lua.LValue = lua.LNil
	switch v := checkAny(L, 1).(type) {
	case *lua.LTable:
		meta = v.Metatable
		if m.isFrozen(v) {
			L.Push(meta.(*lua.LTable).RawGetString("__metatable"))
			return 1
		}
	case *lua.LUserData:
		meta = v.Metatable
	case lua.LString:
		meta = L.GetMetatable(v)
	}
	if t, ok := meta.(*lua.LTable); ok {
		if shown := t.RawGetString("__metatable"); shown != lua.LNil {
			meta = shown
		}
	}
	L.Push(meta)
	return 1
}

func (m *machine) baseSetMetatable(L *lua.LState) int {
	t := checkTable(L, 1)
	meta := L.Get(2)
	if _, ok := meta.(*lua.LTable); !ok && (meta != lua.LNil || L.GetTop() < 2) {
		argError(L, 2, "nil or table expected")
	}
	m.writer(L, t)
	if old, ok := t.Metatable.(*lua.LTable); ok && old.RawGetString("__metatable") != lua.LNil {
		raise(L, "cannot change a protected metatable")
	}
	t.Metatable = meta
	L.SetTop(1)
	return 1
}

func (m *machine) baseIpairs() lua.LGFunction {
	step := m.goFunction(func(L *lua.LState) int {
		i := lua.LNumber(int32(checkInt(L, 2) + 1)) // anybody may call it
		value := m.reader(checkTable(L, 1)).RawGet(i)
		if value == lua.LNil {
			return 0
		}
		L.Push(i)
		L.Push(value)
		return 2
	})
	return func(L *lua.LState) int {
		t := checkTable(L, 1)
		L.Push(step)
		L.Push(t)
		L.Push(lua.LNumber(0))
		return 3
	}
}

func (m *machine) basePairs() lua.LGFunction {
	next := m.goFunction(m.baseNext)
	return func(L *lua.LState) int {
		t := checkTable(L, 1)
		L.Push(next)
		L.Push(t)
		L.Push(lua.LNil)
		return 3
	}
}

func (m *machine) baseNext(L *lua.LState) int {
	key, value, ok := nextField(m.reader(checkTable(L, 1)), L.Get(2))
	switch {
	case !ok:
		throw(L, "invalid key to 'next'")
	case key == lua.LNil:
		L.Push(lua.LNil)
		return 1
	}
	L.Push(key)
	L.Push(value)
	return 2
}

// nextField is the field after that of a key, or the first; a nil key is the end. It is not ok if the table never had the key.
func nextField(t *lua.LTable, key lua.LValue) (next, value lua.LValue, ok bool) {
	p := partsOf(t)
	index, at := 0, 0
	if n, isNumber := key.(lua.LNumber); isNumber && n >= 1 && n == lua.LNumber(int(n)) && p.hadItem(int(n)) {
		index = int(n)
	} else if key != lua.LNil {
		place, known := (*p.k2i)[key]
		if !known {
			return lua.LNil, lua.LNil, false
		}
		index, at = len(*p.array), place+1
	}
	for ; index < len(*p.array); index++ {
		if v := (*p.array)[index]; v != lua.LNil {
			return lua.LNumber(index + 1), v, true
		}
	}
	for ; at < len(*p.keys); at++ {
		if v := t.RawGetH((*p.keys)[at]); v != lua.LNil {
			return (*p.keys)[at], v, true
		}
	}
	return lua.LNil, lua.LNil, true
}

// basePcall is pcall as Redis has it: of an error table {err=text} the caller gets the text. Without a function it calls
// what Redis puts onto the stack, true.
func (m *machine) basePcall(L *lua.LState) int {
	if L.GetTop() == 0 {
		L.Push(m.uncallable("boolean"))
	}
	m.nameUncallable(L)
	return m.protected(L, func(bool) {})
}

// nameUncallable has the call of the first argument name its type if that is userdata, which gopher-lua takes for a table.
func (m *machine) nameUncallable(L *lua.LState) {
	if _, ok := L.Get(1).(*lua.LUserData); ok {
		L.Replace(1, m.uncallable("userdata"))
	}
}

// uncallable stands for a value that cannot be called.
func (m *machine) uncallable(kind string) *lua.LFunction {
	return m.goFunction(func(L *lua.LState) int {
		throw(L, "attempt to call a "+kind+" value")
		return 0
	})
}

// protected is pcall; settle hears how the call went, also of errors that end the run, before any of them goes on.
func (m *machine) protected(L *lua.LState, settle func(failed bool)) int {
	err := m.protect(L, L.GetTop()-1, lua.MultRet, nil, false)
	settle(err != nil)
	if err != nil {
		value := m.caught(L, err)
		L.Push(lua.LFalse)
		L.Push(value)
		t, ok := value.(*lua.LTable)
		if !ok {
			return 2
		}
		text := L.GetField(t, "err")
		if _, isText := toText(text); isText {
			L.Pop(1)
			L.Push(text)
			return 2
		}
		L.Push(text)
		return 3
	}
	L.Insert(lua.LTrue, 1)
	return L.GetTop()
}

func (m *machine) baseXpcall(L *lua.LState) int {
	checkAny(L, 2)
	handler, ok := L.Get(2).(*lua.LFunction)
	if !ok {
		handler = m.noHandler
	}
	L.SetTop(1)
	m.nameUncallable(L)
	if err := m.protect(L, 0, lua.MultRet, handler, false); err != nil {
		value := m.caught(L, err)
		L.Push(lua.LFalse)
		L.Push(value)
		return 2
	}
	L.Insert(lua.LTrue, 1)
	return L.GetTop()
}

// caught is the value of an error that a script caught. Errors that end the run go on.
func (m *machine) caught(L *lua.LState, err error) lua.LValue {
	if m.hook.err != nil {
		throw(L, m.hook.err.Error())
	}
	return err.(*ScriptError).Value
}

func baseRawEqual(L *lua.LState) int {
	L.Push(lua.LBool(L.RawEqual(checkAny(L, 1), checkAny(L, 2))))
	return 1
}

func (m *machine) baseRawGet(L *lua.LState) int {
	L.Push(m.reader(checkTable(L, 1)).RawGet(checkAny(L, 2)))
	return 1
}

func (m *machine) baseRawSet(L *lua.LState) int {
	t := checkTable(L, 1)
	key, value := checkAny(L, 2), checkAny(L, 3)
	m.rawSet(L, m.writer(L, t), key, value)
	L.SetTop(1)
	return 1
}

// rawSet stores into a table that is not frozen.
func (m *machine) rawSet(L *lua.LState, t *lua.LTable, key, value lua.LValue) {
	switch k := key.(type) {
	case lua.LNumber:
		if k != k {
			throw(L, "table index is NaN")
		}
		if k > smallKey {
			m.claimSlots(L, k)
		}
	case *lua.LNilType:
		throw(L, "table index is nil")
	}
	t.RawSet(key, value)
}

func baseSelect(L *lua.LState) int {
	n := L.GetTop()
	if text, ok := L.Get(1).(lua.LString); ok && strings.HasPrefix(string(text), "#") {
		L.Push(lua.LNumber(n - 1))
		return 1
	}
	i := checkInt(L, 1)
	switch {
	case i < 0:
		i = n + i
	case i > n:
		i = n
	}
	if i < 1 {
		argError(L, 1, "index out of range")
	}
	return n - i
}

func baseToNumber(L *lua.LState) int {
	base := optInt(L, 2, 10)
	if base == 10 {
		value := checkAny(L, 1)
		if f, ok := toNumber(value); ok {
			L.Push(lua.LNumber(f))
			return 1
		}
		L.Push(lua.LNil)
		return 1
	}
	text := checkText(L, 1)
	if base < 2 || base > 36 {
		argError(L, 2, "base out of range")
	}
	if f, ok := parseBase(text, base); ok {
		L.Push(lua.LNumber(f))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

// parseBase reads an integer as C's strtoul does, which wraps a negative number and sticks at the largest.
func parseBase(s string, base int) (float64, bool) {
	s = strings.Trim(cText(s), " \t\n\v\f\r")
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if base == 16 && len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s = s[2:]
	}
	if s == "" {
		return 0, false
	}
	var n uint64
	overflow := false
	for i := 0; i < len(s); i++ {
		digit := 99
		switch c := s[i]; {
		case isDigit(c):
			digit = int(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			digit = int(c|0x20-'a') + 10
		}
		if digit >= base {
			return 0, false
		}
		overflow = overflow || n > (1<<64-1-uint64(digit))/uint64(base)
		n = n*uint64(base) + uint64(digit)
	}
	switch {
	case overflow:
		n = 1<<64 - 1
	case negative:
		n = -n
	}
	return float64(n), true
}

func (m *machine) baseToString(L *lua.LState) int {
	L.Push(m.toString(L, checkAny(L, 1)))
	return 1
}

// toString is tostring: __tostring if there is one, else Lua's form of the value.
func (m *machine) toString(L *lua.LState, v lua.LValue) lua.LValue {
	switch v := v.(type) {
	case lua.LString:
		return v
	case lua.LNumber:
		return lua.LString(formatNumber(float64(v)))
	case *lua.LTable, *lua.LUserData:
		if fn := metaField(v, "__tostring"); fn != lua.LNil {
			return callMeta(L, fn, v)
		}
	}
	return lua.LString(addressText(v))
}

// addressText is what tostring gives for a value that has no text.
func addressText(v lua.LValue) string {
	switch v := v.(type) {
	case *lua.LUserData:
		if v.Value == nil { // cjson.null
			return "userdata: (nil)"
		}
		return fmt.Sprintf("userdata: %p", v)
	case *lua.LTable:
		return fmt.Sprintf("table: %p", v)
	}
	return v.String()
}

func baseType(L *lua.LState) int {
	L.Push(lua.LString(typeName(checkAny(L, 1))))
	return 1
}

func (m *machine) baseUnpack(L *lua.LState) int {
	t := m.reader(checkTable(L, 1))
	from := optInt(L, 2, 1)
	to := 0
	if isNone(L, 3) {
		to = t.Len()
	} else {
		to = checkInt(L, 3)
	}
	if from > to {
		return 0
	}
	n := to - from + 1
	if n <= 0 || n > mostResults(L) {
		raise(L, "too many results to unpack")
	}
	for i := from; i <= to; i++ {
		L.Push(t.RawGet(lua.LNumber(i)))
	}
	return n
}

const maxUnpack = 1 << 18

// mostResults is how many values a function may return. Coroutines, whose stacks grow in small steps, get as many as in Lua.
func mostResults(L *lua.LState) int {
	if L == L.G.MainThread {
		return maxUnpack
	}
	return maxResumeValues
}

func (m *machine) baseLoadString(L *lua.LState) int {
	text := checkText(L, 1)
	m.claim(L, len(text)*compiledBytes)
	m.work(L, len(text))
	return m.load(L, &source{text: text}, optText(L, 2, text))
}

func (m *machine) baseLoad(L *lua.LState) int {
	name := optText(L, 2, "=(load)") // is looked at first, in Lua too
	reader := checkFunction(L, 1)
	src := &source{}
	handler := m.inherited(L)
	src.more = func() string {
		piece := m.readPiece(L, reader, handler)
		if len(src.text)+len(piece) > maxSourceBytes {
			panic(unreadable{lua.LString("source is too long")})
		}
		m.claim(L, len(piece)*compiledBytes)
		m.work(L, len(piece))
		return piece
	}
	return m.load(L, src, name)
}

// compiledBytes is what a byte of a source takes when it is compiled.
const compiledBytes = 16

// unreadable is a panic that ends the reading of a source: load returns the error.
type unreadable struct{ err lua.LValue }

// readPiece calls the function that gives a source piece by piece. Its errors go to a handler, if there is one, and panic as
// unreadable.
func (m *machine) readPiece(L *lua.LState, reader, handler *lua.LFunction) string {
	L.Push(reader)
	if err := m.protect(L, 0, 1, handler, false); err != nil {
		panic(unreadable{m.caught(L, err)})
	}
	piece := L.Get(-1)
	L.Pop(1)
	text, ok := toText(piece)
	if piece != lua.LNil && !ok {
		var value lua.LValue = lua.LString(position(L, 1) + "reader function must return a string")
		if handler != nil {
			value = m.runHandler(L, handler, value)
		}
		panic(unreadable{value})
	}
	return text
}

// load compiles a source a script gave, or returns nil and a message. Only text is taken: there is no bytecode here.
func (m *machine) load(L *lua.LState, src *source, name string) (results int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case unreadable:
			L.Push(lua.LNil)
			L.Push(r.err)
			results = 2
		default:
			panic(r)
		}
	}()
	env := m.environmentOf(L)
	c, err := compileSource(chunkName(name, runtimeRoom), src, bindings{})
	if err != nil {
		var wrong *SyntaxError
		if errors.As(err, &wrong) {
			wrong.Chunk = chunkName(name, syntaxRoom)
		}
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	if chunkSource(c.proto) != name {
		setSource(c.proto, cText(name))
	}
	L.Push(m.function(c, env))
	return 1
}

// environmentOf is the environment of the Lua function that called the current Go function.
func (m *machine) environmentOf(L *lua.LState) *environment {
	globals := m.eval.globals
	for level := 1; ; level++ {
		dbg, ok := L.GetStack(level)
		if !ok {
			break
		}
		value, err := L.GetInfo("f", dbg, lua.LNil)
		if fn, isFunction := value.(*lua.LFunction); err == nil && isFunction && !fn.IsG {
			globals = fn.Env
			break
		}
	}
	return &environment{globals: globals, values: m.reader(globals)}
}

// The room for a chunk's name, with a zero byte behind it.
const (
	runtimeRoom = 60
	syntaxRoom  = 80
)

// chunkName is how Lua shows a chunk's name in messages: =name and @name without the sign, of the latter the end if it is
// long, anything else as its first line.
func chunkName(name string, room int) string {
	name = cText(name)
	if strings.HasPrefix(name, "=") {
		return name[1:min(len(name), room)]
	}
	if file, ok := strings.CutPrefix(name, "@"); ok {
		if over := len(file) - (room - len(` '...' `) - 1); over > 0 {
			return "..." + file[over:]
		}
		return file
	}
	line, cut := name, false
	if end := strings.IndexAny(name, "\r\n"); end >= 0 {
		line, cut = name[:end], true
	}
	if most := room - len(` [string "..."] `) - 1; len(line) > most || cut {
		line = line[:min(len(line), most)] + "..."
	}
	return `[string "` + line + `"]`
}
