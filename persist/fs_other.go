//go:build unix && !linux

package persist

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func (disk) Free(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, os.NewSyscallError("statfs", err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

func (disk) Volume(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, os.NewSyscallError("statfs", err)
	}
	return int64(st.Blocks) * int64(st.Bsize), nil
}

func (f diskFile) Allocate(size int64) error { return writeZeros(f, size) }

// Sync is fsync where there is no fdatasync; on darwin Go asks for a full
// flush of the drive.
func (f diskFile) Sync() error { return f.File.Sync() }

// lockFile takes the lock of a data directory; it lasts until f is closed or
// the process ends.
func lockFile(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder := make([]byte, 32)
		n, _ := f.ReadAt(holder, 0)
		return fmt.Errorf("in use by another process (%s)", strings.TrimSpace(string(holder[:n])))
	}
	return os.NewSyscallError("flock", err)
}
