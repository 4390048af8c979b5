package scripting

import (
	"time"

	"perigee/engine"
)

// privateView is the data as a private debugging session sees it: that of the
// server, and upon it what the commands do that the script has called.
//
// Invariant: outside of in, the data is as if the view did not exist.
type privateView struct {
	e      *engine.Engine
	script engine.Script // calls the commands again
	calls  [][][]byte
	db     int
	micros int64 // the time it is there
	seed   uint64
	base   engine.Savepoint
	spent  time.Duration // on the last replay
}

func (v *privateView) begin(e *engine.Engine, c *engine.Client) {
	v.e, v.db, v.micros, v.seed = e, c.DB(), e.NowMicro(), e.DB(0).Rand()
	v.script = engine.Script{Client: e.NewScriptClient(), AllowOOM: true}
	v.script.Client.ActFor(c, false)
}

// in runs fn in a unit where all that the script has done is done, and which
// leaves nothing.
func (v *privateView) in(fn func()) {
	v.e.Private(v.micros, v.seed, func() {
		v.base = v.e.Savepoint()
		v.replay()
		fn()
		v.e.Rollback(v.base)
	})
}

func (v *privateView) replay() {
	begun := time.Now()
	v.script.Client.Select(v.db)
	for _, argv := range v.calls {
		_ = v.script.Call(argv, engine.Discard{}) // the script has seen the error, if it is one
	}
	v.spent = time.Since(begun)
}

// turn is how long the script may run before others are let in. Coming back
// costs a replay, so it grows with that: at least half of the time is the
// script's own.
func (v *privateView) turn() time.Duration { return max(debugTurn, v.spent) }

// note keeps a command that the script has called.
func (v *privateView) note(argv [][]byte) { v.calls = append(v.calls, copyWords(argv)) }

// rollback forgets the calls from number n on.
func (v *privateView) rollback(n int) {
	v.e.Rollback(v.base)
	v.base, v.calls = v.e.Savepoint(), v.calls[:n]
	v.replay()
}

// copyWords copies an argument vector that is valid during a call only; an
// empty argument stays one that is not nil.
func copyWords(argv [][]byte) [][]byte {
	copied := make([][]byte, len(argv))
	for i, a := range argv {
		copied[i] = append([]byte{}, a...)
	}
	return copied
}
