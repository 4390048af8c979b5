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
)

// syncLoop is the goroutine that waits for the disk. It touches what mu
// guards, the files, and the watermark, which is its own; Close stops it.
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
	case j.mark.dirty:
		return j.opts.clock.After(markAge)
	}
	return nil, func() {}
}

// syncDue syncs what the policy asks for now.
func (j *Journal) syncDue() error {
	j.mu.Lock()
	due := j.oldest
	all := j.policy == Always && !due.IsZero() ||
		j.policy == EverySecond && !due.IsZero() && j.opts.clock.Now().Sub(due) >= syncAge
	if !all && len(j.sealed) == 0 {
		j.mu.Unlock()
		return j.mark.sync()
	}
	return j.syncNow(all)
}

// syncNow syncs the sealed segments and, if all is set, the current one. It
// is called with mu held, which it gives back.
func (j *Journal) syncNow(all bool) error {
	sealed, cur, upTo := j.sealed, j.syncing, j.written
	j.sealed = nil
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
	if all && cur != nil {
		if err := cur.f.Sync(); err != nil {
			return fmt.Errorf("sync %s: %w", cur.name, err)
		}
	}
	if err := j.mark.note(upTo); err != nil && !isFull(err) {
		return err
	}
	j.mu.Lock()
	j.synced, j.inSync = max(j.synced, upTo), time.Time{}
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
	if err := j.syncNow(true); err != nil {
		return err
	}
	return j.mark.sync()
}
