package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"perigee/engine/glob"
)

// Parameters is the configuration of a running server, for CONFIG GET, SET and
// REWRITE. It is not safe for concurrent use: it belongs to the goroutine that
// runs commands.
type Parameters struct {
	settings []Setting
	byName   map[string]*Setting // names and aliases
	current  Config
	initial  Config // what holds when no source names anything
	file     string
	changed  map[string]bool // names that Set changed since the last Rewrite
	watchers []watcher
}

// NewParameters starts from what Load found.
func NewParameters(loaded Loaded) *Parameters {
	p := &Parameters{
		settings: Settings(),
		byName:   map[string]*Setting{},
		current:  loaded.Config,
		initial:  Default(),
		file:     loaded.File,
		changed:  map[string]bool{},
	}
	for i := range p.settings {
		s := &p.settings[i]
		if s.hidden {
			continue
		}
		p.byName[s.Name] = s
		if s.Alias != "" {
			p.byName[s.Alias] = s
		}
	}
	return p
}

// Current is the configuration that holds now.
func (p *Parameters) Current() Config { return p.current }

// File is the absolute path of the configuration file, or empty.
func (p *Parameters) File() string { return p.file }

// Get returns name and text form of every setting that the glob pattern
// matches, aliases under their own names. A pattern without special characters
// is echoed as it was given, as Redis does.
func (p *Parameters) Get(pattern string) [][2]string {
	if !strings.ContainsAny(pattern, "*?[") {
		if value, ok := p.Value(pattern); ok {
			return [][2]string{{pattern, value}}
		}
		return nil
	}
	var found [][2]string
	for _, s := range p.settings {
		for _, name := range []string{s.Name, s.Alias} {
			if name != "" && !s.hidden && glob.MatchString(pattern, name, true) {
				found = append(found, [2]string{name, s.format(&p.current)})
			}
		}
	}
	return found
}

// Value is the text form of a setting, by its name or alias in any case.
func (p *Parameters) Value(name string) (string, bool) {
	s, ok := p.byName[strings.ToLower(name)]
	if !ok {
		return "", false
	}
	return s.format(&p.current), true
}

// Watch has apply called with the new configuration when Set changed one of the
// named settings, or any setting if none is named. An error from apply refuses
// the change, and its text is shown to the client; those who accepted it before
// are then called again with the old configuration. Watch panics on a name
// that no live setting has.
func (p *Parameters) Watch(apply func(Config) error, names ...string) {
	for _, name := range names {
		if s, ok := p.byName[name]; !ok || s.Name != name || !s.Live && !s.protected {
			panic("config: " + name + " is not a live setting")
		}
	}
	p.watchers = append(p.watchers, watcher{apply, names})
}

// A watcher is told of changes of some settings.
type watcher struct {
	apply func(Config) error
	names []string // none means all
}

// concerned returns the first of the changed names that the watcher is told of.
func (w watcher) concerned(changed []string) (string, bool) {
	for _, name := range changed {
		if len(w.names) == 0 || slices.Contains(w.names, name) {
			return name, true
		}
	}
	return "", false
}

// Set changes settings, all or none; local says that the client is on this
// machine. The error's text is that of Redis, without the leading ERR.
func (p *Parameters) Set(pairs [][2]string, local bool) error {
	named, err := p.settable(pairs, local)
	if err != nil {
		return err
	}
	next := p.current
	for i, s := range named {
		if err := s.parse(&next, pairs[i][1]); err != nil {
			return refused(pairs[i][0], err)
		}
	}
	if problems := next.Validate(); len(problems) > 0 {
		return refused(problems[0].Key, errors.New(problems[0].Reason))
	}
	return p.change(next, named)
}

// settable looks the names up and refuses those that may not be set.
func (p *Parameters) settable(pairs [][2]string, local bool) ([]*Setting, error) {
	named := make([]*Setting, len(pairs))
	seen := map[string]bool{}
	for i, pair := range pairs {
		name := strings.ToLower(pair[0])
		s, ok := p.byName[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("Unknown option or number of arguments for CONFIG SET - '%s'", pair[0])
		case s.protected && !p.unprotected(local):
			return nil, refused(pair[0], errors.New("can't set protected config"))
		case !s.Live && !s.protected:
			return nil, refused(pair[0], errors.New("can't set immutable config"))
		case seen[name]:
			return nil, refused(pair[0], errors.New("duplicate parameter"))
		}
		seen[name], named[i] = true, s
	}
	return named, nil
}

// unprotected reports whether a client may set protected settings.
func (p *Parameters) unprotected(local bool) bool {
	allowed := p.current.Process.ProtectedConfigs
	return allowed == "yes" || allowed == "local" && local
}

// change makes next the current configuration once every watcher of a changed
// setting has accepted it.
func (p *Parameters) change(next Config, named []*Setting) error {
	old := p.current
	var changed []string
	for _, s := range named {
		if s.format(&old) != s.format(&next) {
			changed = append(changed, s.Name)
		}
	}
	for i, w := range p.watchers {
		name, ok := w.concerned(changed)
		if !ok {
			continue
		}
		if err := w.apply(next); err != nil {
			p.takeBack(old, changed, i)
			return refused(name, err)
		}
	}
	for _, s := range named {
		p.changed[s.Name] = true
	}
	p.current = next
	return nil
}

// takeBack tells the first watchers that the old configuration stays. They
// accepted it before, so what they say to it now changes nothing.
func (p *Parameters) takeBack(old Config, changed []string, watchers int) {
	for _, w := range p.watchers[:watchers] {
		if _, ok := w.concerned(changed); ok {
			_ = w.apply(old)
		}
	}
}

// refused is CONFIG SET's answer to an argument that cannot be set.
func refused(name string, err error) error {
	return fmt.Errorf("CONFIG SET failed (possibly related to argument '%s') - %w", name, err)
}
