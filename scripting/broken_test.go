package scripting

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"perigee/engine"
)

// restarted makes a server of stored libraries, and what it logged.
func restarted(t *testing.T, stored map[string]string) (*server, string) {
	t.Helper()
	var log bytes.Buffer
	s := New(nil, slog.New(slog.NewTextHandler(&log, nil)))
	e := engine.New(engine.Options{Commands: s.Commands(), Seed: 1})
	loader := e.NewLoader()
	for name, source := range stored {
		if err := loader.Apply(&engine.Effect{Op: engine.OpSystemPut, Key: []byte("function/" + name), Value: []byte(source)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := loader.Close(); err != nil {
		t.Fatal(err)
	}
	s.Attach(e)
	c, err := e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &server{e, s, c}, log.String()
}

const (
	brokenSource = "#!lua name=shop\nredis.register_function('buy', function() return 1 +"
	wholeSource  = "#!lua name=shop\nredis.register_function('buy', function() return 7 end)"
	otherSource  = "#!lua name=other\nredis.register_function('sell', function() return 8 end)"
)

// TestStoredLibraryThatDoesNotLoad has a server start with a library that is
// broken, serve the others, say what is wrong, and go on when it is mended.
func TestStoredLibraryThatDoesNotLoad(t *testing.T) {
	const why = "Error compiling function: user_function:2: unexpected symbol near '<eof>'"
	for _, end := range []struct {
		command []string
		then    string // FCALL's reply
	}{
		{[]string{"FUNCTION", "LOAD", "REPLACE", wholeSource}, "(integer) 7"},
		{[]string{"FUNCTION", "DELETE", "shop"}, "(error) ERR Function not found"},
		{[]string{"FUNCTION", "FLUSH"}, "(error) ERR Function not found"},
	} {
		v, log := restarted(t, map[string]string{"shop": brokenSource, "other": otherSource})
		if !strings.Contains(log, "library=shop") || !strings.Contains(log, why) {
			t.Errorf("the log does not tell: %s", log)
		}
		if got := v.do(t, "FCALL", "sell", "0"); got != "(integer) 8" {
			t.Errorf("a function of another library: %s", got)
		}
		if got, want := v.do(t, "FCALL", "buy", "0"), "(error) ERR Function not found; library 'shop' does not load: "+why; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := v.do(t, "FUNCTION", "LIST", "LIBRARYNAME", "shop", "WITHCODE"); !strings.Contains(got, "return 1 +") {
			t.Errorf("its source is not listed: %s", got)
		}
		if got := v.do(t, "FUNCTION", "LOAD", wholeSource); got != "(error) ERR Library 'shop' already exists" {
			t.Errorf("loaded without REPLACE: %s", got)
		}
		if got := v.do(t, end.command...); strings.HasPrefix(got, "(error)") {
			t.Errorf("%q: %s", end.command, got)
		}
		if got := v.do(t, "FCALL", "buy", "0"); got != end.then {
			t.Errorf("after %q: %s, want %s", end.command, got, end.then)
		}
	}
}

// TestStoredLibrariesThatShareAName has the one that comes first keep it.
func TestStoredLibrariesThatShareAName(t *testing.T) {
	v, log := restarted(t, map[string]string{"shop": wholeSource, "also": strings.Replace(wholeSource, "shop", "also", 1)})
	if !strings.Contains(log, "library=shop") || !strings.Contains(log, "Function buy already exists") {
		t.Errorf("the log does not tell: %s", log)
	}
	if got := v.do(t, "FCALL", "buy", "0"); got != "(integer) 7" {
		t.Error(got)
	}
}

// TestStoredLibraryIsLoadedUnderNoTighterLimit has a limit that came since a
// library was loaded not take it away.
func TestStoredLibraryIsLoadedUnderNoTighterLimit(t *testing.T) {
	s := New(nil, nil)
	settings := engine.DefaultSettings()
	settings.ScriptLimits.Memory = 1000
	e := engine.New(engine.Options{Commands: s.Commands(), Settings: &settings})
	loader := e.NewLoader()
	source := "#!lua name=shop\nredis.log(redis.LOG_DEBUG, ('x'):rep(2000000)) redis.register_function('buy', function() return 7 end)"
	if err := loader.Apply(&engine.Effect{Op: engine.OpSystemPut, Key: []byte("function/shop"), Value: []byte(source)}); err != nil {
		t.Fatal(err)
	}
	if err := loader.Close(); err != nil {
		t.Fatal(err)
	}
	s.Attach(e)
	if lib := s.library.byName["shop"]; lib.broken != nil {
		t.Error(lib.broken)
	}
	if _, err := s.loadLibrary(source); err == nil {
		t.Error("the limit is none")
	}
}
