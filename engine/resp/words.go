package resp

import (
	"bytes"
	"errors"
)

// ErrQuotes says that a quoted word does not end, or that something follows its closing quote.
var ErrQuotes = errors.New("unbalanced quotes")

// SplitArgs splits a line into words as clients type them. Words are separated by white space. Within double quotes,
// \n \r \t \b \a stand for control characters, \xHH for the byte HH, and a backslash before any other byte for this
// byte; within single quotes only \' is special. A NUL ends the line. The words are the caller's own; the only error is
// ErrQuotes.
func SplitArgs(line []byte) ([][]byte, error) {
	return splitInPlace(bytes.Clone(line), nil)
}

// splitInPlace is SplitArgs with words appended to args that alias line, which is overwritten: no escape is shorter
// than what it stands for.
func splitInPlace(line []byte, args [][]byte) ([][]byte, error) {
	if nul := bytes.IndexByte(line, 0); nul >= 0 {
		line = line[:nul]
	}
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return args, nil
		}
		word, next, ok := unquote(line, i)
		if !ok {
			return args, ErrQuotes
		}
		args = append(args, word)
		i = next
	}
}

// unquote reads the word at i and writes its plain form in the same place. A quote may open within a word, and closing
// it ends the word.
func unquote(line []byte, i int) (word []byte, next int, ok bool) {
	start, out := i, i
	var quote byte
	for i < len(line) {
		c, size := line[i], 1
		switch {
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			return line[start:out:out], i, true
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
			i++
			continue
		case quote != 0 && c == quote:
			closed := i+1 == len(line) || isSpace(line[i+1])
			return line[start:out:out], i + 1, closed
		case quote == '"' && c == '\\':
			c, size = escape(line[i:])
		case quote == '\'' && c == '\\' && i+1 < len(line) && line[i+1] == '\'':
			c, size = '\'', 2
		}
		line[out] = c
		out++
		i += size
	}
	return line[start:out:out], i, quote == 0
}

// escape returns the byte that the escape at the start of b stands for, and the size of the escape.
func escape(b []byte) (c byte, size int) {
	if len(b) < 2 {
		return b[0], 1
	}
	switch b[1] {
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'b':
		return '\b', 2
	case 'a':
		return '\a', 2
	case 'x':
		if len(b) >= 4 {
			high, ok1 := hexDigit(b[2])
			low, ok2 := hexDigit(b[3])
			if ok1 && ok2 {
				return high<<4 | low, 4
			}
		}
	}
	return b[1], 2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func isSpace(c byte) bool { return c == ' ' || (c >= '\t' && c <= '\r') }
