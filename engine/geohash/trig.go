package geohash

import "math"

// pair is a number as the sum of two doubles, the second of which is smaller
// than half a unit in the last place of the first: some 107 bits.
type pair struct{ hi, lo float64 }

// sum is exact.
func sum(a, b float64) pair {
	s := a + b
	t := s - a
	return pair{s, (a - (s - t)) + (b - t)}
}

// product is exact.
func product(a, b float64) pair {
	p := a * b
	return pair{p, math.FMA(a, b, -p)}
}

func (a pair) add(b pair) pair {
	s := sum(a.hi, b.hi)
	return sum(s.hi, s.lo+(a.lo+b.lo))
}

func (a pair) times(b pair) pair {
	p := product(a.hi, b.hi)
	return sum(p.hi, p.lo+(float64(a.hi*b.lo)+float64(a.lo*b.hi)))
}

// halfPi is π/2 in three doubles.
const (
	halfPi    = 1.5707963267948966
	halfPiLo  = 6.123233995736766e-17
	halfPiLow = -1.4973849048591698e-33
)

// sine returns the sine of x, and cosine the cosine, for |x| up to 4, correctly
// rounded but where the exact value is within 2^-20 of the last place's half.
func sine(x float64) float64 {
	p := turned(x, 0)
	return p.hi + p.lo
}

func cosine(x float64) float64 {
	p := turned(x, 1)
	return p.hi + p.lo
}

// turned is the sine of x and so many quarter turns.
func turned(x float64, quarters int) pair {
	k := math.Round(x / halfPi)
	r := pair{x, 0}
	if k != 0 {
		whole := product(-k, halfPi)
		r = sum(x, whole.hi).add(pair{whole.lo, 0}).add(product(-k, halfPiLo)).add(pair{-k * halfPiLow, 0})
	}
	var p pair
	switch quarters += int(k); quarters & 1 {
	case 0:
		p = sinNear0(r)
	case 1:
		p = cosNear0(r)
	}
	if quarters&2 != 0 {
		return pair{-p.hi, -p.lo}
	}
	return p
}

// sinNear0 sums the series x - x³/3! + x⁵/5! …, of which the terms that weigh
// need two doubles, for |x| up to π/4.
func sinNear0(x pair) pair {
	t := x.times(x)
	h := t.hi
	tail := -2.505210838544172e-08 + h*(1.6059043836821613e-10+h*(-7.647163731819816e-13+h*(2.8114572543455206e-15+h*(-8.22063524662433e-18+h*1.9572941063391263e-20))))
	s := pair{2.7557319223985893e-06, -1.858393274046472e-22}.add(pair{h * tail, 0})
	s = pair{-0.0001984126984126984, -1.7209558293420705e-22}.add(t.times(s))
	s = pair{0.008333333333333333, 1.1564823173178714e-19}.add(t.times(s))
	s = pair{-0.16666666666666666, -9.25185853854297e-18}.add(t.times(s))
	return x.add(x.times(t.times(s)))
}

// cosNear0 sums the series 1 - x²/2! + x⁴/4! … likewise.
func cosNear0(x pair) pair {
	t := x.times(x)
	h := t.hi
	tail := 2.08767569878681e-09 + h*(-1.1470745597729725e-11+h*(4.779477332387385e-14+h*(-1.5619206968586225e-16+h*(4.110317623312165e-19+h*-8.896791392450574e-22))))
	s := pair{-2.755731922398589e-07, -2.3767714622250297e-23}.add(pair{h * tail, 0})
	s = pair{2.48015873015873e-05, 2.1511947866775882e-23}.add(t.times(s))
	s = pair{-0.001388888888888889, 5.300543954373577e-20}.add(t.times(s))
	s = pair{0.041666666666666664, 2.3129646346357427e-18}.add(t.times(s))
	s = pair{-0.5, 0}.add(t.times(s))
	return pair{1, 0}.add(t.times(s))
}

// arcSine returns the arc sine of y, from 0 to 1, rounded as well as sine.
func arcSine(y float64) float64 {
	if y <= 0.5 {
		p := arcSineOf(pair{y, 0})
		return p.hi + p.lo
	}
	// Near 1 the arc is steep: asin y = π/2 - 2 asin √((1-y)/2).
	half := (1 - y) / 2
	root := math.Sqrt(half)
	if root == 0 {
		return halfPi
	}
	p := arcSineOf(pair{root, math.FMA(-root, root, half) / (2 * root)})
	p = pair{halfPi, halfPiLo}.add(pair{-2 * p.hi, -2 * p.lo})
	return p.hi + p.lo
}

// arcSineOf takes one step of Newton's method from what math has.
func arcSineOf(y pair) pair {
	z := math.Asin(y.hi)
	s := turned(z, 0)
	return sum(z, ((y.hi-s.hi)-s.lo+y.lo)/math.Cos(z))
}
