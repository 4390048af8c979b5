package scripting

import (
	encoding "encoding/binary"
	"math/bits"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// texts makes the Lua strings of the machine. It keeps the short ones that came
// lately: field names, members and states come again and again, and making a
// Lua string takes two allocations. It is a cache without order; a newer text
// takes the place of an older one with the same hash.
type texts struct {
	slots [textSlots]text
	block *textBlock // where the next new short ones go
	used  int        // headers of it
	spent int        // bytes of it
}

type text struct {
	bytes string
	value lua.LValue
}

const (
	textSlots = 1024
	longText  = 24 // longer ones are too rarely the same
)

// of is the Lua string of b, which is copied if it is kept.
func (t *texts) of(b []byte) lua.LValue {
	if len(b) > longText {
		return lua.LString(b)
	}
	return t.short(b)
}

// ofString is of for a string, which is shared if it is long.
func (t *texts) ofString(s string) lua.LValue {
	if len(s) > longText {
		return lua.LString(s)
	}
	return t.short(bytesOf(s))
}

func (t *texts) short(b []byte) lua.LValue {
	slot := &t.slots[shortHash(b)%textSlots]
	if slot.value == nil || slot.bytes != string(b) {
		slot.bytes = string(b)
		slot.value = lua.LString(slot.bytes)
	}
	return slot.value
}

// shortHash mixes the length with the first and the last eight bytes. Texts
// that are made to collide cost what they would without the cache.
func shortHash(b []byte) uint64 {
	var first, last uint64
	switch n := len(b); {
	case n >= 8:
		first, last = encoding.LittleEndian.Uint64(b), encoding.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		first, last = uint64(encoding.LittleEndian.Uint32(b)), uint64(encoding.LittleEndian.Uint32(b[n-4:]))
	case n > 0:
		first = uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16
	}
	high, low := bits.Mul64(first^0x9e3779b97f4a7c15, last^uint64(len(b))^0xd6e8feb86659fd93)
	return high ^ low
}

// textBlock holds the bytes and the headers of several short Lua strings, which
// are made together: each would be two allocations otherwise. The block lives
// as long as one of them, which bounds its size.
type textBlock struct {
	headers [16]lua.LString
	bytes   [256]byte
}

const maxBlockText = 64 // bytes of a string that goes into a block

// fresh is the Lua string of b, which is copied; unlike of, it does not expect
// to see the same text again. It is for strings that EVAL scripts make, as
// their strings do not outlive them.
func (t *texts) fresh(b []byte) lua.LValue {
	if len(b) > maxBlockText || len(b) == 0 {
		return lua.LString(b)
	}
	if t.block == nil || t.used == len(t.block.headers) || t.spent+len(b) > len(t.block.bytes) {
		t.block, t.used, t.spent = &textBlock{}, 0, 0
	}
	place := t.block.bytes[t.spent : t.spent+len(b)]
	copy(place, b)
	header := &t.block.headers[t.used]
	*header = lua.LString(unsafe.String(&place[0], len(place)))
	t.used++
	t.spent += len(b)
	return boxed(header)
}

// boxed is the Lua value of a string that is at header and never changes: what
// converting it to the interface gives, but for the copy of the header.
func boxed(header *lua.LString) lua.LValue {
	value := lua.LValue(lua.LString(""))
	(*[2]unsafe.Pointer)(unsafe.Pointer(&value))[1] = unsafe.Pointer(header)
	return value
}

// bytesOf is a text as bytes, without a copy: they must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
