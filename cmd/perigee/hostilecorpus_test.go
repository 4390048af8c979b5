package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
)

// hostileScript is one script of testdata/hostile. A file holds many, each
// beginning with a line "--- name" and a line "--> reply", which gives the
// beginnings of the replies that are right, as shownReply has them, between
// bars. << >> in a script are templates: repeat n text, number n format.
type hostileScript struct {
	file, name string
	line       int
	replies    []string
	body       string
	functions  bool // it is a library, whose function f is called
}

func (s *hostileScript) String() string { return s.file + ":" + strconv.Itoa(s.line) + ": " + s.name }

// answered tells whether a reply is one of those that are right.
func (s *hostileScript) answered(reply string) bool {
	for _, want := range s.replies {
		if strings.HasPrefix(reply, want) {
			return true
		}
	}
	return false
}

// hostileScripts reads the corpus.
func hostileScripts(t *testing.T) []*hostileScript {
	t.Helper()
	files, err := filepath.Glob("testdata/hostile/*.lua")
	if err != nil {
		t.Fatal(err)
	}
	var all []*hostileScript
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line := 1
		for _, part := range strings.Split("\n"+string(text), "\n--- ")[1:] {
			lines := strings.SplitN(part, "\n", 3)
			if len(lines) < 3 || !strings.HasPrefix(lines[1], "--> ") {
				t.Fatalf("%s:%d: a script needs a name and a reply", file, line)
			}
			s := &hostileScript{file: filepath.Base(file), line: line, name: lines[0], body: expand(t, lines[2])}
			for _, reply := range strings.Split(lines[1][4:], " | ") {
				s.replies = append(s.replies, strings.TrimSpace(reply))
			}
			s.functions = strings.HasPrefix(s.body, "#!lua name=")
			all = append(all, s)
			line += strings.Count(part, "\n") + 1
		}
	}
	return all
}

// expand fills in the templates of a script.
func expand(t *testing.T, body string) string {
	t.Helper()
	functions := template.FuncMap{
		"repeat": func(n int, text string) string { return strings.Repeat(text, n) },
		"number": func(n int, format string) string {
			var b strings.Builder
			for i := range n {
				b.WriteString(strings.ReplaceAll(format, "%d", strconv.Itoa(i)))
			}
			return b.String()
		},
	}
	tmpl, err := template.New("script").Delims("<<", ">>").Funcs(functions).Parse(body)
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	var b strings.Builder
	if err := tmpl.Execute(&b, nil); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return b.String()
}
