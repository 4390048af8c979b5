package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// stack is one line of a script profile: what ran, in which function of which
// file at which line, from the outermost on, and for how many nanoseconds.
type stack struct {
	text   string
	frames []stackFrame
	weight int64
}

type stackFrame struct {
	function string
	file     string
	line     int64
}

// parseStack reads a line of SCRIPT PROFILE GET, such as
//
//	function:pay;transfer@12;redis.call;GET 1500
//
// where a frame has @line, or @file:line if it is in a file. The first frame
// names the script, which stands for the file of those that have none.
func parseStack(line string) (stack, error) {
	text, number, _ := strings.Cut(line, " ")
	weight, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return stack{}, fmt.Errorf("%q is not a stack with its weight", line)
	}
	s := stack{text: text, weight: weight}
	script, _, _ := strings.Cut(text, ";")
	for name := range strings.SplitSeq(text, ";") {
		function, place, inLua := strings.Cut(name, "@")
		f := stackFrame{function: function}
		if inLua || name == script {
			f.file = script
		}
		if file, line, ok := cutLast(place, ":"); ok {
			f.file, place = file, line
		}
		f.line, _ = strconv.ParseInt(place, 10, 64)
		s.frames = append(s.frames, f)
	}
	return s, nil
}

func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return "", s, false
}

// writeCollapsed writes stacks as tools for flame graphs read them.
func writeCollapsed(w io.Writer, stacks []stack, _ time.Time, _ time.Duration) error {
	for _, s := range stacks {
		if _, err := fmt.Fprintf(w, "%s %d\n", s.text, s.weight); err != nil {
			return err
		}
	}
	return nil
}

// writePprof writes stacks as go tool pprof reads them.
func writePprof(w io.Writer, stacks []stack, began time.Time, lasted time.Duration) error {
	b := pprofBuilder{functions: map[stackFrame]*profile.Function{}, locations: map[stackFrame]*profile.Location{}}
	b.profile.SampleType = []*profile.ValueType{{Type: "time", Unit: "nanoseconds"}}
	b.profile.TimeNanos, b.profile.DurationNanos = began.UnixNano(), lasted.Nanoseconds()
	for _, s := range stacks {
		sample := &profile.Sample{Value: []int64{s.weight}}
		for i := len(s.frames) - 1; i >= 0; i-- {
			sample.Location = append(sample.Location, b.location(s.frames[i]))
		}
		b.profile.Sample = append(b.profile.Sample, sample)
	}
	return b.profile.Write(w)
}

// pprofBuilder gives each function and each place an entry of its own.
type pprofBuilder struct {
	profile   profile.Profile
	functions map[stackFrame]*profile.Function // by function and file
	locations map[stackFrame]*profile.Location
}

func (b *pprofBuilder) location(f stackFrame) *profile.Location {
	if l := b.locations[f]; l != nil {
		return l
	}
	l := &profile.Location{ID: uint64(len(b.locations) + 1), Line: []profile.Line{{Function: b.function(f), Line: f.line}}}
	b.locations[f] = l
	b.profile.Location = append(b.profile.Location, l)
	return l
}

func (b *pprofBuilder) function(f stackFrame) *profile.Function {
	f.line = 0
	if known := b.functions[f]; known != nil {
		return known
	}
	fn := &profile.Function{ID: uint64(len(b.functions) + 1), Name: f.function, SystemName: f.function, Filename: f.file}
	b.functions[f] = fn
	b.profile.Function = append(b.profile.Function, fn)
	return fn
}
