package config

import (
	"context"
	"strings"
	"testing"
	"time"

	"perigee/engine/reference"
	"perigee/engine/resp"
)

// startReference starts redis-server on a socket of its own, or skips the test.
func startReference(t *testing.T) *resp.Conn {
	t.Helper()
	socket := reference.Start(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := resp.Dial(ctx, "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// ask returns the reply to a command, an error as its text without ERR.
func ask(t *testing.T, conn *resp.Conn, args ...string) (resp.Value, string) {
	t.Helper()
	reply, err := conn.Do(args...)
	if err != nil {
		t.Fatal(err)
	}
	if err := reply.Err(); err != nil {
		return reply, strings.TrimPrefix(err.Error(), "ERR ")
	}
	return reply, ""
}

// asReference is the settings whose meaning, bounds or default differ on purpose.
var asReference = map[string]string{
	"bind":              "checked by the network, not by its text",
	"port":              "the reference listens on no port",
	"tls-port":          "the reference has no certificates",
	"unixsocket":        "the reference's own",
	"unixsocketperm":    "the reference's own",
	"dir":               "the reference's own",
	"appendonly":        "on unless turned off",
	"maxmemory-policy":  "another default may hold",
	"maxclients":        "depends on the limits of the process",
	"requirepass":       "would lock the test out",
	"activedefrag":      "refused by a reference without its allocator",
	"repl-backlog-size": "the reference rounds it up",
	"tls-cluster":       "the reference has no certificates",
	"tls-replication":   "the reference has no certificates",
	"logfile":           "opened at once",
	"syslog-ident":      "named for the program",
}

// TestSettingsAnswerAsRedisDoes compares defaults and the answers to good and
// bad values for all names that both have.
func TestSettingsAnswerAsRedisDoes(t *testing.T) {
	conn := startReference(t)
	values := []string{
		"", "bad!", "yes", "no", "YES", "0", "1", "-1", "99", "100", "2147483647", "2147483648", "4294967296",
		"9223372036854775807", "99999999999999999999", "1k", "1kb", "10%", "100%", "101%", "-5%", " 1", "1 ", "+1", "1.5",
		"optional", "save force", "save nosave", "default", "900 1", "0 200 800", "1 2 99999", "a/b", "{title} {x}", "local",
		"normal 1mb 2mb 3", "normal 1 2",
	}
	compared := 0
	for _, s := range Settings() {
		for _, name := range []string{s.Name, s.Alias} {
			if name == "" || s.hidden || asReference[s.Name] != "" {
				continue
			}
			theirs := referenceValue(t, conn, name)
			if theirs == nil {
				if s.Origin == "redis" {
					t.Logf("the reference has no %s", name)
				}
				continue
			}
			compared++
			p := NewParameters(Loaded{Config: Default()})
			if ours, _ := p.Value(name); ours != *theirs {
				t.Errorf("%s is %q by default; reference: %q", name, ours, *theirs)
			}
			for _, value := range values {
				if s.Unit == "bytes" && len(value) > 19 || s.Name == "maxmemory-clients" && len(value) > 19 {
					continue // the reference takes the largest number for it
				}
				_, want := ask(t, conn, "CONFIG", "SET", name, value)
				got := ""
				if err := p.Set([][2]string{{name, value}}, true); err != nil {
					got = err.Error()
				}
				if strings.HasPrefix(name, "tls-") && strings.Contains(want, "TLS") {
					continue // the reference applies what it then cannot use
				}
				if got != want {
					t.Errorf("CONFIG SET %s %q: got %q; reference: %q", name, value, got, want)
					continue
				}
				ours, _ := p.Value(name)
				if theirs := referenceValue(t, conn, name); theirs == nil || *theirs != ours {
					t.Errorf("after CONFIG SET %s %q it is %q; reference: %v", name, value, ours, theirs)
				}
			}
			ask(t, conn, "CONFIG", "SET", name, *theirs) // for its alias
		}
	}
	t.Logf("%d names compared", compared)
}

func referenceValue(t *testing.T, conn *resp.Conn, name string) *string {
	t.Helper()
	reply, _ := ask(t, conn, "CONFIG", "GET", name)
	if len(reply.Elems) != 2 {
		return nil
	}
	text := string(reply.Elems[1].Str)
	return &text
}

// TestEveryNameOfRedisIsKnown walks the reference's names.
func TestEveryNameOfRedisIsKnown(t *testing.T) {
	conn := startReference(t)
	reply, _ := ask(t, conn, "CONFIG", "GET", "*")
	p := NewParameters(Loaded{Config: Default()})
	for i := 0; i < len(reply.Elems); i += 2 {
		if name := string(reply.Elems[i].Str); p.byName[name] == nil {
			t.Errorf("%s is not known", name)
		}
	}
}
