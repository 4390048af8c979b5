package main

import (
	"strings"

	"github.com/spf13/cobra"

	"perigee/engine"
	"perigee/scripting"
)

// builtin is the declarations of all commands but those of modules.
func builtin() []engine.Command {
	return engine.New(engine.Options{Commands: scripting.New(nil, nil).Commands()}).Commands()
}

// completeCommand offers the names of commands, and behind one that holds
// others theirs; what follows are keys and values, of which a shell knows nothing.
func completeCommand(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var offered []cobra.Completion
	for _, c := range builtin() {
		container, name, isSub := strings.Cut(c.Name, "|")
		if !isSub {
			container, name = "", c.Name
		}
		name = inCaseOf(word, name)
		if container == strings.ToLower(strings.Join(args, "|")) && strings.HasPrefix(name, word) {
			offered = append(offered, cobra.CompletionWithDesc(name, c.Summary))
		}
	}
	return offered, cobra.ShellCompDirectiveNoFileComp
}

// inCaseOf writes a name in capitals unless the word that it completes is not.
func inCaseOf(word, name string) string {
	if word != "" && word == strings.ToLower(word) {
		return name
	}
	return strings.ToUpper(name)
}

// completeHelp offers the commands below the one that was named.
func completeHelp(root *cobra.Command) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		found, _, err := root.Find(args)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var offered []cobra.Completion
		for _, c := range found.Commands() {
			if c.IsAvailableCommand() && strings.HasPrefix(c.Name(), word) {
				offered = append(offered, cobra.CompletionWithDesc(c.Name(), c.Short))
			}
		}
		return offered, cobra.ShellCompDirectiveNoFileComp
	}
}
