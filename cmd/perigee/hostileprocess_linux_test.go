package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// bound bounds what the process may map for its data: beyond that it ends.
func (h *hostility) bound() {
	h.t.Helper()
	limit := unix.Rlimit{Cur: 4 * hostileBound, Max: 4 * hostileBound}
	if err := unix.Prlimit(h.pid, unix.RLIMIT_DATA, &limit, nil); err != nil {
		h.t.Fatal(err)
	}
}

// resident is the most memory that the process ever took, in bytes.
func (h *hostility) resident() int64 {
	h.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.pid))
	if err != nil {
		h.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		h.t.Fatal(err)
	}
	return kilobytes << 10
}

// processorTime is how long all threads of a process have run. The kernel gives
// it in hundredths of a second.
func processorTime(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	var ticks time.Duration
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0
		}
		ticks += time.Duration(n)
	}
	return ticks * (time.Second / 100)
}
