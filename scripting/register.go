package scripting

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
)

// registerFunction is redis.register_function: a name and a function, or one
// table of named arguments.
func (s *Scripting) registerFunction(L *lua.LState) int {
	l := s.library.loading
	if l == nil {
		s.refuse(L, "redis.register_function can only be called on FUNCTION LOAD command")
	}
	var f *function
	switch L.GetTop() {
	case 1:
		f = s.namedArguments(L)
	case 2:
		f = s.positionalArguments(L)
	default:
		s.refuse(L, "wrong number of arguments to redis.register_function")
	}
	if !validName(f.name) {
		s.refuse(L, "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long")
	}
	if slices.ContainsFunc(l.library.functions, func(o *function) bool { return strings.EqualFold(o.name, f.name) }) {
		s.refuse(L, "Function already exists in the library")
	}
	nameRegistered(f.fn.Proto, f.name, "callback")
	s.m.work(L, len(l.library.functions)) // which were looked through
	f.library, f.flags.declared, f.flags.limits = l.library, true, l.library.limits
	if f.fn.Proto != nil { // not written in Go
		f.footprint = footprint(f.fn.Proto)
	}
	f.stats = newStats(engine.KindFunction, f.name, l.library.name)
	l.library.functions = append(l.library.functions, f)
	return 0
}

func (s *Scripting) positionalArguments(L *lua.LState) *function {
	name, ok := toText(L.Get(1))
	if !ok {
		s.refuse(L, "first argument to redis.register_function must be a string")
	}
	fn, ok := L.Get(2).(*lua.LFunction)
	if !ok {
		s.refuse(L, "second argument to redis.register_function must be a function")
	}
	return &function{name: name, fn: fn}
}

func (s *Scripting) namedArguments(L *lua.LState) *function {
	t, ok := L.Get(1).(*lua.LTable)
	if !ok {
		s.refuse(L, "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).")
	}
	f := &function{}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		name, ok := toText(k)
		if !ok {
			s.refuse(L, "named argument key given to redis.register_function is not a string")
		}
		text, isText := toText(v)
		switch strings.ToLower(name) {
		case "function_name":
			if !isText {
				s.refuse(L, "function_name argument given to redis.register_function must be a string")
			}
			f.name = text
		case "description":
			if !isText {
				s.refuse(L, "description argument given to redis.register_function must be a string")
			}
			f.description = &text
		case "callback":
			if f.fn, ok = v.(*lua.LFunction); !ok {
				s.refuse(L, "callback argument given to redis.register_function must be a function")
			}
		case "flags":
			list, ok := v.(*lua.LTable)
			if !ok {
				s.refuse(L, "flags argument to redis.register_function must be a table representing function flags")
			}
			s.readFlags(L, list, &f.flags)
		default:
			s.refuse(L, "unknown argument given to redis.register_function")
		}
	}
	if f.name == "" {
		s.refuse(L, "redis.register_function must get a function name argument")
	}
	if f.fn == nil {
		s.refuse(L, "redis.register_function must get a callback argument")
	}
	return f
}

func (s *Scripting) readFlags(L *lua.LState, list *lua.LTable, f *flags) {
	for i := 1; list.RawGetInt(i) != lua.LNil; i++ {
		if name, ok := list.RawGetInt(i).(lua.LString); !ok || !f.set(string(name)) {
			s.refuse(L, "unknown flag given")
		}
	}
}
