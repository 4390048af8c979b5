package glob

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	cases := []struct {
		pattern, s string
		nocase     bool
		want       bool
	}{
		{"", "", false, true},
		{"", "a", false, false},
		{"a", "", false, false},
		{"*", "", false, false},
		{"*", "abc", false, true},
		{"**", "abc", false, true},
		{"a*", "a", false, true},
		{"a**", "a", false, true},
		{"a*b", "ab", false, true},
		{"a*b", "axxbxb", false, true},
		{"a*b", "axxbxc", false, false},
		{"*a*b*", "xaxbx", false, true},
		{"*ab", "aab", false, true},
		{"*?", "a", false, true},
		{"?*?", "a", false, false},
		{"a?c", "abc", false, true},
		{"a?", "a", false, false},
		{"[abc]", "b", false, true},
		{"[abc]", "d", false, false},
		{"[^abc]", "d", false, true},
		{"[^abc]", "a", false, false},
		{"[a-c]x", "bx", false, true},
		{"[c-a]x", "bx", false, true},
		{"[a-c]", "d", false, false},
		{"[]", "a", false, false},
		{"[^]", "a", false, true},
		{"[", "a", false, false},
		{"[", "[", false, false},
		{"[^", "a", false, true},
		{"[ab", "b", false, true},
		{"[a-", "-", false, true},
		{"[a-]", "]", false, true},
		{"[a-]", "b", false, false},
		{"[-a]", "-", false, true},
		{`[\]]`, "]", false, true},
		{`[a\-z]`, "-", false, true},
		{`[a\-z]`, "b", false, false},
		{`[\`, `\`, false, true},
		{`\*`, "*", false, true},
		{`\*`, "a", false, false},
		{`a\`, `a\`, false, true},
		{`\a`, "a", false, true},
		{`[!a]`, "b", false, false},
		{"]", "]", false, true},
		{"[a-\xff]", "b", false, false},
		{"[a-\xff]", "a", false, true},
		{"[a-\xff]", "\xff", false, true},
		{"\x00*", "\x00a", false, true},
		{"ABC", "abc", false, false},
		{"ABC", "abc", true, true},
		{"[A-C][X]", "bx", true, true},
		{`[\B]`, "b", true, false},
		{`\B`, "b", true, true},
		{"[Z-a]", "b", true, false},
		{"Ä", "ä", true, false},
	}
	for _, c := range cases {
		if got := MatchString(c.pattern, c.s, c.nocase); got != c.want {
			t.Errorf("pattern %q, subject %q, nocase %v: %v", c.pattern, c.s, c.nocase, got)
		}
	}
}

func TestShapesOfPatterns(t *testing.T) {
	for pattern, want := range map[string][2]bool{
		"":      {true, false},
		"abc-]": {true, false},
		"*":     {false, true},
		"**":    {false, false},
		"a?":    {false, false},
		"[a]":   {false, false},
		`a\`:    {false, false},
	} {
		if got := [2]bool{IsLiteral([]byte(pattern)), IsAll([]byte(pattern))}; got != want {
			t.Errorf("pattern %q: literal, all = %v", pattern, got)
		}
	}
}

// matchSlowly is the definition: each star tries every length.
func matchSlowly(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return matchSlowly(pattern[1:], s) || s != "" && matchSlowly(pattern, s[1:])
	case s == "":
		return false
	}
	next, ok := matchByte([]byte(pattern), 0, s[0], false)
	return ok && matchSlowly(pattern[next:], s[1:])
}

func FuzzMatch(f *testing.F) {
	f.Add("a*[^b-d]?\\*", "axxe?*")
	f.Add("*[", "aaa")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		MatchString(pattern, s, true)
		got := MatchString(pattern, s, false)
		if len(pattern) > 12 || len(s) > 12 || s == "" {
			return
		}
		if want := matchSlowly(pattern, s); got != want {
			t.Fatalf("pattern %q, subject %q: %v, want %v", pattern, s, got, want)
		}
		if IsLiteral([]byte(pattern)) && got != (pattern == s) {
			t.Fatalf("literal %q, subject %q: %v", pattern, s, got)
		}
	})
}

// With a search that tried all stars this would not end in a lifetime.
func TestManyStarsStayCheap(t *testing.T) {
	if MatchString(strings.Repeat("a*", 200)+"b", strings.Repeat("a", 5000), false) {
		t.Fatal("matched without a b")
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, pattern := range []string{"user:*", "*:42:*", "user:[0-9]*:name"} {
		b.Run(pattern, func(b *testing.B) {
			p, s := []byte(pattern), []byte("user:000042:name")
			b.ReportAllocs()
			for b.Loop() {
				Match(p, s, false)
			}
		})
	}
}
