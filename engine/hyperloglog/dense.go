package hyperloglog

// four returns the registers from i on, a multiple of 4, of a dense value:
// they share three bytes.
func (v Value) four(i int) (a, b, c, d byte) {
	at := headerSize + i*registerBits/8
	p := v[at : at+3 : at+3]
	return p[0] & 63, p[0]>>6 | p[1]<<2&63, p[1]>>4 | p[2]<<4&63, p[2] >> 2
}

// Register returns register i of a dense value.
func (v Value) Register(i int) byte {
	word, _, shift := v.word(i)
	return byte(word>>shift) & 63
}

// word returns the bytes that hold register i, where they begin, and how many
// bits of the lower one are before it.
func (v Value) word(i int) (word uint16, at, shift int) {
	at, shift = headerSize+i*registerBits/8, i*registerBits%8
	word = uint16(v[at])
	if shift > 8-registerBits {
		word |= uint16(v[at+1]) << 8
	}
	return word, at, shift
}

// Raise returns the bytes of a dense value that hold a register, raised to
// rank, and where they go; n is 0 where the register is that high already.
func (v Value) Raise(index int, rank byte) (offset int, part [2]byte, n int) {
	word, at, shift := v.word(index)
	if byte(word>>shift)&63 >= rank {
		return 0, part, 0
	}
	word = word&^(63<<shift) | uint16(rank)<<shift
	part[0], part[1] = byte(word), byte(word>>8)
	if shift > 8-registerBits {
		return at, part, 2
	}
	return at, part, 1
}

// ToDense returns a dense value with the registers and the cached count of v;
// v itself if it is one.
func (v Value) ToDense() (Value, error) {
	if v.Dense() {
		return v, nil
	}
	d := make(Value, DenseSize)
	copy(d, v[:headerSize])
	d[encodingAt] = dense
	err := v.eachRun(func(first, n int, rank byte) {
		if rank == 0 {
			return
		}
		for i := first; i < first+n; i++ {
			offset, part, n := d.Raise(i, rank)
			copy(d[offset:], part[:n])
		}
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}
