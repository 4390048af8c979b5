package scripting

import (
	lua "github.com/yuin/gopher-lua"
)

const readonlyText = "Attempt to modify a readonly table"

// A frozen table is an empty table whose private metatable reads from the real one and refuses writes. An assignment
// consults __newindex only for keys that a table lacks, so a table that holds anything itself cannot be frozen in this
// VM. The real table is reached by no script: library functions that take tables read it through reader, and all that
// write refuse frozen ones. The private metatable is told by its own metatable, which is the machine's mark.

// freeze gives the frozen form of a table and of all tables in it. The table itself must not be shown to scripts, and stays
// writable for its owner.
func (m *machine) freeze(t *lua.LTable) *lua.LTable {
	if m.isFrozen(t) {
		return t
	}
	proxy, private := &lua.LTable{}, &lua.LTable{Metatable: m.mark}
	private.RawSetString("__index", t)
	private.RawSetString("__newindex", m.readonly)
	private.RawSetString("__metatable", lua.LNil)
	proxy.Metatable = private
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if inner, ok := v.(*lua.LTable); ok && inner != proxy {
			t.RawSet(k, m.freeze(inner))
		}
	}
	if meta, ok := t.Metatable.(*lua.LTable); ok {
		private.RawSetString("__metatable", m.freeze(meta))
	}
	return proxy
}

func (m *machine) isFrozen(t *lua.LTable) bool {
	private, ok := t.Metatable.(*lua.LTable)
	return ok && private.Metatable == lua.LValue(m.mark)
}

// reader is the table to read raw values from: the one behind a frozen table, any other itself.
func (m *machine) reader(t *lua.LTable) *lua.LTable {
	if !m.isFrozen(t) {
		return t
	}
	return t.Metatable.(*lua.LTable).RawGetString("__index").(*lua.LTable)
}

// writer is t, unless it is frozen: then the error is raised.
func (m *machine) writer(L *lua.LState, t *lua.LTable) *lua.LTable {
	if m.isFrozen(t) {
		throw(L, readonlyText)
	}
	return t
}

// environment is a set of globals: what a script sees when it names something that is not a local.
type environment struct {
	globals *lua.LTable // frozen: the script's _G
	values  *lua.LTable // behind it
}

// newEnvironment makes an environment that holds the machine's common globals; add may put in more, under names of its own.
func (m *machine) newEnvironment(add func(globals *lua.LTable)) *environment {
	values := &lua.LTable{Metatable: m.strict}
	for k, v := m.common.Next(lua.LNil); k != lua.LNil; k, v = m.common.Next(k) {
		values.RawSet(k, v)
	}
	if add != nil {
		add(values)
	}
	env := &environment{globals: m.freeze(values), values: values}
	values.RawSetString("_G", env.globals)
	return env
}

// show has scripts see other values as their globals, or, given the environment's own, these again.
func (e *environment) show(values *lua.LTable) {
	e.globals.Metatable.(*lua.LTable).RawSetString("__index", values)
}
