package scripting_test

import (
	"flag"
	"slices"
	"testing"

	"perigee/engine"
	"perigee/engine/differential"
	"perigee/scripting"
)

var (
	diffOps  = flag.Int("ops", 4000, "operations of each differential test")
	diffSeed = flag.Uint64("seed", 20261, "seed of the differential tests; 0 takes one from the clock")
)

// TestDifferentialThroughScripts lets a script call the generated commands, on
// both sides.
func TestDifferentialThroughScripts(t *testing.T) {
	differential.Run(t, differentialOptions(2, "return redis.call(unpack(ARGV))"))
}

func TestDifferentialThroughScriptsRESP3(t *testing.T) {
	differential.Run(t, differentialOptions(3, "redis.setresp(3) return redis.pcall(unpack(ARGV))"))
}

func differentialOptions(proto int, script string) differential.Options {
	return differential.Options{
		Ops: *diffOps, Seed: *diffSeed, Proto: proto,
		New: func() *engine.Engine {
			s := scripting.New(nil, nil)
			e := engine.New(engine.Options{Commands: s.Commands()})
			s.Attach(e)
			return e
		},
		Keep: func(c engine.Command) bool {
			return !slices.Contains([]string{"blpop", "brpop", "brpoplpush", "blmove"}, c.Name)
		},
		Wrap: func(c differential.Command) differential.Command {
			if slices.Contains([]string{"MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "SELECT"}, c[0]) {
				return c
			}
			return append(differential.Command{"EVAL", script, "0"}, c...)
		},
	}
}

func ofScripting(c engine.Command) bool { return c.Group == engine.GroupScripting }

func TestDeclarationsAgainstReference(t *testing.T) {
	e := engine.New(engine.Options{Commands: scripting.New(nil, nil).Commands()})
	differential.CompareDeclarations(t, e, ofScripting, map[string]string{})
}

func TestHelpAgainstReference(t *testing.T) {
	e := engine.New(engine.Options{Commands: scripting.New(nil, nil).Commands()})
	differential.CompareHelp(t, e, ofScripting, map[string][]string{})
}

// TestDifferentialPermissions compares what users may do, scripts and functions
// with their keys included.
func TestDifferentialPermissions(t *testing.T) {
	s := scripting.New(nil, nil)
	differential.ComparePermissions(t, engine.New(engine.Options{Commands: s.Commands()}), *diffSeed, *diffOps)
}
