package persist

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A Store is a data directory: the journal and the Badger store behind it.
// Use: Open, Recover, then the Journal while serving, Close.
type Store struct {
	opts    Options
	lock    *os.File
	mark    *watermark
	state   *state
	found   *inspection
	journal *Journal
	folder  *folder
}

// A Report tells what recovery found.
type Report struct {
	Keys     int           // loaded from Badger
	Units    uint64        // replayed from the journal
	Last     uint64        // the last unit's sequence number
	Torn     int64         // bytes cut from the journal's end: units nobody was told of
	TornFile string        // where
	Took     time.Duration // all of it
}

const (
	lockName     = "LOCK"
	formatName   = "FORMAT"
	formatPrefix = "perigee data format "
)

// Open locks the data directory, making it if it is missing, and verifies
// what is in it without changing the journal. It fails if another process has
// the directory, if its format is not known, if the disk is full to the last,
// and with a *DamageError or *StateDamageError if data that had been on disk
// is missing.
func Open(o Options) (*Store, error) {
	s := &Store{opts: o.withDefaults()}
	if err := s.open(false); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

func (s *Store) open(accept bool) error {
	if err := s.takeDirectory(); err != nil {
		return fmt.Errorf("data directory %s: %w", s.opts.Dir, err)
	}
	free, err := s.opts.fs.Free(s.opts.Dir)
	if err != nil {
		return fmt.Errorf("data directory %s: %w", s.opts.Dir, err)
	}
	if err := s.SetReserve(s.opts.Reserve); err != nil {
		return fmt.Errorf("data directory %s: %w", s.opts.Dir, err)
	}
	if free < leastFree {
		return fmt.Errorf("data directory %s: %d MB are left on its disk, opening needs %d MB: %w", s.opts.Dir, free>>20, leastFree>>20, syscall.ENOSPC)
	}
	if s.state, err = openState(s.opts.Dir, accept, s.opts.Log); err != nil {
		return err
	}
	s.mark, err = openWatermark(s.opts.fs, journalDir(s.opts.Dir))
	if err != nil {
		if accept {
			return nil
		}
		return fmt.Errorf("%w; restore it, or run `perigee journal repair --dir %s --accept-data-loss`", err, s.opts.Dir)
	}
	known := max(s.mark.value, s.state.fold.intent)
	s.found, err = inspect(s.opts.fs, s.opts.Dir, s.state.fold.position, known)
	return err
}

// SetReserve changes how much of the disk is left free; 0 is the default,
// which the size of the volume decides. Any goroutine may call it.
func (s *Store) SetReserve(bytes int64) error {
	if bytes == 0 {
		volume, err := s.opts.fs.Volume(s.opts.Dir)
		if err != nil {
			return err
		}
		bytes = usualReserve(volume)
	}
	s.opts.reserve.Store(bytes)
	return nil
}

// usualReserve is the reserve on a volume of the given size.
func usualReserve(volume int64) int64 {
	return min(max(volume/10, leastReserve), mostReserve)
}

// leastFree is what opening or closing Badger may write, the tables of its
// memtables above all. It writes to mapped memory, where a full disk is no
// error but a signal that ends the process.
const leastFree = 64 << 20

// takeDirectory locks the directory and checks or begins its format.
func (s *Store) takeDirectory() (err error) {
	dir := s.opts.Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if s.lock, err = os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := lockFile(s.lock); err != nil {
		return err
	}
	if err := errors.Join(s.lock.Truncate(0), writeAll(s.lock, fmt.Sprintf("pid %d\n", os.Getpid()))); err != nil {
		return err
	}
	format, err := os.ReadFile(filepath.Join(dir, formatName))
	if errors.Is(err, fs.ErrNotExist) {
		return s.begin()
	}
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("%s%d", formatPrefix, formatVersion); strings.TrimSpace(string(format)) != want {
		return fmt.Errorf("has %q in %s, this program knows %q", strings.TrimSpace(string(format)), formatName, want)
	}
	return nil
}

func writeAll(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

// begin makes an empty data directory. FORMAT comes last: without it nothing
// in the directory has ever been used.
func (s *Store) begin() error {
	dir := s.opts.Dir
	segments, err := filepath.Glob(filepath.Join(journalDir(dir), "*"+segmentSuffix))
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, badgerDirName)); err == nil || len(segments) > 0 {
		return fmt.Errorf("holds data, but %s is missing", formatName)
	}
	if err := os.RemoveAll(journalDir(dir)); err != nil {
		return err
	}
	if err := s.opts.fs.MkdirAll(journalDir(dir)); err != nil {
		return err
	}
	if err := createWatermark(s.opts.fs, journalDir(dir), 0); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, formatName+".new"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(writeAll(f, fmt.Sprintf("%s%d\n", formatPrefix, formatVersion)), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, formatName)); err != nil {
		return err
	}
	return s.opts.fs.SyncDir(dir)
}

// Recover cuts a torn tail, gives the target everything the store holds, and
// starts the journal. databases is how many the target has. After it the
// target has applied all units up to Report.Last.
func (s *Store) Recover(target Target, databases int) (r Report, err error) {
	began := time.Now()
	watched := watchProgress(target, s.opts.Log, reportEvery)
	defer watched.stop()
	if err := s.settle(); err != nil {
		return r, err
	}
	if err := s.finishFold(); err != nil {
		return r, err
	}
	if err := s.state.giveNamespaces(databases); err != nil {
		return r, err
	}
	if r.Keys, err = s.state.load(watched, databases); err != nil {
		return r, err
	}
	err = s.found.replay(s.opts.fs, s.state.fold.position, func(_ uint64, unit []byte) error { return watched.Unit(unit) })
	r.Units = watched.units.Load()
	if err != nil {
		return r, err
	}
	r.Last, r.Torn, r.TornFile = s.found.at.next-1, s.found.torn, s.found.file
	if err := s.start(); err != nil {
		return r, err
	}
	r.Took = time.Since(began)
	return r, nil
}

// settle makes the journal's files agree with what inspection found.
func (s *Store) settle() error {
	in := s.found
	if in.torn > 0 {
		s.opts.Log.Warn("the journal's end is torn and has been cut at the last whole unit",
			"file", in.file, "offset", in.tornAt, "bytes", in.torn, "last_unit", in.at.next-1, "reason", in.reason)
	}
	if err := in.settle(s.opts.fs); err != nil {
		return fmt.Errorf("settle the journal: %w", err)
	}
	return errors.Join(s.mark.note(in.at.next-1), s.mark.sync())
}

// finishFold does again a fold that was cut short: only then do Badger's
// records show one moment.
func (s *Store) finishFold() error {
	f := &s.state.fold
	if f.intent <= f.position {
		return nil
	}
	var segs []segment
	for _, seg := range s.found.segments {
		if seg.begin.next <= f.intent {
			segs = append(segs, seg)
		}
	}
	room := (&folder{s: s.state, opts: s.opts}).room
	on := func(time.Duration) bool { return true }
	if err := s.state.foldUnits(s.opts, segs, f.intent, room, on); err != nil {
		return fmt.Errorf("finish a fold that was cut short: %w", err)
	}
	if f.position < f.intent {
		return fmt.Errorf("a fold up to unit %d was cut short, and the journal ends with unit %d", f.intent, f.position)
	}
	return nil
}

// start begins to write and to fold.
func (s *Store) start() (err error) {
	var left []segment
	for _, seg := range s.found.segments {
		if seg.units() > 0 && seg.end.next > s.state.fold.position+1 {
			left = append(left, seg)
		}
	}
	s.folder = startFolder(s.state, s.opts, left)
	s.journal, err = startJournal(s.opts, s.found.at, s.found.highest, s.mark, s.folder.add)
	if err == nil {
		s.journal.compact = s.folder.compact
	}
	return err
}

// Journal returns the journal; the store must have recovered.
func (s *Store) Journal() *Journal { return s.journal }

// Close writes and syncs everything, waits for a fold that is going on and
// gives up the directory. The loop must have stopped.
func (s *Store) Close() error {
	var errs []error
	if s.journal != nil {
		errs = append(errs, s.journal.Close())
	}
	if s.folder != nil {
		errs = append(errs, s.folder.stop())
	}
	return errors.Join(append(errs, s.release())...)
}

// release closes what Open opened.
func (s *Store) release() (err error) {
	if s.mark != nil && s.journal == nil {
		err = s.mark.f.Close()
	}
	if s.state != nil {
		err = errors.Join(err, s.closeState())
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// closeState closes Badger, unless that needs more room than there is: then
// it is left as a kill would leave it, which loses nothing.
func (s *Store) closeState() error {
	free, err := s.opts.fs.Free(s.opts.Dir)
	if err == nil && free < leastFree {
		s.opts.Log.Warn("the disk is too full to close Badger; nothing is lost, and the next start takes longer", "free", free)
		return nil
	}
	return s.state.db.Close()
}
