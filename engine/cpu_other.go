//go:build !unix

package engine

import "time"

// processTimes is not known on this system.
func processTimes() (sys, user time.Duration) { return 0, 0 }
