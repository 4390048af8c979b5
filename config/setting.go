package config

import (
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Setting is one declaration, as read from a field's tag.
type Setting struct {
	Name    string
	Alias   string // an older name, or empty
	Group   string // title of the group it belongs to
	Default string // in the text form
	Enum    []string
	Unit    string // bytes, octal, seconds, milliseconds, microseconds, or empty
	Live    bool   // whether CONFIG SET may change it
	Inert   bool   // whether it is accepted without effect
	Origin  string // redis or perigee
	Doc     string
	Bool    bool // yes or no
	List    bool // any number of words

	protected bool   // whether it is live only for whom enable-protected-configs allows
	hidden    bool   // whether CONFIG does not know it
	adds      bool   // whether further lines and flags add to it
	phrases   bool   // whether it is any number of texts with spaces
	check     string // what checkText is to look for

	min, max  int64
	low, high int64 // what values are moved to, if high is not 0
	group     int   // index of the group in Config
	field     int   // index of the field in the group
}

// Settings is every setting, in the order of declaration. It reads the tags of
// Config anew on each call: keep the result where it is needed often.
func Settings() []Setting {
	var all []Setting
	config := reflect.TypeFor[Config]()
	for g := range config.NumField() {
		group := config.Field(g)
		for f := range group.Type.NumField() {
			s := declared(group.Type.Field(f))
			s.Group, s.group, s.field = group.Tag.Get("title"), g, f
			s.Inert = group.Tag.Get("inert") == "yes"
			all = append(all, s)
		}
	}
	return all
}

// declared reads one field's tag.
func declared(f reflect.StructField) Setting {
	s := Setting{
		Name:    f.Tag.Get("key"),
		Alias:   f.Tag.Get("alias"),
		Default: f.Tag.Get("default"),
		Unit:    f.Tag.Get("unit"),
		Live:    f.Tag.Get("live") == "yes",
		Origin:  f.Tag.Get("origin"),
		Doc:     f.Tag.Get("doc"),
		Bool:    f.Type.Kind() == reflect.Bool,
		List:    f.Type == reflect.TypeFor[[]string](),
		check:   f.Tag.Get("check"),
		min:     bound(f.Tag.Get("min")),
		max:     bound(f.Tag.Get("max")),
	}
	s.protected, s.hidden = f.Tag.Get("live") == "protected", f.Tag.Get("listed") == "no"
	s.adds = f.Tag.Get("repeat") == "adds"
	s.phrases = f.Type == reflect.TypeFor[Users]()
	low, high, _ := strings.Cut(f.Tag.Get("clamp"), ",")
	s.low, s.high = bound(low), bound(high)
	if words := f.Tag.Get("enum"); words != "" {
		s.Enum = strings.Split(words, ",")
	}
	return s
}

// bound reads a bound of a number; a setting without one has zero, which only
// settings that are not numbers may have.
func bound(text string) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		panic("config: bound " + text + ": " + err.Error())
	}
	return n
}

// EnvName is the environment variable that sets it.
func (s Setting) EnvName() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// Allowed tells in a few words which values it takes.
func (s Setting) Allowed() string {
	switch {
	case s.Bool:
		return "yes, no"
	case s.Enum != nil:
		return strings.Join(s.Enum, ", ")
	case s.Unit == "octal":
		return "octal"
	case s.max != 0:
		return s.allowedNumbers()
	case s.List:
		return "words"
	case s.phrases:
		return "words in quotes"
	}
	return "text"
}

// allowedNumbers leaves out the bounds that are only those of a type.
func (s Setting) allowedNumbers() string {
	format, suffix := formatInt, ""
	switch s.Unit {
	case "bytes":
		format = formatBytes
	case "":
	default:
		suffix = " " + s.Unit
	}
	switch {
	case s.high != 0:
		return format(s.low) + " to " + format(s.high) + suffix
	case s.max < math.MaxInt32, s.Unit == "bytes" && s.max < math.MaxInt64:
		return format(s.min) + " to " + format(s.max) + suffix
	case s.min == math.MinInt32:
		return "integer"
	}
	return format(s.min) + " or more" + suffix
}

// value is the field of c that the setting declares.
func (s Setting) value(c *Config) reflect.Value {
	return reflect.ValueOf(c).Elem().Field(s.group).Field(s.field)
}
