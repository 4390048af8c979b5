package engine

import (
	"fmt"
	"testing"
)

// BenchmarkExecute measures a command from its arguments to its reply,
// without a socket.
func BenchmarkExecute(b *testing.B) {
	value := make([]byte, 64)
	for _, journal := range []bool{false, true} {
		te := newTestEngine(b)
		if journal {
			te.UseJournal(countingJournal{}, 0)
		}
		keys := make([][]byte, 100000)
		for i := range keys {
			keys[i] = fmt.Appendf(nil, "key:%012d", i)
			te.Execute(te.c, [][]byte{[]byte("SET"), keys[i], value})
		}
		te.c.Sent(te.c.Out.Len())
		for _, name := range []string{"GET", "SET"} {
			b.Run(fmt.Sprintf("%s/journal=%v", name, journal), func(b *testing.B) {
				b.ReportAllocs()
				argv := [][]byte{[]byte(name), nil, value}
				if name == "GET" {
					argv = argv[:2]
				}
				for i := range b.N {
					argv[1] = keys[i*7919%len(keys)]
					te.Execute(te.c, argv)
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
func (countingJournal) Room() error          { return nil }
