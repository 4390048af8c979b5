package scripting

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// registerFunction is redis.register_function: a name and a function, or one
// table of named arguments.
func (s *Scripting) registerFunction(L *lua.LState) int {
	l := s.library.loading
	if l == nil {
		raise(L, "redis.register_function can only be called on FUNCTION LOAD command")
	}
	var f *function
	switch L.GetTop() {
	case 1:
		f = s.namedArguments(L)
	case 2:
		f = positionalArguments(L)
	default:
		raise(L, "wrong number of arguments to redis.register_function")
	}
	if !validName(f.name) {
		raise(L, "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long")
	}
	if slices.ContainsFunc(l.library.functions, func(o *function) bool { return strings.EqualFold(o.name, f.name) }) {
		raise(L, "Function already exists in the library")
	}
	f.library, f.flags.declared = l.library, true
	l.library.functions = append(l.library.functions, f)
	return 0
}

func positionalArguments(L *lua.LState) *function {
	name, ok := L.Get(1).(lua.LString)
	if !ok {
		raise(L, "first argument to redis.register_function must be a string")
	}
	fn, ok := L.Get(2).(*lua.LFunction)
	if !ok {
		raise(L, "second argument to redis.register_function must be a function")
	}
	return &function{name: string(name), fn: fn}
}

func (s *Scripting) namedArguments(L *lua.LState) *function {
	t, ok := L.Get(1).(*lua.LTable)
	if !ok {
		raise(L, "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).")
	}
	f := &function{}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		name, ok := k.(lua.LString)
		if !ok {
			raise(L, "named argument key given to redis.register_function is not a string")
		}
		text, isText := v.(lua.LString)
		switch strings.ToLower(string(name)) {
		case "function_name":
			if !isText {
				raise(L, "function_name argument given to redis.register_function must be a string")
			}
			f.name = string(text)
		case "description":
			if !isText {
				raise(L, "description argument given to redis.register_function must be a string")
			}
			f.description = string(text)
		case "callback":
			if f.fn, ok = v.(*lua.LFunction); !ok {
				raise(L, "callback argument given to redis.register_function must be a function")
			}
		case "flags":
			list, ok := v.(*lua.LTable)
			if !ok {
				raise(L, "flags argument to redis.register_function must be a table representing function flags")
			}
			readFlags(L, list, &f.flags)
		default:
			raise(L, "unknown argument given to redis.register_function")
		}
	}
	if f.name == "" {
		raise(L, "redis.register_function must get a function name argument")
	}
	if f.fn == nil {
		raise(L, "redis.register_function must get a callback argument")
	}
	return f
}

func readFlags(L *lua.LState, list *lua.LTable, f *flags) {
	for i := 1; list.RawGetInt(i) != lua.LNil; i++ {
		if name, ok := list.RawGetInt(i).(lua.LString); !ok || !f.set(string(name)) {
			raise(L, "unknown flag given")
		}
	}
}
