package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A crashState is what one crash writer's databases hold, by the most naive
// means: it says what a server must hold after some of the writer's units.
type crashState struct {
	dbs     [2]map[string]*crashValue
	version int // of the writer's function library, 0 for none
	seq     int // the number of the last unit that notes it
}

// A crashValue is a key's value; the key's first letters say of what kind it is.
type crashValue struct {
	text     string
	list     []string
	fields   map[string]string // of a hash; of a sorted set, members and scores; of a set, members
	deadline int64
}

func newCrashState() *crashState {
	return &crashState{dbs: [2]map[string]*crashValue{{}, {}}}
}

func (s *crashState) clone() *crashState {
	c := &crashState{version: s.version, seq: s.seq}
	for i, db := range s.dbs {
		c.dbs[i] = map[string]*crashValue{}
		for key, v := range db {
			c.dbs[i][key] = v.clone()
		}
	}
	return c
}

func (v *crashValue) clone() *crashValue {
	return &crashValue{v.text, slices.Clone(v.list), maps.Clone(v.fields), v.deadline}
}

// kindOf is the part of a key's name that says what it holds.
func kindOf(key string) string { return key[:strings.IndexByte(key, ':')] }

func (s *crashState) value(db int, key string) *crashValue {
	v := s.dbs[db][key]
	if v == nil {
		v = &crashValue{fields: map[string]string{}}
		s.dbs[db][key] = v
	}
	return v
}

// apply does a command to database db of the state. The commands are those
// that a crashWriter makes up, whose operands fit the state.
func (s *crashState) apply(db int, command []string) {
	name, args := command[0], command[1:]
	switch name {
	case "FLUSHDB":
		s.dbs[db] = map[string]*crashValue{}
		return
	case "SWAPDB":
		s.dbs[0], s.dbs[1] = s.dbs[1], s.dbs[0]
		return
	case "LIBRARY":
		s.version = number(args[0])
		return
	}
	key, args := args[0], args[1:]
	switch name {
	case "DEL":
		delete(s.dbs[db], key)
	case "RENAME":
		v := s.dbs[db][key]
		delete(s.dbs[db], key)
		s.dbs[db][args[0]] = v
	case "COPY":
		s.dbs[db][args[0]] = s.dbs[db][key].clone()
	case "MOVE":
		s.dbs[1-db][key] = s.dbs[db][key]
		delete(s.dbs[db], key)
	default:
		v := s.value(db, key)
		v.apply(name, args)
		if v.empty(key) {
			delete(s.dbs[db], key)
		}
	}
}

func (v *crashValue) empty(key string) bool {
	switch kindOf(key) {
	case "list":
		return len(v.list) == 0
	case "hash", "set", "zset":
		return len(v.fields) == 0
	}
	return false
}

func (v *crashValue) apply(name string, args []string) {
	switch name {
	case "PEXPIREAT":
		v.deadline = int64(number(args[0]))
	case "PERSIST":
		v.deadline = 0
	case "SET":
		v.text, v.deadline = args[0], 0
		if len(args) == 3 {
			v.deadline = int64(number(args[2]))
		}
	case "INCRBY":
		v.text = strconv.Itoa(number(v.text) + number(args[0]))
	case "APPEND":
		v.text += args[0]
	case "SETRANGE":
		at, b := number(args[0]), []byte(v.text)
		if end := at + len(args[1]); end > len(b) {
			b = append(b, make([]byte, end-len(b))...)
		}
		copy(b[at:], args[1])
		v.text = string(b)
	case "HSET":
		v.fields[args[0]] = args[1]
	case "HINCRBY", "ZINCRBY":
		field, by := args[0], args[1]
		if name == "ZINCRBY" {
			field, by = by, field
		}
		v.fields[field] = strconv.Itoa(number(v.fields[field]) + number(by))
	case "ZADD":
		v.fields[args[1]] = args[0]
	case "SADD":
		v.fields[args[0]] = ""
	case "HDEL", "SREM", "ZREM":
		delete(v.fields, args[0])
	default:
		v.applyList(name, args)
	}
}

func (v *crashValue) applyList(name string, args []string) {
	switch name {
	case "RPUSH":
		v.list = append(v.list, args...)
	case "LPUSH":
		for _, element := range args {
			v.list = slices.Insert(v.list, 0, element)
		}
	case "LPOP":
		v.list = v.list[min(1, len(v.list)):]
	case "RPOP":
		v.list = v.list[:max(0, len(v.list)-1)]
	case "LSET":
		v.list[number(args[0])] = args[1]
	case "LINSERT":
		v.list = slices.Insert(v.list, slices.Index(v.list, args[1]), args[2])
	case "LREM":
		i := slices.Index(v.list, args[1])
		v.list = slices.Delete(v.list, i, i+1)
	case "LTRIM":
		v.list = v.list[min(number(args[0]), len(v.list)):]
	default:
		panic("no model of " + name)
	}
}

// number reads digits that the test itself wrote; no digits are 0.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// show writes a value as crashWriter.read does one that a server holds.
func (v *crashValue) show(key string) string {
	var words []string
	switch kindOf(key) {
	case "list":
		words = v.list
	case "set":
		words = slices.Sorted(maps.Keys(v.fields))
	case "hash", "zset":
		for _, field := range slices.Sorted(maps.Keys(v.fields)) {
			words = append(words, field, v.fields[field])
		}
	default:
		words = []string{v.text}
	}
	return fmt.Sprintf("%d %q", v.deadline, words)
}

// A shownState is a crashState, or what a server holds, as text: of each
// database, what show wrote of each key; "version" and "seq" stand in the last.
type shownState [3]map[string]string

func (s *crashState) show() shownState {
	shown := shownState{{}, {}, {"version": strconv.Itoa(s.version), "seq": strconv.Itoa(s.seq)}}
	for i, db := range s.dbs {
		for key, v := range db {
			shown[i][key] = v.show(key)
		}
	}
	return shown
}

// difference names a key that differs, or is empty. Keys named soon: have a
// deadline near the present: until before they must be there, and from after
// on they must be gone, in between they may.
func (s shownState) difference(held shownState, before, after int64) string {
	for i := range s {
		for key, want := range s[i] {
			got, there := held[i][key]
			if strings.HasPrefix(key, "soon:") && !there {
				var deadline int64
				fmt.Sscan(want, &deadline)
				if deadline <= after {
					continue
				}
			}
			if got != want {
				return fmt.Sprintf("database %d, %s:\nheld %.300s\nwant %.300s", i, key, got, want)
			}
		}
		for key, got := range held[i] {
			var deadline int64
			fmt.Sscan(got, &deadline)
			if _, ok := s[i][key]; !ok || strings.HasPrefix(key, "soon:") && deadline < before {
				return fmt.Sprintf("database %d, %s:\nheld %.300s\nwant nothing", i, key, got)
			}
		}
	}
	return ""
}
