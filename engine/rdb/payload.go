package rdb

import (
	"encoding/binary"
	"hash/crc64"
)

// jones is the table of the checksum's polynomial, bits reversed.
var jones = crc64.MakeTable(0x95AC9329AC4BC9B5)

// Checksum is the CRC64 of b as Redis computes it: the Jones polynomial,
// beginning with zero and not inverted.
func Checksum(b []byte) uint64 { return ^crc64.Update(^uint64(0), jones, b) }

const footerSize = 2 + 8

// Seal appends the footer of a payload to its type byte and value: a version
// and the checksum of all before it.
func Seal(b []byte, version uint16) []byte {
	b = binary.LittleEndian.AppendUint16(b, version)
	return binary.LittleEndian.AppendUint64(b, Checksum(b))
}

// Open checks a payload's footer and returns what stands before it. False says
// that the version is newer than Newest, or the checksum not that of the bytes.
func Open(payload []byte) ([]byte, bool) {
	n := len(payload) - footerSize
	if n < 0 || binary.LittleEndian.Uint16(payload[n:]) > Newest {
		return nil, false
	}
	if binary.LittleEndian.Uint64(payload[n+2:]) != Checksum(payload[:n+2]) {
		return nil, false
	}
	return payload[:n:n], true
}
