package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/engine/resp"
)

// A crashWriter is a client that makes up units, sends some of them ahead of
// their replies, and knows what its two databases must hold after each.
type crashWriter struct {
	id      int
	random  *rand.Rand
	sent    int         // units
	acked   *crashState // after the units that were acknowledged
	ahead   *crashState // after all units that were sent
	flying  []crashUnit // sent and not acknowledged
	db      int         // selected on the connection, 0 or 1
	problem error       // a reply that should not be
}

// A crashUnit is one unit of commands on one database.
type crashUnit struct {
	number   int
	db       int
	commands [][]string
	noted    bool // it sets the sequence key too
	replies  int
	fails    bool // the last reply is an error, and nothing is kept
}

// sharedDB holds the key of each writer that tells the number of its last
// noted unit, for others to read.
const sharedDB = 15

// applyScript runs the commands that are its arguments, each behind the
// number of its words.
const applyScript = `local i = 1
while i <= #ARGV do
  local n = tonumber(ARGV[i])
  redis.call(unpack(ARGV, i + 1, i + n))
  i = i + n + 1
end
return i`

// crashLibrary and crashModule run the same script as a function and as a
// module's command; crash.fail writes and then fails.
const (
	crashLibrary = "#!lua name=crash\nredis.register_function('crash_apply', function(KEYS, ARGV)\n" + applyScript + "\nend)"
	crashModule  = "#!lua name=crashmod\nlocal function apply(ARGV)\n" + applyScript + `
end
local arguments = {{name = "word", type = "string", multiple = true}}
perigee.command{name = "crash.apply", summary = "Runs commands.", args = arguments, flags = {"write"},
  handler = function(args) return apply(args.word) end}
perigee.command{name = "crash.fail", summary = "Runs commands and fails.", args = arguments, flags = {"write"},
  handler = function(args) apply(args.word) error("as it should") end}
`
)

func newCrashWriter(id int, seed uint64) *crashWriter {
	return &crashWriter{id: id, random: rand.New(rand.NewPCG(seed, uint64(id))), acked: newCrashState(), ahead: newCrashState()}
}

func (w *crashWriter) seqKey() string { return "seq:" + strconv.Itoa(w.id) }

// number of the server's database that is the writer's database db.
func (w *crashWriter) number(db int) string { return strconv.Itoa(2*w.id + db) }

// write sends units until the connection ends or a reply is wrong.
func (w *crashWriter) write(socket string, acknowledged func()) {
	conn, err := resp.Dial(context.Background(), "unix", socket)
	if err != nil {
		return // killed before it got here
	}
	defer conn.Close()
	w.db = -1
	for {
		for range 1 + w.random.IntN(8) {
			w.send(conn, w.unit())
		}
		for len(w.flying) > 0 {
			if !w.receive(conn, w.flying[0]) {
				return
			}
			w.flying[0].apply(w.acked)
			w.flying = w.flying[1:]
			acknowledged()
		}
	}
}

// receive takes a unit's replies; false says that no more is to be had.
func (w *crashWriter) receive(conn *resp.Conn, u crashUnit) bool {
	for i := range u.replies {
		reply, err := conn.Receive()
		if err != nil {
			return false
		}
		failed := reply.Err()
		if reply.Kind == resp.KindArray {
			for _, element := range reply.Elems {
				if err := element.Err(); err != nil {
					failed = err
				}
			}
		}
		if expected := u.fails && i == u.replies-1; (failed != nil) != expected {
			w.problem = fmt.Errorf("writer %d, unit %d %.300q: reply %d is %.300s", w.id, u.number, u.commands, i, reply)
			return false
		}
	}
	return true
}

func (u *crashUnit) apply(s *crashState) {
	if u.fails {
		return
	}
	for _, command := range u.commands {
		s.apply(u.db, command)
	}
	if u.noted {
		s.seq = u.number
	}
}

// send sends a unit in one of the forms that a unit can have.
func (w *crashWriter) send(conn *resp.Conn, u crashUnit) {
	post := func(command ...string) {
		conn.Send(command...)
		u.replies++
	}
	if w.db != u.db {
		w.db = u.db
		post("SELECT", w.number(w.db))
	}
	switch form := w.random.IntN(6); {
	case u.commands[0][0] == "LIBRARY":
		post(w.libraryCommand(u.commands[0][1])...)
	case len(u.commands) == 1 && form != 5:
		post(u.commands[0]...)
	case form == 0:
		u.noted = true
		post("MULTI")
		for _, command := range w.noting(u) {
			post(command...)
		}
		post("EXEC")
	case form == 1:
		post("MULTI")
		for _, command := range u.commands {
			post(command...)
		}
		post("EXEC")
	default:
		u.noted = true
		u.fails = form == 5
		call := [][]string{{"EVAL", applyScript, "0"}, {"FCALL", "crash_apply", "0"}, {"CRASH.APPLY"}, {"CRASH.FAIL"}}[form-2]
		for _, command := range w.noting(u) {
			call = append(append(call, strconv.Itoa(len(command))), command...)
		}
		post(call...)
	}
	u.apply(w.ahead)
	w.flying = append(w.flying, u)
}

// noting is a unit's commands and those that set the sequence key.
func (w *crashWriter) noting(u crashUnit) [][]string {
	return append(slices.Clone(u.commands), []string{"SELECT", strconv.Itoa(sharedDB)},
		[]string{"SET", w.seqKey(), strconv.Itoa(u.number)}, []string{"SELECT", w.number(u.db)})
}

// libraryCommand brings the writer's library to a version, 0 for none.
func (w *crashWriter) libraryCommand(version string) []string {
	library := "w" + strconv.Itoa(w.id)
	if version == "0" {
		return []string{"FUNCTION", "DELETE", library}
	}
	return []string{"FUNCTION", "LOAD", "REPLACE", fmt.Sprintf("#!lua name=%s\nredis.register_function{function_name='%s_version', callback=function() return %s end, flags={'no-writes'}}", library, library, version)}
}

// unit makes a unit up.
func (w *crashWriter) unit() crashUnit {
	w.sent++
	u := crashUnit{number: w.sent, db: w.random.IntN(2)}
	switch n := w.random.IntN(400); {
	case n == 0:
		u.commands = [][]string{{"FLUSHDB"}}
	case n == 1:
		u.commands = [][]string{{"SWAPDB", w.number(0), w.number(1)}}
	case n == 2 && w.ahead.version > 0:
		u.commands = [][]string{{"LIBRARY", "0"}}
	case n < 8:
		u.commands = [][]string{{"LIBRARY", strconv.Itoa(w.sent)}}
	case n < 120:
		u.commands = [][]string{w.command(u, w.ahead)}
	default:
		// Each command must fit what those before it leave.
		state := w.ahead.clone()
		for range 1 + w.random.IntN(6) {
			command := w.command(u, state)
			state.apply(u.db, command)
			u.commands = append(u.commands, command)
		}
	}
	return u
}

// pick returns the name of one of a few keys of a kind.
func (w *crashWriter) pick(kind string) string {
	return fmt.Sprintf("%s:%d", kind, w.random.IntN(6))
}

// text is a value that tells where it belongs, now and then a long one.
func (w *crashWriter) text(key string) string {
	size := w.random.IntN(60)
	switch w.random.IntN(200) {
	case 0:
		size = w.random.IntN(100_000)
	case 1, 2, 3, 4:
		size = w.random.IntN(3000)
	}
	return fmt.Sprintf("%s of %d in %d %s", key, w.id, w.sent, strings.Repeat("~", size))
}

// command makes up a command that fits the state.
func (w *crashWriter) command(u crashUnit, state *crashState) []string {
	kind := []string{"text", "text", "number", "soon", "list", "list", "hash", "hash", "set", "zset", "zset", "any"}[w.random.IntN(12)]
	key := w.pick(kind)
	small := strconv.Itoa(w.random.IntN(40))
	of := func(forms ...[]string) []string { return forms[w.random.IntN(len(forms))] }
	switch kind {
	case "text":
		return of([]string{"SET", key, w.text(key)}, []string{"SET", key, w.text(key)},
			[]string{"APPEND", key, w.text(key)}, []string{"SETRANGE", key, strconv.Itoa(w.random.IntN(5000)), w.text(key)})
	case "number":
		return []string{"INCRBY", key, small}
	case "soon":
		return []string{"SET", key, w.text(key), "PXAT", strconv.FormatInt(time.Now().UnixMilli()+20+w.random.Int64N(2000), 10)}
	case "list":
		return w.listCommand(key, state.dbs[u.db][key])
	case "hash":
		return of([]string{"HSET", key, small, w.text(key)}, []string{"HSET", key, small, w.text(key)},
			[]string{"HINCRBY", key, "n" + small, small}, []string{"HDEL", key, small})
	case "set":
		return of([]string{"SADD", key, small}, []string{"SADD", key, "m" + small}, []string{"SREM", key, small})
	case "zset":
		return of([]string{"ZADD", key, strconv.Itoa(w.sent), small}, []string{"ZINCRBY", key, "3", small}, []string{"ZREM", key, small})
	}
	return w.keyCommand(u.db, state)
}

func (w *crashWriter) listCommand(key string, v *crashValue) []string {
	if v == nil || w.random.IntN(3) > 0 {
		return []string{[]string{"RPUSH", "LPUSH"}[w.random.IntN(2)], key, w.text(key)}
	}
	at := w.random.IntN(len(v.list))
	forms := [][]string{{"LPOP", key}, {"RPOP", key}, {"LSET", key, strconv.Itoa(at), w.text(key)},
		{"LINSERT", key, "BEFORE", v.list[at], w.text(key)}, {"LREM", key, "1", v.list[at]}, {"LTRIM", key, "3", "-1"}}
	return forms[w.random.IntN(len(forms))]
}

// keyCommand makes up a command that treats all kinds alike.
func (w *crashWriter) keyCommand(db int, state *crashState) []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(state.dbs[db])) {
		if kindOf(key) != "soon" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return []string{"SET", "text:0", w.text("text:0")}
	}
	key := keys[w.random.IntN(len(keys))]
	other := w.pick(kindOf(key))
	later := strconv.FormatInt(time.Now().UnixMilli()+1_000_000+w.random.Int64N(1000), 10)
	forms := [][]string{{"DEL", key}, {"PEXPIREAT", key, later}, {"PERSIST", key}}
	if other != key {
		forms = append(forms, []string{"RENAME", key, other}, []string{"COPY", key, other, "REPLACE"})
	}
	if state.dbs[1-db][key] == nil {
		forms = append(forms, []string{"MOVE", key, w.number(1 - db)})
	}
	return forms[w.random.IntN(len(forms))]
}

// check reads everything back, which must be what some number of units left:
// all that were acknowledged, and of those that were under way the first
// ones. The writer goes on from there.
func (w *crashWriter) check(t *testing.T, socket string) {
	t.Helper()
	if w.problem != nil {
		t.Fatal(w.problem)
	}
	conn, err := resp.Dial(context.Background(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	before := time.Now().UnixMilli()
	held := w.read(t, conn)
	after := time.Now().UnixMilli()
	var why []string
	for i := range len(w.flying) + 1 {
		difference := w.acked.show().difference(held, before, after)
		if difference == "" {
			w.ahead, w.flying = w.acked.clone(), nil
			return
		}
		why = append(why, fmt.Sprintf("not the state after %d of %d units under way: %s", i, len(w.flying), difference))
		if i < len(w.flying) {
			w.flying[i].apply(w.acked)
			why = append(why, fmt.Sprintf("unit %d: %.500q", w.flying[i].number, w.flying[i].commands))
		}
	}
	t.Fatalf("writer %d:\n%s", w.id, strings.Join(why, "\n"))
}

// read returns what the server holds of the writer's data.
func (w *crashWriter) read(t *testing.T, conn *resp.Conn) shownState {
	t.Helper()
	do := func(command ...string) resp.Value {
		reply, err := conn.Do(command...)
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	held := shownState{{}, {}, {}}
	for db := range 2 {
		do("SELECT", w.number(db))
		for _, key := range do("KEYS", "*").Elems {
			key := string(key.Str)
			if shown, ok := showHeld(do, key); ok {
				held[db][key] = shown
			}
		}
	}
	do("SELECT", strconv.Itoa(sharedDB))
	held[2]["seq"] = strconv.Itoa(number(string(do("GET", w.seqKey()).Str)))
	held[2]["version"] = strconv.FormatInt(do("FCALL", fmt.Sprintf("w%d_version", w.id), "0").Int, 10)
	return held
}

// showHeld reads a key and writes it as crashValue.show does; false says that
// it expired on the way.
func showHeld(do func(...string) resp.Value, key string) (string, bool) {
	deadline := max(do("PEXPIRETIME", key).Int, 0)
	kind := kindOf(key)
	command := map[string][]string{"list": {"LRANGE", key, "0", "-1"}, "hash": {"HGETALL", key}, "set": {"SMEMBERS", key},
		"zset": {"ZRANGE", key, "0", "-1", "WITHSCORES"}}[kind]
	if command == nil {
		value := do("GET", key)
		return fmt.Sprintf("%d %q", deadline, []string{string(value.Str)}), !value.IsNull()
	}
	var words []string
	for _, element := range do(command...).Elems {
		words = append(words, string(element.Str))
	}
	switch kind {
	case "set":
		slices.Sort(words)
	case "hash", "zset":
		pairs := map[string]string{}
		for i := 0; i+1 < len(words); i += 2 {
			pairs[words[i]] = words[i+1]
		}
		words = words[:0]
		for _, field := range slices.Sorted(maps.Keys(pairs)) {
			words = append(words, field, pairs[field])
		}
	}
	return fmt.Sprintf("%d %q", deadline, words), true
}
