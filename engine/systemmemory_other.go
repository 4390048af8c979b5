//go:build !linux

package engine

// systemMemory is the machine's memory in bytes, 0 if it is not known.
func systemMemory() int64 { return 0 }
