package luagen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// callsPrelude are the functions that scripts of Calls use: try calls a function and shows what it gives, numbers to the
// last bit, and what has become of the tables among its arguments.
const callsPrelude = prelude + `local function exact(v) if type(v) == 'number' then return ('%.17g'):format(v) end return v end
local function try(f, n, ...)
local args, found = {...}, {pcall(f, ...)}
for i = 1, table.maxn(found) do found[i] = exact(found[i]) end
out(unpack(found, 1, table.maxn(found)))
for i = 1, n do if type(args[i]) == 'table' then out(args[i]) end end end
`

// Calls is a script that calls functions of the libraries with arguments of all types, most of them odd: numbers at the
// ends of their ranges, bytes that are no text or letters of several bytes, formats, patterns, documents, well formed or not.
func Calls(seed uint64) Script {
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 7))}
	w.out.WriteString(callsPrelude)
	for range 25 {
		function, args := w.oddCall()
		w.line("try(%s)", strings.Join(append([]string{function, strconv.Itoa(len(args))}, args...), ", "))
	}
	w.line("return log")
	return Script{Source: w.out.String(), Keys: []string{"k1"}, Args: []string{"7"}}
}

// freelyCalled are functions that take any arguments. Those whose results depend on a C library, on addresses or on what
// was called before are left out, and unpack, which gives more values than Lua's.
var freelyCalled = strings.Fields(`string.byte string.char string.find string.format string.gsub string.len string.lower string.match
	string.reverse string.sub string.upper table.concat table.maxn table.remove table.sort table.getn table.foreach table.foreachi
	math.abs math.ceil math.floor math.fmod math.frexp math.ldexp math.max math.min math.modf math.sqrt
	tonumber type select rawget rawset rawequal next ipairs getmetatable setmetatable pcall xpcall error assert loadstring load
	coroutine.resume coroutine.status coroutine.wrap cjson.encode cjson.decode cmsgpack.pack cmsgpack.unpack cmsgpack.unpack_one
	cmsgpack.unpack_limit struct.pack struct.unpack struct.size bit.band bit.bor bit.bxor bit.bnot bit.lshift bit.rshift bit.arshift bit.rol
	bit.ror bit.bswap bit.tobit bit.tohex redis.sha1hex redis.error_reply redis.status_reply redis.setresp redis.acl_check_cmd`)

// oddCall is a function and its arguments.
func (w *writer) oddCall() (function string, args []string) {
	if w.IntN(2) == 0 {
		for range w.IntN(5) {
			args = append(args, w.odd())
		}
		return freelyCalled[w.IntN(len(freelyCalled))], args
	}
	switch w.IntN(12) {
	case 0:
		return "struct.unpack", []string{w.structFormat(), w.oddText(), w.pick("1", "1", "1", w.oddNumber())}
	case 1:
		return "struct.pack", []string{w.structFormat(), w.oddScalar(), w.oddScalar(), w.oddScalar(), w.oddScalar()}
	case 2:
		return "string.format", []string{w.textFormat(), w.oddScalar(), w.oddScalar(), w.oddScalar()}
	case 3:
		return w.pick("string.find", "string.match"), []string{w.oddText(), w.pattern(), w.pick("1", "1", w.oddNumber())}
	case 4:
		return "string.gsub", []string{w.oddText(), w.pattern(), w.pick("'<%0>'", "'%1'", "'%'", "{a = 1}", w.oddText())}
	case 5:
		return w.pick("string.sub", "string.byte"), []string{w.oddText(), w.oddNumber(), w.oddNumber()}
	case 6:
		return "tonumber", []string{w.numeral(), w.pick("10", "10", "nil", "16", "2", "36", w.oddNumber())}
	case 7, 8:
		return "cjson.decode", []string{quoted(w.document(0) + w.pick("", "", "", " ", "\n,", w.document(2)))}
	case 9:
		return "cmsgpack.unpack", []string{quoted(w.message(0) + w.pick("", w.message(2)))}
	case 10:
		return w.pick("cmsgpack.unpack_one", "cmsgpack.unpack_limit"), []string{quoted(w.message(1) + w.message(1)), w.pick("1", "0", "2", w.oddNumber()), w.pick("0", w.oddNumber())}
	default:
		return w.pick("cjson.encode", "cmsgpack.pack", "redis.sha1hex", "tonumber", "math.floor", "bit.tobit", "bit.tohex"), []string{w.oddScalar(), w.oddNumber()}
	}
}

// odd is an argument of any type.
func (w *writer) odd() string {
	switch w.IntN(8) {
	case 0, 1:
		return w.oddNumber()
	case 2, 3:
		return w.oddText()
	case 4:
		return w.pick("nil", "true", "false", "cjson.null")
	case 5, 6:
		return w.pick("{}", "{1, 2, 3}", "{3, 1, 2, a = 1}", "{'x', 'y', 7}", "{1, {2}, {}}", "{err = 'E x'}", "{ok = 'fine'}", "{a = {b = {}}}", "{2, 'x'}", "{true}",
			"setmetatable({}, {__index = function(t, k) return k end, __call = function(...) return select('#', ...) end, __tostring = function() return 'T' end})",
			"setmetatable({1}, {__metatable = 'no'})", "setmetatable({1, 2}, {__lt = function() return true end, __concat = function() return 'c' end})")
	default:
		return w.pick("function(...) return ... end", "math.floor", "function(a, b) return a and b and a > b end", "function() error({}) end", "function() error('e', 0) end",
			"coroutine.create(function(...) return ... end)", "coroutine.create(function() coroutine.yield(1) error('x', 0) end)", "string.len", "select", "coroutine.running")
	}
}

func (w *writer) oddScalar() string {
	if w.IntN(2) == 0 {
		return w.oddNumber()
	}
	return w.oddText()
}

// oddNumber is a number, most often a small one or one at the end of some range.
func (w *writer) oddNumber() string {
	switch w.IntN(8) {
	case 0, 1, 2:
		return strconv.Itoa(w.IntN(60) - 20)
	case 3:
		return strconv.FormatFloat((w.Float64()-0.5)*2e6, 'g', -1, 64)
	case 4:
		return strconv.FormatFloat(math.Float64frombits(w.Uint64()&^(1<<62)), 'g', -1, 64)
	case 5:
		return fmt.Sprintf("%d/%d", w.Int64N(1<<41)-1<<40, w.IntN(1000)+1)
	default:
		return w.pick("2^31", "2^31-1", "-2^31", "2^32", "-2^32", "2^53", "2^53+2", "2^63", "-2^63", "2^64", "1e15", "1e14", "99999999999999", "1e16", "1e17", "1e21", "1e300", "1e-300", "5e-324", "0.1", "0.5", "1.5", "2.5", "-0.5", "1/3", "(0/0)", "1/0", "-1/0", "255", "256", "65535", "123456789012345678")
	}
}

// oddText is a text: of any bytes, of letters of several bytes, of those that some function minds, or of a number.
func (w *writer) oddText() string {
	n := []int{0, 1, 2, 3, 4, 5, 8, 12, 16, 24, 40}[w.IntN(11)]
	var b []byte
	switch w.IntN(6) {
	case 0:
		return quoted(w.bytes(n))
	case 1:
		for range (n + 1) / 2 {
			b = append(b, string([]rune{rune(1 + w.IntN(127)), rune(0x80 + w.IntN(0x780)), rune(0x800 + w.IntN(0xd000)), rune(0x10000 + w.IntN(0x10000)), 0x212a, 0x130, 0x17f}[w.IntN(7)])...)
		}
	case 2:
		for range n {
			b = append(b, "abcXYZ019 _-.,%\t"[w.IntN(16)])
		}
	case 3:
		for range n {
			b = append(b, []byte{0, 1, 127, 128, 255, 'A', 194, 169, 226, 130, 172}[w.IntN(11)])
		}
	default:
		return w.numeral()
	}
	return quoted(string(b))
}

// numeral is a text that is, or nearly is, a number.
func (w *writer) numeral() string {
	var s string
	switch w.IntN(7) {
	case 0:
		s = strconv.FormatFloat((w.Float64()-0.5)*2e9, 'g', -1, 64)
	case 1:
		s = "0x" + strconv.FormatUint(w.Uint64()>>w.IntN(60), 16)
	case 2:
		s = fmt.Sprintf(" %d%d ", w.Int64()-1<<62, w.IntN(100))
	case 3:
		s = fmt.Sprintf("%de%d", w.IntN(20)-10, w.IntN(660)-330)
	case 4, 5:
		for range 1 + w.IntN(6) {
			s += string("0123456789abcdefxz.-+ eE"[w.IntN(24)])
		}
	default:
		s = w.pick("", "1e", "0x", "0x.8p3", "0x1p4", "1_000", "nan", "-nan", "nan(12)", "nan(", "inf", "-infinity", "infinit", "+5", "- 5", ".", ".5", "5.", "1e+", "\x00", "5\x00", "\v5\f", "-0", "007", "1e400", "1e-400")
	}
	return quoted(s)
}

func (w *writer) structFormat() string {
	f := ""
	for range 1 + w.IntN(5) {
		f += w.pick("", "", "", "", "<", ">", "!", "!4", "!8", "!3", " ") +
			w.pick("b", "B", "h", "H", "i", "I", "l", "L", "T", "f", "d", "s", "x", "i1", "i2", "i3", "i4", "I5", "i8", "I7", "I16", "i32", "i33", "c1", "c3", "c0", "c10", "bc0", "Hc0", "Z", "c999999999999")
	}
	return quoted(f)
}

func (w *writer) textFormat() string {
	f := ""
	for range 1 + w.IntN(3) {
		f += w.pick("", "x", "%%") + "%"
		verb := w.pick("d", "i", "u", "c", "x", "X", "o", "e", "E", "f", "g", "G", "s", "q", "a", "")
		if strings.Contains("eEfgG", verb) && verb != "" {
			for range w.IntN(3) {
				f += w.pick("-", "+", " ", "#", "0")
			}
		}
		f += w.pick("", "", "5", "12", "99", "100") + w.pick("", "", ".0", ".3", ".10", ".20", ".", ".100") + verb
	}
	return quoted(f)
}

// document is JSON, or nearly.
func (w *writer) document(depth int) string {
	most := 9
	if depth > 2 {
		most = 6
	}
	switch w.IntN(most) {
	case 0:
		return w.pick("null", "true", "false", "nul", "nan", "inf", "-inf", "NaN(1)")
	case 1, 2:
		return w.pick(strconv.Itoa(w.IntN(2e6)-1e6), strconv.FormatFloat((w.Float64()-0.5)*1e5, 'g', -1, 64), fmt.Sprintf("1e%d", w.IntN(800)-400), "0x1f", "-0", "00", "1.", ".5", "-", "1e", "123456789012345678", "1E+5", "999999999999999", "-7")
	case 3, 4, 5:
		return `"` + w.pick("", "a", "é", "\u212a", `\u00e9`, `\ud83d\ude00`, `\ud800`, `\n\t\"\\\/`, `\x`, `\u12`, "\x00", "\x7f", "tab\t", "\xff") + w.pick(`"`, `"`, `"`, `"`, "")
	case 6:
		return "{" + w.pick(`"a":`, `"\u0062":`, `"é" : `, `"":`, `1:`, `"c"`) + w.document(depth+1) + w.pick("}", "}", `,"z":1}`, ",}", "")
	default:
		return "[" + w.document(depth+1) + w.pick("]", "]", ", ", "") + w.pick("", w.document(depth+1)+"]")
	}
}

// message is MessagePack, or nearly.
func (w *writer) message(depth int) string {
	most := 9
	if depth > 2 {
		most = 7
	}
	n := w.IntN(4)
	switch w.IntN(most) {
	case 0, 1:
		return w.bytes(1)
	case 2:
		return "\xcb" + w.bytes(8)
	case 3:
		return w.pick("\xca", "\xce", "\xd2") + w.bytes(4)
	case 4:
		return w.pick("\xcc", "\xd0") + w.bytes(1) + w.pick("\xcd", "\xd1") + w.bytes(2)
	case 5:
		return w.pick("\xcf", "\xd3") + w.bytes(8)
	case 6:
		return w.pick(string([]byte{0xa0 | byte(n)}), "\xd9"+string([]byte{byte(n)}), "\xda\x00"+string([]byte{byte(n)}), "\xdb\x00\x00\x00"+string([]byte{byte(n)})) + w.bytes(n)
	case 7:
		items := ""
		for range n {
			items += w.message(depth + 1)
		}
		return w.pick(string([]byte{0x90 | byte(n)}), "\xdc\x00"+string([]byte{byte(n)}), "\xdd\x00\x00\x00"+string([]byte{byte(n)})) + items
	default: // with keys that are small, as the array of a table is filled up to a number
		fields := ""
		for i := range n {
			fields += w.pick("\xa1a", "\xa1b", "\xc3", "\x05", "\xff", string([]byte{byte(i + 1)})) + w.message(depth+1)
		}
		return w.pick(string([]byte{0x80 | byte(n)}), "\xde\x00"+string([]byte{byte(n)})) + fields
	}
}

func (w *writer) bytes(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(w.Uint32())
	}
	return string(b)
}

// quoted is a Lua string literal of any bytes.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\%03d`, c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
