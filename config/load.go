package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/viper"
)

// EnvFile is the environment variable that names the configuration file where
// no flag does.
const EnvFile = envPrefix + "CONFIG"

// envForTests is set where tests must find a redis-server; servers under test
// inherit it.
const envForTests = envPrefix + "REQUIRE_REDIS"

const envPrefix = "PERIGEE_"

// Sources is where Load looks, besides the environment and the defaults.
type Sources struct {
	// File is the path of a file, or empty. The ending of its name tells
	// whether it is TOML or YAML; any other is in Redis's format.
	File string
	// Input is more configuration in Redis's format, which prevails over the
	// file's; HasInput tells an empty one from none.
	Input    string
	HasInput bool
	// Flags holds the text of every flag that was given, by the name or
	// alias of the setting; a flag given several times has several texts.
	Flags map[string][]string
}

// Loaded is what Load found.
type Loaded struct {
	Config Config
	// File is the absolute path of the file that was read, or empty.
	File string
	// Warnings are things that look like mistakes and need not be ones, a
	// line each: environment variables that begin like settings and name none.
	Warnings []string
}

// Load reads all sources: a flag prevails over the environment, that over the
// file, that over the default. The error is a Problems with everything that is
// wrong, so that one start shows it all.
func Load(src Sources) (Loaded, error) {
	l := &loader{settings: Settings(), src: src, v: viper.NewWithOptions(viper.KeyDelimiter("\x00"))}
	l.readFile()
	l.bindEnvironment()
	l.setFlags()
	c := Default()
	for _, s := range l.settings {
		l.apply(&c, s)
	}
	if len(l.problems) == 0 {
		for _, p := range c.Validate() {
			p.Source = l.origin(l.byName(p.Key))
			l.problems = append(l.problems, p)
		}
	}
	if len(l.problems) > 0 {
		return Loaded{}, Problems(l.problems)
	}
	if c.Storage.Dir != "" {
		var err error
		if c.Storage.Dir, err = filepath.Abs(c.Storage.Dir); err != nil {
			return Loaded{}, Problems{{Key: "dir", Value: c.Storage.Dir, Reason: err.Error()}}
		}
	}
	return Loaded{Config: c, File: l.path, Warnings: l.warnings}, nil
}

// loader is one run of Load. It has a viper of its own, because viper is not
// safe to share and keeps what it read.
type loader struct {
	settings []Setting
	src      Sources
	v        *viper.Viper
	path     string // absolute path of the file
	document *document
	lines    map[string]directive // by setting, where a text in Redis's format gave it
	problems []Problem
	warnings []string
}

func (l *loader) wrong(source, key, value, reason string) {
	l.problems = append(l.problems, Problem{Source: source, Key: key, Value: value, Reason: reason})
}

// byName finds a setting by its name or alias; it returns the zero Setting for
// a name that is neither.
func (l *loader) byName(name string) Setting {
	for _, s := range l.settings {
		if name == s.Name || (name == s.Alias && name != "") {
			return s
		}
	}
	return Setting{}
}

// redisKind is the format of redis.conf, the others are toml and yaml.
const redisKind = "redis"

// readFile gives viper what the file and the input say, with aliases replaced
// by names.
func (l *loader) readFile() {
	var redis redisReader
	isRedis := l.src.HasInput
	if l.src.File != "" {
		kind := fileKind(l.src.File)
		text, err := readBounded(l.src.File, maxConfigBytes)
		if err == nil {
			l.path, err = filepath.Abs(l.src.File)
		}
		switch {
		case err != nil:
			l.wrong(l.src.File, "", "", err.Error())
			return
		case kind == redisKind:
			isRedis = true
			redis.read(l.src.File, text, 0)
		default:
			l.readTree(kind, text)
		}
	}
	if isRedis {
		redis.read("standard input", l.src.Input, 0)
		l.mergeRedis(redis)
	}
}

// mergeRedis gives viper what directives say.
func (l *loader) mergeRedis(redis redisReader) {
	file := resolveRedis(redis.directives, l.settings)
	l.problems = append(append(l.problems, redis.problems...), file.problems...)
	l.lines = file.last
	if _, given := file.last["save"]; !given && l.document != nil {
		delete(file.settings, "save") // the file, which is in another format, decides
	}
	l.merge(file.settings)
}

// readTree gives viper what a file in TOML or YAML says.
func (l *loader) readTree(kind, text string) {
	l.document = newDocument(kind, text)
	settings, err := parseText(kind, []byte(text))
	if err != nil {
		l.wrong(l.src.File, "", "", err.Error())
		return
	}
	for _, key := range sortedKeys(settings) {
		value := settings[key]
		s := l.byName(key)
		if s.Name == "" {
			l.wrong(l.inFile(key), key, shown(value), unknown(key, l.settings))
		} else if value == nil {
			l.wrong(l.inFile(key), key, "", "must have a value")
		}
		if s.Alias != "" && key == s.Alias {
			if _, both := settings[s.Name]; both {
				l.wrong(l.inFile(key), key, shown(value), "another name of "+s.Name+", which the file sets as well")
			}
			delete(settings, key)
			settings[s.Name] = value
		}
	}
	l.merge(settings)
}

func (l *loader) merge(settings map[string]any) {
	if err := l.v.MergeConfigMap(settings); err != nil {
		l.wrong(l.src.File, "", "", err.Error())
	}
}

// parseText returns the top level of a file's text.
func parseText(kind string, text []byte) (map[string]any, error) {
	v := viper.NewWithOptions(viper.KeyDelimiter("\x00"))
	v.SetConfigType(kind)
	if err := v.ReadConfig(bytes.NewReader(text)); err != nil {
		return nil, err
	}
	top := map[string]any{}
	for _, path := range v.AllKeys() {
		key, _, _ := strings.Cut(path, "\x00")
		top[key] = v.Get(key) // nil for a key without a value
	}
	return top, nil
}

// fileKind tells the format of a configuration file from its name; no file at
// all is of none, and Redis takes any name.
func fileKind(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".toml":
		return "toml"
	case ".yaml", ".yml":
		return "yaml"
	}
	if path == "" {
		return ""
	}
	return redisKind
}

// bindEnvironment lets viper look settings up in the environment, and notes
// variables that were probably meant to be settings.
func (l *loader) bindEnvironment() {
	known := map[string]bool{EnvFile: true, envForTests: true}
	l.v.AllowEmptyEnv(true)
	for _, s := range l.settings {
		names := append([]string{s.Name}, envNames(s)...)
		_ = l.v.BindEnv(names...) // fails only when it is given no name
		for _, name := range names {
			known[name] = true
		}
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, envPrefix) && !known[name] {
			l.warnings = append(l.warnings, "environment variable "+name+" is no setting")
		}
	}
	sort.Strings(l.warnings)
}

// envNames is the variables that set s, the one that prevails first.
func envNames(s Setting) []string {
	if s.Alias == "" {
		return []string{s.EnvName()}
	}
	return []string{s.EnvName(), Setting{Name: s.Alias}.EnvName()}
}

// setFlags gives viper the flags.
func (l *loader) setFlags() {
	for _, name := range sortedKeys(l.src.Flags) {
		texts := l.src.Flags[name]
		s := l.byName(name)
		switch {
		case s.Name == "":
			l.wrong("flag --"+name, name, strings.Join(texts, " "), unknown(name, l.settings))
		case s.phrases:
			users := Users(texts)
			l.v.Set(s.Name, users.format())
		case s.List || s.adds:
			l.v.Set(s.Name, strings.Join(texts, " "))
		case len(texts) > 0:
			l.v.Set(s.Name, texts[len(texts)-1])
		}
	}
}

// apply parses the value that prevails for s into c.
func (l *loader) apply(c *Config, s Setting) {
	l.v.SetDefault(s.Name, s.Default)
	value := l.v.Get(s.Name)
	text, err := s.text(value)
	if err == nil {
		err = s.parse(c, text)
	}
	if err != nil {
		l.wrong(l.origin(s), s.Name, shown(value), err.Error())
	}
}

// origin names the source whose value prevails for s.
func (l *loader) origin(s Setting) string {
	for _, name := range []string{s.Name, s.Alias} {
		if _, given := l.src.Flags[name]; given {
			return "flag --" + name
		}
	}
	for _, name := range envNames(s) {
		if _, given := os.LookupEnv(name); given {
			return "environment " + name
		}
	}
	if l.v.InConfig(s.Name) {
		return l.inFile(s.Name)
	}
	return "default"
}

// inFile names the place of a key, or of its alias, in the file.
func (l *loader) inFile(key string) string {
	if d, ok := l.lines[key]; ok {
		return d.source()
	}
	for _, name := range []string{key, l.byName(key).Alias} {
		if line, ok := l.document.find(name); ok {
			return fmt.Sprintf("%s:%d", l.src.File, line.from+1)
		}
	}
	return l.src.File
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
