package engine

import (
	"fmt"
	"slices"
	"strconv"
	"unsafe"

	"perigee/engine/dict"
	"perigee/engine/intset"
	"perigee/engine/listpack"
	"perigee/engine/sizeclass"
)

// members is a set of byte strings that belongs to no key yet: what a set
// holds, and what the algebra of sets calculates with. A few integers are an
// intset, a few short strings a listpack in the order in which they came, all
// else a table; it converts in this direction only.
//
// Invariants:
//
//  1. Exactly one of ints, pack and table is not nil.
//  2. No member comes twice in a pack.
//  3. The entries of a table are setMembers, which never change: tables may
//     share them.
type members struct {
	ints  *intset.Set
	pack  listpack.List
	table *dict.Table
}

// setMember heads the block of one member, one allocation without pointers;
// at least one byte of padding keeps a pointer to an empty member inside.
type setMember struct{ length uint32 }

const setMemberSize = int(unsafe.Sizeof(setMember{}))

func setMemberBytes(n int) int { return (setMemberSize + n + 4) &^ 3 }

func newSetMember(text []byte) *setMember {
	b := make([]byte, setMemberBytes(len(text)))
	m := (*setMember)(unsafe.Pointer(unsafe.SliceData(b)))
	m.length = uint32(len(text))
	copy(b[setMemberSize:], text)
	return m
}

func (m *setMember) text() []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(m), setMemberSize)), int(m.length))
}

func setMemberKey(e dict.Entry) []byte { return (*setMember)(e).text() }

func newIntMembers() members   { return members{ints: new(intset.Set)} }
func newPackMembers() members  { return members{pack: listpack.New()} }
func newTableMembers() members { return members{table: newMemberTable()} }

func newMemberTable() *dict.Table { return dict.New(setMemberKey).Count(setMemberMemory, nil) }

// setMemberMemory is what the block takes of the heap.
func setMemberMemory(e dict.Entry) int {
	return sizeclass.Of(setMemberBytes(int((*setMember)(e).length)))
}

// membersFor returns an empty set in the encoding for a first member of size
// that are to come.
func membersFor(first []byte, size int, s *Settings) members {
	if _, isInt := ParseInt(first); isInt && size <= s.SetMaxIntsetEntries {
		return newIntMembers()
	}
	if size <= s.SetMaxListpackEntries {
		return newPackMembers()
	}
	return newTableMembers()
}

// Len counts the members. O(1).
func (m *members) Len() int {
	switch {
	case m.table != nil:
		return m.table.Len()
	case m.ints != nil:
		return m.ints.Len()
	}
	return m.pack.Len()
}

// Has tells whether member is in the set. O(1); O(log Len) in an intset,
// O(Len) in a pack.
func (m *members) Has(member []byte) bool {
	switch {
	case m.table != nil:
		return m.table.Find(member) != nil
	case m.ints != nil:
		n, ok := ParseInt(member)
		return ok && m.ints.Has(n)
	}
	return m.pack.Find(m.pack.First(), member, 0) >= 0
}

// Each calls fn for every member until it returns false. The slice is valid
// during the call, and fn must not change the set.
func (m *members) Each(fn func(member []byte) bool) {
	if m.table != nil {
		m.table.Each(func(e dict.Entry) bool { return fn((*setMember)(e).text()) })
		return
	}
	var text [listpack.ScratchSize]byte
	if m.ints != nil {
		m.ints.Each(func(n int64) bool { return fn(strconv.AppendInt(text[:0], n, 10)) })
		return
	}
	for off := m.pack.First(); off >= 0; off = m.pack.Next(off) {
		if !fn(m.pack.Get(off, text[:0])) {
			return
		}
	}
}

// insert adds member, a copy, and tells whether it is new.
func (m *members) insert(member []byte, s *Settings) bool {
	switch {
	case m.table != nil:
		if m.table.Find(member) != nil {
			return false
		}
	case m.ints != nil:
		if n, ok := ParseInt(member); ok {
			added := m.ints.Add(n)
			if m.ints.Len() > s.SetMaxIntsetEntries {
				m.toTable()
			}
			return added
		}
		if s.mayPack(m.ints.Len(), len(member)) && m.intWidth() <= s.SetMaxListpackValue {
			m.toPack()
			m.pack = m.pack.Append(member)
			return true
		}
	default:
		if m.pack.Find(m.pack.First(), member, 0) >= 0 {
			return false
		}
		if s.mayPack(m.pack.Len(), len(member)) && m.pack.Bytes()+len(member)+16 <= listpack.MaxBytes {
			m.pack = m.pack.Append(member)
			return true
		}
	}
	m.toTable()
	m.table.Insert(member, dict.Entry(newSetMember(member)))
	return true
}

// mayPack tells whether a pack of n members may take one more of this size.
func (s *Settings) mayPack(n, size int) bool {
	return n < s.SetMaxListpackEntries && size <= s.SetMaxListpackValue
}

// intWidth is the length of the longest text in an intset.
func (m *members) intWidth() int {
	if m.ints.Len() == 0 {
		return 0
	}
	var text [listpack.ScratchSize]byte
	low := strconv.AppendInt(text[:0], m.ints.At(0), 10)
	return max(len(low), len(strconv.AppendInt(text[:0], m.ints.At(m.ints.Len()-1), 10)))
}

// drop removes member and tells whether it was there.
func (m *members) drop(member []byte) bool {
	switch {
	case m.table != nil:
		return m.table.Delete(member) != nil
	case m.ints != nil:
		n, ok := ParseInt(member)
		return ok && m.ints.Remove(n)
	}
	off := m.pack.Find(m.pack.First(), member, 0)
	if off >= 0 {
		m.pack = m.pack.Delete(off)
	}
	return off >= 0
}

// expect converts to a table when n members are too many for anything else,
// before they come one by one.
func (m *members) expect(n int, s *Settings) {
	if m.pack != nil && n > s.SetMaxListpackEntries || m.ints != nil && n > s.SetMaxIntsetEntries {
		m.toTable()
	}
}

func (m *members) toTable() {
	if m.table != nil {
		return
	}
	t := newMemberTable()
	m.Each(func(member []byte) bool {
		t.Insert(member, dict.Entry(newSetMember(member)))
		return true
	})
	*m = members{table: t}
}

func (m *members) toPack() {
	pack := listpack.New()
	m.ints.Each(func(n int64) bool {
		pack = pack.AppendInt(n)
		return true
	})
	*m = members{pack: pack}
}

// toInts makes an intset of members that are all integers, if they are few
// enough.
func (m *members) toInts(s *Settings) {
	if m.ints != nil || m.Len() > s.SetMaxIntsetEntries {
		return
	}
	ints := newIntMembers()
	m.Each(func(member []byte) bool { return ints.insert(member, s) })
	*m = ints
}

// clone returns a copy in the same encoding.
func (m *members) clone() members {
	switch {
	case m.table != nil:
		c := newTableMembers()
		c.table.Reserve(m.table.Len())
		m.table.Each(func(e dict.Entry) bool {
			c.table.Insert(setMemberKey(e), e)
			return true
		})
		return c
	case m.ints != nil:
		return members{ints: m.ints.Clone()}
	}
	return members{pack: slices.Clone(m.pack)}
}

// random returns a member, each equally likely; the set is not empty. The
// slice is valid until the set changes.
func (m *members) random(ks *Keyspace) []byte {
	switch {
	case m.table != nil:
		return (*setMember)(m.table.Random(ks.Rand)).text()
	case m.ints != nil:
		return strconv.AppendInt(make([]byte, 0, listpack.ScratchSize), m.ints.At(ks.RandN(m.ints.Len())), 10)
	}
	return textAt(m.pack, m.pack.Seek(ks.RandN(m.pack.Len())))
}

// choose calls fn for n different members, n being at most Len. Cost: O(n), or
// O(Len) when the encoding is compact.
func (m *members) choose(ks *Keyspace, n int, fn func(member []byte)) {
	if m.table != nil && distinctIsRare(n, m.Len()) {
		ks.drawDistinct(m.table, n, func(e dict.Entry) { fn(setMemberKey(e)) })
		return
	}
	s := selection{ks, n, m.Len()}
	m.Each(func(member []byte) bool {
		if s.take() {
			fn(member)
		}
		return s.need > 0
	})
}

// repeat calls fn for n random members, which may come more than once. Cost:
// O(n), and O(Len) more in a pack.
func (m *members) repeat(ks *Keyspace, n int64, fn func(member []byte)) {
	if m.pack == nil {
		for ; n > 0; n-- {
			fn(m.random(ks))
		}
		return
	}
	offsets := make([]int, 0, m.Len())
	for off := m.pack.First(); off >= 0; off = m.pack.Next(off) {
		offsets = append(offsets, off)
	}
	var text [listpack.ScratchSize]byte
	for ; n > 0; n-- {
		fn(m.pack.Get(offsets[ks.RandN(len(offsets))], text[:0]))
	}
}

// scan visits some members from cursor on, all of them when the encoding is
// compact, and returns the cursor to go on from. The slices stay valid until
// the set changes.
func (m *members) scan(cursor uint64, o *scanOptions, visit func(member []byte)) uint64 {
	if m.table != nil {
		return o.table(m.table, cursor, func(e dict.Entry) {
			if text := setMemberKey(e); o.matches(text) {
				visit(text)
			}
		})
	}
	m.Each(func(member []byte) bool {
		if o.matches(member) {
			visit(slices.Clone(member))
		}
		return true
	})
	return 0
}

func (m *members) encoding() string {
	switch {
	case m.table != nil:
		return "hashtable"
	case m.ints != nil:
		return "intset"
	}
	return "listpack"
}

// bytes is what the set takes of the heap; O(1).
func (m *members) bytes() int {
	switch {
	case m.table != nil:
		return int(m.table.Bytes() + m.table.Blocks())
	case m.ints != nil:
		return int(m.ints.Bytes())
	}
	return sizeclass.Of(cap(m.pack))
}

func (m *members) check() error {
	held := 0
	for _, is := range []bool{m.ints != nil, m.pack != nil, m.table != nil} {
		if is {
			held++
		}
	}
	if held != 1 {
		return fmt.Errorf("%d encodings at once", held)
	}
	if m.pack == nil {
		return nil
	}
	if err := listpack.Validate(m.pack); err != nil {
		return err
	}
	seen := map[string]bool{}
	m.Each(func(member []byte) bool {
		seen[string(member)] = true
		return true
	})
	if len(seen) != m.Len() {
		return fmt.Errorf("%d members, %d of them different", m.Len(), len(seen))
	}
	return nil
}
