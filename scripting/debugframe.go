package scripting

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// debugFrame is a call of a function in one of the session's sources.
type debugFrame struct {
	dbg  *lua.Debug
	fn   *lua.LFunction
	pc   int
	name string // as its caller calls it, or empty
	at   debugPlace
}

// frames are those of the thread that has stopped, the innermost first.
func (d *debugSession) frames() []debugFrame {
	var all []debugFrame
	depth, nameless := -1, false // nameless: the last of all waits for its name
	for level := 0; ; level++ {
		dbg, ok := d.thread.GetStack(level)
		if !ok {
			return all
		}
		if at := frameDepth(dbg); depth >= 0 && at != depth-1 {
			continue // stands for a frame that a tail call has replaced
		}
		depth = frameDepth(dbg)
		fn, inTail := frameCalled(dbg)
		if fn.IsG {
			nameless = false
			continue
		}
		pc, chunk := framePC(dbg), d.chunk(fn.Proto.SourceName)
		if nameless {
			all[len(all)-1].name = calledAs(fn.Proto, pc)
		}
		nameless = chunk != nil && !inTail
		if chunk != nil {
			all = append(all, debugFrame{dbg: dbg, fn: fn, pc: pc, at: debugPlace{chunk, max(fn.Proto.DbgSourcePositions[pc], 1)}})
		}
	}
}

// calledAs is how an instruction names the function that it calls, or empty.
func calledAs(caller *lua.FunctionProto, pc int) string {
	switch inst := instruction(caller.Code[pc]); inst.op() {
	case lua.OP_CALL, lua.OP_TAILCALL:
		name, _ := registerName(caller, pc, inst.a())
		return name
	case lua.OP_TFORLOOP:
		return "(for generator)"
	}
	return ""
}

// chosen is the frame that commands are about.
func (d *debugSession) chosen() debugFrame { return d.frames()[d.frame] }

// choose makes a frame the one that commands are about, and shows it.
func (d *debugSession) choose(n int) {
	frames := d.frames()
	if n < 0 || n >= len(frames) {
		d.say("<error> There is no such frame.")
		return
	}
	d.frame, d.at = n, frames[n].at
	d.say("Frame " + itoa(n) + ", " + d.frameText(frames[n]) + ":")
	d.sayLine(d.at)
}

func (d *debugSession) frameText(f debugFrame) string {
	text := f.name
	if text == "" {
		text = "top level"
	}
	if len(d.chunks) > 1 {
		text += " (" + f.at.chunk.name + ")"
	}
	return text
}

// trace shows how the script came to where it is.
func (d *debugSession) trace() {
	for i, f := range d.frames() {
		in := "In "
		if i > 0 {
			in = "From "
		}
		d.say(in + d.frameText(f) + ":")
		d.sayLine(f.at)
	}
}

// debugVariable is a name and what it holds.
type debugVariable struct {
	name  string
	value lua.LValue
}

// locals are the local variables of a frame, in the order of their declaration.
func (d *debugSession) locals(f debugFrame) []debugVariable {
	var all []debugVariable
	for n := 1; ; n++ {
		name, ok := localAt(f.fn.Proto, f.pc, n-1)
		if !ok {
			return all
		}
		if _, value := d.thread.GetLocal(f.dbg, n); value != nil {
			all = append(all, debugVariable{name, value})
		}
	}
}

// upvalues are the variables of functions around it that a frame's uses.
func upvalues(f debugFrame) []debugVariable {
	var all []debugVariable
	for i, name := range f.fn.Proto.DbgUpvalues {
		if !strings.HasPrefix(name, "(") {
			all = append(all, debugVariable{name, f.fn.Upvalues[i].Value()})
		}
	}
	return all
}

// visible are the variables that a name can mean in a frame: the last of a
// name is the one that it means.
func (d *debugSession) visible(f debugFrame) []debugVariable {
	return append(upvalues(f), d.locals(f)...)
}

func named(variables []debugVariable, name string) (lua.LValue, bool) {
	for _, v := range slices.Backward(variables) {
		if v.name == name {
			return v.value, true
		}
	}
	return nil, false
}

// print shows a variable by name, in the innermost function that has it, or
// all local ones.
func (d *debugSession) print(args [][]byte) {
	if len(args) != 1 {
		d.sayVariables(d.locals(d.chosen()), "No local variables in the current context.")
		return
	}
	name := string(args[0])
	for _, f := range d.frames()[d.frame:] {
		if value, ok := named(d.visible(f), name); ok {
			d.sayValue("<value> ", value)
			return
		}
	}
	if value := d.env.values.RawGetString(name); (name == "KEYS" || name == "ARGV") && value != lua.LNil {
		d.sayValue("<value> ", value)
		return
	}
	d.say("No such variable.")
}

func (d *debugSession) sayVariables(variables []debugVariable, none string) {
	for _, v := range variables {
		d.sayValue("<value> "+v.name+" = ", v.value)
	}
	if len(variables) == 0 {
		d.say(none)
	}
}
