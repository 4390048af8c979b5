package scripting

import (
	"slices"
	"strconv"
	"strings"
)

// command executes a command of the debugger: at once, or as a task of the
// script's goroutine, which then goes on or waits for the next command.
func (d *debugSession) command(argv [][]byte) {
	if len(argv) == 0 {
		d.sayUnknown()
		return
	}
	name, args := strings.ToLower(string(argv[0])), argv[1:]
	is := func(word string) bool { return name == word || name == word[:1] }
	switch {
	case is("help"):
		d.lines = slices.Concat(d.lines, debugHelp(d.perigee), moreHelp())
	case is("next") && d.perigee, is("over"):
		d.resume(stepOver)
	case is("step"), is("next"):
		d.resume(stepInto)
	case is("finish"), name == "out":
		d.resume(stepOut)
	case is("continue"):
		d.goOn = true
	case is("list"):
		d.list(args)
	case is("whole"):
		d.sayAround(debugPlace{d.at.chunk, 1}, len(d.at.chunk.lines))
	case is("print") && d.perigee && len(args) > 0:
		d.do(func() { d.eval(joinWords(args), "<value> ") })
	case is("print"):
		d.print(args)
	case is("break"):
		d.breaks(args)
	case is("trace"):
		d.trace()
	case is("eval"):
		d.do(func() { d.eval(joinWords(args), "<retval> ") })
	case is("redis") && len(args) > 0:
		d.do(func() { d.redis(args) })
	case is("maxlen"):
		d.trim(args)
	case is("abort"):
		d.own.m.hook.stop(errAborted)
		d.goOn = true
	default:
		d.ownCommand(name, args)
	}
}

// ownCommand executes a command that Redis does not have.
func (d *debugSession) ownCommand(name string, args [][]byte) {
	switch {
	case name == "up", name == "u":
		d.choose(d.frame + 1)
	case name == "down", name == "d":
		d.choose(d.frame - 1)
	case name == "frame" && len(args) == 0:
		d.choose(d.frame)
	case name == "frame":
		d.choose(number(args[0]))
	case name == "locals":
		d.sayVariables(d.locals(d.chosen()), "No local variables in the current context.")
	case name == "upvalues":
		d.sayVariables(upvalues(d.chosen()), "No upvalues in the current function.")
	case name == "watch" && len(args) > 0:
		d.watch(joinWords(args))
	case name == "unwatch":
		d.watches = nil
		d.say("Nothing is watched.")
	case name == "files":
		d.files()
	case name == "dialect" && len(args) == 1 && (string(args[0]) == "perigee" || string(args[0]) == "redis"):
		d.perigee = string(args[0]) == "perigee"
		d.say("The dialect is " + string(args[0]) + "'s.")
	default:
		d.sayUnknown()
	}
}

func (d *debugSession) sayUnknown() {
	d.say("<error> Unknown Redis Lua debugger command or wrong number of arguments.")
}

// do has the script's goroutine do something before it waits again.
func (d *debugSession) do(task func()) { d.task, d.goOn = task, true }

// resume lets the script go on for a step.
func (d *debugSession) resume(mode stepMode) {
	d.stepFrom(mode, d.thread, d.chosen())
	d.goOn = true
}

// watch adds an expression to those that are shown at each stop.
func (d *debugSession) watch(expression string) {
	if _, err := compile("watch", "return "+expression, nil); err != nil {
		d.say("<error> " + oneLine(err))
		return
	}
	if len(d.watches) == maxBreakpoints {
		d.say("Too much is watched.")
		return
	}
	d.watches = append(d.watches, expression)
	d.do(d.sayWatches)
}

func (d *debugSession) trim(args [][]byte) {
	if len(args) == 1 {
		d.maxLen = max(number(args[0]), 0)
		d.hinted = true
		if d.maxLen != 0 && d.maxLen < minMaxLen {
			d.maxLen = minMaxLen
		}
	}
	if d.maxLen == 0 {
		d.say("<value> replies are unlimited.")
		return
	}
	d.say("<value> replies are truncated at " + itoa(d.maxLen) + " bytes.")
}

func joinWords(words [][]byte) string {
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = string(w)
	}
	return strings.Join(parts, " ")
}

// number reads an argument as C's atoi does.
func number(arg []byte) int {
	end := 0
	for end < len(arg) && end < 9 && (isDigit(arg[end]) || end == 0 && arg[end] == '-') {
		end++
	}
	n, _ := strconv.Atoi(string(arg[:end]))
	return n
}
