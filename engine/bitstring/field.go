package bitstring

// Field is an integer of Bits bits, 1 to 64, at any offset of a string.
// Unsigned ones have 63 bits at most.
type Field struct {
	Signed bool
	Bits   uint
}

// Overflow says what becomes of a value that its field cannot hold.
type Overflow uint8

const (
	Wrap Overflow = iota // its lowest bits stay
	Saturate
	Fail
)

// Get returns the field at bit offset of b; bits beyond b's end are zeros.
func (f Field) Get(b []byte, offset uint64) int64 {
	var n uint64
	for i := uint64(0); i < uint64(f.Bits); {
		at, have := offset+i, min(8-(offset+i)&7, uint64(f.Bits)-i)
		var c byte
		if at>>3 < uint64(len(b)) {
			c = b[at>>3] << (at & 7) >> (8 - have)
		}
		n = n<<have | uint64(c)
		i += have
	}
	return f.lowest(n)
}

// Put stores value's lowest bits in the field at bit offset of b, which must
// have room for it.
func (f Field) Put(b []byte, offset uint64, value int64) {
	for i := uint64(0); i < uint64(f.Bits); i++ {
		at := offset + i
		mask := byte(0x80) >> (at & 7)
		if uint64(value)>>(uint64(f.Bits)-1-i)&1 != 0 {
			b[at>>3] |= mask
		} else {
			b[at>>3] &^= mask
		}
	}
}

// Add returns value+by as the field holds it, and whether it can be held under
// a policy. An unsigned field takes value as 64 unsigned bits.
func (f Field) Add(value, by int64, policy Overflow) (int64, bool) {
	low, high := f.bounds()
	below, above := f.outside(value, by, low, high)
	switch {
	case !below && !above:
		return value + by, true
	case policy == Wrap:
		return f.lowest(uint64(value) + uint64(by)), true
	case policy == Fail:
		return 0, false
	case below:
		return low, true
	}
	return high, true
}

func (f Field) bounds() (low, high int64) {
	if !f.Signed {
		return 0, 1<<f.Bits - 1
	}
	high = 1<<(f.Bits-1) - 1
	return -high - 1, high
}

// outside tells on which side of the field's bounds value+by is. Distances
// between int64s are exact as unsigned differences.
func (f Field) outside(value, by, low, high int64) (below, above bool) {
	switch {
	case !f.Signed && uint64(value) > uint64(high) || f.Signed && value > high:
		return false, true
	case value < low:
		return true, false
	case by > 0:
		return false, uint64(by) > uint64(high)-uint64(value)
	}
	return uint64(-by) > uint64(value)-uint64(low), false
}

// lowest reads the lowest bits of n as the field does.
func (f Field) lowest(n uint64) int64 {
	unused := 64 - f.Bits
	if f.Signed {
		return int64(n<<unused) >> unused
	}
	return int64(n << unused >> unused)
}
