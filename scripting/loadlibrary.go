package scripting

import (
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
)

// A library's body may register functions and log, and sees nothing else: no other library, no global, no command. Its
// functions see everything once it has loaded. So it runs twice. The first run is a trial in which every name is looked up
// when it is met, as the body, or a function that it calls, might name what it must not have; since any such error ends the
// body, and nothing within its reach depends on time or chance, the second run, in which the functions keep the globals
// that they will need, then does the same.

// loadGlobals makes what the body of a library sees.
func (s *Scripting) loadGlobals() *lua.LTable {
	redis, all := &lua.LTable{Metatable: s.m.strict}, s.commonRedis()
	for _, name := range []string{"log", "LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING", "REDIS_VERSION", "REDIS_VERSION_NUM"} {
		redis.RawSetString(name, all.RawGetString(name))
	}
	redis.RawSetString("register_function", s.m.goFunction(s.registerFunction))
	globals, frozen := &lua.LTable{Metatable: s.m.strict}, s.m.freeze(redis)
	globals.RawSetString("redis", frozen)
	globals.RawSetString("server", frozen)
	return globals
}

// loadLibrary compiles a library and runs its body, which registers its
// functions. Nothing of what is loaded changes until install.
func (s *Scripting) loadLibrary(source string) (*library, error) {
	return s.loadUnder(s.loadMonitor, source)
}

func (s *Scripting) loadUnder(monitor func() Monitor, source string) (*library, error) {
	lib, blanked, err := parseMeta(source)
	if err != nil {
		return nil, err
	}
	return lib, s.loadBody(lib, blanked, monitor)
}

// loadBody compiles and runs the body of a library whose first line was read.
func (s *Scripting) loadBody(lib *library, blanked string, monitor func() Monitor) error {
	trial, err := compile("user_function", blanked, nil)
	if err != nil {
		return engine.Errf("Error compiling function: " + oneLine(err))
	}
	final, err := compileLibrary("user_function", blanked, s.m.lasting)
	if err != nil {
		return engine.Errf("Error compiling function: " + oneLine(err))
	}
	probe := *lib
	for _, run := range []struct {
		body    *chunk
		loading loading
	}{{trial, loading{library: &probe, trial: true}}, {final, loading{library: lib}}} {
		if err := s.runBody(run.body, &run.loading, monitor()); err != nil {
			return engine.Errf("Error registering functions: " + oneLine(err))
		}
	}
	if len(lib.functions) == 0 {
		return engine.Errf("No functions registered")
	}
	return nil
}

// Bounds of the work of a library's body, for which Redis allows half a second.
// Steps are what counts; the time, which a busy machine may well take for
// fewer, is for steps that are slow.
const (
	loadSteps = 20_000_000
	loadTime  = 2 * time.Second
)

var errLoadTimeout = errors.New("ERR FUNCTION LOAD timeout")

func (s *Scripting) loadMonitor() Monitor {
	began := s.clock()
	return Monitor{Instructions: loadSteps, MemoryBytes: s.e.Settings().ScriptLimits.Memory, Tick: func() error {
		if s.clock()-began > loadTime {
			return errLoadTimeout
		}
		return nil
	}}
}

// storedMonitor is for libraries that were loaded before: a machine that is
// slow just now, or a tighter limit, must not take them away.
func storedMonitor() Monitor { return Monitor{Instructions: loadSteps} }

// runBody runs a library's body in an environment that then becomes that of its functions.
func (s *Scripting) runBody(c *chunk, l *loading, monitor Monitor) error {
	env := s.m.newEnvironment(nil)
	l.library.env = env
	env.show(s.library.globals)
	s.library.loading = l
	defer func() {
		s.library.loading = nil
		env.show(env.values)
	}()
	_, err := s.m.call(s.m.function(c, env), monitor)
	var failed *ScriptError
	if errors.As(err, &failed) {
		var limit *LimitError
		switch {
		case errors.As(err, &limit) && limit.Which == "instructions":
			return errLoadTimeout
		case failed.Stop != nil:
			return failed.Stop
		}
		return errors.New(errorText(failed.Value))
	}
	return err
}
