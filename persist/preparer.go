package persist

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"
)

// A preparer makes the next segment before it is needed: allocated, its
// header and its directory entry on disk. Its goroutine touches the journal
// only under its lock; Close stops it.
type preparer struct {
	journal *Journal
	number  uint64 // of the segment to make
}

// prepareAgain is how long a full disk is left alone.
const prepareAgain = 100 * time.Millisecond

func (p *preparer) run() {
	j := p.journal
	defer j.done.Done()
	for {
		var again <-chan time.Time
		stop := func() {}
		if p.troubled() {
			again, stop = j.opts.clock.After(prepareAgain)
		}
		select {
		case <-j.quit:
			stop()
			return
		case <-j.prepare:
		case <-again:
			j.opts.Notify() // the loop tries its writes again
		}
		stop()
		if err := p.step(); err != nil {
			j.opts.Log.Debug("cannot prepare a journal segment", "err", err)
		}
	}
}

func (p *preparer) troubled() bool {
	j := p.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.prepErr != nil || j.writeErr != nil
}

// step makes a segment unless there is one.
func (p *preparer) step() error {
	j := p.journal
	j.mu.Lock()
	have, before := j.next != nil, j.prepErr
	j.mu.Unlock()
	if have {
		return nil
	}
	s, err := p.make()
	j.mu.Lock()
	j.next, j.prepErr = s, err
	j.mu.Unlock()
	switch {
	case err != nil && before == nil:
		j.opts.Log.Warn("no room for the journal: writes are refused when its last segment is full", "err", err)
	case err == nil && before != nil:
		j.opts.Log.Info("there is room for the journal again")
	}
	signal(j.prepared)
	j.opts.Notify()
	return err
}

func (p *preparer) make() (*openSegment, error) {
	j := p.journal
	fs := j.opts.fs
	free, err := fs.Free(j.dir)
	if err != nil {
		return nil, fmt.Errorf("free space of %s: %w", j.dir, err)
	}
	if need := j.opts.reserve.Load() + j.opts.SegmentBytes; free < need {
		return nil, fmt.Errorf("%d MB are left on the disk, %d MB are needed: %w", free>>20, need>>20, syscall.ENOSPC)
	}
	s := &openSegment{off: segHeaderSize, segment: segment{
		name: segmentName(j.dir, p.number), number: p.number, salt: newSalt(), size: j.opts.SegmentBytes,
	}}
	p.number++ // even if this fails: a name is not used twice
	if s.f, err = fs.Create(s.name); err != nil {
		return nil, err
	}
	if err := s.format(fs); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", s.name, err), s.f.Close(), fs.Remove(s.name))
	}
	return s, nil
}

// format allocates the file and writes the header.
func (s *openSegment) format(fs fileSystem) error {
	if err := s.f.Allocate(s.size); err != nil {
		return err
	}
	header := segHeader{number: s.number, salt: s.salt}.encode()
	if _, err := s.f.WriteAt(header, 0); err != nil {
		return err
	}
	if err := s.f.Sync(); err != nil {
		return err
	}
	return fs.SyncDir(filepath.Dir(s.name))
}

// newSalt returns a number that nobody can guess and that is not 0.
func newSalt() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return max(binary.LittleEndian.Uint64(b[:]), 1)
}

func journalDir(dir string) string { return filepath.Join(dir, journalDirName) }
