package differential

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"perigee/engine"
	"perigee/engine/resp"
)

// markChannel carries a message after each command of the reference, so that
// its events can be told apart.
const markChannel = "mark"

// listen has both sides publish their keyspace events; keys expire only when
// they are met, so that both meet them at the same place.
func (r *runner) listen() {
	for _, c := range []Command{{"CONFIG", "SET", "notify-keyspace-events", r.o.Events}, {"DEBUG", "SET-ACTIVE-EXPIRE", "0"}} {
		if v, err := r.ref.Do(c...); err != nil || v.Err() != nil {
			r.t.Fatal(err, v.Err())
		}
	}
	r.refEvents = connect(r.t, r.addr, 2)
	for _, c := range []Command{{"PSUBSCRIBE", "__key*"}, {"SUBSCRIBE", markChannel}} {
		if v, err := r.refEvents.Do(c...); err != nil || v.Err() != nil {
			r.t.Fatal(err, v.Err())
		}
	}
}

// listen is runner.listen for a side's new engine.
func (s *side) listen() error {
	classes, err := engine.ParseEvents(s.o.Events)
	if err != nil {
		return err
	}
	s.e.Settings().Events, s.e.Settings().DebugCommand = classes, "yes"
	if v := s.do(Command{"DEBUG", "SET-ACTIVE-EXPIRE", "0"}); v.Err() != nil {
		return v.Err()
	}
	c, err := s.e.Connect(engine.Peer{Unix: true}, nil)
	if err != nil {
		return err
	}
	s.subscriber = &side{e: s.e, c: c}
	return s.subscriber.do(Command{"PSUBSCRIBE", "__key*"}).Err()
}

// takeEvents returns the events since it was called last.
func (s *side) takeEvents() []string {
	out := &s.subscriber.c.Out
	r := resp.NewReader(bytes.NewReader(bytes.Clone(out.Bytes())))
	s.subscriber.c.Sent(out.Len())
	var events []string
	for {
		v, err := r.Read()
		if err != nil {
			return events
		}
		events = append(events, eventOf(v))
	}
}

// takeEvents gives the events since it was called last to the next of answers,
// of which the first told have theirs, and notes which of them are inside a
// transaction. It returns how many have theirs now.
func (r *runner) takeEvents(live *side, answers []answer, told int) int {
	if r.refEvents == nil {
		return len(answers)
	}
	for i := told; i < len(answers); i++ {
		a := &answers[i]
		switch a.command.name() {
		case "multi":
			r.inMulti = true
		case "exec", "discard":
			r.inMulti = false
		}
		a.queued = r.inMulti
		if a.marks() {
			a.events = append(a.events, live.takeEvents()...)
		}
	}
	return len(answers)
}

// eventOf is an event as pmessage brings it.
func eventOf(v resp.Value) string {
	if len(v.Elems) != 4 {
		return v.Format()
	}
	return fmt.Sprintf("%s %q", v.Elems[2].Str, v.Elems[3].Str)
}

// marks tells whether a's events are told apart from those of the command that
// follows: after what a waiter sends, and within MULTI, they are not.
func (a answer) marks() bool { return (a.waiter == 0 || a.ends) && !a.queued }

// readRefEvents gives answers the events that the reference has published.
func (r *runner) readRefEvents(answers []answer) {
	for i := range answers {
		if !answers[i].marks() {
			continue
		}
		for {
			v := r.receiveFrom(r.refEvents)
			if len(v.Elems) == 3 && string(v.Elems[1].Str) == markChannel {
				break
			}
			answers[i].wantEvents = append(answers[i].wantEvents, eventOf(v))
		}
	}
}

// differentEvents returns how the events of a command differ, or nothing.
// Keys that a command meets in no defined order may be missed, or may have
// expired, in any.
func (a answer) differentEvents() string {
	got, want := sortMet(a.events), sortMet(a.wantEvents)
	if a.command.name() == "scan" {
		// Redis 7.0 looks up the keys that SCAN finds expired once more.
		got, want = slices.DeleteFunc(got, isMiss), slices.DeleteFunc(want, isMiss)
	}
	n := 0
	for n < len(got) && n < len(want) && got[n] == want[n] {
		n++
	}
	if n == len(got) && n == len(want) {
		return ""
	}
	return fmt.Sprintf("events from %d on:\n got: %s\nwant: %s", n, strings.Join(got[n:], ", "), strings.Join(want[n:], ", "))
}

// meetsAtWill tells whether it is not defined which keys a command meets: of
// several elements of equal weight any may be in a range that SORT returns.
func (a answer) meetsAtWill(queued []Command) bool {
	commands := []Command{a.command}
	if a.command.name() == "exec" {
		commands = queued
	}
	return slices.ContainsFunc(commands, func(c Command) bool { return sortOption(c, "limit") != "" })
}

func isMiss(event string) bool { return strings.Contains(event, "keymiss") }

// sortMet sorts runs of events that tell what a look-up has met.
func sortMet(events []string) []string {
	events = slices.Clone(events)
	start := 0
	for i := 0; i <= len(events); i++ {
		if i < len(events) && (isMiss(events[i]) || strings.Contains(events[i], "expired")) {
			continue
		}
		slices.Sort(events[start:i])
		start = i + 1
	}
	return events
}
