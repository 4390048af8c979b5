package resp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
)

const (
	maxDepth = 1024     // Aggregates within aggregates, so that no reply exhausts the stack.
	maxLine  = 1 << 20  // Bytes of a status, error or number.
	readStep = 64 << 10 // Announced lengths are believed so far; beyond, memory grows with what has arrived.
)

// Reader reads the replies of a server, of which it trusts nothing: announced lengths allocate only as data arrives.
// What it does not bound is the size of a whole reply.
type Reader struct{ br *bufio.Reader }

// NewReader returns a Reader of r. If r is a *bufio.Reader, it is used as it is.
func NewReader(r io.Reader) *Reader { return &Reader{bufio.NewReader(r)} }

// Buffered returns the number of bytes that can be read without waiting.
func (r *Reader) Buffered() int { return r.br.Buffered() }

// Read returns the next reply, of either protocol; pushes are replies like any other. The Value owns its memory. Errors
// are io.EOF between replies, io.ErrUnexpectedEOF within one, a ProtocolError, or what the underlying reader returns;
// after any of them the stream cannot be read on. RESP3's chunked strings and aggregates, which no server sends, are
// errors.
func (r *Reader) Read() (Value, error) {
	if _, err := r.br.Peek(1); err != nil {
		return Value{}, err
	}
	v, err := r.value(0)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return v, err
}

func (r *Reader) value(depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, ProtocolError("reply nested too deeply")
	}
	var attrs []Value
	for {
		kind, err := r.br.ReadByte()
		if err != nil {
			return Value{}, err
		}
		line, err := r.line()
		if err != nil {
			return Value{}, err
		}
		if kind != '|' {
			v, err := r.body(kind, line, depth)
			v.Attrs = attrs
			return v, err
		}
		v, err := r.aggregate(KindMap, line, depth)
		if err == nil && v.Kind != KindMap {
			err = ProtocolError("null for attributes")
		}
		if err != nil {
			return Value{}, err
		}
		attrs = append(attrs, v.Elems...)
	}
}

// body reads what follows the first line of a reply of the given kind.
func (r *Reader) body(kind byte, line []byte, depth int) (Value, error) {
	v := Value{Kind: Kind(kind)}
	switch v.Kind {
	case KindStatus, KindError:
		v.Str = bytes.Clone(line)
		return v, nil
	case KindBigNumber:
		v.Str = bytes.Clone(line)
		return v, checkBigNumber(line)
	case KindInt:
		n, err := strconv.ParseInt(string(line), 10, 64)
		v.Int = n
		return v, asProtocolError(err, "invalid integer")
	case KindDouble:
		f, err := strconv.ParseFloat(string(line), 64)
		v.Str, v.Float = bytes.Clone(line), f
		return v, asProtocolError(err, "invalid double")
	case KindBool:
		return boolean(line)
	case KindNull:
		if len(line) > 0 {
			return Value{}, ProtocolError("invalid null")
		}
		return v, nil
	case KindBulk, KindVerbatim, '!':
		return r.text(v.Kind, line)
	case KindArray, KindMap, KindSet, KindPush:
		return r.aggregate(v.Kind, line, depth)
	}
	return Value{}, ProtocolError("got " + strconv.QuoteToASCII(string([]byte{kind})) + " as reply type byte")
}

func (r *Reader) text(kind Kind, line []byte) (Value, error) {
	n, err := length(line)
	if err != nil {
		return Value{}, err
	}
	if n < 0 {
		return Value{Kind: KindNull}, nil
	}
	v := Value{Kind: kind}
	if v.Str, err = r.bytes(n); err != nil {
		return Value{}, err
	}
	switch kind {
	case '!':
		v.Kind = KindError
	case KindVerbatim:
		if len(v.Str) < 4 || v.Str[3] != ':' {
			return Value{}, ProtocolError("verbatim text without format")
		}
		v.Syntax, v.Str = string(v.Str[:3]), v.Str[4:]
	}
	return v, nil
}

func (r *Reader) aggregate(kind Kind, line []byte, depth int) (Value, error) {
	n, err := length(line)
	if err != nil {
		return Value{}, err
	}
	if n < 0 {
		return Value{Kind: KindNullArray}, nil
	}
	if n > math.MaxInt32 {
		return Value{}, ProtocolError("reply with too many elements")
	}
	if kind == KindMap {
		n *= 2
	}
	v := Value{Kind: kind, Elems: make([]Value, 0, min(n, 16))}
	for range n {
		e, err := r.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		v.Elems = append(v.Elems, e)
	}
	return v, nil
}

// bytes reads n bytes and the line end behind them.
func (r *Reader) bytes(n int) ([]byte, error) {
	b := make([]byte, 0, min(n, readStep))
	for len(b) < n {
		step := min(n-len(b), max(len(b), readStep))
		b = slices.Grow(b, step)
		if _, err := io.ReadFull(r.br, b[len(b):len(b)+step]); err != nil {
			return nil, err
		}
		b = b[:len(b)+step]
	}
	var end [2]byte
	if _, err := io.ReadFull(r.br, end[:]); err != nil {
		return nil, err
	}
	if end != [2]byte{'\r', '\n'} {
		return nil, ProtocolError("string longer than announced")
	}
	return b, nil
}

// line reads up to the next CR LF and returns what is before it, valid until the next read.
func (r *Reader) line() ([]byte, error) {
	line, err := r.br.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line, err = r.longLine(bytes.Clone(line))
	}
	if err != nil {
		return nil, err
	}
	body, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok {
		return nil, ProtocolError("line without CR")
	}
	return body, nil
}

func (r *Reader) longLine(line []byte) ([]byte, error) {
	for {
		more, err := r.br.ReadSlice('\n')
		line = append(line, more...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > maxLine {
			return nil, ProtocolError("line too long")
		}
	}
}

// length reads the number that announces a string or an aggregate; -1 means null.
func length(line []byte) (int, error) {
	n, ok := parseLength(line)
	if !ok || n < -1 {
		return 0, ProtocolError("invalid length " + strconv.QuoteToASCII(string(line[:min(len(line), 32)])))
	}
	return n, nil
}

func boolean(line []byte) (Value, error) {
	switch string(line) {
	case "t":
		return Value{Kind: KindBool, Int: 1}, nil
	case "f":
		return Value{Kind: KindBool}, nil
	}
	return Value{}, ProtocolError("invalid bool")
}

func checkBigNumber(line []byte) error {
	digits := bytes.TrimPrefix(line, []byte("-"))
	if len(digits) == 0 {
		return ProtocolError("invalid big number")
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return ProtocolError("invalid big number")
		}
	}
	return nil
}

func asProtocolError(err error, text ProtocolError) error {
	if err != nil {
		return text
	}
	return nil
}
