package engine_test

import (
	"bytes"
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"perigee/engine"
	"perigee/engine/transcript"
)

var update = flag.Bool("update", false, "rewrite the transcripts' replies")

// memoryJournal keeps units in memory, so that a restart can replay them.
type memoryJournal struct{ units [][]byte }

func (j *memoryJournal) Append(u []byte) uint64 {
	j.units = append(j.units, bytes.Clone(u))
	return uint64(len(j.units))
}
func (j *memoryJournal) Flush()           {}
func (j *memoryJournal) Released() uint64 { return uint64(len(j.units)) }
func (j *memoryJournal) Synced() uint64   { return uint64(len(j.units)) }
func (j *memoryJournal) SyncSoon()        {}
func (j *memoryJournal) Compact()         {}
func (j *memoryJournal) Room() error      { return nil }

// target makes an engine target whose restarts replay all that was written.
func target(t *testing.T, label string, proto int, settings engine.Settings) *transcript.Engine {
	t.Helper()
	j := &memoryJournal{}
	target := &transcript.Engine{Label: label, Proto: proto}
	target.New = func(clock func() time.Time) (*engine.Engine, error) {
		s := settings
		e := engine.New(engine.Options{Clock: clock, Seed: 7, Settings: &s})
		l := e.NewLoader()
		for _, u := range j.units {
			if err := l.Unit(u); err != nil {
				return nil, err
			}
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		e.UseJournal(j, uint64(len(j.units)))
		return e, nil
	}
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	return target
}

func transcripts(t *testing.T) []string {
	files, err := filepath.Glob("testdata/*.resp")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	return files
}

func settings() engine.Settings {
	s := engine.DefaultSettings()
	s.DebugCommand = "yes"
	return s
}

func TestTranscriptsRESP2(t *testing.T) {
	for _, file := range transcripts(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			transcript.Run(t, file, target(t, "resp2", 2, settings()), transcript.Options{Update: *update})
		})
	}
}

func TestTranscriptsRESP3(t *testing.T) {
	for _, file := range transcripts(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			transcript.Run(t, file, target(t, "resp3", 3, settings()), transcript.Options{Flatten: true})
		})
	}
}

// TestTranscriptsWithRestarts restarts after every step at which no
// connection holds state.
func TestTranscriptsWithRestarts(t *testing.T) {
	for _, file := range transcripts(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			tg := target(t, "restart", 2, settings())
			transcript.Run(t, file, tg, transcript.Options{Between: func() error {
				if !tg.Idle() {
					return nil
				}
				return tg.Restart()
			}, Skip: ofEncoding})
		})
	}
}

// TestTranscriptsWithTinyThresholds makes every collection take its large
// encoding at once.
func TestTranscriptsWithTinyThresholds(t *testing.T) {
	s := settings()
	s.HashMaxListpackEntries, s.SetMaxIntsetEntries, s.SetMaxListpackEntries, s.ZSetMaxListpackEntries, s.ListMaxListpackSize = 0, 0, 0, 0, 1
	for _, file := range transcripts(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			tg := target(t, "tiny", 2, s)
			transcript.Run(t, file, tg, transcript.Options{Skip: ofEncoding, Between: func() error { return tg.Engine.Check() }})
		})
	}
}

// ofEncoding names commands whose reply depends on how a value is held.
func ofEncoding(args [][]byte) bool {
	name := strings.ToLower(string(args[0]))
	return name == "object" || name == "dump" || name == "memory" || name == "debug" || strings.HasSuffix(name, "scan")
}

func TestTranscriptsAgainstReference(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for real time")
	}
	ref := transcript.StartReference(t)
	for _, file := range transcripts(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if err := ref.Flush(); err != nil {
				t.Fatal(err)
			}
			transcript.Run(t, file, ref, transcript.Options{Reference: true})
		})
	}
}
