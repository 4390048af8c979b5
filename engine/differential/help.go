package differential

import (
	"slices"
	"strings"
	"testing"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// CompareHelp compares what the HELP of every command says that an engine and
// redis-server both have: the reference's lines are all there and in its order,
// but for those that otherwise names, by the command; there may be more.
// Commands that keep refuses are left out.
func CompareHelp(t *testing.T, e *engine.Engine, keep func(engine.Command) bool, otherwise map[string][]string) {
	t.Helper()
	conn := connect(t, transcript.StartReference(t).Addr(), 2)
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ours := side{e: e, c: c}
	compared := 0
	for _, command := range e.Commands() {
		name, isHelp := strings.CutSuffix(command.Name, "|help")
		if !isHelp || !keep(command) {
			continue
		}
		query := Command{name, "HELP"}
		theirs, err := conn.Do(query...)
		if err != nil {
			t.Fatal(err)
		}
		got := ours.do(query)
		if theirs.Kind == resp.KindError {
			if got.String() != theirs.String() {
				t.Errorf("%s HELP: %v, want %v", name, got, theirs)
			}
			continue
		}
		compared++
		if missing := missingLines(got.Elems, theirs.Elems); !slices.Equal(missing, otherwise[name]) {
			t.Errorf("%s HELP lacks, or has not in this place:\n%s\nexpected to lack:\n%s", name, strings.Join(missing, "\n"), strings.Join(otherwise[name], "\n"))
		}
	}
	if compared == 0 {
		t.Error("there is no HELP to compare")
	}
}

// missingLines returns the lines of want that got has not behind those before
// them.
func missingLines(got, want []resp.Value) (missing []string) {
	for _, line := range want {
		i := slices.IndexFunc(got, func(v resp.Value) bool { return v.String() == line.String() })
		if i < 0 {
			missing = append(missing, string(line.Str))
			continue
		}
		got = got[i+1:]
	}
	return missing
}
