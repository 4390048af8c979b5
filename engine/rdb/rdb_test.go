package rdb

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// unhex reads bytes in hexadecimal; spaces are for the reader.
func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestChecksumOfTheNineDigits(t *testing.T) {
	if got := Checksum([]byte("123456789")); got != 0xe9c6d914c4b8d9ca {
		t.Fatalf("%x", got)
	}
}

func TestPayloadsOpenOnlyWhole(t *testing.T) {
	sealed := Seal([]byte("\x00\x05hello"), Version)
	if want := unhex(t, "00 05 68656c6c6f 0a00 cf72df6476653420"); !bytes.Equal(sealed[:9], want[:9]) {
		t.Fatalf("%x", sealed)
	}
	if body, ok := Open(sealed); !ok || string(body) != "\x00\x05hello" {
		t.Fatalf("%q %v", body, ok)
	}
	for i := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 1
		if _, ok := Open(damaged); ok {
			t.Errorf("a payload with byte %d damaged opens", i)
		}
		if _, ok := Open(sealed[:i]); ok {
			t.Errorf("the first %d bytes of a payload open", i)
		}
	}
	if _, ok := Open(Seal([]byte("\x00\x01a"), Newest)); !ok {
		t.Error("the newest version does not open")
	}
	if _, ok := Open(Seal([]byte("\x00\x01a"), Newest+1)); ok {
		t.Error("a version that is not known opens")
	}
}

func TestLengths(t *testing.T) {
	cases := []struct {
		n     uint64
		bytes string
	}{
		{0, "00"}, {63, "3f"}, {64, "4040"}, {16383, "7fff"}, {16384, "80 00004000"}, {math.MaxUint32, "80 ffffffff"},
		{math.MaxUint32 + 1, "81 0000000100000000"}, {math.MaxUint64, "81 ffffffffffffffff"},
	}
	for _, c := range cases {
		b := AppendLen(nil, c.n)
		if !bytes.Equal(b, unhex(t, c.bytes)) {
			t.Errorf("%d is written as %x", c.n, b)
		}
		r := NewReader(b, 0)
		if got := r.Len(); got != c.n || !r.OK() || r.Rest() != 0 {
			t.Errorf("%d reads back as %d (%v, %d left)", c.n, got, r.Err(), r.Rest())
		}
	}
}

func TestStrings(t *testing.T) {
	cases := []struct{ name, text, bytes string }{
		{"a small integer takes two bytes", "-128", "c0 80"},
		{"an integer of sixteen bits", "128", "c1 8000"},
		{"an integer of thirty-two bits", "-2147483648", "c2 00000080"},
		{"a larger integer is text", "2147483648", "0a 32313437343833363438"},
		{"a zero in front makes text", "01", "02 3031"},
		{"a plus makes text", "+1", "02 2b31"},
		{"nothing", "", "00"},
		{"twenty equal bytes are not compressed", strings.Repeat("a", 20), "14" + strings.Repeat("61", 20)},
		{"twenty-one are", strings.Repeat("a", 21), "c3 05 15 00 61 e00b00"},
	}
	for _, c := range cases {
		b := AppendString(nil, []byte(c.text))
		if !bytes.Equal(b, unhex(t, c.bytes)) {
			t.Errorf("%s: %x", c.name, b)
		}
		r := NewReader(b, 1000)
		if got := r.String(); string(got) != c.text || !r.OK() || r.Rest() != 0 {
			t.Errorf("%s: reads back as %q, %v", c.name, got, r.Err())
		}
	}
}

func TestDamagedPartsFailTheReader(t *testing.T) {
	cases := []struct {
		name, bytes string
		read        func(r *Reader)
	}{
		{"a string longer than the rest", "05 6161", func(r *Reader) { r.String() }},
		{"an unknown encoding", "c4", func(r *Reader) { r.String() }},
		{"an unknown form of length", "82 00000001", func(r *Reader) { r.Len() }},
		{"an encoding where a length must be", "c0 01", func(r *Reader) { r.Len() }},
		{"half a length", "40", func(r *Reader) { r.Len() }},
		{"half an integer", "c2 0000", func(r *Reader) { r.String() }},
		{"half a double", "00000000", func(r *Reader) { r.Double() }},
		{"a double in no known words", "03 616263", func(r *Reader) { r.TextDouble() }},
		{"a compressed string that claims more than it can hold", "c3 03 4fff 00 61 61", func(r *Reader) { r.String() }},
		{"a compressed string beyond the room for all", "c3 05 43ff 00 61 e0ff00", func(r *Reader) { r.String() }},
		{"a compressed string that is shorter than it says", "c3 05 16 00 61 e00b00", func(r *Reader) { r.String() }},
		{"a compressed string that is longer than it says", "c3 05 14 00 61 e00b00", func(r *Reader) { r.String() }},
		{"a copy from before the beginning", "c3 05 15 00 61 e00b01", func(r *Reader) { r.String() }},
	}
	for _, c := range cases {
		r := NewReader(unhex(t, c.bytes), 1000)
		c.read(r)
		if r.OK() || r.Err() == nil || r.Rest() != 0 || r.Byte() != 0 {
			t.Errorf("%s: is read", c.name)
		}
	}
}

func TestDoubles(t *testing.T) {
	cases := []struct {
		bytes string
		want  float64
	}{{"fe", math.Inf(1)}, {"ff", math.Inf(-1)}, {"03 312e35", 1.5}}
	for _, c := range cases {
		if got := NewReader(unhex(t, c.bytes), 0).TextDouble(); got != c.want {
			t.Errorf("%s: %v", c.bytes, got)
		}
	}
	if got := NewReader(unhex(t, "fd"), 0).TextDouble(); got == got {
		t.Errorf("NaN reads as %v", got)
	}
	if got := NewReader(AppendDouble(nil, -2.25), 0).Double(); got != -2.25 {
		t.Errorf("-2.25 reads as %v", got)
	}
}

// compressible draws texts with repetitions near and far.
func compressible(t *rapid.T) []byte {
	var b []byte
	for range rapid.IntRange(0, 60).Draw(t, "parts") {
		part := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "part")
		if len(b) > 0 && rapid.Bool().Draw(t, "repeat") {
			from := rapid.IntRange(0, len(b)-1).Draw(t, "from")
			part = b[from:min(len(b), from+rapid.IntRange(1, 600).Draw(t, "length"))]
		}
		b = append(b, part...)
	}
	return b
}

func TestCompressionRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := compressible(t)
		packed := Compress(s)
		if packed == nil {
			return
		}
		if len(packed) > len(s)-4 {
			t.Fatalf("%d bytes compressed to %d", len(s), len(packed))
		}
		got, err := Decompress(packed, len(s))
		if err != nil || !bytes.Equal(got, s) {
			t.Fatalf("%q comes back as %q, %v", s, got, err)
		}
	})
}

func TestCompressionOfLongRuns(t *testing.T) {
	for _, n := range []int{22, 264, 265, 8193, 100000} {
		s := bytes.Repeat([]byte("x"), n)
		packed := Compress(s)
		if len(packed) > n/80+8 {
			t.Errorf("%d equal bytes take %d", n, len(packed))
		}
		if got, err := Decompress(packed, n); err != nil || !bytes.Equal(got, s) {
			t.Errorf("%d equal bytes come back as %d, %v", n, len(got), err)
		}
	}
}

// ziplist makes a ziplist of entries as they stand behind the size of the
// entry before.
func ziplist(entries ...string) []byte {
	b := make([]byte, zipHeader)
	before, tail := 0, zipHeader
	for _, e := range entries {
		tail = len(b)
		if before < 254 {
			b = append(b, byte(before))
		} else {
			b = append(b, 254, byte(before), byte(before>>8), 0, 0)
		}
		b = append(b, e...)
		before = len(b) - tail
	}
	b = append(b, zipEnd)
	copy(b, []byte{byte(len(b)), byte(len(b) >> 8), 0, 0, byte(tail), byte(tail >> 8), 0, 0, byte(len(entries)), 0})
	return b
}

func TestZiplistEntries(t *testing.T) {
	long := strings.Repeat("b", 300)
	b := ziplist("\x05hello", "\x41\x2c"+long, "\x80\x00\x00\x00\x02hi", "\xc0\xff\xff", "\xd0\x00\x00\x01\x00", "\xe0\x00\x00\x00\x00\x00\x00\x00\x80",
		"\xf0\x00\x00\x80", "\xfe\x80", "\xf1", "\xfd")
	want := []string{"hello", long, "hi", "-1", "65536", "-9223372036854775808", "-8388608", "-128", "0", "12"}
	var got []string
	err := EachZiplist(b, func(value []byte) error {
		got = append(got, string(value))
		return nil
	})
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestDamagedZiplistsAreRefused(t *testing.T) {
	good := ziplist("\x05hello", "\x02hi")
	for i := range good {
		for _, c := range []byte{0, 0xFF, 0xFE, good[i] + 1} {
			b := bytes.Clone(good)
			b[i] = c
			_ = EachZiplist(b, func([]byte) error { return nil }) // no panic, whatever comes out
		}
		if EachZiplist(good[:i], func([]byte) error { return nil }) == nil {
			t.Errorf("the first %d bytes are accepted", i)
		}
	}
	for i := range zipHeader {
		b := bytes.Clone(good)
		b[i]++
		if EachZiplist(b, func([]byte) error { return nil }) == nil {
			t.Errorf("a header with byte %d damaged is accepted", i)
		}
	}
}

func TestZipmap(t *testing.T) {
	long := strings.Repeat("v", 300)
	b := append(append([]byte("\x02\x03foo\x03\x00bar\x05hello\xfe\x2c\x01\x00\x00\x02"), long...), "..\xff"...)
	var got []string
	err := EachZipmap(b, func(field, value []byte) error {
		got = append(got, string(field), string(value))
		return nil
	})
	if err != nil || fmt.Sprint(got) != fmt.Sprint([]string{"foo", "bar", "hello", long}) {
		t.Fatalf("%q, %v", got, err)
	}
	for i := range b {
		if EachZipmap(b[:i], func(_, _ []byte) error { return nil }) == nil {
			t.Errorf("the first %d bytes are accepted", i)
		}
	}
}

func FuzzDecompress(f *testing.F) {
	f.Add([]byte("\x00a\xe0\x0b\x00"), 21)
	f.Fuzz(func(t *testing.T, b []byte, size int) {
		if size < 0 || size > len(b)*maxExpansion {
			return
		}
		s, err := Decompress(b, size)
		if err == nil && len(s) != size {
			t.Fatalf("%d bytes of %d", len(s), size)
		}
		if packed := Compress(b); packed != nil {
			if again, err := Decompress(packed, len(b)); err != nil || !bytes.Equal(again, b) {
				t.Fatalf("%q comes back as %q, %v", b, again, err)
			}
		}
	})
}

func FuzzOldLists(f *testing.F) {
	f.Add(ziplist("\x05hello", "\xc0\xff\xff"))
	f.Add([]byte("\x01\x03foo\x03\x00bar\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		size := 0
		_ = EachZiplist(b, func(value []byte) error { size += len(value); return nil })
		if size > 20*len(b) {
			t.Fatalf("%d bytes of %d", size, len(b))
		}
		size = 0
		_ = EachZipmap(b, func(field, value []byte) error { size += len(field) + len(value); return nil })
		if size > len(b) {
			t.Fatalf("%d bytes of %d", size, len(b))
		}
	})
}
