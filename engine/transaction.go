package engine

import (
	"fmt"
	"strings"

	"perigee/engine/dict"
)

// transaction is a client between MULTI and EXEC.
type transaction struct {
	queued  []queuedCommand
	needs   Flags // of all queued calls
	aborted bool  // a command could not be queued
	bytes   int   // of the queue
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
	if c.e.settings.TransactionRollback {
		return c.execOrUndo(t, w)
	}
	w.Array(len(t.queued))
	c.execute(t, w, func(int, error) bool { return true })
	return nil
}

// execute runs what was queued; failed decides whether to go on after a
// command that failed.
func (c *Client) execute(t *transaction, w Reply, failed func(i int, err error) bool) {
	c.executing = true
	outer := c.argv
	for i, q := range t.queued {
		c.argv = q.argv
		if err := c.e.execQueued(c, q, w); err != nil && !failed(i, err) {
			break
		}
	}
	c.argv, c.executing = outer, false
}

// execOrUndo is EXEC under transaction-on-error rollback: the first command
// that fails ends it, and what those before it changed is undone. So is SELECT,
// as the client is not told which commands ran.
func (c *Client) execOrUndo(t *transaction, w Reply) error {
	var failure error
	begin, db, point := c.Out.Len(), c.db, c.e.Savepoint()
	w.Array(len(t.queued))
	c.execute(t, w, func(i int, err error) bool {
		failure = &Error{"EXECABORT", fmt.Sprintf("Transaction undone, as command %d of %d ('%s') failed: %s",
			i+1, len(t.queued), t.queued[i].cmd.Name, strings.TrimPrefix(err.Error(), "ERR "))}
		return false
	})
	if failure == nil {
		c.e.Release(point)
		return nil
	}
	c.e.Rollback(point)
	c.db = db
	c.Out.Truncate(begin)
	return failure
}

func (e *Engine) execQueued(c *Client, q queuedCommand, w Reply) error {
	if !c.user.Unrestricted() {
		if err := c.permitQueued(q); err != nil {
			e.countError(err)
			WriteError(w, err)
			return err
		}
	}
	before := monotonic()
	err := e.call(c, q.cmd, q.argv, w)
	if err != nil {
		WriteError(w, err)
	}
	e.witness(c, q.cmd, q.argv)
	e.account(c, q.cmd, q.argv, monotonic()-before, err)
	return err
}

// queue keeps a command for EXEC.
func (c *Client) queue(cmd *tableEntry, argv [][]byte) {
	if c.multi.aborted {
		return
	}
	c.multi.queued = append(c.multi.queued, queuedCommand{cmd, cloneArgv(argv)})
	c.multi.needs |= cmd.needs(argv)
	c.multi.bytes += sizeOf(argv) + 24*len(argv)
}

// cloneArgv copies an argument vector into one block.
func cloneArgv(argv [][]byte) [][]byte {
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
	return kept
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
	if c.watches[k] != nil {
		return
	}
	if c.watches == nil {
		c.watches = map[dbKey]*watchedKey{}
	}
	h := entry(c.e.dbs[c.db].keys.Find(key))
	gone := h != nil && h.deadlineMs() != 0 && h.deadlineMs() <= c.e.now
	c.watches[k] = &watchedKey{c.e.watched.join(k, c), gone, h.fieldsPast()}
}

// watchedKey is a key that a client watches; expired says that it was past
// its deadline already, so that its removal is no change, and fieldsPast how
// many fields of it were.
type watchedKey struct {
	place   *waiter[dbKey]
	expired bool

	fieldsPast int
}

func unwatch(c *Client, _ Args, w Reply) error {
	c.unwatch()
	w.Status("OK")
	return nil
}

func (c *Client) unwatch() {
	for _, k := range c.watches {
		c.e.watched.leave(k.place)
	}
	c.watches, c.watchDirty = nil, false
}

// watchedExpired tells whether a watched key, or a field of it, has passed its
// deadline since.
func (c *Client) watchedExpired() bool {
	for key, k := range c.watches {
		h := entry(c.e.dbs[key.db].keys.Find([]byte(key.key)))
		switch {
		case h == nil || k.expired:
		case h.deadlineMs() != 0 && h.deadlineMs() <= c.e.now:
			return true
		case h.fieldsPast() > k.fieldsPast:
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
	line := e.watched[dbKey{db, string(key)}]
	if line == nil {
		return
	}
	exists := e.dbs[db].keys.Find(key) != nil
	for w := line.first; w != nil; w = w.next {
		k := w.client.watches[w.key]
		// A key that was past its deadline when it was watched, and is gone
		// now, has not changed.
		if k.expired && !exists {
			k.expired = false
			continue
		}
		w.client.watchDirty = true
	}
}

// hitWatched notes who watches a key of database db that is there before or
// after another table, nil for an empty one, takes the place of its own. A
// key that is past its deadline is not there, unless it passed it since it is
// watched.
func (e *Engine) hitWatched(db int, next *dict.Table) {
	for key, line := range e.watched {
		if key.db != db {
			continue
		}
		was := e.dbs[db].keys.Find([]byte(key.key)) != nil
		var h entry
		if next != nil {
			h = entry(next.Find([]byte(key.key)))
		}
		is := h != nil && (h.deadlineMs() == 0 || h.deadlineMs() > e.now)
		for w := line.first; w != nil; w = w.next {
			k := w.client.watches[key]
			switch {
			case is || was && !k.expired:
				e.unit.watchHits = append(e.unit.watchHits, w.client)
			case h != nil:
				k.expired = true
			}
		}
	}
}
