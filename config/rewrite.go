package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// SetUsers notes the users as they are now, for the next Rewrite.
func (p *Parameters) SetUsers(definitions []string) {
	if !slices.Equal(p.current.Clients.Users, definitions) {
		p.current.Clients.Users = definitions
		p.changed["user"] = true
	}
}

// ErrNoFile is Rewrite's answer when the server was started without a file.
var ErrNoFile = errors.New("The server is running without a config file")

// Rewrite writes the settings that Set changed into the configuration file. It
// edits single lines: comments, order and everything else stay. Settings that
// came from flags or the environment are not written, because those sources
// prevail over the file anyway and often carry secrets. The new file replaces
// the old one in one step, and only after it was read back and means what it should.
func (p *Parameters) Rewrite() error {
	if p.file == "" {
		return ErrNoFile
	}
	if err := p.rewrite(); err != nil {
		return fmt.Errorf("Rewriting config file: %w", err)
	}
	clear(p.changed)
	return nil
}

func (p *Parameters) rewrite() error {
	old, err := os.ReadFile(p.file)
	if err != nil {
		return err
	}
	kind := fileKind(p.file)
	if kind == redisKind {
		text, err := p.editRedis(string(old))
		if err != nil {
			return err
		}
		return ReplaceFile(p.file, []byte(text))
	}
	doc := newDocument(kind, string(old))
	for _, s := range p.settings {
		if p.changed[s.Name] {
			p.edit(doc, s)
		}
	}
	text := doc.text()
	if err := p.verify(kind, old, []byte(text)); err != nil {
		return err
	}
	return ReplaceFile(p.file, []byte(text))
}

// edit writes one setting into the document, unless it has its default and the
// document does not mention it.
func (p *Parameters) edit(doc *document, s Setting) {
	key := s.Name
	if _, ok := doc.find(key); !ok {
		if _, byAlias := doc.find(s.Alias); byAlias {
			key = s.Alias
		} else if s.format(&p.current) == p.defaultText(s) {
			return
		}
	}
	doc.set(key, p.fileText(s))
}

func (p *Parameters) defaultText(s Setting) string { return s.format(&p.initial) }

// fileText is the setting's value as TOML and YAML both write it.
func (p *Parameters) fileText(s Setting) string {
	text := s.format(&p.current)
	switch {
	case s.Bool:
		return strconv.FormatBool(text == "yes")
	case s.Unit == "bytes":
		n := s.value(&p.current).Int()
		if text = formatBytes(n); text == formatInt(n) {
			return text
		}
	case s.max != 0:
		return text
	}
	return quoteText(text)
}

// quoteText is a string in double quotes with the escapes that TOML and YAML share.
func quoteText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// verify reads the edited text and compares: settings that were changed must
// have their new values, and all others must be what they were.
func (p *Parameters) verify(kind string, old, edited []byte) error {
	before, err := parseText(kind, old)
	if err != nil {
		return err
	}
	after, err := parseText(kind, edited)
	if err != nil {
		return fmt.Errorf("the edited file would not be readable: %w", err)
	}
	for _, s := range p.settings {
		want, wanted := p.wanted(s, before)
		if got, ok := p.fileValue(s, after); ok != wanted || got != want {
			return fmt.Errorf("%s is written in a way that cannot be edited; change it by hand to %s", s.Name, s.format(&p.current))
		}
	}
	return nil
}

// wanted is the text form that the edited file must give s, if it must give it one.
func (p *Parameters) wanted(s Setting, before map[string]any) (string, bool) {
	was, ok := p.fileValue(s, before)
	if !p.changed[s.Name] {
		return was, ok
	}
	now := s.format(&p.current)
	if !ok && now == p.defaultText(s) {
		return "", false
	}
	return now, true
}

// fileValue is the text form of what a file's top level says about s.
func (p *Parameters) fileValue(s Setting, settings map[string]any) (string, bool) {
	value, ok := settings[s.Name]
	if !ok {
		if value, ok = settings[s.Alias]; !ok {
			return "", false
		}
	}
	c := p.initial
	text, err := s.text(value)
	if err == nil {
		err = s.parse(&c, text)
	}
	if err != nil {
		return "invalid: " + err.Error(), true
	}
	return s.format(&c), true
}

// ReplaceFile puts a file in the place of path, or of what path links to, so
// that a crash leaves the old or the new one whole. It keeps the permissions;
// a file that was not there is its owner's alone.
func ReplaceFile(path string, text []byte) error {
	mode := fs.FileMode(0o600)
	target, err := filepath.EvalSymlinks(path)
	if err == nil {
		path = target
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // gone already when all went well
	_, errWrite := temp.Write(text)
	err = errors.Join(errWrite, temp.Chmod(mode), temp.Sync(), temp.Close())
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
