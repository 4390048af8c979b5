package config

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestEverySettingIsDeclaredWhole(t *testing.T) {
	seen := map[string]bool{}
	name := regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
	for _, s := range Settings() {
		for _, n := range []string{s.Name, s.Alias} {
			if n != "" && seen[n] {
				t.Errorf("%s is declared twice", n)
			}
			seen[n] = true
		}
		if !name.MatchString(s.Name) {
			t.Errorf("%q is no name for a setting", s.Name)
		}
		if s.Group == "" {
			t.Errorf("%s: its group has no title", s.Name)
		}
		if s.Origin != "redis" && s.Origin != "perigee" {
			t.Errorf("%s: origin %q", s.Name, s.Origin)
		}
		if !strings.HasSuffix(s.Doc, ".") || strings.Contains(s.Doc, ". ") {
			t.Errorf("%s: doc is not one sentence: %q", s.Name, s.Doc)
		}
		field := reflect.TypeFor[Config]().Field(s.group).Type.Field(s.field)
		if live := field.Tag.Get("live"); live != "yes" && live != "no" && live != "protected" {
			t.Errorf("%s: live %q", s.Name, live)
		}
		if _, ok := field.Tag.Lookup("default"); !ok {
			t.Errorf("%s: no default", s.Name)
		}
		switch field.Type.Kind() {
		case reflect.Int, reflect.Int64, reflect.Uint32:
			if field.Tag.Get("max") == "" && !s.composite() {
				t.Errorf("%s: a number without bounds", s.Name)
			}
		}
	}
}

func TestDefaultsAreValidAndKeepTheirText(t *testing.T) {
	c := Default()
	if problems := c.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, s := range Settings() {
		text := s.format(&c)
		again := Default()
		if err := s.parse(&again, text); err != nil {
			t.Errorf("%s: its own text %q: %v", s.Name, text, err)
		}
		if got := s.format(&again); got != text {
			t.Errorf("%s: %q became %q", s.Name, text, got)
		}
	}
}

func TestParseSpeaksAsRedisDoes(t *testing.T) {
	const (
		noInteger = "argument couldn't be parsed into an integer"
		noMemory  = "argument must be a memory value"
		noEvent   = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."
		noLimit   = "Error in hard, soft or soft_seconds setting in buffer limit configuration."
		noSave    = "Invalid save parameters"
	)
	for _, c := range []struct{ key, text, want, err string }{
		{"maxmemory", "100mb", "104857600", ""},
		{"maxmemory", "100MB", "104857600", ""},
		{"maxmemory", "1k", "1000", ""},
		{"maxmemory", "1b", "1", ""},
		{"maxmemory", "", "0", ""},
		{"maxmemory", "abc", "", noMemory},
		{"maxmemory", "-1", "", noMemory},
		{"maxmemory", "1.5gb", "", noMemory},
		{"maxmemory", "10%", "", noMemory},
		{"maxmemory", " 1", "", noMemory},
		{"maxmemory", "kb", "", noMemory},
		{"maxmemory", "99999999999999999999", "", noMemory},
		{"maxmemory", "9999999999gb", "", noMemory},
		{"maxmemory-policy", "ALLKEYS-LRU", "allkeys-lru", ""},
		{"maxmemory-policy", "foo", "", "argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction"},
		{"appendfsync", "x", "", "argument(s) must be one of the following: everysec, always, no"},
		{"loglevel", "foo", "", "argument(s) must be one of the following: debug, verbose, notice, warning"},
		{"appendonly", "YES", "yes", ""},
		{"appendonly", "maybe", "", "argument must be 'yes' or 'no'"},
		{"port", "99999", "", "argument must be between 0 and 65535 inclusive"},
		{"port", "abc", "", noInteger},
		{"port", "12.5", "", noInteger},
		{"port", "", "", noInteger},
		{"port", "+1", "", noInteger},
		{"timeout", "-1", "", "argument must be between 0 and 2147483647 inclusive"},
		{"maxclients", "0", "", "argument must be between 1 and 4294967295 inclusive"},
		{"proto-max-bulk-len", "1", "", "argument must be between 1048576 and 9223372036854775807 inclusive"},
		{"slowlog-log-slower-than", "-5", "", "argument must be between -1 and 9223372036854775807 inclusive"},
		{"list-max-listpack-size", "-6", "-6", ""},
		{"hash-max-listpack-value", "1kb", "1024", ""},
		{"hash-max-listpack-entries", "1kb", "", noInteger},
		{"unixsocketperm", "700", "700", ""},
		{"unixsocketperm", "780", "", "argument must be an octal number between 0 and 0777"},
		{"notify-keyspace-events", "KEA", "AKE", ""},
		{"notify-keyspace-events", "gKE", "gKE", ""},
		{"notify-keyspace-events", "AKn", "AK", ""},
		{"notify-keyspace-events", "mnK", "nKm", ""},
		{"notify-keyspace-events", "g$lshzxetdK", "AK", ""},
		{"notify-keyspace-events", "KQ", "", noEvent},
		{"client-output-buffer-limit", "normal 1mb 2mb 60 replica 0 0 0", "normal 1048576 2097152 60 slave 0 0 0 pubsub 33554432 8388608 60", ""},
		{"client-output-buffer-limit", "normal 0 0 0 NORMAL 1 1 1", "normal 1 1 1 slave 268435456 67108864 60 pubsub 33554432 8388608 60", ""},
		{"client-output-buffer-limit", "normal 0 0", "", "Wrong number of arguments in buffer limit configuration."},
		{"client-output-buffer-limit", "master 0 0 0", "", "Invalid client class specified in buffer limit configuration."},
		{"client-output-buffer-limit", "normal x 0 0", "", noLimit},
		{"client-output-buffer-limit", "normal 1mb 0 -1", "", noLimit},
		{"save", "900 1 300 10", "900 1 300 10", ""},
		{"save", "1 0", "1 0", ""},
		{"save", "", "", ""},
		{"save", "900", "", noSave},
		{"save", "900 x", "", noSave},
		{"save", "0 1", "", noSave},
		{"save", "1 -1", "", noSave},
		{"save", " 1  1 ", "", noSave},
		{"bind", `127.0.0.1  -::1`, "127.0.0.1 -::1", ""},
		{"bind", `"127.0.0.1`, "", "argument has unbalanced quotes"},
		{"module", `rate.burst=10 "Rate.say=a b"`, `"Rate.say=a b" rate.burst=10`, ""},
		{"module", `rate.burst`, "", "argument must be words of the form name.key=value"},
		{"module", `rate.burst=1 rate.BURST=2`, "", "argument names rate.burst twice"},
	} {
		s := settingNamed(t, c.key)
		config := Default()
		before := s.format(&config)
		err := s.parse(&config, c.text)
		got := s.format(&config)
		switch {
		case c.err == "" && (err != nil || got != c.want):
			t.Errorf("%s %q: got %q, %v; want %q", c.key, c.text, got, err, c.want)
		case c.err != "" && (err == nil || err.Error() != c.err):
			t.Errorf("%s %q: got error %v; want %s", c.key, c.text, err, c.err)
		case c.err != "" && got != before:
			t.Errorf("%s %q: was refused and yet changed the value to %q", c.key, c.text, got)
		}
	}
}

func settingNamed(t testing.TB, name string) Setting {
	t.Helper()
	for _, s := range Settings() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no setting %s", name)
	return Setting{}
}

func FuzzParseKeepsItsText(f *testing.F) {
	f.Add(`normal 1mb 2mb 60`)
	f.Add(`a "b c" 'd' \`)
	f.Add(`rate.burst=10 "x.y=z \" \\"`)
	f.Add(`KEA`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range Settings() {
			c := Default()
			if s.parse(&c, text) != nil {
				continue
			}
			once := s.format(&c)
			if err := s.parse(&c, once); err != nil {
				t.Fatalf("%s: %q became %q, which is refused: %v", s.Name, text, once, err)
			}
			if twice := s.format(&c); twice != once {
				t.Fatalf("%s: %q became %q, then %q", s.Name, text, once, twice)
			}
		}
	})
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
