package engine_test

import (
	"flag"
	"strings"
	"testing"

	"perigee/engine"
	"perigee/engine/differential"
)

var (
	diffOps  = flag.Int("ops", 7000, "operations of each differential test")
	diffSeed = flag.Uint64("seed", 20261, "seed of the differential tests; 0 takes one from the clock")
	diffOnly = flag.String("only", "", "comma-separated commands that the differential test is restricted to")
)

func differentialOptions(proto int) differential.Options {
	o := differential.Options{Ops: *diffOps, Seed: *diffSeed, Proto: proto}
	if *diffOnly != "" {
		o.Only = strings.Split(*diffOnly, ",")
	}
	return o
}

func TestDifferentialRESP2(t *testing.T) { differential.Run(t, differentialOptions(2)) }

// TestDifferentialTiny has collections take their large encodings early.
func TestDifferentialTiny(t *testing.T) {
	o := differentialOptions(2)
	o.Tiny = true
	differential.Run(t, o)
}

func TestDifferentialRESP3(t *testing.T) { differential.Run(t, differentialOptions(3)) }

// TestDifferentialEvents compares the keyspace events of each command as well.
func TestDifferentialEvents(t *testing.T) {
	o := differentialOptions(2)
	o.Events = "KEAmn"
	differential.Run(t, o)
}

// TestDifferentialPermissions compares what users with random rules may do.
func TestDifferentialPermissions(t *testing.T) {
	differential.ComparePermissions(t, engine.New(engine.Options{}), *diffSeed, *diffOps)
}
