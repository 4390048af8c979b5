package main

import "github.com/spf13/cobra"

// scriptCommand holds the tools that look at what scripts and functions do.
func scriptCommand(std streams) *cobra.Command {
	parent := &cobra.Command{Use: "script", Short: "See what scripts and functions do"}
	parent.AddCommand(scriptListCommand(std), scriptStatsCommand(std), scriptExplainCommand(std), scriptProfileCommand(std))
	return parent
}
