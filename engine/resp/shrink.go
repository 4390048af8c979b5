package resp

const (
	keepAlways = 64 << 10 // A buffer up to this size is never given back while its connection is in use.
	keepNever  = 1 << 20  // A buffer above this size is given back as soon as it is empty.
	calmUses   = 8        // In between, a buffer is given back after so many uses that needed a quarter of it at most.
)

// shrinker decides when an empty buffer has become too large for what its connection does. A steady stream of large
// commands or replies keeps its buffer, and one large command among small ones does not hold memory for ever.
type shrinker struct{ calm int }

// drained notes that a buffer of the given capacity became empty after holding at most used bytes. It reports whether
// the buffer should be given back.
func (s *shrinker) drained(capacity, used int) bool {
	switch {
	case capacity <= keepAlways:
		return false
	case capacity > keepNever:
		s.calm = 0
		return true
	case used > capacity/4:
		s.calm = 0
		return false
	}
	s.calm++
	if s.calm < calmUses {
		return false
	}
	s.calm = 0
	return true
}
