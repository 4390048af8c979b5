package ztree

import (
	"math"
	"unsafe"

	"perigee/engine/sizeclass"
)

// Item is the head of a block that holds a score and a member. The block is one
// allocation without pointers, so the collector never looks inside; it is made
// by NewItem only and must not be copied.
type Item struct {
	score float64
	size  uint32
	// The member follows, from the padding of this struct on.
}

const (
	memberOffset = unsafe.Offsetof(Item{}.size) + unsafe.Sizeof(Item{}.size)
	// minBlock keeps blocks as large as an Item, and out of the allocator's
	// class for tiny objects, which would not align the score.
	minBlock = int(unsafe.Sizeof(Item{}))
)

// NewItem returns a block with the score and a copy of the member. The score
// must not be NaN.
//
// Inlined into a caller that does not let the item escape, the block would come
// to lie on the stack, where bytes need no alignment.
//
//go:noinline
func NewItem(score float64, member []byte) *Item {
	if uint64(len(member)) > math.MaxUint32 {
		panic("ztree: member too long")
	}
	block := make([]byte, max(minBlock, int(memberOffset)+len(member)))
	copy(block[memberOffset:], member)
	it := (*Item)(unsafe.Pointer(unsafe.SliceData(block)))
	it.score, it.size = score, uint32(len(member))
	return it
}

// Score returns the item's score.
func (it *Item) Score() float64 { return it.score }

// SetScore changes the score of an item that is in no tree at the time.
func (it *Item) SetScore(score float64) { it.score = score }

// Member returns the item's member, which must not be changed.
func (it *Item) Member() []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(it), memberOffset)), int(it.size))
}

// Bytes returns what the block takes of the heap.
func (it *Item) Bytes() int {
	return sizeclass.Of(max(minBlock, int(memberOffset)+int(it.size)))
}
