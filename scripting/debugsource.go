package scripting

import (
	"fmt"
	"slices"
	"strings"

	"perigee/engine"
)

// debugSources are the sources that a session knows, and its breakpoints in
// them.
type debugSources struct {
	chunks      []*debugChunk
	breakpoints []breakpoint
	at          debugPlace // of the chosen frame
}

// debugChunk is one source: a script, a library, or a file of a module.
type debugChunk struct {
	name  string
	lines []string
}

// debugPlace is a line of a source, which counts from 1.
type debugPlace struct {
	chunk *debugChunk
	line  int
}

// breakpoint stops the script at a place, if its condition holds.
type breakpoint struct {
	debugPlace
	condition string // an expression, or empty
}

const (
	listContext    = 5
	maxBreakpoints = 64
)

func (s *debugSources) addChunk(name, source string) {
	c := &debugChunk{name: name}
	if source = strings.TrimRight(source, "\r\n"); source != "" {
		c.lines = strings.Split(source, "\n")
	}
	s.chunks = append(s.chunks, c)
	if s.at.chunk == nil {
		s.at.chunk = c
	}
}

// chunk returns the source of a name, or nil.
func (s *debugSources) chunk(name string) *debugChunk {
	for _, c := range s.chunks {
		if c.name == name {
			return c
		}
	}
	return nil
}

// place reads LINE, of the current source, or SOURCE:LINE, where the end of
// the source's name is enough.
func (s *debugSources) place(text string) (debugPlace, bool) {
	p := debugPlace{chunk: s.at.chunk}
	if colon := strings.LastIndexByte(text, ':'); colon >= 0 {
		name := strings.TrimSuffix(text[:colon], ".lua")
		found := slices.IndexFunc(s.chunks, func(c *debugChunk) bool {
			return strings.HasSuffix("/"+strings.TrimSuffix(c.name, ".lua"), "/"+name)
		})
		if found < 0 {
			return p, false
		}
		p.chunk, text = s.chunks[found], text[colon+1:]
	}
	line, ok := engine.ParseInt([]byte(text))
	p.line = int(line)
	return p, ok
}

// placeText is a place in a message: with the source's name if there are several.
func (s *debugSources) placeText(p debugPlace) string {
	if len(s.chunks) > 1 {
		return p.chunk.name + ":" + itoa(p.line)
	}
	return itoa(p.line)
}

func (s *debugSources) breakpointAt(p debugPlace) *breakpoint {
	for i := range s.breakpoints {
		if s.breakpoints[i].debugPlace == p {
			return &s.breakpoints[i]
		}
	}
	return nil
}

// sayLine shows a line of a source.
func (d *debugSession) sayLine(p debugPlace) {
	text, marks := "<out of range source code line>", "   "
	if p.line >= 1 && p.line <= len(p.chunk.lines) {
		text = p.chunk.lines[p.line-1]
	}
	switch here, stop := p == d.at, d.breakpointAt(p) != nil; {
	case here && stop:
		marks = "->#"
	case here:
		marks = "-> "
	case stop:
		marks = "  #"
	}
	d.say(fmt.Sprintf("%s%-3d %s", marks, p.line, text))
}

// sayAround shows the lines of a source around one.
func (d *debugSession) sayAround(p debugPlace, context int) {
	for line := max(p.line-context, 1); line <= min(p.line+context, len(p.chunk.lines)); line++ {
		d.sayLine(debugPlace{p.chunk, line})
	}
}

// list is list [LINE [CONTEXT]].
func (d *debugSession) list(args [][]byte) {
	around, context := d.at, listContext
	if len(args) > 0 {
		if p, ok := d.place(string(args[0])); ok && p.line > 0 {
			around = p
		} else if n := number(args[0]); n > 0 {
			around.line = n
		}
	}
	if len(args) > 1 {
		context = number(args[1])
	}
	d.sayAround(around, context)
}

// files shows the sources, the current one marked.
func (d *debugSession) files() {
	for _, c := range d.chunks {
		mark := "   "
		if c == d.at.chunk {
			mark = "-> "
		}
		d.say(mark + c.name + ", " + itoa(len(c.lines)) + " lines")
	}
}

// breaks is break [[-]LINE...], or break LINE if EXPRESSION.
func (d *debugSession) breaks(args [][]byte) {
	switch {
	case len(args) == 0:
		d.sayBreakpoints()
		return
	case len(args) > 2 && string(args[1]) == "if":
		d.conditional(args[0], joinWords(args[2:]))
		return
	}
	for _, arg := range args {
		spec, remove := strings.CutPrefix(string(arg), "-")
		p, ok := d.place(spec)
		switch {
		case !ok:
			d.say("Invalid argument:'" + string(arg) + "'")
		case p.line == 0:
			d.breakpoints = nil
			d.say("All breakpoints removed.")
		case remove:
			d.removeBreakpoint(p)
		default:
			d.addBreakpoint(breakpoint{debugPlace: p})
		}
	}
}

func (d *debugSession) sayBreakpoints() {
	if len(d.breakpoints) == 0 {
		d.say("No breakpoints set. Use 'b <line>' to add one.")
		return
	}
	d.say(itoa(len(d.breakpoints)) + " breakpoints set:")
	for _, b := range d.breakpoints {
		if b.chunk != d.at.chunk {
			d.say(b.chunk.name + ":")
		}
		d.sayLine(b.debugPlace)
		if b.condition != "" {
			d.say("       if " + b.condition)
		}
	}
}

// conditional sets a breakpoint with a condition, or gives one a condition.
func (d *debugSession) conditional(arg []byte, condition string) {
	p, ok := d.place(string(arg))
	if !ok {
		d.say("Invalid argument:'" + string(arg) + "'")
		return
	}
	if _, err := compile("condition", "return "+condition, nil); err != nil {
		d.say("<error> " + oneLine(err))
		return
	}
	if b := d.breakpointAt(p); b != nil {
		b.condition = condition
		d.sayAround(p, 1)
		return
	}
	d.addBreakpoint(breakpoint{p, condition})
}

func (d *debugSession) addBreakpoint(b breakpoint) {
	switch {
	case len(d.breakpoints) == maxBreakpoints:
		d.say("Too many breakpoints set.")
	case b.line < 1 || b.line > len(b.chunk.lines) || d.breakpointAt(b.debugPlace) != nil:
		d.say("Wrong line number.")
	default:
		d.breakpoints = append(d.breakpoints, b)
		d.sayAround(b.debugPlace, 1)
	}
}

func (d *debugSession) removeBreakpoint(p debugPlace) {
	if d.breakpointAt(p) == nil {
		d.say("No breakpoint in the specified line.")
		return
	}
	d.breakpoints = slices.DeleteFunc(d.breakpoints, func(b breakpoint) bool { return b.debugPlace == p })
	d.say("Breakpoint removed.")
}
