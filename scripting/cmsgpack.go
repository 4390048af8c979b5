package scripting

import (
	"errors"
	"math"

	"github.com/tinylib/msgp/msgp"
	lua "github.com/yuin/gopher-lua"
)

// maxMsgpackNesting is the depth from which tables are packed as nil; what is unpacked may be nested that of cjson deep.
const (
	maxMsgpackNesting   = 16
	maxMsgunpackNesting = 1000
)

func (m *machine) msgpackLibrary() *lua.LTable {
	library := m.library(map[string]lua.LGFunction{
		"pack": m.msgpackPack,
		"unpack": func(L *lua.LState) int {
			return m.msgunpack(L, 0, 0)
		},
		"unpack_limit": func(L *lua.LState) int {
			return m.msgunpack(L, checkLong(L, 2), optLong(L, 3, 0))
		},
		"unpack_one": func(L *lua.LState) int {
			return m.msgunpack(L, 1, optLong(L, 2, 0))
		},
	})
	library.RawSetString("_NAME", lua.LString("cmsgpack"))
	library.RawSetString("_VERSION", lua.LString("lua-cmsgpack 0.4.0"))
	library.RawSetString("_COPYRIGHT", lua.LString("Copyright (C) 2012, Salvatore Sanfilippo"))
	library.RawSetString("_DESCRIPTION", lua.LString("MessagePack C implementation for Lua"))
	return library
}

func (m *machine) msgpackPack(L *lua.LState) int {
	n := L.GetTop()
	if n == 0 {
		argError(L, 0, "MessagePack pack needs input.")
	}
	p := &packer{m: m, L: L}
	for i := 1; i <= n; i++ {
		p.value(L.Get(i), 0)
	}
	m.claimString(L, len(p.out)-p.claimed)
	L.Push(lua.LString(p.out))
	return 1
}

// packer writes values as MessagePack.
type packer struct {
	m       *machine
	L       *lua.LState
	out     []byte
	claimed int
}

func (p *packer) value(v lua.LValue, depth int) {
	p.m.work(p.L, 1)
	if more := len(p.out) - p.claimed; more > 64<<10 {
		p.m.claimString(p.L, more)
		p.claimed = len(p.out)
		if p.claimed > maxStringBytes {
			raise(p.L, "string length overflow")
		}
	}
	switch v := v.(type) {
	case lua.LString:
		p.out = msgp.AppendString(p.out, string(v))
	case lua.LNumber:
		p.number(float64(v))
	case lua.LBool:
		p.out = msgp.AppendBool(p.out, bool(v))
	case *lua.LTable:
		if depth == maxMsgpackNesting {
			p.out = msgp.AppendNil(p.out)
			return
		}
		p.table(p.m.reader(v), depth+1)
	default:
		p.out = msgp.AppendNil(p.out)
	}
}

// number packs whole numbers as integers in their shortest form, others as 32 bits where that is exact.
func (p *packer) number(f float64) {
	switch {
	case f == math.Trunc(f) && f >= 0 && f < 1<<63:
		p.out = msgp.AppendUint64(p.out, uint64(f))
	case f == math.Trunc(f) && f < 0 && f >= -(1<<63):
		p.out = msgp.AppendInt64(p.out, int64(f))
	case float64(float32(f)) == f:
		p.out = msgp.AppendFloat32(p.out, float32(f))
	default:
		p.out = msgp.AppendFloat64(p.out, f)
	}
}

func (p *packer) table(t *lua.LTable, depth int) {
	count, array := 0, true
	largest := lua.LNumber(0)
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		n, ok := k.(lua.LNumber)
		array = array && ok && n >= 1 && n == lua.LNumber(math.Trunc(float64(n)))
		largest = max(largest, n)
		count++
		p.m.work(p.L, 1)
	}
	if array && largest == lua.LNumber(count) {
		p.out = msgp.AppendArrayHeader(p.out, uint32(count))
		for i := 1; i <= count; i++ {
			p.value(t.RawGet(lua.LNumber(i)), depth)
		}
		return
	}
	p.out = msgp.AppendMapHeader(p.out, uint32(count))
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		p.value(k, depth)
		p.value(v, depth)
	}
}

// msgunpack pushes the values in the text that is the first argument: all of them, or up to limit from an offset on, behind
// the offset after them.
func (m *machine) msgunpack(L *lua.LState, limit, offset int) int {
	text := checkText(L, 1)
	if limit < 0 || offset < 0 {
		raise(L, "Invalid request to unpack with offset of %d and limit of %d.", int32(offset), len(text))
	}
	if offset > len(text) {
		raise(L, "Start offset %d greater than input length %d.", int32(offset), len(text))
	}
	all := limit == 0 && offset == 0
	u := &unpacker{m: m, L: L, rest: bytesOf(text[offset:])} // without a copy, as scripts unpack long texts value by value
	var values []lua.LValue
	for len(u.rest) > 0 && (all || len(values) < limit) {
		if len(values) == maxUnpack {
			raise(L, "too many results to unpack")
		}
		values = append(values, u.value(0))
	}
	n := len(values)
	if !all {
		next := len(text) - len(u.rest)
		if len(u.rest) == 0 {
			next = -1
		}
		L.Push(lua.LNumber(next))
		n++
	}
	for _, v := range values {
		L.Push(v)
	}
	return n
}

// unpacker reads MessagePack into Lua values.
type unpacker struct {
	m    *machine
	L    *lua.LState
	rest []byte // is never written to
}

// took goes on after what msgp read, or raises its error.
func (u *unpacker) took(rest []byte, err error) {
	if err != nil {
		if errors.Is(msgp.Cause(err), msgp.ErrShortBytes) {
			raise(u.L, "Missing bytes in input.")
		}
		raise(u.L, "Bad data format in input.")
	}
	u.rest = rest
}

func (u *unpacker) value(depth int) lua.LValue {
	u.m.work(u.L, 1)
	if len(u.rest) == 0 {
		raise(u.L, "Missing bytes in input.")
	}
	switch msgp.NextType(u.rest) {
	case msgp.IntType:
		n, rest, err := msgp.ReadInt64Bytes(u.rest)
		u.took(rest, err)
		return lua.LNumber(n)
	case msgp.UintType:
		n, rest, err := msgp.ReadUint64Bytes(u.rest)
		u.took(rest, err)
		return lua.LNumber(int64(n)) // as Redis's library has it, which knows no larger integers
	case msgp.Float32Type:
		f, rest, err := msgp.ReadFloat32Bytes(u.rest)
		u.took(rest, err)
		return lua.LNumber(f)
	case msgp.Float64Type:
		f, rest, err := msgp.ReadFloat64Bytes(u.rest)
		u.took(rest, err)
		return lua.LNumber(f)
	case msgp.StrType:
		s, rest, err := msgp.ReadStringZC(u.rest)
		u.took(rest, err)
		u.m.claim(u.L, len(s))
		return lua.LString(s)
	case msgp.BoolType:
		b, rest, err := msgp.ReadBoolBytes(u.rest)
		u.took(rest, err)
		return lua.LBool(b)
	case msgp.NilType:
		rest, err := msgp.ReadNilBytes(u.rest)
		u.took(rest, err)
		return lua.LNil
	case msgp.ArrayType:
		return u.array(depth)
	case msgp.MapType:
		return u.fields(depth)
	}
	raise(u.L, "Bad data format in input.")
	return lua.LNil
}

func (u *unpacker) nest(depth int) {
	if depth == maxMsgunpackNesting {
		raise(u.L, "Bad data format in input.")
	}
}

// array reads an array. Its declared length is not trusted: the table grows with what is there.
func (u *unpacker) array(depth int) lua.LValue {
	u.nest(depth)
	n, rest, err := msgp.ReadArrayHeaderBytes(u.rest)
	u.took(rest, err)
	t := u.m.newTable(min(int(n), 32), 0)
	for i := 1; i <= int(n); i++ {
		u.m.claim(u.L, slotBytes)
		t.RawSetInt(i, u.value(depth+1))
	}
	return t
}

func (u *unpacker) fields(depth int) lua.LValue {
	u.nest(depth)
	n, rest, err := msgp.ReadMapHeaderBytes(u.rest)
	u.took(rest, err)
	t := u.m.newTable(0, min(int(n), 32))
	for range n {
		u.m.claim(u.L, fieldBytes)
		key := u.value(depth + 1)
		u.m.rawSet(u.L, t, key, u.value(depth+1))
	}
	return t
}
