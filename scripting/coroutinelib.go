package scripting

import (
	"time"

	lua "github.com/yuin/gopher-lua"
)

const (
	maxCoroutines     = 65_536 // created in one run
	maxResumes        = 200    // within each other, as Lua's bound of C calls
	maxResumeValues   = 8000   // given at once, as Lua's bound of values on the stack of a C function
	coroutineBytes    = 8 << 10
	yieldAcrossGoText = "attempt to yield across metamethod/C-call boundary"
)

// coroutineLibrary wraps gopher-lua's coroutines: they run under the machine's hook, with small stacks, and a bounded number
// of them; yield refuses where it would cut through a Go function.
func (m *machine) coroutineLibrary() map[string]lua.LGFunction {
	original := originalCoroutines()
	create, resume := original["create"], original["resume"]
	return map[string]lua.LGFunction{
		"create": func(L *lua.LState) int {
			L.Push(m.newCoroutine(L, create))
			return 1
		},
		"resume":  func(L *lua.LState) int { return m.coroutineResume(L, resume) },
		"running": coroutineRunning,
		"status": func(L *lua.LState) int {
			L.Push(lua.LString(status(L, checkThread(L, 1))))
			return 1
		},
		"wrap": func(L *lua.LState) int {
			thread := m.newCoroutine(L, create)
			L.Push(m.goFunction(func(L *lua.LState) int { return m.coroutineCall(L, thread, resume) }))
			return 1
		},
		"yield": coroutineYield,
	}
}

// originalCoroutines takes gopher-lua's functions from a state of their own, as they are not exported.
func originalCoroutines() map[string]lua.LGFunction {
	L := lua.NewState(lua.Options{SkipOpenLibs: true, RegistrySize: 256, CallStackSize: 8})
	defer L.Close()
	lua.OpenCoroutine(L)
	library := L.Get(-1).(*lua.LTable)
	return map[string]lua.LGFunction{
		"create": library.RawGetString("create").(*lua.LFunction).GFunction,
		"resume": library.RawGetString("resume").(*lua.LFunction).GFunction,
	}
}

func (m *machine) newCoroutine(L *lua.LState, create lua.LGFunction) *lua.LState {
	if fn, ok := L.Get(1).(*lua.LFunction); !ok || fn.IsG {
		argError(L, 1, "Lua function expected")
	}
	if m.coroutines++; m.coroutines > maxCoroutines {
		raise(L, "too many coroutines")
	}
	m.claim(L, coroutineBytes)
	L.SetTop(1)
	options := L.Options
	L.Options = lua.Options{RegistrySize: 64, RegistryMaxSize: 1 << 18, RegistryGrowStep: 256, CallStackSize: 2000, MinimizeStackMemory: true}
	create(L)
	L.Options = options
	thread := L.Get(-1).(*lua.LState)
	thread.SetContext(&starting{hook: m.hook, m: m, thread: thread})
	return thread
}

// starting is the context of a coroutine before its first instruction: from there on its errors are worded where they are
// raised, while its stack is there to tell the names of variables.
type starting struct {
	*hook
	m      *machine
	thread *lua.LState
}

func (s *starting) Done() <-chan struct{} {
	raise := s.thread.Panic
	s.thread.Panic = func(L *lua.LState) {
		if text, ok := L.Get(-1).(lua.LString); ok {
			L.Push(lua.LString(reword(L, 0, string(text))))
		}
		raise(L)
	}
	s.thread.SetContext(s.m.watch)
	return s.m.watch.Done()
}

func checkThread(L *lua.LState, n int) *lua.LState {
	thread, ok := L.Get(n).(*lua.LState)
	if !ok {
		argError(L, n, "coroutine expected")
	}
	return thread
}

func status(L *lua.LState, thread *lua.LState) string {
	switch {
	case thread.Dead:
		return "dead"
	case L.G.CurrentThread == thread:
		return "running"
	case thread.Parent != nil || thread == L.G.MainThread:
		return "normal"
	}
	return "suspended"
}

// coroutineResume leaves true and what the coroutine gave on the stack, or false and its error.
func (m *machine) coroutineResume(L *lua.LState, resume lua.LGFunction) int {
	thread := checkThread(L, 1)
	if L.GetTop()-1 > maxResumeValues {
		raise(L, "too many arguments to resume")
	}
	if s := status(L, thread); s != "suspended" {
		L.Push(lua.LFalse)
		L.Push(lua.LString("cannot resume " + s + " coroutine"))
		return 2
	}
	if m.resumes >= maxResumes {
		L.Push(lua.LFalse)
		L.Push(lua.LString("C stack overflow"))
		return 2
	}
	for range awaited(thread) - (L.GetTop() - 1) {
		L.Push(lua.LNil)
	}
	m.resumes++
	n := resume(L)
	m.resumes--
	if m.hook.err != nil {
		throw(L, m.hook.err.Error())
	}
	if L.Get(-n) == lua.LFalse && n >= 2 {
		closeUpvalues(thread, 0)
		if text, ok := L.Get(-n + 1).(lua.LString); ok {
			L.Replace(-n+1, lua.LString(rewordPlain(string(text))))
		}
	}
	return n
}

// awaited is how many values the call of yield that a thread is in must give; the VM leaves those that are missing undefined.
func awaited(thread *lua.LState) int {
	fn, pc, _ := currentInstruction(thread)
	if fn == nil || fn.IsG || pc < 0 {
		return 0
	}
	if inst := instruction(fn.Proto.Code[pc]); inst.op() == lua.OP_CALL {
		return inst.c() - 1
	}
	return 0
}

// coroutineCall is the function that wrap makes: it raises the coroutine's error.
func (m *machine) coroutineCall(L *lua.LState, thread *lua.LState, resume lua.LGFunction) int {
	L.Insert(thread, 1)
	n := m.coroutineResume(L, resume)
	if L.Get(-n) == lua.LTrue {
		return n - 1
	}
	value := L.Get(-n + 1)
	if text, ok := toText(value); ok {
		value = lua.LString(position(L, 1) + text)
	}
	L.Error(value, 0)
	return 0
}

func coroutineRunning(L *lua.LState) int {
	if L.G.CurrentThread == L.G.MainThread {
		L.Push(lua.LNil)
	} else {
		L.Push(L.G.CurrentThread)
	}
	return 1
}

func coroutineYield(L *lua.LState) int {
	if L.Parent == nil || !yieldable(L) {
		throw(L, yieldAcrossGoText)
	}
	return -1
}

// yieldable tells whether every function of a thread was called by an instruction that calls, not by a Go function or for
// a metamethod: only then can the VM leave it and come back.
func yieldable(L *lua.LState) bool {
	for level := 1; ; level++ {
		if _, ok := L.GetStack(level); !ok {
			return true
		}
		proto, pc, ok := luaFrame(L, level)
		if !ok {
			return false
		}
		if op := instruction(proto.Code[pc]).op(); op != lua.OP_CALL && op != lua.OP_TAILCALL {
			return false
		}
	}
}

// osLibrary is all of os that scripts may have.
func osLibrary() map[string]lua.LGFunction {
	start := time.Now()
	return map[string]lua.LGFunction{
		"clock": func(L *lua.LState) int {
			L.Push(lua.LNumber(time.Since(start).Seconds()))
			return 1
		},
	}
}
