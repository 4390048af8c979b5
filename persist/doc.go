// Package persist makes the engine's units durable: a journal in front,
// Badger behind.
//
// The loop appends each finished unit to the journal, which writes all units
// of an iteration as one group; a goroutine syncs them, and replies leave
// when the fsync policy says so (journal.go). Units lie in preallocated
// segment files of records with chained checksums (record.go, segment.go);
// what is known to be on disk is noted beside them (watermark.go), so that
// at the next start a torn tail and a loss can be told apart (inspect.go).
// A background task folds sealed segments into Badger, the last value of
// each record, element by element (fold.go, layout.go), and lets the segments
// go. Starting loads Badger and replays the journal's tail (store.go,
// load.go), after Badger's own tables were verified (tables.go). FORMAT.md
// draws all bytes.
//
// The Journal's methods belong to the loop goroutine. Nothing here reads the
// keyspace: what is folded comes from the journal, so the loop never pauses.
package persist
