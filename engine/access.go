package engine

// An entry's access word says what eviction asks of it. Under a policy of
// recency it is the second of the last access. Under one of frequency it is
// Redis's: sixteen bits of the minute of the last decay, and eight of a
// logarithmic counter, which chance lets grow the slower the higher it is.
// After a change of the policy the words mislead until keys are used again.

const (
	frequencyBits = 8
	frequencyMask = 1<<frequencyBits - 1
	minuteMask    = 1<<16 - 1
	// newFrequency is a new key's, so that it is not the first to go.
	newFrequency = 5
)

// minute is the loop's clock as the access word holds it.
func (e *Engine) minute() uint32 { return e.clockSeconds / 60 & minuteMask }

// newAccess is the access word of a key that was not there before.
func (e *Engine) newAccess() uint32 {
	if e.settings.Policy&EvictLFU != 0 {
		return e.minute()<<frequencyBits | newFrequency
	}
	return e.clockSeconds
}

// accessAfter is the access word of a new value in place of old, nil for none.
func (e *Engine) accessAfter(old entry) uint32 {
	if old == nil || e.settings.Policy&EvictLFU == 0 {
		return e.newAccess()
	}
	return e.counted(old.access)
}

// accessBefore is the access word of a new block for the value of old, nil for
// none.
func (e *Engine) accessBefore(old entry) uint32 {
	if old == nil {
		return e.newAccess()
	}
	return old.access
}

// noteAccess marks h as used now, unless the client asked not to.
func (e *Engine) noteAccess(h entry) {
	if !e.noTouch {
		e.touchEntry(h)
	}
}

// touchEntry marks h as used now; undo takes that back.
func (e *Engine) touchEntry(h entry) {
	access := e.clockSeconds
	if e.settings.Policy&EvictLFU != 0 {
		access = e.counted(h.access)
	}
	if access != h.access {
		e.unit.undoAccess(h)
		h.access = access
	}
}

// counted is an access word of frequency after one more access.
func (e *Engine) counted(access uint32) uint32 {
	n := e.frequency(access)
	if n < frequencyMask {
		base := max(int(n)-newFrequency, 0)
		if e.random.Float64()*float64(base*e.settings.LFULogFactor+1) < 1 {
			n++
		}
	}
	return e.minute()<<frequencyBits | n
}

// frequency is the counter of an access word, less one for each lfu-decay-time
// since it was last used.
func (e *Engine) frequency(access uint32) uint32 {
	n := access & frequencyMask
	if e.settings.LFUDecayTime <= 0 {
		return n
	}
	idle := (e.minute() - access>>frequencyBits) & minuteMask
	return n - min(n, idle/uint32(e.settings.LFUDecayTime))
}

// idle is for how many seconds the entry was not used, given a word of recency.
func (e *Engine) idle(h entry) int64 { return max(0, int64(e.clockSeconds)-int64(h.access)) }

// SetIdle makes key, which exists, look unused for so many seconds, if the
// policy asks for that.
func (ks *Keyspace) SetIdle(key []byte, seconds int64) {
	e := ks.e
	if e.settings.Policy&EvictLFU == 0 {
		entry(ks.keys.Find(key)).access = uint32(max(0, int64(e.clockSeconds)-seconds))
	}
}

// SetFrequency gives key, which exists, an access frequency from 0 to 255, if
// the policy asks for that.
func (ks *Keyspace) SetFrequency(key []byte, n uint8) {
	e := ks.e
	if e.settings.Policy&EvictLFU != 0 {
		entry(ks.keys.Find(key)).access = e.minute()<<frequencyBits | uint32(n)
	}
}
