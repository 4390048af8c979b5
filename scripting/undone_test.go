package scripting_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/differential"
	"perigee/scripting"
)

// TestUndoneScriptsAndFunctionsLeaveNothing has scripts of random commands fail
// behind each of them, in every way in which what a script wrote is undone.
func TestUndoneScriptsAndFunctionsLeaveNothing(t *testing.T) {
	differential.Undone(t, differential.UndoOptions{
		Units: *diffOps / 8, Seed: *diffSeed,
		New: newUndoneEngine, Begin: loadFunctions,
		Ways: []differential.Way{
			{Name: "script", Fail: inScript("#!lua flags=rollback\n", ending{"error('stop')", "stop"})},
			{Name: "script under script-on-error rollback", Fail: underSetting},
			{Name: "function", Fail: inFunction("fails")},
			{Name: "killed script", Fail: inScript("", ending{"redis.call('test.kill', 'SCRIPT') while true do end", "Script killed by user with SCRIPT KILL"})},
			{Name: "module's command", Fail: inModule},
			{Name: "killed function", Fail: inFunction("dies")},
			{Name: "stopped script", Fail: inScript("", ending{"redis.call('test.stop') while true do end", "Script killed because the server stops"})},
			{Name: "command limit", Fail: atCommandLimit},
			{Name: "instruction limit", Fail: inScript("#!lua instruction-limit=20000\n", ending{"while true do end", "LIMIT instructions"})},
			{Name: "memory limit", Fail: inScript("#!lua memory-limit=9000000\n", ending{"return ('x'):rep(99999999)", "LIMIT memory"})},
			{Name: "atomic", Fail: inAtomic},
			{Name: "EXEC", Fail: differential.InExec},
		},
		Extra: func(n int) []differential.Command {
			switch n % 5 {
			case 0:
				return []differential.Command{{"FUNCTION", "LOAD", "REPLACE", fmt.Sprintf("#!lua name=other\nredis.register_function('other%d', function() end)", n%7)}}
			case 1:
				return []differential.Command{{"FUNCTION", "DELETE", "other"}}
			}
			part := fmt.Sprintf("redis.call('SET', KEYS[1], %d) %s(redis.call, 'APPEND', 's1', 'more')", n, []string{"pcall", "perigee.atomic"}[n%2])
			return []differential.Command{{"EVAL", part + []string{"", " error('no')"}[n/2%2], "1", "s0"}}
		},
	})
}

// newUndoneEngine makes an engine with commands that end the script that calls
// them, as others do with SCRIPT KILL and as the server does.
func newUndoneEngine(clock func() time.Time) *engine.Engine {
	s := scripting.New(nil, nil)
	kill := engine.Command{
		Name: "test.kill", Group: engine.GroupModule, Since: "1.0.0", Summary: "Kills the script.", Complexity: "O(1)",
		Args: []engine.Arg{engine.String("kind")}, Arity: 2, Flags: engine.AllowBusy,
		RunClient: func(c *engine.Client, args engine.Args, w engine.Reply) error {
			killer, err := c.Engine().Connect(engine.Peer{Unix: true}, nil)
			if err != nil {
				return err
			}
			defer c.Engine().Disconnect(killer)
			c.Engine().SetWake(func() {}, func() { c.Engine().Execute(killer, [][]byte{args[0], []byte("KILL")}) })
			c.Engine().Yield(c)
			w.Status(string(killer.Out.Bytes()))
			return nil
		},
	}
	stop := kill
	stop.Name, stop.Args, stop.Arity = "test.stop", nil, 1
	stop.RunClient = func(_ *engine.Client, _ engine.Args, w engine.Reply) error {
		s.Stop()
		w.Status("OK")
		return nil
	}
	e := engine.New(engine.Options{Commands: append(s.Commands(), kill, stop), Clock: clock, Seed: 1})
	s.Attach(e)
	m, err := s.LoadModule(scripting.ModuleSource{File: "undone.lua", Text: "#!lua name=undone_module\n" + callsListed +
		"perigee.command{name = 'undone.fails', summary = 'Fails.', arity = -2, handler = function(ARGV) calls(ARGV) error('handler stops') end}"})
	if err != nil {
		panic(err)
	}
	if err := m.Install(); err != nil {
		panic(err)
	}
	return e
}

// ending is a statement that ends a script, and a text in the error that its
// client gets.
type ending struct{ statement, text string }

// endings are those of functions, by the functions' names.
var endings = map[string]ending{
	"fails": {"error({err = 'MY stop'})", "MY stop"},
	"dies":  {"redis.call('test.kill', 'FUNCTION') while true do end", "Script killed by user with SCRIPT KILL"},
}

// callsListed is a function that calls commands: its first argument is how many
// they are, and each is behind the number of its words. listed makes these.
const callsListed = `local function calls(ARGV)
		local at = 2
		for _ = 1, ARGV[1] do
			redis.pcall(unpack(ARGV, at + 1, at + ARGV[at]))
			at = at + 1 + ARGV[at]
		end
	end
	`

func listed(commands []differential.Command) []string {
	list := []string{fmt.Sprint(len(commands))}
	for _, c := range commands {
		list = append(append(list, fmt.Sprint(len(c))), c...)
	}
	return list
}

// inModule has the handler of a module's command fail.
func inModule(a *differential.Actor, commands []differential.Command) error {
	return wantError(a, append(differential.Command{"undone.fails"}, listed(commands)...), "handler stops")
}

// loadFunctions loads the functions that fail.
func loadFunctions(a *differential.Actor) {
	library := "#!lua name=undone\n" + callsListed
	for name, e := range endings {
		library += fmt.Sprintf("redis.register_function{function_name = '%s', flags = {'rollback'}, callback = function(_, ARGV) calls(ARGV) %s end}\n", name, e.statement)
	}
	if v := a.Do("FUNCTION", "LOAD", library); v.Err() != nil {
		panic(v.Err())
	}
}

// inFunction has a function fail.
func inFunction(name string) func(*differential.Actor, []differential.Command) error {
	return func(a *differential.Actor, commands []differential.Command) error {
		return wantError(a, append(differential.Command{"FCALL", name, "0"}, listed(commands)...), endings[name].text)
	}
}

// inScript has a script fail whose first line is given.
func inScript(first string, e ending) func(*differential.Actor, []differential.Command) error {
	return func(a *differential.Actor, commands []differential.Command) error {
		body, args := calls(commands, 0)
		return wantError(a, append(differential.Command{"EVAL", first + body + e.statement, "0"}, args...), e.text)
	}
}

func wantError(a *differential.Actor, c differential.Command, text string) error {
	if v := a.Do(c...); v.Err() == nil || !strings.Contains(v.String(), text) {
		return fmt.Errorf("%s\nreplied %s, want an error with %q", c, v.Format(), text)
	}
	return nil
}

// calls is a script that calls commands, which are all among its arguments,
// behind others.
func calls(commands []differential.Command, others int) (body string, args []string) {
	var b strings.Builder
	for _, c := range commands {
		from := others + len(args)
		fmt.Fprintf(&b, "redis.pcall(unpack(ARGV, %d, %d)) ", from+1, from+len(c))
		args = append(args, c...)
	}
	return b.String(), args
}

func underSetting(a *differential.Actor, commands []differential.Command) error {
	a.Engine().Settings().ScriptRollback = true
	defer func() { a.Engine().Settings().ScriptRollback = false }()
	return inScript("", ending{"redis.call('GET')", "Wrong number of args"})(a, commands)
}

// atCommandLimit has the limit of commands end the script.
func atCommandLimit(a *differential.Actor, commands []differential.Command) error {
	first := fmt.Sprintf("#!lua command-limit=%d\n", len(commands))
	return inScript(first, ending{"pcall(redis.call, 'SET', 's0', 'over')", "LIMIT commands"})(a, commands)
}

// inAtomic has sections of a script fail, one within the other, though the
// script goes on.
func inAtomic(a *differential.Actor, commands []differential.Command) error {
	n := a.IntN(len(commands) + 1)
	outer, args := calls(commands[:n], 0)
	inner, more := calls(commands[n:], len(args))
	if a.IntN(2) == 0 {
		inner += "error('inner')"
	}
	script := fmt.Sprintf("return tostring(perigee.atomic(function() %s perigee.atomic(function() %s end) error('outer') end))", outer, inner)
	c := append(differential.Command{"EVAL", script, "0"}, append(args, more...)...)
	if v := a.Do(c...); v.String() != "false" {
		return fmt.Errorf("%s\nreplied %s", c, v.Format())
	}
	return nil
}
