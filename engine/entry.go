package engine

import (
	"unsafe"

	"perigee/engine/sizeclass"
)

// A header begins every block that a keyspace's table points to. What follows
// it depends on the flags: for a string up to maxInline bytes (flagInline) the
// block is one allocation without pointers:
//
//	header | deadline int64 (flagDeadline) | key | value | spare
//
// Everything else is a Go struct that begins with an object, which begins
// with a header.
type header struct {
	keyLen uint32 // inline only; an object's have its size
	valLen uint32
	access uint32 // seconds of the loop's clock at the last access
	spare  uint16 // inline only: bytes behind the value, at most
	kind   Kind
	flags  uint8
}

const (
	flagInline   = 1 << iota // a string's block without pointers
	flagDeadline             // inline: the block has room for a deadline
	flagRaw                  // a string that was edited in place: encoding "raw" whatever its length
	flagText                 // a string that is not held as an integer though it may look like one

	flagsEncoding = flagRaw | flagText // what a moved block takes along
)

const (
	headerSize = int(unsafe.Sizeof(header{}))
	// maxInline bounds the value of an inline string; longer ones are
	// stringObjects, which have a generation and can grow in place.
	maxInline = 64 << 10
)

// entry is a pointer to a block: all code but this file treats it as opaque.
type entry = *header

// object is the head of every value that is not an inline string.
type object struct {
	header
	deadline int64 // Unix milliseconds, 0 for none
	gen      uint64
	key      string
	ks       *Keyspace
}

// size is the bytes of the key with its value, as far as they are counted.
func (o *object) size() int { return int(uint64(o.keyLen)<<32 | uint64(o.valLen)) }

func (o *object) setSize(n int) { o.keyLen, o.valLen = uint32(uint64(n)>>32), uint32(n) }

// entryKey is the tables' key function.
func entryKey(p unsafe.Pointer) []byte {
	h := entry(p)
	if h.flags&flagInline != 0 {
		return unsafe.Slice((*byte)(unsafe.Add(p, h.keyOffset())), int(h.keyLen))
	}
	o := (*object)(p)
	return unsafe.Slice(unsafe.StringData(o.key), len(o.key))
}

func (h *header) keyOffset() int {
	if h.flags&flagDeadline != 0 {
		return headerSize + 8
	}
	return headerSize
}

// key returns the entry's key; it must not be modified.
func (h *header) keyBytes() []byte { return entryKey(unsafe.Pointer(h)) }

// object returns the object that h heads; h must not be inline.
func (h *header) object() *object { return (*object)(unsafe.Pointer(h)) }

func (h *header) isInline() bool { return h.flags&flagInline != 0 }

// inlineValue returns an inline string's value; it aliases the block.
func (h *header) inlineValue() []byte {
	p := unsafe.Add(unsafe.Pointer(h), h.keyOffset()+int(h.keyLen))
	return unsafe.Slice((*byte)(p), int(h.valLen))
}

// inlineRoom returns value and spare as one slice.
func (h *header) inlineRoom() []byte {
	p := unsafe.Add(unsafe.Pointer(h), h.keyOffset()+int(h.keyLen))
	return unsafe.Slice((*byte)(p), int(h.valLen)+int(h.spare))
}

// setDeadline stores a deadline in place; it reports whether the block has
// room for one.
func (h *header) setDeadline(at int64) bool {
	if !h.isInline() {
		h.object().deadline = at
		return true
	}
	if h.flags&flagDeadline == 0 {
		return at == 0
	}
	*(*int64)(unsafe.Add(unsafe.Pointer(h), headerSize)) = at
	return true
}

// deadlineMs returns the entry's deadline in Unix milliseconds, 0 for none.
func (h *header) deadlineMs() int64 {
	if !h.isInline() {
		return h.object().deadline
	}
	if h.flags&flagDeadline == 0 {
		return 0
	}
	return *(*int64)(unsafe.Add(unsafe.Pointer(h), headerSize))
}

// newInline allocates the block of a string of n bytes, which the caller
// fills, with room for extra more.
func newInline(key []byte, n, extra int, deadline int64) entry {
	// One byte at least, or the pointer to an empty value would leave the
	// block, which the collector does not forgive.
	size := headerSize + len(key) + max(n+extra, 1)
	if deadline != 0 {
		size += 8
	}
	// append rounds up to the allocator's size class, so the spare is free.
	b := append([]byte(nil), make([]byte, size)...)
	h := entry(unsafe.Pointer(unsafe.SliceData(b)))
	*h = header{keyLen: uint32(len(key)), valLen: uint32(n), kind: KindString, flags: flagInline}
	if deadline != 0 {
		h.flags |= flagDeadline
		h.setDeadline(deadline)
	}
	off := h.keyOffset()
	copy(b[off:], key)
	h.spare = uint16(min(cap(b)-off-len(key)-n, 1<<16-1))
	return h
}

// inlineBytes is what an inline block takes of the heap.
func (h *header) inlineBytes() int {
	return sizeclass.Of(h.keyOffset() + int(h.keyLen) + int(h.valLen) + int(h.spare))
}
