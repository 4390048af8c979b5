package engine

import "strconv"

// EventClass is a set of classes of keyspace events, as
// notify-keyspace-events names them.
type EventClass uint32

const (
	EventKeyspace EventClass = 1 << iota // K: publish on __keyspace@<db>__:<key>
	EventKeyevent                        // E: publish on __keyevent@<db>__:<event>
	EventGeneric                         // g: DEL, EXPIRE, RENAME, ...
	EventString                          // $
	EventList                            // l
	EventSet                             // s
	EventHash                            // h
	EventZSet                            // z
	EventExpired                         // x
	EventEvicted                         // e
	EventStream                          // t
	EventKeyMiss                         // m, not in A
	EventModule                          // d
	EventNew                             // n, not in A
)

// eventLetters gives each class its letter, in the order of the constants.
const eventLetters = "KEg$lshzxetmdn"

// ParseEvents returns the classes that letters name; A is all but m and n.
// Letters that name none are left out: config refuses them.
func ParseEvents(letters string) EventClass {
	var set EventClass
	for _, letter := range letters {
		if letter == 'A' {
			set |= EventGeneric | EventString | EventList | EventSet | EventHash | EventZSet |
				EventExpired | EventEvicted | EventStream | EventModule
		}
		for i, l := range eventLetters {
			if l == letter {
				set |= 1 << i
			}
		}
	}
	return set
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
