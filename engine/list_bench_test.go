package engine

import (
	"fmt"
	"testing"
)

// BenchmarkLists measures list commands from their arguments to their reply,
// without a socket: pushes and pops on a growing and shrinking list, a queue
// that stays short, and ranges.
func BenchmarkLists(b *testing.B) {
	for _, bench := range []struct {
		name    string
		lines   []string
		prepare int
	}{
		{"LPUSH", []string{"LPUSH l element:00"}, 0},
		{"RPUSH", []string{"RPUSH l element:00"}, 0},
		{"LPUSH-1000", []string{"LPUSH l element:00"}, 1000},
		{"RPOP", []string{"RPOP l"}, -1},
		{"LPOP", []string{"LPOP l"}, -1},
		{"queue", []string{"LPUSH l element:00", "RPOP l"}, 10},
		{"queue of one", []string{"LPUSH l element:00", "RPOP l"}, 0},
		{"RPOPLPUSH", []string{"RPOPLPUSH l l"}, 1000},
		{"LRANGE_100", []string{"LRANGE l 0 99"}, 1000},
		{"LRANGE_600", []string{"LRANGE l 0 599"}, 1000},
		{"LINDEX middle", []string{"LINDEX l 5000"}, 10000},
	} {
		b.Run(bench.name, func(b *testing.B) {
			te := newTestEngine(b)
			te.UseJournal(countingJournal{}, 0)
			n := bench.prepare
			if n < 0 {
				n = b.N + 1
			}
			for i := range n {
				te.Execute(te.c, words(fmt.Sprintf("RPUSH l element:%d", i)))
				te.c.Sent(te.c.Out.Len())
			}
			var argvs [][][]byte
			for _, line := range bench.lines {
				argvs = append(argvs, words(line))
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
