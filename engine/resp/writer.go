package resp

import (
	"strconv"
	"strings"

	"github.com/tidwall/redcon"
)

// Protocol versions, as HELLO names them.
const (
	RESP2 = 2
	RESP3 = 3
)

// Writer encodes replies into a buffer of its own, from which its owner takes them with Bytes and Consume. The zero
// value is ready and speaks RESP2. Aggregates (Array, Map, Set, Push, Pairs) announce a number of elements, and their
// elements are written by the calls that follow; nothing checks the count. A Writer belongs to one goroutine.
//
// No method keeps its arguments or allocates, except to grow the buffer.
type Writer struct {
	buf    []byte
	sent   int // buf[:sent] was taken by Consume.
	high   int // Most bytes held since the buffer was last empty.
	shrink shrinker
	resp3  bool
}

// SetProto chooses the protocol of the replies to come. Versions other than RESP2 and RESP3 do not exist, so the caller
// refuses them before.
func (w *Writer) SetProto(version int) { w.resp3 = version == RESP3 }

// Proto returns RESP2 or RESP3.
func (w *Writer) Proto() int {
	if w.resp3 {
		return RESP3
	}
	return RESP2
}

// Status writes a simple string; CR and LF in it become spaces.
func (w *Writer) Status(s string) {
	if s == "OK" {
		w.buf = redcon.AppendOK(w.buf)
		return
	}
	w.buf = redcon.AppendString(w.buf, s)
}

// Error writes an error whose first word is code. CR and LF at its end are left out, and become spaces elsewhere. An empty
// text leaves the code alone.
func (w *Writer) Error(code, text string) {
	text = strings.TrimRight(text, "\r\n")
	w.buf = redcon.AppendError(w.buf, code)
	if text == "" {
		return
	}
	// The text goes where the line end of the code is, and a space takes the place of its own type byte.
	end := len(w.buf) - 2
	w.buf = redcon.AppendError(w.buf[:end], text)
	w.buf[end] = ' '
}

// Int writes an integer.
func (w *Writer) Int(n int64) { w.buf = redcon.AppendInt(w.buf, n) }

// Bulk writes a string of any bytes; nil is the empty string.
func (w *Writer) Bulk(b []byte) {
	// Most strings are short, and for them the header costs more than the rest: it goes out in one piece.
	switch n := len(b); {
	case n < 10:
		w.buf = append(w.buf, '$', '0'+byte(n), '\r', '\n')
	case n < 100:
		w.buf = append(w.buf, '$', '0'+byte(n/10), '0'+byte(n%10), '\r', '\n')
	default:
		w.buf = redcon.AppendBulk(w.buf, b)
		return
	}
	w.buf = append(w.buf, b...)
	w.line()
}

// BulkString writes a string of any bytes.
func (w *Writer) BulkString(s string) { w.buf = redcon.AppendBulkString(w.buf, s) }

// Double writes a floating point number, in RESP2 as a string; AppendDouble says how it looks.
func (w *Writer) Double(f float64) {
	var scratch [32]byte
	w.DoubleText(AppendDouble(scratch[:0], f))
}

// DoubleText writes a floating point number whose digits are the caller's, in RESP2 as a string.
func (w *Writer) DoubleText(text []byte) {
	if !w.resp3 {
		w.buf = redcon.AppendBulk(w.buf, text)
		return
	}
	w.buf = append(w.buf, ',')
	w.buf = append(w.buf, text...)
	w.line()
}

// Bool writes a boolean, in RESP2 as the integer 1 or 0.
func (w *Writer) Bool(b bool) {
	switch {
	case w.resp3 && b:
		w.buf = append(w.buf, "#t\r\n"...)
	case w.resp3:
		w.buf = append(w.buf, "#f\r\n"...)
	case b:
		w.Int(1)
	default:
		w.Int(0)
	}
}

// Null writes that a value is missing, in RESP2 as a null string.
func (w *Writer) Null() {
	if w.resp3 {
		w.buf = append(w.buf, "_\r\n"...)
		return
	}
	w.buf = redcon.AppendNull(w.buf)
}

// NullArray writes that a list is missing. RESP3 has one null for all.
func (w *Writer) NullArray() {
	if w.resp3 {
		w.Null()
		return
	}
	w.Array(-1)
}

// Array announces n elements.
func (w *Writer) Array(n int) { w.buf = redcon.AppendArray(w.buf, n) }

// Map announces n pairs, each a key and then its value; in RESP2 a flat array.
func (w *Writer) Map(n int) {
	if w.resp3 {
		w.header('%', n)
		return
	}
	w.Array(2 * n)
}

// Set announces n elements without order or duplicates; in RESP2 an array.
func (w *Writer) Set(n int) { w.aggregate('~', n) }

// Push announces n elements of a message that answers no request; in RESP2 an array.
func (w *Writer) Push(n int) { w.aggregate('>', n) }

// Pairs announces n pairs whose order counts, such as members with their scores: in RESP3 an array of arrays of two, in
// RESP2 a flat array. Call Pair before each pair.
func (w *Writer) Pairs(n int) {
	if !w.resp3 {
		n *= 2
	}
	w.Array(n)
}

// Pair opens the next pair of those announced by Pairs.
func (w *Writer) Pair() {
	if w.resp3 {
		w.Array(2)
	}
}

// NestedMap announces n pairs, each a key and then its value; in RESP2 an array of arrays of two. Call NestedPair before
// each pair.
func (w *Writer) NestedMap(n int) {
	if w.resp3 {
		w.Map(n)
		return
	}
	w.Array(n)
}

// NestedPair opens the next pair of those announced by NestedMap.
func (w *Writer) NestedPair() {
	if !w.resp3 {
		w.Array(2)
	}
}

// Verbatim writes text to be shown as it is. The format is three bytes, such as txt or mkd; RESP2 omits it and gets a
// string.
func (w *Writer) Verbatim(format string, b []byte) {
	if !w.resp3 {
		w.Bulk(b)
		return
	}
	w.header('=', len(format)+1+len(b))
	w.buf = append(w.buf, format...)
	w.buf = append(w.buf, ':')
	w.buf = append(w.buf, b...)
	w.line()
}

// BigNumber writes an integer of any size, given by its decimal digits; in RESP2 a string.
func (w *Writer) BigNumber(digits string) {
	if !w.resp3 {
		w.BulkString(digits)
		return
	}
	w.buf = append(w.buf, '(')
	w.buf = append(w.buf, digits...)
	w.line()
}

// Attribute announces n pairs that comment on the reply after them. RESP2 has no place for them, so the caller asks
// Proto first; a call under RESP2 breaks that contract and panics.
func (w *Writer) Attribute(n int) {
	if !w.resp3 {
		panic("resp: attribute written to a RESP2 connection")
	}
	w.header('|', n)
}

func (w *Writer) aggregate(kind byte, n int) {
	if !w.resp3 {
		kind = redcon.Array
	}
	w.header(kind, n)
}

func (w *Writer) header(kind byte, n int) {
	w.buf = append(w.buf, kind)
	w.buf = strconv.AppendInt(w.buf, int64(n), 10)
	w.line()
}

func (w *Writer) line() { w.buf = append(w.buf, '\r', '\n') }
