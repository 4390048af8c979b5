package engine

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"perigee/engine/glob"
)

// The harmless part of DEBUG, for tests of clients and of the server itself.
// What looks at values is in debugvalue.go, DIGEST in debugdigest.go, RELOAD in
// debugreload.go.

// debugState is what DEBUG has set.
type debugState struct {
	cronPaused bool
	replID     string // in the place of the run's own, if not empty
}

// replicationID is what INFO shows as such.
func (e *Engine) replicationID() string {
	if e.debug.replID != "" {
		return e.debug.replID
	}
	return e.runID
}

// debugArgs says how many arguments each subcommand takes, at least and at
// most; for others DEBUG is no command.
func debugArgs(name string) (least, most int, known bool) {
	switch name {
	case "DIGEST", "CHANGE-REPL-ID", "STRINGMATCH-TEST", "HELP", "LOADAOF":
		return 0, 0, true
	case "SLEEP", "OBJECT", "SET-ACTIVE-EXPIRE", "QUICKLIST-PACKED-THRESHOLD", "LISTPACK", "PROTOCOL", "ERROR", "LOG", "HTSTATS-KEY",
		"SDSLEN", "PAUSE-CRON", "SET-DISABLE-DENY-SCRIPTS", "DICT-RESIZING":
		return 1, 1, true
	case "QUICKLIST", "HTSTATS":
		return 1, 2, true
	case "STRINGMATCH-LEN", "REPLYBUFFER":
		return 2, 2, true
	case "POPULATE":
		return 1, 3, true
	case "DIGEST-VALUE", "RELOAD", "JMAP":
		return 0, math.MaxInt, true
	}
	return 0, 0, false
}

// debugCommand runs a subcommand where enable-debug-command allows it.
func debugCommand(c *Client, args Args, w Reply) error {
	if allowed := c.e.settings.DebugCommand; allowed == "no" || allowed == "local" && !c.local() {
		return Errf("DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.")
	}
	name := strings.ToUpper(clip(args[0], maxName))
	args = args[1:]
	least, most, known := debugArgs(name)
	if !known || len(args) < least || len(args) > most {
		return c.errSubcommandSyntax()
	}
	ks := c.Keyspace()
	switch name {
	case "OBJECT", "LISTPACK", "QUICKLIST", "HTSTATS-KEY", "SDSLEN":
		return ks.debugValue(name, args, w)
	case "DIGEST":
		w.Status(c.e.digest().String())
		return nil
	case "DIGEST-VALUE":
		w.Array(len(args))
		for _, key := range args {
			w.Status(ks.digestAt(key).String())
		}
		return nil
	case "HELP":
		return debugHelp(ks, args, w)
	case "HTSTATS":
		return c.e.debugTables(args, w)
	case "PROTOCOL":
		return debugProtocol(args[0], w, c.Proto())
	case "ERROR":
		code, text, _ := strings.Cut(strings.NewReplacer("\r", " ", "\n", " ").Replace(string(args[0])), " ")
		return &Error{code, text}
	case "STRINGMATCH-TEST":
		ks.debugMatch()
		w.Status("Apparently Redis did not crash: test passed")
		return nil
	}
	if err := c.debugDo(name, args); err != nil {
		return err
	}
	w.Status("OK")
	return nil
}

// debugDo runs a subcommand that replies OK. Those without a case say
// something about what there is not here.
func (c *Client) debugDo(name string, args Args) error {
	e := c.e
	switch name {
	case "SLEEP":
		seconds, _, _ := readDouble(args[0])
		time.Sleep(time.Duration(max(0, min(seconds, 3600)) * float64(time.Second)))
	case "SET-ACTIVE-EXPIRE":
		e.activeExpire = !isZeroText(args[0])
	case "PAUSE-CRON":
		e.debug.cronPaused = !isZeroText(args[0])
	case "LOG":
		e.log.Warn("DEBUG LOG: " + string(args[0]))
	case "CHANGE-REPL-ID":
		e.debug.replID = hexID(e.random)
	case "RELOAD", "LOADAOF":
		return c.debugReload(args)
	case "POPULATE":
		return c.Keyspace().debugPopulate(args)
	case "STRINGMATCH-LEN":
		glob.Match(args[0], args[1], false)
	case "QUICKLIST-PACKED-THRESHOLD":
		if !isMemorySize(args[0]) {
			return Errf("argument must be a memory value bigger than 1 and smaller than 4gb")
		}
	case "REPLYBUFFER":
		if !args.Is(0, "PEAK-RESET-TIME") && !args.Is(0, "RESIZING") {
			return c.errSubcommandSyntax()
		}
	}
	return nil
}

// isZeroText tells whether C's atoi makes 0 of a text.
func isZeroText(b []byte) bool {
	digits := bytes.TrimLeft(bytes.TrimLeft(b, " \t\n\v\f\r"), "+-0")
	return len(digits) == 0 || digits[0] < '0' || digits[0] > '9'
}

// isMemorySize tells whether b is a number of bytes with an optional unit, from
// 0 to 4 GB.
func isMemorySize(b []byte) bool {
	digits := strings.TrimRight(strings.ToLower(string(b)), "bgkm")
	n, err := strconv.ParseUint(digits, 10, 64)
	factors := map[string]uint64{"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1e6, "mb": 1 << 20, "g": 1e9, "gb": 1 << 30}
	factor, known := factors[strings.ToLower(string(b[len(digits):]))]
	return err == nil && known && n <= (4<<30)/factor
}

// debugMatch matches short random texts with random patterns.
func (ks *Keyspace) debugMatch() {
	const letters = `*?[]^-\ab`
	text := func() []byte {
		b := make([]byte, ks.RandN(16))
		for i := range b {
			b[i] = letters[ks.RandN(len(letters))]
		}
		return b
	}
	for range 10000 {
		glob.Match(text(), text(), false)
	}
}

// debugPopulate makes keys prefix:0, prefix:1 and so on, each with a value of
// its own, perhaps filled with zero bytes; those that exist stay.
func (ks *Keyspace) debugPopulate(args Args) error {
	count, err := args.Count(0)
	if err != nil {
		return ErrPositive
	}
	prefix, size := []byte("key"), int64(0)
	if len(args) > 1 {
		prefix = args[1]
	}
	if len(args) > 2 {
		if size, err = args.Count(2); err != nil || size > int64(ks.e.settings.MaxBulkLen) {
			return ErrPositive
		}
	}
	for i := range count {
		key := fmt.Appendf(nil, "%s:%d", prefix, i)
		if ks.Exists(key) {
			continue
		}
		value := fmt.Appendf(nil, "value:%d", i)
		if size > 0 {
			value = append(value[:min(len(value), int(size))], make([]byte, max(0, int(size)-len(value)))...)
		}
		ks.SetString(key, value, 0)
	}
	return nil
}

// debugProtocol replies with a value of a type of the protocol.
func debugProtocol(kind []byte, w Reply, proto int) error {
	switch strings.ToLower(string(kind)) {
	case "string":
		w.BulkString("Hello World")
	case "integer":
		w.Int(12345)
	case "double":
		w.Double(3.141)
	case "null":
		w.Null()
	case "array":
		w.Array(3)
		threeInts(w)
	case "set":
		w.Set(3)
		threeInts(w)
	case "map":
		w.Map(3)
		for i := range 3 {
			w.Int(int64(i))
			w.Bool(i == 1)
		}
	case "attrib":
		if a, ok := w.(interface{ Attribute(pairs int) }); ok && proto > 2 {
			a.Attribute(1)
			w.BulkString("key-popularity")
			w.Array(2)
			w.BulkString("key:123")
			w.Int(90)
		}
		w.BulkString("Some real reply following the attribute")
	case "push":
		if proto < 3 {
			return Errf("RESP2 is not supported by this command")
		}
		w.Push(2)
		w.BulkString("server-cpu-usage")
		w.Int(42)
		w.BulkString("Some real reply following the push reply")
	case "bignum":
		w.BigNumber("1234567999999999999999999999999999999")
	case "true":
		w.Bool(true)
	case "false":
		w.Bool(false)
	case "verbatim":
		w.Verbatim("txt", []byte("This is a verbatim\nstring"))
	default:
		return Errf("Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
	}
	return nil
}

func threeInts(w Reply) {
	for i := range 3 {
		w.Int(int64(i))
	}
}

// debugTables replies with what a database's tables hold.
func (e *Engine) debugTables(args Args, w Reply) error {
	n, err := args.Int(0)
	if err != nil {
		return err
	}
	if n < 0 || n >= int64(len(e.dbs)) {
		return Errf("Out of range database")
	}
	ks := e.dbs[n]
	w.Verbatim("txt", []byte("[Dictionary HT]\n"+tableStats(ks.keys)+"[Expires HT]\n"+tableStats(ks.expires)))
	return nil
}

// local tells whether the peer is this machine.
func (c *Client) local() bool {
	return c.Peer.Unix || c.Peer.IP.IsValid() && c.Peer.IP.Unmap().IsLoopback()
}

var debugHelp = Help("DEBUG", []string{
	"CHANGE-REPL-ID", "    Change the replication ID that INFO shows.",
	"DIGEST", "    Output a hex signature representing the current data.",
	"DIGEST-VALUE <key> [<key> ...]", "    Output a hex signature of the values of all the specified keys.",
	"ERROR <string>", "    Return a protocol error with <string> as message. Useful for clients", "    unit tests to simulate errors.",
	"HTSTATS <dbid>", "    Return what is known of the tables of the specified database.",
	"HTSTATS-KEY <key>", "    Like HTSTATS but for the table stored at <key>'s value.",
	"LISTPACK <key>", "    Write what is known of the listpack at <key> to the log.",
	"LOADAOF", "    As RELOAD.",
	"LOG <message>", "    Write <message> to the server log.",
	"OBJECT <key>", "    Show low level info about `key` and associated value.",
	"PAUSE-CRON <0|1>", "    Stop periodic cron job processing.",
	"POPULATE <count> [<prefix>] [<size>]", "    Create <count> string keys named key:<num>. If <prefix> is specified then", "    it is used instead of the 'key' prefix.",
	"PROTOCOL <type>", "    Reply with a test value of the specified type. <type> can be: string,", "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,", "    true, false.",
	"QUICKLIST <key> [<0|1>]", "    Write what is known of the quicklist at <key> to the log.",
	"QUICKLIST-PACKED-THRESHOLD <size>", "    Accepted and without effect.",
	"RELOAD [option ...]", "    Write all data as effects and build them anew from these.",
	"REPLYBUFFER <PEAK-RESET-TIME|RESIZING> <value>", "    Accepted and without effect.",
	"SDSLEN <key>", "    Show the sizes of a string key and its value.",
	"SET-ACTIVE-EXPIRE <0|1>", "    Setting it to 0 disables expiring keys in background when they are not", "    accessed. Setting it to 1 reenables back the default.",
	"SLEEP <seconds>", "    Stop the server for <seconds>. Decimals allowed.",
	"STRINGMATCH-TEST", "    Match random texts with random patterns.",
})

// pointerOf is an entry's address, which means nothing but is asked for.
func pointerOf(h entry) string { return fmt.Sprintf("%p", unsafe.Pointer(h)) }
