package bitstring

import (
	"bytes"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// bit is the plainest way to read a bit; what is beyond the end is clear.
func bit(b []byte, i int64) bool {
	return i>>3 < int64(len(b)) && b[i>>3]&(0x80>>(i&7)) != 0
}

// someBytes draws strings with long runs of equal bytes.
func someBytes(least, most int) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		n := rapid.IntRange(least, most).Draw(t, "n")
		b := bytes.Repeat([]byte{rapid.SampledFrom([]byte{0, 0xff, 0x55}).Draw(t, "fill")}, n)
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			if n > 0 {
				b[rapid.IntRange(0, n-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
			}
		}
		return b
	})
}

func TestCountAndIndexAgreeWithSingleBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := someBytes(1, 120).Draw(t, "b")
		first := rapid.Int64Range(0, int64(len(b))*8-1).Draw(t, "first")
		last := rapid.Int64Range(first, int64(len(b))*8-1).Draw(t, "last")
		n, index := int64(0), map[bool]int64{false: -1, true: -1}
		for i := first; i <= last; i++ {
			set := bit(b, i)
			if set {
				n++
			}
			if index[set] < 0 {
				index[set] = i
			}
		}
		if got := CountRange(b, first, last); got != n {
			t.Fatalf("CountRange(%x, %d, %d) = %d, want %d", b, first, last, got, n)
		}
		for _, set := range []bool{false, true} {
			if got := Index(b, set, first, last); got != index[set] {
				t.Fatalf("Index(%x, %v, %d, %d) = %d, want %d", b, set, first, last, got, index[set])
			}
		}
		if all := CountRange(b, 0, int64(len(b))*8-1); all != Count(b) {
			t.Fatalf("Count(%x) = %d, want %d", b, Count(b), all)
		}
	})
}

// combined is what op makes of one bit of each source.
func combined(op Op, set []bool) bool {
	n := 0
	for _, s := range set {
		if s {
			n++
		}
	}
	others := n
	if set[0] {
		others--
	}
	switch op {
	case And:
		return n == len(set)
	case Or:
		return n > 0
	case Xor:
		return n%2 == 1
	case Not:
		return !set[0]
	case Diff:
		return set[0] && others == 0
	case Diff1:
		return !set[0] && others > 0
	case AndOr:
		return set[0] && others > 0
	}
	return n == 1
}

func TestCombineAgreesWithSingleBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom([]Op{And, Or, Xor, Not, Diff, Diff1, AndOr, One}).Draw(t, "op")
		most := 5
		if op == Not {
			most = 1
		}
		length := rapid.SampledFrom([]int{0, 40, 40, block + 20}).Draw(t, "length")
		sources := rapid.SliceOfN(someBytes(0, length), 1, most).Draw(t, "sources")
		got := Combine(op, sources)
		longest := 0
		for _, s := range sources {
			longest = max(longest, len(s))
		}
		if len(got) != longest {
			t.Fatalf("%d bytes, want %d", len(got), longest)
		}
		for i := range int64(longest) * 8 {
			var set []bool
			for _, s := range sources {
				set = append(set, bit(s, i))
			}
			if bit(got, i) != combined(op, set) {
				t.Fatalf("bit %d of %d is %v", i, op, bit(got, i))
			}
		}
	})
}

// anyField draws a field and an offset at which a string of 24 bytes holds it.
func anyField(t *rapid.T) (Field, uint64) {
	f := Field{Signed: rapid.Bool().Draw(t, "signed"), Bits: uint(rapid.IntRange(1, 63).Draw(t, "bits"))}
	if f.Signed && rapid.IntRange(0, 3).Draw(t, "whole") == 0 {
		f.Bits = 64
	}
	return f, uint64(rapid.IntRange(0, 24*8-int(f.Bits)).Draw(t, "offset"))
}

func TestFieldsAreReadAndWrittenBitByBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, offset := anyField(t)
		b := rapid.SliceOfN(rapid.Byte(), 24, 24).Draw(t, "b")
		want := new(big.Int)
		for i := range int64(f.Bits) {
			want.Lsh(want, 1)
			if bit(b, int64(offset)+i) {
				want.Add(want, big.NewInt(1))
			}
		}
		if f.Signed && want.Bit(int(f.Bits)-1) == 1 {
			want.Sub(want, new(big.Int).Lsh(big.NewInt(1), f.Bits))
		}
		got := f.Get(b, offset)
		if got != want.Int64() {
			t.Fatalf("%+v at %d of %x = %d, want %d", f, offset, b, got, want)
		}
		again := bytes.Clone(b)
		f.Put(again, offset, ^got)
		f.Put(again, offset, got)
		if !bytes.Equal(again, b) {
			t.Fatalf("%+v at %d: %x became %x", f, offset, b, again)
		}
		cut := int(offset+uint64(f.Bits)) / 16
		if short := append(bytes.Clone(b[:cut]), make([]byte, 24-cut)...); f.Get(b[:cut], offset) != f.Get(short, offset) {
			t.Fatalf("%+v at %d of %x, cut at %d", f, offset, b, cut)
		}
	})
}

func TestAdditionAgreesWithBigNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, _ := anyField(t)
		value, by := rapid.Int64().Draw(t, "value"), rapid.Int64().Draw(t, "by")
		if rapid.Bool().Draw(t, "inside") {
			value = f.lowest(uint64(value))
		} else {
			by = 0 // SET
		}
		low, high := f.bounds()
		sum := big.NewInt(value)
		if !f.Signed {
			sum.SetUint64(uint64(value))
		}
		sum.Add(sum, big.NewInt(by))
		fits := sum.Cmp(big.NewInt(low)) >= 0 && sum.Cmp(big.NewInt(high)) <= 0
		for _, policy := range []Overflow{Wrap, Saturate, Fail} {
			want := sum.Int64()
			switch {
			case fits:
			case policy == Wrap:
				want = f.lowest(uint64(value) + uint64(by))
			case policy == Fail:
				want = 0
			case sum.Cmp(big.NewInt(low)) < 0:
				want = low
			default:
				want = high
			}
			got, ok := f.Add(value, by, policy)
			if got != want || ok != (fits || policy != Fail) {
				t.Fatalf("%+v: %d + %d under %d = %d, %v, want %d", f, value, by, policy, got, ok, want)
			}
		}
	})
}

func BenchmarkCount(b *testing.B) {
	s := bytes.Repeat([]byte{0x5a}, 1<<20)
	b.SetBytes(1 << 20)
	for range b.N {
		if Count(s) != 4<<20 {
			b.Fatal("wrong")
		}
	}
}

func BenchmarkCombine(b *testing.B) {
	sources := [][]byte{bytes.Repeat([]byte{0x5a}, 1<<20), bytes.Repeat([]byte{0xa7}, 1<<20)}
	for _, op := range []struct {
		name string
		op   Op
	}{{"and", And}, {"or", Or}, {"xor", Xor}, {"one", One}} {
		b.Run(op.name, func(b *testing.B) {
			b.SetBytes(1 << 20)
			for range b.N {
				Combine(op.op, sources)
			}
		})
	}
}
