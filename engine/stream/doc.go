// Package stream holds what a stream is made of: IDs, and entries packed into
// blocks. It knows nothing of keys, commands and consumer groups.
//
// A Log is a sequence of blocks in an ordered index, so that an ID is found in
// O(log n). A Block is one listpack in the format that Redis uses in memory and
// in DUMP payloads: IDs as differences from the block's first, names of fields
// only where they are not those of the block's first entry. A new block begins
// exactly where Redis would begin a node, since replies to approximate trimming
// tell where blocks end.
//
// A Log belongs to one goroutine and must not change during an iteration.
package stream
