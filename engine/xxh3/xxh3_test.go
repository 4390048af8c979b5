package xxh3

import "testing"

func TestSum64(t *testing.T) {
	text := make([]byte, 5000)
	for i := range text {
		text[i] = byte(i*131 + i>>3)
	}
	// Computed with the reference implementation, for lengths at the bounds of
	// each way of hashing.
	for _, c := range []struct {
		n    int
		want uint64
	}{
		{0, 0x2d06800538d394c2}, {1, 0xc44bdff4074eecdb}, {2, 0x433ce72a5f67ae52}, {3, 0x6811538b444fc6dc},
		{4, 0xed503340c589a28b}, {5, 0x2c6f87f3768f01f3}, {8, 0xe5b43ab074c9c13b}, {9, 0x98b5d7141ed79e34},
		{12, 0x6cc9599a14ddcdd8}, {16, 0xac4b400b09fefc71}, {17, 0xe43948ad7d39cc4e}, {32, 0x285e921dd0912d24},
		{33, 0x71dc38a3bf0b5551}, {64, 0x61aebb26f12563f6}, {65, 0x4f6fd22179b6afa5}, {96, 0x02ef3fb93f51af89},
		{97, 0x5f560370492f16cd}, {128, 0xabe5353db9741d3c}, {129, 0x62e851eb617ab82c}, {130, 0x2999af58ddccc32c},
		{160, 0x1442d8cb54abc106}, {239, 0xf6e3b35c498b9a5e}, {240, 0x3b7fbc325f2fe844}, {241, 0xa9d16963bf94ed57},
		{256, 0x2da5ad14ab420002}, {512, 0x1e53be9718ec320c}, {1023, 0x6a940f0d1f87e826}, {1024, 0x9de7f57ae046252a},
		{1025, 0xbf9b78b0edb148d3}, {1088, 0x15efeba30eb0d4c3}, {1089, 0x5ecbc43ba9c5bd00}, {2048, 0x4576b1b24aff16d1},
		{2049, 0x78b61df10fd97c82}, {3000, 0x3218640dc17669c5}, {4096, 0x8ec4fd24d736a164}, {5000, 0x86c8701416c3d33a},
	} {
		if got := Sum64(text[:c.n]); got != c.want {
			t.Errorf("%d bytes: %016x, want %016x", c.n, got, c.want)
		}
	}
}

func TestSum64OfText(t *testing.T) {
	for text, want := range map[string]uint64{"": 0x2d06800538d394c2, "xxhash": 0xaa4c2b42ae6b13de} {
		if got := Sum64([]byte(text)); got != want {
			t.Errorf("%q: %016x, want %016x", text, got, want)
		}
	}
}

func BenchmarkSum64(b *testing.B) {
	text := make([]byte, 64<<10)
	b.SetBytes(int64(len(text)))
	for range b.N {
		Sum64(text)
	}
}
