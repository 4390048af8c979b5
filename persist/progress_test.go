package persist

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/engine"
)

// slowTarget takes a second for everything.
type slowTarget struct{}

func (slowTarget) Apply(*engine.Effect) error { time.Sleep(time.Second); return nil }
func (slowTarget) Unit([]byte) error          { time.Sleep(time.Second); return nil }
func (slowTarget) SetIDs(uint64, uint64)      {}

func TestRecoveryTellsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := watchProgress(slowTarget{}, slog.New(slog.NewTextHandler(&out, nil)), 4*time.Second+time.Millisecond)
		for range 5 {
			if err := p.Apply(&engine.Effect{}); err != nil {
				t.Fatal(err)
			}
		}
		for range 5 {
			if err := p.Unit(nil); err != nil {
				t.Fatal(err)
			}
		}
		p.stop()
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "records=5 units=0 took=4s") || !strings.Contains(lines[1], "records=5 units=4 took=8s") {
			t.Fatalf("logged:\n%s", out.String())
		}
	})
}
