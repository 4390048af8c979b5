package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
)

func runCommand(std streams) *cobra.Command {
	var t target
	var ephemeral, raw, noRaw, explain, call, ldb, ldbSyncMode bool
	var modules []string
	cmd := &cobra.Command{
		Use:   "run [flags] FILE [KEY...] [, ARG...]",
		Short: "Run a Lua script",
		Long: `Run a Lua script on a server, as EVAL does: what stands before a comma of its own
becomes KEYS, what follows it ARGV. FILE may be - for standard input.

With --ephemeral the script runs in an empty engine within this process, which is
gone afterwards. With --ldb it runs in the debugger.`,
		Example: "  perigee run transfer.lua alice bob , 30\n  perigee run --ephemeral try.lua\n  perigee run --ldb transfer.lua alice bob , 30",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("run needs the file of a script")
			}
			if len(modules) > 0 && !ephemeral {
				return errors.New("--modules is for --ephemeral; a server has the modules it was started with")
			}
			return does(func(*cobra.Command, []string) error {
				s := &session{target: &t, out: std.out, err: std.err, raw: (raw || !isTerminal(std.out)) && !noRaw}
				defer s.close()
				s.explaining = explain
				t.resp3 = t.resp3 || explain
				s.call = call
				switch {
				case ldbSyncMode:
					s.ldb = ldbSync
				case ldb:
					s.ldb = ldbPrivate
				}
				if ephemeral {
					return runEphemeral(s, modules, args, std.in)
				}
				if err := t.resolve(); err != nil {
					return err
				}
				return runScript(s, args, std.in)
			})(cmd, args)
		},
	}
	addTarget(cmd, &t)
	cmd.Flags().BoolVar(&ephemeral, "ephemeral", false, "run in an engine of its own instead of on a server")
	cmd.Flags().StringArrayVar(&modules, "modules", nil, "Lua modules to load into that engine; may be given several times")
	cmd.Flags().BoolVar(&explain, "explain", false, "run for trial: show what the script would do, and undo it")
	cmd.Flags().BoolVar(&raw, "raw", false, "show the reply raw, as on a pipe")
	cmd.Flags().BoolVar(&noRaw, "no-raw", false, "show the reply for people, as on a terminal")
	cmd.Flags().BoolVar(&ldb, "ldb", false, "run in the debugger; what the script changes is undone")
	cmd.Flags().BoolVar(&ldbSyncMode, "ldb-sync-mode", false, "run in the debugger; what the script changes stays, and others wait meanwhile")
	cmd.Flags().BoolVar(&call, "call", false, "the arguments are a command that runs a script, such as FCALL or one of a module, instead of a file")
	cmd.MarkFlagsMutuallyExclusive("raw", "no-raw")
	cmd.MarkFlagsMutuallyExclusive("explain", "ldb", "ldb-sync-mode")
	return cmd
}

// runScript runs a file's script in a session and shows the reply.
func runScript(s *session, args []string, stdin *os.File) error {
	command := args
	if !s.call {
		if s.ldb != ldbOff && args[0] == "-" {
			return errors.New("standard input is for the debugger's commands, so the script must be in a file")
		}
		source, err := readScript(args[0], stdin)
		if err != nil {
			return err
		}
		command = evalCommand(source, args[1:])
	}
	if err := s.connect(); err != nil {
		return err
	}
	switch {
	case s.explaining:
		return s.explain(command)
	case s.ldb != ldbOff:
		return s.debug(command, stdin)
	}
	if err := s.do(command); err != nil {
		return err
	}
	return s.outcome()
}

// evalCommand is EVAL with the words before a comma as keys.
func evalCommand(source string, words []string) []string {
	keys, argv := words, []string(nil)
	if comma := slices.Index(words, ","); comma >= 0 {
		keys, argv = words[:comma], words[comma+1:]
	}
	return slices.Concat([]string{"EVAL", source, strconv.Itoa(len(keys))}, keys, argv)
}

func readScript(path string, stdin io.Reader) (string, error) {
	var source []byte
	var err error
	if path == "-" {
		source, err = io.ReadAll(stdin)
	} else {
		source, err = os.ReadFile(path)
	}
	if err != nil {
		return "", fmt.Errorf("read script: %w", err)
	}
	return string(source), nil
}
