package scripting

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
)

// debugHelp is what help says, in the words that users of redis-cli know.
func debugHelp() []string {
	return []string{
		"Redis Lua debugger help:",
		"[h]elp               Show this help.",
		"[s]tep               Run current line and stop again.",
		"[n]ext               Alias for step.",
		"[c]ontinue           Run till next breakpoint.",
		"[l]ist               List source code around current line.",
		"[l]ist [line]        List source code around [line].",
		"                     line = 0 means: current position.",
		"[l]ist [line] [ctx]  In this form [ctx] specifies how many lines",
		"                     to show before/after [line].",
		"[w]hole              List all source code. Alias for 'list 1 1000000'.",
		"[p]rint              Show all the local variables.",
		"[p]rint <var>        Show the value of the specified variable.",
		"                     Can also show global vars KEYS and ARGV.",
		"[b]reak              Show all breakpoints.",
		"[b]reak <line>       Add a breakpoint to the specified line.",
		"[b]reak -<line>      Remove breakpoint from the specified line.",
		"[b]reak 0            Remove all breakpoints.",
		"[t]race              Show a backtrace.",
		"[e]val <code>        Execute some Lua code (in a different callframe).",
		"[r]edis <cmd>        Execute a Redis command.",
		"[m]axlen [len]       Trim logged Redis replies and Lua var dumps to len.",
		"                     Specifying zero as <len> means unlimited.",
		"[a]bort              Stop the execution of the script. In sync",
		"                     mode dataset changes will be retained.",
		"",
		"Debugger functions you can call from Lua scripts:",
		"redis.debug()        Produce logs in the debugger console.",
		"redis.breakpoint()   Stop execution like if there was a breakpoint in the",
		"                     next line of code.",
	}
}

const (
	listContext    = 5
	maxBreakpoints = 64
)

// command executes a command of the debugger.
func (d *debugSession) command(argv [][]byte) {
	if len(argv) == 0 {
		return
	}
	name, args := strings.ToLower(string(argv[0])), argv[1:]
	is := func(word string) bool { return name == word || name == word[:1] }
	switch {
	case is("help"):
		d.log = append(d.log, debugHelp()...)
	case is("step"), is("next"):
		d.step, d.goOn = true, true
	case is("continue"):
		d.goOn = true
	case is("list") && len(args) <= 2:
		d.list(args)
	case is("whole"):
		d.sayLines(1, len(d.source))
	case is("print"):
		d.print(args)
	case is("break"):
		d.breaks(args)
	case is("trace"):
		d.trace()
	case is("eval"):
		d.evaluate(joinWords(args))
	case is("redis") && len(args) > 0:
		d.redis(args)
	case is("maxlen"):
		d.trim(args)
	case is("abort"):
		d.own.m.hook.stop(errAborted)
		d.goOn = true
	default:
		d.say("<error> Unknown Redis Lua debugger command or wrong number of arguments.")
	}
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

func (d *debugSession) list(args [][]byte) {
	around, context := d.line, listContext
	if len(args) > 0 && number(args[0]) > 0 {
		around = number(args[0])
	}
	if len(args) > 1 {
		context = max(number(args[1]), 0)
	}
	d.sayLines(around-context, around+context)
}

func (d *debugSession) sayLines(from, to int) {
	for line := max(from, 1); line <= min(to, len(d.source)); line++ {
		d.sayLine(line)
	}
}

func (d *debugSession) sayLine(line int) {
	if line < 1 || line > len(d.source) {
		d.say(fmt.Sprintf("-> %-3d %s", line, "<out of range source code line>"))
		return
	}
	marks := "   "
	switch here, stop := line == d.line, d.breakpoints[line]; {
	case here && stop:
		marks = "->#"
	case here:
		marks = "-> "
	case stop:
		marks = "  #"
	}
	d.say(fmt.Sprintf("%s%-3d %s", marks, line, d.source[line-1]))
}

// print shows a variable by name, in the innermost function that has it, or
// all variables of the current one.
func (d *debugSession) print(args [][]byte) {
	if len(args) == 0 {
		names, values := d.locals(0)
		for i, name := range names {
			d.sayTrimmed("<value> ", name+" = "+d.own.m.dump(values[i]))
		}
		if len(names) == 0 {
			d.say("No local variables in the current context.")
		}
		return
	}
	name := string(args[0])
	for level := 0; ; level++ {
		if _, ok := d.thread.GetStack(level); !ok {
			break
		}
		names, values := d.locals(level)
		for i := len(names) - 1; i >= 0; i-- {
			if names[i] == name {
				d.sayTrimmed("<value> ", d.own.m.dump(values[i]))
				return
			}
		}
	}
	if value := d.own.m.eval.values.RawGetString(name); (name == "KEYS" || name == "ARGV") && value != lua.LNil {
		d.sayTrimmed("<value> ", d.own.m.dump(value))
		return
	}
	d.say("No such variable.")
}

// locals are the named variables of the function at a level of the stack.
func (d *debugSession) locals(level int) (names []string, values []lua.LValue) {
	proto, pc, ok := luaFrame(d.thread, level)
	if !ok {
		return nil, nil
	}
	dbg, _ := d.thread.GetStack(level)
	for n := 1; ; n++ {
		name, ok := localAt(proto, pc, n-1)
		if !ok {
			return names, values
		}
		if _, value := d.thread.GetLocal(dbg, n); value != nil && !strings.HasPrefix(name, "(") {
			names, values = append(names, name), append(values, value)
		}
	}
}

func (d *debugSession) breaks(args [][]byte) {
	if len(args) == 0 {
		if len(d.breakpoints) == 0 {
			d.say("No breakpoints set. Use 'b <line>' to add one.")
			return
		}
		d.say(strconv.Itoa(len(d.breakpoints)) + " breakpoints set:")
		lines := make([]int, 0, len(d.breakpoints))
		for line := range d.breakpoints {
			lines = append(lines, line)
		}
		slices.Sort(lines)
		for _, line := range lines {
			d.sayLine(line)
		}
		return
	}
	for _, arg := range args {
		line, err := strconv.Atoi(string(arg))
		switch {
		case err != nil:
			d.say("Invalid argument:'" + string(arg) + "'")
		case line == 0:
			clear(d.breakpoints)
			d.say("All breakpoints removed.")
		case line > 0:
			d.addBreakpoint(line)
		case d.breakpoints[-line]:
			delete(d.breakpoints, -line)
			d.say("Breakpoint removed.")
		default:
			d.say("No breakpoint in the specified line.")
		}
	}
}

func (d *debugSession) addBreakpoint(line int) {
	switch {
	case len(d.breakpoints) == maxBreakpoints:
		d.say("Too many breakpoints set.")
	case line > len(d.source):
		d.say("Wrong line number.")
	default:
		d.breakpoints[line] = true
		d.sayLines(line-1, line+1)
	}
}

func (d *debugSession) trace() {
	for level := 0; ; level++ {
		if _, ok := d.thread.GetStack(level); !ok {
			return
		}
		proto, pc, ok := luaFrame(d.thread, level)
		if !ok || proto.SourceName != d.chunk {
			continue
		}
		name, in := "top level", "In"
		if caller, at, ok := luaFrame(d.thread, level+1); ok {
			if inst := instruction(caller.Code[at]); inst.op() == lua.OP_CALL || inst.op() == lua.OP_TAILCALL {
				if called, _ := registerName(caller, at, inst.a()); called != "" {
					name = called
				}
			}
		}
		if level > 0 {
			in = "From"
		}
		d.say(in + " " + name + ":")
		d.sayLine(proto.DbgSourcePositions[pc])
	}
}

// evaluate runs code in the script's environment: it sees globals, and not the
// script's local variables.
func (d *debugSession) evaluate(code string) {
	own := d.own
	compiled, err := compile("ldb_eval", "return "+code, own.m.bindable)
	if err != nil {
		compiled, err = compile("ldb_eval", code, own.m.bindable)
	}
	if err != nil {
		d.say("<error> " + oneLine(err))
		return
	}
	d.quietly(func() {
		value, err := own.m.call(own.m.function(compiled, own.m.eval), Monitor{})
		var failed *ScriptError
		switch {
		case err == nil:
			d.sayTrimmed("<retval> ", own.m.dump(value))
		case errors.As(err, &failed) && failed.Value != nil:
			d.say("<error> " + strings.TrimPrefix(errorText(failed.Value), "ERR "))
		default:
			d.say("<error> " + oneLine(err))
		}
	})
}

// redis runs a command as if the script had called it.
func (d *debugSession) redis(argv [][]byte) {
	d.quietly(func() {
		reply := &luaReply{m: d.own.m}
		reply.reset(d.own.run.resp3)
		d.step = true // show it
		err := d.own.run.Call(argv, reply)
		d.called(argv, d.own.run.Ran(), reply.result, err)
		d.step = false
	})
}

// quietly does something in the script's place that is not the script's.
func (d *debugSession) quietly(fn func()) {
	d.quiet = true
	if d.sync {
		fn()
	} else {
		d.inView(fn)
	}
	d.quiet = false
}

func (d *debugSession) trim(args [][]byte) {
	if len(args) > 0 {
		d.maxLen = number(args[0])
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
		parts = append(parts, s.m.dump(L.Get(i)))
	}
	s.debug.sayTrimmed("", "<debug> line "+itoa(s.debug.line)+": "+strings.Join(parts, ", "))
	return 0
}

var _ engine.Interceptor = (*debugSession)(nil)
