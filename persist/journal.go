package persist

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A Journal writes units to segments. Append, Flush, Released, Room and
// SetPolicy belong to the loop goroutine, which also does the writing: a
// write goes to the page cache and costs a microsecond, less than waking
// another goroutine. Two goroutines do what waits for the disk: the syncer
// (syncer.go) and the preparer of segments (preparer.go). Under always, on a
// disk that is fast enough, the loop syncs too.
//
// Invariants:
//  1. released ≤ written ≤ appended, synced ≤ written, and none shrinks.
//  2. A unit lies in one segment. A segment that is not large enough for a
//     unit grows for it before a byte of it is written.
//  3. Units enter segments in the order of their numbers: while the backlog
//     holds one, none passes it.
//  4. After a failure nothing is released any more.
type Journal struct {
	opts Options
	dir  string

	// Owned by the loop.
	cur      *openSegment
	buf      []byte // encoded records that belong at cur.off
	at       chain  // behind the last unit in buf
	marked   uint64 // what the segment's last mark says was synced
	appended uint64
	backlog  [][]byte // units that wait for a segment
	waiting  int      // their bytes
	unsynced bool     // written, and neither synced nor told to the syncer

	trouble atomic.Bool // failed, or the disk is full: Room must look closer

	wake     chan struct{} // to the syncer
	prepare  chan struct{} // to the preparer
	prepared chan struct{} // from the preparer, for Close
	quit     chan struct{}
	done     sync.WaitGroup
	mark     *watermark // belongs to whoever set busy

	mu       sync.Mutex
	policy   Policy
	next     *openSegment // prepared, not yet used
	prepErr  error        // why there is none
	writeErr error        // a write met a full disk and will be tried again
	failure  error        // final
	written  uint64
	synced   uint64
	released uint64
	syncing  *openSegment   // cur, for the syncer
	sealed   []*openSegment // full, not yet synced
	wanted   uint64         // to be synced up to here whatever the policy; 0 is nothing
	oldest   time.Time      // when the oldest written unit that no sync covers was written
	inSync   time.Time      // the same for the sync that is running
	busy     bool           // somebody syncs
	brief    bool           // the last sync was
	onSealed func(segment)
	compact  func(seq uint64) // has the folder fold up to there; set once
}

// An openSegment is a segment that is being written.
type openSegment struct {
	segment
	f   file
	off int64 // where the next record belongs
}

func (s *openSegment) room() int64 { return s.size - s.off }

const (
	// writeAhead is how much an iteration may append before it is written.
	writeAhead = 4 << 20
	// maxWaiting bounds the backlog before writes are refused.
	maxWaiting = 64 << 20
	// roomBound is what a command is expected to append at most; one that
	// appends more may have to wait for a segment before it is acknowledged.
	roomBound = 1 << 20
)

// startJournal continues the journal behind at, in a new segment numbered
// above number. onSealed is told, from another goroutine, of each segment
// that is complete and on disk.
func startJournal(opts Options, at chain, number uint64, mark *watermark, onSealed func(segment)) (*Journal, error) {
	last := at.next - 1
	j := &Journal{
		opts: opts, dir: journalDir(opts.Dir), at: at, appended: last,
		wake: make(chan struct{}, 1), prepare: make(chan struct{}, 1), prepared: make(chan struct{}, 1), quit: make(chan struct{}),
		policy: opts.Policy, mark: mark,
		written: last, synced: last, released: last, onSealed: onSealed,
	}
	p := &preparer{journal: j, number: number + 1}
	if err := p.step(); err != nil && !isFull(err) {
		return nil, err
	}
	j.done.Add(2)
	go p.run()
	go j.syncLoop()
	return j, nil
}

// Append adds a unit and returns its sequence number. It copies the unit and
// does not wait for the disk; when much is appended in one iteration some of
// it is written at once.
func (j *Journal) Append(unit []byte) uint64 {
	j.appended++
	if len(j.backlog) > 0 || !j.place(unit) {
		j.backlog = append(j.backlog, bytes.Clone(unit))
		j.waiting += len(unit)
	}
	return j.appended
}

// Flush writes what was appended and, under always, syncs it or has it synced.
// Without anything appended it costs a comparison.
func (j *Journal) Flush() {
	for len(j.backlog) > 0 && j.place(j.backlog[0]) {
		j.waiting -= len(j.backlog[0])
		j.backlog[0] = nil
		j.backlog = j.backlog[1:]
	}
	if len(j.backlog) == 0 {
		j.backlog = nil
	}
	if len(j.buf) > 0 {
		j.write()
	}
	if j.unsynced {
		j.unsynced = false
		j.syncWritten()
	}
}

// Released returns the number of the last unit whose reply may leave.
func (j *Journal) Released() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failure != nil {
		return j.released
	}
	upTo := j.written
	if j.policy == Always || j.policy == EverySecond && j.late() {
		upTo = j.synced
	}
	j.released = max(j.released, upTo)
	return j.released
}

// late says whether a written unit has waited a second for the disk.
func (j *Journal) late() bool {
	since := j.inSync
	if since.IsZero() {
		since = j.oldest
	}
	return !since.IsZero() && j.opts.clock.Now().Sub(since) >= time.Second
}

// Room returns nil when a write command may run: there is allocated space for
// what it will append. Otherwise it says why not.
func (j *Journal) Room() error {
	bound := min(roomBound, j.opts.SegmentBytes/4)
	if !j.trouble.Load() && len(j.backlog) == 0 && j.cur != nil && j.cur.room()-int64(len(j.buf)) > bound {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.failure != nil:
		return j.failure
	case j.writeErr != nil:
		return j.writeErr
	case j.next == nil && j.prepErr != nil && (j.cur == nil || j.cur.room()-int64(len(j.buf)) <= bound):
		return j.prepErr
	case len(j.backlog) > 0 && j.prepErr != nil:
		return j.prepErr
	case j.waiting > maxWaiting:
		return errors.New("the disk is too slow for the journal")
	}
	return nil
}

// SetPolicy changes the policy; what is written under the new one is released
// by it from then on.
func (j *Journal) SetPolicy(p Policy) {
	j.mu.Lock()
	j.policy = p
	j.mu.Unlock()
	signal(j.wake)
}

// place encodes a unit for the current segment or, if it is full, the next.
// It returns false when there is none yet.
func (j *Journal) place(unit []byte) bool {
	need := framedSize(len(unit)) + markSize
	if j.cur == nil || j.cur.room()-int64(len(j.buf)) < need {
		if !j.makeRoom(need) {
			return false
		}
	}
	synced := j.Synced()
	if synced > j.marked || j.cur.off+int64(len(j.buf)) == segHeaderSize {
		m := mark{salt: j.cur.salt, next: j.at.next, synced: synced, chain: j.at.sum}
		j.buf, j.at.sum = m.appendTo(j.buf)
		j.marked = synced
	}
	j.buf, j.at.sum = appendUnit(j.buf, j.at.sum, unit)
	j.at.next++
	if len(j.buf) >= writeAhead {
		j.write()
	}
	return true
}

// makeRoom makes the current segment have need bytes of room: by taking the
// next one, and by growing it for a unit that fits none.
func (j *Journal) makeRoom(need int64) bool {
	fits := need <= j.opts.SegmentBytes-segHeaderSize
	if j.cur == nil || fits {
		if !j.write() || !j.takeNext() {
			return false
		}
	}
	return fits || j.grow(need)
}

// grow allocates room for a unit that is longer than a segment.
func (j *Journal) grow(need int64) bool {
	size := j.cur.off + int64(len(j.buf)) + need
	if err := j.cur.f.Allocate(size); err != nil {
		j.full(fmt.Errorf("allocate %s: %w", j.cur.name, err))
		return false
	}
	j.cur.size = size
	return true
}

// takeNext seals the current segment and goes on in the prepared one.
func (j *Journal) takeNext() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.next == nil {
		return false
	}
	if j.cur != nil {
		j.cur.end, j.cur.length = j.at, j.cur.off
		j.sealed = append(j.sealed, j.cur)
	}
	j.cur, j.next = j.next, nil
	j.cur.begin = j.at
	j.syncing = j.cur
	signal(j.prepare)
	signal(j.wake)
	return true
}

// write brings buf to the file. On a full disk, which allocation ahead makes
// unlikely, it keeps buf, to be tried again, and returns false.
func (j *Journal) write() bool {
	if len(j.buf) == 0 {
		return true
	}
	if _, err := j.cur.f.WriteAt(j.buf, j.cur.off); err != nil {
		j.full(fmt.Errorf("write %s: %w", j.cur.name, err))
		return false
	}
	j.cur.off += int64(len(j.buf))
	if j.buf = j.buf[:0]; cap(j.buf) > 2*writeAhead {
		j.buf = nil
	}
	j.mu.Lock()
	j.written = j.at.next - 1
	first := j.oldest.IsZero()
	if first {
		j.oldest = j.opts.clock.Now()
	}
	poke := first && j.policy == EverySecond || j.wanted > j.synced
	if j.writeErr != nil && j.failure == nil {
		j.writeErr = nil
		j.trouble.Store(false)
	}
	j.mu.Unlock()
	if poke {
		signal(j.wake)
	}
	j.unsynced = true
	return true
}

// full takes note of a write that met a full disk; any other error is final.
func (j *Journal) full(err error) {
	if !isFull(err) {
		j.fail(err)
		return
	}
	j.mu.Lock()
	j.writeErr = err
	j.mu.Unlock()
	j.trouble.Store(true)
	signal(j.prepare) // which has the loop try again after a while
}

// fail ends the journal: nothing is released any more.
func (j *Journal) fail(err error) {
	j.mu.Lock()
	first := j.failure == nil
	if first {
		j.failure = err
	}
	j.mu.Unlock()
	j.trouble.Store(true)
	if first {
		j.opts.Fatal(err)
		j.opts.Notify()
	}
}

// Synced returns the number of the last unit that is on disk.
func (j *Journal) Synced() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.synced
}

// SyncSoon has everything appended so far synced soon, whatever the policy;
// Notify tells when it is.
func (j *Journal) SyncSoon() {
	j.mu.Lock()
	j.wanted = 0
	if j.synced < j.appended {
		j.wanted = j.appended
	}
	done := j.wanted == 0
	j.mu.Unlock()
	if done {
		j.opts.Notify()
	} else {
		signal(j.wake)
	}
}

// Compact has everything appended so far folded into Badger in the background.
// It begins a new segment, if one is prepared, as only sealed ones are folded.
func (j *Journal) Compact() {
	if j.cur != nil && j.at.next > j.cur.begin.next && len(j.backlog) == 0 && j.write() {
		j.takeNext()
	}
	j.compact(j.at.next - 1)
}

// Close writes and syncs everything and ends the goroutines. The loop must
// have stopped.
func (j *Journal) Close() error {
	j.Flush()
	for len(j.backlog) > 0 && !j.stuck() {
		<-j.prepared
		j.Flush()
	}
	close(j.quit)
	j.done.Wait()
	return j.finish()
}

// stuck says whether the backlog cannot be written, and makes that a failure.
func (j *Journal) stuck() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := errors.Join(j.prepErr, j.writeErr)
	if j.failure == nil && err != nil {
		j.failure = fmt.Errorf("%d units could not be written: %w", len(j.backlog), err)
	}
	return j.failure != nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
