package engine

import (
	"slices"
	"strings"

	"perigee/engine/acl"
)

// aclLog is what ACL LOG shows: the last calls and log-ins that were denied.
type aclLog struct {
	entries []*denialEntry // newest first
	nextID  int64
}

// denialEntry is one denial, or several of the same kind.
type denialEntry struct {
	id, count         int64
	reason            acl.Reason
	context           string
	object, user      string
	client            string // as CLIENT INFO showed it at the last
	created, repeated int64  // Unix milliseconds
}

const (
	// sameDenial is how long after a denial one like it counts as the same.
	sameDenial = 60 * 1000
	// recentDenials is how many entries are searched for one like it.
	recentDenials = 10
	// shownDenial is how many bytes of a key, channel or name are kept: it is
	// those who are refused that choose them.
	shownDenial = 4096
)

// note adds a denial to the log.
func (a *access) note(c *Client, reason acl.Reason, context, object, user string) {
	for c.caller != nil {
		c = c.caller
	}
	var info strings.Builder
	c.infoLine(&info)
	n := &denialEntry{count: 1, reason: reason, context: context, object: beginning(object), user: beginning(user),
		client: info.String(), created: c.e.now, repeated: c.e.now}
	a.log.add(n, c.e.settings.ACLLogMaxLen)
}

func beginning(s string) string { return strings.Clone(s[:min(len(s), shownDenial)]) }

// add puts a denial first, or moves one like it there, and drops what is over
// most.
func (l *aclLog) add(n *denialEntry, most int) {
	for i, old := range l.entries[:min(recentDenials, len(l.entries))] {
		if old.sameAs(n) {
			old.count++
			old.client, old.repeated = n.client, n.repeated
			l.entries = slices.Insert(slices.Delete(l.entries, i, i+1), 0, old)
			return
		}
	}
	n.id = l.nextID
	l.nextID++
	l.entries = slices.Insert(l.entries, 0, n)
	if len(l.entries) > most {
		clear(l.entries[most:])
		l.entries = l.entries[:most]
	}
}

func (n *denialEntry) sameAs(o *denialEntry) bool {
	apart := n.repeated - o.repeated
	return n.reason == o.reason && n.context == o.context && n.object == o.object && n.user == o.user &&
		-sameDenial <= apart && apart <= sameDenial
}

// aclLogCommand is ACL LOG [count | RESET].
func aclLogCommand(c *Client, args Args, w Reply) error {
	l, count := &c.e.access.log, 10
	switch {
	case len(args) > 1:
		return c.errSubcommandSyntax()
	case args.Is(0, "RESET"):
		l.entries = nil
		w.Status("OK")
		return nil
	case len(args) == 1:
		n, err := args.Int(0)
		if err != nil {
			return err
		}
		count = int(min(max(n, 0), 1<<31))
	}
	count = min(count, len(l.entries))
	w.Array(count)
	for _, n := range l.entries[:count] {
		n.write(w, c.e.now)
	}
	return nil
}

func (n *denialEntry) write(w Reply, now int64) {
	w.Map(10)
	w.BulkString("count")
	w.Int(n.count)
	writeFields(w, [][2]string{{"reason", n.reason.String()}, {"context", n.context}, {"object", n.object}, {"username", n.user}})
	w.BulkString("age-seconds")
	w.Double(float64(now-n.repeated) / 1000)
	writeFields(w, [][2]string{{"client-info", n.client}})
	for _, f := range []struct {
		name  string
		value int64
	}{{"entry-id", n.id}, {"timestamp-created", n.created}, {"timestamp-last-updated", n.repeated}} {
		w.BulkString(f.name)
		w.Int(f.value)
	}
}
