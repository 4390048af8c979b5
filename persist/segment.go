package persist

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// segmentName is the file name of segment number n, in the order of numbers
// when sorted as text.
func segmentName(dir string, n uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016d%s", n, segmentSuffix))
}

// segmentNumber is the inverse of segmentName; ok is false for other files.
func segmentNumber(name string) (n uint64, ok bool) {
	digits, ok := strings.CutSuffix(filepath.Base(name), segmentSuffix)
	if !ok || len(digits) != 16 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
}

// A chain is a place between two units of the journal: the next unit's
// sequence number and the checksum it goes on from.
type chain struct {
	next uint64
	sum  uint32
}

// errStop is wrapped by what a segmentReader returns where no further whole,
// sound unit follows.
var errStop = errors.New("records end")

// A segmentReader yields the units of one segment, verifying each.
type segmentReader struct {
	r      *bufio.Reader
	salt   uint64
	at     chain
	off    int64 // of the next record
	sound  int64 // end of the last whole unit or mark
	synced uint64
	buf    []byte // the record last read
	unit   []byte // the parts of a unit
}

// readSegment begins to read a segment whose header has been parsed.
func readSegment(f io.ReaderAt, size int64, h segHeader) *segmentReader {
	body := io.NewSectionReader(f, segHeaderSize, max(size-segHeaderSize, 0))
	return &segmentReader{
		r: bufio.NewReaderSize(body, int(min(1<<20, size))), salt: h.salt,
		off: segHeaderSize, sound: segHeaderSize,
	}
}

// first reads the mark that begins the segment: where in the journal it is.
func (s *segmentReader) first() (chain, error) {
	b, err := s.r.Peek(markSize)
	if err != nil && err != io.EOF {
		return chain{}, err
	}
	m, _, ok := parseMark(b)
	if !ok || m.salt != s.salt {
		return chain{}, fmt.Errorf("%w: no mark at offset %d", errStop, s.off)
	}
	s.at = chain{m.next, m.chain}
	return s.at, nil
}

// next returns the next unit, valid until the following call, and its
// sequence number. An error that wraps errStop says why there is none.
func (s *segmentReader) next() (unit []byte, seq uint64, err error) {
	s.unit = s.unit[:0]
	at := s.at
	for {
		kind, payload, err := s.record(&at)
		if err != nil {
			return nil, 0, err
		}
		inside := len(s.unit) > 0
		switch {
		case kind == recordMark && !inside:
			s.at, s.sound = at, s.off
			continue
		case kind == recordPart:
			s.unit = append(s.unit, payload...)
			continue
		case kind == recordUnit && !inside:
			unit = payload
		case kind == recordLast && inside:
			s.unit = append(s.unit, payload...)
			unit = s.unit
		default:
			return nil, 0, fmt.Errorf("%w: record of kind %d out of place at offset %d", errStop, kind, s.off)
		}
		seq = at.next
		at.next++
		s.at, s.sound = at, s.off
		return unit, seq, nil
	}
}

// record reads and verifies one record and moves at behind it.
func (s *segmentReader) record(at *chain) (recordKind, []byte, error) {
	head, err := s.r.Peek(frameSize)
	if err == io.EOF {
		return 0, nil, fmt.Errorf("%w: end of file at offset %d", errStop, s.off)
	}
	if err != nil {
		return 0, nil, err
	}
	f := parseFrame(head)
	if f.end() {
		return 0, nil, fmt.Errorf("%w: unused from offset %d", errStop, s.off)
	}
	if !f.plausible() {
		return 0, nil, fmt.Errorf("%w: no record at offset %d", errStop, s.off)
	}
	s.buf = slices.Grow(s.buf[:0], frameSize+int(f.length))[:frameSize+int(f.length)]
	record := s.buf
	if _, err := io.ReadFull(s.r, record); err == io.ErrUnexpectedEOF {
		return 0, nil, fmt.Errorf("%w: record cut off at offset %d", errStop, s.off)
	} else if err != nil {
		return 0, nil, err
	}
	if crc32.Update(at.sum, castagnoli, record[4:]) != f.sum {
		return 0, nil, fmt.Errorf("%w: record fails its checksum at offset %d", errStop, s.off)
	}
	if f.kind == recordMark {
		if m, _, _ := parseMark(record); m.salt != s.salt || m.next != at.next {
			return 0, nil, fmt.Errorf("%w: mark out of place at offset %d", errStop, s.off)
		} else {
			s.synced = max(s.synced, m.synced)
		}
	}
	at.sum = f.sum
	s.off += int64(len(record))
	return f.kind, record[frameSize:], nil
}

// A remainder is what lies in a segment behind the last sound record.
type remainder struct {
	end    int64  // behind the last byte that is not zero
	synced uint64 // what the marks found there say was on disk
}

// readRemainder looks through a segment from an offset to its end for marks,
// wherever they stand. Salt 0 stands for a segment whose salt is not known.
func readRemainder(f io.ReaderAt, from, size int64, salt uint64) (remainder, error) {
	const block = 1 << 20
	rest := remainder{end: from}
	buf := make([]byte, min(block+markSize, max(size-from, 0)))
	for off := from; off < size; off += block {
		b := buf[:min(int64(len(buf)), size-off)]
		if n, err := f.ReadAt(b, off); err != nil && !(err == io.EOF && n == len(b)) {
			return rest, err
		}
		rest.look(b, off, salt)
	}
	return rest, nil
}

// look takes in one block, which overlaps the next by a mark.
func (r *remainder) look(b []byte, off int64, salt uint64) {
	used := len(bytes.TrimRight(b, "\x00"))
	if used == 0 {
		return
	}
	r.end = max(r.end, off+int64(used))
	if salt == 0 {
		return
	}
	var needle [8]byte
	binary.LittleEndian.PutUint64(needle[:], salt)
	for at := frameSize; at < len(b); {
		i := bytes.Index(b[at:], needle[:])
		if i < 0 {
			return
		}
		at += i
		if m, _, ok := parseMark(b[at-frameSize:]); ok {
			r.synced = max(r.synced, m.synced)
		}
		at++
	}
}
