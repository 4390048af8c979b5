package engine

import (
	"cmp"
	"slices"
)

// setsAt returns the sets at keys, nil where there is none. Wrong types count
// wherever they stand.
func (ks *Keyspace) setsAt(keys Args) ([]*setValue, error) {
	sets := make([]*setValue, len(keys))
	for i := range keys {
		v, err := ks.setAt(keys.Key(i))
		if err != nil {
			return nil, err
		}
		sets[i] = v
	}
	return sets, nil
}

func sinter(ks *Keyspace, args Args, w Reply) error {
	sets, err := ks.setsAt(args)
	if err != nil {
		return err
	}
	var found memberList
	intersect(sets, found.append)
	found.write(w)
	return nil
}

// memberList collects members that are known to differ.
type memberList struct {
	text []byte
	ends []int
}

func (l *memberList) append(member []byte) bool {
	l.text = append(l.text, member...)
	l.ends = append(l.ends, len(l.text))
	return true
}

func (l *memberList) write(w Reply) {
	w.Set(len(l.ends))
	start := 0
	for _, end := range l.ends {
		w.Bulk(l.text[start:end])
		start = end
	}
}

// sintercard replies with the size of the intersection, or the limit if that
// is less; 0 is no limit.
func sintercard(ks *Keyspace, args Args, w Reply) error {
	n, err := args.Int(0)
	if err != nil || n < 1 {
		return Errf("numkeys should be greater than 0")
	}
	if n > int64(len(args)-1) {
		return Errf("Number of keys can't be greater than number of args")
	}
	limit := int64(0)
	for i := int(n) + 1; i < len(args); i += 2 {
		if !args.Is(i, "LIMIT") || i+1 == len(args) {
			return ErrSyntax
		}
		if limit, err = args.Int(i + 1); err != nil || limit < 0 {
			return Errf("LIMIT can't be negative")
		}
	}
	sets, err := ks.setsAt(args[1 : n+1])
	if err != nil {
		return err
	}
	count := int64(0)
	intersect(sets, func([]byte) bool {
		count++
		return count != limit
	})
	w.Int(count)
	return nil
}

// sinterstore replies with the size of the intersection.
func sinterstore(ks *Keyspace, args Args, w Reply) error {
	sets, err := ks.setsAt(args[1:])
	if err != nil {
		return err
	}
	settings := &ks.e.settings
	result, integers := newPackMembers(), true
	if smallest := bySize(sets); smallest != nil && smallest[0].ints != nil {
		result = newIntMembers()
	}
	intersect(sets, func(member []byte) bool {
		if integers {
			_, integers = ParseInt(member)
		}
		return result.insert(member, settings)
	})
	if integers {
		result.toInts(settings)
	}
	w.Int(int64(ks.storeSet(args.Key(0), result, "sinterstore")))
	return nil
}

// bySize sorts sets, smallest first; it returns nil if one is missing, so that
// the intersection is empty.
func bySize(sets []*setValue) []*setValue {
	if slices.Contains(sets, nil) {
		return nil
	}
	sorted := slices.Clone(sets)
	slices.SortStableFunc(sorted, func(a, b *setValue) int { return cmp.Compare(a.Len(), b.Len()) })
	return sorted
}

// intersect calls fn for every member that all sets share until it returns
// false. Cost: a look-up in each set for each member of the smallest.
func intersect(sets []*setValue, fn func(member []byte) bool) {
	sorted := bySize(sets)
	if sorted == nil {
		return
	}
	others := sorted[1:]
	sorted[0].Each(func(member []byte) bool {
		for _, other := range others {
			if !other.Has(member) {
				return true
			}
		}
		return fn(member)
	})
}

func sunion(ks *Keyspace, args Args, w Reply) error {
	return ks.writeCombined(args, unite, w)
}

func sunionstore(ks *Keyspace, args Args, w Reply) error {
	return ks.storeCombined(args, unite, "sunionstore", w)
}

func sdiff(ks *Keyspace, args Args, w Reply) error {
	return ks.writeCombined(args, subtract, w)
}

func sdiffstore(ks *Keyspace, args Args, w Reply) error {
	return ks.storeCombined(args, subtract, "sdiffstore", w)
}

// writeCombined replies with what combine makes of the sets.
func (ks *Keyspace) writeCombined(keys Args, combine func(*members, []*setValue, *Settings), w Reply) error {
	sets, err := ks.setsAt(keys)
	if err != nil {
		return err
	}
	// Looking up in a table is fastest; only integers alone stay in order.
	result := newIntMembers()
	if slices.ContainsFunc(sets, func(v *setValue) bool { return v != nil && v.ints == nil }) {
		result = newTableMembers()
	}
	combine(&result, sets, &ks.e.settings)
	result.write(w)
	return nil
}

// storeCombined stores what combine makes of the sets, whose keys follow that
// of the result, and replies with its size.
func (ks *Keyspace) storeCombined(keys Args, combine func(*members, []*setValue, *Settings), event string, w Reply) error {
	sets, err := ks.setsAt(keys[1:])
	if err != nil {
		return err
	}
	result := newIntMembers()
	combine(&result, sets, &ks.e.settings)
	w.Int(int64(ks.storeSet(keys.Key(0), result, event)))
	return nil
}

// unite adds the members of all sets to result.
func unite(result *members, sets []*setValue, s *Settings) {
	for _, v := range sets {
		if v != nil {
			v.Each(func(member []byte) bool {
				result.insert(member, s)
				return true
			})
		}
	}
}

// subtract adds to result the members of the first set that no other has. It
// looks up each in all others, or takes the others' members out one by one,
// whichever is less work. Looking up counts half, as it stops at the first hit.
func subtract(result *members, sets []*setValue, s *Settings) {
	first, others := sets[0], sets[1:]
	if first == nil || slices.Contains(others, first) {
		return
	}
	others = slices.DeleteFunc(slices.Clone(others), func(v *setValue) bool { return v == nil })
	total := first.Len()
	for _, v := range others {
		total += v.Len()
	}
	if first.Len()*(len(others)+1)/2 <= total {
		subtractByLookup(result, first, others, s)
		return
	}
	unite(result, []*setValue{first}, s)
	for _, v := range others {
		v.Each(func(member []byte) bool {
			result.drop(member)
			return result.Len() > 0
		})
	}
}

// subtractByLookup asks the largest set first: it is the likeliest to know a
// member.
func subtractByLookup(result *members, first *setValue, others []*setValue, s *Settings) {
	slices.SortStableFunc(others, func(a, b *setValue) int { return cmp.Compare(b.Len(), a.Len()) })
	first.Each(func(member []byte) bool {
		for _, other := range others {
			if other.Has(member) {
				return true
			}
		}
		result.insert(member, s)
		return true
	})
}
