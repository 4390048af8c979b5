package engine

// Journal makes units durable. The engine calls it on the loop only.
// persist implements it; a nil Journal is an engine without persistence.
type Journal interface {
	// Append adds a finished unit under the next sequence number, which it
	// returns; unit is copied before it returns.
	Append(unit []byte) (seq uint64)
	// Flush hands everything appended so far to the disk as one group. The
	// loop calls it once, at the end of each iteration, and does not wait.
	Flush()
	// Released is the sequence number up to which replies may leave.
	Released() uint64
	// Synced is the sequence number up to which units are on disk, which
	// replies do not wait for under every policy.
	Synced() uint64
	// SyncSoon asks that what was appended so far is on disk soon, whatever
	// the policy. The loop is woken when it is.
	SyncSoon()
	// Compact asks that all that was appended so far is folded into the
	// store, in the background, so that the journal becomes short.
	Compact()
	// Room returns nil when a write may run, else why not.
	Room() error
}
