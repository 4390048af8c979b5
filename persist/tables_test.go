package persist

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"perigee/engine"
)

// TestDamageInBadgerIsMetOrHarmless flips bytes and removes files of a Badger
// store. It must then be refused, or give all that was written: Badger itself
// would go on without what follows a damaged block.
func TestDamageInBadgerIsMetOrHarmless(t *testing.T) {
	const keys = 4000
	o := storeOptions(fastDir(t), newTightDisk())
	storeKeys(t, o, keys)
	files, err := os.ReadDir(filepath.Join(o.Dir, badgerDirName))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for _, file := range files {
		try := func(what string, damage func(name string) error) {
			damaged := o
			damaged.Dir = fastDir(t)
			if err := os.CopyFS(damaged.Dir, os.DirFS(o.Dir)); err != nil {
				t.Fatal(err)
			}
			if err := damage(filepath.Join(damaged.Dir, badgerDirName, file.Name())); err != nil {
				t.Fatal(err)
			}
			if n, err := countKeys(damaged); err == nil && n != keys {
				t.Errorf("%s %s: %d of %d keys", file.Name(), what, n, keys)
			}
			_ = os.RemoveAll(damaged.Dir)
		}
		try("removed", os.Remove)
		flips := 3
		if filepath.Ext(file.Name()) == ".sst" {
			flips = 30
		}
		for range flips {
			try("with a flipped bit", func(name string) error { return flip(name, rng) })
		}
	}
}

// storeKeys writes keys and has them folded into one of Badger's tables.
func storeKeys(t *testing.T, o Options, n int) {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recover(newModel(), modelDatabases); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		f := engine.Effect{Op: engine.OpString, Key: fmt.Appendf(nil, "key %d", i), Value: fmt.Appendf(nil, "value of key %0100d", i)}
		s.journal.Append(f.Append(nil))
		s.journal.Flush()
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	foldUpTo(t, o, 25, 1<<30)
}

func flip(name string, rng *rand.Rand) error {
	b, err := os.ReadFile(name)
	if err != nil || len(b) == 0 {
		return err
	}
	b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
	return os.WriteFile(name, b, 0o600)
}

func countKeys(o Options) (int, error) {
	s, err := Open(o)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	got := newModel()
	_, err = s.Recover(got, modelDatabases)
	return len(got.db(0)), err
}

// TestAFullDiskDoesNotEndTheProcess closes a store on a full disk, which
// Badger would not survive, and looks that it opens elsewhere.
func TestAFullDiskDoesNotEndTheProcess(t *testing.T) {
	disk := newTightDisk()
	o := storeOptions(fastDir(t), disk)
	o.Reserve = 1
	w := newWriter(8)
	s := reopen(t, o, w.model)
	write(s, w, 300)
	waitFor(t, "the folder", func() bool { return folded(s) })
	disk.free.Store(leastFree - 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(o); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("opened on a full disk: %v", err)
	}
	disk.free.Store(1 << 40)
	elsewhere := o
	elsewhere.Dir = fastDir(t)
	if err := os.CopyFS(elsewhere.Dir, os.DirFS(o.Dir)); err != nil {
		t.Fatal(err)
	}
	if err := reopen(t, elsewhere, w.model).Close(); err != nil {
		t.Fatal(err)
	}
}
