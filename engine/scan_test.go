package engine_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"perigee/engine"
	"perigee/engine/differential"
)

// scans are the iterations: how to begin one, add an element, take one away,
// and read them all.
var scans = map[string]struct {
	scan, add, remove, all []string
	size                   int // of what the scan replies with for an element
}{
	"SCAN":  {[]string{"SCAN"}, []string{"SET", "", "v"}, []string{"DEL", ""}, []string{"KEYS", "*"}, 1},
	"HSCAN": {[]string{"HSCAN", "k"}, []string{"HSET", "k", "", "v"}, []string{"HDEL", "k", ""}, []string{"HKEYS", "k"}, 2},
	"SSCAN": {[]string{"SSCAN", "k"}, []string{"SADD", "k", ""}, []string{"SREM", "k", ""}, []string{"SMEMBERS", "k"}, 1},
	"ZSCAN": {[]string{"ZSCAN", "k"}, []string{"ZADD", "k", "1", ""}, []string{"ZREM", "k", ""}, []string{"ZRANGE", "k", "0", "-1"}, 2},
}

// TestScansMeetWhatStays lets elements come and go between the steps of an
// iteration: it meets all that are there from the first to the last step, and
// nothing that never was.
func TestScansMeetWhatStays(t *testing.T) {
	for name, s := range scans {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				e := engine.New(engine.Options{Seed: 1})
				do := func(args ...string) []string { return differential.Texts(t, e, args) }
				change := func(command []string, from, to int) {
					for i := from; i < to; i++ {
						args := append([]string(nil), command...)
						for j := range args {
							if args[j] == "" {
								args[j] = fmt.Sprint(i * 7)
							}
						}
						do(args...)
					}
				}
				change(s.add, 0, rapid.SampledFrom([]int{1, 100, 700, 1200}).Draw(t, "size"))
				stays, ever := setOf(do(s.all...)), setOf(do(s.all...))
				met := map[string]bool{}
				cursor := "0"
				for step := 0; step == 0 || cursor != "0"; step++ {
					if step > 5000 {
						t.Fatal("the iteration does not end")
					}
					reply := do(append(append([]string(nil), s.scan...), cursor, "COUNT", fmt.Sprint(rapid.IntRange(1, 200).Draw(t, "count")))...)
					cursor = reply[0]
					for i := 1; i < len(reply); i += s.size {
						if !ever[reply[i]] {
							t.Fatalf("%q never was", reply[i])
						}
						met[reply[i]] = true
					}
					from, length := rapid.IntRange(0, 1600).Draw(t, "from"), rapid.SampledFrom([]int{0, 0, 0, 0, 0, 5, 300}).Draw(t, "length")
					if length == 0 {
						continue
					}
					change(rapid.SampledFrom([][]string{s.add, s.remove}).Draw(t, "change"), from, from+length)
					now := setOf(do(s.all...))
					for element := range stays {
						if !now[element] {
							delete(stays, element)
						}
					}
					for element := range now {
						ever[element] = true
					}
				}
				for element := range stays {
					if !met[element] {
						t.Fatalf("%q was there all along and was not met", element)
					}
				}
			})
		})
	}
}

func setOf(words []string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words {
		set[w] = true
	}
	return set
}
