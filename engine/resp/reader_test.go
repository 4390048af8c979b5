package resp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func text(kind Kind, s string) Value {
	v := Value{Kind: kind, Str: []byte(s)}
	if kind == KindVerbatim {
		v.Syntax = "txt"
	}
	return v
}

func number(n int64) Value { return Value{Kind: KindInt, Int: n} }

func elems(kind Kind, v ...Value) Value { return Value{Kind: kind, Elems: v} }

func TestReaderForms(t *testing.T) {
	cases := []struct {
		in   string
		want Value
	}{
		{"+OK\r\n", text(KindStatus, "OK")},
		{"-ERR no\r\n", text(KindError, "ERR no")},
		{"!6\r\nERR\r\nx\r\n", text(KindError, "ERR\r\nx")},
		{":-12\r\n", number(-12)},
		{"$3\r\na\r\n\r\n", text(KindBulk, "a\r\n")},
		{"$-1\r\n", Value{Kind: KindNull}},
		{"*-1\r\n", Value{Kind: KindNullArray}},
		{"_\r\n", Value{Kind: KindNull}},
		{"#t\r\n", Value{Kind: KindBool, Int: 1}},
		{"#f\r\n", Value{Kind: KindBool}},
		{",1e+22\r\n", Value{Kind: KindDouble, Str: []byte("1e+22"), Float: 1e22}},
		{",-inf\r\n", Value{Kind: KindDouble, Str: []byte("-inf"), Float: math.Inf(-1)}},
		{"(-123\r\n", text(KindBigNumber, "-123")},
		{"=7\r\nmkd:*a*\r\n", Value{Kind: KindVerbatim, Syntax: "mkd", Str: []byte("*a*")}},
		{"*2\r\n:1\r\n*1\r\n+x\r\n", elems(KindArray, number(1), elems(KindArray, text(KindStatus, "x")))},
		{"%1\r\n$1\r\na\r\n:1\r\n", elems(KindMap, text(KindBulk, "a"), number(1))},
		{"~1\r\n:1\r\n", elems(KindSet, number(1))},
		{">1\r\n:1\r\n", elems(KindPush, number(1))},
		{"|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n:3\r\n", Value{Kind: KindInt, Int: 3,
			Attrs: []Value{text(KindStatus, "a"), number(1), text(KindStatus, "b"), number(2)}}},
	}
	for _, c := range cases {
		got, err := NewReader(strings.NewReader(c.in)).Read()
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, %v", c.in, got, err)
		}
		for cut := range len(c.in) {
			_, err := NewReader(strings.NewReader(c.in[:cut])).Read()
			if want := io.ErrUnexpectedEOF; cut > 0 && !errors.Is(err, want) || cut == 0 && err != io.EOF {
				t.Errorf("%q: %v", c.in[:cut], err)
			}
		}
	}
}

func TestReaderRefuses(t *testing.T) {
	for _, in := range []string{
		"x\r\n", ":\r\n", ":1x\r\n", "+a\n", "$x\r\n", "$-2\r\n", "$01\r\n", "$1\r\nabc", "*2147483648\r\n", "*-2\r\n", ",x\r\n",
		"#x\r\n", "_x\r\n", "(\r\n", "(1x\r\n", "=3\r\ntxt\r\n", "=-5\r\n", "$9223372036854775808\r\n", "|-1\r\n+a\r\n",
		"$?\r\n", strings.Repeat("*1\r\n", maxDepth+2), strings.Repeat("|1\r\n+a\r\n", maxDepth+2), "+" + strings.Repeat("a", maxLine+8192),
	} {
		v, err := NewReader(strings.NewReader(in)).Read()
		var protocol ProtocolError
		if !errors.As(err, &protocol) {
			t.Errorf("%.40q: %+v, %v", in, v, err)
		}
	}
}

// TestReaderDoesNotTrustLengths announces much and sends little.
func TestReaderDoesNotTrustLengths(t *testing.T) {
	for _, in := range []string{
		"$9223372036854775807\r\nabc", "*2147483647\r\n:1\r\n", "%2147483647\r\n", "~2147483647\r\n:1\r\n",
		strings.Repeat("*2147483647\r\n", 1000),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := NewReader(strings.NewReader(in)).Read(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%.30q: %v", in, err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
			t.Errorf("%.30q: %d bytes allocated", in, n)
		}
	}
}

func TestReaderReadsLongTexts(t *testing.T) {
	long := strings.Repeat("x", 300_000)
	var w Writer
	w.Status(long)
	w.BulkString(long)
	r := NewReader(bufio.NewReaderSize(bytes.NewReader(w.Bytes()), 16))
	for _, kind := range []Kind{KindStatus, KindBulk} {
		if v, err := r.Read(); err != nil || v.Kind != kind || string(v.Str) != long {
			t.Errorf("%c: %d bytes, %v", kind, len(v.Str), err)
		}
	}
}

// write encodes v, as a server would have.
func write(w *Writer, v Value) {
	if len(v.Attrs) > 0 {
		w.Attribute(len(v.Attrs) / 2)
		writeAll(w, v.Attrs)
	}
	switch v.Kind {
	case KindStatus:
		w.Status(string(v.Str))
	case KindError:
		w.Error(string(v.Str), "")
	case KindInt:
		w.Int(v.Int)
	case KindBulk:
		w.Bulk(v.Str)
	case KindNull:
		w.Null()
	case KindNullArray:
		w.NullArray()
	case KindDouble:
		w.Double(v.Float)
	case KindBool:
		w.Bool(v.Int == 1)
	case KindVerbatim:
		w.Verbatim(v.Syntax, v.Str)
	case KindBigNumber:
		w.BigNumber(string(v.Str))
	case KindArray:
		w.Array(len(v.Elems))
	case KindMap:
		w.Map(len(v.Elems) / 2)
	case KindSet:
		w.Set(len(v.Elems))
	case KindPush:
		w.Push(len(v.Elems))
	}
	writeAll(w, v.Elems)
}

func writeAll(w *Writer, vs []Value) {
	for _, v := range vs {
		write(w, v)
	}
}

func anyValue(t *rapid.T, depth int) Value {
	kinds := []Kind{KindStatus, KindError, KindInt, KindBulk, KindNull, KindDouble, KindBool, KindVerbatim, KindBigNumber}
	if depth > 0 {
		kinds = append(kinds, KindArray, KindMap, KindSet, KindPush)
	}
	v := Value{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	line := rapid.StringMatching(`[^\r\n]*`)
	several := func(n int) []Value {
		vs := make([]Value, n)
		for i := range vs {
			vs[i] = anyValue(t, depth-1)
		}
		return vs
	}
	switch v.Kind {
	case KindStatus, KindError:
		v.Str = []byte(line.Draw(t, "line"))
	case KindInt:
		v.Int = rapid.Int64().Draw(t, "int")
	case KindBulk:
		v.Str = rapid.SliceOf(rapid.Byte()).Draw(t, "bulk")
	case KindDouble:
		v.Float = rapid.Float64().Draw(t, "double")
		v.Str = AppendDouble(nil, v.Float)
	case KindBool:
		v.Int = rapid.Int64Range(0, 1).Draw(t, "bool")
	case KindVerbatim:
		v.Syntax, v.Str = "txt", rapid.SliceOf(rapid.Byte()).Draw(t, "text")
	case KindBigNumber:
		v.Str = []byte(rapid.StringMatching(`-?[1-9][0-9]{0,40}`).Draw(t, "digits"))
	case KindMap:
		v.Elems = several(2 * rapid.IntRange(0, 3).Draw(t, "pairs"))
	case KindArray, KindSet, KindPush:
		v.Elems = several(rapid.IntRange(0, 4).Draw(t, "elements"))
	}
	if depth > 0 && rapid.IntRange(0, 9).Draw(t, "attributes") == 0 {
		v.Attrs = several(2)
	}
	return v
}

func TestReaderReadsWhatWriterWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyValue(t, 3)
		w := Writer{resp3: true}
		write(&w, want)
		r := NewReader(bytes.NewReader(w.Bytes()))
		got, err := r.Read()
		if err != nil || !reflect.DeepEqual(got, want) || r.Buffered() > 0 {
			t.Fatalf("%q\nread  %+v, %v\nwrote %+v", w.Bytes(), got, err, want)
		}
		if len(got.Format()) == 0 && got.Kind != KindStatus && got.Kind != KindVerbatim {
			t.Fatalf("%+v shows as nothing", got)
		}
	})
}

// FuzzReader checks that no bytes do harm, and that what was read reads the same when written again.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"+OK\r\n", "*2\r\n$1\r\na\r\n%1\r\n:1\r\n_\r\n", "|1\r\n+a\r\n,1.5\r\n~0\r\n", "$9223372036854775807\r\n", "*2147483647\r\n",
		"*-1\r\n", "=7\r\ntxt:abc\r\n", "(12\r\n", "#t\r\n", ">1\r\n!3\r\nERR\r\n", "$-1\r\n*-1\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := NewReader(bytes.NewReader(in)).Read()
		if err != nil {
			return
		}
		v.Format()
		v.Raw()
		w := Writer{resp3: true}
		write(&w, v)
		first := bytes.Clone(w.Bytes())
		again, err := NewReader(bytes.NewReader(first)).Read()
		if err != nil {
			t.Fatalf("%q became %q: %v", in, first, err)
		}
		w.Reset()
		write(&w, again)
		if !bytes.Equal(w.Bytes(), first) {
			t.Fatalf("%q became %q, then %q", in, first, w.Bytes())
		}
	})
}

type formatCase struct {
	v           Value
	pretty, raw string
}

func formatCases() []formatCase {
	pair := func(k, v Value) Value { return elems(KindMap, k, v) }
	a := text(KindBulk, "a")
	return []formatCase{
		{text(KindBulk, "a\x00\xff\"\\\n\r\t\a\b"), `"a\x00\xff\"\\\n\r\t\a\b"`, "a\x00\xff\"\\\n\r\t\a\b"},
		{text(KindStatus, `O"K`), `O"K`, `O"K`},
		{text(KindError, "ERR x"), "(error) ERR x", "ERR x\n"},
		{number(7), "(integer) 7", "7"},
		{Value{Kind: KindNull}, "(nil)", ""},
		{Value{Kind: KindNullArray}, "(nil)", ""},
		{Value{Kind: KindBool, Int: 1}, "(true)", "(true)"},
		{Value{Kind: KindBool}, "(false)", "(false)"},
		{Value{Kind: KindDouble, Str: []byte("1e+19"), Float: 1e19}, "(double) 1e+19", "1e+19"},
		{text(KindVerbatim, "a\nb"), "a\nb", "a\nb"},
		{text(KindBigNumber, "12"), "(big number) 12", "12"},
		{elems(KindArray), "(empty array)", ""},
		{elems(KindMap), "(empty hash)", ""},
		{elems(KindSet), "(empty set)", ""},
		{elems(KindPush), "(empty push)", ""},
		{elems(KindPush, number(1)), "1) (integer) 1", "1"},
		{elems(KindArray, number(1), elems(KindArray, number(2), a), a),
			"1) (integer) 1\n2) 1) (integer) 2\n   2) \"a\"\n3) \"a\"", "1\n2\na\na"},
		{elems(KindSet, number(1), number(2)), "1~ (integer) 1\n2~ (integer) 2", "1\n2"},
		{elems(KindMap, a, number(1), number(2), a), "1# \"a\" => (integer) 1\n2# (integer) 2 => \"a\"", "a 1\n2 a"},
		{pair(a, pair(a, pair(a, a))), `1# "a" => 1# "a" => 1# "a" => "a"`, "a a a a"},
		{pair(a, elems(KindArray, a, a)), "1# \"a\" => \n   1) \"a\"\n   2) \"a\"", "a a\na"},
		{pair(elems(KindArray, a, a), elems(KindArray)), "1# 1) \"a\"\n   2) \"a\" => (empty array)", "a\na "},
		{pair(a, text(KindVerbatim, "x\ny")), "1# \"a\" => x\ny", "a x\ny"},
		{pair(a, elems(KindArray, elems(KindArray, a, a))), "1# \"a\" => \n   1) 1) \"a\"\n      2) \"a\"", "a a\na"},
	}
}

func TestFormat(t *testing.T) {
	for _, c := range formatCases() {
		if got := c.v.Format(); got != c.pretty {
			t.Errorf("%+v\nshows as %q\nwant     %q", c.v, got, c.pretty)
		}
		if got := c.v.Raw(); got != c.raw {
			t.Errorf("%+v\nraw is %q\nwant   %q", c.v, got, c.raw)
		}
	}
	ten := make([]Value, 10)
	for i := range ten {
		ten[i] = number(int64(i))
	}
	if got := elems(KindArray, ten...).Format(); !strings.HasPrefix(got, " 1) (integer) 0\n 2) ") || !strings.HasSuffix(got, "\n10) (integer) 9") {
		t.Errorf("ten elements show as %q", got)
	}
}

func TestQuotedTextSplitsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		args, err := SplitArgs(AppendQuoted(nil, want))
		if err != nil || len(args) != 1 || !bytes.Equal(args[0], want) {
			t.Fatalf("%q, %v", args, err)
		}
	})
}

func TestValueErr(t *testing.T) {
	var server ServerError
	if err := text(KindError, "WRONGTYPE bad").Err(); !errors.As(err, &server) || server.Code() != "WRONGTYPE" {
		t.Errorf("got %v", err)
	}
	if err := text(KindStatus, "OK").Err(); err != nil {
		t.Errorf("got %v", err)
	}
	if got := number(3).String() + text(KindBulk, "x").String() + strconv.FormatBool(Value{Kind: KindNull}.IsNull()); got != "3xtrue" {
		t.Errorf("got %s", got)
	}
}
