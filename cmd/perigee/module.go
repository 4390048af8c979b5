package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"perigee/modules"
)

func moduleCommand(std streams) *cobra.Command {
	parent := &cobra.Command{Use: "module", Short: "Work on Lua modules"}
	parent.AddCommand(&cobra.Command{
		Use:   "check FILE...",
		Short: "Compile modules and show what they declare",
		Long: `Load each module into an engine of its own, as a server would, and show what it
declares. FILE is a Lua file, a folder with init.lua, or a pattern of either.`,
		Example: "  perigee module check ratelimit.lua modules/*",
		Args:    cobra.MinimumNArgs(1),
		RunE:    does(func(_ *cobra.Command, args []string) error { return checkModules(args, std) }),
	})
	return parent
}

// checkModules shows what modules declare, or why they do not load.
func checkModules(patterns []string, std streams) error {
	sources, err := modules.Find(patterns)
	failed := err != nil
	if failed {
		fmt.Fprintln(std.err, err)
	}
	for _, source := range sources {
		module, err := modules.Check(source)
		if err != nil {
			failed = true
			fmt.Fprintln(std.err, err)
			continue
		}
		fmt.Fprintln(std.out, source.Path+": "+declared(module))
	}
	if failed {
		return &failure{exitFailed, errors.New("not all modules are sound")}
	}
	return nil
}

// declared is what a module brings, in one line.
func declared(m *modules.Module) string {
	var commands []string
	for _, c := range m.Commands {
		commands = append(commands, strings.ToUpper(c.Name))
	}
	text := "module " + m.Name
	if len(commands) > 0 {
		text += "; commands " + strings.Join(commands, ", ")
	}
	if functions := m.Functions(); len(functions) > 0 {
		text += "; functions " + strings.Join(functions, ", ")
	}
	return text
}
