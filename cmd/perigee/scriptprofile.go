package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"perigee/engine/resp"
)

// profileOptions is what script profile was asked for.
type profileOptions struct {
	seconds float64
	every   int // microseconds
	filter  string
	output  string
	format  string
}

func scriptProfileCommand(std streams) *cobra.Command {
	var t target
	var o profileOptions
	cmd := &cobra.Command{
		Use:   "profile [flags]",
		Short: "Show what scripts spend their time on",
		Long: `Sample what the scripts, functions and module commands of a server spend their
time on, for some seconds or until an interrupt, and write it down: as a file for
"go tool pprof", or as collapsed stacks, one a line, for flame graphs. Weights are
nanoseconds.`,
		Example: "  perigee script profile --seconds 30 -o script.pb.gz\n  perigee script profile --filter transfer --format collapsed | flamegraph.pl > transfer.svg",
		Args:    cobra.NoArgs,
		RunE: does(func(_ *cobra.Command, _ []string) error {
			write, err := o.writer()
			if err != nil {
				return err
			}
			if err := t.resolve(); err != nil {
				return err
			}
			conn, err := t.connect()
			if err != nil {
				return err
			}
			defer conn.Close()
			began := time.Now()
			stacks, err := sampleScripts(conn, o)
			if err != nil {
				return err
			}
			if len(stacks) == 0 {
				fmt.Fprintln(std.err, "no script ran meanwhile")
			}
			return writeOutput(o.output, std.out, func(w io.Writer) error { return write(w, stacks, began, time.Since(began)) })
		}),
	}
	addTarget(cmd, &t)
	flags := cmd.Flags()
	flags.Float64Var(&o.seconds, "seconds", 10, "how long to sample")
	flags.IntVar(&o.every, "every", 100, "microseconds of scripts between two samples; 0 samples at every look, which takes longer and is exact")
	flags.StringVar(&o.filter, "filter", "", "only this script, by its SHA1 or the beginning of that, or only this function or command")
	flags.StringVar(&o.format, "format", "", "pprof or collapsed; collapsed unless there is a file to write")
	flags.StringVarP(&o.output, "output", "o", "", "file to write; standard output if empty or -")
	return cmd
}

// profileWriter writes stacks that were sampled for a time since began.
type profileWriter func(w io.Writer, stacks []stack, began time.Time, lasted time.Duration) error

func (o *profileOptions) writer() (profileWriter, error) {
	if o.output == "-" {
		o.output = ""
	}
	if o.format == "" {
		o.format = "collapsed"
		if o.output != "" {
			o.format = "pprof"
		}
	}
	switch o.format {
	case "pprof":
		return writePprof, nil
	case "collapsed":
		return writeCollapsed, nil
	}
	return nil, &failure{exitUsage, fmt.Errorf("--format: %q is not pprof or collapsed", o.format)}
}

// sampleScripts has a server's profiler run for as long as was asked for.
func sampleScripts(conn *resp.Conn, o profileOptions) ([]stack, error) {
	start := []string{"SCRIPT", "PROFILE", "START", "EVERY", strconv.Itoa(o.every)}
	if o.filter != "" {
		start = append(start, "FILTER", o.filter)
	}
	if _, err := ask(conn, start...); err != nil {
		return nil, err
	}
	ctx, cease := interruptible()
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(o.seconds * float64(time.Second))):
	}
	cease()
	if _, err := ask(conn, "SCRIPT", "PROFILE", "STOP"); err != nil {
		return nil, err
	}
	reply, err := ask(conn, "SCRIPT", "PROFILE", "GET")
	if err != nil {
		return nil, err
	}
	stacks := make([]stack, len(reply.Elems))
	for i, line := range reply.Elems {
		if stacks[i], err = parseStack(line.String()); err != nil {
			return nil, err
		}
	}
	_, err = ask(conn, "SCRIPT", "PROFILE", "RESET")
	return stacks, err
}

// ask sends a command and returns its reply, or the error that it replied.
func ask(conn *resp.Conn, args ...string) (resp.Value, error) {
	reply, err := conn.Do(args...)
	if err == nil {
		err = reply.Err()
	}
	return reply, err
}

// writeOutput writes a file, or standard output where it has no name.
func writeOutput(path string, stdout io.Writer, write func(io.Writer) error) error {
	if path == "" {
		w := bufio.NewWriter(stdout)
		return errors.Join(write(w), w.Flush())
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	return nil
}
