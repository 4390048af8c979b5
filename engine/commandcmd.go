package engine

import (
	"slices"
	"strings"

	"perigee/engine/acl"
	"perigee/engine/glob"
)

// commandCommands are COMMAND and its subcommands: the table, described.
func commandCommands() []Command {
	const flags = Loading | Stale
	tips := []string{"nondeterministic_output_order"}
	named := []Arg{Opt(Many(String("command-name")))}
	return []Command{{
		Name: "command", Group: GroupServer, Since: "2.8.13",
		Summary: "Returns detailed information about all commands.", Complexity: "O(N) where N is the total number of Redis commands",
		Arity: -1, Flags: flags, Categories: []string{"connection"}, Tips: tips,
		RunClient: func(c *Client, _ Args, w Reply) error {
			w.Array(len(c.e.table.order))
			for _, e := range c.e.table.order {
				writeCommandInfo(w, e)
			}
			return nil
		},
	}, {
		Name: "command|count", Group: GroupServer, Since: "2.8.13",
		Summary: "Returns a count of commands.", Complexity: "O(1)",
		Arity: 2, Flags: flags, Categories: []string{"connection"},
		Run: func(ks *Keyspace, _ Args, w Reply) error { w.Int(int64(len(ks.e.table.order))); return nil },
	}, {
		Name: "command|docs", Group: GroupServer, Since: "7.0.0",
		Summary: "Returns documentary information about one, multiple or all commands.", Complexity: "O(N) where N is the number of commands to look up",
		Args: named, Arity: -2, Flags: flags, Categories: []string{"connection"}, Tips: tips,
		Run: commandDocs,
	}, {
		Name: "command|getkeys", Group: GroupServer, Since: "2.8.13",
		Summary: "Extracts the key names from an arbitrary command.", Complexity: "O(N) where N is the number of arguments to the command",
		Args: []Arg{String("command"), Opt(Many(String("arg")))}, Arity: -3, Flags: flags, Categories: []string{"connection"},
		Run: func(ks *Keyspace, args Args, w Reply) error { return commandKeys(ks, args, w, false) },
	}, {
		Name: "command|getkeysandflags", Group: GroupServer, Since: "7.0.0",
		Summary: "Extracts the key names and access flags for an arbitrary command.", Complexity: "O(N) where N is the number of arguments to the command",
		Args: []Arg{String("command"), Opt(Many(String("arg")))}, Arity: -3, Flags: flags, Categories: []string{"connection"},
		Run: func(ks *Keyspace, args Args, w Reply) error { return commandKeys(ks, args, w, true) },
	}, {
		Name: "command|help", Group: GroupServer, Since: "5.0.0",
		Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)",
		Arity: 2, Flags: flags, Categories: []string{"connection"},
		Run: Help("COMMAND", []string{
			"(no subcommand)", "    Return details about all Redis commands.",
			"COUNT", "    Return the total number of commands in this Redis server.",
			"LIST", "    Return a list of all commands in this Redis server.",
			"INFO [<command-name> ...]", "    Return details about multiple Redis commands.", "    If no command names are given, documentation details for all", "    commands are returned.",
			"DOCS [<command-name> ...]", "    Return documentation details about multiple Redis commands.", "    If no command names are given, documentation details for all", "    commands are returned.",
			"GETKEYS <full-command>", "    Return the keys from a full Redis command.",
			"GETKEYSANDFLAGS <full-command>", "    Return the keys and the access flags from a full Redis command.",
		}),
	}, {
		Name: "command|info", Group: GroupServer, Since: "2.8.13",
		Summary: "Returns information about one, multiple or all commands.", Complexity: "O(N) where N is the number of commands to look up",
		Args: named, Arity: -2, Flags: flags, Categories: []string{"connection"}, Tips: tips,
		Run: commandInfo,
	}, {
		Name: "command|list", Group: GroupServer, Since: "7.0.0",
		Summary: "Returns a list of command names.", Complexity: "O(N) where N is the total number of Redis commands",
		Args:  []Arg{Opt(With("FILTERBY", OneOf("filterby", With("MODULE", String("module-name")), With("ACLCAT", String("category")), With("PATTERN", Pattern("pattern")))))},
		Arity: -2, Flags: flags, Categories: []string{"connection"}, Tips: tips,
		Run: commandList,
	}}
}

// path finds a command by its name, a subcommand by "container|sub".
func (t *table) path(name []byte) *tableEntry {
	container, sub, isSub := strings.Cut(strings.ToLower(string(name)), "|")
	e := t.byName[container]
	if e == nil || !isSub {
		return e
	}
	return e.subs[sub]
}

func commandInfo(ks *Keyspace, args Args, w Reply) error {
	t := ks.e.table
	if len(args) == 0 {
		w.Array(len(t.order))
		for _, e := range t.order {
			writeCommandInfo(w, e)
		}
		return nil
	}
	w.Array(len(args))
	for _, name := range args {
		if e := t.path(name); e != nil {
			writeCommandInfo(w, e)
		} else {
			w.Null()
		}
	}
	return nil
}

func writeCommandInfo(w Reply, e *tableEntry) {
	first, last, step := e.legacyKeys()
	flags := e.Flags
	if e.movable() {
		flags |= MovableKeys
	}
	w.Array(10)
	w.BulkString(e.Name)
	w.Int(int64(e.Arity))
	statusSet(w, flags.Names(), "")
	w.Int(int64(first))
	w.Int(int64(last))
	w.Int(int64(step))
	statusSet(w, e.categories(), "@")
	w.Array(len(e.Tips))
	for _, t := range e.Tips {
		w.BulkString(t)
	}
	w.Array(len(e.Keys))
	for i := range e.Keys {
		e.Keys[i].write(w)
	}
	w.Array(len(e.order))
	for _, s := range e.order {
		writeCommandInfo(w, s)
	}
}

func statusSet(w Reply, names []string, prefix string) {
	w.Set(len(names))
	for _, n := range names {
		w.Status(prefix + n)
	}
}

// write describes a key specification.
func (s *KeySpec) write(w Reply) {
	w.Map(3)
	w.BulkString("flags")
	statusSet(w, s.Flags.Names(), "")
	w.BulkString("begin_search")
	switch {
	case s.Unknown:
		writeSpecPart(w, "unknown")
	case s.Keyword != "":
		writeSpecPart(w, "keyword", "keyword", s.Keyword, "startfrom", s.Index)
	default:
		writeSpecPart(w, "index", "index", s.Index)
	}
	w.BulkString("find_keys")
	switch {
	case s.Unknown:
		writeSpecPart(w, "unknown")
	case s.NumKeys:
		writeSpecPart(w, "keynum", "keynumidx", s.NumIndex, "firstkey", s.First, "keystep", s.Step)
	default:
		writeSpecPart(w, "range", "lastkey", s.Last, "keystep", s.Step, "limit", s.Limit)
	}
}

func writeSpecPart(w Reply, kind string, fields ...any) {
	w.Map(2)
	w.BulkString("type")
	w.BulkString(kind)
	w.BulkString("spec")
	w.Map(len(fields) / 2)
	for _, f := range fields {
		switch v := f.(type) {
		case string:
			w.BulkString(v)
		case int:
			w.Int(int64(v))
		}
	}
}

// legacyKeys is the one range of keys that COMMAND knew before there were key
// specifications: those that begin at an index and are next to each other.
func (c *Command) legacyKeys() (first, last, step int) {
	for i := range c.Keys {
		s := &c.Keys[i]
		if s.Unknown || s.NumKeys || s.Keyword != "" {
			continue
		}
		if first == 0 {
			first, step = s.Index, s.Step
			last = s.Last
			if last >= 0 {
				last += first
			}
			continue
		}
		if last != s.Index-1 {
			continue
		}
		if s.Last < 0 {
			last = s.Last
		} else {
			last = s.Index + s.Last
		}
	}
	return first, last, step
}

// movable tells whether keys stand where the legacy range does not tell.
func (c *Command) movable() bool {
	for i := range c.Keys {
		s := &c.Keys[i]
		if s.Flags&VariableFlags != 0 {
			return false // KeysFunc tells what is done with them, not where they are
		}
		if s.Unknown || s.NumKeys || s.Keyword != "" || s.Flags&Incomplete != 0 {
			return true
		}
	}
	return c.KeysFunc != nil
}

var groupCategory = map[Group]string{
	GroupGeneric: "keyspace", GroupString: "string", GroupList: "list", GroupSet: "set", GroupSortedSet: "sortedset",
	GroupHash: "hash", GroupConnection: "connection", GroupTransactions: "transaction", GroupScripting: "scripting",
	GroupHyperLogLog: "hyperloglog", GroupGeo: "geo", GroupStream: "stream", GroupBitmap: "bitmap",
}

// categories are the command's ACL categories.
func (c *Command) categories() []string {
	has := map[string]bool{}
	if c.Run != nil || c.RunClient != nil {
		has[groupCategory[c.Group]] = true
	}
	for _, extra := range c.Categories {
		name, without := strings.CutPrefix(extra, "-")
		has[name] = !without
	}
	for _, f := range []struct {
		flag Flags
		name string
	}{{Write, "write"}, {Admin, "admin"}, {Admin, "dangerous"}, {PubSub, "pubsub"}, {Fast, "fast"}, {Blocking, "blocking"}} {
		if c.Flags&f.flag != 0 {
			has[f.name] = true
		}
	}
	if c.Flags&ReadOnly != 0 && c.Group != GroupScripting {
		has["read"] = true
	}
	if c.Flags&Fast == 0 {
		has["slow"] = true
	}
	var names []string
	for _, n := range acl.Categories() {
		if has[n] {
			names = append(names, n)
		}
	}
	return names
}

func commandDocs(ks *Keyspace, args Args, w Reply) error {
	var entries []*tableEntry
	if len(args) == 0 {
		entries = ks.e.table.order
	}
	for _, name := range args {
		if e := ks.e.table.path(name); e != nil {
			entries = append(entries, e)
		}
	}
	w.Map(len(entries))
	for _, e := range entries {
		writeDocs(w, e)
	}
	return nil
}

func writeDocs(w Reply, e *tableEntry) {
	w.BulkString(e.Name)
	fields := [][2]string{{"summary", e.Summary}, {"since", e.Since}, {"group", string(e.Group)}}
	if e.Complexity != "" {
		fields = append(fields, [2]string{"complexity", e.Complexity})
	}
	n := len(fields)
	if len(e.Args) > 0 {
		n++
	}
	if len(e.order) > 0 {
		n++
	}
	w.Map(n)
	writeFields(w, fields)
	if len(e.Args) > 0 {
		w.BulkString("arguments")
		writeArgs(w, e.Args)
	}
	if len(e.order) > 0 {
		w.BulkString("subcommands")
		w.Map(len(e.order))
		for _, s := range e.order {
			writeDocs(w, s)
		}
	}
}

func writeFields(w Reply, fields [][2]string) {
	for _, f := range fields {
		w.BulkString(f[0])
		w.BulkString(f[1])
	}
}

func writeArgs(w Reply, args []Arg) {
	w.Array(len(args))
	for i := range args {
		args[i].write(w)
	}
}

func (a *Arg) flagNames() []string {
	var names []string
	for _, f := range []struct {
		on   bool
		name string
	}{{a.Optional, "optional"}, {a.Multiple, "multiple"}, {a.MultipleToken, "multiple_token"}} {
		if f.on {
			names = append(names, f.name)
		}
	}
	return names
}

func (a *Arg) write(w Reply) {
	keyed := a.Type == ArgKey || a.KeySpec > 0
	fields := [][2]string{{"name", a.Name}, {"type", string(a.Type)}}
	if a.Type != ArgOneOf && a.Type != ArgBlock {
		fields = append(fields, [2]string{"display_text", a.Name})
	}
	named := len(fields)
	if a.Token != "" {
		fields = append(fields, [2]string{"token", a.Token})
	}
	if a.Since != "" {
		fields = append(fields, [2]string{"since", a.Since})
	}
	flags := a.flagNames()
	n := len(fields)
	for _, more := range []bool{keyed, len(flags) > 0, len(a.Args) > 0} {
		if more {
			n++
		}
	}
	w.Map(n)
	writeFields(w, fields[:named])
	if keyed {
		w.BulkString("key_spec_index")
		w.Int(int64(a.KeySpec))
	}
	writeFields(w, fields[named:])
	if len(flags) > 0 {
		w.BulkString("flags")
		statusSet(w, flags, "")
	}
	if len(a.Args) > 0 {
		w.BulkString("arguments")
		writeArgs(w, a.Args)
	}
}

// commandKeys answers GETKEYS and GETKEYSANDFLAGS for the command line args.
func commandKeys(ks *Keyspace, args Args, w Reply, withFlags bool) error {
	cmd, ok := ks.e.table.lookup(args)
	if !ok {
		return Errf("Invalid command specified")
	}
	hasKeys := cmd.KeysFunc != nil || slices.ContainsFunc(cmd.Keys, func(s KeySpec) bool { return s.Flags&NotKey == 0 })
	if !hasKeys {
		return Errf("The command has no key arguments")
	}
	if !cmd.arityOK(args) {
		return Errf("Invalid number of arguments specified for command")
	}
	refs, err := cmd.keys(args)
	if err != nil {
		refs = nil // as if there were none
	}
	if len(refs) == 0 && cmd.Flags&NoMandatoryKeys == 0 {
		return errKeyArguments
	}
	w.Array(len(refs))
	for _, r := range refs {
		if withFlags {
			w.Array(2)
		}
		w.Bulk(args[r.Pos])
		if withFlags {
			statusSet(w, r.Flags.Names(), "")
		}
	}
	return nil
}

func commandList(ks *Keyspace, args Args, w Reply) error {
	keep := func(*tableEntry) bool { return true }
	switch {
	case len(args) == 0:
	case len(args) == 3 && args.Is(0, "FILTERBY") && args.Is(1, "MODULE"):
		keep = func(e *tableEntry) bool { return e.Module != "" && e.Module == string(args[2]) }
	case len(args) == 3 && args.Is(0, "FILTERBY") && args.Is(1, "ACLCAT"):
		keep = func(e *tableEntry) bool { return slices.Contains(e.categories(), strings.ToLower(string(args[2]))) }
	case len(args) == 3 && args.Is(0, "FILTERBY") && args.Is(1, "PATTERN"):
		keep = func(e *tableEntry) bool { return glob.Match(args[2], []byte(e.Name), true) }
	default:
		return ErrSyntax
	}
	var names []string
	for _, e := range ks.e.table.order {
		for _, c := range append([]*tableEntry{e}, e.order...) {
			if keep(c) {
				names = append(names, c.Name)
			}
		}
	}
	w.Array(len(names))
	for _, n := range names {
		w.BulkString(n)
	}
	return nil
}
