package persist

import (
	"errors"
	"fmt"
	"path/filepath"
)

// A segment is one file of the journal and what inspection found in it.
type segment struct {
	name   string
	number uint64
	salt   uint64
	size   int64 // of the file
	begin  chain // before its first unit
	end    chain // behind its last sound unit
	length int64 // bytes up to there
	broken error // what is wrong with its header
}

// units is the number of whole units in the segment.
func (s *segment) units() uint64 { return s.end.next - s.begin.next }

// A DamageError says that units which had been on disk are not there any
// more. The store does not open until an operator accepts the loss.
type DamageError struct {
	Dir    string
	File   string // where reading ended
	Offset int64
	First  uint64 // the first unit that is lost
	Known  uint64 // the last unit known to have been on disk
	Reason string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("journal is damaged: %s, offset %d: %s; units %d to %d at least were on disk and cannot be read; "+
		"restore a backup, or run `perigee journal repair --dir %s --accept-data-loss` to go on without them",
		e.File, e.Offset, e.Reason, e.First, e.Known, e.Dir)
}

// An inspection is what reading the whole journal showed. Nothing has been
// changed on disk.
type inspection struct {
	dir      string    // the data directory
	segments []segment // sound and needed, oldest first; the last may be torn
	stale    []segment // wholly folded, or never used
	after    []segment // behind the place where sound units end
	at       chain     // behind the last sound unit
	known    uint64    // the highest number known to have been on disk
	torn     int64     // bytes behind the last sound unit
	file     string    // where reading ended
	tornAt   int64     // and the offset
	reason   string    // and why
	highest  uint64    // the highest segment number in use
}

// inspect reads the journal of a data directory behind position, the last
// unit folded into Badger; known is what else says was on disk. The error is
// a *DamageError when units that were durable are missing; the inspection
// then says where.
func inspect(fs fileSystem, dir string, position, known uint64) (*inspection, error) {
	in := &inspection{dir: dir, at: chain{next: position + 1}, known: max(position, known)}
	files, err := in.list(fs)
	if err != nil {
		return nil, err
	}
	used, err := in.headers(fs, files)
	if err != nil {
		return nil, err
	}
	used = in.dropFolded(used, position)
	if err := in.read(fs, used); err != nil {
		return nil, err
	}
	if in.known <= position && in.at.next <= position {
		// What breaks off here is in Badger already.
		in.stale, in.segments = append(in.stale, in.segments...), nil
		in.at, in.torn = chain{next: position + 1}, 0
	}
	if in.known >= in.at.next {
		return in, in.damage()
	}
	return in, nil
}

func (in *inspection) damage() error {
	d := &DamageError{in.dir, in.file, in.tornAt, in.at.next, in.known, in.reason}
	if d.File == "" {
		d.File = filepath.Join(in.dir, journalDirName)
	}
	if d.Reason == "" {
		d.Reason = "the journal ends here"
	}
	return d
}

func (in *inspection) list(fs fileSystem) ([]segment, error) {
	dir := filepath.Join(in.dir, journalDirName)
	names, err := fs.List(dir)
	if err != nil {
		return nil, err
	}
	var files []segment
	for _, name := range names {
		if n, ok := segmentNumber(name); ok {
			files = append(files, segment{name: filepath.Join(dir, name), number: n})
			in.highest = n
		}
	}
	return files, nil
}

// headers reads each segment's header and first mark. Segments that were
// prepared and never used go to the stale.
func (in *inspection) headers(fs fileSystem, files []segment) (used []segment, err error) {
	for _, s := range files {
		blank, err := s.open(fs)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", s.name, err)
		case blank:
			in.stale = append(in.stale, s)
		default:
			used = append(used, s)
		}
	}
	return used, nil
}

// open reads header and first mark; blank says that no unit was ever written.
func (s *segment) open(fs fileSystem) (blank bool, err error) {
	f, err := fs.Open(s.name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if s.size, err = f.Size(); err != nil {
		return false, err
	}
	head := make([]byte, min(segHeaderSize, s.size))
	if n, err := f.ReadAt(head, 0); n < len(head) {
		return false, err
	}
	h, headErr := parseSegHeader(head)
	if headErr == nil && h.number != s.number {
		headErr = fmt.Errorf("header is that of segment %d", h.number)
	}
	if headErr == nil {
		s.salt = h.salt
		if s.begin, err = readSegment(f, s.size, h).first(); err == nil || !errors.Is(err, errStop) {
			return false, err
		}
	}
	rest, err := readRemainder(f, segHeaderSize, s.size, s.salt)
	s.broken = headErr
	return rest.end == segHeaderSize, err
}

// dropFolded moves the segments whose units are all in Badger to the stale.
// A segment is wholly folded when a later one begins at position+1 or before.
func (in *inspection) dropFolded(used []segment, position uint64) []segment {
	first := 0
	for i := range used {
		if b := used[i].begin.next; b != 0 && b <= position+1 {
			first = i
		}
	}
	in.stale = append(in.stale, used[:first]...)
	return used[first:]
}

// read follows the chain through the segments until it breaks, then looks
// through what is left for proof that it had been durable.
func (in *inspection) read(fs fileSystem, used []segment) error {
	if len(used) > 0 && used[0].begin.next > in.at.next {
		in.reason = fmt.Sprintf("the journal begins with unit %d", used[0].begin.next)
		in.file = used[0].name
		return in.searchAfter(fs, used)
	}
	for i := range used {
		s := &used[i]
		if i == 0 && s.begin.next != 0 {
			in.at = s.begin
		}
		whole, err := in.readOne(fs, s)
		if err != nil {
			return fmt.Errorf("read %s: %w", s.name, err)
		}
		if whole && i+1 < len(used) && used[i+1].begin == in.at {
			continue
		}
		if i+1 < len(used) && whole {
			in.reason = fmt.Sprintf("units from %d on are missing before %s", in.at.next, filepath.Base(used[i+1].name))
		}
		return in.searchAfter(fs, used[i+1:])
	}
	return nil
}

// readOne reads one segment's units; whole says that nothing but zeros
// follows them.
func (in *inspection) readOne(fs fileSystem, s *segment) (whole bool, err error) {
	f, err := fs.Open(s.name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	in.file, in.tornAt = s.name, 0
	if s.broken != nil {
		// The header was on disk before the segment was used, so it cannot
		// be torn; without it nothing else here can be trusted.
		in.reason, in.known = s.broken.Error(), max(in.known, in.at.next)
		in.after = append(in.after, *s)
		return false, nil
	}
	r := readSegment(f, s.size, segHeader{salt: s.salt})
	r.at = in.at
	for err == nil {
		_, _, err = r.next()
	}
	if !errors.Is(err, errStop) {
		return false, err
	}
	in.reason = err.Error()
	rest, err := readRemainder(f, min(r.sound, s.size), s.size, s.salt)
	if err != nil {
		return false, err
	}
	s.begin, s.end, s.length = in.at, r.at, r.sound
	in.at, in.tornAt, in.torn = r.at, r.sound, rest.end-min(r.sound, s.size)
	in.known = max(in.known, r.synced, rest.synced)
	in.segments = append(in.segments, *s)
	return in.torn == 0, nil
}

// searchAfter takes in the marks of segments behind the break.
func (in *inspection) searchAfter(fs fileSystem, after []segment) error {
	in.after = append(in.after, after...)
	for _, s := range after {
		f, err := fs.Open(s.name)
		if err != nil {
			return err
		}
		rest, err := readRemainder(f, segHeaderSize, s.size, s.salt)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("read %s: %w", s.name, err)
		}
		if s.broken != nil {
			in.known = max(in.known, in.at.next)
		}
		in.known = max(in.known, rest.synced)
		in.torn += rest.end - segHeaderSize
	}
	return nil
}

// settle makes the disk agree with the inspection: folded, unused and cut off
// segments go, a torn one is cut, and all that stays is synced. It may be
// interrupted and done again at any point.
func (in *inspection) settle(fs fileSystem) error {
	for i := len(in.after) - 1; i >= 0; i-- {
		if err := fs.Remove(in.after[i].name); err != nil {
			return err
		}
	}
	for _, s := range in.stale {
		if err := fs.Remove(s.name); err != nil {
			return err
		}
	}
	for i := range in.segments {
		if err := in.segments[i].cut(fs); err != nil {
			return fmt.Errorf("cut %s: %w", in.segments[i].name, err)
		}
	}
	return fs.SyncDir(filepath.Join(in.dir, journalDirName))
}

// cut ends the segment's file behind its last sound unit.
func (s *segment) cut(fs fileSystem) error {
	f, err := fs.Open(s.name)
	if err != nil {
		return err
	}
	if s.length < s.size {
		err = f.Truncate(s.length)
		s.size = s.length
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// replay calls fn with each sound unit behind position, oldest first.
func (in *inspection) replay(fs fileSystem, position uint64, fn func(seq uint64, unit []byte) error) error {
	for i := range in.segments {
		if err := in.segments[i].replay(fs, position, fn); err != nil {
			return fmt.Errorf("replay %s: %w", in.segments[i].name, err)
		}
	}
	return nil
}

// replay calls fn with each unit of the segment behind position. The bytes
// are checked once more; fewer units than inspection found are an error.
func (s *segment) replay(fs fileSystem, position uint64, fn func(seq uint64, unit []byte) error) error {
	if s.end.next <= position+1 {
		return nil
	}
	f, err := fs.Open(s.name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := readSegment(f, s.length, segHeader{salt: s.salt})
	for r.at = s.begin; r.at.next < s.end.next; {
		unit, seq, err := r.next()
		if err != nil {
			return err
		}
		if seq <= position {
			continue
		}
		if err := fn(seq, unit); err != nil {
			return fmt.Errorf("unit %d: %w", seq, err)
		}
	}
	return nil
}
