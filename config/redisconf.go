package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"perigee/engine/resp"
)

// Bounds of a configuration in Redis's format, so that files that include each
// other come to an end.
const (
	maxIncludeDepth = 16
	maxIncludes     = 1000
	maxConfigBytes  = 16 << 20
)

// A directive is one line of a file in Redis's format: a name and its
// arguments, quoted as on a command line of redis-cli.
type directive struct {
	file string // as it was named
	line int    // the first is 1
	text string // without the space around it
	name string // in lower case
	args []string
}

// source is the place of a directive, for problems.
func (d directive) source() string { return fmt.Sprintf("%s:%d", d.file, d.line) }

// wrong is a problem of a directive.
func (d directive) wrong(reason string) Problem {
	return Problem{Source: d.source(), Reason: "'" + d.text + "': " + reason}
}

// A redisReader collects the directives of a file in Redis's format and of
// those it includes, in the order in which they take effect, and what is wrong
// with them.
type redisReader struct {
	directives []directive
	problems   []Problem
	includes   int
	bytes      int
}

// read collects the directives of a text. Lines that begin with # are comments.
func (r *redisReader) read(file, text string, depth int) {
	for i, line := range strings.Split(text, "\n") {
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		d := directive{file: file, line: i + 1, text: line}
		words, err := resp.SplitArgs([]byte(line))
		if err != nil {
			r.problems = append(r.problems, d.wrong("unbalanced quotes"))
			continue
		}
		if len(words) == 0 {
			continue
		}
		d.name = strings.ToLower(string(words[0]))
		for _, word := range words[1:] {
			d.args = append(d.args, string(word))
		}
		if d.name == "include" {
			r.include(d, depth+1)
			continue
		}
		r.directives = append(r.directives, d)
	}
}

// include collects the directives of the files that a pattern names. A pattern
// with special characters may match none. As in Redis, relative paths start at
// the directory of the process.
func (r *redisReader) include(d directive, depth int) {
	if len(d.args) != 1 {
		r.problems = append(r.problems, d.wrong("wrong number of arguments"))
		return
	}
	paths := []string{d.args[0]}
	if strings.ContainsAny(d.args[0], "*?[") {
		var err error
		if paths, err = filepath.Glob(d.args[0]); err != nil {
			r.problems = append(r.problems, d.wrong(err.Error()))
			return
		}
	}
	for _, path := range paths {
		r.includes++
		if depth > maxIncludeDepth || r.includes > maxIncludes {
			r.problems = append(r.problems, d.wrong("too many files include each other"))
			return
		}
		text, err := readBounded(path, maxConfigBytes-r.bytes)
		if err != nil {
			r.problems = append(r.problems, d.wrong(err.Error()))
			continue
		}
		r.bytes += len(text)
		r.read(path, text, depth)
	}
}

// readBounded reads a file of at most so many bytes.
func readBounded(path string, limit int) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err == nil && len(text) > limit {
		err = fmt.Errorf("%s is too long for a configuration", path)
	}
	return string(text), err
}

// outdated are directives that Redis itself takes and ignores.
var outdated = map[string]bool{"list-max-ziplist-entries": true, "list-max-ziplist-value": true, "lua-replicate-commands": true}

// foreign are directives of Redis that Perigee refuses, and why.
var foreign = map[string]string{
	"loadmodule": "modules of Redis are machine code and cannot be loaded; Lua modules are named by modules",
	"sentinel":   "sentinel directive while not in sentinel mode",
}

// redisSavePoints is save where a file in Redis's format does not mention it.
const redisSavePoints = "3600 1 300 100 60 10000"

// A redisFile is what the directives of a file in Redis's format come to.
type redisFile struct {
	settings map[string]any       // text forms by the settings' names
	last     map[string]directive // that gave them
	problems []Problem
}

// resolveRedis applies directives in their order: a later one replaces an
// earlier one, but for settings that have a line for each of their parts.
func resolveRedis(directives []directive, settings []Setting) redisFile {
	file := redisFile{settings: map[string]any{"save": redisSavePoints}, last: map[string]directive{}}
	c := Default()
	for _, d := range directives {
		if outdated[d.name] {
			continue
		}
		s, err := settingOf(d, settings)
		if err == nil {
			_, again := file.last[s.Name]
			err = s.parseLine(&c, d.args, again)
		}
		if err != nil {
			file.problems = append(file.problems, d.wrong(err.Error()))
			continue
		}
		file.settings[s.Name], file.last[s.Name] = s.format(&c), d
	}
	return file
}

// settingOf is the setting that a directive is about.
func settingOf(d directive, settings []Setting) (Setting, error) {
	if reason := foreign[d.name]; reason != "" {
		return Setting{}, errors.New(reason)
	}
	for _, s := range settings {
		if d.name == s.Name || d.name == s.Alias {
			return s, nil
		}
	}
	return Setting{}, errors.New(unknown(d.name, settings))
}

// parseLine sets the setting's field of c from the arguments of a directive;
// again says that an earlier one did.
func (s Setting) parseLine(c *Config, args []string, again bool) error {
	var text string
	switch {
	case s.phrases:
		text = quotePhrase(joinWords(args))
	case s.quotes():
		text = joinWords(args)
	case s.composite():
		text = strings.Join(args, " ")
	case len(args) != 1:
		return errors.New("wrong number of arguments")
	default:
		text = args[0]
	}
	if len(args) == 0 {
		return errors.New("wrong number of arguments")
	}
	if before := s.format(c); s.adds && again && before != "" && text != "" {
		text = before + " " + text
	}
	return s.parse(c, text)
}

// parseRedis returns what a text in Redis's format sets.
func parseRedis(name, text string, settings []Setting) (redisFile, error) {
	var r redisReader
	r.read(name, text, 0)
	file := resolveRedis(r.directives, settings)
	if file.problems = append(r.problems, file.problems...); len(file.problems) > 0 {
		return file, Problems(file.problems)
	}
	return file, nil
}
