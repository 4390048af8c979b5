package scripting

import (
	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
)

// perigeeAtomic is perigee.atomic(fn, …): it calls fn with the arguments and
// returns as pcall does; if fn raises an error, all that was written since is
// undone: keys, deadlines, messages and events are as if fn had never run.
// Calls may be nested.
func (s *Scripting) perigeeAtomic(L *lua.LState) int {
	checkAny(L, 1)
	if s.run == nil {
		raise(L, "perigee.atomic can only be called inside a script invocation")
	}
	point := s.savepoint()
	return s.m.protected(L, func(failed bool) {
		if failed {
			s.rollback(point)
		} else {
			s.release(point)
		}
	})
}

// savepoint is a place to which a run can go back: one of the engine's, or of
// a private debugging session, which goes back by calling less again.
type savepoint struct {
	engine engine.Savepoint
	calls  int
}

func (s *Scripting) savepoint() savepoint {
	if s.debug != nil && !s.debug.sync {
		return savepoint{calls: len(s.debug.view.calls)}
	}
	return savepoint{engine: s.e.Savepoint()}
}

func (s *Scripting) release(p savepoint) {
	if s.debug == nil || s.debug.sync {
		s.e.Release(p.engine)
	}
}

func (s *Scripting) rollback(p savepoint) {
	if s.debug != nil && !s.debug.sync {
		s.debug.view.rollback(p.calls)
		return
	}
	s.e.Rollback(p.engine)
	s.taken.look(s.e)
}

// perigeeLibrary makes the perigee table, to which modules have more added.
func (s *Scripting) perigeeLibrary(m *machine) *lua.LTable {
	return m.library(map[string]lua.LGFunction{"atomic": m.guarded(s.perigeeAtomic)})
}
