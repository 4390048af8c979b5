package engine

import (
	"fmt"
	"math"

	"perigee/engine/dict"
)

// errRange says that a count cannot be answered.
var errRange = Errf("value is out of range")

// randomCount reads argument i as the count of a command that replies with
// random elements: any number that can be negated.
func (a Args) randomCount(i int) (int64, error) {
	n, err := a.Int(i)
	if err == nil && n == math.MinInt64 {
		err = Errf(fmt.Sprintf("value is out of range, value must between %d and %d", -math.MaxInt64, math.MaxInt64))
	}
	return n, err
}

// samplePairs reads what follows the key of a command that replies with count
// random elements, each with its value if the given word says so.
func (a Args) samplePairs(word string) (count int64, pairs bool, err error) {
	if count, err = a.randomCount(1); err != nil {
		return 0, false, err
	}
	pairs = a.Is(2, word)
	if len(a) > 3 || len(a) == 3 && !pairs {
		return 0, false, ErrSyntax
	}
	if pairs && (count < -math.MaxInt64/2 || count > math.MaxInt64/2) {
		return 0, false, errRange
	}
	return count, pairs, nil
}

// maxRepeatBytes bounds the reply of a command that may repeat elements as
// often as its client says.
const maxRepeatBytes = 1 << 30

// A selection picks some of the things that come one after another; every
// choice is equally likely.
type selection struct {
	ks         *Keyspace
	need, left int
}

// take tells whether the next thing is picked.
func (s *selection) take() bool {
	picked := s.need > 0 && s.ks.RandN(s.left) < s.need
	s.left--
	if picked {
		s.need--
	}
	return picked
}

// drawDistinct calls fn for n different entries of t, which has at least three
// times as many, so that few draws hit an entry again.
func (ks *Keyspace) drawDistinct(t *dict.Table, n int, fn func(dict.Entry)) {
	drawn := make(map[dict.Entry]struct{}, n)
	for len(drawn) < n {
		e := t.Random(ks.Rand)
		if _, again := drawn[e]; again {
			continue
		}
		drawn[e] = struct{}{}
		fn(e)
	}
}

// distinctIsRare tells whether n of size elements are few enough to draw them
// one by one; from there on, going through all of them is cheaper.
func distinctIsRare(n, size int) bool { return n < size/3 }

// checkRepeats refuses a reply of n elements drawn from a value of length
// elements in about so many bytes when it would be far too large to build.
func checkRepeats(n, bytes, length int64) error {
	if n > maxRepeatBytes/(16+bytes/max(length, 1)) {
		return errRange
	}
	return nil
}
