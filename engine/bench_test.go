package engine

import (
	"fmt"
	"testing"
)

// BenchmarkExecute measures a command from its arguments to its reply,
// without a socket.
func BenchmarkExecute(b *testing.B) {
	value, other := make([]byte, 64), make([]byte, 256)
	for _, journal := range []bool{false, true} {
		te := newTestEngine(b)
		if journal {
			te.UseJournal(countingJournal{}, 0)
		}
		keys := make([][]byte, 100000)
		for i := range keys {
			keys[i] = fmt.Appendf(nil, "key:%012d", i)
			te.Execute(te.c, [][]byte{[]byte("SET"), keys[i], value})
			te.Execute(te.c, [][]byte{[]byte("HSET"), []byte("hash"), keys[i], value})
			te.Execute(te.c, [][]byte{[]byte("HSET"), append([]byte("h:"), keys[i%1000]...), keys[i/1000], value})
		}
		te.c.Sent(te.c.Out.Len())
		for _, bench := range []struct {
			name string
			argv func(i int, key []byte) [][]byte
		}{
			{"GET", func(_ int, key []byte) [][]byte { return [][]byte{[]byte("GET"), key} }},
			{"SET", func(_ int, key []byte) [][]byte { return [][]byte{[]byte("SET"), key, value} }},
			{"SET-resized", func(i int, key []byte) [][]byte {
				return [][]byte{[]byte("SET"), key, [][]byte{other, value}[i/len(keys)%2]}
			}},
			{"DEL-SET", func(i int, key []byte) [][]byte {
				if i%2 == 0 {
					return [][]byte{[]byte("DEL"), key}
				}
				return [][]byte{[]byte("SET"), key, value}
			}},
			{"HSET-table", func(_ int, key []byte) [][]byte {
				return [][]byte{[]byte("HSET"), []byte("hash"), key, value}
			}},
			{"HSET-pack", func(i int, key []byte) [][]byte {
				return [][]byte{[]byte("HSET"), key, []byte("field"), value}
			}},
		} {
			b.Run(fmt.Sprintf("%s/journal=%v", bench.name, journal), func(b *testing.B) {
				argvs := make([][][]byte, 2*len(keys))
				for i := range argvs {
					key := keys[i*7919%len(keys)]
					if bench.name == "DEL-SET" {
						key = keys[i/2*7919%len(keys)]
					}
					if bench.name == "HSET-pack" {
						key = append([]byte("h:"), keys[i%1000]...)
					}
					argvs[i] = bench.argv(i, key)
				}
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					te.Execute(te.c, argvs[i%len(argvs)])
					if i%16 == 15 {
						te.c.Sent(te.c.Out.Len())
					}
				}
			})
		}
	}
}

type countingJournal struct{}

func (countingJournal) Append([]byte) uint64 { return 1 }
func (countingJournal) Flush()               {}
func (countingJournal) Released() uint64     { return 1 }
func (countingJournal) Synced() uint64       { return 1 }
func (countingJournal) SyncSoon()            {}
func (countingJournal) Compact()             {}
func (countingJournal) Room() error          { return nil }
