package hyperloglog

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const sparseMax = 3000

func element(i uint64) []byte { return fmt.Appendf(nil, "element:%d", i) }

// registersOf reads all registers the plain way.
func registersOf(t failer, v Value) []byte {
	var r [Registers]byte
	if v.Dense() {
		for i := range r {
			for bit := range registerBits {
				at := i*registerBits + bit
				r[i] |= v[headerSize+at/8] >> (at % 8) & 1 << bit
			}
		}
	} else if err := v.eachRun(func(first, n int, rank byte) {
		for i := first; i < first+n; i++ {
			r[i] = rank
		}
	}); err != nil {
		t.Fatalf("%x: %v", v, err)
	}
	return r[:]
}

type failer interface{ Fatalf(string, ...any) }

// TestRegistersAreThoseOfAModel raises registers of which many are neighbours.
func TestRegistersAreThoseOfAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, model := New(), make([]byte, Registers)
		limit := rapid.SampledFrom([]int{0, 30, 100, sparseMax}).Draw(t, "limit")
		place := rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 20), rapid.IntRange(Registers-5, Registers-1), rapid.IntRange(0, Registers-1))
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			index, rank := place.Draw(t, "index"), byte(rapid.SampledFrom([]int{1, 1, 1, 2, 2, 3, 32, 33, maxRank}).Draw(t, "rank"))
			before := bytes.Clone(v)
			next, changed, err := Value(bytes.Clone(v)).Add(index, rank, limit)
			if err != nil || changed != (rank > model[index]) {
				t.Fatalf("register %d from %d to %d: %v, %v", index, model[index], rank, changed, err)
			}
			if !changed && !bytes.Equal(next, before) {
				t.Fatalf("%x became %x", before, next)
			}
			v, model[index] = next, max(rank, model[index])
			if !v.Valid() || v.Dense() && v.Register(index) != model[index] || !v.Dense() && len(v) > max(limit, 18) {
				t.Fatalf("%d bytes, dense %v", len(v), v.Dense())
			}
		}
		if got := registersOf(t, v); !bytes.Equal(got, model) {
			t.Fatalf("%x has other registers", v)
		}
		checkReadings(t, v, model)
	})
}

// checkReadings compares all that reads a value.
func checkReadings(t failer, v Value, model []byte) {
	d, err := v.ToDense()
	if err != nil || !bytes.Equal(registersOf(t, d), model) || !bytes.Equal(d[countAt:headerSize], v[countAt:headerSize]) {
		t.Fatalf("dense: %v", err)
	}
	var merged [Registers]byte
	if err := v.Merge(&merged); err != nil || !bytes.Equal(merged[:], model) {
		t.Fatalf("merged: %v", err)
	}
	count, err := v.Count()
	dense, errToo := d.Count()
	if err != nil || errToo != nil || count != dense || count != CountOf(&merged) {
		t.Fatalf("%d, dense %d, merged %d", count, dense, CountOf(&merged))
	}
	var of histogram
	for _, rank := range model {
		of[rank]++
	}
	if e := of.estimate(); e != count {
		t.Fatalf("%d, by the model %d", count, e)
	}
}

// TestTheFirstElements has the bytes of the reference.
func TestTheFirstElements(t *testing.T) {
	v := New()
	if want := "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"; string(v) != want {
		t.Errorf("empty: %q, want %q", v, want)
	}
	for _, e := range []string{"a", "b", "c", "d"} {
		var changed bool
		index, rank := Hash([]byte(e))
		if v, changed, _ = v.Add(index, rank, sparseMax); !changed {
			t.Errorf("%s is not new", e)
		}
	}
	if want := "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\\{\x80Dv\x80P\xb1\x84K\xfb\x80BZ"; string(v) != want {
		t.Errorf("a b c d: %q, want %q", v, want)
	}
	if got, want := v.Runs(), "Z:7292 v:1,1 Z:1143 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"; got != want {
		t.Errorf("runs %s, want %s", got, want)
	}
	if n, err := v.Count(); n != 4 || err != nil {
		t.Errorf("count %d, %v", n, err)
	}
}

// TestEstimatesAreNear checks a million elements against the error that 16384
// registers have, five times over.
func TestEstimatesAreNear(t *testing.T) {
	v := New()
	const standard = 1.04 / 128
	for i := uint64(1); i <= 1_000_000; i++ {
		index, rank := Hash(element(i))
		v, _, _ = v.Add(index, rank, sparseMax)
		if i&(i-1) == 0 || i == 1_000_000 {
			n, _ := v.Count()
			if off := math.Abs(float64(n)-float64(i)) / float64(i); off > 5*standard {
				t.Errorf("%d elements are estimated as %d", i, n)
			}
		}
	}
}

func TestTheCachedCount(t *testing.T) {
	v := New()
	if _, ok := v.Cached(); ok {
		t.Error("a new value has a count")
	}
	offset, b := CountBytes(0x0102030405060708)
	copy(v[offset:], b[:])
	if n, ok := v.Cached(); !ok || n != 0x0102030405060708 {
		t.Errorf("count %x, %v", n, ok)
	}
	at, c := v.StaleByte()
	v[at] = c
	if _, ok := v.Cached(); ok {
		t.Error("the count is still up to date")
	}
}

func TestRegistersThatNoHashMakes(t *testing.T) {
	v := slices.Concat(New()[:headerSize], bytes.Repeat([]byte{0xff}, DenseSize-headerSize))
	v[encodingAt] = dense
	if n, err := Value(v).Count(); n != 1<<63 || err != nil {
		t.Errorf("count %d, %v", n, err)
	}
}

func TestDamage(t *testing.T) {
	header := string(New()[:headerSize])
	for name, runs := range map[string]string{
		"no registers":          "",
		"one too few":           "\x7f\xfe",
		"one too many":          "\x7f\xff\x00",
		"half a run":            "\x7f",
		"ranks after the last":  "\x7f\xff\x80",
		"a run beyond the last": "\x7f\xfe\x83",
	} {
		v := Value(header + runs)
		if _, err := v.Count(); err == nil {
			t.Errorf("%s: counted", name)
		}
		if _, err := v.ToDense(); err == nil {
			t.Errorf("%s: made dense", name)
		}
		if err := v.Merge(new([Registers]byte)); err == nil {
			t.Errorf("%s: merged", name)
		}
		if _, _, err := v.Add(Registers-1, maxRank, sparseMax); err == nil {
			t.Errorf("%s: added to", name)
		}
		_ = v.Runs()
	}
	for name, v := range map[string]string{
		"nothing": "", "short": header[:15], "no name": "HYLM" + header[4:], "other encoding": header[:4] + "\x02" + header[5:],
		"dense, short": header[:4] + "\x00" + header[5:],
	} {
		if Value(v).Valid() {
			t.Errorf("%s: valid", name)
		}
	}
}

// FuzzValue: no value panics, and one that was read adds up after a write.
func FuzzValue(f *testing.F) {
	f.Add([]byte(New()), uint16(3), byte(1))
	f.Add([]byte("HYLL\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00`\xf3\x80P\xb1\x84K\xfb\x80BZ"), uint16(0), byte(33))
	f.Add([]byte("HYLL\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x7f"), uint16(16383), byte(2))
	f.Add([]byte("HYLL\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x83\x83\x83\x83\x7f\xef"), uint16(1), byte(1))
	f.Fuzz(func(t *testing.T, b []byte, index uint16, rank byte) {
		v := Value(b)
		if !v.Valid() {
			return
		}
		v.Cached()
		_, err := v.Count()
		if !v.Dense() {
			v.Runs()
		}
		var registers [Registers]byte
		if errToo := v.Merge(&registers); (err == nil) != (errToo == nil) {
			t.Fatal(err, errToo)
		}
		at, to := int(index)%Registers, rank%maxRank+1
		again, changed, errAdd := Value(bytes.Clone(v)).Add(at, to, sparseMax)
		if err != nil {
			return
		}
		if errAdd != nil || !again.Valid() || changed != (to > registers[at]) {
			t.Fatalf("register %d of %x to %d: %v, %v", at, v, to, changed, errAdd)
		}
		registers[at] = max(registers[at], to)
		if got := registersOf(t, again); !bytes.Equal(got, registers[:]) {
			t.Fatalf("%x became %x", v, again)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	for _, n := range []uint64{1000, 1_000_000} {
		v := New()
		var elements [1000][]byte
		for i := range n {
			e := element(i)
			elements[i%1000] = e
			index, rank := Hash(e)
			v, _, _ = v.Add(index, rank, sparseMax)
		}
		b.Run(fmt.Sprintf("dense=%v", v.Dense()), func(b *testing.B) {
			for i := range b.N {
				index, rank := Hash(elements[i%1000])
				v, _, _ = v.Add(index, rank, sparseMax)
			}
		})
	}
}

func BenchmarkCount(b *testing.B) {
	v := New()
	for i := range uint64(100_000) {
		index, rank := Hash(element(i))
		v, _, _ = v.Add(index, rank, sparseMax)
	}
	for range b.N {
		_, _ = v.Count()
	}
}

func BenchmarkMerge(b *testing.B) {
	v, _ := New().ToDense()
	var registers [Registers]byte
	for range b.N {
		_ = v.Merge(&registers)
	}
}
