package engine

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/engine/rdb"
)

// filled makes an engine that has a value of each type in each encoding.
func filled(t testing.TB) *testEngine {
	te := newTestEngine(t)
	long := strings.Repeat("long", 40)
	for _, line := range []string{
		"SET s hello", "SET i 12345", "SET j 1234567890123", "SET w " + long, "APPEND r raw", "SETRANGE b 70000 x",
		"RPUSH l a b 3", "RPUSH q " + strings.Repeat("element ", 1500), "RPUSH p a " + strings.Repeat("x", 9000) + " b",
		"SADD n 1 2 70000", "SADD m a b 3", "SADD t " + long + " b", "HSET h f v g 12", "HSET k f " + long, "HSET u f v g 12", "HEXPIRE u 100 FIELDS 1 g", "HSET v f " + long, "HPEXPIREAT v 70368744177663 FIELDS 1 f", "ZADD z 1 a 2.5 b", "ZADD y 1 " + long + " -inf b",
	} {
		if reply := te.do(line); strings.HasPrefix(reply, "-") {
			t.Fatalf("%.40s: %s", line, reply)
		}
	}
	for name, body := range newerForms {
		if reply := te.restore(strings.ReplaceAll(name, " ", "_"), rdb.Seal([]byte(body), rdb.Newest)); reply != "+OK\r\n" {
			t.Fatalf("%s: %s", name, reply)
		}
	}
	return te
}

// payloads are the payloads of all keys of the first database.
func (te *testEngine) payloads() map[string][]byte {
	all := map[string][]byte{}
	for _, key := range strings.Split(te.do("KEYS *"), "\r\n") {
		if h := te.dbs[0].find([]byte(key)); h != nil {
			all[key] = h.dump()
		}
	}
	return all
}

func (te *testEngine) restore(key string, payload []byte) string {
	te.Execute(te.c, [][]byte{[]byte("RESTORE"), []byte(key), []byte("0"), payload, []byte("REPLACE")})
	return take(te.c)
}

func TestRestoreMakesWhatWasDumped(t *testing.T) {
	te := filled(t)
	j := &fakeJournal{}
	te.UseJournal(j, 0)
	for key, payload := range te.payloads() {
		if reply := te.restore("new", payload); reply != "+OK\r\n" {
			t.Fatalf("%s: %s", key, reply)
		}
		old, new := te.dbs[0].find([]byte(key)), te.dbs[0].find([]byte("new"))
		if old.encoding() != new.encoding() && key != "r" && key != "b" {
			t.Errorf("%s: %s becomes %s", key, old.encoding(), new.encoding())
		}
		if again := new.dump(); !bytes.Equal(sortedValue(t, again), sortedValue(t, payload)) {
			t.Errorf("%s: dumped again:\n%q\n%q", key, again, payload)
		}
	}
	if err := te.Check(); err != nil {
		t.Fatal(err)
	}
}

// sortedValue is a payload with the elements of a large set or hash, which
// have no order, in order of their bytes.
func sortedValue(t testing.TB, payload []byte) []byte {
	body, ok := rdb.Open(payload)
	if !ok {
		t.Fatalf("%q does not open", payload)
	}
	together := map[rdb.Type]int{rdb.TypeSet: 1, rdb.TypeHash: 2}[rdb.Type(body[0])]
	if together == 0 {
		return body
	}
	var parts []string
	r := rdb.NewReader(body[1:], 1<<20)
	for n := r.Len(); n > 0; n-- {
		part := ""
		for range together {
			part += string(rdb.AppendRaw(nil, r.String()))
		}
		parts = append(parts, part)
	}
	return []byte(strings.Join(sortStrings(parts), ""))
}

func sortStrings(s []string) []string {
	for i := range s {
		for k := i; k > 0 && s[k] < s[k-1]; k-- {
			s[k], s[k-1] = s[k-1], s[k]
		}
	}
	return s
}

// TestRestoreIsUndone restores over what is there, and takes it back.
func TestRestoreIsUndone(t *testing.T) {
	te := filled(t)
	before := te.dump()
	payloads := te.payloads()
	for _, over := range []string{"s", "b", "q", "t", "k", "y", "nosuch"} {
		te.beginUnit()
		m := te.unit.mark()
		for _, payload := range payloads {
			te.dbs[0].mustRestore(t, over, payload)
		}
		te.unit.rollback(m)
		te.endUnit()
		if after := te.dump(); after != before {
			t.Fatalf("over %s: %s\nwant:\n%s", over, after, before)
		}
		if err := te.Check(); err != nil {
			t.Fatal(err)
		}
	}
}

func (ks *Keyspace) mustRestore(t testing.TB, key string, payload []byte) {
	if err := restore(ks, Args{[]byte(key), []byte("5000"), payload, []byte("REPLACE")}, Discard{}); err != nil {
		t.Fatal(err)
	}
}

func TestRestoreIsReplayed(t *testing.T) {
	te := filled(t)
	payloads := te.payloads()
	te = newTestEngine(t)
	j := &fakeJournal{}
	te.UseJournal(j, 0)
	for key, payload := range payloads {
		te.restore(key, payload)
		te.restore("again", payload)
	}
	again := newTestEngine(t)
	l := again.NewLoader()
	for _, u := range j.units {
		if err := l.Unit(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := again.dump(), te.dump(); got != want {
		t.Fatalf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestHostilePayloads damages payloads at random places, with a checksum that
// fits.
func TestHostilePayloads(t *testing.T) {
	te := filled(t)
	var bodies [][]byte
	for _, payload := range te.payloads() {
		body, _ := rdb.Open(payload)
		bodies = append(bodies, body)
	}
	hostile := newHostileKey(t)
	rapid.Check(t, func(t *rapid.T) {
		body := bytes.Clone(rapid.SampledFrom(bodies).Draw(t, "body"))
		for range rapid.IntRange(1, 3).Draw(t, "damages") {
			at := rapid.IntRange(0, min(len(body)-1, 40)).Draw(t, "at")
			body[at] = rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte{0, 255, 128, 129, 192, 195})).Draw(t, "byte")
		}
		hostile.try(t, body)
	})
}

// hostileKey is an engine for one key, to which hostile payloads are restored.
type hostileKey struct {
	*testEngine
	journal fakeJournal
}

func newHostileKey(t testing.TB) *hostileKey {
	te := &hostileKey{testEngine: newTestEngine(t)}
	te.UseJournal(&te.journal, 0)
	return te
}

// try restores a body; what is accepted must be sound, and survive both being
// replayed from the journal and being dumped again.
func (te *hostileKey) try(t failer, body []byte) {
	t.Helper()
	te.do("FLUSHALL")
	te.journal.units = nil
	reply := te.restore("hostile", rdb.Seal(bytes.Clone(body), rdb.Newest))
	if reply != "+OK\r\n" {
		if reply != "-ERR Bad data format\r\n" {
			t.Fatalf("%q: %q", body, reply)
		}
		return
	}
	h := te.dbs[0].find([]byte("hostile"))
	if err := te.dbs[0].checkEntry(h); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	describe := func(e *Engine) string { // integers come first in a set that begins with them
		return strings.Join(dumpEntries(e.dbs[0], true), "\n")
	}
	state := describe(te.Engine)
	if again := describe(te.replayed(t, &te.journal)); again != state {
		t.Fatalf("%q: replayed:\n%s\nwant:\n%s", body, again, state)
	}
	if reply := te.restore("hostile", h.dump()); reply != "+OK\r\n" {
		t.Fatalf("%q: dumped again as %q: %q", body, h.dump(), reply)
	}
	if again := describe(te.Engine); withoutActivity(again) != withoutActivity(state) {
		t.Fatalf("%q: dumped and restored:\n%s\nwant:\n%s", body, again, state)
	}
}

// withoutActivity leaves out when consumers were active, which payloads of the
// version that we write do not have.
func withoutActivity(state string) string {
	return regexp.MustCompile(`(consumer:"(?:[^"\\]|\\.)*",-?\d+),-?\d+`).ReplaceAllString(state, "$1")
}

func FuzzRestore(f *testing.F) {
	for _, payload := range filled(f).payloads() {
		if body, _ := rdb.Open(payload); len(body) < 2000 {
			f.Add(body)
		}
	}
	for _, body := range []string{"\x01\x02\x01a\xc0\x05", "\x02\x02\x01a\x01b", "\x03\x03\x01a\x031.5\x01b\xfe\x01c\xff", "\x04\x02\x01f\x01v\x01g\xc0\x0c",
		"\x09\x0e\x02\x01f\x01\x00v\x01g\x02\x0112.\xff", "\x0a\x11\x11\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03\xfe\x14\xff",
		"\x0c\x18\x18\x00\x00\x00\x12\x00\x00\x00\x04\x00\x00\x01a\x03\xf2\x02\x01b\x03\x032.5\xff", "\x14\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x01\x01\xff"} {
		f.Add([]byte(body))
	}
	for _, body := range newerForms {
		f.Add([]byte(body))
	}
	te := newHostileKey(f)
	f.Fuzz(func(t *testing.T, body []byte) { te.try(t, body) })
}
