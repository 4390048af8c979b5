package scripting

import (
	"hash/maphash"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// texts keeps the Lua strings of short byte strings that came lately: field
// names, members and states come again and again, and making a Lua string
// takes two allocations. It is a cache without order; a newer text takes the
// place of an older one with the same hash.
type texts struct {
	seed  maphash.Seed
	slots [textSlots]text
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
	return t.short(unsafe.Slice(unsafe.StringData(s), len(s)))
}

func (t *texts) short(b []byte) lua.LValue {
	slot := &t.slots[maphash.Bytes(t.seed, b)%textSlots]
	if slot.value == nil || slot.bytes != string(b) {
		slot.bytes = string(b)
		slot.value = lua.LString(slot.bytes)
	}
	return slot.value
}
