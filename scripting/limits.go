package scripting

import (
	"fmt"
	"strconv"
	"strings"

	"perigee/engine"
)

// A LimitError ends a run that exceeded a limit. No pcall catches it, and what
// the run wrote is undone.
type LimitError struct {
	Which string // time, instructions, memory, commands, written, reply or pattern
	Bound int64
}

func (e *LimitError) Error() string {
	for _, l := range engine.EachScriptLimit() {
		if l.Which == e.Which {
			return fmt.Sprintf("%s the script exceeded its limit of %d %s", e.Which, e.Bound, l.Unit)
		}
	}
	return e.Which
}

// exceeds is the error of a limit if n is over its bound; zero is none.
func exceeds(which string, n, bound int64) error {
	if bound > 0 && n > bound {
		return &LimitError{which, bound}
	}
	return nil
}

// setLimit takes an option such as time-limit=50; known is false for others.
func setLimit(to *engine.ScriptLimits, option string) (known bool, err error) {
	name, value, _ := strings.Cut(option, "=")
	for _, l := range engine.EachScriptLimit() {
		if l.Option != name {
			continue
		}
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 1 {
			return true, engine.Errf("Invalid " + name + ": '" + value + "' is not a number of " + l.Unit + " above 0")
		}
		*l.Of(to) = n
		return true, nil
	}
	return false, nil
}

// moduleLimits are the limits among a module's settings.
func moduleLimits(settings map[string]string) (l engine.ScriptLimits, err error) {
	for name, value := range settings {
		if _, err := setLimit(&l, name+"="+value); err != nil {
			return l, err
		}
	}
	return l, nil
}
