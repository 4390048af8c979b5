package scripting

import (
	lua "github.com/yuin/gopher-lua"
)

func (m *machine) tableLibrary() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"concat":   m.tableConcat,
		"foreach":  m.tableForeach,
		"foreachi": m.tableForeachi,
		"getn":     m.tableGetn,
		"insert":   m.tableInsert,
		"maxn":     m.tableMaxn,
		"remove":   m.tableRemove,
		"setn": func(L *lua.LState) int {
			checkTable(L, 1)
			raise(L, "'setn' is obsolete")
			return 0
		},
		"sort": m.tableSort,
	}
}

func (m *machine) tableConcat(L *lua.LState) int {
	separator := optText(L, 2, "") // is looked at first, in Lua too
	t := m.reader(checkTable(L, 1))
	from, to := optInt(L, 3, 1), 0
	if isNone(L, 4) {
		to = t.Len()
	} else {
		to = checkInt(L, 4)
	}
	size := 0
	for i := from; i <= to; i++ {
		n := textSize(t.RawGet(lua.LNumber(i)))
		if n < 0 {
			raise(L, "invalid value (%s) at index %d in table for 'concat'", typeName(t.RawGet(lua.LNumber(i))), i)
		}
		if size += n + len(separator); size > maxStringBytes {
			raise(L, "string length overflow")
		}
		m.work(L, 1)
		if i == 1<<63-1 {
			break
		}
	}
	m.claimString(L, size)
	buf := make([]byte, 0, size)
	for i := from; i <= to; i++ {
		if i != from {
			buf = append(buf, separator...)
		}
		buf = appendText(buf, t.RawGet(lua.LNumber(i)))
		m.work(L, 1)
		if i == 1<<63-1 {
			break
		}
	}
	m.workBytes(L, size)
	L.Push(lua.LString(buf))
	return 1
}

func (m *machine) tableForeach(L *lua.LState) int {
	t, fn := m.reader(checkTable(L, 1)), checkFunction(L, 2)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if result := callMeta(L, fn, k, v); result != lua.LNil {
			L.Push(result)
			return 1
		}
		m.work(L, 1)
	}
	return 0
}

func (m *machine) tableForeachi(L *lua.LState) int {
	t, fn := m.reader(checkTable(L, 1)), checkFunction(L, 2)
	for i, n := 1, t.Len(); i <= n; i++ {
		if result := callMeta(L, fn, lua.LNumber(i), t.RawGetInt(i)); result != lua.LNil {
			L.Push(result)
			return 1
		}
		m.work(L, 1)
	}
	return 0
}

func (m *machine) tableGetn(L *lua.LState) int {
	L.Push(lua.LNumber(m.reader(checkTable(L, 1)).Len()))
	return 1
}

func (m *machine) tableInsert(L *lua.LState) int {
	t := checkTable(L, 1)
	switch L.GetTop() {
	case 2:
		m.writer(L, t).Append(L.Get(2))
	case 3:
		n, at := t.Len(), checkInt(L, 2)
		m.writer(L, t)
		if at >= 1 && at <= n {
			m.work(L, (n-at)/64)
			t.Insert(at, L.Get(3))
			return 0
		}
		if at < 1 { // everything from at on moves up
			if at < -maxUnpack {
				raise(L, "position out of bounds")
			}
			for i := n; i >= at; i-- {
				t.RawSet(lua.LNumber(i+1), t.RawGet(lua.LNumber(i)))
				m.work(L, 1)
			}
		}
		m.rawSet(L, t, lua.LNumber(at), L.Get(3))
	default:
		raise(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

func (m *machine) tableMaxn(L *lua.LState) int {
	t, largest := m.reader(checkTable(L, 1)), lua.LNumber(0)
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		if n, ok := k.(lua.LNumber); ok && n > largest {
			largest = n
		}
		m.work(L, 1)
	}
	L.Push(largest)
	return 1
}

func (m *machine) tableRemove(L *lua.LState) int {
	t := checkTable(L, 1)
	n := t.Len()
	at := optInt(L, 2, n)
	if at < 1 || at > n {
		return 0
	}
	m.writer(L, t)
	m.work(L, (n-at)/64)
	L.Push(t.Remove(at))
	return 1
}

// sorter sorts values by the steps Lua's own quicksort takes, so that comparison functions which lie give the same order
// or the same error.
type sorter struct {
	m      *machine
	L      *lua.LState
	values []lua.LValue // those of the keys from 0 to one behind the last item: what is compared under a comparison that lies
	less   *lua.LFunction
}

func (m *machine) tableSort(L *lua.LState) int {
	t := checkTable(L, 1)
	var less *lua.LFunction
	if !isNone(L, 2) {
		less = checkFunction(L, 2)
	}
	n := t.Len()
	if n > 1 {
		m.writer(L, t)
	}
	m.claim(L, n*slotBytes)
	s := &sorter{m: m, L: L, values: make([]lua.LValue, n+2), less: less}
	for i := range s.values {
		s.values[i] = t.RawGet(lua.LNumber(i))
	}
	before, after := s.values[0], s.values[n+1]
	// Also when the comparison raises: then the table is as far as the sort came.
	defer func() {
		for i := 1; i <= n; i++ {
			t.RawSetInt(i, s.values[i])
		}
		if s.values[0] != before {
			t.RawSet(lua.LNumber(0), s.values[0])
		}
		if s.values[n+1] != after {
			t.RawSetInt(n+1, s.values[n+1])
		}
	}()
	s.sort(1, n)
	return 0
}

func (s *sorter) sort(lo, hi int) {
	v := s.values
	for lo < hi {
		if s.before(v[hi], v[lo]) {
			v[lo], v[hi] = v[hi], v[lo]
		}
		if hi-lo == 1 {
			return
		}
		mid := (lo + hi) / 2
		if s.before(v[mid], v[lo]) {
			v[mid], v[lo] = v[lo], v[mid]
		} else if s.before(v[hi], v[mid]) {
			v[mid], v[hi] = v[hi], v[mid]
		}
		if hi-lo == 2 {
			return
		}
		pivot := v[mid]
		v[mid], v[hi-1] = v[hi-1], v[mid]
		cut := s.partition(lo, hi, pivot)
		v[hi-1], v[cut] = v[cut], v[hi-1]
		if cut-lo < hi-cut {
			s.sort(lo, cut-1)
			lo = cut + 1
		} else {
			s.sort(cut+1, hi)
			hi = cut - 1
		}
	}
}

// partition moves what is before the pivot to the left. v[lo] is not after the pivot and v[hi-1] is it, so an honest
// comparison stops within bounds; a lying one is found out one item later.
func (s *sorter) partition(lo, hi int, pivot lua.LValue) int {
	v, i, j := s.values, lo, hi-1
	for {
		for i++; s.before(v[i], pivot); i++ {
			if i > hi {
				raise(s.L, "invalid order function for sorting")
			}
		}
		for j--; s.before(pivot, v[j]); j-- {
			if j < lo {
				raise(s.L, "invalid order function for sorting")
			}
		}
		if j < i {
			return i
		}
		v[i], v[j] = v[j], v[i]
	}
}

func (s *sorter) before(a, b lua.LValue) bool {
	s.m.work(s.L, 1)
	if s.less != nil {
		return lua.LVAsBool(callMeta(s.L, s.less, a, b))
	}
	return lessThan(s.L, a, b)
}

// lessThan is a < b within a Go function.
func lessThan(L *lua.LState, a, b lua.LValue) bool {
	switch x := a.(type) {
	case lua.LNumber:
		if y, ok := b.(lua.LNumber); ok {
			return x < y
		}
	case lua.LString:
		if y, ok := b.(lua.LString); ok {
			return x < y
		}
	}
	one, other := typeName(a), typeName(b)
	if fn := metaField(a, "__lt"); fn != lua.LNil && fn == metaField(b, "__lt") && one == other {
		return lua.LVAsBool(callMeta(L, fn, a, b))
	}
	throw(L, incomparable(one, other))
	return false
}
