package engine

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"perigee/engine/resp"
)

// How a migration runs: the loop makes the payloads of the keys and parks the
// client; a goroutine sends them to the other server, which the loop does not
// wait for; then the loop removes what has arrived and answers. A key that
// others changed meanwhile stays, and the reply says so.

func migrateCommands() []Command {
	return []Command{{
		Name: "migrate", Group: GroupGeneric, Since: "2.6.0",
		Summary:    "Moves or copies keys to another server.",
		Complexity: "This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the target instance. See the pages of these commands for time complexity. Also an O(N) data transfer between the two instances is performed.",
		Args: []Arg{String("host"), Integer("port"), OneOf("key-selector", Key("key"), Word("empty-string", "")), Integer("destination-db"), Integer("timeout"),
			Opt(AddedIn("3.0.0", Word("copy", "COPY"))), Opt(AddedIn("3.0.0", Word("replace", "REPLACE"))),
			Opt(OneOf("authentication", AddedIn("4.0.7", Opt(With("AUTH", String("password")))), AddedIn("6.0.0", Opt(With("AUTH2", Block("auth2", String("username"), String("password"))))))),
			Opt(AddedIn("3.0.6", With("KEYS", Many(Keyed(1, Key("key"))))))},
		Arity: -6, Flags: Write | MovableKeys, Categories: []string{"dangerous"}, Tips: []string{"nondeterministic_output"},
		Keys:     Specs(OneKey(3, RW|Access|Delete), []KeySpec{{Flags: RW | Access | Delete | Incomplete, Index: -2, Keyword: "KEYS", Last: -1, Step: 1}}),
		KeysFunc: migrateKeys, RunClient: migrate,
	}}
}

// migrateKeys finds the keys: the third argument, or, if that is empty, all
// behind KEYS, which may be a password's text as well.
func migrateKeys(argv [][]byte) ([]KeyRef, error) {
	const flags = RW | Access | Delete
	for i := 6; i < len(argv) && len(argv[3]) == 0; i++ {
		switch {
		case EqualFold(argv[i], "AUTH"):
			i++
		case EqualFold(argv[i], "AUTH2"):
			i += 2
		case EqualFold(argv[i], "KEYS"):
			var refs []KeyRef
			for i++; i < len(argv); i++ {
				refs = append(refs, KeyRef{i, flags})
			}
			return refs, nil
		}
	}
	return []KeyRef{{3, flags}}, nil
}

// A migration is what one MIGRATE sends, and to whom.
type migration struct {
	address string
	timeout time.Duration
	auth    []string // the words of AUTH
	db      string   // of the other server
	copy    bool
	replace bool
	keys    [][]byte

	from    int // the database of the keys
	objects []migratingKey
}

// migratingKey is a key that exists. Its watcher is a client without a
// connection that watches it alone.
type migratingKey struct {
	key, payload []byte
	ttl          int64 // milliseconds, 0 for none
	watcher      *Client
	arrived      bool
}

var (
	errMigrateKeys     = Errf("When using MIGRATE KEYS option, the key argument must be set to the empty string")
	errMigrateConnect  = &Error{"IOERR", "error or timeout connecting to the client"}
	errMigrateWriting  = &Error{"IOERR", "error or timeout writing to target instance"}
	errMigrateReading  = &Error{"IOERR", "error or timeout reading to target instance"}
	errMigrateNoParked = Errf("MIGRATE is not allowed in a transaction or a script: it waits for another server")
)

func parseMigration(args Args) (*migration, error) {
	m := &migration{keys: [][]byte{args[2]}}
	for i := 5; i < len(args); i++ {
		more := len(args) - 1 - i
		switch {
		case args.Is(i, "COPY"):
			m.copy = true
		case args.Is(i, "REPLACE"):
			m.replace = true
		case args.Is(i, "AUTH") && more >= 1:
			m.auth = []string{"AUTH", string(args[i+1])}
			i++
		case args.Is(i, "AUTH2") && more >= 2:
			m.auth = []string{"AUTH", string(args[i+1]), string(args[i+2])}
			i += 2
		case args.Is(i, "KEYS"):
			if len(args[2]) > 0 {
				return nil, errMigrateKeys
			}
			m.keys = args[i+1:]
			i = len(args)
		default:
			return nil, ErrSyntax
		}
	}
	timeout, err := args.Int(4)
	if err != nil {
		return nil, err
	}
	db, err := args.Int(3)
	if err != nil {
		return nil, err
	}
	if timeout <= 0 {
		timeout = 1000
	}
	m.timeout = time.Duration(min(timeout, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
	m.db, m.address = strconv.FormatInt(db, 10), net.JoinHostPort(string(args[0]), string(args[1]))
	return m, nil
}

// migrate sends keys to another server and removes them here. The client waits;
// the loop does not.
func migrate(c *Client, args Args, w Reply) error {
	m, err := parseMigration(args)
	if err != nil {
		return err
	}
	m.pack(c.Keyspace())
	if len(m.objects) == 0 {
		w.Status("NOKEY")
		return nil
	}
	if !c.MayBlock() {
		m.unwatch()
		return errMigrateNoParked
	}
	c.Block(nil, 0, nil, nil)
	parked := c.blocked
	parked.fixed = true
	e := c.e
	// The goroutine touches the payloads and its connection, each step of which
	// the timeout bounds; it ends with the last reply or the first failure.
	go func() {
		err := m.send()
		e.Post(func() {
			err = m.settle(e, err)
			if c.blocked != parked {
				return // the client has gone
			}
			if err != nil {
				WriteError(parked.reply(), err)
			} else {
				parked.reply().Status("OK")
			}
			e.unblock(c)
		})
	}()
	return nil
}

// pack makes the payloads of the keys that exist, and watches them.
func (m *migration) pack(ks *Keyspace) {
	m.from = ks.index
	seen := map[string]bool{}
	for _, key := range m.keys {
		h := ks.lookup(key)
		if h == nil || seen[string(key)] {
			continue
		}
		seen[string(key)] = true
		k := migratingKey{key: bytes.Clone(key), payload: h.dump(), watcher: ks.e.NewScriptClient()}
		if at := h.deadlineMs(); at != 0 {
			k.ttl = max(at-ks.Now(), 1)
		}
		k.watcher.db = ks.index
		k.watcher.watch(k.key)
		m.objects = append(m.objects, k)
	}
	m.keys = nil
}

func (m *migration) unwatch() {
	for i := range m.objects {
		m.objects[i].watcher.unwatch()
	}
}

// settle removes the keys that have arrived, and returns what the client is to
// know: the error of sending, or that keys stayed because they have changed.
func (m *migration) settle(e *Engine, failed error) error {
	stayed := 0
	e.InUnit(func() {
		for i := range m.objects {
			k := &m.objects[i]
			changed := k.watcher.watchDirty
			k.watcher.unwatch()
			if m.copy || !k.arrived {
				continue
			}
			ks := e.dbs[m.from]
			if changed && ks.Exists(k.key) {
				stayed++
			} else if ks.Delete(k.key) {
				ks.notify(EventGeneric, "del", k.key)
			}
		}
	})
	if failed == nil && stayed > 0 {
		return Errf(fmt.Sprintf("%d keys changed while they were sent: they stay, and the target has them as they were", stayed))
	}
	return failed
}

// migrateChunk is how many bytes are collected before they are sent.
const migrateChunk = 64 << 10

// send sends the keys and notes which have arrived. The error is that of the
// connection, or the first that the other server replied.
func (m *migration) send() error {
	ctx, cancel := context.WithTimeout(context.Background(), m.timeout)
	defer cancel()
	conn, err := resp.Dial(ctx, "tcp", m.address)
	if err != nil {
		return errMigrateConnect
	}
	defer conn.Close()
	conn.Timeout = m.timeout
	if m.auth != nil {
		conn.Send(m.auth...)
	}
	conn.Send("SELECT", m.db)
	waiting := 0
	for i := range m.objects {
		k := &m.objects[i]
		args := []string{"RESTORE", string(k.key), strconv.FormatInt(k.ttl, 10), string(k.payload)}
		if m.replace {
			args = append(args, "REPLACE")
		}
		conn.Send(args...)
		if waiting += len(k.key) + len(k.payload); waiting >= migrateChunk {
			waiting = 0
			if conn.Flush() != nil {
				return errMigrateWriting
			}
		}
		k.payload = nil
	}
	if conn.Flush() != nil {
		return errMigrateWriting
	}
	return m.receive(conn)
}

// receive reads the replies to AUTH, SELECT and each key. If one of the first
// two is an error, no key counts as arrived.
func (m *migration) receive(conn *resp.Conn) error {
	var refused error
	ok := func() (bool, error) {
		v, err := conn.Receive()
		if err != nil {
			return false, errMigrateReading
		}
		if v.Kind == resp.KindError && refused == nil {
			refused = Errf("Target instance replied with error: " + strings.TrimPrefix(string(v.Str), "-"))
		}
		return v.Kind != resp.KindError, nil
	}
	prepared := true
	for n := range 2 {
		if n == 0 && m.auth == nil {
			continue
		}
		good, err := ok()
		if err != nil {
			return err
		}
		prepared = prepared && good
	}
	for i := range m.objects {
		good, err := ok()
		if err != nil {
			if refused != nil {
				return refused
			}
			return err
		}
		m.objects[i].arrived = good && prepared
	}
	return refused
}
