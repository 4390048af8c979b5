package engine

import (
	"slices"
	"strings"
)

// moduleCommands tell of the Lua modules that brought commands. Modules of
// Redis, which are machine code, cannot be loaded.
func moduleCommands() []Command {
	const admin = Admin | NoScript
	load := func(name, since, summary string, arity int, args ...Arg) Command {
		return Command{Name: "module|" + name, Group: GroupServer, Since: since, Summary: summary, Complexity: "O(1)",
			Args: args, Arity: arity, Flags: admin | NoAsyncLoading, Run: refuseModule}
	}
	parameter, more := With("CONFIG", Block("configs", String("name"), String("value"))), With("ARGS", Block("args", String("arg")))
	parameter.Multiple, parameter.MultipleToken, more.Multiple = true, true, true
	return []Command{
		{
			Name: "lolwut", Group: GroupServer, Since: "5.0.0",
			Summary: "Shows the version, and computer art.", Complexity: "O(1)",
			Args:  []Arg{Opt(With("VERSION", Integer("version")))},
			Arity: -1, Flags: ReadOnly | Fast,
			Run: lolwut,
		}, {
			Name: "module", Group: GroupServer, Since: "4.0.0",
			Summary: "A container for module commands.", Complexity: "Depends on subcommand.", Arity: -2,
		}, {
			Name: "module|help", Group: GroupServer, Since: "5.0.0",
			Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)",
			Arity: 2, Flags: Loading | Stale,
			Run: Help("MODULE", []string{
				"LIST", "    Return a list of loaded modules.",
				"LOAD <path> [<arg> ...]", "    Load a module library from <path>, passing to it any optional arguments.",
				"LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]", "    Load a module library from <path>, while passing it module configurations and optional arguments.",
				"UNLOAD <name>", "    Unload a module.",
			}),
		}, {
			Name: "module|list", Group: GroupServer, Since: "4.0.0",
			Summary: "Returns the modules that brought commands.", Complexity: "O(N) where N is the number of commands.",
			Arity: 2, Flags: admin, Tips: []string{"nondeterministic_output_order"},
			Run: moduleList,
		},
		load("load", "4.0.0", "Loads a module of Redis, and is refused.", -3, String("path"), Opt(Many(String("arg")))),
		load("loadex", "7.0.0", "Loads a module of Redis with parameters, and is refused.", -3, String("path"), Opt(parameter), Opt(more)),
		load("unload", "4.0.0", "Unloads a module of Redis, and is refused.", 3, String("name")),
	}
}

func refuseModule(*Keyspace, Args, Reply) error {
	return Errf("modules cannot be loaded by command: the configuration names the Lua modules")
}

// moduleList replies with name, version, path and arguments of each module, as
// far as a Lua module has them.
func moduleList(ks *Keyspace, _ Args, w Reply) error {
	var names []string
	for _, c := range ks.e.Commands() {
		if c.Module != "" && !slices.Contains(names, c.Module) {
			names = append(names, c.Module)
		}
	}
	w.Array(len(names))
	for _, name := range names {
		w.Map(4)
		w.BulkString("name")
		w.BulkString(name)
		w.BulkString("ver")
		w.Int(1)
		w.BulkString("path")
		w.BulkString("")
		w.BulkString("args")
		w.Array(0)
	}
	return nil
}

// lolwut shows one turn around the Earth; of what version asks for.
func lolwut(_ *Keyspace, args Args, w Reply) error {
	if len(args) > 1 && args.Is(0, "VERSION") {
		if _, err := args.Int(1); err != nil {
			return err
		}
	}
	w.Verbatim("txt", []byte(strings.Join([]string{
		"          .  -  ~  ~  -  .",
		"      .                     .",
		"    .                         .",
		"   *   ( )                     .",
		"    .                         .",
		"      .                     .",
		"          .  -  _  _  -  .",
		"", "Perigee ver. " + Version, "",
	}, "\n")))
	return nil
}
