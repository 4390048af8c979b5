package persist

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
)

// A watermark is the file that notes the sequence number up to which units
// are known to be on disk. It has two slots, a sector each, written in turn,
// so that a torn write leaves the other. The note may lag behind (it is not
// itself synced before replies leave), never run ahead.
type watermark struct {
	f     file
	slot  int
	value uint64
	dirty bool // written since the file was last synced
}

const (
	watermarkName  = "watermark"
	watermarkMagic = "PERIMARK"
	watermarkSlot  = 512
)

var errNoWatermark = errors.New("watermark file has no valid slot")

func createWatermark(fs fileSystem, dir string, value uint64) error {
	f, err := fs.Create(filepath.Join(dir, watermarkName))
	if err != nil {
		return err
	}
	w := &watermark{f: f}
	err = errors.Join(f.Allocate(2*watermarkSlot), w.note(value), w.note(value), w.sync(), f.Close())
	return errors.Join(err, fs.SyncDir(dir))
}

// openWatermark reads the higher of the two slots.
func openWatermark(fs fileSystem, dir string) (*watermark, error) {
	f, err := fs.Open(filepath.Join(dir, watermarkName))
	if err != nil {
		return nil, err
	}
	w := &watermark{f: f}
	found := false
	for slot := range 2 {
		var b [20]byte
		if n, err := f.ReadAt(b[:], int64(slot)*watermarkSlot); n < len(b) && err != io.EOF {
			return nil, errors.Join(err, f.Close())
		}
		value, ok := parseWatermark(b[:])
		if ok && (!found || value >= w.value) {
			w.value, w.slot, found = value, 1-slot, true
		}
	}
	if !found {
		return nil, errors.Join(fmt.Errorf("%s: %w", filepath.Join(dir, watermarkName), errNoWatermark), f.Close())
	}
	return w, nil
}

func parseWatermark(b []byte) (uint64, bool) {
	ok := string(b[:8]) == watermarkMagic &&
		crc32.Checksum(b[:16], castagnoli) == binary.LittleEndian.Uint32(b[16:])
	return binary.LittleEndian.Uint64(b[8:]), ok
}

// note writes the value into the older slot.
func (w *watermark) note(value uint64) error {
	var b [20]byte
	copy(b[:], watermarkMagic)
	binary.LittleEndian.PutUint64(b[8:], value)
	binary.LittleEndian.PutUint32(b[16:], crc32.Checksum(b[:16], castagnoli))
	if _, err := w.f.WriteAt(b[:], int64(w.slot)*watermarkSlot); err != nil {
		return fmt.Errorf("note watermark %d: %w", value, err)
	}
	w.slot, w.value, w.dirty = 1-w.slot, value, true
	return nil
}

func (w *watermark) sync() error {
	if !w.dirty {
		return nil
	}
	if err := w.f.Sync(); err != nil {
		return fmt.Errorf("sync watermark: %w", err)
	}
	w.dirty = false
	return nil
}
