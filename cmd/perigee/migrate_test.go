package main

import (
	"context"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"

	"perigee/engine/reference"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// TestMigrateRound moves keys of all types and encodings from one server to a
// real Redis, by its own MIGRATE to a second server, and back.
func TestMigrateRound(t *testing.T) {
	ports := []string{reference.FreePort(t), reference.FreePort(t)}
	servers := []*child{startServer(t, "--port", ports[0], "--save", "", "--appendonly", "no"), startServer(t, "--port", ports[1], "--save", "", "--appendonly", "no")}
	a := migrationEnd(t, "127.0.0.1:"+ports[0])
	b := migrationEnd(t, "127.0.0.1:"+ports[1])
	redis := migrationEnd(t, transcript.StartReference(t).Addr())
	long := strings.Repeat("long", 40)
	for _, line := range []string{"SET s hello", "SET i 12345 PX 100000000", "SET w " + long, "RPUSH l a b 3", "RPUSH q " + strings.Repeat("element ", 3000),
		"RPUSH p a " + strings.Repeat("x", 9000) + " b", "SADD n 1 2 70000", "SADD m a b 3", "SADD t " + long + " b", "HSET h f v g 12", "HSET k f " + long,
		"ZADD z 1 a 2.5 b", "ZADD y 1 " + long + " -inf b"} {
		a.do(strings.Fields(line)...)
	}
	want := a.contents()
	for _, hop := range [][2]end{{a, redis}, {redis, b}, {b, a}} {
		hop[0].moveTo(hop[1])
		if got := hop[1].contents(); got != want {
			t.Fatalf("at %s:\n%s\nwant:\n%s", hop[1].addr, got, want)
		}
		if left := hop[0].do("DBSIZE"); left.Int != 0 {
			t.Fatalf("%d keys are left at %s", left.Int, hop[0].addr)
		}
	}
	a.do("SET", "s", "other")
	b.do("SET", "s", "mine")
	if got := a.try("MIGRATE", "127.0.0.1", ports[1], "s", "0", "60000"); string(got.Str) != "ERR Target instance replied with error: BUSYKEY Target key name already exists." {
		t.Errorf("a key that is there: %s", got.Str)
	}
	servers[1].stop(syscall.SIGTERM)
	if got := a.try("MIGRATE", "127.0.0.1", ports[1], "s", "0", "1000"); string(got.Str) != "IOERR error or timeout connecting to the client" {
		t.Errorf("a server that is gone: %s", got.Str)
	}
}

// end is one end of a migration.
type end struct {
	t    *testing.T
	addr string
	conn *resp.Conn
}

func migrationEnd(t *testing.T, addr string) end {
	conn, err := resp.Dial(context.Background(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return end{t, addr, conn}
}

func (e end) try(args ...string) resp.Value {
	v, err := e.conn.Do(args...)
	if err != nil {
		e.t.Fatal(err)
	}
	return v
}

func (e end) do(args ...string) resp.Value {
	v := e.try(args...)
	if v.Err() != nil {
		e.t.Fatalf("%s at %s: %v", args[0], e.addr, v.Err())
	}
	return v
}

func (e end) keys() []string {
	var keys []string
	for _, v := range e.do("KEYS", "*").Elems {
		keys = append(keys, string(v.Str))
	}
	slices.Sort(keys)
	return keys
}

func (e end) moveTo(other end) {
	host, port, _ := net.SplitHostPort(other.addr)
	e.do(append([]string{"MIGRATE", host, port, "", "0", "60000", "KEYS"}, e.keys()...)...)
}

// contents are all keys with their values; sets and hashes sorted.
func (e end) contents() string {
	readers := map[string][]string{"string": {"GET"}, "list": {"LRANGE", "0", "-1"}, "set": {"SMEMBERS"}, "hash": {"HGETALL"}, "zset": {"ZRANGE", "0", "-1", "WITHSCORES"}}
	var b strings.Builder
	for _, k := range e.keys() {
		kind := string(e.do("TYPE", k).Str)
		v := e.do(slices.Insert(slices.Clone(readers[kind]), 1, k)...)
		var parts []string
		for _, p := range v.Elems {
			parts = append(parts, string(p.Str))
		}
		if kind == "set" || kind == "hash" {
			slices.Sort(parts)
		}
		b.WriteString(k + " " + kind + " " + string(v.Str) + strings.Join(parts, ",") + "\n")
		if ttl := e.do("PTTL", k).Int; (ttl > 0) != (k == "i") {
			b.WriteString("has a wrong deadline\n")
		}
	}
	return b.String()
}
