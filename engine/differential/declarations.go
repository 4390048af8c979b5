package differential

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// CompareDeclarations compares what COMMAND and COMMAND DOCS say of every
// command that an engine and redis-server both have: arity, flags, keys,
// categories, tips and arguments. Summaries, complexities and the names of
// blocks and choices are in our own words, 7.0 has no notes of ours, and does
// not have arguments that are newer.
// otherwise names what differs on purpose, by the command and the path within
// its description, and says why. Commands that keep refuses are left out.
func CompareDeclarations(t *testing.T, e *engine.Engine, keep func(engine.Command) bool, otherwise map[string]string) {
	t.Helper()
	conn := connect(t, transcript.StartReference(t).Addr(), 2)
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ours := side{e: e, c: c}
	got, want := description{}, description{}
	for _, query := range []Command{{"COMMAND"}, {"COMMAND", "DOCS"}} {
		theirs, err := conn.Do(query...)
		if err != nil {
			t.Fatal(err)
		}
		got.add(query, ours.do(query))
		want.add(query, theirs)
	}
	met := map[string]bool{}
	for _, c := range e.Commands() {
		if !keep(c) {
			delete(want, c.Name+" arity")
		}
	}
	for _, path := range got.differences(want) {
		if otherwise[path] != "" {
			met[path] = true
			continue
		}
		t.Errorf("%s:\n got: %s\nwant: %s", path, got[path], want[path])
	}
	for path := range otherwise {
		if !met[path] {
			t.Errorf("%s is not declared otherwise any more", path)
		}
	}
}

// description is all that is said of commands: texts by their paths, the first
// part of which is the command's name.
type description map[string]string

func (d description) add(query Command, v resp.Value) {
	if len(query) > 1 {
		d.addDocs(v)
	} else {
		d.addInfo(v)
	}
}

func (d description) addInfo(v resp.Value) {
	for _, c := range v.Elems {
		f := c.Elems
		name := f[0].String()
		for i, part := range []string{"name", "arity", "flags", "first", "last", "step", "categories", "tips", "keys"} {
			if i > 0 {
				d[name+" "+part] = sorted(withoutNotes(f[i]))
			}
		}
		d.addInfo(f[9])
	}
}

// withoutNotes leaves out the remarks of key specifications.
func withoutNotes(v resp.Value) resp.Value {
	for i := range v.Elems {
		if e := v.Elems[i].Elems; len(e) > 2 && e[0].String() == "notes" {
			v.Elems[i].Elems = e[2:]
		}
	}
	return v
}

// sorted writes a value in one line, the elements of sets of words in order.
func sorted(v resp.Value) string {
	if v.Elems == nil {
		return v.String()
	}
	var all []string
	words := true
	for _, e := range v.Elems {
		all = append(all, sorted(e))
		words = words && e.Kind == resp.KindStatus
	}
	if words {
		slices.Sort(all)
	}
	return "[" + strings.Join(all, " ") + "]"
}

func (d description) addDocs(v resp.Value) {
	for i := 0; i+1 < len(v.Elems); i += 2 {
		name := v.Elems[i].String()
		fields := v.Elems[i+1].Elems
		for j := 0; j+1 < len(fields); j += 2 {
			switch field := fields[j].String(); field {
			case "since", "group":
				d[name+" "+field] = fields[j+1].String()
			case "arguments":
				d.addArgs(name, fields[j+1])
			case "subcommands":
				d.addDocs(fields[j+1])
			}
		}
	}
}

func (d description) addArgs(path string, v resp.Value) {
	args := slices.DeleteFunc(slices.Clone(v.Elems), isNewer)
	for i, a := range args {
		at := fmt.Sprintf("%s %d", path, i+1)
		text, named := "", a.Elems[3].String() != "block" && a.Elems[3].String() != "oneof"
		for j := 0; j+1 < len(a.Elems); j += 2 {
			switch field := a.Elems[j].String(); field {
			case "arguments":
				d.addArgs(at, a.Elems[j+1])
			case "display_text", "deprecated_since": // of Redis 7.2; of history
			default:
				if field == "name" && !named {
					continue
				}
				text += field + "=" + sorted(a.Elems[j+1]) + " "
			}
		}
		d[at] = text
	}
}

// isNewer tells whether an argument came after the reference's version.
func isNewer(arg resp.Value) bool {
	for pair := range slices.Chunk(arg.Elems, 2) {
		if pair[0].String() == "since" {
			return newer(pair[1].String())
		}
	}
	return false
}

// differences returns the paths under which two descriptions of the same
// command differ, in order.
func (d description) differences(other description) []string {
	command := func(path string) string { return path[:strings.Index(path, " ")] }
	var paths []string
	for path := range other {
		_, ours := d[command(path)+" arity"]
		if _, theirs := other[command(path)+" arity"]; ours && theirs && d[path] != other[path] {
			paths = append(paths, path)
		}
	}
	for path := range d {
		if _, both := other[command(path)+" arity"]; both && other[path] == "" && d[path] != "" {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
