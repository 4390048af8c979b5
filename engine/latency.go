package engine

import (
	"slices"
	"strings"
	"time"
)

// latency is the latency monitor: what took latency-monitor-threshold or
// longer, by kind of event.
type latency struct {
	events map[string]*latencyEvent
}

// latencyEvent keeps the last samples of one kind, one a second at most: the
// longest.
type latencyEvent struct {
	samples [latencySamples]latencySample
	next    int   // where the next one goes
	max     int64 // milliseconds, of all there ever were
}

type latencySample struct {
	at int64 // Unix seconds, 0 for a place not used yet
	ms int64
}

const latencySamples = 160

// LatencyEvent notes that event, one of the names that LATENCY knows, has taken
// spent, if that is long enough.
func (e *Engine) LatencyEvent(event string, spent time.Duration) {
	if limit := e.settings.LatencyThreshold; limit > 0 && spent.Milliseconds() >= limit {
		e.latency.add(event, e.now/1000, spent.Milliseconds())
	}
}

// latencyClock is the present moment if there is a latency monitor to tell how
// long something takes from here.
func (e *Engine) latencyClock() time.Duration {
	if e.settings.LatencyThreshold <= 0 {
		return 0
	}
	return monotonic()
}

// latencySince is LatencyEvent for what began at a moment of latencyClock.
func (e *Engine) latencySince(event string, began time.Duration) {
	if began != 0 {
		e.LatencyEvent(event, monotonic()-began)
	}
}

func (l *latency) add(event string, at, ms int64) {
	v := l.events[event]
	if v == nil {
		if l.events == nil {
			l.events = map[string]*latencyEvent{}
		}
		v = &latencyEvent{}
		l.events[event] = v
	}
	v.max = max(v.max, ms)
	if last := v.last(); last.at == at {
		last.ms = max(last.ms, ms)
		return
	}
	v.samples[v.next] = latencySample{at, ms}
	v.next = (v.next + 1) % latencySamples
}

func (v *latencyEvent) last() *latencySample {
	return &v.samples[(v.next+latencySamples-1)%latencySamples]
}

// history returns the samples, oldest first.
func (v *latencyEvent) history() []latencySample {
	all := slices.Concat(v.samples[v.next:], v.samples[:v.next])
	return slices.DeleteFunc(all, func(s latencySample) bool { return s.at == 0 })
}

// names returns the events that there are, in order.
func (l *latency) names() []string {
	names := make([]string, 0, len(l.events))
	for name := range l.events {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// graph draws samples as columns of at most 80 to a block, the age of each
// below it.
func graph(samples []latencySample, now int64) string {
	const columns = 80
	low, high := samples[0].ms, samples[0].ms
	for _, s := range samples {
		low, high = min(low, s.ms), max(high, s.ms)
	}
	var b strings.Builder
	for len(samples) > 0 {
		n := min(len(samples), columns)
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		drawBlock(&b, samples[:n], low, high, now)
		samples = samples[n:]
	}
	return b.String()
}

func drawBlock(b *strings.Builder, samples []latencySample, low, high, now int64) {
	const rows, marks = 4, "_o#"
	for row := rows - 1; row >= 0; row-- {
		for _, s := range samples {
			level := int(min((s.ms-low)*rows*int64(len(marks))/max(high-low, 1), int64(rows*len(marks)-1)))
			switch above := level - row*len(marks); {
			case above < 0:
				b.WriteByte(' ')
			case above < len(marks):
				b.WriteByte(marks[above])
			default:
				b.WriteByte('|')
			}
		}
		b.WriteByte('\n')
	}
	b.WriteString(strings.Repeat(" ", len(samples)))
	b.WriteByte('\n')
	ages := make([]string, len(samples))
	for i, s := range samples {
		ages[i] = age(now - s.at)
	}
	for line := 0; ; line++ {
		row, any := make([]byte, len(ages)), false
		for i, a := range ages {
			row[i] = ' '
			if line < len(a) {
				row[i], any = a[line], true
			}
		}
		if !any {
			return
		}
		b.Write(row)
		b.WriteByte('\n')
	}
}

// age is a number of seconds in its largest unit.
func age(seconds int64) string {
	switch {
	case seconds < 60:
		return itoa64(max(seconds, 0)) + "s"
	case seconds < 3600:
		return itoa64(seconds/60) + "m"
	case seconds < 86400:
		return itoa64(seconds/3600) + "h"
	}
	return itoa64(seconds/86400) + "d"
}
