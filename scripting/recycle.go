package scripting

import (
	lua "github.com/yuin/gopher-lua"
)

// tables makes the tables of an EVAL script's replies, arguments and decoded
// documents out of those of the scripts before it. An EVAL script has nowhere
// to leave a table: its globals are frozen, its function is compiled without
// variables of its own, and replies, errors and arguments of commands are
// copied out of Lua. So when the next one begins, every table of the last is
// garbage, and giving out its parts again spares most of what scripts allocate.
// Functions and modules keep what they like; while they run, tables are new.
type tables struct {
	on      bool // an EVAL script is running, and nothing else within it
	arrays  shelf
	records shelf
	empties shelf // of {} in the script's text, which may become either
}

// shelf holds tables of one shape: used[:n] are given out.
type shelf struct {
	used []*lua.LTable
	n    int
}

const (
	maxShelf     = 128 // tables of each shape that are used again
	maxKeptItems = 320 // the longest array part that is worth keeping: what grew to 256 has a little more room
	maxKeptKeys  = 16  // likewise for keys of the hash part
)

// take gives out an empty table, or nil if there is none.
func (s *shelf) take() *lua.LTable {
	if s.n == len(s.used) {
		return nil
	}
	t := s.used[s.n]
	s.n++
	return t
}

// lend notes a new table that was given out.
func (s *shelf) lend(t *lua.LTable) {
	if s.n < maxShelf {
		s.used = append(s.used, t)
		s.n++
	}
}

// reclaim empties the tables that were given out; those that grew go.
func (s *shelf) reclaim() {
	kept := s.used[:0]
	for i, t := range s.used {
		if i >= s.n || emptyTable(t) {
			kept = append(kept, t)
		}
	}
	clear(s.used[len(kept):])
	s.used, s.n = kept, 0
}

// emptyTable makes a table as good as new, unless it is too large for that.
func emptyTable(t *lua.LTable) bool {
	p := partsOf(t)
	if *p.dict != nil || cap(*p.array) > maxKeptItems || cap(*p.keys) > maxKeptKeys {
		return false
	}
	clear(*p.array)
	*p.array = (*p.array)[:0]
	if len(*p.keys) > 0 {
		clear(*p.strdict)
		clear(*p.k2i)
		clear(*p.keys)
		*p.keys = (*p.keys)[:0]
	}
	t.Metatable = lua.LNil
	return true
}

// resetTable makes a table as good as new.
func resetTable(t *lua.LTable) {
	if !emptyTable(t) {
		*t = lua.LTable{Metatable: lua.LNil}
	}
}

// nextScript begins an EVAL script that is part of no other run.
func (s *tables) nextScript() {
	s.arrays.reclaim()
	s.records.reclaim()
	s.empties.reclaim()
	s.on = true
}

// array makes a table for so many items, which belongs to the running script.
func (m *machine) array(items int) *lua.LTable {
	if !m.tables.on || items > maxKeptItems {
		return m.newTable(items, 0)
	}
	return m.lent(&m.tables.arrays, max(items, 4), 0)
}

// record makes a table for so many fields, which belongs to the running script.
func (m *machine) record(fields int) *lua.LTable {
	if !m.tables.on || fields > maxKeptKeys {
		return m.newTable(0, fields)
	}
	return m.lent(&m.tables.records, 0, fields)
}

// constructed is {} where it runs once at most for each run of a script.
func (m *machine) constructed(L *lua.LState) int {
	if m.tables.on {
		L.Push(m.lent(&m.tables.empties, 0, 0))
	} else {
		L.Push(m.newTable(0, 0))
	}
	return 1
}

// lent is a table of a shelf, or a new one, with room for items and fields, that the shelf gets back.
func (m *machine) lent(s *shelf, items, fields int) *lua.LTable {
	t := s.take()
	if t == nil {
		t = m.newTable(items, fields)
		s.lend(t)
	}
	return t
}
