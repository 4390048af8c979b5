package persist

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A fileSystem is what the journal needs of the disk. Tests put a faulty one
// in its place.
type fileSystem interface {
	// Create makes a new file, which must not exist, readable by the owner only.
	Create(name string) (file, error)
	// Open opens an existing file for reading and writing.
	Open(name string) (file, error)
	Remove(name string) error
	Rename(from, to string) error
	// List returns the names of the directory's entries, sorted.
	List(dir string) ([]string, error)
	// MkdirAll makes a directory that only the owner may enter.
	MkdirAll(dir string) error
	// SyncDir makes creations, renames and removals in dir durable.
	SyncDir(dir string) error
	// Free returns the bytes that may still be written below dir.
	Free(dir string) (int64, error)
	// Volume returns the bytes that the volume of dir has in all.
	Volume(dir string) (int64, error)
}

// A file is one open file of a fileSystem.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	// Allocate makes size the file's size at least, with real blocks behind
	// it, so that writing there cannot meet a full disk.
	Allocate(size int64) error
	Truncate(size int64) error
	// Sync returns when the file's bytes are on disk (fdatasync).
	Sync() error
}

// A clock tells the time to the policy everysec.
type clock interface {
	Now() time.Time
	// After sends on the channel once d has passed; stop frees it earlier.
	After(d time.Duration) (c <-chan time.Time, stop func())
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// disk is the operating system's file system.
type disk struct{}

type diskFile struct{ *os.File }

func (disk) Create(name string) (file, error) {
	return opened(os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600))
}

func (disk) Open(name string) (file, error) {
	return opened(os.OpenFile(name, os.O_RDWR, 0))
}

// opened keeps a nil *os.File from becoming a file that is not nil.
func opened(f *os.File, err error) (file, error) {
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (disk) Remove(name string) error     { return os.Remove(name) }
func (disk) Rename(from, to string) error { return os.Rename(from, to) }
func (disk) MkdirAll(dir string) error    { return os.MkdirAll(dir, 0o700) }

func (disk) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func (disk) SyncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (f diskFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// isFull says whether err means that the disk, or the share of it that is
// ours, has no room: the one failure of a write that passes by itself.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// writeZeros is Allocate for file systems that cannot reserve blocks.
func writeZeros(f file, size int64) error {
	from, err := f.Size()
	if err != nil {
		return err
	}
	zeros := make([]byte, 1<<20)
	for from < size {
		n, err := f.WriteAt(zeros[:min(int64(len(zeros)), size-from)], from)
		if err != nil {
			return err
		}
		from += int64(n)
	}
	return nil
}
