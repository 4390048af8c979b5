package engine_test

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// referencePair asks an engine and redis-server the same.
type referencePair struct {
	t      *testing.T
	random *rand.Rand
	e      *engine.Engine
	c      *engine.Client
	ref    *resp.Conn
}

func newReferencePair(t *testing.T) *referencePair {
	t.Helper()
	ref, err := resp.Dial(context.Background(), "tcp", transcript.StartReference(t).Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ref.Close() })
	seed := *diffSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("run again with -seed %d", seed)
	e := engine.New(engine.Options{})
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &referencePair{t, rand.New(rand.NewPCG(seed, 1)), e, c, ref}
}

// ask returns both replies to a command.
func (r *referencePair) ask(words ...string) (got, want resp.Value) {
	r.t.Helper()
	argv := make([][]byte, len(words))
	for i, w := range words {
		argv[i] = []byte(w)
	}
	r.e.Execute(r.c, argv)
	got, err := resp.NewReader(bytes.NewReader(bytes.Clone(r.c.Out.Bytes()))).Read()
	r.c.Sent(r.c.Out.Len())
	want, errRef := r.ref.Do(words...)
	if err != nil || errRef != nil {
		r.t.Fatal(err, errRef)
	}
	return got, want
}

// both fails unless both replies are the same, byte by byte.
func (r *referencePair) both(words ...string) {
	r.t.Helper()
	if got, want := r.ask(words...); got.Raw() != want.Raw() {
		r.t.Fatalf("%.300q\n got: %.3000q\nwant: %.3000q", words, got.Raw(), want.Raw())
	}
}

// nearly is both for replies in which numbers may be written otherwise, Redis
// 7.0 having 17 digits for all, and may differ in the last place.
func (r *referencePair) nearly(words ...string) {
	r.t.Helper()
	got, want := r.ask(words...)
	for i := range max(len(got.Elems), len(want.Elems)) {
		if i < len(got.Elems) && i < len(want.Elems) {
			g, w := got.Elems[i].Str, want.Elems[i].Str
			a, ok := engine.ParseFloat(g)
			if b, okToo := engine.ParseFloat(w); bytes.Equal(g, w) || ok && okToo && math.Abs(a-b) <= math.Abs(a)*4e-15 {
				continue
			}
		}
		r.t.Fatalf("%q, element %d\n got: %s\nwant: %s", words, i, got.Format(), want.Format())
	}
}
