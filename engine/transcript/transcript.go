package transcript

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"perigee/engine/resp"
)

// Target is what a transcript talks to.
type Target interface {
	// Name is what "! skip" names.
	Name() string
	// Do sends a command on a connection, which it makes if need be, and
	// returns the reply, or false when none comes as the command blocks.
	Do(conn string, args [][]byte) (resp.Value, bool, error)
	// Arrived returns what a connection has received since without asking.
	Arrived(conn string) ([]resp.Value, error)
	// Directive carries out a "!" line. ErrSkip says that the target cannot,
	// and the rest of the file is left out.
	Directive(words []string) error
}

// ErrSkip ends a transcript that a target cannot follow.
var ErrSkip = errors.New("not for this target")

// Options say how Run compares.
type Options struct {
	// Reference says that the target is a server of an older version: what
	// the transcript marks as newer or different is not compared.
	Reference bool
	// Flatten compares RESP3 replies in their RESP2 form.
	Flatten bool
	// Update rewrites the file with the replies that came.
	Update bool
	// Between runs after each step, for targets that restart all the time.
	Between func() error
	// Skip leaves out the comparison of single commands, by their words.
	Skip func(args [][]byte) bool
	// Accept, if set, allows a reply that differs from the recorded one.
	Accept func(got, want []string) bool
}

// step is one line of a transcript and the lines that belong to it.
type step struct {
	line  int
	text  string
	reply []string
}

// attempts is how often a transcript may differ from what a reference does:
// there time passes for real, and a busy machine is late for a deadline.
const attempts = 10

// Run runs the transcript in file against target and reports what differs.
func Run(t *testing.T, file string, target Target, o Options) {
	t.Helper()
	problem := runOnce(t, file, target, o)
	for n := 1; problem != "" && o.Reference && n < attempts; n++ {
		t.Logf("again, on a new server: %s", problem)
		problem = runOnce(t, file, StartReference(t), o)
	}
	if problem != "" {
		t.Error(problem)
	}
}

// runOnce returns what differs, or is empty.
func runOnce(t *testing.T, file string, target Target, o Options) (problem string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := runner{file: file, target: target, Options: o, waiting: map[string][][]byte{}}
	steps := parse(string(text))
	if r.skipped(steps) {
		t.Skipf("%s is not for %s", file, target.Name())
	}
	for i := range steps {
		if !r.step(&steps[i]) {
			return r.problem
		}
	}
	if o.Update {
		if err := os.WriteFile(file, []byte(render(steps)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return ""
}

type runner struct {
	Options
	problem string // the first step that fails
	file    string
	target  Target
	differs bool                // the next step
	newer   bool                // the rest of the file
	waiting map[string][][]byte // the last command of each connection
}

func (r *runner) skipped(steps []step) bool {
	return slices.ContainsFunc(steps, func(s step) bool {
		words := strings.Fields(s.text)
		return len(words) > 2 && words[0] == "!" && words[1] == "skip" && slices.Contains(words[2:], r.target.Name())
	})
}

// step runs one step; false ends the transcript.
func (r *runner) step(s *step) bool {
	conn, rest, isCommand := strings.Cut(s.text, ">")
	switch {
	case s.text == "" || s.text[0] == '#':
		return true
	case s.text[0] == '!':
		return r.directive(strings.Fields(s.text)[1:], s)
	case strings.HasSuffix(s.text, "<"):
		conn := strings.TrimSuffix(s.text, "<")
		values, err := r.target.Arrived(conn)
		r.compare(s, r.lines(r.waiting[conn], values), err)
	case isCommand:
		args, err := resp.SplitArgs([]byte(strings.TrimSpace(rest)))
		if err != nil {
			return r.fails(s, err)
		}
		v, answered, err := r.target.Do(conn, args)
		got := []string{"(blocked)"}
		r.waiting[conn] = args
		if answered {
			got = r.lines(args, []resp.Value{v})
		}
		if r.Skip == nil || !r.Skip(args) {
			r.compare(s, got, err)
		}
		r.differs = false
	default:
		return r.fails(s, errors.New("not a step"))
	}
	if r.Between != nil {
		if err := r.Between(); err != nil {
			return r.fails(s, err)
		}
	}
	return r.problem == ""
}

// fails notes why a step fails; false ends the transcript.
func (r *runner) fails(s *step, err error) bool {
	r.problem = fmt.Sprintf("%s:%d: %s: %v", r.file, s.line, s.text, err)
	return false
}

func (r *runner) directive(words []string, s *step) bool {
	switch words[0] {
	case "only":
		r.newer = true
		return !r.Reference
	case "differs":
		r.differs = true
		return true
	case "skip":
		return true
	}
	err := r.target.Directive(words)
	if errors.Is(err, ErrSkip) {
		return false
	}
	if err != nil {
		return r.fails(s, err)
	}
	return true
}

// lines shows replies as the transcript does.
func (r *runner) lines(args [][]byte, values []resp.Value) []string {
	var lines []string
	for _, v := range values {
		if r.Flatten {
			v = FlattenPairs(args, Flatten(nestMap(args, v)))
		}
		Sort(args, &v)
		lines = append(lines, strings.Split(v.Format(), "\n")...)
	}
	return lines
}

func (r *runner) compare(s *step, got []string, err error) {
	if err != nil {
		r.fails(s, err)
		return
	}
	if r.Update {
		s.reply = got
		return
	}
	if r.Reference && r.differs {
		return
	}
	if r.Accept != nil && r.Accept(got, s.reply) {
		return
	}
	if !slices.Equal(got, s.reply) {
		r.fails(s, fmt.Errorf("\n got: %s\nwant: %s", strings.Join(got, "\n      "), strings.Join(s.reply, "\n      ")))
	}
}

// isStep tells a step's first line from a line of a reply.
func isStep(line string) bool {
	if line == "" || line[0] == '#' && !strings.HasPrefix(line, "#<") || line[0] == '!' {
		return true
	}
	i := strings.IndexAny(line, "><")
	if i < 1 || i > 4 {
		return false
	}
	for _, c := range line[:i] {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return line[i] == '>' || i == len(line)-1
}

func parse(text string) []step {
	var steps []step
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if isStep(line) || len(steps) == 0 {
			steps = append(steps, step{line: i + 1, text: line})
			continue
		}
		last := &steps[len(steps)-1]
		last.reply = append(last.reply, line)
	}
	return steps
}

func render(steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintln(&b, s.text)
		for _, l := range s.reply {
			fmt.Fprintln(&b, l)
		}
	}
	return b.String()
}
