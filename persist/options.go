package persist

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

// A Policy says when replies may leave, in the words of appendfsync.
type Policy uint8

const (
	// Always: when the unit is on disk.
	Always Policy = iota
	// EverySecond: when the unit is written, unless an older one has waited a
	// second for the disk; so at most a second of units can be lost with the
	// machine, and none with the process.
	EverySecond
	// Never: when the unit is written; the operating system syncs as it likes.
	Never
)

// ParsePolicy takes a value of appendfsync.
func ParsePolicy(s string) (Policy, error) {
	switch strings.ToLower(s) {
	case "always":
		return Always, nil
	case "everysec":
		return EverySecond, nil
	case "no":
		return Never, nil
	}
	return 0, fmt.Errorf("appendfsync must be always, everysec or no, not %q", s)
}

// String returns the value of appendfsync.
func (p Policy) String() string { return [...]string{"always", "everysec", "no"}[p] }

// Options say where a store lies and how it behaves. Zero values of numbers
// stand for the defaults.
type Options struct {
	// Dir is the data directory; it is made if it is missing.
	Dir string
	// Policy is when replies may leave; SetPolicy changes it later.
	Policy Policy
	// SegmentBytes is the size of a journal segment, 64 MB by default.
	SegmentBytes int64
	// FoldAfter is how many bytes of sealed segments start a fold into
	// Badger, those of four segments by default. It bounds what a start has
	// to replay.
	FoldAfter int64
	// Reserve is how much of the disk is left free: writes are refused when
	// the journal would go below it, and what is left is for folding, which
	// makes room. By default it is 256 MB, on a volume of less than 2.5 GB a
	// tenth of that, but 64 MB at least. SetReserve changes it later.
	Reserve int64
	// Notify is called from any goroutine when Released, or after SyncSoon
	// Synced, may have grown or Room changed, so that the loop looks again. It
	// must not block.
	Notify func()
	// SyncTook is called from any goroutine when replies have waited for a
	// sync, under Always, that took a millisecond or longer. It must not block.
	SyncTook func(time.Duration)
	// Fatal is called, once, when the disk failed in a way after which
	// nothing may be acknowledged. The process must end.
	Fatal func(error)
	// Log takes what an operator should see.
	Log *slog.Logger

	reserve   *atomic.Int64 // what Reserve comes to, shared by all parts
	fs        fileSystem
	clock     clock
	foldBytes int           // of the journal gathered between two flushes into Badger
	briefSync time.Duration // see there; negative for tests whose syncs wait
}

const (
	defaultSegment = 64 << 20
	minSegment     = 4 << 10
	defaultFold    = 4 // segments
	mostReserve    = 256 << 20
	leastReserve   = leastFree
	defaultGather  = 8 << 20
)

func (o Options) withDefaults() Options {
	if o.SegmentBytes == 0 {
		o.SegmentBytes = defaultSegment
	}
	o.SegmentBytes = max(o.SegmentBytes, minSegment)
	if o.FoldAfter == 0 {
		o.FoldAfter = defaultFold * o.SegmentBytes
	}
	if o.reserve == nil {
		o.reserve = new(atomic.Int64)
		o.reserve.Store(o.Reserve)
	}
	if o.Notify == nil {
		o.Notify = func() {}
	}
	if o.SyncTook == nil {
		o.SyncTook = func(time.Duration) {}
	}
	if o.Fatal == nil {
		o.Fatal = func(err error) { panic(err) }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.fs == nil {
		o.fs = disk{}
	}
	if o.clock == nil {
		o.clock = wallClock{}
	}
	if o.briefSync == 0 {
		o.briefSync = briefSync
	}
	if o.foldBytes == 0 {
		o.foldBytes = defaultGather
	}
	return o
}
