package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// TestHyperLogLogsAreThoseOfTheReference compares values byte by byte, sparse,
// dense and as they are promoted, and what they count.
func TestHyperLogLogsAreThoseOfTheReference(t *testing.T) {
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
	random := rand.New(rand.NewPCG(seed, 1))
	e := engine.New(engine.Options{})
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	both := func(words ...string) string {
		argv := make([][]byte, len(words))
		for i, w := range words {
			argv[i] = []byte(w)
		}
		e.Execute(c, argv)
		got, err := resp.NewReader(bytes.NewReader(bytes.Clone(c.Out.Bytes()))).Read()
		c.Sent(c.Out.Len())
		want, errRef := ref.Do(words...)
		if err != nil || errRef != nil {
			t.Fatal(err, errRef)
		}
		if got.Raw() != want.Raw() {
			t.Fatalf("%.200q\n got: %.3000q\nwant: %.3000q", words, got.Raw(), want.Raw())
		}
		return got.String()
	}
	for round := range 12 {
		both("FLUSHALL")
		limit := []int{3000, 3000, 100, 16000, 0}[round%5]
		e.Settings().HLLSparseMaxBytes = limit
		if _, err := ref.Do("CONFIG", "SET", "hll-sparse-max-bytes", fmt.Sprint(limit)); err != nil {
			t.Fatal(err)
		}
		pool := 1 << (4 + random.IntN(14)) // of different elements
		for range 150 {
			key := fmt.Sprint("p", random.IntN(4))
			switch random.IntN(8) {
			case 0:
				both("PFCOUNT", key)
			case 1:
				both("PFCOUNT", key, "p0", "p9")
			case 2:
				both("PFMERGE", fmt.Sprint("p", random.IntN(4)), key)
			default:
				words := []string{"PFADD", key}
				for range 1 + random.IntN(1+pool/50) {
					element := fmt.Sprintf("element:%d", random.IntN(pool))
					words = append(words, element[random.IntN(9):])
				}
				both(words...)
			}
			both("GET", key)
			both("OBJECT", "ENCODING", key)
		}
	}
}
