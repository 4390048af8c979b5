package resp

import (
	"math"
	"strings"
	"testing"
)

func TestWriterForms(t *testing.T) {
	cases := []struct {
		name         string
		write        func(w *Writer)
		resp2, resp3 string
	}{
		{"the status OK", func(w *Writer) { w.Status("OK") }, "+OK\r\n", "+OK\r\n"},
		{"a status", func(w *Writer) { w.Status("QUEUED") }, "+QUEUED\r\n", "+QUEUED\r\n"},
		{"a status loses its line ends", func(w *Writer) { w.Status("a\r\nb") }, "+a  b\r\n", "+a  b\r\n"},
		{"an error", func(w *Writer) { w.Error("ERR", "no such key") }, "-ERR no such key\r\n", "-ERR no such key\r\n"},
		{"an error without text", func(w *Writer) { w.Error("UNKILLABLE", "") }, "-UNKILLABLE\r\n", "-UNKILLABLE\r\n"},
		{"an error loses its line ends", func(w *Writer) { w.Error("E\n", "a\r\n+OK\r\n") }, "-E  a  +OK\r\n", "-E  a  +OK\r\n"},
		{"an integer", func(w *Writer) { w.Int(math.MinInt64) }, ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"},
		{"a small integer", func(w *Writer) { w.Int(7) }, ":7\r\n", ":7\r\n"},
		{"a bulk", func(w *Writer) { w.Bulk([]byte("a\r\nb")) }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
		{"a nil bulk is empty", func(w *Writer) { w.Bulk(nil) }, "$0\r\n\r\n", "$0\r\n\r\n"},
		{"a bulk from a string", func(w *Writer) { w.BulkString("abc") }, "$3\r\nabc\r\n", "$3\r\nabc\r\n"},
		{"a double", func(w *Writer) { w.Double(0.1) }, "$3\r\n0.1\r\n", ",0.1\r\n"},
		{"an infinite double", func(w *Writer) { w.Double(math.Inf(-1)) }, "$4\r\n-inf\r\n", ",-inf\r\n"},
		{"true", func(w *Writer) { w.Bool(true) }, ":1\r\n", "#t\r\n"},
		{"false", func(w *Writer) { w.Bool(false) }, ":0\r\n", "#f\r\n"},
		{"a null", func(w *Writer) { w.Null() }, "$-1\r\n", "_\r\n"},
		{"a null array", func(w *Writer) { w.NullArray() }, "*-1\r\n", "_\r\n"},
		{"an array", func(w *Writer) { w.Array(12) }, "*12\r\n", "*12\r\n"},
		{"a map", func(w *Writer) { w.Map(3) }, "*6\r\n", "%3\r\n"},
		{"a set", func(w *Writer) { w.Set(3) }, "*3\r\n", "~3\r\n"},
		{"a push", func(w *Writer) { w.Push(3) }, "*3\r\n", ">3\r\n"},
		{"pairs", func(w *Writer) { w.Pairs(1); w.Pair(); w.Int(1); w.Int(2) }, "*2\r\n:1\r\n:2\r\n", "*1\r\n*2\r\n:1\r\n:2\r\n"},
		{"verbatim text", func(w *Writer) { w.Verbatim("txt", []byte("hi")) }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"},
		{"a big number", func(w *Writer) { w.BigNumber("-12345678901234567890") }, "$21\r\n-12345678901234567890\r\n", "(-12345678901234567890\r\n"},
		{"bytes as they are", func(w *Writer) { w.Raw([]byte(":1\r\n")) }, ":1\r\n", ":1\r\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var w Writer
			if w.Proto() != RESP2 {
				t.Fatalf("a new Writer speaks %d", w.Proto())
			}
			c.write(&w)
			if got := string(w.Bytes()); got != c.resp2 {
				t.Errorf("RESP2: %q, want %q", got, c.resp2)
			}
			w.Reset()
			w.SetProto(RESP3)
			c.write(&w)
			if got := string(w.Bytes()); got != c.resp3 {
				t.Errorf("RESP3: %q, want %q", got, c.resp3)
			}
		})
	}
}

func TestAttributeNeedsRESP3(t *testing.T) {
	var w Writer
	w.SetProto(RESP3)
	w.Attribute(2)
	if got := string(w.Bytes()); got != "|2\r\n" {
		t.Errorf("got %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic under RESP2")
		}
	}()
	w.SetProto(RESP2)
	w.Attribute(2)
}

func TestDoubleText(t *testing.T) {
	cases := []struct {
		f    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "-0"}, {1, "1"}, {-3, "-3"}, {0.1, "0.1"}, {-0.1, "-0.1"}, {1.5, "1.5"},
		{3.14159265358979, "3.14159265358979"}, {100, "100"}, {1e15, "1000000000000000"},
		{1 << 62, "4611686018427387904"}, {-(1 << 62), "-4611686018427387904"},
		{1e19, "1e+19"}, {-1e19, "-1e+19"}, {1e22, "1e+22"}, {1e100, "1e+100"}, {1e300, "1e+300"},
		{12345678901234567890, "12345678901234567000"}, {1.5e300, "1.5e+300"},
		{0.001, "0.001"}, {0.000001, "0.000001"}, {0.0000001, "1e-7"}, {0.00001234, "1.234e-5"},
		{0.001234567, "0.001234567"}, {123456.789, "123456.789"}, {1234.5678901234, "1234.5678901234"},
		{12345.678901234, "1.2345678901234e+4"}, {5e-324, "5e-324"},
		{math.MaxFloat64, "1.7976931348623157e+308"}, {-math.MaxFloat64, "-1.7976931348623157e+308"},
		{math.Inf(1), "inf"}, {math.Inf(-1), "-inf"}, {math.NaN(), "nan"}, {0.30000000000000004, "0.30000000000000004"},
	}
	for _, c := range cases {
		if got := string(AppendDouble(nil, c.f)); got != c.want {
			t.Errorf("%g: %q, want %q", c.f, got, c.want)
		}
	}
}

func TestWriterConsumeAndTruncate(t *testing.T) {
	var w Writer
	w.Status("one")
	mark := w.Len()
	w.Status("two")
	w.Truncate(mark)
	w.Status("three")
	if got := string(w.Bytes()); got != "+one\r\n+three\r\n" {
		t.Fatalf("after Truncate: %q", got)
	}
	w.Consume(4)
	mark = w.Len()
	w.Int(1)
	w.Truncate(mark)
	if got := string(w.Bytes()); got != "\r\n+three\r\n" {
		t.Fatalf("after Consume: %q", got)
	}
	w.Consume(w.Len())
	if w.Len() != 0 || len(w.Bytes()) != 0 {
		t.Fatal("not empty after all was consumed")
	}
}

func TestWriterMovesWhatASlowClientLeaves(t *testing.T) {
	var w Writer
	body := strings.Repeat("x", 10000)
	var sent, written int
	for range 1000 { // The client is always 100 kB behind; the buffer must not grow with what was sent.
		before := w.Len()
		w.BulkString(body)
		written += w.Len() - before
		if w.Len() > 100_000 {
			w.Consume(10_000)
			sent += 10_000
		}
	}
	if w.Len() != written-sent {
		t.Errorf("holds %d bytes, want %d", w.Len(), written-sent)
	}
	if w.Memory() > 1<<20 {
		t.Errorf("holds %d bytes of memory", w.Memory())
	}
}

func TestWriterGivesMemoryBack(t *testing.T) {
	var w Writer
	w.BulkString(strings.Repeat("x", 2<<20))
	w.Consume(w.Len())
	if w.Memory() != 0 {
		t.Errorf("holds %d bytes after a reply of 2 MB", w.Memory())
	}
	w.BulkString(strings.Repeat("x", 200<<10))
	w.Consume(w.Len())
	if w.Memory() == 0 {
		t.Error("gave a useful buffer back at once")
	}
	for range calmUses {
		w.Status("OK")
		w.Consume(w.Len())
	}
	if w.Memory() != 0 {
		t.Errorf("holds %d bytes after only small replies", w.Memory())
	}
	w.Status("OK")
	w.Release()
	if w.Len() != 5 {
		t.Error("Release dropped a reply")
	}
	w.Consume(5)
	w.Release()
	if w.Memory() != 0 {
		t.Error("Release kept an empty buffer")
	}
}

func TestWriterDoesNotAllocate(t *testing.T) {
	var w Writer
	value := []byte("value")
	for _, proto := range []int{RESP2, RESP3} {
		w.SetProto(proto)
		allocs := testing.AllocsPerRun(100, func() {
			w.Status("OK")
			w.Status("QUEUED")
			w.Error("WRONGTYPE", "Operation against a key holding the wrong kind of value")
			w.Int(123456)
			w.Bulk(value)
			w.BulkString("value")
			w.Double(1.2345e-9)
			w.Bool(true)
			w.Null()
			w.NullArray()
			w.Map(1)
			w.Set(1)
			w.Pairs(1)
			w.Pair()
			w.Verbatim("txt", value)
			w.BigNumber("123")
			w.Consume(w.Len())
		})
		if allocs != 0 {
			t.Errorf("RESP%d: %v allocations", proto, allocs)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	value := []byte("value:000001")
	cases := []struct {
		name  string
		write func(w *Writer, i int)
	}{
		{"status", func(w *Writer, _ int) { w.Status("OK") }},
		{"small integer", func(w *Writer, i int) { w.Int(int64(i & 1)) }},
		{"integer", func(w *Writer, i int) { w.Int(int64(1000 + i&1023)) }},
		{"null", func(w *Writer, _ int) { w.Null() }},
		{"bulk", func(w *Writer, _ int) { w.Bulk(value) }},
		{"double", func(w *Writer, i int) { w.Double(float64(i) + 0.25) }},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var w Writer
			for i := 0; b.Loop(); i++ {
				c.write(&w, i)
				if w.Len() > 16<<10 {
					w.Consume(w.Len())
				}
			}
		})
	}
}
