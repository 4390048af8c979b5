package engine

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

func TestDebugIsForThoseAllowed(t *testing.T) {
	te := newTestEngine(t)
	peer := Peer{Addr: "192.0.2.1:5", IP: netip.MustParseAddr("192.0.2.1")}
	if _, err := te.Connect(peer, nil); err == nil {
		t.Fatal("protected mode lets in")
	}
	te.settings.ProtectedMode = false
	far, err := te.Connect(peer, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		setting   string
		near, far bool
	}{{"no", false, false}, {"local", true, false}, {"yes", true, true}} {
		te.settings.DebugCommand = c.setting
		if got := te.do("DEBUG SLEEP 0") == "+OK\r\n"; got != c.near {
			t.Errorf("%s: from here: %v", c.setting, got)
		}
		if got := te.on(far, "DEBUG SLEEP 0") == "+OK\r\n"; got != c.far {
			t.Errorf("%s: from elsewhere: %v", c.setting, got)
		}
	}
}

func TestDebugObject(t *testing.T) {
	te := filled(t)
	te.settings.DebugCommand = "yes"
	const head = `^\+Value at:0x[0-9a-f]+ refcount:%R encoding:%E serializedlength:%L lru:\d+ lru_seconds_idle:0`
	for _, c := range []struct{ key, refs, encoding, length, tail string }{
		{"s", "1", "embstr", "6", ""}, {"i", "1", "int", "3", ""}, {"n", "1", "intset", "21", ""},
		{"h", "1", "listpack", "19", ""}, {"l", "1", "listpack", "18", ""}, {"m", "1", "listpack", "7", ""},
		{"q", "1", "quicklist", `\d+`, ` ql_nodes:2 ql_avg_node:750.00 ql_listpack_max:-2 ql_compressed:0 ql_uncompressed_size:13514`},
	} {
		want := strings.NewReplacer("%R", c.refs, "%E", c.encoding, "%L", c.length).Replace(head) + c.tail + "\r\n$"
		if got := te.do("DEBUG OBJECT " + c.key); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: %q does not match %s", c.key, got, want)
		}
	}
	te.do("SET small 7")
	if got := te.do("DEBUG OBJECT small"); !strings.Contains(got, "refcount:2147483647 encoding:int") {
		t.Errorf("a small integer: %s", got)
	}
}

// TestDebugReload goes on after a reload: what is recorded then must fit to
// what was recorded before.
func TestDebugReload(t *testing.T) {
	te := newTestEngine(t)
	j := &fakeJournal{}
	te.UseJournal(j, 0)
	te.settings.DebugCommand = "yes"
	for key, payload := range filled(t).payloads() {
		te.restore(key, payload)
	}
	work := []string{"LINSERT q BEFORE element new", "LPUSH q first", "RPOP p", "HSET h z 1", "HDEL k f", "SADD t x", "ZADD y 3 c", "APPEND b tail",
		"SETRANGE b 69000 y", "EXPIRE l 1000", "COPY q q2", "SELECT 2", "RPUSH l a", "SWAPDB 1 2", "SELECT 0"}
	for range 3 {
		before, units := te.dump(), len(j.units)
		if got := te.do("DEBUG RELOAD"); got != "+OK\r\n" {
			t.Fatal(got)
		}
		if after := te.dump(); after != before {
			t.Fatalf("after the reload:\n%s\nwant:\n%s", after, before)
		}
		if len(j.units) != units {
			t.Fatal("a reload is recorded")
		}
		if err := te.Check(); err != nil {
			t.Fatal(err)
		}
		for _, line := range work {
			te.do(line)
		}
		checkReplayed(t, te, j)
		checkUndone(t, te, work[:10])
	}
}

func TestDebugReloadKeepsAccess(t *testing.T) {
	te := newTestEngine(t)
	te.settings.DebugCommand = "yes"
	te.do("SET a 1")
	te.advance(100e9)
	te.do("DEBUG RELOAD")
	if got := te.do("OBJECT IDLETIME a"); got != ":100\r\n" {
		t.Fatal(got)
	}
}

func TestDebugReloadIsRefusedWhereItCannotBeUndone(t *testing.T) {
	te := newTestEngine(t)
	te.settings.DebugCommand = "yes"
	te.do("SET a 1")
	te.do("MULTI")
	te.do("DEBUG RELOAD")
	if got := te.do("EXEC"); got != "*1\r\n-"+errReloadNested.Error()+"\r\n" {
		t.Fatal(got)
	}
}

func TestDebugTables(t *testing.T) {
	te := filled(t)
	te.settings.DebugCommand = "yes"
	for line, want := range map[string]string{
		"HTSTATS 0": "number of elements: 23", "HTSTATS 1": "No stats available", "HTSTATS-KEY t": "number of elements: 2",
		"HTSTATS-KEY k": "number of elements: 1", "HTSTATS-KEY y": "number of elements: 2", "SDSLEN w": "val_sds_len:160",
		"SDSLEN b": "val_sds_len:70001", "QUICKLIST q": "Quicklist structure printed", "HELP": "DIGEST-VALUE",
	} {
		if got := te.do("DEBUG " + line); !strings.Contains(got, want) {
			t.Errorf("%s: %s", line, got)
		}
	}
}
