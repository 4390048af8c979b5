package scripting

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// bitLibrary is LuaBitOp: operations on 32 bits, with signed results.
func bitLibrary() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"arshift": bitShift(func(a uint32, n int) uint32 { return uint32(int32(a) >> n) }),
		"band":    bitFold(func(a, b uint32) uint32 { return a & b }),
		"bnot":    bitUnary(func(a uint32) uint32 { return ^a }),
		"bor":     bitFold(func(a, b uint32) uint32 { return a | b }),
		"bswap":   bitUnary(bits.ReverseBytes32),
		"bxor":    bitFold(func(a, b uint32) uint32 { return a ^ b }),
		"lshift":  bitShift(func(a uint32, n int) uint32 { return a << n }),
		"rol":     bitShift(func(a uint32, n int) uint32 { return bits.RotateLeft32(a, n) }),
		"ror":     bitShift(func(a uint32, n int) uint32 { return bits.RotateLeft32(a, -n) }),
		"rshift":  bitShift(func(a uint32, n int) uint32 { return a >> n }),
		"tobit":   bitUnary(func(a uint32) uint32 { return a }),
		"tohex":   bitToHex,
	}
}

// checkBits takes a number for its lowest 32 bits, rounded as adding 2^52 + 2^51 to it does.
func checkBits(L *lua.LState, n int) uint32 {
	return uint32(math.Float64bits(checkNumber(L, n) + 6755399441055744))
}

func pushBits(L *lua.LState, a uint32) int {
	L.Push(lua.LNumber(int32(a)))
	return 1
}

func bitUnary(fn func(a uint32) uint32) lua.LGFunction {
	return func(L *lua.LState) int { return pushBits(L, fn(checkBits(L, 1))) }
}

func bitFold(fn func(a, b uint32) uint32) lua.LGFunction {
	return func(L *lua.LState) int {
		result := checkBits(L, 1)
		for i := L.GetTop(); i > 1; i-- { // the last that is no number is the one to be named
			result = fn(result, checkBits(L, i))
		}
		return pushBits(L, result)
	}
}

func bitShift(fn func(a uint32, n int) uint32) lua.LGFunction {
	return func(L *lua.LState) int {
		a := checkBits(L, 1)
		return pushBits(L, fn(a, int(checkBits(L, 2)&31)))
	}
}

// bitToHex shows the lowest digits, 8 if not said otherwise; in capitals if their number is negative.
func bitToHex(L *lua.LState) int {
	a, digits := checkBits(L, 1), int32(8)
	if L.GetTop() >= 2 {
		digits = int32(checkBits(L, 2))
	}
	text := strconv.FormatUint(1<<32|uint64(a), 16)[1:]
	if digits < 0 {
		text, digits = strings.ToUpper(text), -digits
	}
	if digits < 0 || digits > 8 {
		digits = 8
	}
	L.Push(lua.LString(text[8-digits:]))
	return 1
}
