package scripting

import "slices"

// debugHelp is what help says, in the words that users of redis-cli know but
// where Perigee's dialect means something else.
func debugHelp(perigee bool) []string {
	next := "[n]ext               Alias for step."
	show := []string{
		"[p]rint <var>        Show the value of the specified variable.",
		"                     Can also show global vars KEYS and ARGV.",
	}
	eval := "[e]val <code>        Execute some Lua code (in a different callframe)."
	if perigee {
		next = "[n]ext               Run current line, functions it calls included."
		show = []string{
			"[p]rint <expr>       Show the value of an expression, which may have",
			"                     the chosen frame's variables, KEYS and ARGV.",
		}
		eval = "[e]val <code>        Execute some Lua code with the same variables."
	}
	return slices.Concat([]string{
		"Redis Lua debugger help:",
		"[h]elp               Show this help.",
		"[s]tep               Run current line and stop again.",
		next,
		"[c]ontinue           Run till next breakpoint.",
		"[l]ist               List source code around current line.",
		"[l]ist [line]        List source code around [line].",
		"                     line = 0 means: current position.",
		"[l]ist [line] [ctx]  In this form [ctx] specifies how many lines",
		"                     to show before/after [line].",
		"[w]hole              List all source code. Alias for 'list 1 1000000'.",
		"[p]rint              Show all the local variables.",
	}, show, []string{
		"[b]reak              Show all breakpoints.",
		"[b]reak <line>       Add a breakpoint to the specified line.",
		"[b]reak -<line>      Remove breakpoint from the specified line.",
		"[b]reak 0            Remove all breakpoints.",
		"[t]race              Show a backtrace.",
		eval,
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
	})
}

// moreHelp is what help adds about Perigee's own commands.
func moreHelp() []string {
	return []string{
		"",
		"Perigee adds:",
		"[o]ver               Run current line, functions it calls included.",
		"[f]inish, out        Run till the function of the chosen frame returns.",
		"[b]reak <line> if <expr>",
		"                     Stop there only when <expr> is true.",
		"[b]reak <file>:<line>",
		"                     The same in another file of a module.",
		"[u]p, [d]own         Choose the caller's frame, or back.",
		"frame [n]            Choose a frame; 0 is the innermost.",
		"locals, upvalues     Show the variables of the chosen frame.",
		"watch <expr>         Show the value of <expr> at each stop.",
		"unwatch              Show no such values any more.",
		"files                Show the files of the script.",
		"dialect perigee      Have next be over, and have eval and print take",
		"                     expressions with the chosen frame's variables.",
		"dialect redis        Have them be as in Redis.",
	}
}
