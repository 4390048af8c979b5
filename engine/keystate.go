package engine

import (
	"strconv"
	"unsafe"

	"perigee/engine/stream"
)

// KeyState is what people want to know of a key's value, without the whole of
// it.
type KeyState struct {
	Kind   Kind // KindNone if there is no such key
	Length int  // bytes of a string, elements of anything else
	// Value begins with the value, as far as there is room for it: text that
	// would be misread is quoted.
	Value    string
	Deadline int64 // Unix milliseconds, 0 for none
}

const (
	maxStateText = 200 // bytes of KeyState.Value, and a little more
	maxStateItem = 60  // bytes of one element in it
)

// state is the state of a key, without counting as an access and without
// removing it if it has expired. O(the elements that are shown).
func (ks *Keyspace) state(key []byte) KeyState {
	h := entry(ks.keys.Find(key))
	if h == nil || ks.expired(h) {
		return KeyState{}
	}
	s := KeyState{Kind: h.kind, Deadline: h.deadlineMs()}
	if h.kind == KindString {
		value := stringOf(h)
		s.Length, s.Value = len(value), string(appendItem(nil, value, maxStateText))
		return s
	}
	s.Length = h.object().collection().length()
	s.Value = string(h.appendElements(nil))
	return s
}

// appendElements appends elements, separated by commas, until there is no more
// room.
func (h *header) appendElements(b []byte) []byte {
	full := false
	add := func(parts ...[]byte) bool {
		if full = len(b) >= maxStateText; full {
			return false
		}
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		for i, part := range parts {
			if i > 0 {
				b = append(b, '=')
			}
			b = appendItem(b, part, maxStateItem)
		}
		return true
	}
	switch h.kind {
	case KindList:
		v := (*listValue)(unsafe.Pointer(h))
		for it := v.list.Iter(0); it.Valid() && add(it.Value(v.ks.e.lists.scratch[:])); {
			it.Next()
		}
	case KindSet:
		(*setValue)(unsafe.Pointer(h)).Each(func(member []byte) bool { return add(member) })
	case KindSortedSet:
		(*zsetValue)(unsafe.Pointer(h)).Each(func(member []byte, score float64) bool {
			return add(member, appendScannedScore(nil, score))
		})
	case KindHash:
		(*hashValue)(unsafe.Pointer(h)).Each(func(field, value []byte) bool { return add(field, value) })
	case KindStream:
		for it := (*streamValue)(unsafe.Pointer(h)).log.Range(stream.ID{}, stream.Max, false); !full && it.Next(); {
			add([]byte(it.ID().String()))
		}
	}
	if full {
		b = append(b, ", ..."...)
	}
	return b
}

// appendItem appends at most so many bytes of a text, and quotes them unless
// they are plain.
func appendItem(b, text []byte, most int) []byte {
	cut := len(text) > most
	if cut {
		text = text[:most]
	}
	plain := len(text) > 0
	for _, c := range text {
		if c <= ' ' || c >= 0x7f || c == '"' || c == ',' || c == '=' || c == '\\' {
			plain = false
		}
	}
	if plain {
		b = append(b, text...)
	} else {
		b = strconv.AppendQuoteToASCII(b, string(text))
	}
	if cut {
		b = append(b, "..."...)
	}
	return b
}
