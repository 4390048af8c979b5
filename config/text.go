package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// composite reports whether the setting's text form is several words that a
// file may also give as a list.
func (s Setting) composite() bool {
	_, own := s.value(new(Config)).Addr().Interface().(textValue)
	return own
}

// quotes reports whether the words of the setting's text form are quoted where
// they hold spaces.
func (s Setting) quotes() bool {
	_, own := s.value(new(Config)).Addr().Interface().(interface{ quotesWords() })
	return own || s.List
}

// Several reports whether the setting's value may be several words.
func (s Setting) Several() bool { return s.List || s.composite() }

// JoinWords is the text form of a setting whose value is several words; a
// single word is a text form itself.
func (s Setting) JoinWords(words []string) string {
	if len(words) > 1 && s.quotes() {
		return joinWords(words)
	}
	return strings.Join(words, " ")
}

// text turns what a file's reader made of a value into the text form.
func (s Setting) text(value any) (string, error) {
	list, isList := value.([]any)
	if !isList {
		return scalarText(value)
	}
	if !s.List && !s.composite() {
		return "", errors.New("must be one value, not a list")
	}
	var words []string
	for _, element := range list {
		more, err := s.elementWords(element)
		if err != nil {
			return "", err
		}
		words = append(words, more...)
	}
	return strings.Join(words, " "), nil
}

// elementWords is the text form of one element of a list.
func (s Setting) elementWords(element any) ([]string, error) {
	if table, ok := element.(map[string]any); ok && reflect.TypeOf(s.value(new(Config)).Interface()) == reflect.TypeFor[ModuleSettings]() {
		return moduleWords(table)
	}
	word, err := scalarText(element)
	switch {
	case s.phrases:
		word = quotePhrase(word)
	case s.List:
		word = quoteWord(word)
	}
	return []string{word}, err
}

// moduleWords turns a [[module]] table into words name.key=value.
func moduleWords(table map[string]any) ([]string, error) {
	name, ok := table["name"].(string)
	if !ok || name == "" || strings.Contains(name, ".") {
		return nil, errors.New(`every [[module]] needs a name without dots, as in name = "ratelimit"`)
	}
	var words []string
	for _, key := range sortedKeys(table) {
		if key == "name" {
			continue
		}
		value, err := scalarText(table[key])
		if err != nil {
			return nil, fmt.Errorf("module %s: %s %w", name, key, err)
		}
		words = append(words, quoteWord(name+"."+key+"="+value))
	}
	return words, nil
}

// scalarText is the text form of a single value of a file.
func scalarText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		if v {
			return "yes", nil
		}
		return "no", nil
	case int:
		return formatInt(int64(v)), nil
	case int64:
		return formatInt(v), nil
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return formatInt(int64(v)), nil
		}
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case nil:
		return "", errors.New("must have a value")
	}
	return "", errors.New("must be a string, a number or a boolean")
}

// shown is a value as a problem names it.
func shown(value any) string {
	if text, err := scalarText(value); err == nil {
		return text
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
