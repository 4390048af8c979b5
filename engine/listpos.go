package engine

import (
	"math"

	"perigee/engine/listpack"
)

// positions is what LPOS looks for.
type positions struct {
	rank   int64 // matches to skip, counted from 1; negative: from the tail on
	count  int64 // matches to return, 0 for all
	many   bool  // COUNT was given: the reply is an array
	maxLen int64 // elements to look at, 0 for all
}

var (
	errRank         = Errf("value is out of range, value must between -9223372036854775807 and 9223372036854775807")
	errRankZero     = Errf("RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list")
	errCountBelow0  = Errf("COUNT can't be negative")
	errMaxLenBelow0 = Errf("MAXLEN can't be negative")
)

func parsePositions(args Args) (p positions, err error) {
	p = positions{rank: 1, count: 1}
	for i := 2; i < len(args); i += 2 {
		more := i+1 < len(args)
		switch {
		case more && args.Is(i, "RANK"):
			if p.rank, err = args.rank(i + 1); err != nil {
				return p, err
			}
		case more && args.Is(i, "COUNT"):
			if p.count, err = args.Count(i + 1); err != nil {
				return p, errCountBelow0
			}
			p.many = true
		case more && args.Is(i, "MAXLEN"):
			if p.maxLen, err = args.Count(i + 1); err != nil {
				return p, errMaxLenBelow0
			}
		default:
			return p, ErrSyntax
		}
	}
	return p, nil
}

// rank reads argument i as a rank: any number that has an absolute value, but
// not 0.
func (a Args) rank(i int) (int64, error) {
	n, err := a.Int(i)
	switch {
	case err != nil:
		return 0, err
	case n == math.MinInt64:
		return 0, errRank
	case n == 0:
		return 0, errRankZero
	}
	return n, nil
}

// lpos replies with the index of a match, or with an array of indexes when
// COUNT is given.
func lpos(ks *Keyspace, args Args, w Reply) error {
	p, err := parsePositions(args)
	if err != nil {
		return err
	}
	v, err := ks.listAt(args.Key(0))
	if err != nil {
		return err
	}
	var found []int
	if v != nil {
		found = v.positions(args[1], p)
	}
	switch {
	case p.many:
		w.Array(len(found))
		for _, i := range found {
			w.Int(int64(i))
		}
	case len(found) > 0:
		w.Int(int64(found[0]))
	default:
		w.Null()
	}
	return nil
}

// positions returns the indexes of elements that equal value, in the order in
// which they are met.
func (v *listValue) positions(value []byte, p positions) []int {
	var found []int
	i, step, skip := 0, 1, p.rank-1
	if p.rank < 0 {
		i, step, skip = v.length()-1, -1, -p.rank-1
	}
	count, left := p.count, p.maxLen
	if count == 0 {
		count = math.MaxInt64
	}
	if left == 0 {
		left = math.MaxInt64
	}
	needle := listpack.NewNeedle(value)
	for it := v.list.Iter(i); it.Valid() && left > 0; left-- {
		switch {
		case !it.Matches(needle):
		case skip > 0:
			skip--
		default:
			if found = append(found, i); int64(len(found)) == count {
				return found
			}
		}
		if step > 0 {
			it.Next()
		} else {
			it.Prev()
		}
		i += step
	}
	return found
}
