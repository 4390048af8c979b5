package resp

import (
	"bytes"
	"math"
)

// Framer finds the commands in what a client sends. It keeps its place in an unfinished command, so that every byte is
// looked at once however the bytes arrive, and the bytes of a large argument not at all. The zero value is ready.
//
// Where the reference server is lenient, Framer is too: the byte after the CR of a length and the two bytes after an
// argument are skipped unseen, and a NUL within a line hides the end of the line.
type Framer struct {
	phase   phase
	pos     int // Offset of what is to be read next, from the start of the unfinished command.
	scanned int // No line end lies between pos and this offset; a NUL may lie at it.
	left    int // Arguments to come.
	bulk    int // Length of the argument at pos, or -1 while it is unknown.
	spans   []span
	args    [][]byte
	err     error
	ahead   *Ahead // What Ahead read, nil if Next has to read for itself.
}

type phase uint8

const (
	between   phase = iota // No byte of the next command was seen.
	inline                 // A line of words.
	counting               // The number of arguments.
	arguments              // Length and bytes of each argument.
)

// span is an argument's place, from the start of its command.
type span struct{ from, to int }

// keepArgs bounds the argument slots kept for the next command.
const keepArgs = 256

// Next returns the arguments of the first command in buf, at least one, and the number of bytes to drop from the front
// of buf. Arguments nil and error nil mean that more bytes are needed; there may still be bytes to drop, namely empty
// commands, which are no commands.
//
// In the next call, buf must begin with what was not dropped, at any address. The arguments alias buf, and both slices
// are valid until the next call or until buf is changed, but for those of an inline command with quotes, which are copies:
// a command that has to wait is read again. A server calls Next until it gets nil, and then Framer holds on to no part of
// buf.
//
// An error is a ProtocolError or ErrQueryBuffer, and is final: each further call returns it again.
func (f *Framer) Next(buf []byte, lim *Limits) (args [][]byte, consumed int, err error) {
	if f.err != nil {
		return nil, 0, f.err
	}
	if !f.Drained() {
		if lim.Authenticated {
			args, size := f.ahead.next()
			return args, size, nil
		}
		f.Forget() // what was executed since has made the client a stranger
	}
	if cap(f.args) > keepArgs {
		f.args = nil
	}
	for consumed < len(buf) {
		command := buf[consumed:]
		if f.phase == between {
			f.begin(command[0])
		}
		size, err := f.command(command, lim)
		if err == nil && size == 0 && len(command) > lim.QueryBuffer {
			err = ErrQueryBuffer
		}
		if err != nil {
			f.args, f.spans, f.err = nil, nil, err
			return nil, consumed, err
		}
		if size == 0 {
			return nil, consumed, nil
		}
		consumed += size
		if f.phase = between; len(f.args) > 0 {
			return f.args, consumed, nil
		}
	}
	clear(f.args[:cap(f.args)])
	return nil, consumed, nil
}

// Need returns the number of bytes, from the start of the unfinished command, without which Next cannot go on, as far as
// this is known, or else 0. A client chooses this number freely, up to the limit of an argument.
func (f *Framer) Need() int {
	if f.phase != arguments || f.bulk < 0 {
		return 0
	}
	if f.bulk > math.MaxInt-2-f.pos {
		return math.MaxInt
	}
	return f.pos + f.bulk + 2
}

// Memory returns the bytes that the Framer holds beside the query buffer.
func (f *Framer) Memory() int { return cap(f.spans)*16 + cap(f.args)*24 }

func (f *Framer) begin(first byte) {
	f.pos, f.scanned, f.left, f.bulk = 0, 0, 0, -1
	f.spans, f.args = f.spans[:0], f.args[:0]
	if cap(f.spans) > keepArgs {
		f.spans = nil
	}
	f.phase = inline
	if first == '*' {
		f.phase = counting
	}
}

// command goes on with the command at the start of buf. It returns the command's size once it is complete, with the
// arguments in f.args, and 0 before.
func (f *Framer) command(buf []byte, lim *Limits) (size int, err error) {
	if f.phase == inline {
		return f.inline(buf, lim)
	}
	if f.phase == counting {
		if err := f.count(buf, lim); err != nil || f.phase == counting {
			return 0, err
		}
	}
	if err := f.arguments(buf, lim); err != nil || f.left > 0 {
		return 0, err
	}
	for _, s := range f.spans {
		f.args = append(f.args, buf[s.from:s.to:s.to])
	}
	return f.pos, nil
}

// count reads the number of arguments, and moves on to them if it is complete.
func (f *Framer) count(buf []byte, lim *Limits) error {
	n, next := shortLength(buf, 0)
	if next == 0 {
		end, tooLong := f.lineEnd(buf, '\r', lim.Inline)
		if tooLong {
			return errCountTooBig
		}
		if end < 0 || end+1 >= len(buf) {
			return nil
		}
		var ok bool
		if n, ok = parseLength(buf[1:end]); !ok {
			return errCount
		}
		next = end + 2
	}
	if n > lim.Args || n > math.MaxInt32 {
		return errCount
	}
	if n > strangerArgs && !lim.Authenticated {
		return errCountOfStranger
	}
	f.phase, f.pos, f.left = arguments, next, max(n, 0)
	return nil
}

// arguments reads lengths and arguments until all are read or bytes are missing.
func (f *Framer) arguments(buf []byte, lim *Limits) error {
	for f.left > 0 {
		if f.bulk < 0 {
			if err := f.length(buf, lim); err != nil || f.bulk < 0 {
				return err
			}
		}
		if len(buf)-f.pos-2 < f.bulk {
			return nil
		}
		end := f.pos + f.bulk
		f.spans = append(f.spans, span{f.pos, end})
		f.pos, f.bulk = end+2, -1
		f.left--
	}
	return nil
}

// length reads the length of an argument, and moves on to the argument if it is complete.
func (f *Framer) length(buf []byte, lim *Limits) error {
	var n, next int
	if f.pos < len(buf) && buf[f.pos] == '$' {
		n, next = shortLength(buf, f.pos)
	}
	if next == 0 {
		end, tooLong := f.lineEnd(buf, '\r', lim.Inline)
		if tooLong {
			return errLengthTooBig
		}
		if end < 0 || end+1 >= len(buf) {
			return nil
		}
		if first := buf[f.pos]; first != '$' {
			return errNoDollar(first)
		}
		var ok bool
		if n, ok = parseLength(buf[f.pos+1 : end]); !ok || n < 0 {
			return errLength
		}
		next = end + 2
	}
	if n > lim.Bulk {
		return errLength
	}
	if n > strangerBulk && !lim.Authenticated {
		return errLengthOfStranger
	}
	f.pos, f.bulk = next, n
	return nil
}

// inline reads a command written as a line of words.
func (f *Framer) inline(buf []byte, lim *Limits) (size int, err error) {
	end, tooLong := f.lineEnd(buf, '\n', lim.Inline)
	if tooLong {
		return 0, errInlineTooBig
	}
	if end < 0 {
		return 0, nil
	}
	line := buf[:end]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	if bytes.ContainsAny(line, `"'`) {
		line = bytes.Clone(line)
	}
	if f.args, err = splitInPlace(line, f.args); err != nil {
		return 0, errUnbalanced
	}
	return end + 1, nil
}

// lineEnd returns the offset of the next end byte from pos on, or -1 if it has not arrived. A line is too long when
// limit bytes passed and the next is not its end; this does not depend on how the bytes arrive.
func (f *Framer) lineEnd(buf []byte, end byte, limit int) (at int, tooLong bool) {
	line := buf[f.pos:]
	if len(line) > limit {
		line = line[:limit+1]
		tooLong = true // unless the end is found
	}
	from := max(f.scanned-f.pos, 0)
	if from == len(line) || line[from] == 0 {
		return -1, tooLong
	}
	rest := line[from:]
	n := bytes.IndexByte(rest, end)
	if n >= 0 {
		rest = rest[:n]
	}
	if nul := bytes.IndexByte(rest, 0); nul >= 0 {
		f.scanned = f.pos + from + nul
		return -1, tooLong
	}
	f.scanned = f.pos + from + len(rest)
	if n < 0 {
		return -1, tooLong
	}
	return f.scanned, false
}

// shortLength reads the usual form of a length at pos: a type byte, up to nine digits, CR, and any byte. It returns the
// number and the offset behind it, or 0 and 0 when the length is unusual or incomplete.
func shortLength(buf []byte, pos int) (n, next int) {
	for i := pos + 1; i < len(buf)-1 && i < pos+11; i++ {
		d := buf[i] - '0'
		if d <= 9 {
			n = n*10 + int(d)
			continue
		}
		digits := i - pos - 1
		if buf[i] != '\r' || digits == 0 || (buf[pos+1] == '0' && digits > 1) {
			break
		}
		return n, i + 2
	}
	return 0, 0
}

// parseLength reads a decimal number as the reference server does: an optional minus sign, then digits without leading
// zeros, within 64 bits.
func parseLength(b []byte) (n int, ok bool) {
	digits := bytes.TrimPrefix(b, []byte("-"))
	negative := len(digits) < len(b)
	if len(digits) == 0 || (digits[0] == '0' && len(b) > 1) {
		return 0, false
	}
	var u uint64
	for _, c := range digits {
		d := uint64(c - '0')
		if c < '0' || c > '9' || u > (math.MaxInt64-d)/10 {
			return 0, false
		}
		u = u*10 + d
	}
	if negative {
		return -int(u), true
	}
	return int(u), true
}
