package config

import (
	"errors"
	"sort"
	"strconv"
	"strings"

	"perigee/engine"
	"perigee/engine/resp"
)

// OutputLimit bounds the unsent replies of a client: it is closed when they
// pass Hard bytes, or stay above Soft bytes for Seconds. Zero means no bound.
type OutputLimit struct {
	Hard, Soft int64
	Seconds    int64
}

// OutputLimits is client-output-buffer-limit: a bound for each class.
type OutputLimits struct {
	Normal, Replica, PubSub OutputLimit
}

// parse reads groups of class, hard, soft and seconds; classes that are not
// named keep their bounds.
func (l *OutputLimits) parse(text string) error {
	words := strings.Fields(text)
	if len(words)%4 != 0 {
		return errors.New("Wrong number of arguments in buffer limit configuration.")
	}
	next := *l
	for ; len(words) > 0; words = words[4:] {
		class := next.class(words[0])
		if class == nil {
			return errors.New("Invalid client class specified in buffer limit configuration.")
		}
		hard, errHard := parseBytes(words[1])
		soft, errSoft := parseBytes(words[2])
		seconds, errSeconds := strconv.ParseInt(words[3], 10, 32)
		if errors.Join(errHard, errSoft, errSeconds) != nil || seconds < 0 {
			return errors.New("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
		}
		*class = OutputLimit{Hard: hard, Soft: soft, Seconds: seconds}
	}
	*l = next
	return nil
}

func (l *OutputLimits) class(name string) *OutputLimit {
	switch strings.ToLower(name) {
	case "normal":
		return &l.Normal
	case "slave", "replica":
		return &l.Replica
	case "pubsub":
		return &l.PubSub
	}
	return nil
}

func (l *OutputLimits) format() string {
	return "normal " + l.Normal.format() + " slave " + l.Replica.format() + " pubsub " + l.PubSub.format()
}

// lines is a line for each class.
func (l *OutputLimits) lines() []string {
	return []string{"normal " + l.Normal.format(), "slave " + l.Replica.format(), "pubsub " + l.PubSub.format()}
}

func (l OutputLimit) format() string {
	return formatInt(l.Hard) + " " + formatInt(l.Soft) + " " + formatInt(l.Seconds)
}

// Events is notify-keyspace-events.
type Events engine.EventClass

func (e *Events) parse(text string) error {
	classes, err := engine.ParseEvents(text)
	if err == nil {
		*e = Events(classes)
	}
	return err
}

func (e *Events) format() string { return engine.EventClass(*e).String() }

// SavePoints is the pairs of seconds and changes of save.
type SavePoints []int64

func (s *SavePoints) parse(text string) error {
	if text == "" {
		*s = nil
		return nil
	}
	words := strings.Split(text, " ")
	points := make(SavePoints, len(words))
	for i, word := range words {
		if word == "" {
			word = "0" // as Redis reads what stands between two spaces
		}
		n, err := strconv.ParseInt(word, 10, 32)
		if err != nil || n < 0 || (i%2 == 0 && n == 0) {
			return errors.New("Invalid save parameters")
		}
		points[i] = n
	}
	if len(words)%2 != 0 {
		return errors.New("Invalid save parameters")
	}
	*s = points
	return nil
}

func (s *SavePoints) format() string {
	words := make([]string, len(*s))
	for i, n := range *s {
		words[i] = formatInt(n)
	}
	return strings.Join(words, " ")
}

// lines is a line for each pair; without any, the empty word.
func (s *SavePoints) lines() []string {
	if len(*s) == 0 {
		return []string{`""`}
	}
	var lines []string
	for i := 0; i+1 < len(*s); i += 2 {
		lines = append(lines, formatInt((*s)[i])+" "+formatInt((*s)[i+1]))
	}
	return lines
}

// ModuleSettings is what modules are told: for each module's name its settings
// and their values as text. Names of modules keep their case; keys are in lower
// case, which is all that the file's reader preserves.
type ModuleSettings map[string]map[string]string

// parse reads words of the form name.key=value. The name ends at the first dot.
func (m *ModuleSettings) parse(text string) error {
	words, err := splitWords(text)
	if err != nil {
		return err
	}
	all := ModuleSettings{}
	for _, word := range words {
		name, setting, dotted := strings.Cut(word, ".")
		key, value, assigned := strings.Cut(setting, "=")
		if !dotted || !assigned || name == "" || key == "" {
			return errors.New("argument must be words of the form name.key=value")
		}
		key = strings.ToLower(key)
		if _, again := all[name][key]; again {
			return errors.New("argument names " + name + "." + key + " twice")
		}
		if all[name] == nil {
			all[name] = map[string]string{}
		}
		all[name][key] = value
	}
	*m = all
	return nil
}

func (m *ModuleSettings) quotesWords() {}

func (m *ModuleSettings) format() string {
	var words []string
	for name, settings := range *m {
		for key, value := range settings {
			words = append(words, name+"."+key+"="+value)
		}
	}
	sort.Strings(words)
	return joinWords(words)
}

// Users is the definitions of users: names followed by rules, in words that
// may be quoted as on a command line of redis-cli.
type Users []string

// parse reads definitions in double quotes, or one without.
func (u *Users) parse(text string) error {
	text = strings.TrimSpace(text)
	if text == "" {
		*u = nil
		return nil
	}
	if text[0] != '"' {
		*u = Users{text}
		return nil
	}
	words, err := splitWords(text)
	if err == nil {
		*u = words
	}
	return err
}

func (u *Users) format() string {
	quoted := make([]string, len(*u))
	for i, definition := range *u {
		quoted[i] = quotePhrase(definition)
	}
	return strings.Join(quoted, " ")
}

// lines is the arguments of the directives in Redis's format.
func (u *Users) lines() []string { return *u }

// quotePhrase quotes a text whether that is necessary or not.
func quotePhrase(text string) string { return string(resp.AppendQuoted(nil, []byte(text))) }
