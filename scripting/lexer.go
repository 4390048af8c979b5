package scripting

import (
	"fmt"
	"strings"
)

// tokenKind is what a token is. Operators and punctuation of one character are their own character.
type tokenKind int

const (
	tokEOF tokenKind = iota + 256
	tokName
	tokNumber
	tokString
	tokConcat // ..
	tokDots   // ...
	tokEq     // ==
	tokNe     // ~=
	tokLe     // <=
	tokGe     // >=

	tokAnd
	tokBreak
	tokDo
	tokElse
	tokElseif
	tokEnd
	tokFalse
	tokFor
	tokFunction
	tokIf
	tokIn
	tokLocal
	tokNil
	tokNot
	tokOr
	tokRepeat
	tokReturn
	tokThen
	tokTrue
	tokUntil
	tokWhile
)

// keyword tells the kind of a reserved word, or tokName.
func keyword(word string) tokenKind {
	switch word {
	case "and":
		return tokAnd
	case "break":
		return tokBreak
	case "do":
		return tokDo
	case "else":
		return tokElse
	case "elseif":
		return tokElseif
	case "end":
		return tokEnd
	case "false":
		return tokFalse
	case "for":
		return tokFor
	case "function":
		return tokFunction
	case "if":
		return tokIf
	case "in":
		return tokIn
	case "local":
		return tokLocal
	case "nil":
		return tokNil
	case "not":
		return tokNot
	case "or":
		return tokOr
	case "repeat":
		return tokRepeat
	case "return":
		return tokReturn
	case "then":
		return tokThen
	case "true":
		return tokTrue
	case "until":
		return tokUntil
	case "while":
		return tokWhile
	}
	return tokName
}

// String is the token kind as Lua's error messages show it.
func (k tokenKind) String() string {
	switch k {
	case tokEOF:
		return "<eof>"
	case tokName:
		return "<name>"
	case tokNumber:
		return "<number>"
	case tokString:
		return "<string>"
	case tokConcat:
		return ".."
	case tokDots:
		return "..."
	case tokEq:
		return "=="
	case tokNe:
		return "~="
	case tokLe:
		return "<="
	case tokGe:
		return ">="
	}
	if k >= tokAnd {
		return [...]string{"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
			"nil", "not", "or", "repeat", "return", "then", "true", "until", "while"}[k-tokAnd]
	}
	if k < ' ' || k == 127 {
		return fmt.Sprintf("char(%d)", int(k))
	}
	return string([]byte{byte(k)})
}

// token is one word of the source.
type token struct {
	kind             tokenKind
	text             string // the value of a string, the spelling of a name
	opening, closing string // of a string
	raw              string // how an error shows any other token, if not as the kind
	number           float64
	line             int // the line on which the token ends
}

// SyntaxError says why a source is not Lua 5.1. Its text is the one Lua gives: chunk:line: reason near 'token'.
type SyntaxError struct {
	Chunk   string
	Line    int
	Message string // with the near part, if there is one
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %s", e.Chunk, e.Line, e.Message) }

// source is what a chunk is compiled from: a text, or one that comes piece by piece.
type source struct {
	text   string        // as far as it has been read
	more   func() string // gives the next piece; an empty one is the end. It is nil for a text that is there as a whole.
	pieces strings.Builder
}

// read has at least n bytes in the text, and tells whether there were so many.
func (s *source) read(n int) bool {
	for s.more != nil && len(s.text) < n {
		piece := s.more()
		if piece == "" {
			// Lua asks again behind an end, but only if that was at the very beginning.
			if s.text != "" {
				s.more = nil
			}
			return false
		}
		s.pieces.WriteString(piece)
		s.text = s.pieces.String()
	}
	return n <= len(s.text)
}

// lexer cuts a source into the tokens of Lua 5.1, reading each byte once, and no further than Lua does. Its errors are
// *SyntaxError panics, caught by parse.
type lexer struct {
	chunk string
	*source
	pos  int
	line int
}

// has tells whether there are n more bytes.
func (lx *lexer) has(n int) bool { return lx.pos+n <= len(lx.text) || lx.read(lx.pos+n) }

func (lx *lexer) fail(message, near string) {
	if near != "" {
		near = cText(near)
		message += " near '" + near + "'"
	}
	panic(&SyntaxError{Chunk: lx.chunk, Line: lx.line, Message: message})
}

func (lx *lexer) peek(ahead int) byte {
	if lx.has(ahead + 1) {
		return lx.text[lx.pos+ahead]
	}
	return 0
}

// newline steps over one line end, counting CR LF and LF CR as one.
func (lx *lexer) newline() {
	first := lx.text[lx.pos]
	lx.pos++
	if next := lx.peek(0); (next == '\n' || next == '\r') && next != first {
		lx.pos++
	}
	lx.line++
}

func (lx *lexer) next() token {
	for lx.has(1) {
		switch c := lx.text[lx.pos]; c {
		case '\n', '\r':
			lx.newline()
		case ' ', '\t', '\v', '\f':
			lx.pos++
		case '-':
			if lx.peek(1) != '-' {
				return lx.symbol(1, '-')
			}
			lx.comment()
		default:
			return lx.word(c)
		}
	}
	return token{kind: tokEOF, line: lx.line}
}

func (lx *lexer) comment() {
	lx.pos += 2
	if lx.peek(0) == '[' {
		if level := lx.longBracket(); level >= 0 {
			lx.longString(level, "unfinished long comment")
			return
		}
	}
	for lx.has(1) && lx.text[lx.pos] != '\n' && lx.text[lx.pos] != '\r' {
		lx.pos++
	}
}

func (lx *lexer) symbol(width int, kind tokenKind) token {
	lx.pos += width
	lx.has(1)
	return token{kind: kind, line: lx.line}
}

func (lx *lexer) word(c byte) token {
	switch {
	case isAlpha(c):
		return lx.name()
	case isDigit(c), c == '.' && isDigit(lx.peek(1)):
		return lx.numeral()
	}
	switch c {
	case '"', '\'':
		return lx.quoted(c)
	case '[':
		start := lx.pos
		if level := lx.longBracket(); level >= 0 {
			opening := lx.text[start:lx.pos]
			text := lx.longString(level, "unfinished long string")
			return token{kind: tokString, text: text, opening: opening, closing: lx.text[lx.pos-len(opening) : lx.pos], line: lx.line}
		} else if level < -1 {
			lx.fail("invalid long string delimiter", lx.text[start:start-level])
		}
	case '.':
		if lx.peek(1) == '.' {
			if lx.peek(2) == '.' {
				return lx.symbol(3, tokDots)
			}
			return lx.symbol(2, tokConcat)
		}
	case '=', '~', '<', '>':
		if lx.peek(1) == '=' {
			return lx.symbol(2, map[byte]tokenKind{'=': tokEq, '~': tokNe, '<': tokLe, '>': tokGe}[c])
		}
	}
	return lx.symbol(1, tokenKind(c))
}

func (lx *lexer) name() token {
	start := lx.pos
	for lx.has(1) && (isAlpha(lx.text[lx.pos]) || isDigit(lx.text[lx.pos])) {
		lx.pos++
	}
	text := lx.text[start:lx.pos]
	return token{kind: keyword(text), text: text, raw: text, line: lx.line}
}

// skip steps over one of some characters, or over a zero byte, which Lua takes for the end of their list.
func (lx *lexer) skip(chars string) bool {
	if !lx.has(1) || lx.text[lx.pos] != 0 && strings.IndexByte(chars, lx.text[lx.pos]) < 0 {
		return false
	}
	lx.pos++
	return true
}

func (lx *lexer) numeral() token {
	start := lx.pos
	for isDigit(lx.peek(0)) || lx.peek(0) == '.' {
		lx.pos++
	}
	if lx.skip("eE") {
		lx.skip("+-")
	}
	for isAlpha(lx.peek(0)) || isDigit(lx.peek(0)) {
		lx.pos++
	}
	text := lx.text[start:lx.pos]
	number, ok := parseNumber(text)
	if !ok {
		lx.fail("malformed number", text)
	}
	return token{kind: tokNumber, number: number, raw: text, line: lx.line}
}

// longBracket steps over [[ or [=*[ and tells the number of equal signs. Anything else is left unread: -1 for a lone
// bracket, -1-n for a bracket followed by n equal signs.
func (lx *lexer) longBracket() int {
	count := 0
	for lx.peek(1+count) == '=' {
		count++
	}
	if lx.peek(1+count) != '[' {
		return -1 - count
	}
	lx.pos += count + 2
	return count
}

func (lx *lexer) longString(level int, unfinished string) string {
	if c := lx.peek(0); c == '\n' || c == '\r' {
		if lx.has(1) {
			lx.newline()
		}
	}
	closing := "]" + strings.Repeat("=", level) + "]"
	var text strings.Builder
	for lx.has(1) {
		switch c := lx.text[lx.pos]; {
		case c == ']' && lx.has(len(closing)) && strings.HasPrefix(lx.text[lx.pos:], closing):
			lx.pos += len(closing)
			return text.String()
		case c == ']' && level > 0:
			// Whole runs are skipped at once, so that a run of equal signs is not compared again from each bracket.
			run := 1
			for run <= level && lx.peek(run) == '=' {
				run++
			}
			text.WriteString(lx.text[lx.pos : lx.pos+run])
			lx.pos += run
		case c == '\n' || c == '\r':
			lx.newline()
			text.WriteByte('\n')
		default:
			text.WriteByte(c)
			lx.pos++
		}
	}
	lx.fail(unfinished, "<eof>")
	return ""
}

func (lx *lexer) quoted(quote byte) token {
	lx.pos++
	var text strings.Builder
	for {
		if !lx.has(1) {
			lx.fail("unfinished string", "<eof>")
		}
		switch c := lx.text[lx.pos]; c {
		case quote:
			mark := lx.text[lx.pos : lx.pos+1]
			lx.pos++
			return token{kind: tokString, text: text.String(), opening: mark, closing: mark, line: lx.line}
		case '\n', '\r':
			lx.fail("unfinished string", string(quote)+text.String())
		case '\\':
			lx.escape(quote, &text)
		default:
			text.WriteByte(c)
			lx.pos++
		}
	}
}

func (lx *lexer) escape(quote byte, text *strings.Builder) {
	lx.pos++
	if !lx.has(1) {
		lx.fail("unfinished string", "<eof>")
	}
	c := lx.text[lx.pos]
	switch {
	case c == '\n' || c == '\r':
		lx.newline()
		text.WriteByte('\n')
		return
	case isDigit(c):
		value := 0
		for i := 0; i < 3 && isDigit(lx.peek(0)); i++ {
			value = value*10 + int(lx.text[lx.pos]-'0')
			lx.pos++
		}
		if value > 255 {
			lx.fail("escape sequence too large", string(quote)+text.String())
		}
		text.WriteByte(byte(value))
		return
	}
	if i := strings.IndexByte("abfnrtv", c); i >= 0 {
		c = "\a\b\f\n\r\t\v"[i]
	}
	text.WriteByte(c)
	lx.pos++
}

func isAlpha(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
