package engine

import "syscall"

// systemMemory is the machine's memory in bytes, 0 if it is not known.
func systemMemory() int64 {
	var i syscall.Sysinfo_t
	if syscall.Sysinfo(&i) != nil {
		return 0
	}
	return int64(i.Totalram) * int64(i.Unit)
}
