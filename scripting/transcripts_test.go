package scripting

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/transcript"
)

// throughScript runs a command by redis.pcall in a script. Commands that no
// script may run, and those about the connection, run as they are.
func throughScript(e *engine.Engine, c *engine.Client, args [][]byte) {
	for _, cmd := range e.Commands() {
		if isCall(cmd.Name, args) && (cmd.Flags&(engine.NoScript|engine.Blocking) != 0 || cmd.Group == engine.GroupConnection) {
			e.Execute(c, args)
			return
		}
	}
	if c.HoldsState() {
		e.Execute(c, args)
		return
	}
	argv := append([][]byte{[]byte("EVAL"), []byte("return redis.pcall(unpack(ARGV))"), []byte("0")}, args...)
	e.Execute(c, argv)
}

// isCall tells whether args call a command, or a subcommand of it.
func isCall(name string, args [][]byte) bool {
	container, sub, isSub := strings.Cut(name, "|")
	return engine.EqualFold(args[0], upper(container)) && (!isSub || len(args) > 1 && engine.EqualFold(args[1], upper(sub)))
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// differsInScripts names replies that Lua's values cannot carry, or that a
// script words in its own way.
func differsInScripts(args [][]byte) bool {
	name := upper(string(args[0]))
	return name == "OBJECT" || name == "MEMORY" || name == "COMMAND" || name == "CONFIG"
}

// asInScripts accepts what a script words in its own way, and integers that
// are too long for Lua's numbers.
func asInScripts(got, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	const arity, unknown = "(error) ERR Wrong number of args calling Redis command from script", "(error) ERR Unknown Redis command called from script"
	for i := range got {
		switch {
		case got[i] == want[i]:
		case got[i] == arity && strings.HasPrefix(want[i], "(error) ERR wrong number of arguments for "):
		case got[i] == unknown && strings.HasPrefix(want[i], "(error) ERR unknown "):
		case !isLongInteger(got[i], want[i]):
			return false
		}
	}
	return true
}

// isLongInteger tells whether both lines show integers at the same place, and
// want's is one that Lua's numbers cannot hold.
func isLongInteger(got, want string) bool {
	before, digits, ok := strings.Cut(want, "(integer) ")
	n, err := strconv.ParseInt(digits, 10, 64)
	return ok && err == nil && (n > 1<<53 || n < -1<<53) && strings.HasPrefix(got, before+"(integer) ")
}

// countingJournal claims to have kept everything, so that SAVE has somewhere to save to.
type countingJournal struct{ units uint64 }

func (j *countingJournal) Append([]byte) uint64 { j.units++; return j.units }
func (j *countingJournal) Flush()               {}
func (j *countingJournal) Released() uint64     { return j.units }
func (j *countingJournal) Synced() uint64       { return j.units }
func (j *countingJournal) SyncSoon()            {}
func (j *countingJournal) Compact()             {}
func (j *countingJournal) Room() error          { return nil }

// TestTranscriptsThroughScripts runs the engine's transcripts with each
// command called by a script.
func TestTranscriptsThroughScripts(t *testing.T) {
	files, err := filepath.Glob("../engine/testdata/*.resp")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			target := &transcript.Engine{Label: "lua", Call: throughScript}
			target.New = func(clock func() time.Time) (*engine.Engine, error) {
				s := New(nil, nil)
				settings := engine.DefaultSettings()
				settings.DebugCommand = "yes"
				e := engine.New(engine.Options{Commands: s.Commands(), Clock: clock, Seed: 7, Settings: &settings})
				e.UseJournal(new(countingJournal), 0)
				s.Attach(e)
				return e, nil
			}
			if err := target.Start(); err != nil {
				t.Fatal(err)
			}
			transcript.Run(t, file, target, transcript.Options{Skip: differsInScripts, Accept: asInScripts})
		})
	}
}
