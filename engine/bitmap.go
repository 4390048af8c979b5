package engine

import (
	"slices"

	"perigee/engine/bitstring"
)

// bitmapCommands treat strings as strings of bits.
func bitmapCommands() []Command {
	return slices.Concat(bitCommands(), bitopCommands(), bitfieldCommands())
}

// bitCommands are about single bits and ranges of them.
func bitCommands() []Command {
	unit := AddedIn("7.0.0", Opt(OneOf("unit", Word("byte", "BYTE"), Word("bit", "BIT"))))
	return []Command{{
		Name: "bitcount", Group: GroupBitmap, Since: "2.6.0",
		Summary:    "Counts the bits set in a string, or in a range of it.",
		Complexity: "O(N) where N is the length of the range",
		Args:       []Arg{Key("key"), Opt(Block("range", Integer("start"), Integer("end"), unit))},
		Arity:      -2, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: bitcount,
	}, {
		Name: "bitpos", Group: GroupBitmap, Since: "2.8.7",
		Summary:    "Finds the first bit set or clear in a string, or in a range of it.",
		Complexity: "O(N) where N is the length of the range",
		Args: []Arg{Key("key"), Integer("bit"),
			Opt(Block("range", Integer("start"), Opt(Block("end-unit-block", Integer("end"), unit))))},
		Arity: -3, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: bitpos,
	}, {
		Name: "getbit", Group: GroupBitmap, Since: "2.2.0",
		Summary:    "Returns one bit of a string.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Integer("offset")},
		Arity:      3, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: getbit,
	}, {
		Name: "setbit", Group: GroupBitmap, Since: "2.2.0",
		Summary:    "Sets or clears one bit of a string, creating the key if it is missing, and returns what the bit was.",
		Complexity: "O(1), plus the distance by which the string grows",
		Args:       []Arg{Key("key"), Integer("offset"), Integer("value")},
		Arity:      4, Flags: Write | DenyOOM, Keys: OneKey(1, RW|Access|Update),
		Run: setbit,
	}}
}

var errBitOffset = Errf("bit offset is not an integer or out of range")

// bitOffset reads argument i as the position of a bit that a string can have.
func (ks *Keyspace) bitOffset(args Args, i int) (uint64, error) {
	n, err := args.Int(i)
	if err != nil || n < 0 || n>>3 >= int64(ks.e.settings.MaxBulkLen) {
		return 0, errBitOffset
	}
	return uint64(n), nil
}

func getbit(ks *Keyspace, args Args, w Reply) error {
	offset, err := ks.bitOffset(args, 1)
	if err != nil {
		return err
	}
	value, _, err := ks.String(args.Key(0))
	if err != nil {
		return err
	}
	w.Int(bitAt(value, offset))
	return nil
}

// bitAt returns a bit of value; those beyond its end are 0.
func bitAt(value []byte, offset uint64) int64 {
	return bitstring.Field{Bits: 1}.Get(value, offset)
}

// setbit replies with what the bit was. The string becomes long enough to have
// the bit even if it is 0.
func setbit(ks *Keyspace, args Args, w Reply) error {
	offset, err := ks.bitOffset(args, 1)
	if err != nil {
		return err
	}
	bit, ok := ParseInt(args[2])
	if !ok || bit&^1 != 0 {
		return Errf("bit is not an integer or out of range")
	}
	value, err := ks.stringToEdit(args.Key(0))
	if err != nil {
		return err
	}
	was := bitAt(value, offset)
	if ks.putField(args.Key(0), value, bitstring.Field{Bits: 1}, offset, bit) {
		ks.notify(EventString, "setbit", args.Key(0))
	}
	w.Int(was)
	return nil
}

// stringToEdit returns the string at key for a command that edits it, nil if
// there is none.
func (ks *Keyspace) stringToEdit(key []byte) ([]byte, error) {
	value, ok, err := ks.StringForWrite(key)
	if ok {
		ks.editRaw(key)
		value, _, _ = ks.StringForWrite(key)
	}
	return value, err
}

// putField puts n into a field of value, the string at key, which grows as
// needed, and tells whether anything changed. Only the bytes that the field
// touches are written and recorded.
func (ks *Keyspace) putField(key, value []byte, f bitstring.Field, offset uint64, n int64) bool {
	first, last := int(offset>>3), int((offset+uint64(f.Bits)-1)>>3)
	if last < len(value) && f.Get(value, offset) == n {
		return false
	}
	var part [9]byte
	if first < len(value) {
		copy(part[:], value[first:])
	}
	f.Put(part[:], offset&7, n)
	ks.SetRange(key, first, part[:last-first+1])
	return true
}

func bitcount(ks *Keyspace, args Args, w Reply) error {
	var r bitRange
	if len(args) == 2 {
		return ErrSyntax
	}
	if err := r.read(args, 1); err != nil {
		return err
	}
	value, _, err := ks.String(args.Key(0))
	if err != nil {
		return err
	}
	n := int64(0)
	if first, last, ok := r.within(value); ok {
		n = bitstring.CountRange(value, first, last)
	}
	w.Int(n)
	return nil
}

// bitpos replies with a position, -1 if there is none. A string is taken to be
// followed by zeros unless the range has an end.
func bitpos(ks *Keyspace, args Args, w Reply) error {
	bit, err := args.Int(1)
	if err != nil {
		return err
	}
	if bit&^1 != 0 {
		return Errf("The bit argument must be 1 or 0.")
	}
	var r bitRange
	if err := r.read(args, 2); err != nil {
		return err
	}
	value, ok, err := ks.String(args.Key(0))
	if err != nil {
		return err
	}
	if !ok {
		w.Int(-bit)
		return nil
	}
	w.Int(r.index(value, bit))
	return nil
}

// index returns where in the range of value a bit is.
func (r *bitRange) index(value []byte, bit int64) int64 {
	r.mayCross = true
	first, last, ok := r.within(value)
	if !ok {
		return -1
	}
	at := bitstring.Index(value, bit == 1, first, last)
	if at < 0 && bit == 0 && !r.ends {
		return last + 1
	}
	return at
}

// bitRange is a part of a string, in bytes or bits, both ends inclusive.
// Negative ones count from the end.
type bitRange struct {
	start, end int64
	ends       bool // end was given
	inBits     bool
	// mayCross lets a range whose ends are both negative and out of order be
	// judged by where they point to.
	mayCross bool
}

// read reads what is there of start, end and unit from argument i on.
func (r *bitRange) read(args Args, i int) (err error) {
	r.end = -1
	if len(args) > i+3 {
		return ErrSyntax
	}
	if len(args) > i {
		if r.start, err = args.Int(i); err != nil {
			return err
		}
	}
	if len(args) > i+1 {
		r.ends = true
		if r.end, err = args.Int(i + 1); err != nil {
			return err
		}
	}
	if len(args) > i+2 {
		r.inBits = args.Is(i+2, "BIT")
		if !r.inBits && !args.Is(i+2, "BYTE") {
			return ErrSyntax
		}
	}
	return nil
}

// within returns the first and the last bit of the range that value has, and
// whether it has any.
func (r *bitRange) within(value []byte) (first, last int64, ok bool) {
	first, last = r.start, r.end
	if !r.mayCross && first < 0 && last < 0 && first > last {
		return 0, 0, false
	}
	size := int64(len(value))
	if r.inBits {
		size *= 8
	}
	if first < 0 {
		first = max(first+size, 0)
	}
	if last < 0 {
		last = max(last+size, 0)
	}
	last = min(last, size-1)
	if first > last {
		return 0, 0, false
	}
	if !r.inBits {
		first, last = first*8, last*8+7
	}
	return first, last, true
}
