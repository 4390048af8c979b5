package engine

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

// slowlog keeps the last commands that took long.
type slowlog struct {
	entries []slowEntry // newest last
	nextID  int64
}

type slowEntry struct {
	id    int64
	at    int64 // Unix seconds
	spent time.Duration
	argv  [][]byte
	addr  string
	name  string
	run   *ScriptRun // of a script, else nil
}

const (
	slowlogMaxArgs = 32
	slowlogMaxArg  = 128
)

func (s *slowlog) add(e *Engine, c *Client, cmd *tableEntry, argv [][]byte, spent time.Duration) {
	entry := slowEntry{id: s.nextID, at: e.now / 1000, spent: spent, addr: c.Peer.Addr, name: string(c.name), argv: clipArgs(withoutSecrets(cmd, argv))}
	if c.script {
		entry.addr = "?:0"
	}
	if cmd.Flags&RunsScript != 0 {
		entry.run = e.scripting.LastRun()
	}
	s.nextID++
	s.entries = append(s.entries, entry)
	s.trim(e.settings.SlowlogMaxLen)
}

// trim drops the oldest entries over most. Appending moves what is left to a
// new array now and then, so that each entry is moved a bounded number of
// times.
func (s *slowlog) trim(most int) {
	if n := len(s.entries) - most; n > 0 {
		clear(s.entries[:n])
		s.entries = s.entries[n:]
	}
}

// slowlogGet replies with entries of six elements, as clients expect; WITHSCRIPT
// adds one.
func slowlogGet(c *Client, args Args, w Reply) error {
	withScript := len(args) > 0 && args.Is(len(args)-1, "WITHSCRIPT")
	if withScript {
		args = args[:len(args)-1]
	}
	count := int64(10)
	if len(args) > 1 {
		return c.errSubcommandSyntax()
	}
	if len(args) == 1 {
		n, ok := ParseInt(args[0])
		if !ok || n < -1 {
			return Errf("count should be greater than or equal to -1")
		}
		count = n
	}
	entries := slices.Clone(c.e.slowlog.entries)
	slices.Reverse(entries)
	if count >= 0 && count < int64(len(entries)) {
		entries = entries[:count]
	}
	w.Array(len(entries))
	for _, s := range entries {
		s.write(w, withScript)
	}
	return nil
}

func (s *slowEntry) write(w Reply, withScript bool) {
	elements := 6
	if withScript {
		elements++
	}
	w.Array(elements)
	w.Int(s.id)
	w.Int(s.at)
	w.Int(s.spent.Microseconds())
	w.Array(len(s.argv))
	for _, a := range s.argv {
		w.Bulk(a)
	}
	w.BulkString(s.addr)
	w.BulkString(s.name)
	switch {
	case !withScript:
	case s.run == nil:
		w.Null()
	default:
		s.run.write(w)
	}
}

// withoutSecrets returns argv with passwords replaced.
func withoutSecrets(cmd *tableEntry, argv [][]byte) [][]byte {
	var secret []int
	switch cmd.Name {
	case "auth":
		for i := 1; i < len(argv); i++ {
			secret = append(secret, i)
		}
	case "acl|setuser":
		for i := 2; i < len(argv); i++ {
			secret = append(secret, i)
		}
	case "hello":
		for i := 2; i+2 < len(argv); i++ {
			if EqualFold(argv[i], "AUTH") {
				secret = append(secret, i+1, i+2)
				i += 2
			}
		}
	case "migrate":
		for i := 6; i+1 < len(argv) && !EqualFold(argv[i], "KEYS"); i++ {
			if EqualFold(argv[i], "AUTH") {
				secret = append(secret, i+1)
				i++
			} else if EqualFold(argv[i], "AUTH2") && i+2 < len(argv) {
				secret = append(secret, i+1, i+2)
				i += 2
			}
		}
	case "config|set":
		for i := 2; i+1 < len(argv); i += 2 {
			if EqualFold(argv[i], "REQUIREPASS") {
				secret = append(secret, i+1)
			}
		}
	}
	if secret == nil {
		return argv
	}
	shown := slices.Clone(argv)
	for _, i := range secret {
		shown[i] = []byte("(redacted)")
	}
	return shown
}

// clipArgs copies argv within SLOWLOG's bounds, telling what was left out.
func clipArgs(argv [][]byte) [][]byte {
	var kept [][]byte
	for i, a := range argv {
		if i == slowlogMaxArgs-1 && len(argv) > slowlogMaxArgs {
			more := fmt.Sprintf("... (%d more arguments)", len(argv)-i)
			return append(kept, []byte(more))
		}
		if n := len(a) - slowlogMaxArg; n > 0 {
			kept = append(kept, fmt.Appendf(nil, "%s... (%d more bytes)", a[:slowlogMaxArg], n))
			continue
		}
		kept = append(kept, bytes.Clone(a))
	}
	return kept
}
