package engine

import (
	"unsafe"

	"perigee/engine/glob"
)

// outbox is what a unit has published. Messages leave when the unit ends, so
// that none tells of a change that may still be taken back or lost.
type outbox struct {
	messages []message
	texts    []byte
}

// message is one message for one client.
type message struct {
	to            *Client
	kind          string // message, pmessage, smessage
	pattern       string // of a pmessage
	channel, text span   // in texts
}

func (o *outbox) reset() {
	clear(o.messages)
	o.messages, o.texts = o.messages[:0], o.texts[:0]
	if cap(o.messages) > 1<<14 {
		o.messages = nil
	}
	if cap(o.texts) > 1<<20 {
		o.texts = nil
	}
}

// size is about what the messages take.
func (o *outbox) size() int64 {
	return int64(len(o.texts)) + int64(len(o.messages))*int64(unsafe.Sizeof(message{}))
}

// cut takes back all messages but the first n.
func (o *outbox) cut(n int) {
	clear(o.messages[n:])
	o.messages = o.messages[:n]
}

// Publish sends a message, when the current unit ends, to all who subscribe
// to channel and to patterns that match it by now, and returns how many these
// are. Cost: O(subscribers + patterns).
func (e *Engine) Publish(channel, text []byte) int {
	n := e.publish(e.pubsub.channels, "message", channel, text)
	for pattern, line := range e.pubsub.patterns {
		if pattern == "*" || glob.Match(unsafe.Slice(unsafe.StringData(pattern), len(pattern)), channel, false) {
			n += e.post(line, message{kind: "pmessage", pattern: pattern}, channel, text)
		}
	}
	return n
}

// publish is Publish for the subscribers of one register.
func (e *Engine) publish(register waiters[string], kind string, channel, text []byte) int {
	line := register[string(channel)]
	if line == nil {
		return 0
	}
	return e.post(line, message{kind: kind}, channel, text)
}

// post puts m into the outbox for all clients of a line.
func (e *Engine) post(line *waitingLine[string], m message, channel, text []byte) int {
	if e.unit.depth == 0 {
		panic("message published outside a unit")
	}
	o := &e.unit.outbox
	start := len(o.texts)
	o.texts = append(append(o.texts, channel...), text...)
	m.channel = span{start, start + len(channel)}
	m.text = span{m.channel.end, len(o.texts)}
	for w := line.first; w != nil; w = w.next {
		m.to = w.client
		o.messages = append(o.messages, m)
	}
	return line.length
}

// deliver hands out what the unit that ends has published.
func (e *Engine) deliver() {
	o := &e.unit.outbox
	for i := range o.messages {
		if c := o.messages[i].to; !c.closed && !c.closeDone {
			o.write(&o.messages[i], &c.Out)
			c.gate()
			c.kick()
		}
	}
}

func (o *outbox) write(m *message, w Reply) {
	if m.kind == "pmessage" {
		w.Push(4)
		w.BulkString(m.kind)
		w.BulkString(m.pattern)
	} else {
		w.Push(3)
		w.BulkString(m.kind)
	}
	w.Bulk(o.texts[m.channel.start:m.channel.end])
	w.Bulk(o.texts[m.text.start:m.text.end])
}
