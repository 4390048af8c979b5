package engine

import (
	"fmt"

	"perigee/engine/stream"
)

// streamElements describes all that a stream holds.
func streamElements(v *streamValue) (elements []string) {
	add := func(format string, args ...any) { elements = append(elements, fmt.Sprintf(format, args...)) }
	add("state:%v,%d,%v,%v", v.last, v.added, v.maxDeleted, v.first)
	for it := v.log.Range(stream.ID{}, stream.Max, false); it.Next(); {
		add("%v", it.ID())
		it.Each(func(field, value []byte) { add("%q=%q", field, value) })
	}
	for _, g := range v.groups {
		add("group:%q,%v,%d", g.name, g.last, g.read)
		for _, c := range g.consumers {
			add("consumer:%q,%d,%d,%d", c.name, c.seen, c.active, c.pending.Len())
		}
		g.pending.Each(func(p *pendingEntry) bool {
			add("pending:%v,%q,%d,%d", p.id, p.consumer.name, p.delivered, p.count)
			return true
		})
	}
	return elements
}
