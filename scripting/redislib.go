package scripting

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"log/slog"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
)

// redisVersionNum is RedisVersion as 0x00MMmmpp.
const redisVersionNum = 7<<16 | 4<<8

// openRedis puts the redis table, which is also called server, into the common globals: as functions see it.
func (s *Scripting) openRedis(m *machine, globals *lua.LTable) {
	redis := m.library(map[string]lua.LGFunction{
		"call":          m.guarded(func(L *lua.LState) int { return s.redisCall(L, m, true) }),
		"pcall":         m.guarded(func(L *lua.LState) int { return s.redisCall(L, m, false) }),
		"error_reply":   func(L *lua.LState) int { return s.replyTable(L, m, "err") },
		"status_reply":  func(L *lua.LState) int { return s.replyTable(L, m, "ok") },
		"sha1hex":       s.redisSHA1,
		"log":           s.redisLog,
		"setresp":       s.redisSetResp,
		"set_repl":      s.redisSetRepl,
		"breakpoint":    s.redisBreakpoint,
		"debug":         s.redisDebug,
		"acl_check_cmd": s.redisACLCheck,
	})
	for name, n := range map[string]int{
		"LOG_DEBUG": 0, "LOG_VERBOSE": 1, "LOG_NOTICE": 2, "LOG_WARNING": 3,
		"REPL_NONE": 0, "REPL_AOF": 1, "REPL_SLAVE": 2, "REPL_REPLICA": 2, "REPL_ALL": 3,
		"REDIS_VERSION_NUM": redisVersionNum,
	} {
		redis.RawSetString(name, lua.LNumber(n))
	}
	redis.RawSetString("REDIS_VERSION", lua.LString(engine.RedisVersion))
	globals.RawSetString("redis", redis)
	globals.RawSetString("server", redis)
	globals.RawSetString("perigee", s.perigeeLibrary(m))
}

// commonRedis is the redis table of the common globals.
func (s *Scripting) commonRedis() *lua.LTable {
	return s.m.reader(s.m.common.RawGetString("redis").(*lua.LTable))
}

// extendRedis gives globals a redis table of their own, with one function more.
func (s *Scripting) extendRedis(globals *lua.LTable, name string, fn lua.LGFunction) {
	redis, common := s.m.newTable(0, 32), s.commonRedis()
	for k, v := common.Next(lua.LNil); k != lua.LNil; k, v = common.Next(k) {
		redis.RawSet(k, v)
	}
	redis.RawSetString(name, s.m.goFunction(fn))
	frozen := s.m.freeze(redis)
	globals.RawSetString("redis", frozen)
	globals.RawSetString("server", frozen)
}

// replicateCommands is redis.replicate_commands of EVAL: effects have always been what is recorded here.
func replicateCommands(L *lua.LState) int {
	L.Push(lua.LTrue)
	return 1
}

// raiseReply raises an error reply: a table that pcall and the client see as
// {err=…}.
func raiseReply(L *lua.LState, m *machine, text string) {
	L.Error(errorTable(m, text), 0)
}

// errorTable is an error reply as a table.
func errorTable(m *machine, text string) *lua.LTable {
	t := m.newTable(0, 1)
	t.RawSetString("err", lua.LString(text))
	return t
}

// redisCall is redis.call and redis.pcall: the command runs through the
// engine's dispatcher and replies in Lua values.
func (s *Scripting) redisCall(L *lua.LState, m *machine, raising bool) int {
	if s.run == nil {
		return s.refusedCall(L, m, "ERR redis.call/pcall can only be called inside a script invocation", raising)
	}
	n := L.GetTop()
	if n == 0 {
		return s.refusedCall(L, m, "ERR Please specify at least one argument for this redis lib call", raising)
	}
	depth := s.run.depth
	argv, size, ok := s.arguments(L, n, depth)
	if !ok {
		return s.refusedCall(L, m, "ERR Lua redis lib command arguments must be strings or integers", raising)
	}
	if size > minMemoryCheck {
		s.claimArguments(L, m, argv, size)
	}
	reply := s.replies[depth]
	reply.reset(s.run.resp3)
	err := s.callEngine(argv, reply)
	if s.profile.running && s.run.Ran() {
		s.profile.look(0, argv[0])
	}
	for i := len(argv) - 1; i >= 0; i-- { // which is faster than clear for a few
		argv[i] = nil
	}
	s.called()
	// What takes long counts as many instructions, so that the script is
	// looked at as often as any other.
	if spent := s.run.Spent(); spent >= stepTime {
		m.work(L, int(spent/stepTime))
	}
	// Messages wait for the script's end, so that they are its own.
	posted := s.e.Posted()
	if posted > s.posted || m.hook.mustLook() { // at what the reply claimed
		m.claim(L, int(max(posted-s.posted, 0)))
	}
	s.posted = posted
	if err != nil {
		return failedCall(L, m, wireError(err), true, raising)
	}
	L.Push(reply.result)
	reply.result = nil
	return 1
}

// refusedCall fails a call that did not come to the engine.
func (s *Scripting) refusedCall(L *lua.LState, m *machine, text string, raising bool) int {
	s.noteError(text)
	return failedCall(L, m, text, false, raising)
}

// claimArguments claims arguments that are more than the script may hold: the
// same texts again and again.
func (s *Scripting) claimArguments(L *lua.LState, m *machine, argv [][]byte, size int) {
	if most := m.hook.MemoryBytes; most > 0 && int64(size) > most {
		clear(argv)
		m.claim(L, size)
	}
}

// callEngine runs a command, under the debugger's eyes if there is one.
func (s *Scripting) callEngine(argv [][]byte, reply *luaReply) error {
	if s.debug != nil {
		return s.debug.call(s.run, argv, reply)
	}
	return s.run.Call(argv, reply)
}

// countedField marks an error table whose error the statistics have counted.
const countedField = "ignore_error_stats_update"

func isCounted(t *lua.LTable) bool { return t.RawGetString(countedField) == lua.LTrue }

// failedCall raises or returns the error reply of a call. One that the command's statistics have counted says so, in the
// way that Redis's do.
func failedCall(L *lua.LState, m *machine, text string, counted, raising bool) int {
	t := errorTable(m, text)
	if counted {
		t.RawSetString(countedField, lua.LTrue)
	}
	if raising {
		L.Error(t, 0)
	}
	L.Push(t)
	return 1
}

// stepTime is how long a command runs for each instruction that it counts as.
const stepTime = 100 * time.Nanosecond

// wireError is an error as it would be on the wire: in one line.
func wireError(err error) string {
	text := "ERR " + err.Error()
	if e, ok := err.(*engine.Error); ok {
		text = e.Error()
	}
	return inLine(text)
}

// inLine leaves out the line ends behind a reply's text; those within it become spaces.
func inLine(text string) string { return spacedLines.Replace(strings.TrimRight(text, "\r\n")) }

// engineMemory is what the engine had taken when a run looked last, which
// is not the run's, but for its messages.
type engineMemory struct{ data, undo, written int64 }

// look notes what is taken now.
func (t *engineMemory) look(e *engine.Engine) {
	t.data, t.undo = e.Taken()
	t.written = e.Written()
}

// grow looks, and is about how much more is taken: what was written counts
// even where the databases did not grow, as undo keeps what was there before.
func (t *engineMemory) grow(e *engine.Engine) int64 {
	before := *t
	t.look(e)
	return max(t.data-before.data, t.written-before.written, 0) + max(t.undo-before.undo, 0)
}

// noBytes is an empty argument, which is not nil.
var noBytes = []byte{}

// arguments turns the call's arguments into an argument vector, of so many
// bytes: strings as they are, without a copy, numbers in their shortest exact
// form. The vector is reused by the next call at the same depth.
func (s *Scripting) arguments(L *lua.LState, n, depth int) (argv [][]byte, size int, ok bool) {
	for len(s.argvs) <= depth {
		s.argvs = append(s.argvs, nil)
		s.replies = append(s.replies, &luaReply{m: s.m})
	}
	argv, numbers := s.argvs[depth][:0], 0
	for i := 1; i <= n; i++ {
		var arg []byte
		switch v := L.Get(i).(type) {
		case lua.LString:
			arg = noBytes // handlers tell an empty argument from none
			if v != "" {
				arg = bytesOf(string(v))
			}
		case lua.LNumber:
			// Room for the longest number, so that appending never moves those
			// that argv points to already.
			if numbers == 0 {
				s.numbers = make([]byte, 0, (n-i+1)*32)
			}
			numbers++
			start := len(s.numbers)
			s.numbers = AppendArgument(s.numbers, float64(v))
			arg = s.numbers[start:len(s.numbers):len(s.numbers)]
		default:
			return nil, 0, false
		}
		argv = append(argv, arg)
		size += len(arg)
	}
	s.argvs[depth] = argv
	return argv, size, true
}

func (s *Scripting) replyTable(L *lua.LState, m *machine, field string) int {
	text, ok := L.Get(1).(lua.LString)
	t := m.newTable(0, 1)
	L.Push(t)
	if L.GetTop() != 2 || !ok {
		s.noteError("wrong number or type of arguments")
		t.RawSetString("err", lua.LString("ERR wrong number or type of arguments"))
		return 1
	}
	if field == "err" {
		plain := strings.TrimPrefix(cText(string(text)), "-")
		s.noteError("-" + strings.TrimRight(plain, "\r\n"))
		text = lua.LString(errorReply(plain))
	}
	t.RawSetString(field, text)
	return 1
}

// errorReply is an error reply of a text, whose first word is the code if there are several.
func errorReply(text string) string {
	code, message, ok := strings.Cut(text, " ")
	if !ok {
		code, message = "ERR", text
	}
	return code + " " + strings.Trim(message, "\r\n")
}

// refuse raises an error of a function of the redis library: unlike those of
// Lua's, they are error replies that do not say where.
func (s *Scripting) refuse(L *lua.LState, text string) {
	s.noteError(text)
	raiseReply(L, s.m, "ERR "+text)
}

func (s *Scripting) redisSHA1(L *lua.LState) int {
	if L.GetTop() != 1 {
		s.refuse(L, "wrong number of arguments")
	}
	text, _ := toText(L.Get(1))
	sum := sha1.New()
	for part := range slices.Chunk([]byte(text), workChunk) {
		sum.Write(part)
		s.m.workBytes(L, len(part))
	}
	L.Push(lua.LString(hex.EncodeToString(sum.Sum(nil))))
	return 1
}

// shaDigits is the length of a script's name.
const shaDigits = 2 * sha1.Size

// sha1Hex is the name of a script.
func sha1Hex(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

var logLevels = []slog.Level{slog.LevelDebug, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn}

func (s *Scripting) redisLog(L *lua.LState) int {
	if L.GetTop() < 2 {
		s.refuse(L, "redis.log() requires two arguments or more.")
	}
	number, ok := toNumber(L.Get(1))
	if !ok {
		s.refuse(L, "First argument must be a number (log level).")
	}
	if !(number > -1 && number < float64(len(logLevels))) { // nor NaN
		s.refuse(L, "Invalid debug level.")
	}
	var parts []string
	size := 0
	for i := 2; i <= L.GetTop(); i++ {
		if text, ok := toText(L.Get(i)); ok {
			parts = append(parts, text)
			size += len(text) + 1
		}
	}
	s.m.claimString(L, size)
	if l := s.library.loading; l != nil && l.trial {
		return 0
	}
	s.log.Log(context.Background(), logLevels[int(number)], strings.Join(parts, " "), "from", "script")
	return 0
}

func (s *Scripting) redisSetResp(L *lua.LState) int {
	if L.GetTop() != 1 {
		s.refuse(L, "redis.setresp() requires one argument.")
	}
	n, _ := toNumber(L.Get(1))
	version := truncated(n)
	if version != 2 && version != 3 {
		s.refuse(L, "RESP version must be 2 or 3.")
	}
	if s.run != nil {
		s.run.resp3 = version == 3
	}
	return 0
}

// redisSetRepl accepts the flags of old: effects are always recorded here.
func (s *Scripting) redisSetRepl(L *lua.LState) int {
	if L.GetTop() != 1 {
		s.refuse(L, "redis.set_repl() requires two arguments.")
	}
	if n, _ := toNumber(L.Get(1)); truncated(n)&^3 != 0 {
		s.refuse(L, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	return 0
}

// redisACLCheck tells whether whoever runs the script may run a command.
func (s *Scripting) redisACLCheck(L *lua.LState) int {
	n := L.GetTop()
	if n == 0 {
		s.refuse(L, "Please specify at least one argument for this redis lib call")
	}
	if s.run == nil {
		s.refuse(L, "redis.acl_check_cmd() can only be called inside a script invocation")
	}
	argv, _, ok := s.arguments(L, n, s.run.depth)
	if !ok {
		s.refuse(L, "Lua redis lib command arguments must be strings or integers")
	}
	may, err := s.run.Client.May(argv)
	clear(argv)
	if err != nil {
		s.refuse(L, "Invalid command passed to redis.acl_check_cmd()")
	}
	L.Push(lua.LBool(may))
	return 1
}
