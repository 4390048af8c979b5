// Package modules finds the Lua modules that an operator names in the
// configuration and loads them: files, or folders with an init.lua, by path or
// glob. What a module's Lua may do is scripting's business; this package knows
// files, names and order, and says in which file and line a module fails.
//
// Loading is all or nothing for each module, and a module that fails stops
// the start: its user must not run a server without the commands that its
// clients count on.
package modules

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"perigee/engine"
	"perigee/scripting"
)

// Source is a module on disk: a Lua file, or a folder whose init.lua is run
// and may require the folder's other files.
type Source struct {
	Path   string // as it was named, or as the glob found it
	File   string // the file that is run
	Folder string // empty for a single file
}

// Find returns the modules that paths and globs name, in their order, each
// once; a glob's matches are sorted. A path that does not exist, and a glob
// that matches nothing, are errors.
func Find(patterns []string) ([]Source, error) {
	var found []Source
	var problems []error
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("module %s: %w", pattern, err))
			continue
		case len(paths) == 0:
			problems = append(problems, fmt.Errorf("module %s: no such file or folder", pattern))
			continue
		}
		isGlob := strings.ContainsAny(pattern, "*?[")
		for _, path := range paths {
			src, err := sourceAt(path)
			if err != nil {
				if !isGlob {
					problems = append(problems, err)
				}
				continue
			}
			if !slices.ContainsFunc(found, func(s Source) bool { return s.File == src.File }) {
				found = append(found, src)
			}
		}
	}
	return found, errors.Join(problems...)
}

// sourceAt tells what kind of module is at path.
func sourceAt(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Source{}, fmt.Errorf("module %s: %w", path, err)
	}
	if !info.IsDir() {
		if filepath.Ext(path) != ".lua" {
			return Source{}, fmt.Errorf("module %s: not a .lua file", path)
		}
		return Source{Path: path, File: path}, nil
	}
	main := filepath.Join(path, "init.lua")
	if _, err := os.Stat(main); err != nil {
		return Source{}, fmt.Errorf("module %s: the folder has no init.lua", path)
	}
	return Source{Path: path, File: main, Folder: path}, nil
}

// Module is a module in service.
type Module struct {
	Source
	*scripting.Module
}

// Settings is what modules are told: key and value, by the name of the module.
// A module finds its own in the table perigee.settings.
type Settings map[string]map[string]string

// Load reads and runs one module; Install, on the result, puts it into
// service. The error names file, line and reason.
func Load(s *scripting.Scripting, src Source, settings Settings) (*Module, error) {
	text, err := os.ReadFile(src.File)
	if err != nil {
		return nil, fmt.Errorf("module %s: %w", src.Path, err)
	}
	m, err := s.LoadModule(scripting.ModuleSource{File: src.File, Text: string(text), Settings: settings, Require: src.require()})
	if err != nil {
		return nil, err
	}
	return &Module{src, m}, nil
}

// require finds "a.b" at a/b.lua in the module's folder, which it cannot leave.
func (src Source) require() func(string) (string, string, error) {
	if src.Folder == "" {
		return nil
	}
	return func(name string) (string, string, error) {
		rel := strings.ReplaceAll(name, ".", "/") + ".lua"
		if !filepath.IsLocal(rel) {
			return "", "", errors.New("the name leaves the module's folder")
		}
		root, err := os.OpenRoot(src.Folder)
		if err != nil {
			return "", "", err
		}
		defer root.Close()
		text, err := root.ReadFile(rel)
		if err != nil {
			return "", "", fmt.Errorf("no file %s in %s", rel, src.Folder)
		}
		return filepath.Join(src.Folder, rel), string(text), nil
	}
}

// recordPrefix begins the names of the system records that say which modules
// were in service: a later start can tell what is missing.
const recordPrefix = "module/"

// LoadAll finds, loads and installs all modules. The first that fails stops
// it, with everything installed so far taken out again; so do settings for a
// module that is not among them.
func LoadAll(s *scripting.Scripting, e *engine.Engine, patterns []string, settings Settings) ([]*Module, error) {
	sources, err := Find(patterns)
	if err != nil {
		return nil, err
	}
	var loaded []*Module
	undo := func() {
		for _, m := range slices.Backward(loaded) {
			m.Remove()
		}
	}
	for _, src := range sources {
		m, err := Load(s, src, settings)
		if err == nil {
			err = install(m)
		}
		if err != nil {
			undo()
			return nil, err
		}
		loaded = append(loaded, m)
	}
	if err := settings.check(loaded); err != nil {
		undo()
		return nil, err
	}
	record(e, loaded)
	return loaded, nil
}

// check refuses settings that no module will read, because their module's name
// is probably mistyped.
func (settings Settings) check(loaded []*Module) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if !slices.ContainsFunc(loaded, func(m *Module) bool { return m.Name == name }) {
			problems = append(problems, fmt.Errorf("module %s has settings, but no module of this name is loaded", name))
		}
	}
	return errors.Join(problems...)
}

func install(m *Module) error {
	if err := m.Install(); err != nil {
		return &scripting.ModuleError{File: m.File, Reason: err.Error()}
	}
	return nil
}

// record notes the modules in service, and logs those of the last run that
// the configuration no longer names.
func record(e *engine.Engine, loaded []*Module) {
	names := map[string]string{}
	for _, m := range loaded {
		names[recordPrefix+m.Name] = m.Path
	}
	e.InUnit(func() {
		for _, n := range e.SystemNames() {
			if strings.HasPrefix(n, recordPrefix) && names[n] == "" {
				path, _ := e.System(n)
				e.Log().Warn("a module of the last run is no longer configured", "module", strings.TrimPrefix(n, recordPrefix), "path", string(path))
				e.PutSystem(n, nil)
			}
		}
		for n, path := range names {
			if old, ok := e.System(n); !ok || string(old) != path {
				e.PutSystem(n, []byte(path))
			}
		}
	})
}

// Check loads a module into an engine of its own and tells what it declares,
// or why it does not load.
func Check(src Source) (*Module, error) {
	s := scripting.New(nil, nil)
	s.Attach(engine.New(engine.Options{Commands: s.Commands()}))
	m, err := Load(s, src, nil)
	if err != nil {
		return nil, err
	}
	return m, install(m)
}
