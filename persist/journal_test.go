package persist

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const testDir = "/d"

// A rig is a journal on a memory disk with a clock moved by hand.
type rig struct {
	t       *testing.T
	disk    *memDisk
	clock   *handClock
	j       *Journal
	wakes   atomic.Int64
	took    atomic.Int64 // the last sync that was told of, in nanoseconds
	fatal   atomic.Pointer[error]
	sealed  chan segment
	segment int64
	compact uint64 // what Compact asked for last
}

func newRig(t *testing.T, disk *memDisk, policy Policy) *rig {
	t.Helper()
	r, err := tryRig(t, disk, policy)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tryRig recovers what is on the disk and continues it.
func tryRig(t *testing.T, disk *memDisk, policy Policy) (*rig, error) {
	r := &rig{t: t, disk: disk, clock: newHandClock(), sealed: make(chan segment, 1000), segment: minSegment}
	names, _ := disk.List(journalDir(testDir))
	if len(names) == 0 {
		if err := createWatermark(disk, journalDir(testDir), 0); err != nil {
			return nil, err
		}
	}
	mark, err := openWatermark(disk, journalDir(testDir))
	if err != nil {
		return nil, err
	}
	in, err := inspect(disk, testDir, 0, mark.value)
	if err != nil {
		return nil, err
	}
	if err := in.settle(disk); err != nil {
		return nil, err
	}
	opts := Options{
		Dir: testDir, Policy: policy, SegmentBytes: r.segment, Reserve: 1,
		Notify:   func() { r.wakes.Add(1) },
		SyncTook: func(d time.Duration) { r.took.Store(int64(d)) },
		Fatal:    func(err error) { r.fatal.Store(&err) },
		fs:       disk, clock: r.clock, briefSync: disk.brief,
	}
	r.j, err = startJournal(opts.withDefaults(), in.at, in.highest, mark, func(s segment) { r.sealed <- s })
	if err == nil {
		r.j.compact = func(seq uint64) { r.compact = seq }
	}
	return r, err
}

// turn is one iteration of a loop that appends the units.
func (r *rig) turn(units ...string) uint64 {
	var seq uint64
	for _, u := range units {
		seq = r.j.Append([]byte(u))
	}
	r.j.Flush()
	return seq
}

// until runs empty iterations until everything up to seq is released.
func (r *rig) until(seq uint64) {
	r.t.Helper()
	waitFor(r.t, fmt.Sprintf("the release of unit %d", seq), func() bool {
		r.j.Flush()
		return r.j.Released() >= seq
	})
}

func (r *rig) close() {
	r.t.Helper()
	if err := r.j.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// unitsOn inspects a disk and returns all units.
func unitsOn(disk *memDisk) (units []string, in *inspection, err error) {
	mark, err := openWatermark(disk, journalDir(testDir))
	if err != nil {
		return nil, nil, err
	}
	in, err = inspect(disk, testDir, 0, mark.value)
	if err != nil {
		return nil, in, err
	}
	err = in.replay(disk, 0, func(_ uint64, u []byte) error {
		units = append(units, string(u))
		return nil
	})
	return units, in, err
}

func numbered(from, to int) []string {
	var units []string
	for i := from; i <= to; i++ {
		units = append(units, fmt.Sprintf("unit %d %s", i, strings.Repeat("x", i%97)))
	}
	return units
}

func TestUnitsComeBackAfterRestarts(t *testing.T) {
	disk := newMemDisk()
	var want []string
	for round := range 5 {
		for _, policy := range []Policy{Always, EverySecond, Never} {
			r := newRig(t, disk, policy)
			for i := range 20 {
				batch := numbered(len(want)+1, len(want)+1+i%4)
				want = append(want, batch...)
				if seq := r.turn(batch...); seq != uint64(len(want)) {
					t.Fatalf("seq %d, want %d", seq, len(want))
				}
			}
			if round%2 == 0 {
				r.close()
			} else {
				r.until(uint64(len(want)))
				disk = disk.kill()
			}
			got, _, err := unitsOn(disk)
			if err != nil {
				t.Fatal(err)
			}
			equalUnits(t, got, want)
		}
	}
}

func equalUnits(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d units, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("unit %d differs", i+1)
		}
	}
}

func TestUnitsLongerThanASegmentAreWhole(t *testing.T) {
	disk := newMemDisk()
	r := newRig(t, disk, Always)
	long := strings.Repeat("long unit ", 400_000)
	want := []string{"first", long, "", "last"}
	r.until(r.turn(want...))
	r.close()
	got, _, err := unitsOn(disk)
	if err != nil {
		t.Fatal(err)
	}
	equalUnits(t, got, want)
}

func TestAlwaysReleasesWhatIsSynced(t *testing.T) {
	disk := newMemDisk()
	disk.brief = -1
	r := newRig(t, disk, Always)
	gate := make(chan struct{})
	disk.mu.Lock()
	disk.gate = gate
	disk.mu.Unlock()
	r.turn("a")
	if got := r.j.Released(); got != 0 {
		t.Fatalf("released %d before the sync", got)
	}
	r.turn("b", "c") // while the sync of a may be running
	waitFor(t, "release", func() bool {
		select {
		case gate <- struct{}{}:
		default:
		}
		return r.j.Released() == 3
	})
	after := disk.crash(nil)
	got, _, err := unitsOn(after)
	if err != nil || len(got) != 3 {
		t.Fatalf("after a power cut: %q, %v", got, err)
	}
	close(gate)
	r.close()
}

func TestTheLoopSyncsWhereThatIsFast(t *testing.T) {
	disk := newMemDisk()
	r := newRig(t, disk, Always)
	r.until(r.turn("a")) // by the syncer, which finds that it is fast
	atOnce := 0
	for i := range 100 {
		seq := r.turn(numbered(i, i)...)
		if r.j.Released() == seq {
			atOnce++
		}
		r.until(seq)
	}
	if atOnce < 90 { // the others found a segment full
		t.Fatalf("%d of 100 units were released at once", atOnce)
	}
	waitFor(t, "the watermark's timer", func() bool {
		r.clock.advance(100 * time.Millisecond)
		after, _, err := unitsOn(disk.crash(nil))
		mark, _ := openWatermark(disk.crash(nil), journalDir(testDir))
		return err == nil && len(after) == 101 && mark.value == 101
	})
	r.close()
}

func TestEverySecondBoundsWhatIsUnsynced(t *testing.T) {
	disk := newMemDisk()
	r := newRig(t, disk, EverySecond)
	gate := make(chan struct{}, 100)
	disk.mu.Lock()
	disk.gate = gate
	disk.mu.Unlock()
	if seq := r.turn("a"); r.j.Released() != seq {
		t.Fatal("a written unit is not released")
	}
	waitFor(t, "the sync's timer", func() bool { r.clock.advance(10 * time.Millisecond); return r.inSync() })
	if seq := r.turn("b"); r.j.Released() != seq {
		t.Fatal("a unit is held while the oldest is younger than a second")
	}
	r.clock.advance(time.Second)
	r.turn("c")
	if got := r.j.Released(); got != 2 {
		t.Fatalf("released %d while unit 1 is unsynced for over a second", got)
	}
	gate <- struct{}{}
	waitFor(t, "the second sync", func() bool {
		select {
		case gate <- struct{}{}:
		default:
		}
		return r.j.Released() == 3
	})
	close(gate)
	r.close()
}

// prepared says whether the preparer has said what it can do.
func (r *rig) prepared() bool {
	r.j.mu.Lock()
	defer r.j.mu.Unlock()
	return r.j.next != nil || r.j.prepErr != nil
}

func (r *rig) inSync() bool {
	r.j.mu.Lock()
	defer r.j.mu.Unlock()
	return !r.j.inSync.IsZero()
}

// A sync that replies wait for is told of if it takes long.
func TestLongSyncsAreToldOf(t *testing.T) {
	for _, c := range []struct {
		policy     Policy
		took, want time.Duration
	}{{Always, 20 * time.Millisecond, 20 * time.Millisecond}, {Always, time.Microsecond, 0}, {EverySecond, 20 * time.Millisecond, 0}} {
		disk := newMemDisk()
		disk.brief = -1
		r := newRig(t, disk, c.policy)
		gate := make(chan struct{})
		disk.mu.Lock()
		disk.gate = gate
		disk.mu.Unlock()
		seq := r.turn("a")
		waitFor(t, "the sync", func() bool {
			if c.policy == EverySecond {
				r.clock.advance(time.Second)
			}
			return disk.held.Load() > 0
		})
		r.clock.advance(c.took)
		close(gate)
		waitFor(t, "the end of the sync", func() bool { return r.j.Synced() >= seq })
		r.close()
		if got := time.Duration(r.took.Load()); got != c.want {
			t.Errorf("policy %v, a sync of %v: told of %v, want %v", c.policy, c.took, got, c.want)
		}
	}
}

func TestNeverReleasesWhatIsWritten(t *testing.T) {
	disk := newMemDisk()
	r := newRig(t, disk, Never)
	durable := func() int {
		units, _, err := unitsOn(disk.crash(nil))
		if err != nil {
			t.Fatal(err)
		}
		return len(units)
	}
	for range 10 {
		if seq := r.turn("a"); r.j.Released() != seq {
			t.Fatal("not released")
		}
		r.clock.advance(time.Hour)
		if got := durable(); got != 0 {
			t.Fatalf("%d units were synced", got)
		}
	}
	r.j.SetPolicy(Always)
	waitFor(t, "the sync after the policy became always", func() bool { return r.j.Synced() == 10 })
	if got := durable(); got != 10 {
		t.Fatalf("%d of 10 units are left by a power cut after the sync", got)
	}
	r.close()
}

// Under any policy a sync can be had, and the loop is told.
func TestSyncSoon(t *testing.T) {
	for _, policy := range []Policy{Always, EverySecond, Never} {
		r := newRig(t, newMemDisk(), policy)
		for i := range 20 {
			seq := r.j.Append([]byte("unit"))
			if i%2 == 0 {
				r.j.Flush()
			}
			wakes := r.wakes.Load()
			r.j.SyncSoon()
			r.j.Flush()
			waitFor(t, "the sync", func() bool { return r.j.Synced() >= seq })
			waitFor(t, "the wake", func() bool { return r.wakes.Load() > wakes })
		}
		r.close()
	}
}

func TestCompactSealsWhatThereIs(t *testing.T) {
	r := newRig(t, newMemDisk(), Never)
	r.j.Compact() // nothing to do
	seq := r.turn("a", "b")
	waitFor(t, "a segment to go on in", r.prepared)
	r.j.Compact()
	if s := <-r.sealed; s.units() != 2 || r.compact != seq {
		t.Errorf("%d units sealed, %d to be folded", s.units(), r.compact)
	}
	r.turn("c")
	r.close()
	if units, _, err := unitsOn(r.disk); err != nil || len(units) != 3 {
		t.Errorf("%q, %v", units, err)
	}
}

func TestAFailedSyncIsFinal(t *testing.T) {
	disk := newMemDisk()
	r := newRig(t, disk, Always)
	r.until(r.turn("a"))
	disk.failOnce("sync", r.j.cur.name, syscall.EIO)
	r.turn("b")
	waitFor(t, "the failure", func() bool { return r.fatal.Load() != nil })
	r.turn("c")
	if got := r.j.Released(); got != 1 {
		t.Fatalf("released %d after a failed sync", got)
	}
	if err := r.j.Room(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Room: %v", err)
	}
	if err := r.j.Close(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Close: %v", err)
	}
}

func TestAFullDiskRefusesAndRecovers(t *testing.T) {
	disk := newMemDisk()
	r := newRig(t, disk, Always)
	disk.setFree(0)
	var want []string
	for r.j.Room() == nil {
		want = append(want, numbered(len(want)+1, len(want)+1)...)
		r.turn(want[len(want)-1])
		waitFor(t, "the preparer", r.prepared)
	}
	if err := r.j.Room(); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("Room: %v", err)
	}
	r.until(uint64(len(want))) // what was accepted is acknowledged
	over := strings.Repeat("more than there is room for ", 500)
	want = append(want, over)
	seq := r.turn(over)
	if r.j.Released() == seq {
		t.Fatal("released a unit that is not written")
	}
	disk.setFree(1 << 30)
	waitFor(t, "room", func() bool {
		r.clock.advance(time.Second)
		r.j.Flush()
		return r.j.Room() == nil
	})
	r.until(seq)
	r.close()
	got, _, err := unitsOn(disk)
	if err != nil {
		t.Fatal(err)
	}
	equalUnits(t, got, want)
}

func TestAWriteThatMeetsAFullDiskIsTriedAgain(t *testing.T) {
	disk := newMemDisk()
	r := newRig(t, disk, EverySecond)
	waitFor(t, "the preparer", r.prepared)
	r.j.mu.Lock()
	disk.failOnce("write", r.j.next.name, syscall.ENOSPC)
	r.j.mu.Unlock()
	seq := r.turn("a")
	if r.j.Released() != 0 || !errors.Is(r.j.Room(), syscall.ENOSPC) {
		t.Fatalf("released %d, room %v", r.j.Released(), r.j.Room())
	}
	r.until(seq)
	if err := r.j.Room(); err != nil {
		t.Fatal(err)
	}
	r.close()
}

// sample writes a journal of a few segments and returns its disk and units.
func sample(t *testing.T, policy Policy) (*memDisk, []string) {
	disk := newMemDisk()
	r := newRig(t, disk, policy)
	units := numbered(1, 150)
	for i := 0; i < len(units); i += 3 {
		r.until(r.turn(units[i : i+3]...))
	}
	disk = disk.kill()
	r.close()
	return disk, units
}

func TestEveryFlippedByteIsMetOrHarmless(t *testing.T) {
	for _, policy := range []Policy{Always, EverySecond} {
		disk, units := sample(t, policy)
		for name, n := range disk.entries {
			for at := range n.data {
				if at > 600 && n.data[at] == 0 && at%61 != 0 {
					continue // the unused rest is all alike
				}
				n.data[at] ^= 0x55
				verdict(t, disk, units, policy, fmt.Sprintf("%s flipped at %d", name, at))
				n.data[at] ^= 0x55
			}
		}
	}
}

func TestEveryTruncationIsMetOrHarmless(t *testing.T) {
	for _, policy := range []Policy{Always, EverySecond} {
		disk, units := sample(t, policy)
		for name, n := range disk.entries {
			whole := n.data
			for at := 0; at < len(whole); at += 1 + at/700 {
				n.data = whole[:at:at]
				verdict(t, disk, units, policy, fmt.Sprintf("%s cut at %d", name, at))
			}
			n.data = whole
			delete(disk.entries, name)
			verdict(t, disk, units, policy, name+" removed")
			disk.entries[name] = n
		}
	}
}

// verdict checks that a damaged disk is refused, or gives all units, or, if
// they were never synced, fewer with a torn tail.
func verdict(t *testing.T, disk *memDisk, units []string, policy Policy, what string) {
	t.Helper()
	got, in, err := unitsOn(disk)
	if err != nil {
		return
	}
	if len(got) > len(units) {
		t.Fatalf("%s: %d units out of %d", what, len(got), len(units))
	}
	equalUnits(t, got, units[:len(got)])
	if len(got) < len(units) && (policy == Always || in.known > uint64(len(got))) {
		t.Fatalf("%s: only %d of %d units came back", what, len(got), len(units))
	}
}

func TestPowerCutsLoseNothingThatWasReleased(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 7))
		policy := Policy(rng.IntN(3))
		disk := newMemDisk()
		disk.brief = time.Duration(rng.IntN(2)) - 1
		var units []string
		promised := uint64(0)
		for range 4 {
			r, err := tryRig(t, disk, policy)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for range rng.IntN(40) {
				units = append(units, numbered(len(units)+1, len(units)+1)[0])
				r.turn(units[len(units)-1])
				if rng.IntN(4) == 0 {
					r.clock.advance(300 * time.Millisecond)
				}
				if rng.IntN(8) == 0 && policy == Always {
					r.until(uint64(len(units)))
				}
				r.j.Released()
				promised = max(promised, r.j.Synced())
			}
			disk = disk.crash(rng)
			_ = r.j.Close() // on the old disk
			got, _, err := unitsOn(disk)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if uint64(len(got)) < promised {
				t.Fatalf("seed %d: %d units after the cut, %d were synced", seed, len(got), promised)
			}
			equalUnits(t, got, units[:len(got)])
			units = units[:len(got)]
		}
	}
}

// TestEveryFailingCall fails the 1st, 2nd, 3rd … call of a run until a run
// meets no fault. Whatever failed, what was released is there afterwards.
func TestEveryFailingCall(t *testing.T) {
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC} {
		for n := 1; ; n++ {
			disk := newMemDisk()
			calls, failed := 0, ""
			disk.fault = func(op, name string) error {
				if calls++; calls != n {
					return nil
				}
				failed = op + " of " + name
				return fault
			}
			units, released := faultyRun(t, disk)
			got, _, err := unitsOn(disk.crash(nil))
			if err != nil && released > 0 {
				t.Fatalf("call %d (%s) failed with %v: %v", n, failed, fault, err)
			}
			if uint64(len(got)) < released {
				t.Fatalf("call %d (%s) failed with %v: %d units, %d released", n, failed, fault, len(got), released)
			}
			equalUnits(t, got, units[:len(got)])
			if failed == "" {
				break
			}
		}
	}
}

func faultyRun(t *testing.T, disk *memDisk) (units []string, released uint64) {
	r, err := tryRig(t, disk, Always)
	if err != nil {
		return nil, 0
	}
	for i := range 14 {
		if err := r.j.Room(); err != nil {
			if r.fatal.Load() != nil {
				break
			}
			r.clock.advance(time.Second)
		}
		units = append(units, strings.Repeat(string(rune('a'+i)), 800))
		seq := r.turn(units[i])
		waitFor(t, "release or failure", func() bool {
			r.clock.advance(time.Second)
			r.j.Flush()
			return r.j.Released() == seq || r.fatal.Load() != nil
		})
	}
	released = r.j.Released()
	_ = r.j.Close()
	return units, released
}

func TestSealedSegmentsAreToldInOrder(t *testing.T) {
	disk := newMemDisk()
	r := newRig(t, disk, Always)
	for i := range 200 {
		r.until(r.turn(numbered(i+1, i+1)...))
	}
	r.close()
	close(r.sealed)
	next := uint64(1)
	for s := range r.sealed {
		if s.begin.next != next {
			t.Fatalf("segment %d begins at %d, want %d", s.number, s.begin.next, next)
		}
		next = s.end.next
	}
	if next != 201 {
		t.Fatalf("sealed up to %d", next-1)
	}
}

func TestAStoredValueCannotPassForAMark(t *testing.T) {
	disk := newMemDisk()
	r := newRig(t, disk, Never)
	forged, _ := mark{salt: 1, next: 2, synced: 1 << 60}.appendTo(nil)
	r.turn("a", string(forged))
	disk = disk.kill()
	r.close()
	for name, n := range disk.entries {
		if filepath.Ext(name) == segmentSuffix && len(n.data) > 110 {
			n.data[segHeaderSize+markSize+2] ^= 1 // tear the first unit
		}
	}
	got, in, err := unitsOn(disk)
	if err != nil || len(got) != 0 || in.torn == 0 {
		t.Fatalf("%q, torn %v, %v", got, in, err)
	}
}

func FuzzReadSegment(f *testing.F) {
	disk := newMemDisk()
	_ = createWatermark(disk, journalDir(testDir), 0)
	b := segHeader{number: 1, salt: 7}.encode()
	b, sum := mark{salt: 7, next: 1}.appendTo(b)
	b, sum = appendUnit(b, sum, []byte("one"))
	b, _ = appendUnit(b, sum, bytes.Repeat([]byte("two"), maxPayload/2))
	f.Add(b[segHeaderSize:200])
	f.Add(b[segHeaderSize:])
	f.Fuzz(func(t *testing.T, body []byte) {
		disk := newMemDisk()
		_ = createWatermark(disk, journalDir(testDir), 0)
		data := append(segHeader{number: 1, salt: 7}.encode(), body...)
		disk.entries[segmentName(journalDir(testDir), 1)] = &memInode{data: data}
		units, in, err := unitsOn(disk)
		if err == nil && uint64(len(units)) != in.at.next-1 {
			t.Fatalf("%d units, next is %d", len(units), in.at.next)
		}
	})
}
