package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"perigee/engine/resp"
)

func scriptExplainCommand(std streams) *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:   "explain [flags] COMMAND [ARG...]",
		Short: "Show what a script or function would do, without doing it",
		Long: `Run EVAL, EVALSHA, FCALL or a command of a module for trial on a server, and show
what it replies, which commands it calls, and which keys it reads and changes,
with their values before and after. Everything is undone, and nobody notices.

To try a file, use "perigee run --explain".`,
		Example: "  perigee script explain FCALL transfer 2 alice bob 30",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("explain needs a command, such as FCALL")
			}
			return does(func(*cobra.Command, []string) error {
				if err := t.resolve(); err != nil {
					return err
				}
				t.resp3 = true
				s := &session{target: &t, out: std.out, err: std.err}
				defer s.close()
				return s.explain(args)
			})(cmd, args)
		},
	}
	addTarget(cmd, &t)
	return cmd
}

// explain shows what a command would do. The session must speak RESP3.
func (s *session) explain(args []string) error {
	if err := s.connect(); err != nil {
		return err
	}
	reply, err := ask(s.conn, append([]string{"SCRIPT", "EXPLAIN"}, args...)...)
	if err != nil {
		return err
	}
	return writeExplanation(s.out, reply)
}

// field is the value of a map's key, or the zero value.
func field(v resp.Value, name string) resp.Value {
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if v.Elems[i].String() == name {
			return v.Elems[i+1]
		}
	}
	return resp.Value{}
}

// writeExplanation shows the reply of SCRIPT EXPLAIN for people.
func writeExplanation(out io.Writer, e resp.Value) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	if text := field(e, "error"); !text.IsNull() {
		fmt.Fprintf(w, "error: %s\n", text)
	} else {
		separator := " "
		if text := field(e, "reply").Format(); strings.Contains(text, "\n") {
			separator = "\n"
		}
		fmt.Fprintf(w, "reply:%s%s\n", separator, field(e, "reply").Format())
	}
	fmt.Fprintf(w, "cost: %d instructions, %d bytes of memory, %d microseconds, %d bytes for the journal\n", field(e, "instructions").Int,
		field(e, "memory-bytes").Int, field(e, "microseconds").Int, field(e, "journal-bytes").Int)
	if commands := field(e, "commands").Elems; len(commands) > 0 {
		fmt.Fprintln(w, "\ncommand\tcalls\twrites\terrors")
		for _, c := range commands {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", field(c, "command"), field(c, "calls").Int, field(c, "writes").Int, field(c, "errors").Int)
		}
	}
	if keys := field(e, "keys").Elems; len(keys) > 0 {
		fmt.Fprintln(w, "\nkey\taccess\tvalue")
		for _, k := range keys {
			writeExplainedKey(w, k)
		}
	}
	if n := field(e, "keys-omitted").Int; n > 0 {
		fmt.Fprintf(w, "and %d more\n", n)
	}
	for _, db := range field(e, "databases-emptied").Elems {
		fmt.Fprintf(w, "\ndatabase %d is emptied or exchanged as a whole\n", db.Int)
	}
	return w.Flush()
}

func writeExplainedKey(w io.Writer, k resp.Value) {
	name := string(resp.Value{Kind: resp.KindBulk, Str: field(k, "key").Str}.Format())
	if db := field(k, "db").Int; db != 0 {
		name += fmt.Sprintf(" (db %d)", db)
	}
	state := func(which string) string {
		if v := field(k, which); !v.IsNull() {
			return cmp.Or(v.String(), "empty")
		}
		return "none"
	}
	value := state("before")
	if strings.Contains(field(k, "access").String(), "written") {
		value = "before: " + value + "\n\t\tafter:  " + state("after")
	}
	fmt.Fprintf(w, "%s\t%s\t%s\n", name, field(k, "access"), value)
}
