package persist

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/table"
)

// A TableDamageError says that a file of Badger's is damaged or gone.
type TableDamageError struct {
	File   string
	Offset int64
	Reason string
}

func (e *TableDamageError) Error() string {
	return fmt.Sprintf("badger is damaged: %s, offset %d: %s; restore a backup", e.File, e.Offset, e.Reason)
}

// verifyTables reads all tables of a Badger store and verifies their
// checksums. Badger must not meet a damaged one: it takes a block that fails
// its checksum for the end of its table, without a word, and dies of others.
// And if the manifest is gone it removes all tables.
func verifyTables(o badger.Options) error {
	name := filepath.Join(o.Dir, badger.ManifestFilename)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		tables, err := filepath.Glob(filepath.Join(o.Dir, "*.sst"))
		if len(tables) > 0 {
			return &TableDamageError{name, 0, "missing, though there are tables"}
		}
		return err
	}
	if err != nil {
		return err
	}
	manifest, _, err := badger.ReplayManifestFile(f, o.ExternalMagicVersion, o)
	if err := errors.Join(err, f.Close()); err != nil {
		return &TableDamageError{name, 0, err.Error()}
	}
	for _, id := range slices.Sorted(maps.Keys(manifest.Tables)) {
		if err := verifyTable(table.NewFilename(id, o.Dir)); err != nil {
			return err
		}
	}
	return nil
}

// verifyTable verifies the checksums of a table that is neither compressed
// nor encrypted: blocks one after the other, the index, and what says where
// that begins. Each ends with its checksum and the checksum's length.
func verifyTable(name string) error {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &TableDamageError{name, 0, "missing"}
	}
	if err != nil {
		return err
	}
	damaged := func(offset int, what string) error {
		return &TableDamageError{name, int64(offset), what + " fails its checksum"}
	}
	body, sum, ok := splitSum(b)
	if !ok || len(body) < 4 {
		return damaged(len(b), "end of table")
	}
	length := int(binary.BigEndian.Uint32(body[len(body)-4:]))
	if length > len(body)-4 {
		return damaged(len(b), "end of table")
	}
	start := len(body) - 4 - length
	index := body[start : len(body)-4]
	if crc32.Checksum(index, castagnoli) != sum {
		return damaged(start, "index")
	}
	entries, at := fb.GetRootAsTableIndex(index, 0), 0
	for i := range entries.OffsetsLength() {
		var block fb.BlockOffset
		if !entries.Offsets(&block, i) || int(block.Offset()) != at || int(block.Len()) > start-at {
			return damaged(start, "index")
		}
		body, sum, ok := splitSum(b[at : at+int(block.Len())])
		if !ok || crc32.Checksum(body, castagnoli) != sum {
			return damaged(at, "block")
		}
		at += int(block.Len())
	}
	return nil
}

// splitSum splits off the CRC32C at the end of b, which Badger writes as a
// protocol buffer: field 2, the sum; field 1, the kind, is left out for CRC32C.
func splitSum(b []byte) (body []byte, sum uint32, ok bool) {
	if len(b) < 4 {
		return nil, 0, false
	}
	end := len(b) - 4
	length := int(binary.BigEndian.Uint32(b[end:]))
	if length > end {
		return nil, 0, false
	}
	message := b[end-length : end]
	if len(message) == 0 {
		return b[:end], 0, true
	}
	value, n := binary.Uvarint(message[1:])
	return b[:end-length], uint32(value), message[0] == 2<<3 && n == len(message)-1 && value>>32 == 0
}
