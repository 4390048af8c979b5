package engine

import (
	"unsafe"
)

// stringObject is a string that outgrew maxInline: its value has a slice of
// its own, which grows in place.
type stringObject struct {
	object
	value []byte
}

// stringOf returns the value of a string entry; it aliases the keyspace.
func stringOf(h entry) []byte {
	if h.isInline() {
		return h.inlineValue()
	}
	return (*stringObject)(unsafe.Pointer(h)).value
}

// String returns the string at key and whether there is one. The value
// aliases the keyspace: it is valid until the next write. The error is
// ErrWrongType.
func (ks *Keyspace) String(key []byte) ([]byte, bool, error) {
	h := ks.lookup(key)
	if h == nil {
		return nil, false, nil
	}
	if h.kind != KindString {
		return nil, false, ErrWrongType
	}
	return stringOf(h), true, nil
}

// StringForWrite is String for a command that goes on to change the value: it
// counts neither as hit nor as miss.
func (ks *Keyspace) StringForWrite(key []byte) ([]byte, bool, error) {
	h := ks.find(key)
	if h == nil {
		return nil, false, nil
	}
	if h.kind != KindString {
		return nil, false, ErrWrongType
	}
	return stringOf(h), true, nil
}

// SetString makes value, which is copied, the string at key, whatever was
// there, with a deadline in Unix milliseconds, 0 for none. Cost: O(len(value)).
func (ks *Keyspace) SetString(key, value []byte, deadline int64) {
	ks.putString(ks.find(key), key, value, deadline)
}

// SetText is SetString for a value that is never held as an integer, even if
// it looks like one.
func (ks *Keyspace) SetText(key, value []byte, deadline int64) {
	ks.SetString(key, value, deadline)
	entry(ks.keys.Find(key)).flags |= flagText
}

// putString is SetString for a key whose entry, nil for none, is known and has
// not expired.
func (ks *Keyspace) putString(old entry, key, value []byte, deadline int64) {
	if ks.overwrite(old, value, deadline) {
		ks.e.unit.record(&Effect{Op: OpString, DB: ks.index, Key: key, Value: value, Deadline: deadline})
		return
	}
	ks.setStringGen(key, old, value, deadline, 0)
	if old == nil {
		ks.notify(EventNew, "new", key)
	}
}

// overwrite puts value into the block of an inline string where it fits and
// nobody may want the old value back. value may alias the block.
func (ks *Keyspace) overwrite(old entry, value []byte, deadline int64) bool {
	if old == nil || !old.isInline() || ks.e.unit.fixed(old) {
		return false
	}
	was := old.deadlineMs()
	if was == 0 && deadline != 0 && old.flags&flagDeadline == 0 {
		return false
	}
	room := min(int(old.valLen)+int(old.spare), maxInline)
	// A value much smaller than its block gets one that fits.
	if len(value) > room || room-len(value) > 64+len(value)/2 {
		return false
	}
	copy(old.inlineRoom(), value)
	old.valLen, old.spare = uint32(len(value)), uint16(min(room-len(value), 1<<16-1))
	old.flags &^= flagRaw | flagText
	old.access = ks.e.accessAfter(old)
	if was != deadline {
		ks.placeDeadline(old, deadline)
	}
	return true
}

// SetRaw is SetString without a deadline for a value that was calculated: it is
// never held as an integer, and its slice is the keyspace's from now on.
func (ks *Keyspace) SetRaw(key, value []byte) {
	old := ks.find(key)
	if len(value) <= maxInline {
		ks.putString(old, key, value, 0)
	} else {
		ks.placeString(key, old, &ks.newStringObject(key, value, 0, 0).header)
		if old == nil {
			ks.notify(EventNew, "new", key)
		}
	}
	entry(ks.keys.Find(key)).flags |= flagRaw
}

// EditString makes value, which is copied, the string at key, which has not
// expired and keeps its deadline. Where it is no shorter than what is there,
// only the bytes from the first to the last that differ are recorded.
func (ks *Keyspace) EditString(key, value []byte) {
	h := entry(ks.keys.Find(key))
	if h == nil {
		ks.SetRaw(key, append([]byte(nil), value...))
		return
	}
	old := stringOf(h)
	if len(value) < len(old) {
		ks.putString(h, key, value, h.deadlineMs())
		entry(ks.keys.Find(key)).flags |= flagRaw
		return
	}
	first, last := 0, len(value)
	for first < len(old) && old[first] == value[first] {
		first++
	}
	for len(value) == len(old) && last > first && old[last-1] == value[last-1] {
		last--
	}
	if first == last {
		ks.editRaw(key)
		return
	}
	ks.SetRange(key, first, value[first:last])
}

// editRaw makes the string at key, which exists, one that is edited in place,
// though its value stays. That is no effect.
func (ks *Keyspace) editRaw(key []byte) {
	h := entry(ks.keys.Find(key))
	if h.flags&flagRaw == 0 {
		ks.stringWithRoom(key, h, len(stringOf(h))).flags |= flagRaw
	}
}

func (ks *Keyspace) setStringGen(key []byte, old entry, value []byte, deadline int64, gen uint64) {
	var h entry
	if len(value) <= maxInline && gen == 0 {
		h = newInline(key, len(value), 0, deadline)
		copy(h.inlineValue(), value)
	} else {
		h = &ks.newStringObject(key, append([]byte(nil), value...), deadline, gen).header
	}
	ks.placeString(key, old, h)
}

// placeString makes h, a string, the entry of key, where old was.
func (ks *Keyspace) placeString(key []byte, old, h entry) {
	h.access = ks.e.accessAfter(old)
	if g := oldGeneration(old); g != 0 {
		ks.e.unit.record(&Effect{Op: OpDelete, DB: ks.index, Key: key, Gen: g})
	}
	ks.e.unit.record(&Effect{Op: OpString, DB: ks.index, Key: key, Value: stringOf(h), Deadline: h.deadlineMs(), Gen: h.generation()})
	ks.putSlot(key, old, h)
}

func oldGeneration(old entry) uint64 {
	if old == nil {
		return 0
	}
	return old.generation()
}

func (ks *Keyspace) newStringObject(key, value []byte, deadline int64, gen uint64) *stringObject {
	if gen == 0 {
		gen = ks.e.nextGeneration()
	}
	s := &stringObject{value: value}
	s.header = header{kind: KindString}
	s.key, s.ks, s.deadline, s.gen = string(key), ks, deadline, gen
	s.setSize(s.measure())
	return s
}

// SetRange writes part at offset of the string at key, which it creates,
// zero-filled up to offset, if it is missing; key must not hold another type.
// It returns the string's length. The deadline stays. Cost: O(len(part))
// amortised, never the length of the value once that is over 64 kB.
func (ks *Keyspace) SetRange(key []byte, offset int, part []byte) int {
	old := entry(ks.keys.Find(key))
	length, zeros := offset+len(part), offset
	if old != nil {
		before := len(stringOf(old))
		length, zeros = max(length, before), offset-before
	}
	h := ks.stringWithRoom(key, old, length)
	if ks.e.rehearsal == nil {
		ks.e.touchEntry(h)
	}
	h.flags |= flagRaw
	f := &Effect{Op: OpRange, DB: ks.index, Key: key, Gen: h.generation(), Offset: int64(offset), Length: int64(length), Value: part}
	if h.isInline() {
		old := int(h.valLen)
		h.valLen, h.spare = uint32(length), h.spare-uint16(length-old)
		clear(h.inlineValue()[old:])
		copy(h.inlineValue()[offset:], part)
	} else {
		s := (*stringObject)(unsafe.Pointer(h))
		s.keepRange(offset, len(part))
		s.setRange(offset, length, part)
		ks.e.resized(&s.object)
	}
	ks.e.unit.record(f)
	ks.e.unit.written += int64(max(zeros, 0))
	if old == nil {
		ks.notify(EventNew, "new", key)
	}
	return length
}

// stringWithRoom returns the entry of key with room for a string of length
// bytes that may be edited in place: h itself, or a new block in its place.
func (ks *Keyspace) stringWithRoom(key []byte, h entry, length int) entry {
	if h != nil && !h.isInline() {
		return h
	}
	var value []byte
	var deadline int64
	if h != nil {
		if !ks.e.unit.fixed(h) && length-int(h.valLen) <= int(h.spare) && length <= maxInline {
			return h
		}
		value, deadline = h.inlineValue(), h.deadlineMs()
	}
	if length <= maxInline {
		// Grow by half again, so that appending is O(1) amortised.
		extra := 0
		if h != nil {
			extra = min(length/2, maxInline-length)
		}
		// The block is of the final length at once: its spare may count for
		// less than what it has to grow by.
		grown := newInline(key, length, extra, deadline)
		copy(grown.inlineValue(), value)
		grown.access = ks.e.accessBefore(h)
		ks.putSlot(key, h, grown)
		return grown
	}
	s := ks.newStringObject(key, append(make([]byte, 0, length), value...), deadline, 0)
	// Pages under a generation begin with what the inline value was.
	ks.e.unit.record(&Effect{Op: OpString, DB: ks.index, Key: key, Value: value, Deadline: deadline, Gen: s.gen})
	s.access = ks.e.accessBefore(h)
	ks.putSlot(key, h, &s.header)
	return &s.header
}

// setRange writes part at offset and makes the value length bytes long.
func (s *stringObject) setRange(offset, length int, part []byte) {
	if length > cap(s.value) {
		s.value = append(make([]byte, 0, max(length, min(2*cap(s.value), cap(s.value)+1<<20))), s.value...)
	}
	if old := len(s.value); length > old {
		s.value = s.value[:length]
		clear(s.value[old:])
	}
	copy(s.value[offset:], part)
}

// keepRange notes the bytes that setRange is about to replace.
func (s *stringObject) keepRange(offset, n int) {
	u := &s.ks.e.unit
	if !u.keepUndo || u.replay {
		return
	}
	old := min(len(s.value), offset)
	part := u.keep(s.value[old:min(len(s.value), offset+n)])
	u.undo = append(u.undo, undoStep{kind: undoRange, object: &s.object, num: uint64(old), length: int64(len(s.value)), value: part})
}

// stringEncoding is what OBJECT ENCODING says of a string.
func stringEncoding(h entry) string {
	value := stringOf(h)
	if h.flags&flagRaw != 0 {
		return "raw"
	}
	if _, ok := ParseInt(value); ok && h.flags&flagText == 0 {
		return "int"
	}
	if len(value) <= 44 {
		return "embstr"
	}
	return "raw"
}
