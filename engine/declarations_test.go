package engine_test

import (
	"testing"

	"perigee/engine"
	"perigee/engine/differential"
)

func TestDeclarationsAgainstReference(t *testing.T) {
	const newer, simpler = "as in Redis 7.2", "a block around one argument says nothing"
	differential.CompareDeclarations(t, engine.New(engine.Options{}), func(engine.Command) bool { return true }, map[string]string{
		"bitop 1": newer, "bitop 1 1": newer, "bitop 1 2": newer, "bitop 1 3": newer, "bitop 1 4": newer, // operations by name
		"acl|cat 1": newer, "acl|deluser tips": newer, "acl|save tips": newer, "acl|setuser tips": newer,
		"blmove flags": newer, "blpop flags": newer, "brpop flags": newer, "brpoplpush flags": newer, // scripts may call them
		"client|kill 1 1": newer, "client|kill 1 2 4": newer, "client|kill 1 2 5": newer, // names
		"client|kill 1 2 6": newer, "client|kill 1 2 6 1": newer, "client|kill 1 2 6 2": newer,
		"client|list 2": simpler, "client|list 2 1": simpler, "client|setname tips": newer,
		"command|getkeys 1": newer, "command|getkeys 2": newer, "command|getkeys arity": newer,
		"command|getkeysandflags 1": newer, "command|getkeysandflags 2": newer, "command|getkeysandflags arity": newer,
		"config|get 1": simpler, "config|get 1 1": simpler, "geohash 2": newer, "geopos 2": newer, // optional
		"georadius 11": newer, "georadius 12": newer, "georadiusbymember 10": newer, "georadiusbymember 11": newer, // names
		"lcs 5": newer, "migrate 3 2": newer, "pfmerge 2": newer, "psubscribe 1": simpler, "psubscribe 1 1": simpler,
		"sort 2": newer, "sort 4": newer, "sort_ro 2": newer, "sort_ro 4": newer, // names
		"zrank arity": newer, "zrevrank arity": newer, // WITHSCORE
		"xadd 4 1": newer, "xclaim 11": newer, "xgroup|create 2": newer, "xgroup|create 3 2": newer, "xgroup|create 5": newer,
		"xgroup|createconsumer 2": newer, "xgroup|createconsumer 3": newer, "xgroup|delconsumer 2": newer, "xgroup|delconsumer 3": newer, "xgroup|destroy 2": newer,
		"xgroup|setid 2": newer, "xgroup|setid 3 2": newer, "xgroup|setid 4": newer, "xinfo|consumers 2": newer, "xsetid 3": newer,
		"xsetid 4": newer, // names
	})
}

func TestHelpAgainstReference(t *testing.T) {
	differential.CompareHelp(t, engine.New(engine.Options{}), func(engine.Command) bool { return true }, map[string][]string{})
}
