package persist

import (
	"fmt"
	"slices"
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

// stop waits for the fold that is going on.
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
	if len(f.queue) == 0 || f.bytes <= f.opts.FoldAfter && len(f.queue) <= manySegments {
		return segment{}, false
	}
	return f.queue[0], true
}

// hurry says whether folding must not lose time to spare the processor.
func (f *folder) hurry() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bytes > 2*f.opts.FoldAfter || f.stopping()
}

// room returns an error when the disk is so full that Badger, which dies of a
// full disk, must not be written to.
func (f *folder) room() error {
	free, err := f.opts.fs.Free(f.s.dir)
	if err == nil && free < f.opts.Reserve/2 {
		err = fmt.Errorf("%d bytes left on the disk of %s: %w", free, f.s.dir, syscall.ENOSPC)
	}
	return err
}

// fold folds a segment and removes it.
func (f *folder) fold(seg segment) error {
	began := time.Now()
	pause := func(took time.Duration) {
		if f.hurry() {
			return
		}
		c, stop := f.opts.clock.After(took)
		defer stop()
		select {
		case <-c:
		case <-f.quit:
		}
	}
	if err := f.s.foldSegments(f.opts, []segment{seg}, f.room, pause); err != nil {
		return err
	}
	f.garbage = true
	f.opts.Log.Debug("folded a journal segment", "segment", seg.number, "units", seg.units(), "took", time.Since(began))
	return f.opts.fs.Remove(seg.name)
}

// foldSegments folds whole segments: it notes the intent, writes the records,
// then the new position. room is asked before each flush, pause is called
// after it with the time it took. It may be called again after an error.
func (s *state) foldSegments(o Options, segs []segment, room func() error, pause func(time.Duration)) (err error) {
	last := segs[len(segs)-1].end.next - 1
	if last <= s.fold.position {
		return nil
	}
	if err := room(); err != nil {
		return err
	}
	again := s.fold.intent > s.fold.position
	s.fold.intent = max(s.fold.intent, last)
	if err := s.writeState(); err != nil {
		return err
	}
	// Units are folded into the databases as they were at the position.
	shown := slices.Clone(s.fold.databases)
	defer func() {
		if err != nil {
			s.fold.databases = shown
		}
	}()
	r := &foldRun{fold: newFold(s, again), most: o.foldBytes, room: room, pause: pause, began: time.Now()}
	for _, seg := range segs {
		if err := seg.replay(o.fs, s.fold.position, r.unit); err != nil {
			return fmt.Errorf("fold %s: %w", seg.name, err)
		}
	}
	if err := r.flush(); err != nil {
		return err
	}
	s.fold.position = last
	return s.writeState()
}

// A foldRun feeds a fold and flushes it each time enough has been gathered.
type foldRun struct {
	fold     *fold
	most     int // bytes to gather
	room     func() error
	pause    func(time.Duration)
	gathered int
	began    time.Time
}

func (r *foldRun) unit(seq uint64, unit []byte) error {
	if err := r.fold.unit(seq, unit); err != nil {
		return err
	}
	if r.gathered += len(unit); r.gathered < r.most {
		return nil
	}
	if err := r.flush(); err != nil {
		return err
	}
	r.pause(time.Since(r.began))
	r.gathered, r.began = 0, time.Now()
	return nil
}

func (r *foldRun) flush() error {
	if err := r.room(); err != nil {
		return err
	}
	return r.fold.flush()
}
