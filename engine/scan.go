package engine

import (
	"bytes"
	"strconv"

	"perigee/engine/dict"
	"perigee/engine/glob"
)

// scanOptions are what SCAN, HSCAN, SSCAN and ZSCAN take after the cursor.
type scanOptions struct {
	pattern []byte // nil matches all
	count   int64
	kind    []byte // SCAN's TYPE, nil for any
	// noValues asks HSCAN for fields only.
	noValues bool
}

// cursor reads argument i as a cursor. As with strtoull, an empty one is 0
// and a minus sign negates; any cursor is safe to go on from.
func (a Args) cursor(i int) (uint64, error) {
	s, _, _ := bytes.Cut(a[i], []byte{0})
	if len(s) == 0 {
		return 0, nil
	}
	negative := s[0] == '-'
	if negative || s[0] == '+' {
		s = s[1:]
	}
	n, err := strconv.ParseUint(string(s), 10, 64)
	if err != nil {
		return 0, ErrInvalidCursor
	}
	if negative {
		n = -n
	}
	return n, nil
}

// scanOptions reads the options from argument i on; also names one that just
// this command has, TYPE or NOVALUES.
func (a Args) scanOptions(i int, also string) (scanOptions, error) {
	o := scanOptions{count: 10}
	for ; i < len(a); i += 2 {
		if also == "NOVALUES" && a.Is(i, also) {
			o.noValues = true
			i--
			continue
		}
		if i+1 == len(a) {
			return o, ErrSyntax
		}
		switch {
		case a.Is(i, "COUNT"):
			n, err := a.Int(i + 1)
			if err != nil {
				return o, err
			}
			if n < 1 {
				return o, ErrSyntax
			}
			o.count = n
		case a.Is(i, "MATCH"):
			o.pattern = a[i+1]
			if glob.IsAll(o.pattern) {
				o.pattern = nil
			}
		case also == "TYPE" && a.Is(i, also):
			o.kind = a[i+1]
		default:
			return o, ErrSyntax
		}
	}
	return o, nil
}

// matches tells whether the pattern lets name through.
func (o *scanOptions) matches(name []byte) bool {
	return o.pattern == nil || glob.Match(o.pattern, name, false)
}

// table visits about count entries of t from cursor on, and at most ten times
// as many buckets, and returns the cursor to go on from.
func (o *scanOptions) table(t *dict.Table, cursor uint64, visit func(dict.Entry)) uint64 {
	visited := int64(0)
	counted := func(e dict.Entry) { visited++; visit(e) }
	buckets := min(o.count, 1<<40) * 10
	for {
		cursor = t.Scan(cursor, counted)
		if buckets--; cursor == 0 || buckets <= 0 || visited >= o.count {
			return cursor
		}
	}
}

// writeScan replies with a cursor and the header of n elements.
func writeScan(w Reply, cursor uint64, n int) {
	w.Array(2)
	w.BulkString(strconv.FormatUint(cursor, 10))
	w.Array(n)
}
