package engine

import (
	"bytes"
	"unsafe"
)

// sortPattern is the argument of SORT's BY or GET: a key with a star that
// stands for the element, and possibly "->" and a hash field behind it, or
// "#", the element itself.
type sortPattern struct {
	self            bool
	star            bool
	prefix, postfix []byte
	field           []byte // nil for the string at the key
}

func newSortPattern(pattern []byte) sortPattern {
	prefix, rest, star := bytes.Cut(pattern, []byte("*"))
	p := sortPattern{self: string(pattern) == "#", star: star, prefix: prefix, postfix: rest}
	// An arrow with nothing behind it is part of the key.
	if key, field, ok := bytes.Cut(rest, []byte("->")); ok && len(field) > 0 {
		p.postfix, p.field = key, field
	}
	return p
}

// value returns what the pattern leads to for an element, and whether there is
// such a thing: a key without a star leads to nothing. It may alias the
// keyspace.
func (p *sortPattern) value(ks *Keyspace, element []byte) ([]byte, bool) {
	if p.self {
		return element, true
	}
	if !p.star {
		return nil, false
	}
	var space [128]byte
	h := ks.lookup(append(append(append(space[:0], p.prefix...), element...), p.postfix...))
	switch {
	case h == nil:
		return nil, false
	case p.field != nil && h.kind == KindHash:
		return (*hashValue)(unsafe.Pointer(h)).Get(p.field)
	case p.field == nil && h.kind == KindString:
		return stringOf(h), true
	}
	return nil, false
}
