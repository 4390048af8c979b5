package server

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hasPoller says that plain connections need no goroutines here.
const hasPoller = true

// A watcher is what a descriptor's events are told to, on the loop.
type watcher interface{ ready(events uint32) }

// poller waits for descriptors and for wake. Descriptors are watched level
// triggered: what is not dealt with in one turn is told again in the next.
type poller struct {
	epoll, event int
	slots        []slot // by descriptor
	generation   int32
	events       [256]unix.EpollEvent
	// woken is set by whoever left work for the loop; asleep while the loop is
	// in, or about to enter, a wait that only events can end.
	woken, asleep atomic.Bool
	// single says that one thread runs at a time, so that it must be given up
	// before a wait: the runtime takes it back only after a while.
	single bool
	// brisk says that the last events came so soon that waiting for the next
	// ones awake is worth while.
	brisk bool
}

// slot holds the watcher of one descriptor. The generation tells the events
// of a descriptor that was closed, and whose number is in use again, from its
// successor's.
type slot struct {
	watcher    watcher
	generation int32
}

func newPoller() (*poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("create eventfd: %w", err)
	}
	p := &poller{epoll: epoll, event: event, single: runtime.GOMAXPROCS(0) == 1 || runtime.NumCPU() == 1}
	// Edge triggered, so that the counter need not be read after each wake.
	if err := p.watch(event, unix.EPOLLIN|unix.EPOLLET, wakeEvent{}); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

type wakeEvent struct{}

func (wakeEvent) ready(uint32) {}

// close is called when nobody waits. A later wake does nothing.
func (p *poller) close() {
	p.woken.Store(true)
	unix.Close(p.event)
	unix.Close(p.epoll)
}

// wake ends a wait that is under way, or else the next one. Any goroutine may
// call it; it costs a system call only if the loop is asleep.
func (p *poller) wake() {
	if !p.woken.Swap(true) && p.asleep.Load() {
		one := [8]byte{1}
		unix.Write(p.event, one[:]) // It fails only when the counter is full: then the event stands anyway.
	}
}

// rouse takes the mark that wake left, and says whether there was one.
func (p *poller) rouse() bool {
	if !p.woken.Load() {
		return false
	}
	p.woken.Store(false)
	return true
}

// poll waits for at most d, and not at all if work was left for the loop. It
// returns how many events there are for dispatch.
func (p *poller) poll(d time.Duration) int {
	// Under load something is ready nearly always, and then the runtime need
	// not be told of a call that does not wait.
	if n := p.pollNow(p.events[:]); n > 0 || d <= 0 {
		return n
	}
	if n := p.look(); n > 0 || p.woken.Load() {
		return n
	}
	if p.single {
		runtime.Gosched()
	}
	begin := time.Now()
	n := p.sleep(d)
	p.brisk = !p.single && n > 0 && time.Since(begin) < briskWait
	return n
}

const (
	// briskWait is a wait so short that sleeping costs more than looking: both
	// sides pay for a wake-up, the peer within the call that sends.
	briskWait = 50 * time.Microsecond
	// looks is how often a brisk loop looks before it sleeps, about 20 µs. A
	// loop that finds nothing sleeps, and looks again only after a brisk wait.
	looks = 64
)

// look polls for a moment if the last events came briskly.
func (p *poller) look() int {
	if !p.brisk {
		return 0
	}
	for range looks {
		if n := p.pollNow(p.events[:]); n > 0 {
			return n
		}
		if p.woken.Load() {
			return 0
		}
	}
	p.brisk = false
	return 0
}

// sleep waits in the kernel.
func (p *poller) sleep(d time.Duration) int {
	p.asleep.Store(true)
	defer p.asleep.Store(false)
	if p.woken.Load() {
		return 0
	}
	// Rounded up, so that a deadline is never met a moment early and again.
	ms := (min(d, time.Hour) + time.Millisecond - 1) / time.Millisecond
	n, err := unix.EpollWait(p.epoll, p.events[:], int(ms))
	if err != nil {
		return 0 // A signal.
	}
	return n
}

// dispatch tells the watchers of the n events that poll found.
func (p *poller) dispatch(n int) { p.tell(p.events[:n]) }

// again polls and dispatches while dispatch is under way already.
func (p *poller) again() {
	var events [64]unix.EpollEvent
	p.tell(events[:p.pollNow(events[:])])
}

func (p *poller) pollNow(events []unix.EpollEvent) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

func (p *poller) tell(events []unix.EpollEvent) {
	for i := range events {
		ev := &events[i]
		if s := &p.slots[ev.Fd]; s.generation == ev.Pad && s.watcher != nil {
			s.watcher.ready(ev.Events)
		}
	}
}

func (p *poller) watch(fd int, interest uint32, w watcher) error {
	for fd >= len(p.slots) {
		p.slots = append(p.slots, make([]slot, 64)...)
	}
	p.generation++
	p.slots[fd] = slot{w, p.generation}
	if err := p.control(unix.EPOLL_CTL_ADD, fd, interest); err != nil {
		p.slots[fd] = slot{}
		return fmt.Errorf("watch descriptor: %w", err)
	}
	return nil
}

// modify changes what a watched descriptor is watched for.
func (p *poller) modify(fd int, interest uint32) error {
	return p.control(unix.EPOLL_CTL_MOD, fd, interest)
}

// forget ends the watching of a descriptor that is about to be closed.
func (p *poller) forget(fd int) {
	p.control(unix.EPOLL_CTL_DEL, fd, 0)
	p.slots[fd] = slot{}
}

func (p *poller) control(op, fd int, interest uint32) error {
	ev := unix.EpollEvent{Events: interest, Fd: int32(fd), Pad: p.slots[fd].generation}
	return unix.EpollCtl(p.epoll, op, fd, &ev)
}
