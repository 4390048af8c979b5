package config

import (
	"fmt"
	"slices"
	"strings"

	"perigee/engine/resp"
)

// A redisDocument is the text of a file in Redis's format, by lines, for
// changing what it sets while comments and all other lines stay as they are.
type redisDocument struct {
	lines []string
}

// set gives a setting the lines that write its value. They take the place of
// the first line that sets it, and further ones go; with last, which is for a
// file that others set the setting in as well, they stand at the end.
func (d *redisDocument) set(s Setting, values []string, last bool) {
	name, at := s.Name, -1
	var kept []string
	for _, line := range d.lines {
		if of := directiveName(line); of == "" || of != s.Name && of != s.Alias {
			kept = append(kept, line)
			continue
		} else if at < 0 {
			name, at = of, len(kept)
		}
	}
	lines := make([]string, len(values))
	for i, value := range values {
		lines[i] = name + " " + value
	}
	if at < 0 || last {
		for at = len(kept); at > 0 && strings.TrimSpace(kept[at-1]) == ""; {
			at--
		}
		if !slices.Contains(kept, rewriteMark) {
			lines = append([]string{rewriteMark}, lines...)
		}
		if at == len(kept) {
			lines = append(lines, "")
		}
	}
	d.lines = slices.Insert(kept, at, lines...)
}

// directiveName is what a line sets, in lower case, or empty.
func directiveName(line string) string {
	line = strings.Trim(line, " \t\r")
	if line == "" || line[0] == '#' {
		return ""
	}
	words, err := resp.SplitArgs([]byte(line))
	if err != nil || len(words) == 0 {
		return ""
	}
	return strings.ToLower(string(words[0]))
}

// redisLines is the arguments of the directives that give the setting its value in c.
func (s Setting) redisLines(c *Config) []string {
	field := s.value(c).Addr().Interface()
	if several, ok := field.(interface{ lines() []string }); ok {
		return several.lines()
	}
	text := s.format(c)
	switch {
	case text == "":
		return []string{`""`}
	case s.Unit == "bytes" && !s.composite():
		return []string{formatBytes(s.value(c).Int())}
	case s.quotes(), s.composite():
		return []string{text}
	}
	return []string{quoteWord(text)}
}

// editRedis returns a file's text with the settings that Set changed, and
// checks that it means that.
func (p *Parameters) editRedis(old string) (string, error) {
	before, err := parseRedis(p.file, old, p.settings)
	if err != nil {
		return "", err
	}
	doc := redisDocument{strings.Split(old, "\n")}
	for _, s := range p.settings {
		was, mentioned := before.settings[s.Name]
		if !mentioned {
			was = p.defaultText(s)
		}
		if p.changed[s.Name] && was != s.format(&p.current) {
			from := before.last[s.Name].file
			doc.set(s, s.redisLines(&p.current), from != "" && from != p.file)
		}
	}
	text := strings.Join(doc.lines, "\n")
	after, err := parseRedis(p.file, text, p.settings)
	if err != nil {
		return "", fmt.Errorf("the edited file would not be readable: %w", err)
	}
	for _, s := range p.settings {
		if want, got := p.wantedRedis(s, before), p.redisValue(s, after); got != want {
			return "", fmt.Errorf("%s is written in a way that cannot be edited; change it by hand to %s", s.Name, s.format(&p.current))
		}
	}
	return text, nil
}

// wantedRedis is the text form that the edited file must give s.
func (p *Parameters) wantedRedis(s Setting, before redisFile) string {
	if p.changed[s.Name] {
		return s.format(&p.current)
	}
	return p.redisValue(s, before)
}

// redisValue is the text form that a file gives s.
func (p *Parameters) redisValue(s Setting, file redisFile) string {
	if value, ok := file.settings[s.Name]; ok {
		return value.(string)
	}
	return p.defaultText(s)
}
