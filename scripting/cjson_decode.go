package scripting

import (
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

// jsonDecoder reads one JSON document into Lua values.
type jsonDecoder struct {
	m        *machine
	L        *lua.LState
	settings *jsonSettings
	src      string
	pos      int
	depth    int
	places   int    // on the stack, of the arrays and objects around
	wanted   string // what an error says was expected
}

// expected raises the error of finding something else at the current place.
func (d *jsonDecoder) expected(what string) {
	first := d.peek()
	d.wanted = what
	at := d.pos
	raise(d.L, "Expected %s but found %s at character %d", what, d.found(first), at+1)
}

// invalid raises the error of finding something that is no token at all.
func (d *jsonDecoder) invalid(what string, at int) {
	raise(d.L, "Expected %s but found %s at character %d", d.wanted, what, at+1)
}

func (d *jsonDecoder) peek() byte {
	for d.pos < len(d.src) {
		switch c := d.src[d.pos]; c {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return c
		}
	}
	return 0
}

// found names the token at the current place, by its first character, and raises if a string there is none.
func (d *jsonDecoder) found(c byte) string {
	rest := d.src[d.pos:]
	switch c {
	case 0:
		return "T_END"
	case '{':
		return "T_OBJ_BEGIN"
	case '}':
		return "T_OBJ_END"
	case '[':
		return "T_ARR_BEGIN"
	case ']':
		return "T_ARR_END"
	case ',':
		return "T_COMMA"
	case ':':
		return "T_COLON"
	case '"':
		d.text()
		return "T_STRING"
	default:
		switch {
		case isDigit(c) || c == '-':
			return d.numberFound(rest)
		case strings.HasPrefix(rest, "true"), strings.HasPrefix(rest, "false"):
			return "T_BOOLEAN"
		case strings.HasPrefix(rest, "null"):
			return "T_NULL"
		case d.settings.decodeInvalid == jsonOn && unusualNumber(rest):
			return d.numberFound(rest)
		}
	}
	return "invalid token"
}

func (d *jsonDecoder) numberFound(rest string) string {
	if d.numberLength(rest) == 0 {
		return "invalid number"
	}
	return "T_NUMBER"
}

// numberLength is how much of the start of a text is a number that the settings allow.
func (d *jsonDecoder) numberLength(rest string) int {
	if d.settings.decodeInvalid == jsonOff && unusualNumber(rest) {
		return 0
	}
	return numberLength(rest)
}

func (d *jsonDecoder) document() lua.LValue {
	if len(d.src) >= 2 && (d.src[0] == 0 || d.src[1] == 0) {
		raise(d.L, "JSON parser does not support UTF-16 or UTF-32")
	}
	d.m.claim(d.L, len(d.src))
	v := d.value()
	d.peek()
	if d.pos < len(d.src) && d.src[d.pos] != 0 {
		d.expected("the end")
	}
	return v
}

func (d *jsonDecoder) value() lua.LValue {
	d.m.work(d.L, 1)
	d.wanted = "value"
	switch c := d.peek(); c {
	case '"':
		return d.m.texts.ofString(d.text())
	case '{':
		return d.object()
	case '[':
		return d.array()
	default:
		rest := d.src[d.pos:]
		switch {
		case isDigit(c) || c == '-':
			return d.number(rest)
		case strings.HasPrefix(rest, "true"):
			d.pos += 4
			return lua.LTrue
		case strings.HasPrefix(rest, "false"):
			d.pos += 5
			return lua.LFalse
		case strings.HasPrefix(rest, "null"):
			d.pos += 4
			return d.m.null
		case d.settings.decodeInvalid == jsonOn && unusualNumber(rest):
			return d.number(rest)
		}
	}
	d.expected(d.wanted)
	return lua.LNil
}

// unusualNumber tells whether something looks like a number that JSON does not have: hexadecimal, with leading zeros or a
// plus, inf, nan.
func unusualNumber(s string) bool {
	if strings.HasPrefix(s, "+") {
		return true
	}
	s = strings.TrimPrefix(s, "-")
	switch {
	case len(s) > 1 && s[0] == '0':
		return s[1]|0x20 == 'x' || isDigit(s[1])
	}
	return hasWord(s, "INF") || hasWord(s, "NAN")
}

// numberLength is how much of the start of a text C's strtod would take.
func numberLength(s string) int {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	rest := s[i:]
	switch {
	case hasWord(rest, "INFINITY"):
		return i + 8
	case hasWord(rest, "INF"):
		return i + 3
	case hasWord(rest, "NAN"):
		return i + nanLength(rest)
	}
	if len(rest) > 2 && rest[0] == '0' && rest[1]|0x20 == 'x' {
		if n := digitsLength(rest[2:], 'p', isHexDigit); n > 0 {
			return i + 2 + n
		}
	}
	n := digitsLength(rest, 'e', isDigit)
	if n == 0 {
		return 0
	}
	return i + n
}

func isHexDigit(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// digitsLength measures digits, a point among them, and an exponent if it is whole.
func digitsLength(s string, exponent byte, digit func(byte) bool) int {
	i, digits := 0, 0
	for ; i < len(s) && digit(s[i]); i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && digit(s[i]); i++ {
			digits++
		}
	}
	if digits == 0 {
		return 0
	}
	if i < len(s) && s[i]|0x20 == exponent {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && isDigit(s[j]) {
			for j < len(s) && isDigit(s[j]) {
				j++
			}
			return j
		}
	}
	return i
}

func (d *jsonDecoder) number(rest string) lua.LValue {
	if i, n := shortInteger(rest); n > 0 {
		d.pos += n
		return integer(i)
	}
	n := d.numberLength(rest)
	if n == 0 {
		d.invalid("invalid number", d.pos)
	}
	f, ok := parseNumber(rest[:n])
	if !ok {
		d.invalid("invalid number", d.pos)
	}
	d.pos += n
	return lua.LNumber(f)
}

// shortInteger reads what most numbers are, unsigned integers of up to 15 digits. The length is 0 if s begins with
// anything else.
func shortInteger(s string) (n int64, length int) {
	n, length = fewDigits(s)
	if length > 1 && s[0] == '0' || length < len(s) && strings.IndexByte(".eExX", s[length]) >= 0 {
		return 0, 0
	}
	return n, length
}

// descend enters an array or an object, which takes so many places on the stack, and needs one more for what is in it.
func (d *jsonDecoder) descend(places int) {
	d.pos++
	if d.depth++; d.depth > d.settings.decodeDepth || d.places+places+2 > maxStackPlaces {
		raise(d.L, "Found too many nested data structures (%d) at character %d", d.depth, d.pos)
	}
	d.places += places
}

func (d *jsonDecoder) ascend(places int) {
	d.pos++
	d.depth--
	d.places -= places
}

func (d *jsonDecoder) array() lua.LValue {
	d.descend(arrayPlaces)
	t := d.m.array(4)
	if d.settings.decodeArrayMetatable == jsonOn {
		t.Metatable = d.m.jsonArray
	}
	if d.peek() != ']' {
		for {
			t.Append(d.value())
			d.m.claim(d.L, slotBytes)
			if d.peek() == ']' {
				break
			}
			if d.peek() != ',' {
				d.expected("comma or array end")
			}
			d.pos++
		}
	}
	d.ascend(arrayPlaces)
	return t
}

func (d *jsonDecoder) object() lua.LValue {
	d.descend(objectPlaces)
	t := d.m.record(4)
	if d.peek() != '}' {
		for {
			if d.peek() != '"' {
				d.expected("object key string")
			}
			d.wanted = "object key string"
			key := d.m.texts.ofString(d.text())
			if d.peek() != ':' {
				d.expected("colon")
			}
			d.pos++
			setField(t, key, d.value())
			d.m.claim(d.L, fieldBytes)
			if d.peek() == '}' {
				break
			}
			if d.peek() != ',' {
				d.expected("comma or object end")
			}
			d.pos++
		}
	}
	d.ascend(objectPlaces)
	return t
}

const fieldBytes = 100 // a field of a table, with what finds it

// text reads a string. Without escapes it is a part of the source.
func (d *jsonDecoder) text() string {
	d.pos++
	from := d.pos
	var out []byte
	for {
		if d.pos >= len(d.src) || d.src[d.pos] == 0 {
			d.invalid("unexpected end of string", d.pos)
		}
		switch d.src[d.pos] {
		case '"':
			s := d.src[from:d.pos]
			d.pos++
			if out == nil {
				return s
			}
			return string(append(out, s...))
		case '\\':
			d.m.work(d.L, 1)
			out = append(out, d.src[from:d.pos]...)
			out = d.escape(out)
			from = d.pos
		default:
			d.pos++
		}
	}
}

func (d *jsonDecoder) escape(out []byte) []byte {
	var c byte
	if d.pos+1 < len(d.src) {
		c = d.src[d.pos+1]
	}
	if c == 'u' {
		return d.unicode(out)
	}
	at := strings.IndexByte(`"\/bfnrt`, c)
	if at < 0 {
		d.invalid("invalid escape code", d.pos)
	}
	d.pos += 2
	return append(out, "\"\\/\b\f\n\r\t"[at])
}

// unicode reads one \u escape, or the two of a surrogate pair.
func (d *jsonDecoder) unicode(out []byte) []byte {
	start := d.pos
	code := d.hex4(start)
	if code&0xf800 == 0xd800 {
		low := -1
		if code&0x400 == 0 && strings.HasPrefix(d.src[d.pos:], `\u`) {
			low = d.hex4(start)
		}
		if low&0xfc00 != 0xdc00 || low < 0 {
			d.invalid("invalid unicode escape code", start)
		}
		code = (code&0x3ff)<<10 + low&0x3ff + 0x10000
	}
	return utf8.AppendRune(out, rune(code))
}

// hex4 reads \u and four digits.
func (d *jsonDecoder) hex4(start int) int {
	if d.pos+6 > len(d.src) {
		d.invalid("invalid unicode escape code", start)
	}
	digits := d.src[d.pos+2 : d.pos+6]
	code, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		d.invalid("invalid unicode escape code", start)
	}
	d.pos += 6
	return int(code)
}
