package scripting

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
)

// Module is what a Lua module's body declared: functions, as in a function
// library, and commands. It changes nothing until Install.
type Module struct {
	Name     string
	Commands []engine.Command
	library  *library
	s        *Scripting
	source   ModuleSource
	files    []moduleFile // that were run, in their order
}

// moduleFile is a file of a module as it was when the module was loaded.
type moduleFile struct{ name, file, text string }

// Functions are the names that FCALL knows the module's functions by.
func (m *Module) Functions() []string {
	var names []string
	for _, f := range m.library.functions {
		names = append(names, f.name)
	}
	return names
}

// ModuleError says where a module failed to load, and why.
type ModuleError struct {
	File   string
	Line   int // 0 if unknown
	Reason string
}

func (e *ModuleError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
	}
	return e.File + ": " + e.Reason
}

// ModuleSource is the text of a module.
type ModuleSource struct {
	File string // what errors call it
	Text string
	// Settings holds, by the names of modules, what each is told: the frozen
	// table perigee.settings, whose values are strings.
	Settings map[string]map[string]string
	// Require finds another file of the module by the name that require was
	// given; nil knows none.
	Require func(name string) (file, text string, err error)
}

// LoadModule compiles a module and runs its body in an environment of its
// own, where redis.register_function and perigee.command declare what it
// brings, and require runs further files of it, each once. The error is a
// *ModuleError.
func (s *Scripting) LoadModule(src ModuleSource) (*Module, error) {
	file := src.File
	lib, blanked, err := parseMeta(src.Text)
	if err != nil {
		return nil, &ModuleError{file, 1, strings.TrimPrefix(err.Error(), "ERR ")}
	}
	name := lib.name
	configured, err := moduleLimits(src.Settings[name])
	if err != nil {
		return nil, &ModuleError{file, 0, strings.TrimPrefix(err.Error(), "ERR ")}
	}
	lib.module, lib.limits = true, lib.limits.Lower(configured)
	compiled, err := compile(file, blanked, s.m.bindable)
	if err != nil {
		var syntax *SyntaxError
		if errors.As(err, &syntax) {
			return nil, &ModuleError{file, syntax.Line, syntax.Message}
		}
		return nil, &ModuleError{file, 0, err.Error()}
	}
	m := &Module{Name: name, s: s, library: lib, source: src, files: []moduleFile{{"", file, src.Text}}}
	lib.owner = m
	parts := &moduleParts{s: s, module: m, find: src.Require, loaded: map[string]lua.LValue{}}
	env := s.m.newEnvironment(func(globals *lua.LTable) {
		library := s.perigeeLibrary(s.m)
		library.RawSetString("command", s.m.goFunction(s.declareCommand))
		library.RawSetString("settings", s.m.settings(src.Settings[name]))
		globals.RawSetString("perigee", library)
		s.extendRedis(globals, "register_function", s.registerFunction)
		globals.RawSetString("require", s.m.goFunction(parts.require))
	})
	parts.env, lib.env = env, env
	s.library.loading = &loading{library: m.library, module: m}
	defer func() { s.library.loading = nil }()
	_, err = s.m.call(s.m.function(compiled, env), s.loadMonitor())
	if err != nil {
		return nil, moduleError(file, err)
	}
	if len(m.library.functions)+len(m.Commands) == 0 {
		return nil, &ModuleError{file, 0, "the module registers neither a function nor a command"}
	}
	return m, nil
}

// loadAgain loads the module from the same texts, whatever has become of its
// files, to be debugged.
func (m *Module) loadAgain(s *Scripting) (*Module, error) {
	src := m.source
	src.Require = func(name string) (string, string, error) {
		for _, f := range m.files[1:] {
			if f.name == name {
				return f.file, f.text, nil
			}
		}
		return "", "", errors.New("it was not required when the module was loaded")
	}
	return s.LoadModule(src)
}

// settings makes a table of what a module is told.
func (m *machine) settings(values map[string]string) *lua.LTable {
	t := m.newTable(0, len(values))
	for key, value := range values {
		t.RawSetString(key, lua.LString(value))
	}
	return t
}

// moduleParts is what require has loaded of one module.
type moduleParts struct {
	s      *Scripting
	module *Module
	env    *environment
	find   func(name string) (file, text string, err error)
	loaded map[string]lua.LValue // LFalse while the file runs
}

// require runs a file of the module the first time, and returns what it
// returned, or true.
func (p *moduleParts) require(L *lua.LState) int {
	name := checkText(L, 1)
	if v, ok := p.loaded[name]; ok {
		if v == lua.LFalse {
			raise(L, "loop in require of '%s'", name)
		}
		L.Push(v)
		return 1
	}
	if p.s.library.loading == nil || p.find == nil {
		raise(L, "require '%s': only a module that is a folder can require, while it loads", name)
	}
	file, text, err := p.find(name)
	if err != nil {
		raise(L, "require '%s': %s", name, err.Error())
	}
	p.module.files = append(p.module.files, moduleFile{name, file, text})
	compiled, err := compile(file, text, p.s.m.bindable)
	if err != nil {
		throw(L, oneLine(err))
	}
	p.loaded[name] = lua.LFalse
	L.Push(p.s.m.function(compiled, p.env))
	L.Call(0, 1)
	v := L.Get(-1)
	if v == lua.LNil {
		v = lua.LTrue
	}
	p.loaded[name] = v
	L.Push(v)
	return 1
}

func moduleError(file string, err error) error {
	var failed *ScriptError
	if !errors.As(err, &failed) {
		return &ModuleError{file, 0, err.Error()}
	}
	text := ""
	if failed.Stop != nil {
		text = failed.Stop.Error()
	} else {
		text = errorText(failed.Value)
	}
	text = strings.TrimPrefix(text, "ERR ")
	if failed.Source != "" {
		file = strings.TrimPrefix(failed.Source, "@")
	}
	return &ModuleError{file, failed.Line, strings.TrimPrefix(text, file+":"+strconv.Itoa(failed.Line)+": ")}
}

// Install makes the module's functions and commands callable; the error says
// what they collide with, and then nothing has changed.
func (m *Module) Install() error {
	s := m.s
	if old := s.library.byName[m.Name]; old != nil {
		return fmt.Errorf("a function library called %q exists already", m.Name)
	}
	if err := s.collide(m.library); err != nil {
		return err
	}
	for i, c := range m.Commands {
		if err := s.e.AddCommand(c); err != nil {
			for _, added := range m.Commands[:i] {
				s.e.RemoveCommand(added.Name)
			}
			return err
		}
	}
	s.install(m.library)
	return nil
}

// Remove takes back Install.
func (m *Module) Remove() {
	m.s.library.remove(m.library)
	for _, c := range m.Commands {
		m.s.e.RemoveCommand(c.Name)
	}
}
