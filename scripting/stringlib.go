package scripting

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func (m *machine) stringLibrary() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"byte":    stringByte,
		"char":    stringChar,
		"dump":    stringDump,
		"find":    func(L *lua.LState) int { return m.find(L, true) },
		"format":  m.stringFormat,
		"gmatch":  m.stringGmatch,
		"gsub":    m.stringGsub,
		"len":     stringLen,
		"lower":   m.stringCase('A', 'Z'),
		"match":   func(L *lua.LState) int { return m.find(L, false) },
		"rep":     m.stringRep,
		"reverse": m.stringReverse,
		"sub":     stringSub,
		"upper":   m.stringCase('a', 'z'),
	}
}

// fromEnd turns a position that counts from the end into one from the start; both may lie outside of the string.
func fromEnd(position, length int) int {
	if position < 0 {
		return max(position+length+1, 0)
	}
	return position
}

func stringByte(L *lua.LState) int {
	s := checkText(L, 1)
	from := fromEnd(optLong(L, 2, 1), len(s))
	to := fromEnd(optLong(L, 3, from), len(s))
	from, to = max(from, 1), min(to, len(s))
	if from > to {
		return 0
	}
	if to-from >= mostResults(L) {
		raise(L, "stack overflow (string slice too long)")
	}
	for _, c := range []byte(s[from-1 : to]) {
		L.Push(lua.LNumber(c))
	}
	return to - from + 1
}

func stringChar(L *lua.LState) int {
	buf := make([]byte, L.GetTop())
	for i := range buf {
		c := checkInt(L, i+1)
		if c < 0 || c > 255 {
			argError(L, i+1, "invalid value")
		}
		buf[i] = byte(c)
	}
	L.Push(lua.LString(buf))
	return 1
}

// stringDump gives what stands for bytecode: nothing loads it, as nothing loads bytecode in Redis.
func stringDump(L *lua.LState) int {
	if checkFunction(L, 1).IsG {
		raise(L, "unable to dump given function")
	}
	L.Push(lua.LString("\x1bLua"))
	return 1
}

func stringLen(L *lua.LState) int {
	L.Push(lua.LNumber(len(checkText(L, 1))))
	return 1
}

// stringCase flips the case of the ASCII letters between two, byte by byte.
func (m *machine) stringCase(from, to byte) lua.LGFunction {
	return func(L *lua.LState) int {
		s := checkText(L, 1)
		m.claimString(L, len(s))
		buf := []byte(s)
		for part := range slices.Chunk(buf, workChunk) {
			for i, c := range part {
				if c >= from && c <= to {
					part[i] = c ^ 0x20
				}
			}
			m.workBytes(L, len(part))
		}
		L.Push(lua.LString(buf))
		return 1
	}
}

func (m *machine) stringRep(L *lua.LState) int {
	s, n := checkText(L, 1), checkInt(L, 2)
	if n <= 0 || s == "" {
		L.Push(lua.LString(""))
		return 1
	}
	if n > maxStringBytes/len(s) {
		raise(L, "string length overflow")
	}
	m.claimString(L, len(s)*n)
	m.work(L, len(s)*n/1024)
	L.Push(lua.LString(strings.Repeat(s, n)))
	return 1
}

func (m *machine) stringReverse(L *lua.LState) int {
	s := checkText(L, 1)
	m.claimString(L, len(s))
	buf := make([]byte, len(s))
	for i := range buf {
		buf[i] = s[len(s)-1-i]
		if i%workChunk == workChunk-1 {
			m.workBytes(L, workChunk)
		}
	}
	L.Push(lua.LString(buf))
	return 1
}

func stringSub(L *lua.LState) int {
	s := checkText(L, 1)
	from := max(fromEnd(checkLong(L, 2), len(s)), 1)
	to := min(fromEnd(optLong(L, 3, -1), len(s)), len(s))
	if from > to {
		L.Push(lua.LString(""))
		return 1
	}
	L.Push(lua.LString(s[from-1 : to]))
	return 1
}

const patternSpecials = "^$*+?.([%-"

// find is string.find, which gives places, and string.match, which gives captures.
func (m *machine) find(L *lua.LState, places bool) int {
	s, plain := checkText(L, 1), checkText(L, 2)
	pattern := cText(plain)
	init := min(max(fromEnd(optLong(L, 3, 1), len(s))-1, 0), len(s))
	if places && (lua.LVAsBool(L.Get(4)) || !strings.ContainsAny(pattern, patternSpecials)) {
		m.workBytes(L, len(s))
		at := strings.Index(s[init:], plain)
		if at < 0 {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LNumber(init + at + 1))
		L.Push(lua.LNumber(init + at + len(plain)))
		return 2
	}
	ms := &matcher{m: m, L: L, src: s, pat: pattern}
	first := 0
	if strings.HasPrefix(pattern, "^") {
		first = 1
	}
	for at := init; ; at++ {
		ms.step()
		if end := ms.start(at, first); end >= 0 {
			if !places {
				return ms.pushCaptures(at, end, true)
			}
			L.Push(lua.LNumber(at + 1))
			L.Push(lua.LNumber(end))
			return 2 + ms.pushCaptures(at, end, false)
		}
		if at >= len(s) || first == 1 {
			break
		}
	}
	L.Push(lua.LNil)
	return 1
}

func (m *machine) stringGmatch(L *lua.LState) int {
	s, pattern := checkText(L, 1), cText(checkText(L, 2))
	at := 0
	L.Push(m.goFunction(func(L *lua.LState) int {
		ms := &matcher{m: m, L: L, src: s, pat: pattern}
		for ; at <= len(s); at++ {
			ms.step()
			if end := ms.start(at, 0); end >= 0 {
				from := at
				at = end
				if end == from {
					at++
				}
				return ms.pushCaptures(from, end, true)
			}
		}
		return 0
	}))
	return 1
}

func (m *machine) stringGsub(L *lua.LState) int {
	s, pattern := checkText(L, 1), cText(checkText(L, 2))
	replacement := L.Get(3)
	most := optInt(L, 4, len(s)+1)
	switch replacement.(type) {
	case lua.LNumber, lua.LString, *lua.LTable, *lua.LFunction:
	default:
		argError(L, 3, "string/function/table expected")
	}
	ms := &matcher{m: m, L: L, src: s, pat: pattern}
	first := 0
	if strings.HasPrefix(pattern, "^") {
		first = 1
	}
	var out []byte
	at, count := 0, 0
	for count < most {
		ms.step()
		end := ms.start(at, first)
		if end >= 0 {
			count++
			out = ms.replace(out, replacement, at, end)
		}
		if end > at {
			at = end
		} else if at < len(s) {
			out = append(out, s[at])
			at++
		} else {
			break
		}
		if first == 1 {
			break
		}
	}
	m.claimString(L, len(out)+len(s)-at)
	L.Push(lua.LString(append(out, s[at:]...)))
	L.Push(lua.LNumber(count))
	return 2
}

// replace appends what stands in place of a match.
func (ms *matcher) replace(out []byte, replacement lua.LValue, start, end int) []byte {
	var value lua.LValue
	switch r := replacement.(type) {
	case lua.LString:
		return ms.expand(out, string(r), start, end)
	case lua.LNumber:
		return ms.expand(out, formatNumber(float64(r)), start, end)
	case *lua.LTable:
		if ms.m.isFrozen(r) || r.Metatable == lua.LNil {
			value = ms.m.reader(r).RawGet(ms.value(0, start, end))
		} else {
			value = ms.L.GetTable(r, ms.value(0, start, end))
		}
	case *lua.LFunction:
		ms.L.Push(r)
		ms.L.Call(ms.pushCaptures(start, end, true), 1)
		value = ms.L.Get(-1)
		ms.L.Pop(1)
	}
	if !lua.LVAsBool(value) {
		return ms.copy(out, ms.src[start:end])
	}
	return ms.add(out, value)
}

// add appends a text, or a number as one.
func (ms *matcher) add(out []byte, value lua.LValue) []byte {
	switch v := value.(type) {
	case lua.LString:
		return ms.copy(out, string(v))
	case lua.LNumber:
		return ms.copy(out, formatNumber(float64(v)))
	}
	raise(ms.L, "invalid replacement value (a %s)", typeName(value))
	return out
}

// copy appends a text if there is room for it.
func (ms *matcher) copy(out []byte, text string) []byte {
	ms.m.claimString(ms.L, len(text))
	if len(out)+len(text) > maxStringBytes {
		raise(ms.L, "string length overflow")
	}
	return append(out, text...)
}

// expand appends a replacement text with its %0 to %9 filled in, each of which may be as long as the subject.
func (ms *matcher) expand(out []byte, text string, start, end int) []byte {
	ms.m.claimString(ms.L, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '%' {
			out = append(out, c)
			continue
		}
		if i++; i >= len(text) {
			return append(out, 0)
		}
		switch c = text[i]; {
		case c == '0':
			out = ms.copy(out, ms.src[start:end])
		case isDigit(c):
			out = ms.add(out, ms.value(int(c-'1'), start, end))
		default:
			out = append(out, c)
		}
	}
	return out
}
