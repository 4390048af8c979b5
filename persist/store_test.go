package persist

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"perigee/engine"
)

// tightDisk is the real file system with a free space that a test can set.
type tightDisk struct {
	disk
	free atomic.Int64
}

func newTightDisk() *tightDisk {
	d := &tightDisk{}
	d.free.Store(1 << 40)
	return d
}

func (d *tightDisk) Free(string) (int64, error) { return d.free.Load(), nil }

// fastDir is a directory in memory where the system has one: these tests sync
// a great deal, and what they are about is not the disk.
func fastDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "persist")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func storeOptions(dir string, fs fileSystem) Options {
	return Options{Dir: dir, Policy: Always, SegmentBytes: 64 << 10, FoldAfter: 1, Reserve: 1 << 30, foldBytes: 8 << 10, fs: fs}
}

// reopen opens a store and compares what it recovers with want.
func reopen(t *testing.T, o Options, want *model) *Store {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	got := newModel()
	if _, err := s.Recover(got, modelDatabases); err != nil {
		t.Fatal(err)
	}
	if d := want.diff(got); d != "" {
		t.Fatalf("written and recovered differ: %s", d)
	}
	if got.lastGen < want.lastGen || got.lastNS < want.lastNS {
		t.Fatalf("ids are %d and %d, were %d and %d", got.lastGen, got.lastNS, want.lastGen, want.lastNS)
	}
	return s
}

func write(s *Store, w *writer, n int) {
	for range n {
		s.journal.Append(w.next())
		s.journal.Flush()
	}
}

func folded(s *Store) bool {
	s.folder.mu.Lock()
	defer s.folder.mu.Unlock()
	return len(s.folder.queue) == 0 || s.folder.err != nil
}

// rounds is how often a test does what takes long: Badger's arenas are dear
// under the race detector, where tests are run with -short.
func rounds() int {
	if testing.Short() {
		return 1
	}
	return 2
}

func TestWhatIsWrittenIsRecovered(t *testing.T) {
	for seed := range uint64(rounds()) {
		w, o := newWriter(seed), storeOptions(fastDir(t), newTightDisk())
		for round := range 5 {
			s := reopen(t, o, w.model)
			write(s, w, 300)
			if round%2 == 0 {
				waitFor(t, "the folder", func() bool { return folded(s) })
			}
			if err := s.Close(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		_ = reopen(t, o, w.model).Close()
	}
}

// TestAFoldThatIsCutShortIsFinished stops a fold before its 1st, 2nd, 3rd …
// transaction, until it is not stopped any more. Recovery after each must show
// all that was written, whatever part of the fold Badger has.
func TestAFoldThatIsCutShortIsFinished(t *testing.T) {
	for seed := range uint64(rounds()) {
		w, o := newWriter(seed), storeOptions(fastDir(t), newTightDisk())
		o.FoldAfter, o.foldBytes = 1<<40, 64<<10
		for n, cut := 1, true; cut; n++ {
			s := reopen(t, o, w.model)
			write(s, w, 40)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			cut = foldUpTo(t, o, 25, n)
		}
		s := reopen(t, o, w.model)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, o, w)
	}
}

// TestABlobThatIsHalfRemovedIsRemoved stops a fold that removes a long value
// before each of its records, of which the pages can be found by the index
// alone.
func TestABlobThatIsHalfRemovedIsRemoved(t *testing.T) {
	for n, cut := 1, true; cut; n++ {
		w, o := newWriter(0), storeOptions(fastDir(t), newTightDisk())
		o.FoldAfter = 1 << 40
		unit := func(effects ...engine.Effect) {
			s := reopen(t, o, w.model)
			w.unit = w.unit[:0]
			for _, f := range effects {
				w.do(f)
			}
			s.journal.Append(w.unit)
			s.journal.Flush()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		field := engine.Effect{Op: engine.OpFieldPut, Key: []byte("key"), Gen: 1, Elem: []byte("field"), Value: make([]byte, 4*longValue)}
		unit(engine.Effect{Op: engine.OpObject, Key: field.Key, Kind: engine.KindHash, Gen: field.Gen}, field)
		if foldUpTo(t, o, 1, 1<<30) {
			t.Fatal("the fold was cut short")
		}
		field.Op, field.Value = engine.OpFieldDel, nil
		unit(field)
		cut = foldUpTo(t, o, 1, n)
		nothingLeft(t, o, w)
	}
}

// foldUpTo folds the whole journal in transactions of a few records and stops
// before the nth; it returns whether it came to that.
func foldUpTo(t *testing.T, o Options, records, n int) (cut bool) {
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.release(); err != nil {
			t.Fatal(err)
		}
	}()
	if err := s.settle(); err != nil {
		t.Fatal(err)
	}
	s.state.records = records
	s.state.before = func() error {
		if n--; n < 0 {
			return errInjected
		}
		return nil
	}
	err = s.state.foldAll(s)
	if err != nil && !errors.Is(err, errInjected) {
		t.Fatal(err)
	}
	return err != nil
}

// foldAll folds all that the journal held when the store was opened.
func (s *state) foldAll(st *Store) error {
	return s.foldUnits(st.opts, st.found.segments, st.found.at.next-1,
		func() error { return nil }, func(time.Duration) bool { return true })
}

func TestSweepingLeavesNothingBehind(t *testing.T) {
	w, o := newWriter(3), storeOptions(fastDir(t), newTightDisk())
	for range 3 {
		s := reopen(t, o, w.model)
		write(s, w, 300)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	nothingLeft(t, o, w)
}

// nothingLeft folds and sweeps all there is and checks that Badger has no
// record that belongs to nothing.
func nothingLeft(t *testing.T, o Options, w *writer) {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	if err := errors.Join(s.settle(), s.finishFold(), s.state.foldAll(s)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.state.load(newModel(), modelDatabases); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if more, err = s.state.sweep(); err != nil {
			t.Fatal(err)
		}
	}
	live := map[uint64]bool{}
	for _, g := range w.liveGenerations() {
		live[g] = true
	}
	named := func(what string, tag byte, ok func(rk []byte) bool) {
		err := s.state.each([]byte{tag}, func(rk, _ []byte) (bool, error) {
			if !ok(rk) {
				t.Errorf("%s that belongs to nothing: %x", what, clip(rk))
			}
			return true, nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	ofLive := func(rk []byte) bool { return live[binary.BigEndian.Uint64(rk[1:])] }
	named("element", tagElement, ofLive)
	named("deadline", tagDeadline, func(rk []byte) bool {
		field, err := s.state.get(append([]byte{tagElement}, rk[1:]...))
		return err == nil && field != nil && ofLive(rk)
	})
	named("page", tagPage, ofLive)
	named("length", tagLength, ofLive)
	named("key", tagKey, func(rk []byte) bool { return slices.Contains(w.shown, binary.BigEndian.Uint64(rk[1:])) })
	named("blob index", tagBlobIndex, func(rk []byte) bool {
		id, _ := parseBlobID(rk[1:])
		owner, err := s.state.get(rk)
		if err != nil {
			t.Fatal(err)
		}
		value, err := s.state.get(owner)
		if err != nil {
			t.Fatal(err)
		}
		now, _, ok := parseBlobValue(value)
		return ok && now == id
	})
	named("garbage generation", tagGarbage, func([]byte) bool { return false })
	named("garbage namespace", tagNamespace, func([]byte) bool { return false })
	named("blob", tagBlob, func(rk []byte) bool {
		id, _ := parseBlobID(rk[1:])
		index, err := s.state.get(id.index())
		return err == nil && index != nil
	})
}

func TestASecondProcessIsTold(t *testing.T) {
	o := storeOptions(fastDir(t), disk{})
	o.Reserve = 1
	s := reopen(t, o, newModel())
	defer s.Close()
	if _, err := Open(o); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("in use by another process (pid %d)", os.Getpid())) {
		t.Fatal(err)
	}
}

func TestAnotherFormatIsRefused(t *testing.T) {
	o := storeOptions(fastDir(t), newTightDisk())
	_ = reopen(t, o, newModel()).Close()
	name := filepath.Join(o.Dir, formatName)
	if err := os.WriteFile(name, []byte("perigee data format 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(o); err == nil || !strings.Contains(err.Error(), "format 2") {
		t.Fatal(err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(o); err == nil || !strings.Contains(err.Error(), "FORMAT is missing") {
		t.Fatal(err)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	o := storeOptions(filepath.Join(fastDir(t), "new"), newTightDisk())
	s := reopen(t, o, newModel())
	defer s.Close()
	for _, name := range []string{"", journalDirName, badgerDirName, lockName, formatName, journalDirName + "/" + watermarkName} {
		info, err := os.Stat(filepath.Join(o.Dir, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

func TestRepairGivesUpWhatCannotBeRead(t *testing.T) {
	o := storeOptions(fastDir(t), newTightDisk())
	o.FoldAfter = 1 << 30
	w := newWriter(9)
	s := reopen(t, o, w.model)
	write(s, w, 50)
	half := newWriter(9)
	for range 50 {
		half.next()
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, o, w.model)
	write(s, w, 50)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	segments, _ := filepath.Glob(filepath.Join(o.Dir, journalDirName, "*"+segmentSuffix))
	damageFirstUnitFrom(t, segments, 51)
	_, err := Open(o)
	var damaged *DamageError
	if !errors.As(err, &damaged) || damaged.First != 51 || !strings.Contains(err.Error(), "perigee journal repair --dir "+o.Dir) {
		t.Fatal(err)
	}
	gaveUp, err := Repair(o)
	if err != nil || len(gaveUp) != 1 {
		t.Fatalf("%q, %v", gaveUp, err)
	}
	_ = reopen(t, o, half.model).Close()
	if gaveUp, err := Repair(o); err != nil || len(gaveUp) != 0 {
		t.Fatalf("a second repair: %q, %v", gaveUp, err)
	}
	if lost, _ := filepath.Glob(filepath.Join(o.Dir, journalDirName, "*"+lostSuffix)); len(lost) == 0 {
		t.Error("nothing was set aside")
	}
}

// damageFirstUnitFrom flips a byte behind the first mark of the segment that
// begins with unit seq.
func damageFirstUnitFrom(t *testing.T, segments []string, seq uint64) {
	for _, name := range segments {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m, _, ok := parseMark(b[segHeaderSize:]); ok && m.next == seq {
			b[segHeaderSize+markSize+frameSize] ^= 1
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no segment begins with unit %d", seq)
}

func TestALossInBadgerIsNoticed(t *testing.T) {
	o := storeOptions(fastDir(t), newTightDisk())
	w := newWriter(5)
	s := reopen(t, o, w.model)
	write(s, w, 300)
	waitFor(t, "the folder", func() bool { return folded(s) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	st, err := openState(o.Dir, false, o.withDefaults().Log)
	if err != nil {
		t.Fatal(err)
	}
	lost := st.fold.batchFirst + uint64(len(st.batches))/2
	b := st.db.NewTransaction(true)
	if err := errors.Join(b.Delete(tagged(tagBatch, lost)), b.Commit(), st.db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = Open(o)
	var damaged *StateDamageError
	if !errors.As(err, &damaged) || damaged.Batch != lost {
		t.Fatal(err)
	}
	if gaveUp, err := Repair(o); err != nil || len(gaveUp) != 1 {
		t.Fatalf("%q, %v", gaveUp, err)
	}
	_ = reopen(t, o, w.model).Close()
}

func TestAnEngineIsRecovered(t *testing.T) {
	o := storeOptions(fastDir(t), newTightDisk())
	var applied uint64
	for round := range 3 {
		s, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		e := engine.New(engine.Options{})
		l := e.NewLoader()
		r, err := s.Recover(l, len(e.Namespaces()))
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if want := round * 4000; e.Keys() != want || r.Last < applied {
			t.Fatalf("round %d: %d keys, want %d; last unit %d", round, e.Keys(), want, r.Last)
		}
		for i := range 4000 {
			f := engine.Effect{Op: engine.OpString, DB: i % 3, Key: fmt.Appendf(nil, "key%d.%d", round, i), Value: make([]byte, 50)}
			applied = s.Journal().Append(f.Append(nil))
			s.Journal().Flush()
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilledProcessesLoseNothing runs a child that writes units, kills it and
// checks that the directory holds exactly a prefix of the units, with all
// that the child was told are safe.
func TestKilledProcessesLoseNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, policy := range []Policy{Always, EverySecond, Never} {
		dir, last := fastDir(t), uint64(0)
		for cycle := range rounds() {
			child := exec.Command(os.Args[0], "-test.run=^TestChildThatWrites$")
			child.Env = append(os.Environ(), "PERSIST_CHILD="+dir, "PERSIST_POLICY="+policy.String())
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			lines, stop := bufio.NewScanner(out), 20+rng.IntN(400)
			for n := 0; n < stop && lines.Scan(); n++ {
				if seq, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil {
					last = max(last, seq)
				}
			}
			_ = child.Process.Signal(syscall.SIGKILL)
			for lines.Scan() {
				if seq, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil {
					last = max(last, seq)
				}
			}
			_ = child.Wait()
			checkPrefix(t, dir, last, fmt.Sprintf("%v, cycle %d", policy, cycle))
		}
	}
}

const childSeed = 77

func checkPrefix(t *testing.T, dir string, least uint64, what string) {
	t.Helper()
	s, err := Open(storeOptions(dir, newTightDisk()))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	got := newModel()
	r, err := s.Recover(got, modelDatabases)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if r.Last < least {
		t.Fatalf("%s: %d units, %d were released", what, r.Last, least)
	}
	want := newWriter(childSeed)
	for range r.Last {
		want.next()
	}
	if d := want.diff(got); d != "" {
		t.Fatalf("%s: after %d units: %s", what, r.Last, d)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestChildThatWrites(t *testing.T) {
	dir := os.Getenv("PERSIST_CHILD")
	if dir == "" {
		t.Skip("run by TestKilledProcessesLoseNothing")
	}
	o := storeOptions(dir, newTightDisk())
	o.Policy, _ = ParsePolicy(os.Getenv("PERSIST_POLICY"))
	wake := make(chan struct{}, 1)
	o.Notify = func() { signal(wake) }
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	w := newWriter(childSeed)
	r, err := s.Recover(newModel(), modelDatabases)
	if err != nil {
		t.Fatal(err)
	}
	for range r.Last {
		w.next()
	}
	for told := r.Last; ; {
		write(s, w, 3)
		if released := s.journal.Released(); released > told {
			told = released
			fmt.Println(told)
		}
		if s.journal.appended > told+50 {
			<-wake
		}
	}
}

func TestTheReserveFollowsTheVolume(t *testing.T) {
	for volume, want := range map[int64]int64{100 << 20: 64 << 20, 1000 << 20: 100 << 20, 2 << 40: 256 << 20} {
		if got := usualReserve(volume); got != want {
			t.Errorf("%d MB on a volume of %d MB; want %d", got>>20, volume>>20, want>>20)
		}
	}
}

func TestALowerReserveLetsWritesGoOn(t *testing.T) {
	fs := newTightDisk()
	fs.free.Store(200 << 20)
	o := storeOptions(fastDir(t), fs) // which leaves 1 GB free
	s := reopen(t, o, newModel())
	defer s.Close()
	j := s.Journal()
	waitFor(t, "the refusal", func() bool { return j.Room() != nil })
	if err := s.SetReserve(100 << 20); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "room", func() bool { return j.Room() == nil })
}
