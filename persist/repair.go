package persist

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// lostSuffix marks copies of what a repair took out of the journal.
const lostSuffix = ".lost"

// Repair makes a damaged data directory open again by giving up what cannot
// be read: the journal is cut at its last sound unit, and what stood behind
// stays beside it in files named .lost. It returns one line for each thing it
// gave up, none if nothing was damaged. The server must not be running.
func Repair(o Options) (gaveUp []string, err error) {
	s := &Store{opts: o.withDefaults()}
	err = s.open(true)
	defer func() { err = errors.Join(err, s.release()) }()
	var damaged *DamageError
	if err != nil && !errors.As(err, &damaged) {
		return nil, err
	}
	if s.state.accepted != "" {
		gaveUp = append(gaveUp, s.state.accepted)
		if err := s.state.writeState(); err != nil {
			return nil, err
		}
	}
	lines, err := s.repairJournal()
	return append(gaveUp, lines...), err
}

func (s *Store) repairJournal() (gaveUp []string, err error) {
	fs, dir := s.opts.fs, s.opts.Dir
	in := s.found
	if s.mark == nil {
		gaveUp = append(gaveUp, "the watermark file was not readable: what was on disk last is not known")
		if in, err = inspect(fs, dir, s.state.fold.position, 0); in == nil {
			return nil, err
		}
	}
	if in.known >= in.at.next {
		gaveUp = append(gaveUp, in.damage().Error())
	}
	if len(gaveUp) == 0 {
		return nil, nil
	}
	// Units up to the position are in Badger, wherever the journal breaks off.
	last := max(in.at.next-1, s.state.fold.position)
	if err := in.setAside(fs, last); err != nil {
		return nil, err
	}
	if s.mark != nil {
		err = s.mark.f.Close()
		s.mark = nil
	}
	err = errors.Join(err, replaceWatermark(fs, journalDir(dir), last))
	if s.state.fold.intent > last {
		s.state.fold.intent = last
		err = errors.Join(err, s.state.writeState())
	}
	return gaveUp, err
}

// setAside moves segments behind the break out of the way and copies the one
// that is broken before it is cut.
func (in *inspection) setAside(fs fileSystem, last uint64) error {
	after := in.after
	if in.at.next <= last {
		after = append(in.segments, after...)
		in.segments = nil
	}
	for _, s := range after {
		if err := fs.Rename(s.name, s.name+lostSuffix); err != nil {
			return err
		}
	}
	in.after = nil
	if n := len(in.segments); n > 0 && in.segments[n-1].length < in.segments[n-1].size {
		if err := copyFile(fs, in.segments[n-1].name, in.segments[n-1].name+lostSuffix); err != nil {
			return err
		}
	}
	return in.settle(fs)
}

func copyFile(fs fileSystem, from, to string) error {
	src, err := fs.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := removeIfThere(fs, to); err != nil {
		return err
	}
	dst, err := fs.Create(to)
	if err != nil {
		return err
	}
	buf := make([]byte, 1<<20)
	for off := int64(0); ; {
		n, err := src.ReadAt(buf, off)
		if _, werr := dst.WriteAt(buf[:n], off); werr != nil {
			return errors.Join(werr, dst.Close())
		}
		off += int64(n)
		if err == io.EOF {
			return errors.Join(dst.Sync(), dst.Close())
		}
		if err != nil {
			return errors.Join(err, dst.Close())
		}
	}
}

func replaceWatermark(fs fileSystem, dir string, value uint64) error {
	if err := removeIfThere(fs, filepath.Join(dir, watermarkName)); err != nil {
		return err
	}
	if err := createWatermark(fs, dir, value); err != nil {
		return fmt.Errorf("write watermark: %w", err)
	}
	return nil
}

func removeIfThere(fs fileSystem, name string) error {
	names, err := fs.List(filepath.Dir(name))
	if err != nil {
		return err
	}
	for _, n := range names {
		if n == filepath.Base(name) {
			return fs.Remove(name)
		}
	}
	return nil
}
