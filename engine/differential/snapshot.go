package differential

import (
	"fmt"
	"slices"
	"strings"

	"perigee/engine/resp"
)

// snapshot tells all that commands can tell of the keyspace, exactly: what DUMP
// makes of each value, deadlines, encodings, how lately or how often it was
// used. What a table holds has no order. Reading it changes nothing, and leaves
// keys that have expired where they are.
func (s *stage) snapshot() []string {
	events := s.e.Settings().Events
	s.e.Settings().Events = 0
	s.must(s.looker, "CLIENT", "PAUSE", "1000000", "WRITE")
	var all []string
	for _, line := range strings.Split(s.must(s.looker, "INFO", "persistence", "stats", "keyspace").String(), "\r\n") {
		for _, field := range []string{"rdb_changes_since_last_save:", "expired_", "evicted_keys:", "db"} {
			if strings.HasPrefix(line, field) {
				all = append(all, line)
			}
		}
	}
	for db := range 16 {
		s.must(s.looker, "SELECT", fmt.Sprint(db))
		n := s.must(s.looker, "DBSIZE")
		if n.Int == 0 {
			continue
		}
		all = append(all, fmt.Sprintf("%d keys in database %d", n.Int, db))
		keys := s.must(s.looker, "KEYS", "*")
		slices.SortFunc(keys.Elems, func(a, b resp.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys.Elems {
			all = append(all, fmt.Sprintf("[%d] %s: %s", db, k, s.describe(k.String())))
		}
	}
	if s.e.HasCommand("function") {
		all = append(all, s.must(s.looker, "FUNCTION", "DUMP").Raw())
	}
	s.must(s.looker, "CLIENT", "UNPAUSE")
	s.e.Settings().Events = events
	return all
}

// describe tells what there is to tell of a key.
func (s *stage) describe(key string) string {
	look := func(c ...string) string { return s.looker.do(c).Raw() }
	encoding := s.must(s.looker, "OBJECT", "ENCODING", key).String()
	parts := []string{encoding, look("PEXPIRETIME", key), look("OBJECT", "FREQ", key), look("OBJECT", "IDLETIME", key)}
	switch kind := s.must(s.looker, "TYPE", key).String(); {
	case encoding == "hashtable" && kind == "set":
		parts = append(parts, sortedTexts(s.must(s.looker, "SMEMBERS", key).Elems, 1)...)
	case encoding == "hashtable":
		parts = append(parts, sortedTexts(s.must(s.looker, "HGETALL", key).Elems, 2)...)
		fields := s.must(s.looker, "HKEYS", key)
		c := Command{"HPEXPIRETIME", key, "FIELDS", fmt.Sprint(len(fields.Elems))}
		slices.SortFunc(fields.Elems, func(a, b resp.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, f := range fields.Elems {
			c = append(c, f.String())
		}
		parts = append(parts, look(c...))
	case kind == "stream":
		parts = append(parts, look("DUMP", key), look("XINFO", "STREAM", key, "FULL", "COUNT", "0"))
	default:
		parts = append(parts, look("DUMP", key))
	}
	if encoding == "int" || encoding == "embstr" { // others take what they ever took
		parts = append(parts, look("MEMORY", "USAGE", key))
	}
	return fmt.Sprintf("%q", parts)
}

// sortedTexts orders a reply by its elements, or pairs of them.
func sortedTexts(elems []resp.Value, width int) []string {
	var all []string
	for part := range slices.Chunk(elems, width) {
		all = append(all, fmt.Sprintf("%q", texts(nil, resp.Value{Elems: part})))
	}
	slices.Sort(all)
	return all
}
