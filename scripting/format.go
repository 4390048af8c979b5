package scripting

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// conversion is one % of a format: its flags, width and precision, as in C's printf.
type conversion struct {
	left, plus, space, alternate, zero bool
	width, precision                   int // precision is -1 if not given
	verb                               byte
}

func (m *machine) stringFormat(L *lua.LState) int {
	format := checkText(L, 1)
	var out []byte
	arg := 1
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			out = append(out, format[i])
			continue
		}
		if i++; i < len(format) && format[i] == '%' {
			out = append(out, '%')
			continue
		}
		if arg++; arg > L.GetTop() {
			argError(L, arg, "no value")
		}
		conv, length := parseConversion(L, format[i:])
		i += length
		before := len(out)
		out = m.convert(L, out, conv, arg)
		m.work(L, 1)
		m.claimString(L, len(out)-before)
	}
	m.claimString(L, len(out))
	L.Push(lua.LString(out))
	return 1
}

// parseConversion reads what follows a %, and tells how many bytes come before the verb.
func parseConversion(L *lua.LState, s string) (conversion, int) {
	c, i := conversion{precision: -1}, 0
	for ; i < len(s) && strings.IndexByte("-+ #0", s[i]) >= 0; i++ {
		switch s[i] {
		case '-':
			c.left = true
		case '+':
			c.plus = true
		case ' ':
			c.space = true
		case '#':
			c.alternate = true
		case '0':
			c.zero = true
		}
	}
	if i > 5 {
		raise(L, "invalid format (repeated flags)")
	}
	two := func() int {
		n := 0
		for digits := 0; digits < 2 && i < len(s) && isDigit(s[i]); digits++ {
			n = n*10 + int(s[i]-'0')
			i++
		}
		return n
	}
	c.width = two()
	if i < len(s) && s[i] == '.' {
		i++
		c.precision = two()
	}
	if i < len(s) && isDigit(s[i]) {
		raise(L, "invalid format (width or precision too long)")
	}
	if i < len(s) {
		c.verb = s[i]
	}
	return c, i
}

func (m *machine) convert(L *lua.LState, out []byte, c conversion, arg int) []byte {
	switch c.verb {
	case 'c':
		char := charOf(checkNumber(L, arg))
		if char == 0 { // C ends the text there
			if c.left {
				return out
			}
			c.width--
			return c.pad(out, "", "", false)
		}
		return c.pad(out, "", string([]byte{char}), false)
	case 'd', 'i':
		return c.signed(out, truncated(checkNumber(L, arg)))
	case 'o', 'u', 'x', 'X':
		return c.unsigned(out, unsignedOf(checkNumber(L, arg)))
	case 'e', 'E', 'f', 'g', 'G':
		return c.float(out, checkNumber(L, arg))
	case 'q':
		s := checkText(L, arg)
		m.claimString(L, len(s)+3*strings.Count(s, "\x00"))
		return quote(out, s)
	case 's':
		s := checkText(L, arg)
		if c.precision < 0 && len(s) >= 100 {
			return append(out, s...)
		}
		if end := strings.IndexByte(s, 0); end >= 0 { // C ends the text there
			s = s[:end]
		}
		if c.precision >= 0 && len(s) > c.precision {
			s = s[:c.precision]
		}
		return c.pad(out, "", s, false)
	}
	verb := string([]byte{c.verb})
	if c.verb == 0 {
		verb = ""
	}
	raise(L, "invalid option '%s' to 'format'", "%"+verb)
	return out
}

// unsignedOf is C's conversion to an unsigned integer of 64 bits on this family of machines.
func unsignedOf(f float64) uint64 {
	switch {
	case f >= 1<<64:
		return 0
	case f >= 1<<63:
		return uint64(f)
	}
	return uint64(truncated(f))
}

// charOf is a number as C's conversion to int, and then to a character, has it.
func charOf(f float64) byte {
	if n := truncated(f); n == int64(int32(n)) {
		return byte(n)
	}
	return 0
}

// pad appends a sign or prefix and a text, filled up to the width; zeros go between the two.
func (c conversion) pad(out []byte, prefix, text string, zeros bool) []byte {
	missing := c.width - len(prefix) - len(text)
	switch {
	case missing <= 0:
		return append(append(out, prefix...), text...)
	case c.left:
		out = append(append(out, prefix...), text...)
		return append(out, strings.Repeat(" ", missing)...)
	case zeros && c.zero:
		out = append(append(out, prefix...), strings.Repeat("0", missing)...)
		return append(out, text...)
	}
	out = append(out, strings.Repeat(" ", missing)...)
	return append(append(out, prefix...), text...)
}

func (c conversion) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case c.plus:
		return "+"
	case c.space:
		return " "
	}
	return ""
}

// integer pads digits with zeros up to the precision.
func (c conversion) integer(out []byte, prefix, digits string) []byte {
	if c.precision == 0 && digits == "0" && (c.verb != 'o' || !c.alternate) {
		digits = ""
	}
	if missing := c.precision - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	return c.pad(out, prefix, digits, c.precision < 0)
}

func (c conversion) signed(out []byte, n int64) []byte {
	magnitude := uint64(n)
	if n < 0 {
		magnitude = -magnitude
	}
	return c.integer(out, c.sign(n < 0), strconv.FormatUint(magnitude, 10))
}

func (c conversion) unsigned(out []byte, n uint64) []byte {
	prefix, base := "", 10
	switch c.verb {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
		if c.alternate && n != 0 {
			prefix = "0" + string([]byte{c.verb})
		}
	}
	digits := strconv.FormatUint(n, base)
	if c.verb == 'X' {
		digits = strings.ToUpper(digits)
	}
	if c.verb == 'o' && c.alternate && digits[0] != '0' && c.precision <= len(digits) {
		digits = "0" + digits
	}
	return c.integer(out, prefix, digits)
}

func (c conversion) float(out []byte, f float64) []byte {
	prefix := c.sign(math.Signbit(f))
	f = math.Abs(f)
	precision := c.precision
	if precision < 0 {
		precision = 6
	}
	var text []byte
	finite := !math.IsNaN(f) && !math.IsInf(f, 0)
	switch {
	case !finite, c.verb|0x20 == 'g':
		text = appendG(nil, f, precision, c.alternate)
	default:
		text = strconv.AppendFloat(nil, f, c.verb|0x20, precision, 64)
		if c.alternate && precision == 0 {
			text = withPoint(text)
		}
	}
	if c.verb < 'a' {
		text = []byte(strings.ToUpper(string(text)))
	}
	return c.pad(out, prefix, string(text), finite)
}

// withPoint puts the decimal point that the # flag asks for even where nothing follows it.
func withPoint(text []byte) []byte {
	for i, c := range text {
		if c == 'e' {
			return append(append(append([]byte{}, text[:i]...), '.'), text[i:]...)
		}
	}
	return append(text, '.')
}

// quote writes a string as a Lua literal.
func quote(out []byte, s string) []byte {
	out = append(out, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			out = append(out, '\\', c)
		case '\r':
			out = append(out, `\r`...)
		case 0:
			out = append(out, `\000`...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
