package persist

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The bytes of a segment: a header of headerSize, then records, then zeros up
// to the size that was allocated ahead. FORMAT.md draws them.
const (
	segmentMagic   = "PERIJRNL"
	formatVersion  = 1
	segHeaderSize  = 64
	frameSize      = 9       // crc, length, kind
	maxPayload     = 1 << 20 // longer units are cut into parts
	markPayload    = 28
	markSize       = frameSize + markPayload
	segmentSuffix  = ".seg"
	journalDirName = "journal"
)

// A recordKind says what a record's payload is. No kind is 0: nine zero bytes
// are where a segment's data ends.
type recordKind uint8

const (
	// recordUnit is a whole unit.
	recordUnit recordKind = 1
	// recordPart is a piece of a unit that goes on in the next record.
	recordPart recordKind = 2
	// recordLast is the last piece of a unit: without it the unit never was.
	recordLast recordKind = 3
	// recordMark says what was on disk when it was written; see mark.
	recordMark recordKind = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFrame encodes a record behind b. The checksum goes on from that of
// the record before, chain, and covers length, kind and payload; it is
// returned as the next record's chain.
func appendFrame(b []byte, chain uint32, kind recordKind, payload []byte) ([]byte, uint32) {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = append(b, byte(kind))
	b = append(b, payload...)
	sum := crc32.Update(chain, castagnoli, b[at+4:])
	binary.LittleEndian.PutUint32(b[at:], sum)
	return b, sum
}

// A frame is a record's first nine bytes.
type frame struct {
	sum    uint32
	length uint32
	kind   recordKind
}

func parseFrame(b []byte) frame {
	return frame{
		sum:    binary.LittleEndian.Uint32(b),
		length: binary.LittleEndian.Uint32(b[4:]),
		kind:   recordKind(b[8]),
	}
}

// end says that no record begins here: the rest of the segment was never used.
func (f frame) end() bool { return f == frame{} }

// plausible says whether a record may look so; its checksum decides.
func (f frame) plausible() bool {
	if f.kind == recordMark {
		return f.length == markPayload
	}
	return f.kind >= recordUnit && f.kind <= recordLast && f.length <= maxPayload
}

// A mark ties a place in the journal to what was durable when it was written.
// It is the first record of each segment and again the first of a group when
// more has become durable, and it can be checked on its own: where a record
// before it is damaged, it proves whether that one had been on disk.
type mark struct {
	salt   uint64 // the segment's: no stored value can look like a mark
	next   uint64 // the sequence number of the next unit
	synced uint64 // all units up to here were on disk
	chain  uint32 // the checksum of the record before
}

func (m mark) appendTo(b []byte) ([]byte, uint32) {
	var p [markPayload]byte
	binary.LittleEndian.PutUint64(p[0:], m.salt)
	binary.LittleEndian.PutUint64(p[8:], m.next)
	binary.LittleEndian.PutUint64(p[16:], m.synced)
	binary.LittleEndian.PutUint32(p[24:], m.chain)
	return appendFrame(b, m.chain, recordMark, p[:])
}

// parseMark decodes a record as a mark, ok if its checksum holds; b is the
// whole record.
func parseMark(b []byte) (m mark, sum uint32, ok bool) {
	if len(b) < markSize {
		return mark{}, 0, false
	}
	f := parseFrame(b)
	if f.kind != recordMark || f.length != markPayload {
		return mark{}, 0, false
	}
	p := b[frameSize:]
	m = mark{
		salt:   binary.LittleEndian.Uint64(p[0:]),
		next:   binary.LittleEndian.Uint64(p[8:]),
		synced: binary.LittleEndian.Uint64(p[16:]),
		chain:  binary.LittleEndian.Uint32(p[24:]),
	}
	return m, f.sum, crc32.Update(m.chain, castagnoli, b[4:markSize]) == f.sum
}

// A segHeader is the beginning of a segment file. It is on disk before the
// first record is written, so a broken one is damage.
type segHeader struct {
	number uint64
	salt   uint64
}

func (h segHeader) encode() []byte {
	b := make([]byte, segHeaderSize)
	copy(b, segmentMagic)
	binary.LittleEndian.PutUint32(b[8:], formatVersion)
	binary.LittleEndian.PutUint64(b[16:], h.number)
	binary.LittleEndian.PutUint64(b[24:], h.salt)
	binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	return b
}

func parseSegHeader(b []byte) (segHeader, error) {
	if len(b) < segHeaderSize || string(b[:8]) != segmentMagic {
		return segHeader{}, fmt.Errorf("no segment header")
	}
	if crc32.Checksum(b[:60], castagnoli) != binary.LittleEndian.Uint32(b[60:]) {
		return segHeader{}, fmt.Errorf("segment header fails its checksum")
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != formatVersion {
		return segHeader{}, fmt.Errorf("segment has format version %d, this program reads version %d", v, formatVersion)
	}
	return segHeader{
		number: binary.LittleEndian.Uint64(b[16:]),
		salt:   binary.LittleEndian.Uint64(b[24:]),
	}, nil
}

// framedSize is the number of bytes that a unit of n bytes takes.
func framedSize(n int) int64 {
	parts := max((n+maxPayload-1)/maxPayload, 1)
	return int64(n) + int64(parts)*frameSize
}

// appendUnit encodes a unit as one record, or in parts.
func appendUnit(b []byte, chain uint32, unit []byte) ([]byte, uint32) {
	kind := recordUnit
	for len(unit) > maxPayload {
		b, chain = appendFrame(b, chain, recordPart, unit[:maxPayload])
		unit = unit[maxPayload:]
		kind = recordLast
	}
	return appendFrame(b, chain, kind, unit)
}
