package engine

import (
	"errors"
	"strconv"
	"strings"
)

// EventClass is a set of classes of keyspace events, as
// notify-keyspace-events names them.
type EventClass uint32

const (
	EventGeneric  EventClass = 1 << iota // g: DEL, EXPIRE, RENAME, ...
	EventString                          // $
	EventList                            // l
	EventSet                             // s
	EventHash                            // h
	EventZSet                            // z
	EventExpired                         // x
	EventEvicted                         // e
	EventStream                          // t
	EventModule                          // d
	EventNew                             // n, not in A
	EventKeyspace                        // K: publish on __keyspace@<db>__:<key>
	EventKeyevent                        // E: publish on __keyevent@<db>__:<event>
	EventKeyMiss                         // m, not in A
)

// EventAll is the classes that A stands for.
const EventAll = EventGeneric | EventString | EventList | EventSet | EventHash | EventZSet |
	EventExpired | EventEvicted | EventStream | EventModule

// eventLetters gives each class its letter, in the order of the constants, in
// which Redis shows them.
const eventLetters = "g$lshzxetdnKEm"

// ParseEvents returns the classes that letters name; A is all but m and n. The
// error names the letters there are.
func ParseEvents(letters string) (EventClass, error) {
	var set EventClass
	for _, letter := range letters {
		i := strings.IndexRune(eventLetters, letter)
		switch {
		case letter == 'A':
			set |= EventAll
		case i >= 0:
			set |= 1 << i
		default:
			return 0, errors.New("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
		}
	}
	return set, nil
}

// String returns the letters of the classes; all that A stands for are one A,
// beside which, as in Redis, n is not shown.
func (set EventClass) String() string {
	letters := ""
	if set&EventAll == EventAll {
		letters, set = "A", set&^(EventAll|EventNew)
	}
	for i, letter := range eventLetters {
		if set&(1<<i) != 0 {
			letters += string(letter)
		}
	}
	return letters
}

// notify publishes, when the unit ends, that event happened to key, if
// notify-keyspace-events names its class. Handlers call it after the change,
// in Redis's order of events.
func (ks *Keyspace) notify(class EventClass, event string, key []byte) {
	if ks.e.settings.Events&class != 0 {
		ks.publishEvent(event, key)
	}
}

// publishEvent is the rare part of notify.
func (ks *Keyspace) publishEvent(event string, key []byte) {
	e, on := ks.e, ks.e.settings.Events
	if e.unit.replay {
		return
	}
	e.beginUnit()
	defer e.endUnit()
	var buf [64]byte
	if on&EventKeyspace != 0 {
		channel := append(strconv.AppendInt(append(buf[:0], "__keyspace@"...), int64(ks.index), 10), "__:"...)
		e.Publish(append(channel, key...), []byte(event))
	}
	if on&EventKeyevent != 0 {
		channel := append(strconv.AppendInt(append(buf[:0], "__keyevent@"...), int64(ks.index), 10), "__:"...)
		e.Publish(append(channel, event...), key)
	}
}
