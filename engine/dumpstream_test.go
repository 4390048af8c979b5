package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// TestStreamsOfTheReference restores streams that the reference dumps, and has
// it restore what is dumped of them then.
func TestStreamsOfTheReference(t *testing.T) {
	ref, err := resp.Dial(context.Background(), "tcp", transcript.StartReference(t).Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer ref.Close()
	ask := func(args ...string) resp.Value {
		v, err := ref.Do(args...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tg := target(t, "streams", 2, engine.DefaultSettings())
	do := func(args ...string) resp.Value {
		argv := make([][]byte, len(args))
		for i, a := range args {
			argv[i] = []byte(a)
		}
		v, _, err := tg.Do("a", argv)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	r := rand.New(rand.NewPCG(1, 1))
	for round := range 100 {
		ask("FLUSHALL")
		ask("CONFIG", "SET", "stream-node-max-entries", fmt.Sprint(1+r.IntN(20)))
		for n := range r.IntN(100) {
			id, group, consumer := fmt.Sprint(1+r.IntN(80)), fmt.Sprint("g", r.IntN(3)), fmt.Sprint("c", r.IntN(3))
			switch r.IntN(10) {
			case 0, 1, 2:
				ask("XADD", "x", fmt.Sprintf("%d-%d", n+1, r.IntN(3)), "f", fmt.Sprint(n))
			case 3:
				ask("XADD", "x", fmt.Sprintf("%d-7", n+1), "f", "text", "g", "")
			case 4:
				ask("XDEL", "x", id+"-1", id+"-7")
			case 5:
				ask("XGROUP", "CREATE", "x", group, id)
			case 6, 7:
				ask("XREADGROUP", "GROUP", group, consumer, "COUNT", "3", "STREAMS", "x", ">")
			case 8:
				ask("XTRIM", "x", "MAXLEN", fmt.Sprint(r.IntN(60)))
			case 9:
				ask("XTRIM", "x", "MINID", fmt.Sprint(r.IntN(n+1)))
			}
		}
		payload := ask("DUMP", "x")
		if payload.IsNull() {
			continue
		}
		do("FLUSHALL")
		if v := do("RESTORE", "x", "0", string(payload.Str)); v.Format() != "OK" {
			t.Fatalf("round %d: %s: %q", round, v.Format(), payload.Str)
		}
		for what, again := range map[string]resp.Value{"dumped": do("DUMP", "x"), "copied and dumped": copied(do)} {
			if v := ask("RESTORE", "y", "0", string(again.Str), "REPLACE"); v.Format() != "OK" {
				t.Fatalf("round %d: %s: %s: %q", round, what, v.Format(), again.Str)
			}
			want, got := ask("XINFO", "STREAM", "x", "FULL"), ask("XINFO", "STREAM", "y", "FULL")
			// The reference's index depends on how it was built, and it keeps
			// blocks from which all entries have been trimmed.
			got.Elems, want.Elems = slices.Delete(got.Elems, 2, 6), slices.Delete(want.Elems, 2, 6)
			if got.Format() != want.Format() {
				t.Fatalf("round %d: %s:\n%s\nwant:\n%s", round, what, got.Format(), want.Format())
			}
		}
		if err := tg.Restart(); err != nil {
			t.Fatal(err)
		}
		ask("RESTORE", "y", "0", string(do("DUMP", "x").Str), "REPLACE")
		if got, want := ask("XRANGE", "y", "-", "+").Format(), ask("XRANGE", "x", "-", "+").Format(); got != want {
			t.Fatalf("round %d: after a restart:\n%s\nwant:\n%s", round, got, want)
		}
	}
}

func copied(do func(...string) resp.Value) resp.Value {
	do("COPY", "x", "z", "REPLACE")
	return do("DUMP", "z")
}
