package engine

import (
	"math"
	"time"
)

// durabilityCommands are about when data is where it cannot be lost.
func durabilityCommands() []Command {
	const admin = Admin | NoScript | NoAsyncLoading
	return []Command{{
		Name: "bgrewriteaof", Group: GroupServer, Since: "1.0.0",
		Summary: "Folds the journal into the store, in the background.", Complexity: "O(1)",
		Arity: 1, Flags: admin,
		Run: bgrewriteaof,
	}, {
		Name: "bgsave", Group: GroupServer, Since: "1.0.0",
		Summary: "Has all data on disk soon, in the background.", Complexity: "O(1)",
		Args:  []Arg{AddedIn("3.2.2", Opt(Word("schedule", "SCHEDULE")))},
		Arity: -1, Flags: admin,
		Run: bgsave,
	}, {
		Name: "lastsave", Group: GroupServer, Since: "1.0.0",
		Summary: "Returns the Unix timestamp of the last successful save to disk.", Complexity: "O(1)",
		Arity: 1, Flags: Loading | Stale | Fast, Categories: []string{"admin", "dangerous"}, Tips: []string{"nondeterministic_output"},
		Run: func(ks *Keyspace, _ Args, w Reply) error { w.Int(ks.e.lastSave); return nil },
	}, {
		Name: "save", Group: GroupServer, Since: "1.0.0",
		Summary: "Replies once all data is on disk.", Complexity: "O(N) where N is what has changed since it was last",
		Arity: 1, Flags: admin | NoMulti,
		RunClient: save,
	}, {
		Name: "wait", Group: GroupGeneric, Since: "3.0.0",
		Summary: "Waits until replicas have the changes made so far, or for a time; there are no replicas.", Complexity: "O(1)",
		Args:  []Arg{Integer("numreplicas"), Integer("timeout")},
		Arity: 3, Flags: NoScript, Categories: []string{"connection", "-keyspace"},
		Tips:      []string{"request_policy:all_shards", "response_policy:agg_min"},
		RunClient: wait,
	}, {
		Name: "waitaof", Group: GroupGeneric, Since: "7.2.0",
		Summary: "Waits until the changes made so far are on disk here, and on replicas, or for a time.", Complexity: "O(1)",
		Args:  []Arg{Integer("numlocal"), Integer("numreplicas"), Integer("timeout")},
		Arity: 4, Flags: NoScript, Categories: []string{"connection", "-keyspace"},
		Tips:      []string{"request_policy:all_shards", "response_policy:agg_min"},
		RunClient: waitaof,
	}}
}

var (
	errNotStored = Errf("this server keeps its data in memory only")
	errSaving    = Errf("Background save already in progress")
)

// bgrewriteaof does what a rewrite is for: it makes the journal short.
func bgrewriteaof(ks *Keyspace, _ Args, w Reply) error {
	if ks.e.journal == nil {
		return errNotStored
	}
	ks.e.journal.Compact()
	w.Status("Background append only file rewriting started")
	return nil
}

func bgsave(ks *Keyspace, args Args, w Reply) error {
	e := ks.e
	switch {
	case len(args) > 1 || len(args) == 1 && !args.Is(0, "SCHEDULE"):
		return ErrSyntax
	case e.journal == nil:
		return errNotStored
	case e.saving:
		return errSaving
	}
	e.saving = true
	e.whenSynced(e.saved)
	w.Status("Background saving started")
	return nil
}

// saved notes that everything is on disk.
func (e *Engine) saved() { e.saving, e.lastSave, e.dirty = false, e.now/1000, 0 }

func save(c *Client, _ Args, w Reply) error {
	if c.e.journal == nil {
		return errNotStored
	}
	if c.e.saving {
		return errSaving
	}
	if c.e.synced(c.e.applied) {
		c.e.saved()
		w.Status("OK")
		return nil
	}
	c.waitForSync(0, func(w Reply, _ bool) {
		c.e.saved()
		w.Status("OK")
	})
	return nil
}

// replicaTimeout reads argument i as the milliseconds of WAIT; 0 is for ever.
func (a Args) replicaTimeout(i int) (time.Duration, error) {
	n, ok := ParseInt(a[i])
	switch {
	case !ok:
		return 0, Errf("timeout is not an integer or out of range")
	case n < 0:
		return 0, ErrTimeoutNeg
	}
	return time.Duration(min(n, math.MaxInt64/int64(time.Millisecond)/2)) * time.Millisecond, nil
}

// wait replies with the number of replicas that have the changes, which is
// none, at once if none is enough.
func wait(c *Client, args Args, w Reply) error {
	replicas, err := args.Int(0)
	if err != nil {
		return err
	}
	timeout, err := args.replicaTimeout(1)
	if err != nil {
		return err
	}
	if replicas <= 0 || !c.MayBlock() {
		w.Int(0)
		return nil
	}
	c.Block(nil, timeout, nil, func(w Reply) { w.Int(0) })
	return nil
}

// waitaof replies with 1 if the changes are on disk here, 0 if not yet, and
// the number of replicas of which that is so.
func waitaof(c *Client, args Args, w Reply) error {
	local, err := args.Int(0)
	if err != nil {
		return err
	}
	if local < 0 || local > 1 {
		return Errf("value is out of range, value must between 0 and 1")
	}
	replicas, err := args.Count(1)
	if err != nil {
		return err
	}
	timeout, err := args.replicaTimeout(2)
	if err != nil {
		return err
	}
	if local > 0 && c.e.journal == nil {
		return Errf("WAITAOF cannot be used when numlocal is set but appendonly is disabled.")
	}
	done := c.e.journal != nil && c.e.synced(c.e.applied)
	switch reply := replyWaitaof; {
	case replicas == 0 && (local == 0 || done) || !c.MayBlock():
		reply(w, done)
	case replicas > 0:
		need := c.e.applied
		c.Block(nil, timeout, nil, func(w Reply) { reply(w, c.e.journal != nil && c.e.synced(need)) })
	default:
		c.waitForSync(timeout, reply)
	}
	return nil
}

func replyWaitaof(w Reply, local bool) {
	w.Array(2)
	w.Int(int64(flag(local)))
	w.Int(0)
}

// synced tells whether all units up to seq are on disk.
func (e *Engine) synced(seq uint64) bool { return e.journal.Synced() >= seq }

// waitForSync parks the client until what was applied so far is on disk, or
// timeout has passed; 0 is for ever. reply is told which.
func (c *Client) waitForSync(timeout time.Duration, reply func(w Reply, done bool)) {
	c.Block(nil, timeout, nil, func(w Reply) { reply(w, false) })
	s := c.blocked
	c.e.whenSynced(func() {
		if c.blocked == s {
			reply(s.reply(), true)
			c.e.unblock(c)
		}
	})
}

// syncWait is something to do once the units up to need are on disk.
type syncWait struct {
	need uint64
	done func()
}

// whenSynced has done called, in a later iteration, when what was applied so
// far is on disk, and sees to it that it soon is.
func (e *Engine) whenSynced(done func()) {
	e.syncWaits = append(e.syncWaits, syncWait{e.applied, done})
	e.journal.SyncSoon()
}

// serveSynced does what has waited for the disk.
func (e *Engine) serveSynced() {
	n := 0
	for n < len(e.syncWaits) && e.synced(e.syncWaits[n].need) {
		e.syncWaits[n].done()
		n++
	}
	e.syncWaits = append(e.syncWaits[:0], e.syncWaits[n:]...)
	if len(e.syncWaits) == 0 {
		e.syncWaits = nil
	}
}
