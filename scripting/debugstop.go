package scripting

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// stepping is where the script stops without a breakpoint.
type stepping struct {
	mode   stepMode
	from   *lua.LState    // the thread that it went on from
	outer  []*lua.LState  // the threads that had resumed that one
	depth  int            // of the function it went on from
	callee *lua.LFunction // that function
}

type stepMode uint8

const (
	stepNone stepMode = iota
	stepInto          // stop at the next line
	stepOver          // at the next of the same function, or of one that called it
	stepOut           // at the next of a function that called it
)

func (m stepMode) reason() string {
	if m == stepOut {
		return "step out"
	}
	return "step over"
}

// isShown tells whether the commands that the script calls are shown.
func (s *stepping) isShown() bool { return s.mode == stepInto || s.mode == stepOver }

// reached tells whether the script stops at the line that a thread has come to.
func (s *stepping) reached(L *lua.LState) bool {
	switch {
	case s.mode == stepNone:
		return false
	case s.mode == stepInto:
		return true
	case L != s.from: // either it has resumed that one, or was resumed by it
		return slices.Contains(s.outer, L)
	}
	fn, _, depth := currentInstruction(L)
	if s.mode == stepOut || fn != s.callee { // another function in its place: a call in tail position
		return depth < s.depth
	}
	return depth <= s.depth
}

// stepFrom begins a step from a frame.
func (s *stepping) stepFrom(mode stepMode, L *lua.LState, f debugFrame) {
	*s = stepping{mode: mode, from: L, depth: frameDepth(f.dbg), callee: f.fn}
	for outer := L.Parent; outer != nil; outer = outer.Parent {
		s.outer = append(s.outer, outer)
	}
}

// atLine is called before a line of any function is executed.
func (d *debugSession) atLine(L *lua.LState, proto *lua.FunctionProto, line int) {
	if d.quiet || d.own.m.hook.err != nil {
		return
	}
	chunk := d.chunk(proto.SourceName)
	if chunk == nil {
		return
	}
	d.thread, d.frame, d.at = L, 0, debugPlace{chunk, max(line, 1)}
	if d.gone {
		return
	}
	reason := d.stopReason()
	if reason == "" {
		return
	}
	d.stepping, d.asked, d.overdue = stepping{}, false, false
	d.say("* Stopped at " + d.placeText(d.at) + ", stop reason = " + reason)
	d.sayLine(d.at)
	d.quietly(d.sayWatches)
	d.wait()
}

// quietly does something in the script's place that is not the script's.
func (d *debugSession) quietly(do func()) {
	d.quiet = true
	do()
	d.quiet = false
}

// stopReason is why the script stops where it is, or empty.
func (d *debugSession) stopReason() string {
	switch {
	case d.asked:
		return "redis.breakpoint() called"
	case d.breaksHere():
		return "break point"
	case d.overdue:
		return errOverdue.Error()
	case d.reached(d.thread):
		return d.mode.reason()
	}
	return ""
}

// breaksHere tells whether there is a breakpoint whose condition, if it has
// one, is true. One that cannot be evaluated is told to the user.
func (d *debugSession) breaksHere() bool {
	b := d.breakpointAt(d.at)
	if b == nil || b.condition == "" {
		return b != nil
	}
	holds := false
	d.quietly(func() {
		value, failed := d.evaluate(b.condition, true)
		if failed != "" {
			d.say("<error> condition " + b.condition + ": " + failed)
		}
		holds = failed != "" || lua.LVAsBool(value)
	})
	return holds
}

// sayWatches shows the expressions that are watched.
func (d *debugSession) sayWatches() {
	for _, expression := range d.watches {
		if value, failed := d.evaluate(expression, true); failed != "" {
			d.say("<watch> " + expression + ": " + failed)
		} else {
			d.sayValue("<watch> "+expression+" = ", value)
		}
	}
}
