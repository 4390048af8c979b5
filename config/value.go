package config

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// A textValue is a type of setting with a text form of its own.
type textValue interface {
	// parse sets the value from text, or leaves it and says why not, in
	// the words that CONFIG SET answers with. What the text does not
	// mention may keep its present value.
	parse(text string) error
	// format is the text that parse would set the same value from.
	format() string
}

// parse sets the setting's field of c from text, or leaves it unchanged and
// returns why in the words of Redis.
func (s Setting) parse(c *Config, text string) error {
	field := s.value(c)
	if own, ok := field.Addr().Interface().(textValue); ok {
		return own.parse(text)
	}
	switch field.Interface().(type) {
	case bool:
		on, err := parseBool(text)
		if err == nil {
			field.SetBool(on)
		}
		return err
	case string:
		word, err := s.parseString(text)
		if err == nil {
			field.SetString(word)
		}
		return err
	case []string:
		words, err := splitWords(text)
		if err == nil {
			field.Set(reflect.ValueOf(words))
		}
		return err
	case fs.FileMode:
		mode, err := strconv.ParseUint(text, 8, 32)
		if err != nil || int64(mode) > s.max {
			return errors.New("argument must be an octal number between 0 and 0777")
		}
		field.SetUint(mode)
		return nil
	default:
		n, err := s.parseNumber(text)
		if err == nil {
			field.SetInt(n)
		}
		return err
	}
}

// format is the text form of the setting's value in c.
func (s Setting) format(c *Config) string {
	field := s.value(c)
	if own, ok := field.Addr().Interface().(textValue); ok {
		return own.format()
	}
	switch value := field.Interface().(type) {
	case bool:
		if value {
			return "yes"
		}
		return "no"
	case string:
		return value
	case []string:
		return joinWords(value)
	case fs.FileMode:
		return strconv.FormatUint(uint64(value), 8)
	default:
		return formatInt(field.Int())
	}
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "true":
		return true, nil
	case "no", "false":
		return false, nil
	}
	return false, errors.New("argument must be 'yes' or 'no'")
}

func (s Setting) parseString(text string) (string, error) {
	if s.Enum == nil {
		return text, checkText(s.check, text)
	}
	for _, word := range s.Enum {
		if strings.EqualFold(word, text) {
			return word, nil
		}
	}
	return "", fmt.Errorf("argument(s) must be one of the following: %s", strings.Join(s.Enum, ", "))
}

func (s Setting) parseNumber(text string) (int64, error) {
	var n int64
	var err error
	if s.Unit == "bytes" {
		if n, err = parseBytes(text); err != nil {
			return 0, errors.New("argument must be a memory value")
		}
	} else if n, err = strconv.ParseInt(text, 10, 64); err != nil || text[0] == '+' {
		return 0, errors.New("argument couldn't be parsed into an integer")
	}
	if s.high != 0 && n >= s.min && n <= s.max {
		return min(max(n, s.low), s.high), nil
	}
	if n < s.min || n > s.max {
		return 0, fmt.Errorf("argument must be between %d and %d inclusive", s.min, s.max)
	}
	return n, nil
}

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }

// byteUnits are Redis's: a k is a thousand and a kb is 1024.
var byteUnits = map[string]int64{
	"": 1, "b": 1,
	"k": 1000, "kb": 1 << 10,
	"m": 1000 * 1000, "mb": 1 << 20,
	"g": 1000 * 1000 * 1000, "gb": 1 << 30,
}

// parseBytes reads a size such as 100mb. The empty text is 0, as in Redis.
func parseBytes(text string) (int64, error) {
	digits := len(text)
	for i, c := range text {
		if c < '0' || c > '9' {
			digits = i
			break
		}
	}
	unit, ok := byteUnits[strings.ToLower(text[digits:])]
	if !ok || (digits == 0 && text != "") {
		return 0, errors.New("not a size")
	}
	if digits == 0 {
		return 0, nil
	}
	n, err := strconv.ParseInt(text[:digits], 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return 0, errors.New("too large")
	}
	return n * unit, nil
}

// formatBytes is the shortest exact text of a size, for people and files.
func formatBytes(n int64) string {
	for _, unit := range []string{"gb", "mb", "kb"} {
		if size := byteUnits[unit]; n != 0 && n%size == 0 {
			return formatInt(n/size) + unit
		}
	}
	return formatInt(n)
}
