package geohash

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// bigSine sums the series of the sine to 200 bits.
func bigSine(x *big.Float) *big.Float {
	total, term := new(big.Float).SetPrec(200).Set(x), new(big.Float).SetPrec(200).Set(x)
	square := new(big.Float).SetPrec(200).Mul(x, x)
	for n := int64(2); n < 90; n += 2 {
		term.Mul(term, square)
		term.Quo(term, new(big.Float).SetInt64(-n*(n+1)))
		total.Add(total, term)
	}
	return total
}

func bigFloat(f float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(f) }

func TestSineAndCosineAreRoundedCorrectly(t *testing.T) {
	halfPi, _, err := big.ParseFloat("1.57079632679489661923132169163975144209858469968755291048747229615390820314310449931", 10, 200, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		x := (random.Float64() - 0.5) * 6.4 * math.Pow(2, -float64(random.IntN(30)))
		if want, _ := bigSine(bigFloat(x)).Float64(); sine(x) != want {
			t.Fatalf("sine of %v is %v, want %v", x, sine(x), want)
		}
		if want, _ := bigSine(new(big.Float).SetPrec(200).Add(bigFloat(x), halfPi)).Float64(); cosine(x) != want {
			t.Fatalf("cosine of %v is %v, want %v", x, cosine(x), want)
		}
	}
}

// TestArcSineIsRoundedCorrectly looks where the arc sine is by the sines of the
// ends of the interval that is rounded to it.
func TestArcSineIsRoundedCorrectly(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 1))
	for range 20000 {
		y := random.Float64() * math.Pow(2, -float64(random.IntN(30)))
		if random.IntN(3) == 0 {
			y = 1 - y
		}
		z := arcSine(y)
		below := new(big.Float).SetPrec(200).Add(bigFloat(z), bigFloat(math.Nextafter(z, -1)))
		above := new(big.Float).SetPrec(200).Add(bigFloat(z), bigFloat(math.Nextafter(z, 4)))
		half := bigFloat(0.5)
		if bigSine(below.Mul(below, half)).Cmp(bigFloat(y)) > 0 || z < halfPi && bigSine(above.Mul(above, half)).Cmp(bigFloat(y)) < 0 {
			t.Fatalf("arc sine of %v is not %v", y, z)
		}
	}
	for y, want := range map[float64]float64{0: 0, 1: math.Pi / 2, 0.5: math.Pi / 6} {
		if got := arcSine(y); got != want {
			t.Errorf("arc sine of %v is %v, want %v", y, got, want)
		}
	}
}

func anyPoint(t *rapid.T, label string) Point {
	return Point{
		rapid.OneOf(rapid.Float64Range(-MaxLongitude, MaxLongitude), rapid.SampledFrom([]float64{0, 180, -180, 1, 179.9})).Draw(t, label+" longitude"),
		rapid.OneOf(rapid.Float64Range(-MaxLatitude, MaxLatitude), rapid.SampledFrom([]float64{0, MaxLatitude, -MaxLatitude, 1, 84.9})).Draw(t, label+" latitude"),
	}
}

func TestAHashIsNearItsPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPoint(t, "point")
		q := HashOf(p).Point()
		if math.Abs(p.Longitude-q.Longitude) > 360.0/(1<<26) || math.Abs(p.Latitude-q.Latitude) > 171.0/(1<<26) {
			t.Fatalf("%v became %v", p, q)
		}
		if d := Distance(p, q); d > 0.6 {
			t.Fatalf("%v became %v, %v metres away", p, q, d)
		}
		if p.Longitude < MaxLongitude && p.Latitude < MaxLatitude && HashOf(q) != HashOf(p) {
			t.Fatalf("%v and %v have different hashes", p, q)
		}
	})
}

func TestNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cellOf(anyPoint(t, "point"), MaxLatitude, uint(rapid.IntRange(1, 26).Draw(t, "step")))
		c.bits &= 1<<(2*c.step) - 1
		east, north := rapid.IntRange(-1, 1).Draw(t, "east"), rapid.IntRange(-1, 1).Draw(t, "north")
		n := c.beside(east, north)
		if n.beside(-east, -north) != c {
			t.Fatalf("%v and back is not %v", n, c)
		}
		a, b := c.area(), n.area()
		if east == 1 && b.minLon != -MaxLongitude && b.minLon != a.maxLon || north == -1 && b.maxLat != MaxLatitude && b.maxLat != a.minLat {
			t.Fatalf("%v is not beside %v", b, a)
		}
	})
}

// TestDistances compares with the formula in plain floating point.
func TestDistances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := anyPoint(t, "from"), anyPoint(t, "to")
		u, v := math.Sin(radians(q.Latitude-p.Latitude)/2), math.Sin(radians(q.Longitude-p.Longitude)/2)
		a := u*u + math.Cos(radians(p.Latitude))*math.Cos(radians(q.Latitude))*v*v
		want := 2 * earthRadius * math.Asin(math.Sqrt(min(a, 1)))
		if got := Distance(p, q); math.Abs(got-want) > 1e-6*want+1e-6 {
			t.Fatalf("from %v to %v: %v, want %v", p, q, got, want)
		}
	})
}

// TestRangesHoldWhatIsInside draws points around an area that is not at an end
// of the map; those inside must be in the ranges, of which none overlap.
func TestRangesHoldWhatIsInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Area{
			Center: Point{rapid.Float64Range(-120, 120).Draw(t, "longitude"), rapid.Float64Range(-60, 60).Draw(t, "latitude")},
			Circle: rapid.Bool().Draw(t, "circle"), Unit: rapid.SampledFrom([]float64{1, 1000}).Draw(t, "unit"),
			Radius: rapid.Float64Range(0, 1000).Draw(t, "radius"), Width: rapid.Float64Range(0, 1000).Draw(t, "width"), Height: rapid.Float64Range(0, 1000).Draw(t, "height"),
		}
		ranges := a.Ranges()
		for i, r := range ranges {
			for _, other := range ranges[:i] {
				if r.From < other.To && other.From < r.To {
					t.Fatalf("%v and %v overlap", r, other)
				}
			}
		}
		f := a.Finder()
		size := a.Unit * 1000 / 111000
		for range 30 {
			p := Point{a.Center.Longitude + rapid.Float64Range(-size, size).Draw(t, "east"), a.Center.Latitude + rapid.Float64Range(-size, size).Draw(t, "north")}
			h := HashOf(p)
			d, inside := f.Contains(h.Point())
			plain := Distance(a.Center, h.Point())
			if a.Circle && inside != (plain <= a.Radius*a.Unit) || inside && d != plain {
				t.Fatalf("%v is inside: %v, %v metres away, want %v", p, inside, d, plain)
			}
			if !inside {
				continue
			}
			found := false
			for _, r := range ranges {
				found = found || h >= r.From && h < r.To
			}
			if !found {
				t.Fatalf("%v is inside, but %x is in none of %x", p, h, ranges)
			}
		}
	})
}

func TestScoresThatNoPointHas(t *testing.T) {
	for score, want := range map[float64]Hash{
		-1: math.MaxUint64, 1.5: 1, math.Inf(1): 0, math.Inf(-1): 1 << 63, 1e300: 0, 1 << 63: 1 << 63, -1 << 63: 1 << 63, 1.5 * (1 << 63): 3 << 62,
	} {
		if got := OfScore(score); got != want {
			t.Errorf("%v is %x, want %x", score, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for want, p := range map[string]Point{"sqc8b49rny0": {13.361389, 38.115556}, "sqdtr74hyu0": {15.087269, 37.502669}, "bp05b5048p0": {180, MaxLatitude}} {
		if got := HashOf(p).String(); got != want {
			t.Errorf("%v is %s, want %s", p, got, want)
		}
	}
}

func BenchmarkDistance(b *testing.B) {
	o := newOrigin(Point{13.361389, 38.115556})
	for i := range b.N {
		o.distance(Point{15, float64(i%80) + 0.1})
	}
}

func BenchmarkRanges(b *testing.B) {
	a := Area{Center: Point{13, 38}, Circle: true, Radius: 10, Unit: 1000}
	for range b.N {
		a.Ranges()
	}
}
