package persist

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A memDisk is a file system in memory that can fail, be full, and lose what
// was not synced.
type memDisk struct {
	mu      sync.Mutex
	entries map[string]*memInode // what a process sees
	durable map[string]*memInode // what a power cut leaves
	free    int64
	fault   func(op, name string) error // when not nil says how a changing call fails
	gate    chan struct{}               // when not nil a sync waits to receive
	held    atomic.Int32                // syncs that have come to the gate
	brief   time.Duration               // the journal's briefSync: -1 where a sync must not wait on the loop
}

type memInode struct {
	data, durable []byte
	allocated     int64
}

func newMemDisk() *memDisk {
	return &memDisk{entries: map[string]*memInode{}, durable: map[string]*memInode{}, free: 1 << 40}
}

var errInjected = errors.New("injected fault")

// call says how a changing call fails.
func (d *memDisk) call(op, name string) error {
	if d.fault == nil {
		return nil
	}
	return d.fault(op, name)
}

// failOnce makes the next call of op on the file fail.
func (d *memDisk) failOnce(op, name string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = func(o, n string) error {
		if o != op || n != name {
			return nil
		}
		d.fault = nil
		return err
	}
}

func (d *memDisk) Create(name string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call("create", name); err != nil {
		return nil, err
	}
	if d.entries[name] != nil {
		return nil, fs.ErrExist
	}
	d.entries[name] = &memInode{}
	return &memFile{d, d.entries[name], name}, nil
}

func (d *memDisk) Open(name string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.entries[name] == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &memFile{d, d.entries[name], name}, nil
}

func (d *memDisk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call("remove", name); err != nil {
		return err
	}
	if d.entries[name] == nil {
		return fs.ErrNotExist
	}
	d.free += d.entries[name].allocated
	delete(d.entries, name)
	return nil
}

func (d *memDisk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call("rename", from); err != nil {
		return err
	}
	d.entries[to] = d.entries[from]
	delete(d.entries, from)
	return nil
}

func (d *memDisk) List(dir string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for name := range d.entries {
		if filepath.Dir(name) == filepath.Clean(dir) {
			names = append(names, filepath.Base(name))
		}
	}
	slices.Sort(names)
	return names, nil
}

func (d *memDisk) MkdirAll(string) error { return nil }

func (d *memDisk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call("syncdir", dir); err != nil {
		return err
	}
	for name := range d.durable {
		if filepath.Dir(name) == filepath.Clean(dir) && d.entries[name] == nil {
			delete(d.durable, name)
		}
	}
	for name, n := range d.entries {
		if filepath.Dir(name) == filepath.Clean(dir) {
			d.durable[name] = n
		}
	}
	return nil
}

func (d *memDisk) Free(string) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.free, nil
}

func (d *memDisk) Volume(string) (int64, error) { return 1 << 40, nil }

func (d *memDisk) setFree(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free = n
}

// crash returns what a power cut leaves: all that was synced, and of the rest
// each sector, size and directory entry by chance, or nothing of it when rng
// is nil.
func (d *memDisk) crash(rng *rand.Rand) *memDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	chance := func() bool { return rng != nil && rng.IntN(2) == 0 }
	after := newMemDisk()
	after.brief = d.brief
	names := map[string]*memInode{}
	for name, n := range d.durable {
		if d.entries[name] == n || !chance() {
			names[name] = n
		}
	}
	for name, n := range d.entries {
		if chance() {
			names[name] = n
		}
	}
	for name, n := range names {
		left := bytes.Clone(n.durable)
		if chance() {
			left = resize(left, len(n.data))
		}
		for at := 0; at < len(left); at += 512 {
			if chance() && at < len(n.data) {
				copy(left[at:min(at+512, len(left))], n.data[at:])
			}
		}
		inode := &memInode{data: left, durable: bytes.Clone(left)}
		after.entries[name], after.durable[name] = inode, inode
	}
	return after
}

// kill returns what the end of the process leaves: everything written.
func (d *memDisk) kill() *memDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	after := newMemDisk()
	after.brief = d.brief
	for name, n := range d.entries {
		inode := &memInode{data: bytes.Clone(n.data), durable: bytes.Clone(n.data)}
		after.entries[name], after.durable[name] = inode, inode
	}
	return after
}

func resize(b []byte, n int) []byte {
	if n <= len(b) {
		return b[:n]
	}
	return append(b, make([]byte, n-len(b))...)
}

type memFile struct {
	d    *memDisk
	n    *memInode
	name string // it was opened by
}

func (f *memFile) ReadAt(b []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if off >= int64(len(f.n.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.n.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(b []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.call("write", f.name); err != nil {
		n := copy(f.n.data[min(off, int64(len(f.n.data))):], b[:len(b)/2])
		return n, err
	}
	if end := int(off) + len(b); end > len(f.n.data) {
		f.n.data = resize(f.n.data, end)
	}
	return copy(f.n.data[off:], b), nil
}

func (f *memFile) Close() error { return nil }

func (f *memFile) Size() (int64, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return int64(len(f.n.data)), nil
}

func (f *memFile) Allocate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.call("allocate", f.name); err != nil {
		return err
	}
	more := max(size-f.n.allocated, 0)
	if more > f.d.free {
		return syscall.ENOSPC
	}
	f.d.free -= more
	f.n.allocated += more
	if int(size) > len(f.n.data) {
		f.n.data = resize(f.n.data, int(size))
	}
	return nil
}

func (f *memFile) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.call("truncate", f.name); err != nil {
		return err
	}
	f.d.free += max(f.n.allocated-size, 0)
	f.n.allocated = min(f.n.allocated, size)
	f.n.data = resize(f.n.data, int(size))
	return nil
}

func (f *memFile) Sync() error {
	f.d.mu.Lock()
	gate := f.d.gate
	f.d.mu.Unlock()
	if gate != nil {
		f.d.held.Add(1)
		<-gate
	}
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.call("sync", f.name); err != nil {
		return err
	}
	f.n.durable = bytes.Clone(f.n.data)
	return nil
}

// A handClock moves only when a test says so.
type handClock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[chan time.Time]time.Time
}

func newHandClock() *handClock {
	return &handClock{now: time.Unix(1000, 0), timers: map[chan time.Time]time.Time{}}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) After(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := make(chan time.Time, 1)
	c.timers[t] = c.now.Add(d)
	c.fire()
	return t, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.timers, t)
	}
}

func (c *handClock) fire() {
	for t, at := range c.timers {
		if !at.After(c.now) {
			t <- c.now
			delete(c.timers, t)
		}
	}
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.fire()
}

// waitFor lets other goroutines run until cond holds.
func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !cond(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(50 * time.Microsecond)
	}
}
