package engine

import "perigee/engine/stream"

// trim says which of a stream's first entries go: all but maxLen of them, or
// those below minID. An approximate trim removes whole blocks, and not more
// than limit entries.
type trim struct {
	referencesOption
	by     trimStrategy
	approx bool
	maxLen int64
	minID  stream.ID
	limit  int64
	// hasLimit says that LIMIT was given.
	hasLimit bool
}

type trimStrategy uint8

const (
	trimNot trimStrategy = iota
	trimByLength
	trimByID
)

var (
	errTrimTwice    = Errf("syntax error, MAXLEN and MINID options at the same time are not compatible")
	errTrimLength   = Errf("The MAXLEN argument must be >= 0.")
	errTrimLimit    = Errf("The LIMIT argument must be >= 0.")
	errTrimNoTrim   = Errf("syntax error, LIMIT cannot be used without specifying a trimming strategy")
	errTrimExact    = Errf("syntax error, LIMIT cannot be used without the special ~ option")
	errTrimStrategy = Errf("syntax error, XTRIM must be called with a trimming strategy")
)

// option reads an option of trimming at argument i, if one is there, and
// returns how many arguments it takes.
func (t *trim) option(args Args, i int) (used int, err error) {
	if ok, err := t.referencesOption.option(args, i); ok || err != nil {
		return 1, err
	}
	if i+1 == len(args) {
		return 0, nil
	}
	by := trimNot
	switch {
	case args.Is(i, "MAXLEN"):
		by = trimByLength
	case args.Is(i, "MINID"):
		by = trimByID
	case args.Is(i, "LIMIT"):
		if t.limit, err = args.Int(i + 1); err == nil && t.limit < 0 {
			err = errTrimLimit
		}
		t.hasLimit = true
		return 2, err
	default:
		return 0, nil
	}
	if t.by != trimNot {
		return 0, errTrimTwice
	}
	t.by, t.approx, used = by, false, 2
	if i+2 < len(args) && (args.Is(i+1, "~") || args.Is(i+1, "=")) {
		t.approx, used = args.Is(i+1, "~"), 3
	}
	if by == trimByID {
		t.minID, err = args.streamID(i + used - 1)
		return used, err
	}
	if t.maxLen, err = args.Int(i + used - 1); err == nil && t.maxLen < 0 {
		err = errTrimLength
	}
	return used, err
}

// settle checks what the options say together, and sets the limit of an
// approximate trim without one.
func (t *trim) settle(ks *Keyspace) error {
	switch {
	case t.by == trimNot && t.limit != 0:
		return errTrimNoTrim
	case t.hasLimit && !t.approx:
		return errTrimExact
	case t.approx && !t.hasLimit:
		t.limit = 100 * int64(ks.e.settings.StreamNodeMaxEntries)
		if t.limit <= 0 {
			t.limit = 10000
		}
		t.limit = min(t.limit, 1000000)
	}
	return nil
}

// xtrim replies with the number of entries deleted.
func xtrim(ks *Keyspace, args Args, w Reply) error {
	var t trim
	for i := 1; i < len(args); {
		used, err := t.option(args, i)
		if err != nil {
			return err
		}
		if used == 0 {
			return ErrSyntax
		}
		i += used
	}
	if t.by == trimNot && t.limit == 0 {
		return errTrimStrategy
	}
	if err := t.settle(ks); err != nil {
		return err
	}
	v, err := ks.streamToChange(args.Key(0))
	if err != nil {
		return err
	}
	deleted := int64(0)
	if v != nil {
		deleted = v.trim(&t)
	}
	if deleted > 0 {
		ks.notify(EventStream, "xtrim", args.Key(0))
	}
	w.Int(deleted)
	return nil
}

// trim deletes entries and returns how many. O(their number), and that of the
// entries that are left because groups refer to them.
func (v *streamValue) trim(t *trim) (deleted int64) {
	if t.by == trimNot {
		return 0
	}
	for b := v.log.BlockFrom(stream.ID{}); b != nil && !t.done(v, b); {
		if t.limit > 0 && deleted+int64(b.Len()) > t.limit {
			break
		}
		whole := t.wants(v, b)
		if t.approx && !whole {
			break
		}
		top := b.Top()
		if whole && t.references == keepReferences {
			deleted += int64(b.Len())
			v.dropBlock(b)
		} else {
			deleted += v.trimWithin(t, b)
		}
		behind, ok := top.Next()
		if !ok {
			break
		}
		b = v.log.BlockFrom(behind)
	}
	return deleted
}

// done tells whether nothing of a block and of those behind it is to go.
func (t *trim) done(v *streamValue, b *stream.Block) bool {
	if t.by == trimByLength {
		return int64(v.Len()) <= t.maxLen
	}
	return !b.IndexID().Less(t.minID)
}

// wants tells whether a whole block is to go.
func (t *trim) wants(v *streamValue, b *stream.Block) bool {
	if t.by == trimByLength {
		return int64(v.Len()-b.Len()) >= t.maxLen
	}
	return b.Top().Less(t.minID)
}

// trimWithin deletes entries of a block, maybe not all, and returns how many.
func (v *streamValue) trimWithin(t *trim, b *stream.Block) int64 {
	var gone []stream.ID
	it := v.log.Range(b.IndexID(), b.Top(), false)
	for it.Next() {
		id := it.ID()
		if t.by == trimByLength && int64(v.Len()-len(gone)) <= t.maxLen || t.by == trimByID && !id.Less(t.minID) {
			break
		}
		if t.references != needNoReferences || !v.referenced(id) {
			gone = append(gone, id)
		}
	}
	if t.references == dropReferences {
		for _, id := range gone {
			v.dropReferencesTo(id)
		}
	}
	if len(gone) == b.Len() {
		v.dropBlock(b)
		return int64(len(gone))
	}
	for _, id := range gone {
		v.delete(id)
	}
	return int64(len(gone))
}
