package persist

import (
	"errors"
	"fmt"
	"time"
)

const (
	// syncAge is the age of the oldest unsynced unit at which everysec syncs;
	// the rest of the second is for the sync itself.
	syncAge = 750 * time.Millisecond
	// markAge is how long the watermark may stay unsynced.
	markAge = time.Second
	// briefSync is how long a sync may take for the loop to wait for the next
	// one itself, under always. Handing a group to the syncer and being woken
	// costs as much as a sync on a fast disk, and all replies wait for it
	// anyhow. While a slow disk syncs the loop had better go on with the next
	// group.
	briefSync = time.Millisecond
)

// syncLoop is the goroutine that waits for the disk. It touches what mu
// guards, and while it is busy the files and the watermark; Close stops it.
func (j *Journal) syncLoop() {
	defer j.done.Done()
	for {
		wait, stop := j.nextSync()
		select {
		case <-j.quit:
			stop()
			return
		case <-j.wake:
		case <-wait:
		}
		stop()
		if err := j.syncDue(); err != nil {
			j.fail(err)
			return
		}
	}
}

// nextSync returns when to look again though nobody wakes the syncer.
func (j *Journal) nextSync() (<-chan time.Time, func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.opts.clock.Now()
	switch {
	case j.policy == EverySecond && !j.oldest.IsZero():
		return j.opts.clock.After(j.oldest.Add(syncAge).Sub(now))
	case j.busy || j.mark.dirty:
		return j.opts.clock.After(markAge)
	}
	return nil, func() {}
}

// syncWritten syncs what the loop has written, under always: on the loop if
// the last sync was brief, else by waking the syncer.
func (j *Journal) syncWritten() {
	j.mu.Lock()
	if j.policy != Always || j.failure != nil {
		j.mu.Unlock()
		return
	}
	inline := j.brief && !j.busy && len(j.sealed) == 0
	wake := !inline || !j.mark.dirty // to sync, or to sync the watermark later
	var err error
	if inline {
		err = j.syncNow(true)
	} else {
		j.mu.Unlock()
	}
	switch {
	case err != nil:
		j.fail(err)
	case wake:
		signal(j.wake)
	}
}

// syncDue syncs what the policy asks for now, unless the loop is doing so.
func (j *Journal) syncDue() error {
	j.mu.Lock()
	due := j.oldest
	all := j.policy == Always && !due.IsZero() ||
		j.policy == EverySecond && !due.IsZero() && j.opts.clock.Now().Sub(due) >= syncAge ||
		j.wanted > j.synced && !due.IsZero()
	switch {
	case j.busy:
		j.mu.Unlock()
		return nil
	case !all && len(j.sealed) == 0:
		return j.syncMark()
	}
	sealed := j.sealed
	if err := j.syncNow(all); err != nil {
		return err
	}
	j.mu.Lock()
	held := j.policy == Always || j.released < j.written
	j.mu.Unlock()
	if held {
		j.opts.Notify()
	}
	for _, s := range sealed {
		j.onSealed(s.segment)
	}
	return nil
}

// syncMark syncs the watermark. It is called with mu held, which it gives back.
func (j *Journal) syncMark() error {
	j.busy = true
	j.mu.Unlock()
	err := j.mark.sync()
	j.mu.Lock()
	j.busy = false
	j.mu.Unlock()
	return err
}

// syncNow syncs the sealed segments and, if all is set, the current one. It
// is called with mu held, which it gives back, and while nobody is busy.
func (j *Journal) syncNow(all bool) error {
	sealed, cur, upTo := j.sealed, j.syncing, j.written
	j.sealed, j.busy = nil, true
	if all {
		j.inSync, j.oldest = j.oldest, time.Time{}
	}
	j.mu.Unlock()
	for _, s := range sealed {
		if err := s.seal(); err != nil {
			return err
		}
		if !all {
			upTo = s.end.next - 1
		}
	}
	began := j.opts.clock.Now()
	if all && cur != nil {
		if err := cur.f.Sync(); err != nil {
			return fmt.Errorf("sync %s: %w", cur.name, err)
		}
	}
	took := j.opts.clock.Now().Sub(began)
	if err := j.mark.note(upTo); err != nil && !isFull(err) {
		return err
	}
	j.mu.Lock()
	j.synced, j.inSync = max(j.synced, upTo), time.Time{}
	j.busy, j.brief = false, took < j.opts.briefSync && all
	awaited, always := j.wanted != 0 && j.synced >= j.wanted, j.policy == Always
	if awaited {
		j.wanted = 0
	}
	j.mu.Unlock()
	if awaited {
		j.opts.Notify()
	}
	if always && took >= time.Millisecond {
		j.opts.SyncTook(took)
	}
	return nil
}

// seal ends a segment's file behind its last record and syncs and closes it.
func (s *openSegment) seal() error {
	if err := s.f.Truncate(s.length); err != nil {
		return fmt.Errorf("cut %s: %w", s.name, err)
	}
	s.size = s.length
	if err := errors.Join(s.f.Sync(), s.f.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", s.name, err)
	}
	return nil
}

// finish syncs everything, whatever the policy, when the goroutines have
// ended. The segment that was prepared for later goes.
func (j *Journal) finish() error {
	j.mu.Lock()
	failure, next := j.failure, j.next
	j.next = nil
	j.mu.Unlock()
	if failure == nil {
		failure = j.finalSync()
	}
	if next != nil {
		failure = errors.Join(failure, next.f.Close(), j.opts.fs.Remove(next.name))
	}
	return errors.Join(failure, j.mark.f.Close())
}

func (j *Journal) finalSync() error {
	j.mu.Lock()
	if j.cur != nil {
		j.cur.end, j.cur.length = j.at, j.cur.off
		j.sealed, j.cur = append(j.sealed, j.cur), nil
	}
	j.syncing = nil
	sealed := j.sealed
	if err := j.syncNow(true); err != nil {
		return err
	}
	for _, s := range sealed {
		j.onSealed(s.segment)
	}
	return j.mark.sync()
}
