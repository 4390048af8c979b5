// Package rdb reads and writes the bytes in which Redis serialises a value:
// what DUMP replies and RESTORE takes, and what stands in RDB files.
//
// A payload is a type byte, the value's bytes, and a footer of a version and a
// checksum (payload.go). A value is made of lengths, strings and numbers
// (reader.go, writer.go); strings may be integers or compressed (lzf.go), and
// many values are one string that holds a compact structure: a listpack
// (package listpack), an intset (package intset), or what came before those
// (ziplist.go, zipmap.go).
//
// The package knows bytes only; which value becomes what is engine's business.
// Everything that reads takes any input: it never panics, and allocates no
// more than a fixed multiple of what it was given.
//
// Source: the format as `redis-server` writes it, and the published
// description of the RDB file format.
package rdb
