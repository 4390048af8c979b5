package config

import (
	"errors"
	"fmt"
	"strings"
)

// Parameters is the configuration of a running server, for CONFIG GET, SET and
// REWRITE. It is not safe for concurrent use: it belongs to the goroutine that
// runs commands.
type Parameters struct {
	settings []Setting
	byName   map[string]*Setting // names and aliases
	current  Config
	file     string
	changed  map[string]bool // names that Set changed since the last Rewrite
	watchers map[string][]func(Config) error
}

// NewParameters starts from what Load found.
func NewParameters(loaded Loaded) *Parameters {
	p := &Parameters{
		settings: Settings(),
		byName:   map[string]*Setting{},
		current:  loaded.Config,
		file:     loaded.File,
		changed:  map[string]bool{},
		watchers: map[string][]func(Config) error{},
	}
	for i := range p.settings {
		s := &p.settings[i]
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

// Names is every name that Value and Set know, in the order of declaration,
// each alias after its name.
func (p *Parameters) Names() []string {
	names := make([]string, 0, len(p.byName))
	for _, s := range p.settings {
		names = append(names, s.Name)
		if s.Alias != "" {
			names = append(names, s.Alias)
		}
	}
	return names
}

// Value is the text form of a setting, by its name or alias in any case.
func (p *Parameters) Value(name string) (string, bool) {
	s, ok := p.byName[strings.ToLower(name)]
	if !ok {
		return "", false
	}
	return s.format(&p.current), true
}

// Watch has apply called with the new configuration whenever Set changes the
// named setting, and once more with the old one if the change cannot stand. An
// error from apply refuses the change; its text is shown to the client. Watch
// panics on a name that no live setting has.
func (p *Parameters) Watch(name string, apply func(Config) error) {
	if s, ok := p.byName[name]; !ok || s.Name != name || !s.Live {
		panic("config: " + name + " is not a live setting")
	}
	p.watchers[name] = append(p.watchers[name], apply)
}

// Set changes settings, all or none. The error's text is that of Redis, without
// the leading ERR.
func (p *Parameters) Set(pairs [][2]string) error {
	named, err := p.settable(pairs)
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
	return p.change(next, named, pairs)
}

// settable looks the names up and refuses those that may not be set.
func (p *Parameters) settable(pairs [][2]string) ([]*Setting, error) {
	named := make([]*Setting, len(pairs))
	seen := map[string]bool{}
	for i, pair := range pairs {
		name := strings.ToLower(pair[0])
		s, ok := p.byName[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("Unknown option or number of arguments for CONFIG SET - '%s'", pair[0])
		case !s.Live:
			return nil, refused(pair[0], errors.New("can't set immutable config"))
		case seen[name]:
			return nil, refused(pair[0], errors.New("duplicate parameter"))
		}
		seen[name], named[i] = true, s
	}
	return named, nil
}

// change makes next the current configuration once every watcher of a changed
// setting has accepted it.
func (p *Parameters) change(next Config, named []*Setting, pairs [][2]string) error {
	old := p.current
	for i, s := range named {
		if s.format(&old) == s.format(&next) {
			continue
		}
		if err := p.notify(s.Name, next); err != nil {
			p.takeBack(old, named[:i+1])
			return refused(pairs[i][0], err)
		}
	}
	for _, s := range named {
		p.changed[s.Name] = true
	}
	p.current = next
	return nil
}

func (p *Parameters) notify(name string, c Config) error {
	for _, apply := range p.watchers[name] {
		if err := apply(c); err != nil {
			return err
		}
	}
	return nil
}

// takeBack tells the watchers of settings that the old configuration stays.
// They accepted it before, so what they say to it now changes nothing.
func (p *Parameters) takeBack(old Config, named []*Setting) {
	for _, s := range named {
		for _, apply := range p.watchers[s.Name] {
			_ = apply(old)
		}
	}
}

// refused is CONFIG SET's answer to an argument that cannot be set.
func refused(name string, err error) error {
	return fmt.Errorf("CONFIG SET failed (possibly related to argument '%s') - %w", name, err)
}
