package hyperloglog

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Hash returns the register that an element belongs to and its rank there.
func Hash(element []byte) (index int, rank byte) {
	hash := murmur64A(element, 0xadc83b19)
	// A one beyond the bits that count bounds the rank.
	rest := hash>>indexBits | 1<<rankBits
	return int(hash & (Registers - 1)), byte(bits.TrailingZeros64(rest)) + 1
}

// murmur64A is MurmurHash64A by A. Appleby.
func murmur64A(b []byte, seed uint64) uint64 {
	const m, r = 0xc6a4a7935bd1e995, 47
	h := seed ^ uint64(len(b))*m
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * m
		k ^= k >> r
		h = (h ^ k*m) * m
	}
	if len(b) > 0 {
		var rest [8]byte
		copy(rest[:], b)
		h = (h ^ binary.LittleEndian.Uint64(rest[:])) * m
	}
	h ^= h >> r
	h *= m
	return h ^ h>>r
}

// histogram counts the registers of each rank.
type histogram [1 << registerBits]int

// estimate is Ertl's improved estimator. Products are rounded before they are
// added, so that all machines estimate the same.
func (h *histogram) estimate() uint64 {
	const m = float64(Registers)
	const alpha = 0.721347520444481703680 // 1/(2 ln 2)
	z := m * tau((m-float64(h[maxRank]))/m)
	for rank := rankBits; rank >= 1; rank-- {
		z = (z + float64(h[rank])) * 0.5
	}
	z += float64(m * sigma(float64(h[0])/m))
	e := math.Round(alpha * m * m / z)
	if e >= 1<<63 { // no registers that Hash could have made
		return 1 << 63
	}
	return uint64(e)
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		was := z
		z += float64(x * y)
		y += y
		if z == was {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		was := z
		y *= 0.5
		z -= float64(float64((1-x)*(1-x)) * y)
		if z == was {
			return z / 3
		}
	}
}
