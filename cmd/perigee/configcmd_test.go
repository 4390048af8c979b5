package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/engine/reference"
	"perigee/engine/resp"
)

// startRedis starts redis-server on a Unix socket and connects to it, or skips the test.
func startRedis(t *testing.T) *resp.Conn {
	t.Helper()
	return connectTo(t, reference.Start(t))
}

func connectTo(t *testing.T, socket string) *resp.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := resp.Dial(ctx, "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// inOrder is a reply's text, of a map by its keys.
func inOrder(v resp.Value) string {
	if len(v.Elems)%2 != 0 || len(v.Elems) == 0 {
		return v.Format()
	}
	var pairs []string
	for i := 0; i < len(v.Elems); i += 2 {
		pairs = append(pairs, v.Elems[i].Format()+" "+v.Elems[i+1].Format())
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "\n")
}

// TestCONFIGAnswersAsRedisDoes sends the same commands to both servers.
func TestCONFIGAnswersAsRedisDoes(t *testing.T) {
	theirs := startRedis(t)
	ours := connectTo(t, startServer(t, "--ephemeral").socket)
	for _, line := range strings.Split(strings.TrimSpace(`
CONFIG
CONFIG FOO
CONFIG GET
CONFIG GET a
CONFIG GET hz
CONFIG GET HZ
CONFIG GET hz HZ
CONFIG GET hz* HZ nothing
CONFIG GET nothing*
CONFIG GET slaveof replicaof
CONFIG GET *ziplist*
CONFIG GET rename-command
CONFIG GET include
CONFIG SET
CONFIG SET a
CONFIG SET a b c
CONFIG SET hz 20 foo bar
CONFIG SET hz 20 hz 30
CONFIG SET hz 20 HZ 30
CONFIG GET hz
CONFIG SET databases 3
CONFIG SET DATABASES 3 foo bar
CONFIG SET foo bar databases 3
CONFIG SET timeout b hz 30 databases 3
CONFIG SET timeout b hz x
CONFIG SET hz 30 timeout b
CONFIG GET hz
CONFIG SET dir /tmp
CONFIG SET dbfilename x
CONFIG SET unixsocketperm 700
CONFIG SET appendonly maybe
CONFIG SET save "900 1 300 10"
CONFIG GET save
CONFIG SET save ""
CONFIG GET save
CONFIG SET save "1"
CONFIG SET slave-priority 3 replica-priority 4
CONFIG GET *-priority
CONFIG SET client-output-buffer-limit "slave 1mb 1mb 5"
CONFIG GET client-output-buffer-limit
CONFIG SET notify-keyspace-events KEA
CONFIG GET notify-keyspace-events
CONFIG SET lua-time-limit 4000
CONFIG GET busy-reply-threshold
CONFIG SET maxmemory 1gb
CONFIG GET maxmemory
CONFIG SET rename-command "a b"
CONFIG SET port abc
CONFIG SET port 65536
CONFIG SET bind 203.0.113.7
CONFIG SET maxclients 0
CONFIG SET shutdown-on-sigint "now force"
CONFIG GET shutdown-*
CONFIG RESETSTAT
CONFIG RESETSTAT x
CONFIG REWRITE
CONFIG REWRITE x
SHUTDOWN foo
SHUTDOWN SAVE NOSAVE
SHUTDOWN ABORT
SHUTDOWN ABORT NOW
SHUTDOWN NOSAVE ABORT
MULTI
SHUTDOWN
EXEC
`), "\n") {
		words, err := resp.SplitArgs([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		args := make([]string, len(words))
		for i, word := range words {
			args[i] = string(word)
		}
		want, err := theirs.Do(args...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ours.Do(args...)
		if err != nil {
			t.Fatal(err)
		}
		if inOrder(got) != inOrder(want) {
			t.Errorf("%s: got\n%s\nreference:\n%s", line, inOrder(got), inOrder(want))
		}
	}
}
