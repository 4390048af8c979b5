package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"perigee/engine"
)

var update = flag.Bool("update", false, "rewrite the README's table of commands")

func TestREADMEShowsTheCommands(t *testing.T) {
	const path = top + "/README.md"
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(readme), "<!-- commands:")
	marker, rest, ok2 := strings.Cut(rest, "\n")
	_, after, ok3 := strings.Cut(rest, "<!-- end of commands -->")
	if !ok1 || !ok2 || !ok3 {
		t.Fatal("README.md has no place for the commands")
	}
	want := before + "<!-- commands:" + marker + "\n" + commandsTable() + "<!-- end of commands -->" + after
	if string(readme) == want {
		return
	}
	if !*update {
		t.Fatal("README.md does not show the commands as they are declared; run go test ./cmd/perigee -run README -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// groups is the order in which the README shows the commands.
var groups = []struct {
	group engine.Group
	title string
}{
	{engine.GroupGeneric, "Keys"}, {engine.GroupString, "Strings"}, {engine.GroupBitmap, "Bitmaps"}, {engine.GroupHash, "Hashes"},
	{engine.GroupList, "Lists"}, {engine.GroupSet, "Sets"}, {engine.GroupSortedSet, "Sorted sets"}, {engine.GroupHyperLogLog, "HyperLogLogs"},
	{engine.GroupGeo, "Geo"}, {engine.GroupStream, "Streams"}, {engine.GroupTransactions, "Transactions"}, {engine.GroupPubSub, "Pub/sub"},
	{engine.GroupScripting, "Scripting"}, {engine.GroupConnection, "Connection"}, {engine.GroupServer, "Server"},
	{engine.GroupCluster, "Cluster"}, {engine.GroupModule, "Modules"},
}

// commandsTable is a row for each group of commands, in Markdown: subcommands
// count as commands and stand in brackets behind their container.
func commandsTable() string {
	names, counts := map[engine.Group][]string{}, map[engine.Group]int{}
	commands := builtin()
	total := 0
	for i := 0; i < len(commands); {
		c := commands[i]
		name, count := strings.ToUpper(c.Name), 1
		var subs []string
		for i++; i < len(commands) && strings.HasPrefix(commands[i].Name, c.Name+"|"); i++ {
			subs = append(subs, strings.ToUpper(strings.TrimPrefix(commands[i].Name, c.Name+"|")))
		}
		if len(subs) > 0 {
			name, count = name+" ("+strings.Join(subs, " ")+")", len(subs)
		}
		names[c.Group] = append(names[c.Group], name)
		counts[c.Group] += count
		total += count
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nThere are %d commands, those of modules aside; `perigee cli COMMAND DOCS` tells more of each.\n\n| Group | | Commands |\n|---|---|---|\n", total)
	for _, g := range groups {
		if len(names[g.group]) > 0 {
			fmt.Fprintf(&b, "| %s | %d | %s |\n", g.title, counts[g.group], strings.Join(names[g.group], ", "))
			total -= counts[g.group]
		}
	}
	if total != 0 {
		panic("a group of commands has no title")
	}
	b.WriteString("\n")
	return b.String()
}
