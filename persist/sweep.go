package persist

import (
	"encoding/binary"
	"fmt"
)

// sweepStep bounds the records that one step of the sweeper removes.
const sweepStep = 4 << 10

// sweep removes a bounded number of records of one garbage generation, or
// turns keys of one garbage namespace into such generations. It returns
// whether there may be more.
func (s *state) sweep() (more bool, err error) {
	if gen, ok, err := s.firstOf(tagGarbage); err != nil || ok {
		if err == nil {
			err = s.sweepGeneration(gen)
		}
		return ok, err
	}
	ns, ok, err := s.firstOf(tagNamespace)
	if err == nil && ok {
		err = s.sweepNamespace(ns)
	}
	return ok, err
}

func (s *state) firstOf(tag byte) (n uint64, ok bool, err error) {
	err = s.each([]byte{tag}, func(rk, _ []byte) (bool, error) {
		if len(rk) != 9 {
			return false, errBadRecord
		}
		n, ok = binary.BigEndian.Uint64(rk[1:]), true
		return false, nil
	})
	return n, ok, err
}

func (s *state) sweepGeneration(gen uint64) error {
	b := &batch{s: s}
	left := sweepStep
	for _, tag := range []byte{tagElement, tagDeadline, tagPage, tagLength} {
		n, err := s.removeRecords(b, tagged(tag, gen), left, nil)
		if err != nil {
			return fmt.Errorf("sweep generation %d: %w", gen, err)
		}
		left -= n
	}
	if left > 0 {
		if err := b.put(tagged(tagGarbage, gen), nil); err != nil {
			return err
		}
	}
	return b.commit()
}

func (s *state) sweepNamespace(ns uint64) error {
	b := &batch{s: s}
	n, err := s.removeRecords(b, tagged(tagKey, ns), sweepStep, func(rk, value []byte) error {
		gen, err := s.generationOf(rk, value)
		if err != nil || gen == 0 {
			return err
		}
		return b.put(tagged(tagGarbage, gen), []byte{})
	})
	if err != nil {
		return fmt.Errorf("sweep namespace %d: %w", ns, err)
	}
	if n < sweepStep {
		if err := b.put(tagged(tagNamespace, ns), nil); err != nil {
			return err
		}
	}
	return b.commit()
}

func (s *state) generationOf(rk, value []byte) (uint64, error) {
	body, err := bodyOf(value, func(id blobID, n uint32) ([]byte, error) { return s.get(id.page(n)) })
	if err != nil {
		return 0, err
	}
	if _, body, err = splitName(rk[9:], body); err != nil {
		return 0, err
	}
	m, err := parseMeta(body)
	return m.gen, err
}

// removeRecords deletes up to limit records with a prefix, and the blobs that
// are their values, after before has seen them.
func (s *state) removeRecords(b *batch, prefix []byte, limit int, before func(rk, value []byte) error) (n int, err error) {
	if limit <= 0 {
		return 0, nil
	}
	err = s.each(prefix, func(key, value []byte) (bool, error) {
		rk := append([]byte(nil), key...)
		if before != nil {
			if err := before(rk, value); err != nil {
				return false, err
			}
		}
		if s.blobs[string(rk)] != nil {
			pages, err := s.blobRecords(rk, value)
			if err != nil {
				return false, err
			}
			// One transaction, unless the value is enormous: before reads
			// the blob, so a record must not outlive half of it.
			if err := b.reserve(len(pages) + 1); err != nil {
				return false, err
			}
			for _, page := range pages {
				if err := b.put(page, nil); err != nil {
					return false, err
				}
			}
		}
		n++
		return n < limit, b.put(rk, nil)
	})
	return n, err
}
