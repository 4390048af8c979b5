package stream

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"strconv"
)

// ID names and orders the entries of a stream.
type ID struct{ Ms, Seq uint64 }

// Max is the highest ID; the lowest is the zero value.
var Max = ID{math.MaxUint64, math.MaxUint64}

// IsZero tells whether the ID is 0-0, which no entry has.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders IDs, as cmp.Compare does numbers.
func (id ID) Compare(other ID) int {
	if c := cmp.Compare(id.Ms, other.Ms); c != 0 {
		return c
	}
	return cmp.Compare(id.Seq, other.Seq)
}

// Less tells whether id stands before other.
func (id ID) Less(other ID) bool {
	return id.Ms < other.Ms || id.Ms == other.Ms && id.Seq < other.Seq
}

// Next returns the ID that follows; false if there is none.
func (id ID) Next() (ID, bool) {
	switch {
	case id.Seq < math.MaxUint64:
		return ID{id.Ms, id.Seq + 1}, true
	case id.Ms < math.MaxUint64:
		return ID{id.Ms + 1, 0}, true
	}
	return id, false
}

// Prev returns the ID before; false if there is none.
func (id ID) Prev() (ID, bool) {
	switch {
	case id.Seq > 0:
		return ID{id.Ms, id.Seq - 1}, true
	case id.Ms > 0:
		return ID{id.Ms - 1, math.MaxUint64}, true
	}
	return id, false
}

// AppendText appends the ID as clients see it.
func (id ID) AppendText(b []byte) []byte {
	b = strconv.AppendUint(b, id.Ms, 10)
	return strconv.AppendUint(append(b, '-'), id.Seq, 10)
}

// String returns the ID as clients see it.
func (id ID) String() string { return string(id.AppendText(nil)) }

// BinarySize is the length of an ID that AppendBinary writes.
const BinarySize = 16

// AppendBinary appends the ID in bytes that sort as IDs do.
func (id ID) AppendBinary(b []byte) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, id.Ms), id.Seq)
}

// FromBinary reads what AppendBinary wrote, from BinarySize bytes.
func FromBinary(b []byte) ID {
	return ID{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

// maxText bounds an ID's text, numbers with leading zeros included.
const maxText = 127

// Parse reads an ID as clients write it: ms-seq, or ms alone, which stands for
// the given seq. Like the reference it ends at a zero byte and reads numbers as
// strtoull does where they are not canonical.
func Parse(b []byte, seq uint64) (ID, bool) {
	id, auto, ok := parse(b, seq)
	return id, ok && !auto
}

// ParseAuto is Parse that takes ms-* too, which leaves seq to be chosen: auto.
func ParseAuto(b []byte, seq uint64) (id ID, auto, ok bool) { return parse(b, seq) }

// ParseBound is Parse that takes - and + too, the lowest and highest ID.
func ParseBound(b []byte, seq uint64) (ID, bool) {
	switch string(b) {
	case "-":
		return ID{}, true
	case "+":
		return Max, true
	}
	return Parse(b, seq)
}

func parse(b []byte, seq uint64) (id ID, auto, ok bool) {
	if len(b) > maxText {
		return ID{}, false, false
	}
	b, _, _ = bytes.Cut(b, []byte{0})
	ms, rest, hasSeq := bytes.Cut(b, []byte{'-'})
	if id.Ms, ok = parseUint(ms); !ok {
		return ID{}, false, false
	}
	id.Seq = seq
	if !hasSeq {
		return id, false, true
	}
	if string(rest) == "*" {
		return ID{Ms: id.Ms}, true, true
	}
	id.Seq, ok = parseUint(rest)
	return id, false, ok
}

// parseUint reads a number as strtoull does the whole of b, but takes no
// canonical negative one.
func parseUint(b []byte) (uint64, bool) {
	if len(b) > 1 && b[0] == '-' && b[1] >= '1' && b[1] <= '9' {
		if _, err := strconv.ParseInt(string(b), 10, 64); err == nil {
			return 0, false
		}
	}
	b = bytes.TrimLeft(b, " \t\n\v\f\r")
	negative := len(b) > 0 && b[0] == '-'
	if negative || len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	if len(b) == 0 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		d := uint64(c - '0')
		if c < '0' || c > '9' || n > (math.MaxUint64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	if negative {
		n = -n
	}
	return n, true
}
