package engine

import (
	"math/big"
	"strings"
	"testing"
)

// stringWrites are commands that change strings, after stringSetup.
var stringSetup = []string{
	"SET s hello", "SET n 41 EX 100", "SET f 10.5", "SET e 1", "APPEND e 1", "SET old v PX 5000", "SET other 2",
	"SET big " + strings.Repeat("x", maxInline-10), "SET huge " + strings.Repeat("y", maxInline+10),
}

var stringWrites = []string{
	"SET s x", "SET s x EX 50", "SET n x KEEPTTL", "SET new x NX GET", "SET s x XX PX 100", "SET huge small", "SET s " + strings.Repeat("z", maxInline+1),
	"SETNX new 1", "SETEX s 10 v", "PSETEX n 10 v", "GETSET n v", "GETDEL n", "GETDEL huge", "GETEX s EX 10", "GETEX n PERSIST", "GETEX old PXAT 1", "GETEX huge PX 99",
	"MSET s 1 n 2 new 3 s 4", "MSETNX new 1 newer 2",
	"APPEND s world", "APPEND new x", "APPEND big " + strings.Repeat("z", 100), "APPEND huge end", "APPEND n 1",
	"SETRANGE s 1 ELL", "SETRANGE s 100 x", "SETRANGE new 5 x", "SETRANGE huge 70000 tail", "SETRANGE big 65530 abcdefghij", "SETRANGE e 0 x",
	"INCR n", "INCR new", "DECR n", "INCRBY n 1000000", "DECRBY n 42", "INCR e", "INCRBYFLOAT f 0.1", "INCRBYFLOAT n 1.5", "INCRBYFLOAT new 3", "INCRBYFLOAT n 1",
}

func TestStringWritesAreReplayed(t *testing.T) {
	for _, line := range stringWrites {
		te := newTestEngine(t)
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		for _, setup := range stringSetup {
			te.do(setup)
		}
		if got := te.do(line); strings.HasPrefix(got, "-") {
			t.Errorf("%.40s: %s", line, got)
		}
		checkReplayed(t, te, j)
	}
}

func TestStringWritesAreUndone(t *testing.T) {
	te := newTestEngine(t)
	for _, setup := range stringSetup {
		te.do(setup)
	}
	checkUndone(t, te, stringWrites)
}

func TestIncrAllocatesNothing(t *testing.T) {
	te := newTestEngine(t)
	te.do("SET n 1000")
	ks, key := te.DB(0), [][]byte{[]byte("n")}
	te.beginUnit()
	allocs := testing.AllocsPerRun(1000, func() {
		if err := incr(ks, key, Discard{}); err != nil {
			t.Fatal(err)
		}
		te.unit.effects, te.unit.count = te.unit.effects[:0], 0
		te.unit.lastDB = -1
	})
	te.endUnit()
	if allocs != 0 {
		t.Fatalf("%v allocations per INCR", allocs)
	}
}

func TestLongDouble(t *testing.T) {
	for _, c := range []struct{ a, b, sum string }{
		{"0.1", "0.2", "0.3"},
		{"3.0e3", "200", "3200"},
		{"-1.5", "1.5", "0"},
		{"-0", "-0", "0"},
		{"0x1.8p3", "0X10", "28"},
		{"18446744073709551615", "0", "18446744073709551615"},
		{"1e-18", "0", "0"},
		{"00012.5", "+.5", "13"},
		{"0e999999999999", "1", "1"},
		{"1e-4950", "1", "1"},
		{"1e4932", "1e4932", ""},
		{"inf", "-inf", ""},
	} {
		a, okA := parseLongDouble([]byte(c.a))
		b, okB := parseLongDouble([]byte(c.b))
		if !okA || !okB {
			t.Errorf("%s + %s: not read", c.a, c.b)
			continue
		}
		got := ""
		if sum, ok := sumLongDouble(a, b); ok {
			got = string(formatLongDouble(sum))
		}
		if got != c.sum {
			t.Errorf("%s + %s = %q, want %q", c.a, c.b, got, c.sum)
		}
	}
}

func TestLongDoubleRefusesWhatIsNoNumber(t *testing.T) {
	for _, s := range []string{"", ".", "-", "+-1", "1e", "1e+", "0x", "0xp1", "1_0", " 1", "1 ", "nan", "1e5000", "-1e5000", "1e-5000", "1e99999999999", "1p3", "0x1p99999", "infin", strings.Repeat("1", 6000)} {
		if _, ok := parseLongDouble([]byte(s)); ok {
			t.Errorf("%.20q was read", s)
		}
	}
}

// FuzzLongDouble checks that what is read in any form is a number of 64 bits
// that can be added and written.
func FuzzLongDouble(f *testing.F) {
	for _, s := range []string{"1", "-0.5e10", "0x1.fp-3", "inf", "1e4932", "1e-4951", ".5", "5."} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, ok := parseLongDouble(b)
		if !ok || n.IsInf() {
			return
		}
		if n.Prec() > longDoubleBits {
			t.Fatalf("%q has %d bits", b, n.Prec())
		}
		text := formatLongDouble(n)
		if again, ok := parseLongDouble(text); !ok || again.Cmp(n) != 0 && new(big.Float).Sub(again, n).Cmp(big.NewFloat(1e-16)) > 0 {
			t.Fatalf("%q was written as %q", b, text)
		}
	})
}
