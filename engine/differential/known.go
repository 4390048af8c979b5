package differential

import (
	"bytes"
	"math"
	"slices"
	"strings"

	"perigee/engine"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

// diverged says that a known difference left the two sides with different
// states, so that the rest of the episode tells nothing.
const diverged = "diverged"

// difference returns how the replies of both sides to a command differ, or
// nothing; before is the answer to the command before it.
func (r *runner) difference(a, before answer) string {
	if choosesAtRandom(a.command[0]) && a.got.Kind != resp.KindStatus {
		return compareRandom(a.command, before, a)
	}
	transcript.Sort(a.command.argv(), &a.got)
	transcript.Sort(a.command.argv(), &a.want)
	if r.o.Wrap != nil {
		sortTables(&a.got)
		sortTables(&a.want)
		a.got, a.want = asLuaNumbers(a.got), asLuaNumbers(a.want)
	}
	if equal(a.got, a.want) {
		return ""
	}
	if a.command.name() == "dbsize" && countsExpired(a, before) {
		return ""
	}
	for i := range knownDifferences {
		k := &knownDifferences[i]
		if !k.matches(a) {
			continue
		}
		r.known[k.why]++
		if k.diverges {
			return diverged
		}
		return ""
	}
	return a.String()
}

// countsExpired tells whether two sizes of a database may differ by keys that
// have expired, given the keys that have not.
func countsExpired(size, keys answer) bool {
	live := int64(len(keys.got.Elems))
	return keys.command.name() == "keys" && size.got.Int >= live && size.want.Int >= live
}

// asLuaNumbers returns a reply whose integers that are too long for Lua's
// numbers are all the same: what reads a state may or may not go through Lua.
func asLuaNumbers(v resp.Value) resp.Value {
	const longest = 1 << 53
	if v.Kind == resp.KindInt && (v.Int > longest || v.Int < -longest) {
		v.Int = longest + 1
	}
	elems := make([]resp.Value, len(v.Elems))
	for i := range v.Elems {
		elems[i] = asLuaNumbers(v.Elems[i])
	}
	v.Elems = elems
	return v
}

// sortTables puts maps and sets into an order, which Lua's tables lack.
func sortTables(v *resp.Value) {
	for i := range v.Elems {
		sortTables(&v.Elems[i])
	}
	size := map[resp.Kind]int{resp.KindMap: 2, resp.KindSet: 1}[v.Kind]
	if size == 0 {
		return
	}
	runs := slices.Collect(slices.Chunk(slices.Clone(v.Elems), size))
	slices.SortFunc(runs, func(a, b []resp.Value) int { return strings.Compare(a[0].Raw(), b[0].Raw()) })
	v.Elems = slices.Concat(runs...)
}

// known is a difference on purpose, or one that two servers cannot but have.
type known struct {
	why      string
	matches  func(a answer) bool
	diverges bool
}

// knownDifferences is as narrow as it can be; the README has those that are
// on purpose.
var knownDifferences = []known{
	{why: "clock: XINFO and XPENDING tell times, which two servers do not share", matches: func(a answer) bool {
		return tellsOfStreams(a.command) && equal(withoutStreamTimes(a.command, a.got), withoutStreamTimes(a.command, a.want))
	}},
	{why: "clock: times to live are read a moment apart", matches: func(a answer) bool {
		diff := a.got.Int - a.want.Int
		return slices.Contains([]string{"ttl", "pttl", "expiretime", "pexpiretime"}, a.command.name()) && a.got.Kind == resp.KindInt &&
			a.want.Kind == resp.KindInt && a.got.Int > 0 && a.want.Int > 0 && diff > -60000 && diff < 60000
	}},
	{why: "an infinite timeout is out of range, as in Redis 7.2, not negative", matches: func(a answer) bool {
		return string(a.got.Str) == "ERR timeout is out of range" && string(a.want.Str) == "ERR timeout is negative"
	}},
	{why: "OBJECT ENCODING says listpack of small lists and sets, as Redis 7.2", matches: func(a answer) bool {
		g, w := string(a.got.Str), string(a.want.Str)
		return a.command.name() == "object" && g == "listpack" && (w == "quicklist" || w == "hashtable")
	}},
	{why: "HSET, SADD, ZADD and ZRANGESTORE make a collection large by what they are given, as Redis 7.2, even if some of it is the same", matches: func(a answer) bool {
		return a.command.name() == "object" && isOneOf(a.got, "hashtable", "skiplist") && isOneOf(a.want, "listpack", "intset")
	}},
	{why: "LPOS refuses a rank of -2^63, as Redis 7.2", matches: func(a answer) bool {
		return a.command.name() == "lpos" && slices.Contains(a.command, "-9223372036854775808") && strings.HasPrefix(string(a.got.Str), "ERR value is out of range")
	}},
	{why: "XREAD and XREADGROUP complain of unbalanced lists in the words of Redis 7.2", matches: func(a answer) bool {
		return strings.HasPrefix(string(a.got.Str), "ERR Unbalanced '") && strings.HasPrefix(string(a.want.Str), "ERR Unbalanced ")
	}},
	{why: "XSETID refuses an ID below the highest that was deleted, as Redis 7.2", diverges: true, matches: func(a answer) bool {
		return a.command.name() == "xsetid" && strings.HasSuffix(string(a.got.Str), "smaller than current max_deleted_entry_id")
	}},
	{why: "readers of streams that have waited for nothing, or whose group is gone, go on or end their wait as in Redis 7.2", diverges: true, matches: func(a answer) bool {
		if len(a.begun) > 0 {
			return strings.HasPrefix(a.begun.name(), "xread") && a.got.Int != a.want.Int
		}
		return a.ends && strings.HasPrefix(a.command.name(), "xread") && hasEmptyArray(a.want)
	}},
	{why: "XREAD that has waited replies with all streams that have entries, as Redis 7.2, not only with the first", matches: func(a answer) bool {
		return a.ends && a.command.name() == "xread" && len(a.want.Elems) > 0 && len(a.got.Elems) > len(a.want.Elems)
	}},
	{why: "XREAD that has waited looks at all its keys again, as Redis 7.2, and refuses those that are no streams any more", matches: func(a answer) bool {
		return a.ends && a.command.name() == "xread" && strings.HasPrefix(string(a.got.Str), "WRONGTYPE") && len(a.want.Elems) > 0
	}},
	{why: "BITFIELD SET of about -2^63 under SAT gives the lowest value; Redis's sum overflows, and it gives the highest", diverges: true, matches: func(a answer) bool {
		return a.command.name() == "bitfield" && a.command.has("SAT") &&
			slices.ContainsFunc(a.command, func(w string) bool { return strings.HasPrefix(w, "-922337203685477") })
	}},
	{why: "BITFIELD that grows a value, but sets nothing in it because of OVERFLOW FAIL, is noticed by WATCH", diverges: true, matches: func(a answer) bool {
		return a.command.name() == "exec" && a.grown && a.got.IsNull() && !a.want.IsNull()
	}},
	{why: "XREADGROUP that waits is told in other words that the group is gone, as Redis 7.2, and in more cases", diverges: true, matches: func(a answer) bool {
		return a.ends && a.command.name() == "xreadgroup" && a.got.Kind == resp.KindError
	}},
	{why: "scripts may read streams with BLOCK, as Redis 7.2", diverges: true, matches: func(a answer) bool {
		return strings.Contains(string(a.want.Str), " command is not allowed with BLOCK option from scripts")
	}},
	{why: "ZRANK and ZREVRANK take WITHSCORE, as Redis 7.2", matches: func(a answer) bool {
		return strings.HasSuffix(a.command.name(), "rank") && len(a.command) == 4 && strings.Contains(string(a.want.Str), "wrong number of arguments")
	}},
	{why: "BITCOUNT and BITPOS read their arguments before they look for the key, as Redis 7.2", diverges: true, matches: func(a answer) bool {
		return isOneOf(a.got, "ERR value is not an integer or out of range", "ERR syntax error") &&
			(a.command.name() == "bitcount" || a.command.name() == "bitpos")
	}},
	{why: "XREAD takes +, as Redis 7.4", diverges: true, matches: func(a answer) bool {
		return readsLast(a.command) && strings.HasPrefix(string(a.want.Str), "ERR Invalid stream ID")
	}},
	{why: "XTRIM with an exact MINID removes a block whose last entries were deleted before; Redis keeps it, empty", diverges: true, matches: func(a answer) bool {
		// So that the reference has a block more, or later blocks that begin elsewhere.
		bare := func(v resp.Value) resp.Value {
			return withoutFields(withoutStreamTimes(a.command, v), "radix-tree-keys")
		}
		return a.command.name() == "xinfo" && a.trimmed && equal(bare(a.got), bare(a.want))
	}},
	{why: "SORT BY a constant: the order of a set is not defined", matches: func(a answer) bool {
		return sortOption(a.command, "by") != "" && !strings.Contains(sortOption(a.command, "by"), "*") && sameElements(a)
	}},
	{why: "SORT: Redis blames the elements for a number that an earlier command found out of range", diverges: true, matches: func(a answer) bool {
		return strings.HasPrefix(a.command.name(), "sort") && a.got.Kind != resp.KindError &&
			string(a.want.Str) == "ERR One or more scores can't be converted into double"
	}},
	{why: "SORT BY weights as text: elements of equal weight come in no defined order", matches: func(a answer) bool {
		return sortsByText(a.command) && sameElements(a)
	}},
	{why: "SORT ALPHA: elements that are equal up to a zero byte come in no defined order", matches: func(a answer) bool {
		return sortOption(a.command, "by") == "" && sortsAsText(a.command) && sameElements(a) &&
			(sortOption(a.command, "limit") != "" || sortOption(a.command, "get") != "" || strings.ContainsRune(a.got.Raw(), 0))
	}},
	{why: "OBJECT ENCODING after a restart is that of a new value", matches: func(a answer) bool {
		return a.command.name() == "object" && a.restarted && a.got.Kind == resp.KindBulk && a.want.Kind == resp.KindBulk
	}},
	{why: "a score of -0 may be 0: a small sorted set does not tell them apart, and some become large sooner, as Redis 7.2", matches: func(a answer) bool {
		return strings.Contains(a.command.name(), "z") && equal(withoutSignOfZero(a.got), withoutSignOfZero(a.want))
	}},
	{why: "a distance that was stored may differ in its last digits, as C rounds sines and arc sines wrongly now and then", matches: func(a answer) bool {
		return (strings.Contains(a.command.name(), "z") || strings.HasPrefix(a.command.name(), "geo")) && nearlyEqual(a.got, a.want)
	}},
	{why: "an error that quotes an argument shows all of it, Redis only what stands before a zero byte", matches: func(a answer) bool {
		shown, _, cut := strings.Cut(string(a.got.Str), "\x00")
		return a.got.Kind == resp.KindError && a.want.Kind == resp.KindError && cut && strings.HasPrefix(string(a.want.Str), shown)
	}},
}

func hasEmptyArray(v resp.Value) bool {
	return v.Kind == resp.KindArray && len(v.Elems) == 0 || slices.ContainsFunc(v.Elems, hasEmptyArray)
}

// nearlyEqual tells whether values differ in the last digits of long numbers
// only.
func nearlyEqual(a, b resp.Value) bool {
	if a.Kind != b.Kind || len(a.Elems) != len(b.Elems) || a.Int != b.Int {
		return false
	}
	for i := range a.Elems {
		if !nearlyEqual(a.Elems[i], b.Elems[i]) {
			return false
		}
	}
	if string(a.Str) == string(b.Str) {
		return true
	}
	x, ok := engine.ParseFloat(a.Str)
	y, okToo := engine.ParseFloat(b.Str)
	return ok && okToo && len(a.Str) >= 14 && len(b.Str) >= 14 && math.Abs(x-y) <= math.Abs(x)*4e-15
}

// isOneOf tells whether a reply is one of these words. Where a script passed
// an error on, it has added its name.
func isOneOf(v resp.Value, words ...string) bool {
	text, _, _ := strings.Cut(string(v.Str), " script: ")
	return slices.Contains(words, text)
}

// sortOption returns what follows the last of an option of SORT, or nothing.
func sortOption(c Command, option string) string {
	if c.name() != "sort" && c.name() != "sort_ro" {
		return ""
	}
	value := ""
	for i, word := range c[:len(c)-1] {
		if i > 1 && strings.EqualFold(word, option) {
			value = c[i+1]
		}
	}
	return value
}

// sortsByText tells whether a command sorts by weights that are compared as
// text.
func sortsByText(c Command) bool {
	return sortsAsText(c) && strings.Contains(sortOption(c, "by"), "*")
}

func sortsAsText(c Command) bool {
	return strings.HasPrefix(c.name(), "sort") && c.has("ALPHA")
}

// sameElements tells whether both sides replied with the same elements in
// another order; of a part of them, or of what they lead to, only how many.
func sameElements(a answer) bool {
	if a.got.Kind != a.want.Kind || len(a.got.Elems) != len(a.want.Elems) {
		return false
	}
	if sortOption(a.command, "limit") != "" || sortOption(a.command, "get") != "" {
		return true
	}
	left := slices.Clone(a.want.Elems)
	for _, e := range a.got.Elems {
		i := slices.IndexFunc(left, func(v resp.Value) bool { return v.Kind == e.Kind && string(v.Str) == string(e.Str) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// equal compares values; numbers in text by what they mean, as Redis 7.0
// prints doubles with 17 digits, and large whole ones with an exponent.
func equal(a, b resp.Value) bool {
	if a.Kind != b.Kind || len(a.Elems) != len(b.Elems) || a.Int != b.Int {
		return false
	}
	for i := range a.Elems {
		if !equal(a.Elems[i], b.Elems[i]) {
			return false
		}
	}
	if string(a.Str) == string(b.Str) {
		return true
	}
	x, ok := engine.ParseFloat(a.Str)
	y, okToo := engine.ParseFloat(b.Str)
	if !ok || !okToo || x != y || a.Kind != resp.KindBulk && a.Kind != resp.KindDouble {
		return false
	}
	return len(b.Str) >= 15 && bytes.Contains(b.Str, []byte(".")) || len(a.Str) >= 15 && bytes.Contains(b.Str, []byte("e+"))
}

// readsLast tells whether c asks for the last entry of a stream, which only
// Redis 7.4 has.
func readsLast(c Command) bool { return c.name() == "xread" && slices.Contains(c, "+") }
