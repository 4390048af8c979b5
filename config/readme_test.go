package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the README's tables")

func TestREADMEShowsTheSettings(t *testing.T) {
	const path = "../README.md"
	readme := readFile(t, path)
	before, rest, ok1 := strings.Cut(readme, "<!-- settings:")
	marker, rest, ok2 := strings.Cut(rest, "\n")
	_, after, ok3 := strings.Cut(rest, "<!-- end of settings -->")
	if !ok1 || !ok2 || !ok3 {
		t.Fatal("README.md has no place for the settings")
	}
	want := before + "<!-- settings:" + marker + "\n" + settingsTable() + "<!-- end of settings -->" + after
	if readme == want {
		return
	}
	if !*update {
		t.Fatal("README.md does not show the settings as they are declared; run go test ./config -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// settingsTable is a table for each group of settings, in Markdown.
func settingsTable() string {
	var b strings.Builder
	group := ""
	for _, s := range Settings() {
		if s.Group != group {
			group = s.Group
			fmt.Fprintf(&b, "\n**%s**\n\n| Setting | Default | Values | Live | |\n|---|---|---|---|---|\n", group)
		}
		name, live, initial := "`"+s.Name+"`", "", ""
		if s.Alias != "" {
			name += ", `" + s.Alias + "`"
		}
		if s.Live {
			live = "live"
		} else if s.protected {
			live = "protected"
		}
		if s.Default != "" {
			initial = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, initial, s.Allowed(), live, s.Doc)
	}
	b.WriteString("\n")
	return b.String()
}
