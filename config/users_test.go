package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestUsersInEveryForm defines the same users in files of all formats, by flags
// and in the environment.
func TestUsersInEveryForm(t *testing.T) {
	want := []string{`alice on ">p w" ~a* +@read`, "bob off"}
	for name, text := range map[string]string{
		"p.toml":     `user = ['alice on ">p w" ~a* +@read', "bob off"]`,
		"p.yaml":     "user:\n- alice on \">p w\" ~a* +@read\n- bob off\n",
		"redis.conf": "user alice on \">p w\" ~a* +@read\nuser bob off\n",
	} {
		got, err := load(t, name, text, nil)
		if err != nil || !slices.Equal(got.Config.Clients.Users, want) {
			t.Errorf("%s: %q, %v", name, got.Config.Clients.Users, err)
		}
	}
	got, err := Load(Sources{Flags: map[string][]string{"user": want}})
	if err != nil || !slices.Equal(got.Config.Clients.Users, want) {
		t.Errorf("flags: %q, %v", got.Config.Clients.Users, err)
	}
	t.Setenv("PERIGEE_USER", "carol on nopass +ping")
	if got, err = Load(Sources{}); err != nil || !slices.Equal(got.Config.Clients.Users, []string{"carol on nopass +ping"}) {
		t.Errorf("environment: %q, %v", got.Config.Clients.Users, err)
	}
	_, err = Load(Sources{Flags: map[string][]string{"aclfile": {"users.acl"}}})
	if err == nil || !strings.Contains(err.Error(), "aclfile") {
		t.Errorf("users and a file: %v", err)
	}
}

// TestRewriteWritesUsers has CONFIG REWRITE write the users as they are, and
// CONFIG GET show none of them.
func TestRewriteWritesUsers(t *testing.T) {
	for name, texts := range map[string][2]string{
		"p.toml":     {"port = 7000\nuser = [\"alice on\"] # them\n", "port = 7000\nuser = \"\\\"alice off\\\" \\\"bob on #00\\\"\" # them\n"},
		"redis.conf": {"# first\nuser alice on\nport 7000\nuser carol on\n", "# first\nuser alice off\nuser bob on #00\nport 7000\n"},
	} {
		path := filepath.Join(t.TempDir(), name)
		writeFile(t, path, texts[0])
		loaded, err := Load(Sources{File: path})
		if err != nil {
			t.Fatal(err)
		}
		p := NewParameters(loaded)
		p.SetUsers([]string{"alice off", "bob on #00"})
		if err := p.Rewrite(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != texts[1] {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
		if shown := append(p.Get("user"), p.Get("use*")...); len(shown) > 0 {
			t.Errorf("%s: shown: %v", name, shown)
		}
		again, err := Load(Sources{File: path})
		if err != nil || !slices.Equal(again.Config.Clients.Users, []string{"alice off", "bob on #00"}) {
			t.Errorf("%s: again %q, %v", name, again.Config.Clients.Users, err)
		}
	}
}
