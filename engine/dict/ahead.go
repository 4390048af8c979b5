package dict

// MaxAhead is how many keys Ahead takes at most.
const MaxAhead = 16

// Ahead looks for many keys at once, so that the processor waits for the
// memory of all of them together and not of one after the other. It puts into
// entries, for each of at most MaxAhead keys, what Find probably returns for
// it: an entry with the same tag, or nil. It compares no keys.
func (t *Table) Ahead(keys [][]byte, entries *[MaxAhead]Entry) {
	var heads [MaxAhead]*bucket
	var tags [MaxAhead]uint64
	keys = keys[:min(len(keys), MaxAhead)]
	for i, key := range keys {
		h := hash(key)
		heads[i], tags[i] = t.bucket(h), uint64(tagOf(h))*eachByte
	}
	for i := range keys {
		entries[i] = nil
		if m := heads[i].match(tags[i]); m != 0 {
			entries[i] = heads[i].slots[slotOf(m)]
		}
	}
}
