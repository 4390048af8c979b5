package scripting

import (
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// gopher-lua keeps to itself some things without which programs cannot run as Lua has it. This file is the only one that reaches
// into its structures, by offsets that reflection gives; a test checks that they are still there. They are:
//
//   - the list of open upvalues and the flag that has every error close all of them: an error caught by pcall would cut
//     closures off from the variables of functions that go on running;
//   - the height of the value stack, to know which upvalues are those of the functions an error ends;
//   - a frame's position in its code, to name variables in error messages, and the frame that a thread is in with those
//     around it, to debug, trace and profile it line by line;
//   - a function's list of string constants, which instructions with names in them read;
//   - a table's parts, to empty it, to fill it without a look-up for each field, and to read it in order.
type offsets struct {
	registry, top             uintptr
	upvalues, hasErrorFunc    uintptr
	upvalueIndex, upvalueNext uintptr
	debugFrame, framePC       uintptr
	currentFrame              uintptr
	frameFunction, frameIndex uintptr
	frameParent, frameTails   uintptr
	stringConstants           uintptr
	array, dict, strdict      uintptr
	keys, k2i                 uintptr
}

var internal = findOffsets()

func findOffsets() offsets {
	state, upvalue := reflect.TypeFor[lua.LState](), reflect.TypeFor[lua.Upvalue]()
	registry := field(state, "reg")
	table := reflect.TypeFor[lua.LTable]()
	frame := field(reflect.TypeFor[lua.Debug](), "frame")
	return offsets{
		registry:     registry.Offset,
		top:          field(registry.Type.Elem(), "top").Offset,
		upvalues:     field(state, "uvcache").Offset,
		hasErrorFunc: field(state, "hasErrorFunc").Offset,
		upvalueIndex: field(upvalue, "index").Offset,
		upvalueNext:  field(upvalue, "next").Offset,
		debugFrame:   frame.Offset,
		framePC:      field(frame.Type.Elem(), "Pc").Offset,

		currentFrame:  field(state, "currentFrame").Offset,
		frameFunction: field(frame.Type.Elem(), "Fn").Offset,
		frameIndex:    field(frame.Type.Elem(), "Idx").Offset,
		frameParent:   field(frame.Type.Elem(), "Parent").Offset,
		frameTails:    field(frame.Type.Elem(), "TailCall").Offset,

		stringConstants: field(reflect.TypeFor[lua.FunctionProto](), "stringConstants").Offset,

		array:   field(table, "array").Offset,
		dict:    field(table, "dict").Offset,
		strdict: field(table, "strdict").Offset,
		keys:    field(table, "keys").Offset,
		k2i:     field(table, "k2i").Offset,
	}
}

func field(t reflect.Type, name string) reflect.StructField {
	f, ok := t.FieldByName(name)
	if !ok {
		panic("gopher-lua's " + t.Name() + " has no field " + name)
	}
	return f
}

// stackTop is the number of values on the whole stack of a thread.
func stackTop(L *lua.LState) int {
	registry := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), internal.registry))
	return *(*int)(unsafe.Add(registry, internal.top))
}

// errorsKeepUpvalues is the flag that, when true, keeps errors from closing upvalues.
func errorsKeepUpvalues(L *lua.LState) *bool {
	return (*bool)(unsafe.Add(unsafe.Pointer(L), internal.hasErrorFunc))
}

// closeUpvalues closes the open upvalues of stack places from base on, which are about to be freed.
func closeUpvalues(L *lua.LState, base int) {
	link := (**lua.Upvalue)(unsafe.Add(unsafe.Pointer(L), internal.upvalues))
	for *link != nil && *(*int)(unsafe.Add(unsafe.Pointer(*link), internal.upvalueIndex)) < base {
		link = (**lua.Upvalue)(unsafe.Add(unsafe.Pointer(*link), internal.upvalueNext))
	}
	upvalue := *link
	*link = nil
	for upvalue != nil {
		upvalue.Close()
		if upvalue.Value() == nil { // its place is gone already
			upvalue.SetValue(lua.LNil)
		}
		upvalue = *(**lua.Upvalue)(unsafe.Add(unsafe.Pointer(upvalue), internal.upvalueNext))
	}
}

// framePC is the index of the instruction that a frame of a Lua function is executing.
func framePC(dbg *lua.Debug) int {
	frame := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(dbg), internal.debugFrame))
	return *(*int)(unsafe.Add(frame, internal.framePC)) - 1
}

// frameDepth is the depth of a frame in its call stack.
func frameDepth(dbg *lua.Debug) int {
	frame := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(dbg), internal.debugFrame))
	return *(*int)(unsafe.Add(frame, internal.frameIndex))
}

// frameCalled is the function of a frame, and whether a call in tail position
// put it into the place of its caller.
func frameCalled(dbg *lua.Debug) (fn *lua.LFunction, inTail bool) {
	frame := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(dbg), internal.debugFrame))
	fn = *(**lua.LFunction)(unsafe.Add(frame, internal.frameFunction))
	return fn, *(*int)(unsafe.Add(frame, internal.frameTails)) > 0
}

// currentInstruction is the function that a thread is in, the instruction it
// is at, and the depth of its call stack. The function is nil if there is none.
func currentInstruction(L *lua.LState) (fn *lua.LFunction, pc, depth int) {
	frame := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), internal.currentFrame))
	if frame == nil {
		return nil, 0, 0
	}
	fn = *(**lua.LFunction)(unsafe.Add(frame, internal.frameFunction))
	pc = *(*int)(unsafe.Add(frame, internal.framePC)) - 1
	return fn, pc, *(*int)(unsafe.Add(frame, internal.frameIndex))
}

// stackFrame is a call in progress; the zero value is none.
type stackFrame struct{ at unsafe.Pointer }

// innermost is the frame that a thread is in.
func innermost(L *lua.LState) stackFrame {
	return stackFrame{*(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), internal.currentFrame))}
}

func (f stackFrame) exists() bool { return f.at != nil }

// caller is the frame that called this one.
func (f stackFrame) caller() stackFrame {
	return stackFrame{*(*unsafe.Pointer)(unsafe.Add(f.at, internal.frameParent))}
}

func (f stackFrame) function() *lua.LFunction {
	return *(**lua.LFunction)(unsafe.Add(f.at, internal.frameFunction))
}

// pc is the index of the instruction that a Lua function is executing.
func (f stackFrame) pc() int { return *(*int)(unsafe.Add(f.at, internal.framePC)) - 1 }

// tailCalls counts the calls whose place this one took.
func (f stackFrame) tailCalls() int {
	if f.function().IsG {
		return 0
	}
	return *(*int)(unsafe.Add(f.at, internal.frameTails))
}

// setStringConstants gives a function its string constants: one text for each constant, empty if that is no string.
func setStringConstants(proto *lua.FunctionProto, texts []string) {
	*(*[]string)(unsafe.Add(unsafe.Pointer(proto), internal.stringConstants)) = texts
}

// tableParts are where a table keeps its contents: the array of items 1 to n,
// the values of text keys and of all others, and every key that was ever put
// into one of these two, in order and with its place there.
type tableParts struct {
	array   *[]lua.LValue
	dict    *map[lua.LValue]lua.LValue
	strdict *map[string]lua.LValue
	keys    *[]lua.LValue
	k2i     *map[lua.LValue]int
}

func partsOf(t *lua.LTable) tableParts {
	p := unsafe.Pointer(t)
	return tableParts{
		array:   (*[]lua.LValue)(unsafe.Add(p, internal.array)),
		dict:    (*map[lua.LValue]lua.LValue)(unsafe.Add(p, internal.dict)),
		strdict: (*map[string]lua.LValue)(unsafe.Add(p, internal.strdict)),
		keys:    (*[]lua.LValue)(unsafe.Add(p, internal.keys)),
		k2i:     (*map[lua.LValue]int)(unsafe.Add(p, internal.k2i)),
	}
}

// hadItem tells whether there was ever an item n, also if it was removed since: an unused slot holds not even Lua's nil.
func (p tableParts) hadItem(n int) bool {
	return n <= cap(*p.array) && (*p.array)[:n][n-1] != nil
}

// setField is RawSetString for a key that is a Lua value already and a value
// that is not nil.
func setField(t *lua.LTable, key, value lua.LValue) {
	p := partsOf(t)
	if *p.keys == nil || *p.strdict == nil {
		t.RawSetString(string(key.(lua.LString)), value)
		return
	}
	(*p.strdict)[string(key.(lua.LString))] = value
	if _, ok := (*p.k2i)[key]; !ok {
		(*p.k2i)[key] = len(*p.keys)
		*p.keys = append(*p.keys, key)
	}
}
