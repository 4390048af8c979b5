// Command perigee is the server and its tools, in one binary.
//
// main.go takes the command line to a subcommand and its error to an exit
// status. serve.go is the server's process: settings, log, signals; wire.go
// puts the parts of the server together; admin.go and metrics.go are what it
// shows over HTTP. cli.go, run.go, module.go and script.go are the tools, and
// client.go how they reach a server; complete.go is for shells.
//
// default.pgo tells the compiler which code is hot: scripts and plain commands,
// some of each kind, pipelined. It is to be renewed when much of that has
// changed: build with -trimpath, serve with admin-listen, take
// /debug/pprof/profile under each kind of load, and merge the profiles with
// go tool pprof -proto.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Exit statuses, as the README states them.
const (
	exitOK        = 0
	exitFailed    = 1   // what was asked for did not succeed
	exitUsage     = 2   // the command line or the configuration is wrong
	exitInterrupt = 130 // a second signal cut a shutdown short
)

func main() {
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams is the process's input and output.
type streams struct {
	in       *os.File
	out, err io.Writer
}

// run is main with everything passed in; it returns the exit status.
func run(args []string, std streams) int {
	root := rootCommand(std)
	root.SetArgs(joinValues(args))
	err := root.Execute()
	if err == nil {
		return exitOK
	}
	status := exitUsage
	var failed *failure
	if errors.As(err, &failed) {
		status, err = failed.status, failed.err
	}
	if err != nil {
		fmt.Fprintln(std.err, "perigee: "+err.Error())
	}
	return status
}

// A failure is an error of a command that ran, as opposed to one of the command line.
type failure struct {
	status int
	err    error // nil when all was said already
}

func (f *failure) Error() string {
	if f.err == nil {
		return "failed"
	}
	return f.err.Error()
}

// does makes a cobra action of what a command does: its errors end the process
// with exitFailed unless they say otherwise.
func does(action func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := action(cmd, args)
		var failed *failure
		if err == nil || errors.As(err, &failed) {
			return err
		}
		return &failure{exitFailed, err}
	}
}

func rootCommand(std streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "perigee",
		Short: "A programmable datastore that speaks the Redis protocol",
		Long: `Perigee is a programmable datastore that speaks the Redis protocol.

Start a server with "perigee serve" and talk to it with "perigee cli", redis-cli,
or any Redis client.`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.SetVersionTemplate("perigee {{.Version}}\n")
	root.AddCommand(serveCommand(std), cliCommand(std), runCommand(std), moduleCommand(std), scriptCommand(std), journalCommand(std), versionCommand(std))
	root.SetHelpCommand(helpCommand(root))
	root.InitDefaultCompletionCmd()
	refuseUnknown(root.Commands())
	return root
}

// refuseUnknown makes a word a mistake that is none of the commands which a
// command only holds; alone, that shows its help.
func refuseUnknown(parents []*cobra.Command) {
	for _, c := range parents {
		if c.HasSubCommands() && !c.Runnable() {
			c.Args, c.DisableFlagsInUseLine = cobra.NoArgs, true
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
}

// helpCommand is cobra's, except that asking for what there is not is a mistake.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND]",
		Short:             "Show what a command does and its flags",
		ValidArgsFunction: completeHelp(root),
		RunE: func(_ *cobra.Command, args []string) error {
			found, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("no help for %q", strings.Join(args, " "))
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}
