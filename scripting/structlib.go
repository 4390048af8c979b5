package scripting

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// structFormat reads the options of a format of the struct library one by one.
type structFormat struct {
	m      *machine
	L      *lua.LState
	rest   string
	big    bool
	align  int
	loose  bool // letters that are no options have no size, rather than being an error
	option byte
	size   int                     // of the current option; 0 for those that have none
	need   func(padding, size int) // raises if data lacks the bytes of an option, also of one that is a setting; nil when there is no data
}

const (
	maxIntegerBytes = 32
	nativeAlign     = 8
)

func newStructFormat(m *machine, L *lua.LState) *structFormat {
	return &structFormat{m: m, L: L, rest: cText(checkText(L, 1)), align: 1}
}

// number reads the digits after an option.
func (f *structFormat) number(otherwise int) int {
	if f.rest == "" || !isDigit(f.rest[0]) {
		return otherwise
	}
	n := 0
	for f.rest != "" && isDigit(f.rest[0]) {
		n = n*10 + int(f.rest[0]-'0')
		if n > math.MaxInt32 {
			raise(f.L, "integral size overflow")
		}
		f.rest = f.rest[1:]
	}
	return n
}

// next moves to the next option that concerns data, and tells how many bytes of padding come before it when length bytes
// are there already. Options that only change settings are done here.
func (f *structFormat) next(length int) (padding int, ok bool) {
	for f.rest != "" {
		f.m.work(f.L, 1)
		f.option, f.rest = f.rest[0], f.rest[1:]
		f.size = f.optionSize()
		if f.size > 0 && f.option != 'c' {
			align := min(f.size, f.align)
			padding = (align - length&(align-1)) & (align - 1)
		}
		if f.need != nil {
			f.need(padding, f.size)
		}
		if !f.control() {
			return padding, true
		}
		padding = 0
	}
	return 0, false
}

func (f *structFormat) optionSize() int {
	switch f.option {
	case 'b', 'B', 'x':
		return 1
	case 'h', 'H':
		return 2
	case 'f':
		return 4
	case 'l', 'L', 'T', 'd':
		return 8
	case 'c':
		return f.number(1)
	case 'i', 'I':
		size := f.number(4)
		if size > maxIntegerBytes {
			raise(f.L, "integral size %d is larger than limit of %d", size, maxIntegerBytes)
		}
		return size
	}
	return 0
}

// control carries out an option that changes a setting.
func (f *structFormat) control() bool {
	switch f.option {
	case 'b', 'B', 'x', 'h', 'H', 'f', 'l', 'L', 'T', 'd', 'c', 'i', 'I', 's':
		return false
	case ' ':
	case '>':
		f.big = true
	case '<':
		f.big = false
	case '!':
		align := f.number(nativeAlign)
		if align <= 0 || align&(align-1) != 0 {
			raise(f.L, "alignment %d is not a power of 2", align)
		}
		f.align = align
	default:
		if f.loose && (isLetter(f.option) || isDigit(f.option)) {
			return false
		}
		argError(f.L, 1, fmt.Sprintf("invalid format option '%s'", string([]byte{f.option})))
	}
	return true
}

// appendInteger appends the low bytes of an integer in the format's order.
func (f *structFormat) appendInteger(out []byte, n uint64) []byte {
	start := len(out)
	for i := range f.size {
		b := byte(0)
		if i < 8 {
			b = byte(n >> (8 * i))
		}
		out = append(out, b)
	}
	if f.big {
		reverse(out[start:])
	}
	return out
}

func reverse(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}

func (f *structFormat) integer(data string) uint64 {
	n := uint64(0)
	for i := range len(data) { // bytes, not runes
		if f.big {
			n = n<<8 | uint64(data[i])
		} else {
			n = n<<8 | uint64(data[len(data)-1-i])
		}
	}
	return n
}

func (m *machine) structLibrary() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{"pack": m.structPack, "size": m.structSize, "unpack": m.structUnpack}
}

func (m *machine) structPack(L *lua.LState) int {
	f := newStructFormat(m, L)
	L.Push(lua.LNil) // so that errors say nil, not no value, of a missing argument
	var out []byte
	arg, total := 1, 0
	for {
		padding, ok := f.next(total)
		if !ok {
			break
		}
		before := len(out)
		out = append(out, strings.Repeat("\x00", padding)...)
		total += padding + f.size
		switch f.option {
		case 'x':
			out = append(out, 0)
		case 'f', 'd':
			arg++
			value := checkNumber(L, arg)
			bits := math.Float64bits(value)
			if f.option == 'f' {
				bits = uint64(math.Float32bits(float32(value)))
			}
			out = f.appendInteger(out, bits)
		case 'c', 's':
			arg++
			text := checkText(L, arg)
			size := f.size
			if size == 0 {
				size = len(text)
				total += size
			}
			if len(text) < size {
				argError(L, arg+1, "string too short")
			}
			m.claimString(L, size)
			out = append(out, text[:size]...)
			if f.option == 's' {
				out = append(out, 0)
				total++
			}
		default:
			arg++
			out = f.appendInteger(out, packedInteger(checkNumber(L, arg)))
		}
		m.claimString(L, len(out)-before)
		if len(out) > maxStringBytes {
			raise(L, "string length overflow")
		}
	}
	L.Push(lua.LString(out))
	return 1
}

func packedInteger(f float64) uint64 {
	if f < 0 {
		return uint64(truncated(f))
	}
	return unsignedOf(f)
}

func (m *machine) structUnpack(L *lua.LState) int {
	f, data := newStructFormat(m, L), checkText(L, 2)
	pos := optLong(L, 3, 1)
	if pos == 0 {
		argError(L, 3, "offset must be 1 or greater")
	}
	pos-- // below 0, C takes it for very far behind the end
	f.need = func(padding, size int) {
		if from := pos + padding; from < 0 || from > len(data) || size > len(data)-from {
			argError(L, 2, "data string too short")
		}
	}
	var values []lua.LValue
	for {
		padding, ok := f.next(pos)
		if !ok {
			break
		}
		pos += padding
		if len(values) == maxUnpack {
			raise(L, "too many results")
		}
		size := f.size
		switch f.option {
		case 'x':
		case 'f':
			values = append(values, lua.LNumber(math.Float32frombits(uint32(f.integer(data[pos:pos+4])))))
		case 'd':
			values = append(values, lua.LNumber(math.Float64frombits(f.integer(data[pos:pos+8]))))
		case 'c':
			if size == 0 { // the value before says how long
				last, isNumber := 0.0, false
				if len(values) > 0 {
					last, isNumber = toNumber(values[len(values)-1])
				}
				if !isNumber {
					raise(L, "format 'c0' needs a previous size")
				}
				values = values[:len(values)-1]
				length := unsignedOf(last)
				if length > uint64(len(data)) {
					argError(L, 2, "data string too short")
				}
				size = int(length)
				f.need(0, size)
			}
			values = append(values, lua.LString(data[pos:pos+size]))
		case 's':
			end := strings.IndexByte(data[pos:], 0)
			if end < 0 {
				raise(L, "unfinished string in data")
			}
			values = append(values, lua.LString(data[pos:pos+end]))
			size = end + 1
		default:
			values = append(values, f.unpacked(data[pos:pos+size]))
		}
		pos += size
	}
	for _, v := range values {
		L.Push(v)
	}
	L.Push(lua.LNumber(pos + 1))
	return len(values) + 1
}

// unpacked is an integer's value: signed for the options in small letters.
func (f *structFormat) unpacked(data string) lua.LValue {
	n := f.integer(data)
	if f.option < 'a' {
		return lua.LNumber(n)
	}
	if len(data) > 0 && len(data) < 8 {
		shift := 64 - 8*len(data)
		return lua.LNumber(int64(n<<shift) >> shift)
	}
	return lua.LNumber(int64(n))
}

func (m *machine) structSize(L *lua.LState) int {
	f, size := newStructFormat(m, L), 0
	f.loose = true
	for {
		padding, ok := f.next(size)
		if !ok {
			break
		}
		if f.option == 's' {
			argError(L, 1, "option 's' has no fixed size")
		}
		if f.option == 'c' && f.size == 0 {
			argError(L, 1, "option 'c0' has no fixed size")
		}
		size += padding + f.size
	}
	L.Push(lua.LNumber(size))
	return 1
}
