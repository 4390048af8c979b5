package engine

import (
	"slices"

	"perigee/engine/dict"
)

// transaction is a client between MULTI and EXEC.
type transaction struct {
	queued  []queuedCommand
	flags   Flags // of all queued commands
	aborted bool  // a command could not be queued
}

type queuedCommand struct {
	cmd  *tableEntry
	argv [][]byte
}

func transactionCommands() []Command {
	return []Command{{
		Name: "discard", Group: GroupTransactions, Since: "2.0.0",
		Summary:    "Discards a transaction.",
		Complexity: "O(N), when N is the number of queued commands",
		Arity:      1, Flags: NoScript | Loading | Stale | Fast | AllowBusy,
		RunClient: discard,
	}, {
		Name: "exec", Group: GroupTransactions, Since: "1.2.0",
		Summary:    "Executes all commands in a transaction.",
		Complexity: "Depends on commands in the transaction",
		Arity:      1, Flags: NoScript | Loading | Stale | SkipSlowlog,
		RunClient: exec,
	}, {
		Name: "multi", Group: GroupTransactions, Since: "1.2.0",
		Summary:    "Starts a transaction.",
		Complexity: "O(1)",
		Arity:      1, Flags: NoScript | Loading | Stale | Fast | AllowBusy,
		RunClient: multi,
	}, {
		Name: "unwatch", Group: GroupTransactions, Since: "2.2.0",
		Summary:    "Forgets about watched keys of a transaction.",
		Complexity: "O(1)",
		Arity:      1, Flags: NoScript | Loading | Stale | Fast | AllowBusy,
		RunClient: unwatch,
	}, {
		Name: "watch", Group: GroupTransactions, Since: "2.2.0",
		Summary:    "Monitors changes to keys to determine the execution of a transaction.",
		Complexity: "O(1) for every key.",
		Args:       []Arg{Many(Key("key"))},
		Arity:      -2, Flags: NoScript | Loading | Stale | Fast | AllowBusy, Keys: KeyRange(1, -1, 1, RO),
		RunClient: watch,
	}}
}

// runsInsideMulti tells which commands are not queued.
func runsInsideMulti(cmd *tableEntry) bool {
	switch cmd.Name {
	case "exec", "discard", "multi", "watch", "quit", "reset":
		return true
	}
	return false
}

func multi(c *Client, _ Args, w Reply) error {
	if c.multi != nil {
		return Errf("MULTI calls can not be nested")
	}
	c.multi = &transaction{}
	w.Status("OK")
	return nil
}

func discard(c *Client, _ Args, w Reply) error {
	if c.multi == nil {
		return Errf("DISCARD without MULTI")
	}
	c.discard()
	w.Status("OK")
	return nil
}

// exec runs the queued commands as one unit. One that fails does not stop the
// others, as in Redis.
func exec(c *Client, _ Args, w Reply) error {
	t := c.multi
	if t == nil {
		return Errf("EXEC without MULTI")
	}
	dirty := c.watchDirty || c.watchedExpired()
	c.discard()
	if t.aborted {
		return ErrExecAbort
	}
	if dirty {
		w.NullArray()
		return nil
	}
	w.Array(len(t.queued))
	c.executing = true
	outer := c.argv
	for _, q := range t.queued {
		c.argv = q.argv
		c.e.execQueued(c, q, w)
	}
	c.argv, c.executing = outer, false
	return nil
}

func (e *Engine) execQueued(c *Client, q queuedCommand, w Reply) {
	before := monotonic()
	err := e.call(c, q.cmd, q.argv, w)
	if err != nil {
		WriteError(w, err)
	}
	e.account(c, q.cmd, q.argv, monotonic()-before, err)
}

// queue keeps a command for EXEC.
func (c *Client) queue(cmd *tableEntry, argv [][]byte) {
	if c.multi.aborted {
		return
	}
	kept, n := make([][]byte, len(argv)), 0
	for _, a := range argv {
		n += len(a)
	}
	block := make([]byte, 0, n)
	for i, a := range argv {
		start := len(block)
		block = append(block, a...)
		kept[i] = block[start:len(block):len(block)]
	}
	c.multi.queued = append(c.multi.queued, queuedCommand{cmd, kept})
	c.multi.flags |= cmd.Flags
}

// discard ends the transaction, if there is one, and forgets all watches.
func (c *Client) discard() {
	c.multi = nil
	c.unwatch()
}

func watch(c *Client, args Args, w Reply) error {
	if c.multi != nil {
		return Errf("WATCH inside MULTI is not allowed")
	}
	for _, key := range args {
		c.watch(key)
	}
	w.Status("OK")
	return nil
}

func (c *Client) watch(key []byte) {
	k := dbKey{c.db, string(key)}
	if slices.ContainsFunc(c.watches, func(w watchedKey) bool { return w.dbKey == k }) {
		return
	}
	h := entry(c.e.dbs[c.db].keys.Find(key))
	gone := h != nil && h.deadlineMs() != 0 && h.deadlineMs() <= c.e.now
	c.watches = append(c.watches, watchedKey{k, gone})
	c.e.watched[k] = append(c.e.watched[k], c)
}

// watchedKey is a key that a client watches; expired says that it was past
// its deadline already, so that its removal is no change.
type watchedKey struct {
	dbKey
	expired bool
}

func unwatch(c *Client, _ Args, w Reply) error {
	c.unwatch()
	w.Status("OK")
	return nil
}

func (c *Client) unwatch() {
	for _, k := range c.watches {
		left := slices.DeleteFunc(c.e.watched[k.dbKey], func(o *Client) bool { return o == c })
		if len(left) == 0 {
			delete(c.e.watched, k.dbKey)
		} else {
			c.e.watched[k.dbKey] = left
		}
	}
	c.watches, c.watchDirty = nil, false
}

// watchedExpired tells whether a watched key has passed its deadline since.
func (c *Client) watchedExpired() bool {
	for _, k := range c.watches {
		h := entry(c.e.dbs[k.db].keys.Find([]byte(k.key)))
		if h != nil && !k.expired && h.deadlineMs() != 0 && h.deadlineMs() <= c.e.now {
			return true
		}
	}
	return false
}

// touchWatched spoils the transactions of those who watch key.
func (e *Engine) touchWatched(db int, key []byte) {
	if len(e.watched) == 0 {
		return
	}
	for _, c := range e.watched[dbKey{db, string(key)}] {
		if !c.ignores(db, key) {
			c.watchDirty = true
		}
	}
}

// ignores tells whether key was past its deadline when c began to watch it,
// and is gone now: that is no change.
func (c *Client) ignores(db int, key []byte) bool {
	k := c.watching(dbKey{db, string(key)})
	if k == nil || !k.expired {
		return false
	}
	k.expired = false
	return c.e.dbs[db].keys.Find(key) == nil
}

// watching returns what c knows of a key that it watches, or nil.
func (c *Client) watching(key dbKey) *watchedKey {
	for i := range c.watches {
		if c.watches[i].dbKey == key {
			return &c.watches[i]
		}
	}
	return nil
}

// hitWatched notes who watches a key of database db that is there before or
// after another table, nil for an empty one, takes the place of its own. A
// key that is past its deadline is not there, unless it passed it since it is
// watched.
func (e *Engine) hitWatched(db int, next *dict.Table) {
	for key, watchers := range e.watched {
		if key.db != db {
			continue
		}
		was := e.dbs[db].keys.Find([]byte(key.key)) != nil
		var h entry
		if next != nil {
			h = entry(next.Find([]byte(key.key)))
		}
		is := h != nil && (h.deadlineMs() == 0 || h.deadlineMs() > e.now)
		for _, c := range watchers {
			k := c.watching(key)
			switch {
			case is || was && !k.expired:
				e.unit.watchHits = append(e.unit.watchHits, c)
			case h != nil:
				k.expired = true
			}
		}
	}
}
