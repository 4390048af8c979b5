package engine

import "time"

// processStart anchors the stopwatch; durations of commands are the one thing
// in this package that is read off the real clock, as they measure the
// machine and never reach the data.
var processStart = time.Now()

// monotonic is the time since the process started.
func monotonic() time.Duration { return time.Since(processStart) }
