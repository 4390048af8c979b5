package engine

import (
	"strings"
	"testing"
)

func TestKeyState(t *testing.T) {
	te := newTestEngine(t)
	long := strings.Repeat("x", 300)
	for _, line := range []string{
		`SET text a"b`, "SET long " + long, "SET fleeting x PX 1000", "RPUSH list a b=c 5", "SADD set 3", "HSET hash f v", "ZADD zset 1.5 a 2 b", "XADD stream 1-2 f v",
		"RPUSH many " + strings.Repeat(long+" ", 10),
	} {
		te.do(line)
	}
	for key, want := range map[string]KeyState{
		"none":     {},
		"text":     {Kind: KindString, Length: 3, Value: `"a\"b"`},
		"long":     {Kind: KindString, Length: 300, Value: long[:maxStateText] + "..."},
		"fleeting": {Kind: KindString, Length: 1, Value: "x", Deadline: te.Now() + 1000},
		"list":     {Kind: KindList, Length: 3, Value: `a, "b=c", 5`},
		"set":      {Kind: KindSet, Length: 1, Value: "3"},
		"hash":     {Kind: KindHash, Length: 1, Value: "f=v"},
		"zset":     {Kind: KindSortedSet, Length: 2, Value: "a=1.5, b=2"},
		"stream":   {Kind: KindStream, Length: 1, Value: "1-2"},
		"many":     {Kind: KindList, Length: 10, Value: strings.Repeat(long[:maxStateItem]+"..., ", 4) + "..."},
	} {
		if got := te.DB(0).state([]byte(key)); got != want {
			t.Errorf("%s is %+v, want %+v", key, got, want)
		}
	}
	te.now += 2000
	if got := te.DB(0).state([]byte("fleeting")); got.Kind != KindNone || te.DB(0).Len() != 9 {
		t.Errorf("an expired key is %+v, and %d keys are left", got, te.DB(0).Len())
	}
}
