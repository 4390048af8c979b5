package engine

import "perigee/engine/stream"

// A group's counter of entries read is exact as long as no entry ahead of it
// is deleted by its ID; when it has been lost it can sometimes be found again.

// hasTombstoneFrom tells whether an entry may have been deleted by its ID at id
// or behind it, among those that are left.
func (v *streamValue) hasTombstoneFrom(id stream.ID) bool {
	return v.Len() > 0 && !v.maxDeleted.IsZero() && !v.maxDeleted.Less(v.first) && !v.maxDeleted.Less(id)
}

// entriesUpTo returns how many entries were ever added up to an ID, that one
// included, -1 if that is not known.
func (v *streamValue) entriesUpTo(id stream.ID) int64 {
	switch {
	case v.added == 0:
		return 0
	case v.Len() == 0 && !v.last.Less(id), id == v.last:
		return v.added
	case v.last.Less(id):
		return -1
	case !v.maxDeleted.IsZero() && !v.maxDeleted.Less(v.first):
		return -1
	case id.Less(v.first):
		return v.added - int64(v.Len())
	case id == v.first:
		return v.added - int64(v.Len()) + 1
	}
	return -1
}

// lag returns how many entries a group has not read yet, and whether that is
// known.
func (v *streamValue) lag(g *streamGroup) (n int64, ok bool) {
	if v.added == 0 {
		return 0, true
	}
	read := g.read
	if read == -1 || v.hasTombstoneFrom(g.last) {
		read = v.entriesUpTo(g.last)
	}
	return v.added - read, read != -1
}
