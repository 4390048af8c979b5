package engine

import (
	"fmt"
	"testing"
)

// BenchmarkZSet measures commands on a large sorted set, and those of a rate
// limiter on a small one.
func BenchmarkZSet(b *testing.B) {
	te := newTestEngine(b)
	te.UseJournal(countingJournal{}, 0)
	const n = 1 << 17
	line := func(format string, args ...any) [][]byte { return words(fmt.Sprintf(format, args...)) }
	run := func(name string, argv func(i int) [][]byte) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				te.Execute(te.c, argv(i))
				te.c.Sent(te.c.Out.Len())
			}
		})
	}
	add, change := make([][][]byte, n), make([][][]byte, n)
	for i := range add {
		add[i] = line("ZADD z %d element:%012d", i*7919%n, i)
		change[i] = line("ZADD z %d element:%012d", i*104729%n, i*7919%n)
		te.Execute(te.c, add[i])
	}
	te.c.Sent(te.c.Out.Len())
	run("ZADD", func(i int) [][]byte { return change[i%n] })
	score := line("ZSCORE z member")
	run("ZSCORE", func(i int) [][]byte { score[2] = add[i*31%n][3]; return score })
	rank := line("ZRANK z member")
	run("ZRANK", func(i int) [][]byte { rank[2] = add[i*31%n][3]; return rank })
	byRank := line("ZRANGE z 1000 1009 WITHSCORES")
	run("ZRANGE", func(int) [][]byte { return byRank })
	byScore := line("ZRANGEBYSCORE z 50000 inf LIMIT 0 10")
	run("ZRANGEBYSCORE", func(int) [][]byte { return byScore })
	card := line("ZCARD z")
	run("ZCARD", func(int) [][]byte { return card })

	for i := range 100 {
		te.do(fmt.Sprintf("ZADD small 17000000%05d request:%d", i, i))
	}
	hit := make([][][]byte, 1024)
	for i := range hit {
		hit[i] = line("ZADD small 17000000%05d request:%d", 100+i, i%100)
	}
	run("ZADD/small", func(i int) [][]byte { return hit[i%len(hit)] })
	purge := line("ZREMRANGEBYSCORE small -inf 1600000000000")
	run("ZREMRANGEBYSCORE/small", func(int) [][]byte { return purge })
}
