//go:build unix

package engine

import (
	"syscall"
	"time"
)

// processTimes is the CPU time of the process: in the system and its own.
func processTimes() (sys, user time.Duration) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	return time.Duration(u.Stime.Nano()), time.Duration(u.Utime.Nano())
}
