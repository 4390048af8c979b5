package engine

import (
	"strings"
	"testing"
	"time"

	"perigee/engine/resp"
)

// TestEventsFollowTheSettings has one deletion told on both channels, on one,
// and on none.
func TestEventsFollowTheSettings(t *testing.T) {
	te := newTestEngine(t)
	subscriber := te.connect(t)
	te.on(subscriber, "PSUBSCRIBE __key*")
	space := "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$16\r\n__keyspace@0__:a\r\n$3\r\ndel\r\n"
	event := "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$18\r\n__keyevent@0__:del\r\n$1\r\na\r\n"
	for _, test := range []struct{ letters, want string }{
		{"", ""}, {"KE", ""}, {"g", ""}, {"Kg", space}, {"Eg", event}, {"KEA", space + event}, {"KEl", ""},
	} {
		te.Settings().Events = 0
		te.do("SET a 1")
		classes, err := ParseEvents(test.letters)
		if err != nil {
			t.Fatal(err)
		}
		te.Settings().Events = classes
		te.do("DEL a")
		if got := take(subscriber); got != test.want {
			t.Errorf("notify-keyspace-events %q: got %q, want %q", test.letters, got, test.want)
		}
	}
}

// TestEventsOfCommands has the events of commands in their order, on keys that
// the commands before have left; another database than 0 is named.
func TestEventsOfCommands(t *testing.T) {
	te := newTestEngine(t)
	te.Settings().Events = EventKeyevent | EventAll | EventKeyMiss | EventNew
	subscriber := te.connect(t)
	te.on(subscriber, "PSUBSCRIBE *")
	for _, test := range [][2]string{
		{"SET a 1", "new a, set a"},
		{"SET a 1 EX 10", "set a, expire a"},
		{"SETEX a 10 1", "set a, expire a"},
		{"SETNX n 1", "new n, set n"},
		{"GET x", "keymiss x"},
		{"GETSET a 2", "set a"},
		{"GETDEL n", "del n"},
		{"APPEND a 3", "append a"},
		{"APPEND n 1", "new n, append n"},
		{"SETRANGE a 0 4", "setrange a"},
		{"SETRANGE m 2 4", "new m, setrange m"},
		{"INCR a", "incrby a"},
		{"DECRBY a 2", "incrby a"},
		{"INCRBYFLOAT a 1.5", "incrbyfloat a"},
		{"MSET a 1 o 2", "set a, new o, set o"},
		{"GETEX a EX 10", "expire a"},
		{"GETEX a PERSIST", "persist a"},
		{"GETEX a EXAT 1", "del a"},
		{"EXPIRE o 10", "expire o"},
		{"PERSIST o", "persist o"},
		{"EXPIRE o -1", "del o"},
		{"SET a 1 PXAT 1", "new a, set a, expire a"},
		{"GET a", "expired a, keymiss a"},
		{"COPY m c", "new c, copy_to c"},
		{"COPY m c REPLACE", "new c, copy_to c"},
		{"RENAME c d", "new d, rename_from c, rename_to d"},
		{"RENAMENX d e", "new e, rename_from d, rename_to e"},
		{"MOVE e 1", "1__:new e, move_from e, 1__:move_to e"},
		{"TOUCH x", "keymiss x"},
		{"EXISTS x", "keymiss x"},
		{"OBJECT ENCODING x", ""},
		{"DEL m n x", "del m, del n"},
		{"HSET h f 1 g 2", "new h, hset h"},
		{"HSETNX h i 1", "hset h"},
		{"HSETNX h i 1", ""},
		{"HINCRBY h f 1", "hincrby h"},
		{"HINCRBYFLOAT h f 1.5", "hincrbyfloat h"},
		{"HDEL h x", ""},
		{"HDEL h f", "hdel h"},
		{"HDEL h g i", "hdel h, del h"},
		{"LPUSH l 1 2 3", "new l, lpush l"},
		{"RPUSHX l 4", "rpush l"},
		{"LINSERT l BEFORE 1 0", "linsert l"},
		{"LSET l 0 9", "lset l"},
		{"LREM l 0 nosuch", ""},
		{"LREM l 0 9", "lrem l"},
		{"LMOVE l k LEFT RIGHT", "new k, rpush k, lpop l"},
		{"RPOPLPUSH k k", "lpush k, rpop k"},
		{"RPOP k", "rpop k, del k"},
		{"LPOP l 0", ""},
		{"LTRIM l 0 0", "ltrim l"},
		{"LTRIM l 5 6", "ltrim l, del l"},
		{"SADD s 1 2 3", "new s, sadd s"},
		{"SADD s 1", ""},
		{"SREM s x", ""},
		{"SMOVE s t 1", "srem s, new t, sadd t"},
		{"SMOVE t s 1", "srem t, del t, sadd s"},
		{"SPOP s 2", "spop s"},
		{"SUNIONSTORE u s s", "new u, sunionstore u"},
		{"SUNIONSTORE u s s", "sunionstore u"},
		{"SINTERSTORE u s nosuch", "keymiss nosuch, del u"},
		{"SDIFFSTORE u nosuch", "keymiss nosuch"},
		{"SORT s STORE v", "new v, sortstore v"},
		{"SORT nosuch STORE v", "keymiss nosuch, del v"},
		{"SPOP s", "spop s, del s"},
		{"ZADD z 1 a 2 b 3 c", "new z, zadd z"},
		{"ZADD z 1 a", ""},
		{"ZADD z INCR 1 a", "zincr z"},
		{"ZINCRBY z 0 a", ""},
		{"ZINCRBY z 1 a", "zincr z"},
		{"ZRANGESTORE y z 0 -1", "new y, zrangestore y"},
		{"ZUNIONSTORE y 1 z", "zunionstore y"},
		{"ZREM y a", "zrem y"},
		{"ZREMRANGEBYRANK y 0 0", "zremrangebyrank y"},
		{"ZREMRANGEBYSCORE y 0 9", "zremrangebyscore y, del y"},
		{"ZPOPMIN z", "zpopmin z"},
		{"ZMPOP 1 z MAX COUNT 9", "zpopmax z, del z"},
		{"PFADD p a", "new p, pfadd p"},
		{"PFADD p a", ""},
		{"SETBIT b 1 1", "new b, setbit b"},
		{"BITOP NOT b2 b", "new b2, set b2"},
		{"XADD q 1-1 f v", "new q, xadd q"},
		{"XDEL q 1-1", "xdel q"},
		{"FLUSHALL", ""},
	} {
		te.do(test[0])
		if got := strings.Join(eventsFor(subscriber), ", "); got != test[1] {
			t.Errorf("%s: got %q, want %q", test[0], got, test[1])
		}
	}
}

// eventsFor takes the key events that a subscriber got: event and key.
func eventsFor(subscriber *Client) []string {
	var events []string
	for r := resp.NewReader(strings.NewReader(take(subscriber))); ; {
		v, err := r.Read()
		if err != nil {
			return events
		}
		channel := strings.TrimPrefix(string(v.Elems[2].Str), "__keyevent@")
		events = append(events, strings.TrimPrefix(channel, "0__:")+" "+string(v.Elems[3].Str))
	}
}

// TestEventsOfOthers has what happens to keys without a command on them, and
// inside of others.
func TestEventsOfOthers(t *testing.T) {
	te := newTestEngine(t)
	te.Settings().Events = EventKeyevent | EventAll
	subscriber, waiter := te.connect(t), te.connect(t)
	te.on(subscriber, "PSUBSCRIBE *")
	told := func(when string, want ...string) {
		t.Helper()
		if got, want := strings.Join(eventsFor(subscriber), ", "), strings.Join(want, ", "); got != want {
			t.Errorf("%s: got %q, want %q", when, got, want)
		}
	}
	te.do("SET a 1 PX 1")
	told("classes m and n are not in A", "set a", "expire a")
	te.advance(time.Second)
	told("nobody asked for the key", "expired a")
	te.on(waiter, "BLMOVE l k LEFT RIGHT 0")
	te.do("RPUSH l 1")
	told("a client that waited is served", "rpush l", "rpush k", "lpop l", "del l")
	te.do("MULTI")
	te.do("SET a 1")
	te.do("DEL a k")
	told("queued")
	te.do("EXEC")
	told("executed", "set a", "del a", "del k")
}
