package rdb

import (
	"encoding/binary"
	"strconv"
)

// A ziplist is what lists, hashes and sorted sets were held in before Redis 7:
//
//	<total bytes u32> <offset of the last entry u32> <entries u16> <entry>... <0xFF>
//	entry: <size of the entry before> <encoding and content>
const (
	zipHeader = 10
	zipEnd    = 0xFF
	zipMany   = 1<<16 - 1 // as the number of entries: count them
)

// EachZiplist calls fn for the entries of a ziplist, integers as their text,
// which is valid during the call. The error is ErrFormat if b is not a whole
// ziplist, else fn's.
func EachZiplist(b []byte, fn func(value []byte) error) error {
	if len(b) < zipHeader+1 || uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b)) || b[len(b)-1] != zipEnd {
		return ErrFormat
	}
	tail, count := int(binary.LittleEndian.Uint32(b[4:])), int(binary.LittleEndian.Uint16(b[8:]))
	entries := b[:len(b)-1]
	at, last, size, n := zipHeader, zipHeader, 0, 0
	var text [20]byte
	for at < len(entries) {
		e := zipEntry(entries[at:])
		if e.size == 0 || e.before != size {
			return ErrFormat
		}
		value := e.content
		if e.isInt {
			value = strconv.AppendInt(text[:0], e.n, 10)
		}
		if err := fn(value); err != nil {
			return err
		}
		last, size = at, e.size
		at += size
		n++
	}
	if tail != last || count != n && count != zipMany {
		return ErrFormat
	}
	return nil
}

// zipped is one entry of a ziplist.
type zipped struct {
	size    int // 0 for what is none
	before  int // the size of the entry before
	content []byte
	n       int64
	isInt   bool
}

// zipEntry reads the entry that b begins with.
func zipEntry(b []byte) zipped {
	r := Reader{b: b}
	e := zipped{before: int(r.Byte())}
	switch {
	case e.before == 254:
		e.before = int(little(r.Raw(4)))
	case e.before == 255:
		return zipped{}
	}
	switch c := r.Byte(); {
	case c < 0x40:
		e.content = r.Raw(int(c))
	case c < 0x80:
		e.content = r.Raw(int(c&0x3F)<<8 | int(r.Byte()))
	case c == 0x80:
		var size uint32
		if b := r.Raw(4); b != nil {
			size = binary.BigEndian.Uint32(b)
		}
		e.content = r.Raw(int(size))
	default:
		e.isInt = true
		e.n = r.zipInt(c)
	}
	if r.err == nil {
		e.size = len(b) - len(r.b)
	}
	return e
}

// zipInt reads an integer whose encoding byte was c.
func (r *Reader) zipInt(c byte) int64 {
	switch c {
	case 0xC0:
		return int64(int16(little(r.Raw(2))))
	case 0xD0:
		return int64(int32(little(r.Raw(4))))
	case 0xE0:
		return int64(little(r.Raw(8)))
	case 0xF0:
		return int64(int32(uint32(little(r.Raw(3)))<<8) >> 8)
	case 0xFE:
		return int64(int8(little(r.Raw(1))))
	}
	if c > 0xF0 && c < 0xFE {
		return int64(c&0x0F) - 1
	}
	r.Fail()
	return 0
}

// little reads an unsigned number of up to eight bytes, least first.
func little(b []byte) uint64 {
	var n uint64
	for i, c := range b {
		n |= uint64(c) << (8 * i)
	}
	return n
}
