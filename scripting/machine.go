package scripting

import (
	"context"
	"fmt"
	"maps"

	lua "github.com/yuin/gopher-lua"
)

// machine is a Lua state for scripts: its libraries, its frozen globals and its hook. It belongs to one goroutine. What
// scripts do in it cannot change what later ones find, so one machine serves all scripts that share its globals.
type machine struct {
	L     *lua.LState
	hook  *hook
	watch context.Context // the hook, or what the debugger puts before it

	eval       *environment        // of EVAL scripts
	keys, argv *lua.LTable         // KEYS and ARGV there: filled anew for each script
	bindable   map[string]struct{} // paths of frozen globals that compile may bind; never changes
	ofEval     map[string]struct{} // the same for EVAL scripts, which have more
	lasting    map[string]struct{} // those that are the same while a library loads and when its functions run

	common      *lua.LTable // globals that all environments start from; not shown to scripts
	strict      *lua.LTable // metatable of environments: reading an unknown name raises
	mark        *lua.LTable
	readonly    *lua.LFunction
	onError     *lua.LFunction
	noHandler   *lua.LFunction // stands for an error handler that cannot be called
	reporter    *lua.LFunction // Redis's error handler, of the errors that nothing else catches; may be nil
	placeTeller *lua.LFunction
	builtins    map[string]*lua.LFunction
	guards      []guard
	trace       string // of the error that ends a run
	crash       any    // a panic that passed through a guarded function

	texts      texts
	tables     tables
	encoded    []byte // cjson's buffer, used again and again
	coroutines int    // created in this run
	resumes    int    // of coroutines, within each other
	random     random
	json       jsonSettings
	null       *lua.LUserData // cjson.null
	jsonArray  *lua.LTable    // metatable of decoded arrays, if asked for

	pause, stepMultiplier collectorSetting
}

const (
	registrySlots    = 4096
	maxRegistrySlots = 1 << 20
	maxCallDepth     = 20_000
)

// newMachine makes a machine with the standard libraries. register may add globals (redis, …) before all of them freeze.
func newMachine(register func(m *machine, globals *lua.LTable)) *machine {
	L := lua.NewState(lua.Options{
		SkipOpenLibs:        true,
		RegistrySize:        registrySlots,
		RegistryMaxSize:     maxRegistrySlots,
		RegistryGrowStep:    registrySlots,
		CallStackSize:       maxCallDepth,
		MinimizeStackMemory: true,
	})
	m := &machine{L: L, hook: newHook(), common: L.CreateTable(0, 64), mark: L.CreateTable(0, 0)}
	L.G.MainThread, L.G.CurrentThread = L, L
	m.watch = m.hook
	L.SetContext(m.watch)
	m.readonly = m.goFunction(func(L *lua.LState) int {
		raise(L, readonlyText)
		return 0
	})
	m.strict = m.newTable(0, 1)
	m.strict.RawSetString("__index", m.goFunction(func(L *lua.LState) int {
		name, _ := toText(L.Get(2))
		raise(L, "Script attempted to access nonexistent global variable '%s'", name)
		return 0
	}))
	m.onError = m.goFunction(m.handleError)
	m.noHandler = m.goFunction(func(L *lua.LState) int {
		throw(L, failedHandler)
		return 0
	})
	m.openBuiltins()
	m.openLibraries()
	if register != nil {
		register(m, m.common)
	}
	m.freezeCommon()
	m.eval = m.newEnvironment(nil)
	m.placeTeller = m.function(mustCompile("err_handler_def", placeTeller), m.eval)
	// The two are the script's to write, unlike everything else.
	m.keys, m.argv = m.newTable(0, 0), m.newTable(0, 0)
	m.eval.values.RawSetString("KEYS", m.keys)
	m.eval.values.RawSetString("ARGV", m.argv)
	m.ofEval = maps.Clone(m.bindable)
	for _, name := range []string{"KEYS", "ARGV", builtinTable} {
		m.ofEval[name] = struct{}{}
	}
	return m
}

// freezeCommon freezes the common globals and lists what compile may bind.
func (m *machine) freezeCommon() {
	m.bindable = map[string]struct{}{}
	for name, value := m.common.Next(lua.LNil); name != lua.LNil; name, value = m.common.Next(name) {
		m.bindable[name.String()] = struct{}{}
		library, ok := value.(*lua.LTable)
		if !ok {
			continue
		}
		for member, v := library.Next(lua.LNil); member != lua.LNil; member, v = library.Next(member) {
			if text, ok := member.(lua.LString); ok && v != lua.LNil {
				m.bindable[name.String()+"."+string(text)] = struct{}{}
			}
		}
		m.common.RawSet(name, m.freeze(library))
	}
	m.lasting = maps.Clone(m.bindable)
	delete(m.lasting, "redis")
	delete(m.lasting, "server")
}

// watchLines has line called at each new line that scripts reach.
func (m *machine) watchLines(line func(L *lua.LState, proto *lua.FunctionProto, line int)) {
	m.watch = &lineHook{hook: m.hook, m: m, line: line}
	m.L.SetContext(m.watch)
}

// hidden is the value of an upvalue that lowering introduced.
func (m *machine) hidden(name string, env *environment) lua.LValue {
	if fn, ok := m.builtins[name]; ok {
		return fn
	}
	path := name[len(boundPrefix) : len(name)-1]
	table := env.values
	for i := 0; i < len(path); i++ {
		if path[i] == '.' {
			library, ok := table.RawGetString(path[:i]).(*lua.LTable)
			if !ok {
				break
			}
			table, path = m.reader(library), path[i+1:]
			break
		}
	}
	value := table.RawGetString(path)
	if value == lua.LNil {
		panic("environment lacks " + name)
	}
	return value
}

// goFunction makes a function value of a Go function.
func (m *machine) goFunction(fn lua.LGFunction) *lua.LFunction {
	return &lua.LFunction{IsG: true, Env: m.L.Env, GFunction: fn}
}

// library makes a table of functions.
func (m *machine) library(functions map[string]lua.LGFunction) *lua.LTable {
	t := m.newTable(0, len(functions))
	for name, fn := range functions {
		t.RawSetString(name, m.goFunction(fn))
	}
	return t
}

// newTable makes a table with room for items and fields.
func (m *machine) newTable(items, fields int) *lua.LTable { return m.L.CreateTable(items, fields) }

// ScriptError is an error that ended a script.
type ScriptError struct {
	Value  lua.LValue // what was raised
	Source string     // of the chunk ("@file", "=name" or its text) whose function was running, or called the Go function that raised it
	Line   int        // in it; 0 if unknown, -1 if a Go function called the one that raised it
	// Traceback is the calls in progress, in the words of debug.traceback;
	// empty when there was no stack left to tell.
	Traceback string
	Stop      error // why the run was ended from outside: a limit, or what Monitor.Tick gave
}

func (e *ScriptError) Error() string {
	if e.Stop != nil {
		return e.Stop.Error()
	}
	return e.Value.String()
}

func (e *ScriptError) Unwrap() error { return e.Stop }

// call runs a function under a monitor and gives its first result, or a *ScriptError. Called again from within a run, it
// is part of that run and under its monitor. A panic of a guarded function comes out of it as that panic.
func (m *machine) call(fn *lua.LFunction, monitor Monitor, args ...lua.LValue) (lua.LValue, error) {
	L, running := m.L, m.L.G.CurrentThread
	if len(m.guards) == 0 {
		m.hook.begin(monitor)
		m.begin()
	}
	L.G.CurrentThread = L
	L.Push(fn)
	for _, arg := range args {
		L.Push(arg)
	}
	err := m.protect(L, len(args), 1, nil, true)
	if len(m.guards) == 0 {
		running = L
		m.hook.end()
	}
	L.G.CurrentThread = running
	if m.crash != nil {
		crash := m.crash
		if len(m.guards) == 0 {
			m.crash = nil
		}
		panic(crash)
	}
	if err != nil {
		return lua.LNil, err
	}
	result := L.Get(-1)
	L.Pop(1)
	return result, nil
}

// begin forgets what earlier runs left.
func (m *machine) begin() {
	m.coroutines, m.resumes = 0, 0
	m.json = defaultJSON()
	m.pause, m.stepMultiplier = 0, 0
}

// guarded wraps a Go function into one whose panics, other than Lua errors, pass through pcall and end the run. It does
// without passing, as each command that a script calls comes by.
func (m *machine) guarded(fn lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) (n int) {
		done := false
		defer m.passOn(&done)
		n = fn(L)
		done = true
		return n
	}
}

// passing calls fn, whose panics, other than Lua errors, pass through pcall and end the run.
func (m *machine) passing(fn func()) {
	done := false
	defer m.passOn(&done)
	fn()
	done = true
}

// passOn is deferred by what must not end in a panic. It has one that is no Lua error end the run.
func (m *machine) passOn(done *bool) {
	if *done {
		return
	}
	r := recover()
	if _, ok := r.(*lua.ApiError); !ok {
		m.crash = r
		m.hook.stop(fmt.Errorf("panic: %v", r))
	}
	panic(r)
}

// work accounts for steps of a library function, and ends the run if it is over.
func (m *machine) work(L *lua.LState, steps int) {
	if err := m.hook.work(steps); err != nil {
		throw(L, err.Error())
	}
}

// workBytes is work for as many steps as going through so many bytes takes.
func (m *machine) workBytes(L *lua.LState, bytes int) { m.work(L, bytes/bytesPerStep) }

const (
	bytesPerStep = 64
	workChunk    = 64 << 10 // bytes of a long text between two looks
)

// claim accounts for bytes about to be allocated, and raises if there is no room for them.
func (m *machine) claim(L *lua.LState, bytes int) {
	if err := m.hook.claim(int64(bytes)); err != nil {
		throw(L, err.Error())
	}
}

// claimString is claim for a string, which must not be longer than any string may be.
func (m *machine) claimString(L *lua.LState, bytes int) {
	if bytes < 0 || bytes > maxStringBytes {
		raise(L, "string length overflow")
	}
	m.claim(L, bytes)
}
