package scripting_test

import (
	"flag"
	"path/filepath"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/transcript"
	"perigee/scripting"
)

var update = flag.Bool("update", false, "rewrite the transcripts' replies")

// surface lists the transcripts of what clients see of scripts and functions.
func surface(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.resp")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	return files
}

func surfaceTarget(t *testing.T, label string, proto int) *transcript.Engine {
	t.Helper()
	target := &transcript.Engine{Label: label, Proto: proto}
	target.New = func(clock func() time.Time) (*engine.Engine, error) {
		s := scripting.New(nil, nil)
		settings := engine.DefaultSettings()
		settings.DebugCommand = "yes"
		e := engine.New(engine.Options{Commands: s.Commands(), Clock: clock, Seed: 7, Settings: &settings})
		s.Attach(e)
		return e, nil
	}
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	return target
}

func TestTranscriptsOfScriptsRESP2(t *testing.T) {
	for _, file := range surface(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			transcript.Run(t, file, surfaceTarget(t, "resp2", 2), transcript.Options{Update: *update})
		})
	}
}

func TestTranscriptsOfScriptsRESP3(t *testing.T) {
	for _, file := range surface(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			transcript.Run(t, file, surfaceTarget(t, "resp3", 3), transcript.Options{Flatten: true})
		})
	}
}

func TestTranscriptsOfScriptsAgainstReference(t *testing.T) {
	ref := transcript.StartReference(t)
	for _, file := range surface(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if err := ref.Flush(); err != nil {
				t.Fatal(err)
			}
			transcript.Run(t, file, ref, transcript.Options{Reference: true})
		})
	}
}
