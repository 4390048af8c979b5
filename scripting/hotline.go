package scripting

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// hotLines finds the line of a run on which it spends most, from one look at
// each tick: a line counts as many steps as passed since the tick before. When
// there are more lines than places, a new one takes the place, and the count,
// of that with the least, so a line with a large share is never missed.
type hotLines struct {
	lines [16]hotLine
	n     int
	steps int64 // of all lines
}

type hotLine struct {
	source string
	line   int
	steps  int64
}

// note counts the steps since the tick before for the line that L is at. total
// is the steps of the whole run.
func (h *hotLines) note(L *lua.LState, total int64) {
	steps := total - h.steps
	h.steps = total
	for walk := framesOf(L); ; {
		fn, pc := walk.next()
		if fn == nil {
			return
		}
		if !fn.IsG {
			h.add(fn.Proto.SourceName, lineOf(fn.Proto, pc), steps)
			return
		}
	}
}

func (h *hotLines) add(source string, line int, steps int64) {
	least := 0
	for i := range h.lines[:h.n] {
		l := &h.lines[i]
		if l.line == line && l.source == source {
			l.steps += steps
			return
		}
		if l.steps < h.lines[least].steps {
			least = i
		}
	}
	if h.n < len(h.lines) {
		least = h.n
		h.n++
		h.lines[least].steps = 0
	}
	h.lines[least] = hotLine{source, line, h.lines[least].steps + steps}
}

// hottest is the line with the most steps, as source:line, and its share of
// the run from 0 to 1. It is empty for a run that ended before its first tick.
func (h *hotLines) hottest() (place string, share float64) {
	var most hotLine
	for _, l := range h.lines[:h.n] {
		if l.steps > most.steps {
			most = l
		}
	}
	if most.steps == 0 {
		return "", 0
	}
	return most.source + ":" + itoa(most.line), float64(most.steps) / float64(h.steps)
}

// String shows the hottest line with its share, as "user_script:3 (85%)", or is
// empty.
func (h *hotLines) String() string {
	place, share := h.hottest()
	if place == "" {
		return ""
	}
	return fmt.Sprintf("%s (%.0f%%)", place, 100*share)
}
