package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tourShell comes before the tour's commands: perigee is the binary under test,
// on a socket instead of the usual port, and shows replies as on a terminal.
const tourShell = `set -m
trap 'kill -9 $(jobs -p) 2>/dev/null' EXIT
cat > perigee <<'WRAPPER'
#!/usr/bin/env bash
command=$1; shift
where=(-s "$SOCKET")
case "$command $1" in
serve*) exec "$BINARY" serve --port 0 --unixsocket "$SOCKET" "$@" ;;
"run --ephemeral") where=() ;;
cli*|run*) for ((try = 0; try < 500; try++)); do "$BINARY" cli -s "$SOCKET" PING >/dev/null 2>&1 && break; done ;;
*) exec "$BINARY" "$command" "$@" 2>&1 ;;
esac
exec "$BINARY" "$command" "${where[@]}" --no-raw "$@" 2>&1
WRAPPER
chmod +x perigee
`

// TestTheTour does what the README's tour tells its reader to do, and compares
// what is shown.
func TestTheTour(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	modules, err := filepath.Abs(top + "/modules")
	if err != nil {
		t.Fatal(err)
	}
	dir := shortDir(t)
	if err := os.Symlink(modules, filepath.Join(dir, "modules")); err != nil {
		t.Fatal(err)
	}
	steps := tourSteps(t)
	script := tourShell
	for i, s := range steps {
		script += fmt.Sprintf("%s\necho '=== %d'\n", s.command, i)
	}
	shell := exec.Command(bash, "-c", script)
	shell.Dir = dir
	shell.Env = append(os.Environ(), asPerigee, "BINARY="+os.Args[0], "SOCKET="+filepath.Join(dir, "s"), "HOME="+dir)
	output, err := shell.Output()
	if err != nil {
		t.Error(err)
	}
	rest := string(output)
	for i, s := range steps {
		var got string
		got, rest, _ = strings.Cut(rest, fmt.Sprintf("=== %d\n", i))
		if got != s.want {
			t.Errorf("%s\nshows\n%sinstead of\n%s", s.command, got, s.want)
		}
	}
}

// tourStep is a command of the tour and what the reader is promised to see.
type tourStep struct{ command, want string }

// tourSteps reads the tour's blocks of commands.
func tourSteps(t *testing.T) []tourStep {
	t.Helper()
	readme, err := os.ReadFile(top + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tour, _ := strings.Cut(string(readme), "\n## A tour")
	tour, _, _ = strings.Cut(tour, "\n## ")
	var steps []tourStep
	for block := range strings.SplitSeq(tour, "```console\n") {
		block, _, isBlock := strings.Cut(block, "```\n")
		if isBlock {
			steps = append(steps, blockSteps(block)...)
		}
	}
	if len(steps) == 0 {
		t.Fatal("README.md has no tour")
	}
	return steps
}

// blockSteps divides a block into commands, with the documents that follow
// them, and what they show. What is typed at a prompt is a document too.
func blockSteps(block string) []tourStep {
	const prompt, document = "127.0.0.1:6379> ", "EOF\n"
	var steps []tourStep
	inDocument := false
	for line := range strings.Lines(block) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		typed, isTyped := strings.CutPrefix(line, prompt)
		last := len(steps) - 1
		switch {
		case inDocument:
			steps[last].command += line
			inDocument = line != document
		case isCommand:
			steps = append(steps, tourStep{command: command})
			inDocument = strings.HasSuffix(command, "<<'EOF'\n")
		case isTyped && strings.HasSuffix(steps[last].command, document):
			steps[last].command = strings.TrimSuffix(steps[last].command, document) + typed + document
		case isTyped:
			steps[last].command = strings.TrimSuffix(steps[last].command, "\n") + " <<'EOF'\n" + typed + document
		default:
			steps[last].want += line
		}
	}
	return steps
}
