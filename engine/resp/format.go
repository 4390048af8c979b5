package resp

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Format returns v as redis-cli shows replies on a terminal, without a line end behind the last line. Attributes are
// left out.
func (v Value) Format() string {
	return string(bytes.TrimSuffix(v.appendPretty(nil, ""), []byte("\n")))
}

// Raw returns v as redis-cli prints replies into a pipe, where it puts a line end behind them: elements on lines of their
// own, a map's value behind its key, nothing for a null, and a line end of its own behind an error.
func (v Value) Raw() string { return string(v.appendRaw(nil)) }

func (v Value) appendRaw(dst []byte) []byte {
	switch v.Kind {
	case KindNull, KindNullArray:
		return dst
	case KindInt:
		return strconv.AppendInt(dst, v.Int, 10)
	case KindBool:
		return appendBool(dst, v.Int)
	case KindError:
		return append(append(dst, v.Str...), '\n')
	case KindArray, KindSet, KindPush, KindMap:
		for i, e := range v.Elems {
			switch {
			case v.Kind == KindMap && i%2 == 1:
				dst = append(dst, ' ')
			case i > 0:
				dst = append(dst, '\n')
			}
			dst = e.appendRaw(dst)
		}
		return dst
	}
	return append(dst, v.Str...)
}

// appendPretty appends v with a line end. All lines of v after the first start with prefix.
func (v Value) appendPretty(dst []byte, prefix string) []byte {
	switch v.Kind {
	case KindNull, KindNullArray:
		dst = append(dst, "(nil)"...)
	case KindInt:
		dst = strconv.AppendInt(append(dst, "(integer) "...), v.Int, 10)
	case KindBool:
		dst = appendBool(dst, v.Int)
	case KindError:
		dst = append(append(dst, "(error) "...), v.Str...)
	case KindDouble:
		dst = append(append(dst, "(double) "...), v.Str...)
	case KindBigNumber:
		dst = append(append(dst, "(big number) "...), v.Str...)
	case KindBulk:
		dst = AppendQuoted(dst, v.Str)
	case KindArray, KindSet, KindPush, KindMap:
		return v.appendElems(dst, prefix)
	default:
		dst = append(dst, v.Str...)
	}
	return append(dst, '\n')
}

func (v Value) appendElems(dst []byte, prefix string) []byte {
	count, mark, empty := len(v.Elems), ')', "(empty array)\n"
	switch v.Kind {
	case KindMap:
		count, mark, empty = count/2, '#', "(empty hash)\n"
	case KindSet:
		mark, empty = '~', "(empty set)\n"
	case KindPush:
		empty = "(empty push)\n"
	}
	if count == 0 {
		return append(dst, empty...)
	}
	width := len(strconv.Itoa(count))
	inner := prefix + strings.Repeat(" ", width+2)
	for i := range count {
		if i > 0 {
			dst = append(dst, prefix...)
		}
		dst = fmt.Appendf(dst, "%*d%c ", width, i+1, mark)
		if v.Kind == KindMap {
			dst = appendPair(dst, inner, v.Elems[2*i], v.Elems[2*i+1])
		} else {
			dst = v.Elems[i].appendPretty(dst, inner)
		}
	}
	return dst
}

// appendPair appends a key and its value. A value that is several lines starts on a line of its own, so that they align.
func appendPair(dst []byte, prefix string, key, value Value) []byte {
	dst = bytes.TrimSuffix(key.appendPretty(dst, prefix), []byte("\n"))
	dst = append(dst, " => "...)
	if value.severalLines() {
		dst = append(append(dst, '\n'), prefix...)
	}
	return value.appendPretty(dst, prefix)
}

// severalLines reports whether v or its only element has more than one element, or pair of a map. Texts do not count.
func (v Value) severalLines() bool {
	for len(v.Elems) > 0 {
		if len(v.Elems) > 2 || (len(v.Elems) == 2 && v.Kind != KindMap) {
			return true
		}
		v = v.Elems[len(v.Elems)-1]
	}
	return false
}

func appendBool(dst []byte, b int64) []byte {
	if b != 0 {
		return append(dst, "(true)"...)
	}
	return append(dst, "(false)"...)
}

// AppendQuoted appends b in double quotes, with escapes for whatever is not printable ASCII, so that SplitArgs gives b
// back.
func AppendQuoted(dst, b []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\a':
			dst = append(dst, `\a`...)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c < ' ' || c > '~':
			dst = append(dst, '\\', 'x', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
