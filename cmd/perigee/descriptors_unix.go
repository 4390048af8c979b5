//go:build unix

package main

import "golang.org/x/sys/unix"

// maxDescriptors is how many files and connections the process may have open;
// ok is false where that is not known. Go raises the limit as far as it may be
// raised before main runs.
func maxDescriptors() (n int64, ok bool) {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || uint64(limit.Cur) > 1<<31 {
		return 0, false
	}
	return int64(limit.Cur), true
}
