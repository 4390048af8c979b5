package persist

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/engine"
)

func TestNamesOfAnyLengthComeBack(t *testing.T) {
	for _, n := range []int{0, 1, longKey - 1, longKey, longKey + 1, 1 << 20} {
		name := []byte(strings.Repeat("n", n))
		rk := keyRecord(7, name)
		if len(rk) > 65_000 {
			t.Errorf("the record key of a name of %d bytes has %d", n, len(rk))
		}
		got, rest, err := splitName(rk[9:], append(appendHead(nil, name), "body"...))
		if err != nil || !bytes.Equal(got, name) || string(rest) != "body" {
			t.Errorf("name of %d bytes: %d bytes, %q, %v", n, len(got), rest, err)
		}
	}
}

func TestListAddressesSortAsTheyStand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint64().Draw(t, "a"), rapid.Uint64().Draw(t, "b")
		i, k := rapid.Int32().Draw(t, "i"), rapid.Int32().Draw(t, "k")
		less := a < b || a == b && i < k
		if got := bytes.Compare(listAddress(a, i), listAddress(b, k)) < 0; got != less {
			t.Fatal(got)
		}
		if pos, index, err := parseListAddress(listAddress(a, i)); pos != a || index != i || err != nil {
			t.Fatal(pos, index, err)
		}
	})
}

func TestStatesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := func(name string) uint64 { return rapid.Uint64().Draw(t, name) }
		s := foldState{n("position"), n("intent"), n("generation"), n("namespace"), n("first"), n("last"),
			rapid.SliceOfN(rapid.Uint64(), 1, 20).Draw(t, "databases")}
		got, err := parseFoldState(s.encode())
		if err != nil || !bytes.Equal(got.encode(), s.encode()) {
			t.Fatal(got, err)
		}
	})
}

func FuzzRecords(f *testing.F) {
	whole := meta{kind: engine.KindString, deadline: 5, value: []byte("v")}
	f.Add(keyRecord(1, []byte("key")), append([]byte{formPlain}, whole.appendTo(nil)...))
	f.Add(keyRecord(1, make([]byte, 2*longKey)), blobValue(blobID{1, 2}, 1<<63))
	f.Add([]byte{tagState}, (&foldState{position: 3, databases: []uint64{1, 2}}).encode())
	f.Fuzz(func(t *testing.T, rk, value []byte) {
		_, _ = parseFoldState(value)
		body, err := bodyOf(value, func(blobID, uint32) ([]byte, error) { return nil, nil })
		if err != nil || len(rk) < 9 {
			return
		}
		name, body, err := splitName(rk[9:], body)
		if err != nil {
			if !errors.Is(err, errBadRecord) {
				t.Fatal(err)
			}
			return
		}
		_, _ = parseMeta(body)
		_, _, _ = parseListAddress(name)
	})
}
