package persist

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
	badgeroptions "github.com/dgraph-io/badger/v4/options"
)

// A state is the Badger store: what the journal's folded part amounts to.
// One goroutine at a time uses it: the one that recovers, then the folder's.
type state struct {
	db    *badger.DB
	dir   string
	fold  foldState
	blobs map[string][]blobID // record keys whose values are blobs; several only after a fold was cut short

	accepted string // the damage that was accepted on opening

	// written bytes after each batch from fold.batchFirst on
	batches []uint64

	records int          // most in one transaction
	before  func() error // asked before each transaction, for tests to fail there
}

const (
	badgerDirName = "badger"
	memTableSize  = 16 << 20
	memTables     = 2
	// keepBatches is how many bytes must be written behind a batch before
	// its record may go: more than all memtables, whose logs a crash makes
	// Badger read again, can hold.
	keepBatches = 4 * (memTables + 2) * memTableSize
	// batchBytes and batchRecords bound a transaction well below Badger's
	// limits for the size of memtable.
	batchBytes   = 1 << 20
	batchRecords = 8 << 10
)

// openState opens the Badger store and verifies that no batch is missing; if
// one is, accept decides whether to go on without it.
func openState(dir string, accept bool, log *slog.Logger) (*state, error) {
	dir = filepath.Join(dir, badgerDirName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := removeEmptyLogs(dir); err != nil {
		return nil, err
	}
	options := badgerOptions(dir, log)
	if err := verifyTables(options); err != nil {
		return nil, err
	}
	db, err := badger.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open badger in %s: %w", dir, err)
	}
	s := &state{db: db, dir: dir, records: batchRecords, before: func() error { return nil }}
	err = s.readFoldState()
	var lost *StateDamageError
	if accept && errors.As(err, &lost) {
		s.accepted, err = err.Error(), nil
		s.fold.batchFirst, s.batches = s.fold.batchLast+1, nil
	}
	if err = errors.Join(err, s.readBlobIndex()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func badgerOptions(dir string, log *slog.Logger) badger.Options {
	return badger.DefaultOptions(dir).
		WithLogger(badgerLog{log}).
		WithExternalMagic(formatVersion).
		WithSyncWrites(true).
		WithDetectConflicts(false).
		WithMetricsEnabled(false).
		WithMemTableSize(memTableSize).
		WithNumMemtables(memTables).
		WithNumCompactors(2).
		WithValueThreshold(1 << 20). // longer than any value: the value log stays empty
		WithValueLogFileSize(1 << 20).
		WithCompression(badgeroptions.None).
		WithBlockCacheSize(0).
		WithChecksumVerificationMode(badgeroptions.OnBlockRead)
}

// removeEmptyLogs removes what a kill between the creation of a file and its
// first byte leaves, and Badger does not open.
func removeEmptyLogs(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		info, err := e.Info()
		if err == nil && info.Size() == 0 && (ext == ".mem" || ext == ".vlog") {
			err = os.Remove(filepath.Join(dir, e.Name()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// giveNamespaces gives each of n databases a namespace that has none yet.
func (s *state) giveNamespaces(n int) error {
	if len(s.fold.databases) >= n {
		return nil
	}
	for len(s.fold.databases) < n {
		s.fold.namespace++
		s.fold.databases = append(s.fold.databases, s.fold.namespace)
	}
	return s.writeState()
}

// get returns a copy of a record's value, nil if there is none.
func (s *state) get(rk []byte) (value []byte, err error) {
	err = s.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(rk)
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		value, err = item.ValueCopy(nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read badger: %w", err)
	}
	return value, nil
}

// each calls fn with the records whose keys begin with prefix, in order,
// until it returns false. Key and value are valid during the call.
func (s *state) each(prefix []byte, fn func(rk, value []byte) (bool, error)) error {
	return s.db.View(func(txn *badger.Txn) error {
		return eachOf(txn, prefix, fn)
	})
}

func eachOf(txn *badger.Txn, prefix []byte, fn func(rk, value []byte) (bool, error)) error {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for it.Seek(prefix); it.ValidForPrefix(prefix); it.Next() {
		more := true
		item := it.Item()
		err := item.Value(func(value []byte) (err error) {
			more, err = fn(item.Key(), value)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func (s *state) readFoldState() error {
	b, err := s.get([]byte{tagState})
	if err != nil || b == nil {
		return err
	}
	if s.fold, err = parseFoldState(b); err != nil {
		return err
	}
	next := s.fold.batchFirst
	err = s.each([]byte{tagBatch}, func(rk, value []byte) (bool, error) {
		if len(rk) != 9 || len(value) != 8 {
			return false, fmt.Errorf("%w: batch", errBadRecord)
		}
		n := binary.BigEndian.Uint64(rk[1:])
		if n > s.fold.batchLast {
			return false, nil // of a fold that was cut short
		}
		if n == next {
			s.batches = append(s.batches, binary.BigEndian.Uint64(value))
			next++
		}
		return n < next, nil
	})
	if err != nil {
		return err
	}
	if s.fold.batchLast != 0 && next != s.fold.batchLast+1 {
		return &StateDamageError{Dir: s.dir, Batch: next}
	}
	return nil
}

// A StateDamageError says that Badger lost a batch it had confirmed.
type StateDamageError struct {
	Dir   string
	Batch uint64
}

func (e *StateDamageError) Error() string {
	return fmt.Sprintf("badger in %s has lost writes it had confirmed (batch %d is missing); restore a backup, or run "+
		"`perigee journal repair --dir %s --accept-data-loss` to go on without them", e.Dir, e.Batch, filepath.Dir(e.Dir))
}

func (s *state) readBlobIndex() error {
	s.blobs = map[string][]blobID{}
	return s.each([]byte{tagBlobIndex}, func(rk, value []byte) (bool, error) {
		id, ok := parseBlobID(rk[1:])
		if !ok {
			return false, fmt.Errorf("%w: blob index", errBadRecord)
		}
		s.blobs[string(value)] = append(s.blobs[string(value)], id)
		return true, nil
	})
}

// blobRecords returns the record keys of the blobs that rk has had, whose
// value is value now, and forgets them. The index of each comes last: while
// there is one, its pages can be found.
func (s *state) blobRecords(rk, value []byte) (rks [][]byte, err error) {
	ids := s.blobs[string(rk)]
	delete(s.blobs, string(rk))
	now, length, _ := parseBlobValue(value)
	for _, id := range ids {
		if id == now {
			for page := range blobPages(length) {
				rks = append(rks, id.page(page))
			}
			rks = append(rks, id.index())
			continue
		}
		err = s.each(id.appendTo([]byte{tagBlob}), func(page, _ []byte) (bool, error) {
			rks = append(rks, bytes.Clone(page))
			return true, nil
		})
		if err != nil {
			return nil, err
		}
		rks = append(rks, id.index())
	}
	return rks, nil
}

// A batch collects records for one synced transaction after the other. Each
// has a record of its number; one that is missing later proves a loss.
type batch struct {
	s       *state
	txn     *badger.Txn
	bytes   int
	records int
}

// put adds a record; a nil value deletes it. rk and value must not change
// until the batch is committed.
func (b *batch) put(rk, value []byte) error {
	if b.txn != nil && (b.bytes+len(rk)+len(value) > batchBytes || b.records >= b.s.records) {
		if err := b.commit(); err != nil {
			return err
		}
	}
	if b.txn == nil {
		b.txn, b.bytes, b.records = b.s.db.NewTransaction(true), 0, 0
	}
	b.bytes += len(rk) + len(value) + 32
	b.records++
	if value == nil {
		return b.txn.Delete(rk)
	}
	return b.txn.Set(rk, value)
}

// reserve begins another transaction if n deletions more, one of them of a
// record key of any length, might not go into the one that is being collected.
func (b *batch) reserve(n int) error {
	if b.records+n <= b.s.records && b.bytes+n*64+longKey <= batchBytes {
		return nil
	}
	return b.commit()
}

// commit writes what was put since the last commit and waits for the disk.
func (b *batch) commit() error {
	if b.txn == nil {
		return nil
	}
	s := b.s
	total := uint64(b.bytes)
	if n := len(s.batches); n > 0 {
		total += s.batches[n-1]
	}
	if s.fold.batchFirst == 0 {
		s.fold.batchFirst = 1
	}
	number := s.fold.batchFirst + uint64(len(s.batches))
	err := s.before()
	if err == nil {
		err = b.txn.Set(tagged(tagBatch, number), binary.BigEndian.AppendUint64(nil, total))
	}
	if err == nil {
		err = b.txn.Commit()
	}
	b.txn = nil
	if err != nil {
		return fmt.Errorf("write badger: %w", err)
	}
	s.batches = append(s.batches, total)
	return nil
}

// writeState commits the fold's state, and with it that all batches so far
// are whole. Records of batches that must be in tables by now go.
func (s *state) writeState() error {
	drop := 0
	for drop < len(s.batches)-1 && s.batches[len(s.batches)-1]-s.batches[drop] > keepBatches {
		drop++
	}
	first := s.fold.batchFirst
	s.fold.batchLast = first + uint64(len(s.batches)) - 1
	if len(s.batches) == 0 {
		s.fold.batchLast = 0
	}
	drop = min(drop, batchRecords)
	s.fold.batchFirst += uint64(drop)
	s.batches = append(s.batches[:0], s.batches[drop:]...)
	return s.db.Update(func(txn *badger.Txn) error {
		for n := range uint64(drop) {
			if err := txn.Delete(tagged(tagBatch, first+n)); err != nil {
				return err
			}
		}
		return txn.Set([]byte{tagState}, s.fold.encode())
	})
}

// badgerLog passes on what Badger logs as trouble; the rest is noise.
type badgerLog struct{ log *slog.Logger }

func (l badgerLog) Errorf(format string, args ...any) {
	l.log.Error("badger: " + strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (l badgerLog) Warningf(format string, args ...any) {
	l.log.Warn("badger: " + strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (l badgerLog) Infof(format string, args ...any) {
	l.log.Debug("badger: " + strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (l badgerLog) Debugf(string, ...any) {}
