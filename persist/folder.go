package persist

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// A folder is the goroutine that folds sealed segments into Badger and sweeps
// what they left behind. It alone uses the state while it runs, and never
// touches the keyspace; stop ends it.
type folder struct {
	s    *state
	opts Options
	wake chan struct{}
	quit chan struct{}
	done sync.WaitGroup

	garbage bool // there may be something to sweep

	mu    sync.Mutex
	queue []segment // sealed, synced, not yet folded
	bytes int64     // of these
	upTo  uint64    // units up to here are to be folded however few they are
	err   error     // why folding has ended
}

const (
	// foldAgain is how long folding waits when the disk is nearly full.
	foldAgain = time.Second
	// manySegments are folded however small they are.
	manySegments = 64
)

func startFolder(s *state, opts Options, left []segment) *folder {
	f := &folder{s: s, opts: opts, wake: make(chan struct{}, 1), quit: make(chan struct{}), garbage: true}
	for _, seg := range left {
		f.add(seg)
	}
	f.done.Add(1)
	go f.run()
	return f
}

// add queues a segment; any goroutine may call it.
func (f *folder) add(seg segment) {
	f.mu.Lock()
	f.queue = append(f.queue, seg)
	f.bytes += seg.length
	f.mu.Unlock()
	signal(f.wake)
}

// compact has units up to seq folded once their segments are sealed; any
// goroutine may call it.
func (f *folder) compact(seq uint64) {
	f.mu.Lock()
	f.upTo = max(f.upTo, seq)
	f.mu.Unlock()
	signal(f.wake)
}

// stop ends folding after the step that is going on.
func (f *folder) stop() error {
	close(f.quit)
	f.done.Wait()
	return f.err
}

func (f *folder) stopping() bool {
	select {
	case <-f.quit:
		return true
	default:
		return false
	}
}

func (f *folder) run() {
	defer f.done.Done()
	for !f.stopping() {
		did, err := f.step()
		var pause <-chan time.Time
		stop := func() {}
		switch {
		case isFull(err):
			pause, stop = f.opts.clock.After(foldAgain)
		case err != nil:
			f.opts.Log.Error("folding the journal has failed and ends; the journal keeps everything until the next start", "err", err)
			f.mu.Lock()
			f.err = err
			f.mu.Unlock()
			return
		case did:
			continue
		}
		select {
		case <-f.quit:
		case <-f.wake:
		case <-pause:
		}
		stop()
	}
}

// step folds a segment or sweeps a little; did is false if nothing is due.
func (f *folder) step() (did bool, err error) {
	if seg, due := f.due(); due {
		if err := f.fold(seg); err != nil {
			return false, err
		}
		if f.s.fold.position < seg.end.next-1 {
			return false, nil // stopped on the way
		}
		f.mu.Lock()
		f.queue, f.bytes = f.queue[1:], f.bytes-seg.length
		f.mu.Unlock()
		return true, nil
	}
	if !f.garbage {
		return false, nil
	}
	if err := f.room(); err != nil {
		return false, err
	}
	f.garbage, err = f.s.sweep()
	return f.garbage, err
}

// due returns the oldest segment if enough lies behind it.
func (f *folder) due() (segment, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		return segment{}, false
	}
	if f.bytes <= f.opts.FoldAfter && len(f.queue) <= manySegments && f.queue[0].begin.next > f.upTo {
		return segment{}, false
	}
	return f.queue[0], true
}

// rest is how long folding rests for each moment that it works, so that
// clients have the processor: the less, the more there is to fold.
func (f *folder) rest() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.bytes > 4*f.opts.FoldAfter || f.stopping():
		return 0
	case f.bytes > 2*f.opts.FoldAfter:
		return 2
	}
	return 9
}

// room returns an error when the disk is so full that Badger, which dies of a
// full disk, must not be written to.
func (f *folder) room() error {
	free, err := f.opts.fs.Free(f.s.dir)
	if err == nil && free < f.opts.reserve.Load()/2 {
		err = fmt.Errorf("%d bytes left on the disk of %s: %w", free, f.s.dir, syscall.ENOSPC)
	}
	return err
}

// fold folds a segment and removes it, unless it is stopped on the way.
func (f *folder) fold(seg segment) error {
	began := time.Now()
	pause := func(took time.Duration) bool {
		rest := f.rest()
		if rest == 0 {
			return !f.stopping()
		}
		c, stop := f.opts.clock.After(rest * took)
		defer stop()
		select {
		case <-c:
			return true
		case <-f.quit:
			return false
		}
	}
	last := seg.end.next - 1
	if err := f.s.foldUnits(f.opts, []segment{seg}, last, f.room, pause); err != nil || f.s.fold.position < last {
		return err
	}
	f.garbage = true
	f.opts.Log.Debug("folded a journal segment", "segment", seg.number, "units", seg.units(), "took", time.Since(began))
	return f.opts.fs.Remove(seg.name)
}

// foldUnits folds the units of segments behind the position, up to unit last.
// It goes in steps, each of which notes its intent, writes the records, then
// the new position. room is asked before each step writes; pause is called
// after it with the time it took, and ends the folding by returning false. It
// may be called again after an error.
func (s *state) foldUnits(o Options, segs []segment, last uint64, room func() error, pause func(time.Duration) bool) error {
	r := &foldRun{s: s, fold: newFold(s), most: o.foldBytes, last: last, room: room, pause: pause, began: time.Now()}
	for _, seg := range segs {
		err := seg.replay(o.fs, s.fold.position, r.unit)
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			// What was gathered is not written, nor are its blobs.
			return errors.Join(fmt.Errorf("fold %s: %w", seg.name, err), s.readBlobIndex())
		}
	}
	return nil
}

// errEnough ends a foldRun.
var errEnough = errors.New("folded enough")

// A foldRun feeds a fold and has it written each time enough was gathered.
type foldRun struct {
	s        *state
	fold     *fold
	most     int    // bytes to gather
	last     uint64 // the last unit to fold
	room     func() error
	pause    func(time.Duration) bool
	gathered int
	began    time.Time
}

func (r *foldRun) unit(seq uint64, unit []byte) error {
	if err := r.fold.unit(seq, unit); err != nil {
		return err
	}
	if r.gathered += len(unit); r.gathered < r.most && seq < r.last {
		return nil
	}
	if err := r.room(); err != nil {
		return err
	}
	if err := r.fold.write(seq); err != nil {
		return err
	}
	if seq >= r.last || !r.pause(time.Since(r.began)) {
		return errEnough
	}
	r.gathered, r.began = 0, time.Now()
	return nil
}
