package rdb

// EachZipmap calls fn for the fields of a zipmap, what small hashes were held
// in before Redis 2.6:
//
//	<fields u8> (<length> <field> <length> <unused u8> <value> <unused bytes>)... <0xFF>
//
// A length is a byte, or 254 and four bytes; 254 or more fields are to be
// counted. The error is ErrFormat if b is not a whole zipmap, else fn's.
func EachZipmap(b []byte, fn func(field, value []byte) error) error {
	if len(b) < 2 || b[len(b)-1] != zipEnd {
		return ErrFormat
	}
	r, n := Reader{b: b[1 : len(b)-1]}, 0
	for ; r.Rest() > 0; n++ {
		field := r.Raw(r.zipmapLen())
		size := r.zipmapLen()
		unused := r.Byte()
		value := r.Raw(size)
		r.Raw(int(unused))
		if r.err != nil {
			return r.err
		}
		if err := fn(field, value); err != nil {
			return err
		}
	}
	if count := int(b[0]); count < 254 && count != n {
		return ErrFormat
	}
	return nil
}

func (r *Reader) zipmapLen() int {
	switch c := r.Byte(); c {
	case 254:
		return int(uint32(little(r.Raw(4))))
	case 255:
		r.Fail()
		return 0
	default:
		return int(c)
	}
}
