package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"perigee/engine/resp"
)

func scriptListCommand(std streams) *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:   "list [flags]",
		Short: "List scripts, functions and commands of modules",
		Long: `List the scripts, functions and commands of modules that a server has, with what
their runs came to; those that took most time come first.`,
		Example: "  perigee script list -p 7000",
		Args:    cobra.NoArgs,
		RunE: does(func(*cobra.Command, []string) error {
			reply, err := askOnce(&t, "SCRIPT", "LIST", "STATS")
			if err != nil {
				return err
			}
			return listScripts(std.out, reply)
		}),
	}
	addTarget(cmd, &t)
	return cmd
}

func scriptStatsCommand(std streams) *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:   "stats [flags] NAME",
		Short: "Show what the runs of a script came to",
		Long: `Show what the runs of a script, a function or a command of a module came to. NAME
is the script's SHA1, the function's or the command's name.`,
		Example: "  perigee script stats shop.buy\n  perigee script stats 9d04cf0ea4ab0cd3b2ae1e8fd5a2dcbc55cbd01c",
		Args:    cobra.ExactArgs(1),
		RunE: does(func(_ *cobra.Command, args []string) error {
			reply, err := askOnce(&t, "SCRIPT", "STATS", args[0])
			if err != nil {
				return err
			}
			return showScript(std.out, account(reply))
		}),
	}
	addTarget(cmd, &t)
	return cmd
}

// askOnce connects to a server for one command.
func askOnce(t *target, args ...string) (resp.Value, error) {
	if err := t.resolve(); err != nil {
		return resp.Value{}, err
	}
	conn, err := t.connect()
	if err != nil {
		return resp.Value{}, err
	}
	defer conn.Close()
	return ask(conn, args...)
}

// account is a map of a reply by its keys, in either protocol.
func account(v resp.Value) map[string]resp.Value {
	m := map[string]resp.Value{}
	for i := 0; i+1 < len(v.Elems); i += 2 {
		m[string(v.Elems[i].Str)] = v.Elems[i+1]
	}
	return m
}

// listScripts writes a table with a line for each entry of SCRIPT LIST STATS.
func listScripts(out io.Writer, reply resp.Value) error {
	var all []map[string]resp.Value
	for _, entry := range reply.Elems {
		all = append(all, account(entry))
	}
	slices.SortStableFunc(all, func(a, b map[string]resp.Value) int { return cmp.Compare(b["usec"].Int, a["usec"].Int) })
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "KIND\tCALLS\tERRORS\tTIME\tP50\tP99\tMAX\tINSTRUCTIONS\t  NAME")
	for _, a := range all {
		name := string(a["name"].Str)
		if library := string(a["library"].Str); library != "" {
			name += " (" + library + ")"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%d\t  %s\n", a["kind"].Str, a["calls"].Int, a["errors"].Int,
			duration(a["usec"]), duration(a["usec_p50"]), duration(a["usec_p99"]), duration(a["usec_max"]), a["instructions"].Int, name)
	}
	return w.Flush()
}

// duration shows microseconds with three digits or so.
func duration(v resp.Value) string {
	usec, err := strconv.ParseFloat(string(v.Str), 64)
	if err != nil {
		usec = float64(v.Int)
	}
	d := time.Duration(usec * float64(time.Microsecond))
	for unit := time.Duration(1); unit < time.Minute; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit).String()
		}
	}
	return d.Round(time.Second).String()
}

// showScript writes an account as lines for people.
func showScript(out io.Writer, a map[string]resp.Value) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, values ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", values...) }
	line(string(a["kind"].Str), "%s", a["name"].Str)
	if library := a["library"]; !library.IsNull() {
		line("library", "%s", library.Str)
	}
	line("calls", "%d", a["calls"].Int)
	line("errors", "%d, of them %d killed and %d over a limit; %d rolled back", a["errors"].Int, a["kills"].Int, a["limits"].Int, a["rollbacks"].Int)
	line("time", "%s in all; p50 %s, p99 %s, max %s", duration(a["usec"]), duration(a["usec_p50"]), duration(a["usec_p99"]), duration(a["usec_max"]))
	line("instructions", "%d", a["instructions"].Int)
	line("memory peak", "%d bytes", a["memory_peak"].Int)
	line("written", "%d bytes", a["written_bytes"].Int)
	commands := a["commands"].Elems
	for i := 0; i+1 < len(commands); i += 2 {
		title, use := "", account(commands[i+1])
		if i == 0 {
			title = "commands"
		}
		line(title, "%s: %d calls, %s", commands[i].Str, use["calls"].Int, duration(use["usec"]))
	}
	if failure := account(a["last_error"]); len(failure) > 0 {
		line("last error", "%s", time.UnixMilli(failure["unix_ms"].Int).UTC().Format(time.DateTime+" MST"))
		for _, text := range []string{string(failure["text"].Str), string(failure["traceback"].Str)} {
			for l := range strings.Lines(text) {
				line("", "%s", printable(strings.ReplaceAll(strings.TrimSuffix(l, "\n"), "\t", "  ")))
			}
		}
	}
	return w.Flush()
}

// printable replaces what a terminal may take for more than text.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}
