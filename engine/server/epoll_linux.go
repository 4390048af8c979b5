package server

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A watcher is what a descriptor's events are told to, on the loop.
type watcher interface{ ready(events uint32) }

// epoll is a poller that waits for descriptors too. They are watched level
// triggered: what is not dealt with in one turn is told again in the next.
type epoll struct {
	fd, event  int
	slots      []slot // by descriptor
	generation int32
	events     [256]unix.EpollEvent
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

// watching returns a poller that watches descriptors.
func watching() (poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("create eventfd: %w", err)
	}
	p := &epoll{fd: fd, event: event, single: runtime.GOMAXPROCS(0) == 1 || runtime.NumCPU() == 1}
	// Edge triggered, so that the counter need not be read after each wake.
	if err := p.watch(event, unix.EPOLLIN|unix.EPOLLET, wakeEvent{}); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

type wakeEvent struct{}

func (wakeEvent) ready(uint32) {}

func (p *epoll) close() {
	p.woken.Store(true)
	unix.Close(p.event)
	unix.Close(p.fd)
}

// wake costs a system call only if the loop is asleep.
func (p *epoll) wake() {
	if !p.woken.Swap(true) && p.asleep.Load() {
		one := [8]byte{1}
		unix.Write(p.event, one[:]) // It fails only when the counter is full: then the event stands anyway.
	}
}

func (p *epoll) rouse() bool {
	if !p.woken.Load() {
		return false
	}
	p.woken.Store(false)
	return true
}

func (p *epoll) poll(d time.Duration) int {
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
func (p *epoll) look() int {
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
func (p *epoll) sleep(d time.Duration) int {
	p.asleep.Store(true)
	defer p.asleep.Store(false)
	if p.woken.Load() {
		return 0
	}
	// Rounded up, so that a deadline is never met a moment early and again.
	ms := (min(d, time.Hour) + time.Millisecond - 1) / time.Millisecond
	n, err := unix.EpollWait(p.fd, p.events[:], int(ms))
	if err != nil {
		return 0 // A signal.
	}
	return n
}

func (p *epoll) dispatch(n int) { p.tell(p.events[:n]) }

func (p *epoll) again() {
	var events [64]unix.EpollEvent
	p.tell(events[:p.pollNow(events[:])])
}

func (p *epoll) pollNow(events []unix.EpollEvent) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

func (p *epoll) tell(events []unix.EpollEvent) {
	for i := range events {
		ev := &events[i]
		if s := &p.slots[ev.Fd]; s.generation == ev.Pad && s.watcher != nil {
			s.watcher.ready(ev.Events)
		}
	}
}

func (p *epoll) watch(fd int, interest uint32, w watcher) error {
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
func (p *epoll) modify(fd int, interest uint32) error {
	return p.control(unix.EPOLL_CTL_MOD, fd, interest)
}

// forget ends the watching of a descriptor that is about to be closed.
func (p *epoll) forget(fd int) {
	p.control(unix.EPOLL_CTL_DEL, fd, 0)
	p.slots[fd] = slot{}
}

func (p *epoll) control(op, fd int, interest uint32) error {
	ev := unix.EpollEvent{Events: interest, Fd: int32(fd), Pad: p.slots[fd].generation}
	return unix.EpollCtl(p.fd, op, fd, &ev)
}
