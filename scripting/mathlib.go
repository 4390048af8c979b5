package scripting

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// random is the 48-bit linear congruential generator of C's lrand48, so that a seed gives scripts the same numbers on every
// platform, and those that Redis gives. It is seeded once, not for each run.
type random uint64

func (r *random) seed(n int32) { *r = random(uint64(uint32(n))<<16 | 0x330e) }

// next is the next number of 31 bits.
func (r *random) next() int64 {
	*r = (*r*0x5deece66d + 0xb) & (1<<48 - 1)
	return int64(*r >> 17)
}

func (m *machine) openMath() *lua.LTable {
	m.random.seed(0)
	library := m.library(map[string]lua.LGFunction{
		"abs":        mathAbs,
		"frexp":      mathFrexp,
		"ldexp":      mathLdexp,
		"max":        mathExtreme(func(a, b float64) bool { return a > b }),
		"min":        mathExtreme(func(a, b float64) bool { return a < b }),
		"modf":       mathModf,
		"random":     m.mathRandom,
		"randomseed": m.mathRandomSeed,
	})
	for name, fn := range map[string]func(float64) float64{
		"acos": math.Acos, "asin": math.Asin, "atan": math.Atan, "ceil": math.Ceil, "cos": math.Cos, "cosh": math.Cosh,
		"exp": math.Exp, "floor": math.Floor, "log": math.Log, "log10": math.Log10, "sin": math.Sin, "sinh": math.Sinh,
		"sqrt": math.Sqrt, "tan": math.Tan, "tanh": math.Tanh,
		"deg": func(f float64) float64 { return f / (math.Pi / 180) }, "rad": func(f float64) float64 { return f * (math.Pi / 180) },
	} {
		positive := name == "asin" || name == "acos" || name == "log10" // a C library's NaN for these
		library.RawSetString(name, m.goFunction(func(L *lua.LState) int {
			f := checkNumber(L, 1)
			result := fn(f)
			if !positive || f != f {
				result = signNaN(result, f, f)
			}
			L.Push(lua.LNumber(result))
			return 1
		}))
	}
	for name, fn := range map[string]func(a, b float64) float64{
		"atan2": func(a, b float64) float64 { return signNaN(math.Atan2(a, b), b, a) },
		"fmod":  fmod, "pow": power,
	} {
		library.RawSetString(name, m.goFunction(func(L *lua.LState) int {
			b := checkNumber(L, 2) // first, as compilers of C do
			a := checkNumber(L, 1)
			L.Push(lua.LNumber(fn(a, b)))
			return 1
		}))
	}
	library.RawSetString("mod", library.RawGetString("fmod"))
	library.RawSetString("huge", lua.LNumber(math.Inf(1)))
	library.RawSetString("pi", lua.LNumber(math.Pi))
	return library
}

// signNaN gives a result that is no number the sign that it has on x86, where it prints as nan or -nan: that of the first
// operand that is none, or else a minus.
func signNaN(result, a, b float64) float64 {
	switch {
	case result == result:
		return result
	case a != a:
		return math.Copysign(result, a)
	case b != b:
		return math.Copysign(result, b)
	}
	return math.Copysign(result, -1)
}

func fmod(a, b float64) float64 { return signNaN(math.Mod(a, b), a, b) }

// power is C's pow: what is no number loses its sign to an odd exponent.
func power(a, b float64) float64 {
	if a != a && math.Abs(math.Mod(b, 2)) == 1 {
		return math.Abs(a)
	}
	return signNaN(math.Pow(a, b), a, b)
}

func mathAbs(L *lua.LState) int {
	L.Push(lua.LNumber(math.Abs(checkNumber(L, 1))))
	return 1
}

func mathFrexp(L *lua.LState) int {
	fraction, exponent := math.Frexp(checkNumber(L, 1))
	L.Push(lua.LNumber(fraction))
	L.Push(lua.LNumber(exponent))
	return 2
}

func mathLdexp(L *lua.LState) int {
	exponent := checkInt(L, 2)
	f := checkNumber(L, 1)
	L.Push(lua.LNumber(math.Ldexp(f, min(max(exponent, -1<<20), 1<<20))))
	return 1
}

// mathExtreme takes the first of its arguments, unless a later one is better.
func mathExtreme(better func(a, b float64) bool) lua.LGFunction {
	return func(L *lua.LState) int {
		best := checkNumber(L, 1)
		for i := 2; i <= L.GetTop(); i++ {
			if f := checkNumber(L, i); better(f, best) {
				best = f
			}
		}
		L.Push(lua.LNumber(best))
		return 1
	}
}

func mathModf(L *lua.LState) int {
	f := checkNumber(L, 1)
	whole := math.Trunc(f)
	fraction := f - whole
	if math.IsInf(f, 0) {
		fraction = 0
	}
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(math.Copysign(fraction, f)))
	return 2
}

func (m *machine) mathRandom(L *lua.LState) int {
	const most = math.MaxInt32
	r := float64(m.random.next()%most) / most
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(r))
	case 1:
		upper := checkInt(L, 1)
		if upper < 1 {
			argError(L, 1, "interval is empty")
		}
		L.Push(lua.LNumber(math.Floor(r*float64(upper)) + 1))
	case 2:
		lower, upper := checkInt(L, 1), checkInt(L, 2)
		if lower > upper {
			argError(L, 2, "interval is empty")
		}
		L.Push(lua.LNumber(math.Floor(r*(float64(upper)-float64(lower)+1)) + float64(lower)))
	default:
		raise(L, "wrong number of arguments")
	}
	return 1
}

func (m *machine) mathRandomSeed(L *lua.LState) int {
	m.random.seed(int32(checkInt(L, 1)))
	return 0
}
