package scripting

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	maxCaptures     = 32
	maxPatternDepth = 20_000 // items of a pattern that may be matched within each other

	captureUnfinished = -1
	capturePosition   = -2
)

// matcher matches a subject against a pattern of Lua 5.1. It backtracks; every step counts as work of the run, so a pattern
// that takes for ever ends with the run's limits.
type matcher struct {
	m        *machine
	L        *lua.LState
	src, pat string
	depth    int
	level    int
	steps    int
	capture  [maxCaptures]struct{ start, length int }
}

func (ms *matcher) step() {
	if ms.steps++; ms.steps == 256 {
		ms.steps = 0
		if err := ms.m.hook.match(256); err != nil {
			throw(ms.L, err.Error())
		}
	}
}

// start matches at one place of the subject, from the start of the pattern at p, and gives the end of the match or -1.
func (ms *matcher) start(s, p int) int {
	ms.level, ms.depth = 0, 0
	return ms.match(s, p)
}

// match matches the subject from s on with the pattern from p on.
func (ms *matcher) match(s, p int) int {
	if ms.depth++; ms.depth > maxPatternDepth {
		raise(ms.L, "pattern too complex")
	}
	end := ms.items(s, p)
	ms.depth--
	return end
}

func (ms *matcher) items(s, p int) int {
	for p < len(ms.pat) {
		ms.step()
		switch c := ms.pat[p]; c {
		case '(':
			if p+1 < len(ms.pat) && ms.pat[p+1] == ')' {
				return ms.openCapture(s, p+2, capturePosition)
			}
			return ms.openCapture(s, p+1, captureUnfinished)
		case ')':
			return ms.closeCapture(s, p+1)
		case '$':
			if p+1 == len(ms.pat) {
				if s == len(ms.src) {
					return s
				}
				return -1
			}
		case '%':
			if p+1 < len(ms.pat) {
				switch next := ms.pat[p+1]; {
				case next == 'b':
					if s = ms.balanced(s, p+2); s < 0 {
						return -1
					}
					p += 4
					continue
				case next == 'f':
					if p = ms.frontier(s, p+2); p < 0 {
						return -1
					}
					continue
				case isDigit(next):
					if s = ms.matchCapture(s, next); s < 0 {
						return -1
					}
					p += 2
					continue
				}
			}
		}
		end := ms.classEnd(p)
		suffix := byte(0)
		if end < len(ms.pat) {
			suffix = ms.pat[end]
		}
		switch suffix {
		case '?':
			if s < len(ms.src) && ms.single(ms.src[s], p, end) {
				if result := ms.match(s+1, end+1); result >= 0 {
					return result
				}
			}
			p = end + 1
		case '*':
			return ms.maxExpand(s, p, end, 0)
		case '+':
			return ms.maxExpand(s, p, end, 1)
		case '-':
			return ms.minExpand(s, p, end)
		default:
			if s >= len(ms.src) || !ms.single(ms.src[s], p, end) {
				return -1
			}
			s++
			p = end
		}
	}
	return s
}

// classEnd is where the single character class at p ends.
func (ms *matcher) classEnd(p int) int {
	c := ms.pat[p]
	p++
	switch c {
	case '%':
		if p >= len(ms.pat) {
			raise(ms.L, "malformed pattern (ends with '%s')", "%")
		}
		return p + 1
	case '[':
		if p < len(ms.pat) && ms.pat[p] == '^' {
			p++
		}
		for first := true; first || p >= len(ms.pat) || ms.pat[p] != ']'; first = false {
			if p >= len(ms.pat) {
				raise(ms.L, "malformed pattern (missing ']')")
			}
			ms.step()
			c := ms.pat[p]
			p++
			if c == '%' && p < len(ms.pat) {
				p++ // for %]
			}
		}
		return p + 1
	}
	return p
}

// single tells whether a character is in the class from p to end.
func (ms *matcher) single(c byte, p, end int) bool {
	switch ms.pat[p] {
	case '.':
		return true
	case '%':
		return inClass(c, ms.pat[p+1])
	case '[':
		return ms.inSet(c, p, end-1)
	}
	return ms.pat[p] == c
}

// inSet tells whether a character is in the set that starts with [ at p and ends with ] at end.
func (ms *matcher) inSet(c byte, p, end int) bool {
	found := true
	p++
	if ms.pat[p] == '^' {
		found = false
		p++
	}
	for ; p < end; p++ {
		ms.step()
		switch {
		case ms.pat[p] == '%':
			p++
			if inClass(c, ms.pat[p]) {
				return found
			}
		case p+2 < end && ms.pat[p+1] == '-':
			if ms.pat[p] <= c && c <= ms.pat[p+2] {
				return found
			}
			p += 2
		case ms.pat[p] == c:
			return found
		}
	}
	return !found
}

// inClass tells whether a character is in a class such as %a; other characters stand for themselves.
func inClass(c, class byte) bool {
	in := false
	switch class | 0x20 {
	case 'a':
		in = isLetter(c)
	case 'c':
		in = c < ' ' || c == 127
	case 'd':
		in = isDigit(c)
	case 'l':
		in = c >= 'a' && c <= 'z'
	case 'p':
		in = c > ' ' && c < 127 && !isLetter(c) && !isDigit(c)
	case 's':
		in = isSpace(c)
	case 'u':
		in = c >= 'A' && c <= 'Z'
	case 'w':
		in = isLetter(c) || isDigit(c)
	case 'x':
		in = isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return class == c
	}
	if !isLetter(class) {
		return class == c
	}
	return in == (class >= 'a')
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func (ms *matcher) maxExpand(s, p, end, least int) int {
	i := 0
	for s+i < len(ms.src) && ms.single(ms.src[s+i], p, end) {
		ms.step()
		i++
	}
	for ; i >= least; i-- {
		ms.step()
		if result := ms.match(s+i, end+1); result >= 0 {
			return result
		}
	}
	return -1
}

func (ms *matcher) minExpand(s, p, end int) int {
	for {
		ms.step()
		if result := ms.match(s, end+1); result >= 0 {
			return result
		}
		if s >= len(ms.src) || !ms.single(ms.src[s], p, end) {
			return -1
		}
		s++
	}
}

func (ms *matcher) openCapture(s, p, kind int) int {
	if ms.level >= maxCaptures {
		raise(ms.L, "too many captures")
	}
	ms.capture[ms.level].start, ms.capture[ms.level].length = s, kind
	ms.level++
	result := ms.match(s, p)
	if result < 0 {
		ms.level--
	}
	return result
}

func (ms *matcher) closeCapture(s, p int) int {
	open := -1
	for i := ms.level - 1; i >= 0 && open < 0; i-- {
		if ms.capture[i].length == captureUnfinished {
			open = i
		}
	}
	if open < 0 {
		raise(ms.L, "invalid pattern capture")
	}
	ms.capture[open].length = s - ms.capture[open].start
	result := ms.match(s, p)
	if result < 0 {
		ms.capture[open].length = captureUnfinished
	}
	return result
}

func (ms *matcher) balanced(s, p int) int {
	if p+1 >= len(ms.pat) {
		raise(ms.L, "unbalanced pattern")
	}
	opening, closing := ms.pat[p], ms.pat[p+1]
	if s >= len(ms.src) || ms.src[s] != opening {
		return -1
	}
	for depth := 1; ; {
		if s++; s >= len(ms.src) {
			return -1
		}
		ms.step()
		switch ms.src[s] {
		case closing:
			if depth--; depth == 0 {
				return s + 1
			}
		case opening:
			depth++
		}
	}
}

// frontier gives the place in the pattern after the set, or -1.
func (ms *matcher) frontier(s, p int) int {
	if p >= len(ms.pat) || ms.pat[p] != '[' {
		raise(ms.L, "missing '[' after '%s' in pattern", "%f")
	}
	end := ms.classEnd(p)
	var before, here byte
	if s > 0 {
		before = ms.src[s-1]
	}
	if s < len(ms.src) {
		here = ms.src[s]
	}
	if ms.inSet(before, p, end-1) || !ms.inSet(here, p, end-1) {
		return -1
	}
	return end
}

func (ms *matcher) matchCapture(s int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= ms.level || ms.capture[i].length == captureUnfinished {
		raise(ms.L, "invalid capture index")
	}
	if ms.capture[i].length < 0 { // a position is no text
		return -1
	}
	text := ms.captured(i)
	ms.m.workBytes(ms.L, len(text))
	if !strings.HasPrefix(ms.src[s:], text) {
		return -1
	}
	return s + len(text)
}

func (ms *matcher) captured(i int) string {
	c := ms.capture[i]
	if c.length < 0 {
		return ""
	}
	return ms.src[c.start : c.start+c.length]
}

// value is the i-th capture, or the whole match for the first one of a pattern without captures.
func (ms *matcher) value(i, start, end int) lua.LValue {
	if i >= ms.level {
		if i != 0 {
			raise(ms.L, "invalid capture index")
		}
		return lua.LString(ms.src[start:end])
	}
	switch ms.capture[i].length {
	case captureUnfinished:
		raise(ms.L, "unfinished capture")
	case capturePosition:
		return lua.LNumber(ms.capture[i].start + 1)
	}
	return lua.LString(ms.captured(i))
}

// pushCaptures pushes all captures, or the whole match if there are none and whole is set, and tells how many.
func (ms *matcher) pushCaptures(start, end int, whole bool) int {
	n := ms.level
	if n == 0 && whole {
		n = 1
	}
	for i := range n {
		ms.L.Push(ms.value(i, start, end))
	}
	return n
}
