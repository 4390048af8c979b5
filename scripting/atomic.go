package scripting

import lua "github.com/yuin/gopher-lua"

// perigeeAtomic is perigee.atomic(fn, …): it calls fn with the arguments and
// returns as pcall does; if fn raises an error, all that was written since is
// undone: keys, deadlines, messages and events are as if fn had never run.
// Calls may be nested.
func (s *Scripting) perigeeAtomic(L *lua.LState) int {
	checkAny(L, 1)
	if s.run == nil {
		raise(L, "perigee.atomic can only be called inside a script invocation")
	}
	point := s.e.Savepoint()
	return s.m.protected(L, func(failed bool) {
		if failed {
			s.e.Rollback(point)
		} else {
			s.e.Release(point)
		}
	})
}

// perigeeLibrary makes the perigee table, to which modules have more added.
func (s *Scripting) perigeeLibrary(m *machine) *lua.LTable {
	return m.library(map[string]lua.LGFunction{"atomic": m.guarded(s.perigeeAtomic)})
}
