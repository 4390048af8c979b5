package scripting_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"perigee/scripting/luagen"
)

// survive compiles and runs a script under small limits, after which others must run as if it had not been. That nothing
// panics is the test.
func (d *duel) survive(source string) {
	d.t.Helper()
	d.here(bout{luagen.Script{Source: source}, false})
	if got := d.here(bout{luagen.Script{Source: `return "a" .. #string.rep("x", 3) .. math.floor(2.5)`}, false}); got != "a32\n" && got != "a32" {
		d.t.Fatalf("after this script another one gives %q:\n%s", got, source)
	}
}

func newSurvivor(t *testing.T) *duel {
	d := newHere(t)
	d.engine.Settings().ScriptLimits.Instructions = 20_000
	d.engine.Settings().ScriptLimits.Memory = 64 << 20
	d.engine.Settings().ScriptLimits.PatternSteps = 100_000
	return d
}

func FuzzGrammar(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(randomBytes(rand.New(rand.NewPCG(seed, 8))))
	}
	f.Fuzz(func(t *testing.T, bytes []byte) { newSurvivor(t).survive(luagen.Grammar(bytes)) })
}

func randomBytes(r *rand.Rand) []byte {
	bytes := make([]byte, r.IntN(300))
	for i := range bytes {
		bytes[i] = byte(r.Uint32())
	}
	return bytes
}

// TestGrammar does what FuzzGrammar does with random bytes.
func TestGrammar(t *testing.T) {
	seed := firstSeed()
	t.Logf("run again with -seed %d -ops %d", seed, *diffOps)
	d := newSurvivor(t)
	var slowest time.Duration
	var longest string
	for i := range uint64(scripts()) {
		source := luagen.Grammar(randomBytes(rand.New(rand.NewPCG(seed+i, 9))))
		start := time.Now()
		d.survive(source)
		if took := time.Since(start); took > slowest {
			slowest, longest = took, source
		}
	}
	t.Logf("%d scripts; the slowest took %v: %.200q", scripts(), slowest, longest)
}
