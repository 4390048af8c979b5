package differential

import (
	"fmt"
	"slices"
	"strings"

	"perigee/engine/resp"
)

// Command is an argument vector, the command's name first.
type Command []string

func (c Command) name() string { return strings.ToLower(c[0]) }

// has tells whether a word is among those of c, in letters of any case.
func (c Command) has(word string) bool {
	return slices.ContainsFunc(c, func(w string) bool { return strings.EqualFold(w, word) })
}

func (c Command) argv() [][]byte {
	argv := make([][]byte, len(c))
	for i, a := range c {
		argv[i] = []byte(a)
	}
	return argv
}

func (c Command) String() string {
	var b []byte
	for i, a := range c {
		if i > 0 {
			b = append(b, ' ')
		}
		b = resp.AppendQuoted(b, []byte(a))
	}
	return string(b)
}

// Step is one command for both sides, or a moment that passes for both, or
// something that only the engine does and that must not be noticed: a restart,
// a reload, or commands that are taken back.
type Step struct {
	Command Command
	Wait    bool
	Waiter  int // the client that sends Command and may wait; 0 is the usual one
	Unblock int // ends the waits of so many
	Restart bool
	Reload  bool
	Undone  []Command
	// Exchange, at the end of an episode, lets both sides restore what the
	// other one dumps.
	Exchange bool
}

func (s Step) String() string {
	if s.Unblock > 0 {
		return "! unblock"
	}
	if s.Reload {
		return "! reload"
	}
	if s.Exchange {
		return "! exchange all values"
	}
	if s.Waiter > 0 {
		return fmt.Sprintf("%d> %s", s.Waiter, s.Command)
	}
	if s.Wait {
		return "! wait"
	}
	if s.Restart {
		return "! restart from the journal"
	}
	if s.Command != nil {
		return s.Command.String()
	}
	var b strings.Builder
	b.WriteString("! roll back")
	for _, c := range s.Undone {
		b.WriteString("\n!   " + c.String())
	}
	return b.String()
}

// Part is steps that stay together when an episode is shortened: a transaction
// must not lose its EXEC, as what blocks must not get out of it.
type Part []Step

// Episode is a sequence of steps that begins with an empty server.
type Episode []Part

func (ep Episode) steps() []Step { return slices.Concat(ep...) }

// exchanges tells whether values are exchanged at the end.
func (ep Episode) exchanges() bool {
	return slices.ContainsFunc(ep.steps(), func(s Step) bool { return s.Exchange })
}

func (ep Episode) String() string {
	var b strings.Builder
	for _, s := range ep.steps() {
		b.WriteString(s.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// shrink drops parts, then steps within parts, as long as a difference is
// left, and returns the last episode that showed one.
func shrink(ep Episode, differs func(Episode) bool) Episode {
	for size := len(ep) / 2; size > 0; size /= 2 {
		for i := 0; i+size <= len(ep); {
			if shorter := slices.Concat(ep[:i], ep[i+size:]); differs(shorter) {
				ep = shorter
			} else {
				i += size
			}
		}
	}
	for p := range ep {
		for i := 1; i < len(ep[p])-1; {
			shorter := slices.Clone(ep)
			shorter[p] = slices.Concat(ep[p][:i], ep[p][i+1:])
			if differs(shorter) {
				ep = shorter
			} else {
				i++
			}
		}
	}
	return shrinkUndone(ep, differs)
}

// shrinkUndone drops commands that are taken back.
func shrinkUndone(ep Episode, differs func(Episode) bool) Episode {
	for p := range ep {
		for i := 0; len(ep[p]) == 1 && i < len(ep[p][0].Undone); {
			undone := ep[p][0].Undone
			shorter := slices.Clone(ep)
			shorter[p] = Part{{Undone: slices.Concat(undone[:i], undone[i+1:])}}
			if len(undone) > 1 && differs(shorter) {
				ep = shorter
			} else {
				i++
			}
		}
	}
	return ep
}
