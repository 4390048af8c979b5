package persist

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"perigee/engine"
)

// The first byte of a record key in Badger. FORMAT.md draws the records.
const (
	tagState     = 'a' // the fold's state, one record
	tagBlob      = 'b' // blob id, page → a piece of a long value
	tagBatch     = 'c' // number → bytes written so far; proves that no batch is missing
	tagDeadline  = 'd' // generation, hash field → its deadline
	tagElement   = 'e' // generation, element → value
	tagGarbage   = 'g' // a generation whose elements are to be removed
	tagKey       = 'k' // namespace, key → metadata
	tagLength    = 'l' // generation → length of the string whose pages lie under it
	tagNamespace = 'n' // a namespace whose keys are to be removed
	tagPage      = 'p' // generation, page → 64 kB of a string
	tagSystem    = 's' // name → value
	tagBlobIndex = 'x' // blob id → the record key whose value it is
)

const (
	// longKey bounds what is part of a record key; Badger allows 65,000 bytes.
	longKey = 16 << 10
	// longValue bounds a record's value; a longer one is a blob.
	longValue = 256 << 10
	pageSize  = 64 << 10
)

// Forms of a name within a record key, and of a record's value.
const (
	formPlain  = 0 // the name; the body
	formHashed = 1 // SHA-256 of the name, which stands before the body
	formBlob   = 2 // the body is a blob: id and length follow
)

var errBadRecord = errors.New("record in Badger is damaged")

func tagged(tag byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{tag}, n)
}

// appendName appends a key, field or member of any length to a record key.
func appendName(rk, name []byte) []byte {
	if len(name) <= longKey {
		return append(append(rk, formPlain), name...)
	}
	sum := sha256.Sum256(name)
	return append(append(rk, formHashed), sum[:]...)
}

// appendHead begins a record's body: with the name, if the record key has
// only its hash.
func appendHead(body, name []byte) []byte {
	if len(name) <= longKey {
		return body
	}
	body = binary.AppendUvarint(body, uint64(len(name)))
	return append(body, name...)
}

// splitName is the inverse of appendName and appendHead.
func splitName(named, body []byte) (name, rest []byte, err error) {
	if len(named) == 0 {
		return nil, nil, errBadRecord
	}
	if named[0] == formPlain {
		return named[1:], body, nil
	}
	n, size := binary.Uvarint(body)
	if size <= 0 || n > uint64(len(body)-size) {
		return nil, nil, errBadRecord
	}
	return body[size : size+int(n)], body[size+int(n):], nil
}

func keyRecord(namespace uint64, key []byte) []byte {
	rk := make([]byte, 0, 10+min(len(key), longKey))
	rk = append(rk, tagKey)
	return appendName(binary.BigEndian.AppendUint64(rk, namespace), key)
}

func elementRecord(generation uint64, elem []byte) []byte {
	rk := make([]byte, 0, 10+min(len(elem), longKey))
	rk = append(rk, tagElement)
	return appendName(binary.BigEndian.AppendUint64(rk, generation), elem)
}

func deadlineRecord(generation uint64, field []byte) []byte {
	rk := elementRecord(generation, field)
	rk[0] = tagDeadline
	return rk
}

func systemRecord(name []byte) []byte { return appendName([]byte{tagSystem}, name) }

func pageRecord(generation uint64, page uint32) []byte {
	return binary.BigEndian.AppendUint32(tagged(tagPage, generation), page)
}

// A blobID is the number of the unit and of the effect in it that wrote a
// long value, so folding again gives the same.
type blobID struct {
	seq    uint64
	effect uint32
}

func (id blobID) appendTo(b []byte) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, id.seq), id.effect)
}

func parseBlobID(b []byte) (id blobID, ok bool) {
	if len(b) < 12 {
		return blobID{}, false
	}
	return blobID{binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:])}, true
}

func (id blobID) page(n uint32) []byte {
	return binary.BigEndian.AppendUint32(id.appendTo([]byte{tagBlob}), n)
}

func (id blobID) index() []byte { return id.appendTo([]byte{tagBlobIndex}) }

// pages is the number of pages of a blob of n bytes.
func blobPages(n uint64) uint32 { return uint32((n + longValue - 1) / longValue) }

// blobValue is the value of a record whose body is a blob of n bytes.
func blobValue(id blobID, n uint64) []byte {
	return binary.BigEndian.AppendUint64(id.appendTo([]byte{formBlob}), n)
}

func parseBlobValue(value []byte) (id blobID, n uint64, ok bool) {
	if len(value) != 21 || value[0] != formBlob {
		return blobID{}, 0, false
	}
	id, ok = parseBlobID(value[1:])
	return id, binary.BigEndian.Uint64(value[13:]), ok
}

// listAddress is a list element's name; the bytes sort as the elements stand.
func listAddress(pos uint64, index int32) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 12), pos)
	return binary.BigEndian.AppendUint32(b, uint32(index)^1<<31)
}

func parseListAddress(b []byte) (pos uint64, index int32, err error) {
	if len(b) != 12 {
		return 0, 0, errBadRecord
	}
	return binary.BigEndian.Uint64(b), int32(binary.BigEndian.Uint32(b[8:]) ^ 1<<31), nil
}

// A meta is what a key's record says of it.
type meta struct {
	kind     engine.Kind
	gen      uint64
	deadline int64
	value    []byte // of a string without generation
}

func (m *meta) appendTo(b []byte) []byte {
	b = append(b, byte(m.kind))
	b = binary.AppendUvarint(b, m.gen)
	b = binary.AppendUvarint(b, uint64(m.deadline))
	return append(b, m.value...)
}

// parseMeta decodes a body; value aliases it.
func parseMeta(body []byte) (m meta, err error) {
	r := bytes.NewReader(body)
	kind, err1 := r.ReadByte()
	gen, err2 := binary.ReadUvarint(r)
	deadline, err3 := binary.ReadUvarint(r)
	if err := errors.Join(err1, err2, err3); err != nil {
		return meta{}, fmt.Errorf("%w: %v", errBadRecord, err)
	}
	m = meta{engine.Kind(kind), gen, int64(deadline), body[len(body)-r.Len():]}
	if m.kind == engine.KindNone || m.kind > engine.KindStream {
		return meta{}, fmt.Errorf("%w: type %d", errBadRecord, kind)
	}
	return m, nil
}

// A foldState is the record that ties Badger to the journal.
type foldState struct {
	position   uint64 // units up to here are folded
	intent     uint64 // a fold up to here may have been cut short
	generation uint64 // the highest that was ever given
	namespace  uint64
	batchFirst uint64 // batch records from here …
	batchLast  uint64 // … to here exist
	databases  []uint64
}

func (s *foldState) encode() []byte {
	b := []byte{formatVersion}
	for _, n := range []uint64{s.position, s.intent, s.generation, s.namespace, s.batchFirst, s.batchLast, uint64(len(s.databases))} {
		b = binary.AppendUvarint(b, n)
	}
	for _, n := range s.databases {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

func parseFoldState(b []byte) (s foldState, err error) {
	if len(b) == 0 || b[0] != formatVersion {
		return s, fmt.Errorf("%w: state", errBadRecord)
	}
	b = b[1:]
	next := func() (n uint64) {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			err, b = fmt.Errorf("%w: state", errBadRecord), nil
			return 0
		}
		b = b[size:]
		return n
	}
	s = foldState{position: next(), intent: next(), generation: next(), namespace: next(), batchFirst: next(), batchLast: next()}
	for n := next(); n > 0 && err == nil; n-- {
		s.databases = append(s.databases, next())
	}
	return s, err
}
