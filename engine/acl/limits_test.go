package acl

import (
	"errors"
	"testing"
)

// TestLimits gives users limits, which must survive an ACL file.
func TestLimits(t *testing.T) {
	us := NewUsers(commands())
	us.LimitNames = []string{"script-time-limit", "script-memory-limit"}
	for _, test := range []struct{ rules, shown string }{
		{"script-memory-limit=1000 script-time-limit=5", "off sanitize-payload script-time-limit=5 script-memory-limit=1000 resetchannels -@all"},
		{"SCRIPT-time-limit=7", "off sanitize-payload script-time-limit=7 script-memory-limit=1000 resetchannels -@all"},
		{"on nopass ~k (~s +get)", "on nopass sanitize-payload script-time-limit=7 script-memory-limit=1000 ~k resetchannels -@all (~s resetchannels -@all +get)"},
		{"script-time-limit=0", "on nopass sanitize-payload script-memory-limit=1000 ~k resetchannels -@all (~s resetchannels -@all +get)"},
		{"resetlimits", "on nopass sanitize-payload ~k resetchannels -@all (~s resetchannels -@all +get)"},
		{"script-time-limit=9 reset", "off sanitize-payload resetchannels -@all"},
		{"script-time-limit=9223372036854775807", "off sanitize-payload script-time-limit=9223372036854775807 resetchannels -@all"},
	} {
		u := set(t, us, "u", test.rules)
		if got, want := u.String(), "user u "+test.shown; got != want {
			t.Errorf("%s:\n got %s\nwant %s", test.rules, got, want)
		}
		text := us.String()
		if _, _, err := us.Load("f", text); err != nil || us.String() != text {
			t.Errorf("%s: %v, the file gives\n%s", test.rules, err, us)
		}
	}
	for rule, want := range map[string]error{
		"script-time-limit=": ErrLimit, "script-time-limit": ErrLimit, "script-time-limit=-1": ErrLimit, "script-time-limit=1e3": ErrLimit,
		"script-time-limit=9223372036854775808": ErrLimit, "script-time=1": ErrSyntax, "(script-time-limit=1)": ErrSyntax,
	} {
		if _, err := us.Set("u", []string{"on", rule}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", rule, err, want)
		}
	}
}
