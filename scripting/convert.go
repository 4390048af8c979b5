package scripting

import (
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
	"perigee/engine/resp"
)

// luaReply is the engine.Reply that builds Lua values: no protocol is encoded
// or parsed between a command and the script that called it. Under RESP2, the
// default, maps and sets are arrays and a null is false; under RESP3 they are
// tables with one field that names the type.
type luaReply struct {
	m      *machine
	resp3  bool
	result lua.LValue
	stack  []replyFrame
}

// replyFrame is an aggregate that still lacks elements.
type replyFrame struct {
	table *lua.LTable
	left  int
	next  int        // index of an array's next element
	kind  frameKind  // how elements are put
	key   lua.LValue // a map's key that waits for its value
}

type frameKind uint8

const (
	frameArray frameKind = iota
	frameMap
	frameSet
)

func (r *luaReply) reset(resp3 bool) { r.resp3, r.result, r.stack = resp3, lua.LNil, r.stack[:0] }

// add puts a finished value where it belongs.
func (r *luaReply) add(v lua.LValue) {
	top := len(r.stack) - 1
	if top < 0 {
		r.result = v
		return
	}
	f := &r.stack[top]
	switch {
	case f.kind == frameArray:
		f.next++
		f.table.RawSetInt(f.next, v)
	case f.kind == frameSet:
		f.table.RawSet(v, lua.LTrue)
	case f.key == nil:
		f.key = v
	default:
		if f.key != lua.LNil {
			f.table.RawSet(f.key, v)
		}
		f.key = nil
	}
	f.left--
	for top >= 0 && r.stack[top].left == 0 {
		r.stack = r.stack[:top]
		top--
	}
}

// open adds a table that n elements follow.
func (r *luaReply) open(shown, table *lua.LTable, n int, kind frameKind) {
	r.add(shown)
	if n > 0 {
		r.stack = append(r.stack, replyFrame{table: table, left: n, kind: kind})
	}
}

func (r *luaReply) one(field string, v lua.LValue) *lua.LTable {
	t := r.m.record(1)
	t.RawSetString(field, v)
	return t
}

func (r *luaReply) Status(s string) { r.add(r.one("ok", lua.LString(s))) }
func (r *luaReply) Error(code, text string) {
	r.add(r.one("err", lua.LString(code+" "+text)))
}
func (r *luaReply) Int(n int64) { r.add(integer(n)) }
func (r *luaReply) Bulk(b []byte) {
	if r.fits(len(b)) {
		r.add(r.m.texts.of(b))
	} else {
		r.add(lua.LFalse)
	}
}
func (r *luaReply) BulkString(s string) { r.add(lua.LString(s)) }

// fits claims the memory of a value with a text of so many bytes. If there is no room for it, the script is over once the
// command is, so the value need not be made.
func (r *luaReply) fits(text int) bool {
	return r.m.hook.claimReply(valueBytes+int64(text)) == nil
}

// smallIntegers are Lua values made once: most integer replies are counts.
var smallIntegers = func() (values [1024]lua.LValue) {
	for n := range values {
		values[n] = lua.LNumber(n)
	}
	return values
}()

func integer(n int64) lua.LValue {
	if uint64(n) < uint64(len(smallIntegers)) {
		return smallIntegers[n]
	}
	return lua.LNumber(n)
}

func (r *luaReply) Double(f float64) {
	if r.resp3 {
		r.add(r.one("double", lua.LNumber(f)))
		return
	}
	r.add(lua.LString(resp.AppendDouble(nil, f)))
}

func (r *luaReply) DoubleText(text []byte) {
	f, err := strconv.ParseFloat(string(text), 64)
	if r.resp3 && err == nil {
		r.Double(f)
		return
	}
	r.Bulk(text)
}

func (r *luaReply) Bool(b bool) {
	switch {
	case r.resp3:
		r.add(lua.LBool(b))
	case b:
		r.add(lua.LNumber(1))
	default:
		r.add(lua.LNumber(0))
	}
}

func (r *luaReply) Null() {
	if r.resp3 {
		r.add(lua.LNil)
		return
	}
	r.add(lua.LFalse)
}

func (r *luaReply) NullArray() { r.Null() }

func (r *luaReply) Array(n int) {
	if !r.fits(n * slotBytes) {
		n = 0
	}
	t := r.m.array(n)
	r.open(t, t, n, frameArray)
}

func (r *luaReply) Map(n int) {
	if !r.resp3 {
		r.Array(2 * n)
		return
	}
	t := r.m.record(n)
	r.open(r.one("map", t), t, 2*n, frameMap)
}

func (r *luaReply) Set(n int) {
	if !r.resp3 {
		r.Array(n)
		return
	}
	t := r.m.record(n)
	r.open(r.one("set", t), t, n, frameSet)
}

func (r *luaReply) Push(n int) { r.Array(n) }

func (r *luaReply) Pairs(n int) {
	if r.resp3 {
		r.Array(n)
	} else {
		r.Array(2 * n)
	}
}

func (r *luaReply) Pair() {
	if r.resp3 {
		r.Array(2)
	}
}

func (r *luaReply) NestedMap(n int) {
	if r.resp3 {
		r.Map(n)
	} else {
		r.Array(n)
	}
}

func (r *luaReply) NestedPair() {
	if !r.resp3 {
		r.Array(2)
	}
}

func (r *luaReply) Verbatim(format string, b []byte) {
	if !r.resp3 {
		r.Bulk(b)
		return
	}
	t := r.m.record(2)
	t.RawSetString("format", lua.LString(format))
	t.RawSetString("string", lua.LString(b))
	r.add(r.one("verbatim_string", t))
}

func (r *luaReply) BigNumber(s string) {
	if r.resp3 {
		r.add(r.one("big_number", lua.LString(s)))
		return
	}
	r.BulkString(s)
}

// maxReplyDepth bounds the nesting of a script's reply, as Redis's Lua stack
// does.
const maxReplyDepth = 2000

// valueBytes is what a value of a reply counts for, beside its text.
const valueBytes = 16

// valueWriter replies with a script's value.
type valueWriter struct {
	m      *machine
	w      engine.Reply
	resp3  bool  // the script asked for RESP3, in which false is not nil
	sizing bool  // the reply is only measured, while the run that made it lasts
	left   int64 // bytes that may still be written; below 0 it writes no more

	within func(err error, before bool) // is told of errors, if not nil
	sparse map[*lua.LTable][]lua.LValue // what keysOf has found of tables that many fields were removed from
}

// fits tells whether a value, as a reply, stays within so many bytes. A small
// value can be an endless reply, as tables may hold a table or a text again
// and again.
func (m *machine) fits(v lua.LValue, resp3 bool, bytes int64) bool {
	sizer := valueWriter{m: m, w: engine.Discard{}, resp3: resp3, sizing: true, left: bytes}
	sizer.value(v, 0)
	return sizer.left >= 0
}

// write replies with a value; within is told of each error in it, and whether the statistics have counted that before.
func (m *machine) write(w engine.Reply, v lua.LValue, resp3 bool, within func(err error, before bool)) {
	writer := valueWriter{m: m, w: w, resp3: resp3, left: 1<<63 - 1, within: within}
	writer.value(v, 0)
}

// take counts a value with text of so many bytes; false says that there is no
// room for it, or that the run is over.
func (o *valueWriter) take(text int) bool {
	o.left -= valueBytes + int64(text)
	if o.sizing && o.m.hook.work(1) != nil {
		o.left = -1
	}
	return o.left >= 0
}

func (o *valueWriter) value(v lua.LValue, depth int) {
	if depth > maxReplyDepth {
		o.w.Error("ERR", "reached lua stack limit")
		return
	}
	text, _ := v.(lua.LString)
	if !o.take(len(text)) {
		return
	}
	switch v := v.(type) {
	case lua.LString:
		o.w.BulkString(string(v))
	case lua.LNumber:
		o.w.Int(truncated(float64(v)))
	case lua.LBool:
		switch {
		case o.resp3:
			o.w.Bool(bool(v))
		case bool(v):
			o.w.Int(1)
		default:
			o.w.Null()
		}
	case *lua.LTable:
		o.table(o.m.reader(v), depth)
	default:
		o.w.Null()
	}
}

// table replies with a table: one of the forms that name a type, looked for in
// Redis's order, or an array up to its first nil.
func (o *valueWriter) table(t *lua.LTable, depth int) {
	if text, ok := t.RawGetString("err").(lua.LString); ok {
		if o.take(len(text)) {
			err := replyOf(cText(string(text)))
			engine.WriteError(o.w, err)
			if o.within != nil {
				o.within(err, isCounted(t))
			}
		}
		return
	}
	if text, ok := t.RawGetString("ok").(lua.LString); ok {
		if o.take(len(text)) {
			o.w.Status(cText(string(text)))
		}
		return
	}
	if n, ok := t.RawGetString("double").(lua.LNumber); ok {
		o.w.Double(float64(n))
		return
	}
	if inner, ok := t.RawGetString("map").(*lua.LTable); ok {
		o.mapping(o.m.reader(inner), depth)
		return
	}
	if inner, ok := t.RawGetString("set").(*lua.LTable); ok {
		o.set(o.m.reader(inner), depth)
		return
	}
	if text, ok := t.RawGetString("big_number").(lua.LString); ok {
		if o.take(len(text)) {
			o.w.BigNumber(spacedLines.Replace(string(text)))
		}
		return
	}
	if inner, ok := t.RawGetString("verbatim_string").(*lua.LTable); ok && o.verbatim(o.m.reader(inner)) {
		return
	}
	o.array(t, depth)
}

// verbatim tells whether the table has a text and its format, which has three
// letters on the wire.
func (o *valueWriter) verbatim(t *lua.LTable) bool {
	format, hasFormat := t.RawGetString("format").(lua.LString)
	text, hasText := t.RawGetString("string").(lua.LString)
	if hasFormat && hasText && o.take(len(text)) {
		o.w.Verbatim((string(format) + "   ")[:3], []byte(text))
	}
	return hasFormat && hasText
}

func (o *valueWriter) array(t *lua.LTable, depth int) {
	n := 0
	for t.RawGetInt(n+1) != lua.LNil {
		n++
	}
	o.w.Array(n)
	for i := 1; i <= n && o.left >= 0; i++ {
		o.value(t.RawGetInt(i), depth+1)
	}
}

// keysOf are the keys of a table. It may have room for many more, as those of fields that were removed stay, which takes
// long to go through; and since a reply may name one table thousands of times, that is done once for each.
func (o *valueWriter) keysOf(t *lua.LTable) []lua.LValue {
	if keys, ok := o.sparse[t]; ok {
		return keys
	}
	var keys []lua.LValue
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		keys = append(keys, k)
	}
	if p := partsOf(t); len(*p.array)+len(*p.keys) > 2*len(keys)+sparseRoom {
		if o.sparse == nil {
			o.sparse = map[*lua.LTable][]lua.LValue{}
		}
		o.sparse[t] = keys
	}
	return keys
}

// sparseRoom is how many removed fields of a table are of no account.
const sparseRoom = 64

func (o *valueWriter) mapping(t *lua.LTable, depth int) {
	keys := o.keysOf(t)
	o.w.Map(len(keys))
	for _, k := range keys {
		if o.left < 0 {
			return
		}
		o.value(k, depth+1)
		o.value(t.RawGet(k), depth+1)
	}
}

func (o *valueWriter) set(t *lua.LTable, depth int) {
	keys := o.keysOf(t)
	o.w.Set(len(keys))
	for _, k := range keys {
		if o.left < 0 {
			return
		}
		o.value(k, depth+1)
	}
}
