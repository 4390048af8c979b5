package engine

import (
	"bytes"
	"slices"

	"perigee/engine/listpack"
)

func sortCommands() []Command {
	get := Opt(Many(With("GET", Keyed(1, Pattern("get-pattern")))))
	get.MultipleToken = true
	args := []Arg{Key("key"),
		Opt(With("BY", Keyed(1, Pattern("by-pattern")))),
		Opt(With("LIMIT", Block("limit", Integer("offset"), Integer("count")))),
		get,
		Opt(OneOf("order", Word("asc", "ASC"), Word("desc", "DESC"))),
		Opt(Word("sorting", "ALPHA")),
	}
	categories := []string{"-keyspace", "set", "sortedset", "list", "dangerous"}
	const complexity = "O(N+M*log(M)) where N is the number of elements in the value to sort, and M the number of returned elements; O(N) when the elements are not sorted."
	return []Command{{
		Name: "sort", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Sorts the elements of a list, a set or a sorted set, and stores the result if asked to.",
		Complexity: complexity,
		Args:       append(slices.Clip(args), Opt(With("STORE", Keyed(2, Key("destination"))))),
		Arity:      -2, Flags: Write | DenyOOM, Categories: categories,
		Keys:      Specs(OneKey(1, RO|Access), UnknownKeys(RO|Access), UnknownKeys(OW|Update)),
		KeysFunc:  sortKeys,
		RunClient: func(c *Client, args Args, w Reply) error { return c.sort(args, true, w) },
	}, {
		Name: "sort_ro", Group: GroupGeneric, Since: "7.0.0",
		Summary:    "Returns the sorted elements of a list, a set or a sorted set.",
		Complexity: complexity,
		Args:       args,
		Arity:      -2, Flags: ReadOnly, Categories: categories,
		Keys:      Specs(OneKey(1, RO|Access), UnknownKeys(RO|Access)),
		KeysFunc:  func([][]byte) ([]KeyRef, error) { return []KeyRef{{1, RO | Access}}, nil },
		RunClient: func(c *Client, args Args, w Reply) error { return c.sort(args, false, w) },
	}}
}

// sortKeys finds SORT's keys: the one sorted and, of several STORE, the last.
// Keys that BY and GET lead to cannot be told from the arguments.
func sortKeys(argv [][]byte) ([]KeyRef, error) {
	refs := []KeyRef{{1, RO | Access}}
	store := 0
	for i := 2; i < len(argv); i++ {
		switch {
		case EqualFold(argv[i], "LIMIT"):
			i += 2
		case EqualFold(argv[i], "GET"), EqualFold(argv[i], "BY"):
			i++
		case EqualFold(argv[i], "STORE") && i+1 < len(argv):
			store = i + 1
		}
	}
	if store > 0 {
		refs = append(refs, KeyRef{store, OW | Update})
	}
	return refs, nil
}

// sortOptions are what may follow the key of SORT.
type sortOptions struct {
	by           *sortPattern // nil: by the element itself
	unsorted     bool         // BY without a star
	offset       int64
	count        int64 // negative: all
	get          []sortPattern
	desc, alpha  bool
	store        []byte
	storeIsGiven bool
}

// Errors for those who may not read every key that a pattern may lead to.
var (
	errSortBy  = Errf("BY option of SORT denied due to insufficient ACL permissions.")
	errSortGet = Errf("GET option of SORT denied due to insufficient ACL permissions.")
)

// parseSortOptions reads what follows the key. Where a pattern leads to is not
// checked before the command runs: it takes the permission for anyKey.
func parseSortOptions(args Args, write, anyKey bool) (sortOptions, error) {
	o := sortOptions{count: -1}
	for i := 0; i < len(args); i++ {
		left := len(args) - i - 1
		switch {
		case args.Is(i, "ASC"):
			o.desc = false
		case args.Is(i, "DESC"):
			o.desc = true
		case args.Is(i, "ALPHA"):
			o.alpha = true
		case args.Is(i, "LIMIT") && left >= 2:
			var err error
			if o.offset, err = args.Int(i + 1); err != nil {
				return o, err
			}
			if o.count, err = args.Int(i + 2); err != nil {
				return o, err
			}
			i += 2
		case args.Is(i, "STORE") && left >= 1 && write:
			i++
			o.store, o.storeIsGiven = args[i], true
		case args.Is(i, "BY") && left >= 1:
			i++
			p := newSortPattern(args[i])
			if p.star && !anyKey {
				return o, errSortBy
			}
			o.by, o.unsorted = &p, o.unsorted || !p.star
		case args.Is(i, "GET") && left >= 1:
			i++
			if !anyKey {
				return o, errSortGet
			}
			o.get = append(o.get, newSortPattern(args[i]))
		default:
			return o, ErrSyntax
		}
	}
	return o, nil
}

// window returns which of n sorted elements LIMIT asks for.
func (o *sortOptions) window(n int) (start, end int) {
	from := min(max(o.offset, 0), int64(n))
	to := int64(n)
	if o.count >= 0 {
		to = min(from+min(o.count, int64(n)), to)
	}
	return int(from), int(to)
}

// sort is SORT and, without write, SORT_RO.
func (c *Client) sort(args Args, write bool, w Reply) error {
	ks := c.e.dbs[c.db]
	o, err := parseSortOptions(args[1:], write, c.readsAnyKey())
	if err != nil {
		return err
	}
	elements, err := o.elements(ks, args.Key(0), c.script)
	if err != nil {
		return err
	}
	if o.storeIsGiven {
		o.storeResult(ks, elements, w)
		return nil
	}
	o.reply(ks, elements, w)
	return nil
}

// elements returns copies of the elements of the value at key that SORT
// selects, in its order.
func (o *sortOptions) elements(ks *Keyspace, key []byte, script bool) ([][]byte, error) {
	h := ks.lookup(key)
	if h == nil {
		return nil, nil
	}
	switch h.kind {
	case KindList, KindSortedSet:
		c := h.object().collection()
		if v, ok := c.(*zsetValue); ok && v.index == nil {
			// Redis leaves it converted, which clients can see.
			v.toIndex()
			ks.e.resized(h.object())
		}
		if !o.unsorted {
			break
		}
		// Such a value has an order, of which just the part asked for is read.
		n := c.length()
		start, end := o.window(n)
		if o.desc {
			return collectElements(c, n-1-start, end-start, true), nil
		}
		return collectElements(c, start, end-start, false), nil
	case KindSet:
		// The order of a set means nothing. What is stored or given to a
		// script should not depend on it.
		if o.unsorted && (o.storeIsGiven || script) {
			o.unsorted, o.alpha, o.by = false, true, nil
		}
	default:
		return nil, ErrWrongType
	}
	c := h.object().collection()
	all := collectElements(c, 0, c.length(), false)
	if !o.unsorted {
		if err := o.sort(ks, all); err != nil {
			return nil, err
		}
	}
	start, end := o.window(len(all))
	return all[start:end], nil
}

// collectElements copies n elements of a list, set or sorted set, from index
// first on, or backwards from there where the type has an order.
func collectElements(c collection, first, n int, backwards bool) [][]byte {
	elements := make([][]byte, 0, n)
	var arena []byte
	keep := func(b []byte) bool {
		if len(elements) == n {
			return false
		}
		start := len(arena)
		arena = append(arena, b...)
		elements = append(elements, arena[start:len(arena):len(arena)])
		return true
	}
	switch v := c.(type) {
	case *listValue:
		v.walk(first, backwards, keep)
	case *setValue:
		v.Each(keep)
	case *zsetValue:
		v.walk(first, n, backwards, func(member []byte, _ float64) bool { return keep(member) })
	}
	return elements
}

// walk calls fn for the elements from index i on, or backwards from there,
// until it returns false.
func (v *listValue) walk(i int, backwards bool, fn func(elem []byte) bool) {
	var scratch [listpack.ScratchSize]byte
	for it := v.list.Iter(i); it.Valid() && fn(it.Value(scratch[:])); {
		if backwards {
			it.Prev()
		} else {
			it.Next()
		}
	}
}

// sortItem is an element with what it is sorted by: a number or, for ALPHA, a
// text, which may be missing.
type sortItem struct {
	element []byte
	number  float64
	text    []byte
	hasText bool
}

var errNotNumbers = Errf("One or more scores can't be converted into double")

// sort puts elements in order.
func (o *sortOptions) sort(ks *Keyspace, elements [][]byte) error {
	items := make([]sortItem, len(elements))
	bad := false
	for i, element := range elements {
		item := &items[i]
		item.element, item.text, item.hasText = element, element, true
		if o.by != nil {
			item.text, item.hasText = o.by.value(ks, element)
		}
		if !o.storeIsGiven {
			// Texts that are not stored compare as C strings do.
			item.text, _, _ = bytes.Cut(item.text, []byte{0})
		}
		if !o.alpha && item.hasText {
			var ok bool
			if item.number, ok = sortNumber(item.text); !ok {
				bad = true
			}
		}
	}
	if bad {
		return errNotNumbers
	}
	slices.SortStableFunc(items, func(a, b sortItem) int {
		if o.desc {
			return o.compare(&b, &a)
		}
		return o.compare(&a, &b)
	})
	for i := range items {
		elements[i] = items[i].element
	}
	return nil
}

func (o *sortOptions) compare(a, b *sortItem) int {
	switch {
	case !o.alpha && a.number < b.number:
		return -1
	case !o.alpha && a.number > b.number:
		return 1
	case !o.alpha:
		// The result shall not depend on the order before.
		return bytes.Compare(a.element, b.element)
	case a.hasText && b.hasText:
		return bytes.Compare(a.text, b.text)
	case a.hasText:
		return 1
	case b.hasText:
		return -1
	}
	return 0
}

// sortNumber reads a weight as strtod does: spaces may precede it, a NUL ends
// it, and nothing is 0.
func sortNumber(b []byte) (float64, bool) {
	b, _, _ = bytes.Cut(b, []byte{0})
	if len(b) == 0 {
		return 0, true
	}
	return ParseFloat(bytes.TrimLeft(b, " \t\n\v\f\r"))
}

// values calls fn with each element or, when GET is given, with what each of
// its patterns leads to, nil for nothing.
func (o *sortOptions) values(ks *Keyspace, elements [][]byte, fn func(value []byte, ok bool)) {
	for _, element := range elements {
		if len(o.get) == 0 {
			fn(element, true)
		}
		for i := range o.get {
			fn(o.get[i].value(ks, element))
		}
	}
}

func (o *sortOptions) reply(ks *Keyspace, elements [][]byte, w Reply) {
	w.Array(len(elements) * max(len(o.get), 1))
	o.values(ks, elements, func(value []byte, ok bool) {
		if ok {
			w.Bulk(value)
		} else {
			w.Null()
		}
	})
}

// storeResult makes a list of the result, in which nothing is an empty
// element, and replies with its length.
func (o *sortOptions) storeResult(ks *Keyspace, elements [][]byte, w Reply) {
	var result [][]byte
	o.values(ks, elements, func(value []byte, _ bool) { result = append(result, bytes.Clone(value)) })
	if len(result) == 0 {
		ks.storeNothing(o.store)
	} else {
		v := ks.newList()
		ks.replaceObject(asObject(v), o.store, KindList)
		v.pushAll(result, right)
		ks.notify(EventList, "sortstore", o.store)
	}
	w.Int(int64(len(result)))
}
