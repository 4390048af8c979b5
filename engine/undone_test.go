package engine_test

import (
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/differential"
)

// TestUndoneUnitsLeaveNothing takes back transactions that fail, and whatever
// runs between savepoints, at each of their commands.
func TestUndoneUnitsLeaveNothing(t *testing.T) {
	differential.Undone(t, differential.UndoOptions{
		Units: *diffOps / 14, Seed: *diffSeed,
		New:  func(clock func() time.Time) *engine.Engine { return engine.New(engine.Options{Clock: clock, Seed: 1}) },
		Ways: []differential.Way{{Name: "EXEC", Fail: differential.InExec}, {Name: "savepoints", Fail: differential.InSavepoints}},
	})
}
