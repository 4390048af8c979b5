package engine

import (
	"fmt"
	"strings"
	"testing"
)

func TestSlowlogShowsNoSecrets(t *testing.T) {
	te := newTestEngine(t)
	te.settings.SlowlogSlowerThan = 0
	for _, line := range []string{
		"AUTH hush", "AUTH default hush", "HELLO 2 SETNAME me AUTH default hush", "HELLO 2 auth default hush",
		"CONFIG SET maxmemory 1 requirepass hush", "CONFIG SET RequirePass hush", "ACL SETUSER u >hush on", "acl setuser hush on",
	} {
		te.do(line)
	}
	got := te.do("SLOWLOG GET -1")
	if strings.Contains(got, "hush") || !strings.Contains(got, "(redacted)") || !strings.Contains(got, "SETNAME") {
		t.Errorf("got %q", got)
	}
}

func TestSlowlogKeepsTheNewest(t *testing.T) {
	te := newTestEngine(t)
	te.settings.SlowlogSlowerThan, te.settings.SlowlogMaxLen = 0, 3
	for i := range 100 {
		te.do(fmt.Sprintf("ECHO %d", i))
	}
	if got := te.do("SLOWLOG LEN"); got != ":3\r\n" {
		t.Errorf("SLOWLOG LEN: got %q", got)
	}
	te.settings.SlowlogMaxLen = 2
	te.do("ECHO last")
	if got := te.do("SLOWLOG LEN"); got != ":2\r\n" {
		t.Errorf("SLOWLOG LEN: got %q", got)
	}
	if n := cap(te.slowlog.entries); n > 100 {
		t.Errorf("room for %d entries is held", n)
	}
}
