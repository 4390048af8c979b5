package scripting

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
	"perigee/engine/resp"
)

// debugLog is what a debugging client is sent next, line by line.
type debugLog struct {
	lines  []string
	maxLen int // of values and replies that are shown; 0 is no bound
	hinted bool
}

const (
	debugMaxLen = 256
	minMaxLen   = 60
	maxShown    = 1 << 20 // bytes of a value or reply where there is no other bound
)

// say adds a line.
func (l *debugLog) say(line string) {
	l.lines = append(l.lines, spacedLines.Replace(line))
}

// sayTrimmed adds a line that is as long as maxlen allows.
func (l *debugLog) sayTrimmed(text string) {
	if l.maxLen == 0 || len(text) <= l.maxLen {
		l.say(text)
		return
	}
	l.say(text[:l.maxLen] + " ...")
	if !l.hinted {
		l.hinted = true
		l.say("<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.")
	}
}

// bound is how much of a value is worth showing.
func (l *debugLog) bound() int {
	if l.maxLen == 0 {
		return maxShown
	}
	return l.maxLen + 1 // one more, so that it is trimmed
}

// flush sends the lines, of which there may be none, as a reply.
func (l *debugLog) flush(c *engine.Client) {
	c.Out.Array(len(l.lines))
	for _, line := range l.lines {
		c.Out.Status(line)
	}
	l.lines = nil
	c.Kick()
}

// sayValue shows a value behind a prefix.
func (d *debugSession) sayValue(prefix string, v lua.LValue) {
	d.sayTrimmed(prefix + d.own.m.dump(v, d.bound()))
}

// call has the script call a command: one that changes the private view is
// kept, and where the script goes step by step, the command and its reply are
// shown.
func (d *debugSession) call(r *run, argv [][]byte, reply *luaReply) error {
	if !d.isShown() {
		err := r.Call(argv, reply)
		d.note(argv, r.Ran())
		return err
	}
	d.say("<redis>" + commandLine(argv))
	var shown resp.Writer
	shown.SetProto(2)
	if r.resp3 {
		shown.SetProto(3)
	}
	err := r.Call(argv, twoReplies{reply, &shown})
	d.note(argv, r.Ran())
	switch {
	case err == nil:
		d.sayTrimmed("<reply> " + replyText(shown.Bytes(), r.resp3, d.bound()))
	case !r.Ran():
		d.sayError(wireError(err))
	default:
		d.say("<error> -" + wireError(err))
		d.sayTrimmed("<reply> " + `"-` + wireError(err) + `"`)
	}
	return err
}

func (d *debugSession) note(argv [][]byte, ran bool) {
	if !d.sync && ran {
		d.view.note(argv)
	}
}

// sayError shows an error reply, which begins with its code.
func (d *debugSession) sayError(text string) { d.say("<error> " + strings.TrimPrefix(text, "ERR ")) }

// noteError shows an error reply that a function of the redis library makes,
// where the script goes step by step.
func (s *Scripting) noteError(text string) {
	if s.debug != nil && s.debug.isShown() {
		s.debug.sayError(text)
	}
}

// redisBreakpoint is redis.breakpoint: it tells whether a debugger listens.
func (s *Scripting) redisBreakpoint(L *lua.LState) int {
	if s.debug != nil {
		s.debug.asked = true
	}
	L.Push(lua.LBool(s.debug != nil))
	return 1
}

// redisDebug is redis.debug: it shows its arguments to the debugger.
func (s *Scripting) redisDebug(L *lua.LState) int {
	if s.debug == nil {
		return 0
	}
	var parts []string
	for i := 1; i <= L.GetTop(); i++ {
		parts = append(parts, s.m.dump(L.Get(i), maxShown))
	}
	s.debug.say("<debug> line " + itoa(s.debug.at.line) + ": " + strings.Join(parts, ", "))
	return 0
}
