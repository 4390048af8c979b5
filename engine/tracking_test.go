package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/engine/resp"
)

// cache is a client with what it believes that keys hold: what it has read and
// was not told to forget.
type cache struct {
	te    *testEngine
	c     *Client
	holds map[string]string
}

// read has the client read a key and keep the reply.
func (ch *cache) read(key string) {
	ch.te.Execute(ch.c, argvOf("GET "+key))
	ch.take(func(reply resp.Value) { ch.holds[key] = reply.Raw() })
}

// take reads what the client has got, in order: replies go to use, and what
// messages tell of is forgotten.
func (ch *cache) take(use func(reply resp.Value)) {
	for r := resp.NewReader(strings.NewReader(take(ch.c))); ; {
		v, err := r.Read()
		switch {
		case err != nil:
			return
		case v.Kind != resp.KindPush:
			use(v)
		case v.Elems[1].IsNull():
			clear(ch.holds)
		default:
			for _, key := range v.Elems[1].Elems {
				delete(ch.holds, string(key.Str))
			}
		}
	}
}

func ignore(resp.Value) {}

// TestCachesAreNeverStale has clients cache what they read, in every mode,
// while others write, expire, flush and roll back.
func TestCachesAreNeverStale(t *testing.T) {
	modes := []string{"", "BCAST", "BCAST PREFIX a PREFIX b PREFIX c", "NOLOOP", "OPTOUT"}
	rapid.Check(t, func(t *rapid.T) {
		te := &testEngine{at: time.UnixMilli(1_700_000_000_000)}
		te.Engine = New(Options{Clock: func() time.Time { return te.at }, Seed: 1})
		connect := func() *Client {
			c, err := te.Connect(Peer{Unix: true}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		te.c = connect()
		te.Settings().TrackingMaxKeys = rapid.SampledFrom([]int{0, 2, 100}).Draw(t, "max")
		var caches []*cache
		for _, mode := range modes {
			ch := &cache{te: te, c: connect(), holds: map[string]string{}}
			te.on(ch.c, "HELLO 3")
			te.on(ch.c, "CLIENT TRACKING ON "+mode)
			caches = append(caches, ch)
		}
		reader := connect()
		reader.Out.SetProto(3)
		key := func(label string) string { return rapid.SampledFrom([]string{"a", "b", "c1"}).Draw(t, label) }
		line := func() string {
			k, k2 := key("key"), key("other")
			return rapid.SampledFrom([]string{
				"SET " + k + " 1", "SET " + k + " 1 PX 20", "APPEND " + k + " 2", "DEL " + k + " " + k2, "RENAME " + k + " " + k2,
				"COPY " + k + " " + k2 + " REPLACE", "MOVE " + k + " 1", "LPUSH " + k + " x", "LPOP " + k, "PEXPIRE " + k + " 10", "GETDEL " + k,
				"FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "SUNIONSTORE " + k + " " + k2, "SADD " + k + " m", "GET " + k, "MSETNX " + k + " 7", "SORT " + k + " ALPHA STORE " + k2,
			}).Draw(t, "line")
		}
		t.Repeat(map[string]func(*rapid.T){
			"read":  func(t *rapid.T) { rapid.SampledFrom(caches).Draw(t, "cache").read(key("key")) },
			"write": func(t *rapid.T) { te.do(line()) },
			"write oneself": func(t *rapid.T) {
				ch := rapid.SampledFrom(append(caches[:3:3], caches[4])).Draw(t, "cache")
				te.Execute(ch.c, argvOf(line()))
				ch.take(ignore)
			},
			"read and write at once": func(t *rapid.T) {
				ch := rapid.SampledFrom(append(caches[:3:3], caches[4])).Draw(t, "cache")
				k := key("key")
				commands := []string{"MULTI", line(), "GET " + k, line(), "EXEC"}
				if rapid.Bool().Draw(t, "reads last") {
					commands = slices.Delete(commands, 3, 4)
				}
				for _, command := range commands {
					te.Execute(ch.c, argvOf(command))
				}
				ch.take(func(reply resp.Value) {
					if len(reply.Elems) > 1 {
						ch.holds[k] = reply.Elems[1].Raw()
					}
				})
			},
			"roll back": func(t *rapid.T) {
				te.beginUnit()
				point := te.Savepoint()
				te.do(line())
				te.do(line())
				te.Rollback(point)
				te.endUnit()
			},
			"wait": func(t *rapid.T) {
				te.at = te.at.Add(time.Duration(rapid.IntRange(0, 15).Draw(t, "ms")) * time.Millisecond)
				te.BeginIteration(te.at)
			},
			"": func(t *rapid.T) {
				te.EndIteration()
				held := map[string]bool{}
				for _, ch := range caches {
					ch.take(ignore)
					for k := range ch.holds {
						held[k] = true
					}
				}
				for k := range held {
					te.Execute(reader, argvOf("GET "+k))
					v, err := resp.NewReader(strings.NewReader(take(reader))).Read()
					if err != nil {
						t.Fatal(err)
					}
					te.EndIteration()
					for i, ch := range caches {
						ch.take(ignore)
						if was, holds := ch.holds[k]; holds && was != v.Raw() {
							t.Fatalf("cache %q holds %q of %s, which is %q", modes[i], was, k, v.Raw())
						}
					}
				}
				if err := te.Check(); err != nil {
					t.Fatal(err)
				}
			},
		})
		for _, ch := range caches {
			te.Disconnect(ch.c)
		}
		if err := te.Check(); err != nil {
			t.Fatal(err)
		}
		if left := fmt.Sprintf("%+v", te.tracking); left != fmt.Sprintf("%+v", tracking{}) {
			t.Fatalf("left behind: %s", left)
		}
	})
}
