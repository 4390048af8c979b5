package engine

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"perigee/engine/acl"
)

// A tableEntry is a command as it runs: its declaration, its subcommands and
// its statistics.
type tableEntry struct {
	Command
	subs  map[string]*tableEntry
	order []*tableEntry // subcommands by name
	id    int           // what access control knows it by

	calls, rejected, failed int64
	spent                   time.Duration
	durations               *Histogram    // nil before the first call
	usual                   time.Duration // what the last timed call of a script took
}

// table is the command table. It changes only when modules do.
type table struct {
	byName   map[string]*tableEntry
	order    []*tableEntry // containers and plain commands by name
	commands *acl.Commands // the same for access control
	late     [64]spelled   // names that were looked up lately
}

// newTable makes the table of commands; a declaration that contradicts
// another or itself is a broken invariant.
func newTable(commands []Command) *table {
	t := &table{byName: map[string]*tableEntry{}, commands: acl.NewCommands()}
	slices.SortStableFunc(commands, func(a, b Command) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range commands {
		if err := t.add(c); err != nil {
			panic(err)
		}
	}
	return t
}

// add adds one command; a subcommand's container must be there already.
func (t *table) add(c Command) error {
	entry := &tableEntry{Command: c}
	container, sub, isSub := strings.Cut(c.Name, "|")
	if !isSub {
		if t.byName[c.Name] != nil {
			return fmt.Errorf("command %q is declared twice", c.Name)
		}
		t.byName[c.Name] = entry
		entry.id = t.commands.Add(c.Name, c.categories())
		i, _ := slices.BinarySearchFunc(t.order, c.Name, func(e *tableEntry, n string) int { return strings.Compare(e.Name, n) })
		t.order = slices.Insert(t.order, i, entry)
		return nil
	}
	parent := t.byName[container]
	if parent == nil {
		return fmt.Errorf("subcommand %q has no container", c.Name)
	}
	if parent.subs == nil {
		parent.subs = map[string]*tableEntry{}
	}
	if parent.subs[sub] != nil {
		return fmt.Errorf("command %q is declared twice", c.Name)
	}
	parent.subs[sub] = entry
	entry.id = t.commands.Add(c.Name, c.categories())
	parent.order = append(parent.order, entry)
	return nil
}

// remove takes a command out; it belongs to a module that goes.
func (t *table) remove(name string) {
	delete(t.byName, name)
	clear(t.late[:])
	t.commands.Remove(name)
	t.order = slices.DeleteFunc(t.order, func(e *tableEntry) bool { return e.Name == name })
}

// all yields every command and subcommand, by name.
func (t *table) all() iter.Seq[*tableEntry] {
	return func(yield func(*tableEntry) bool) {
		for _, top := range t.order {
			if !yield(top) {
				return
			}
			for _, sub := range top.order {
				if !yield(sub) {
					return
				}
			}
		}
	}
}

// rename gives a command another name to be called by, or none. Where commands
// are described, and in the rules of users, it keeps its own.
func (t *table) rename(from, to string) error {
	from, to = strings.ToLower(from), strings.ToLower(to)
	entry := t.byName[from]
	clear(t.late[:])
	switch {
	case entry == nil:
		return fmt.Errorf("no such command: %q", from)
	case to == "":
		delete(t.byName, from)
		t.order = slices.DeleteFunc(t.order, func(e *tableEntry) bool { return e == entry })
		return nil
	case t.byName[to] != nil:
		return fmt.Errorf("the name %q is taken", to)
	case len(to) > maxName:
		return fmt.Errorf("the name %q is longer than %d bytes", to, maxName)
	}
	delete(t.byName, from)
	t.byName[to] = entry
	return nil
}

// lookup finds the command of argv. A container without a matching subcommand
// is returned as itself with ok false.
func (t *table) lookup(argv [][]byte) (cmd *tableEntry, ok bool) {
	cmd = t.named(argv[0])
	if cmd == nil || cmd.subs == nil || len(argv) == 1 {
		return cmd, cmd != nil
	}
	if len(argv[1]) > maxName {
		return cmd, false
	}
	var buf [maxName]byte
	sub := cmd.subs[string(lower(buf[:0], argv[1]))]
	if sub == nil {
		return cmd, false
	}
	return sub, true
}

// inCategory returns the names of all commands and subcommands of an ACL
// category, by name. A container stands for its subcommands.
func (t *table) inCategory(category string) []string {
	var names []string
	for _, top := range t.order {
		for _, e := range append([]*tableEntry{top}, top.order...) {
			if (e.Run != nil || e.RunClient != nil) && slices.Contains(e.categories(), category) {
				names = append(names, e.Name)
			}
		}
	}
	return names
}

// maxName is the longest name that a command or a subcommand has.
const maxName = 64

func (t *table) named(name []byte) *tableEntry {
	if len(name) > maxName {
		return nil
	}
	if len(name) == 0 {
		return nil
	}
	// The names that come in are few, each in one spelling mostly.
	late := &t.late[(int(name[0])+5*int(name[len(name)-1])+3*len(name))%len(t.late)]
	if late.spelling == string(name) {
		return late.entry
	}
	var buf [maxName]byte
	entry := t.byName[string(lower(buf[:0], name))]
	if entry != nil {
		*late = spelled{string(name), entry}
	}
	return entry
}

// keyOf returns where the first key of a command stands among its arguments, 0
// if it has none or that depends on the others.
func (t *table) keyOf(name []byte) int {
	cmd := t.named(name)
	if cmd == nil || len(cmd.Keys) == 0 || cmd.Keys[0].Keyword != "" || cmd.Keys[0].Unknown {
		return 0
	}
	return cmd.Keys[0].Index + cmd.Keys[0].First
}

// spelled is a command under a name as a client wrote it.
type spelled struct {
	spelling string
	entry    *tableEntry
}

func lower(dst, b []byte) []byte {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// args returns what follows the command's name in argv.
func (c *tableEntry) args(argv [][]byte) Args {
	if strings.IndexByte(c.Name, '|') >= 0 {
		return argv[2:]
	}
	return argv[1:]
}

// needs tells, by Write, DenyOOM and MayReplicate, what a call asks of disk and
// memory, and whether CLIENT PAUSE WRITE holds it back.
func (c *tableEntry) needs(argv [][]byte) Flags {
	if c.Needs == nil {
		return c.Flags & (Write | DenyOOM | MayReplicate)
	}
	needs := c.Needs(argv)
	if c.Flags&ReadOnly != 0 {
		needs &^= MayReplicate
	}
	return needs
}

// arityOK tells whether argv has as many arguments as declared.
func (c *tableEntry) arityOK(argv [][]byte) bool {
	if c.Arity < 0 {
		return len(argv) >= -c.Arity
	}
	return len(argv) == c.Arity
}

// keys locates the keys of argv, which must satisfy the command's arity.
func (c *Command) keys(argv [][]byte) ([]KeyRef, error) {
	if c.KeysFunc != nil {
		return c.KeysFunc(argv)
	}
	var refs []KeyRef
	for i := range c.Keys {
		var err error
		if refs, err = c.Keys[i].find(argv, refs); err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// keysThere locates those keys of argv that can be found, although others
// cannot or argv does not satisfy the command's arity.
func (c *Command) keysThere(argv [][]byte) []KeyRef {
	var refs []KeyRef
	for i := range c.Keys {
		if more, err := c.Keys[i].find(argv, refs); err == nil {
			refs = more
		}
	}
	return refs
}

var errKeyArguments = Errf("Invalid arguments specified for command")

// find appends the positions of the specification's keys in argv.
func (s *KeySpec) find(argv [][]byte, refs []KeyRef) ([]KeyRef, error) {
	if s.Unknown {
		return refs, nil
	}
	first := s.begin(argv)
	if first <= 0 || first >= len(argv) {
		return refs, nil
	}
	last := first + s.Last
	if s.Last < 0 {
		last = len(argv) + s.Last
		if s.Limit > 1 {
			last = first + (len(argv)-first)/s.Limit + s.Last
		}
	}
	if s.NumKeys {
		n, ok := ParseInt(argv[first])
		first += s.First
		if !ok || n < 0 || n > int64(len(argv)-first+s.Step-1)/int64(s.Step) {
			return nil, errKeyArguments
		}
		last = first + (int(n)-1)*s.Step
	}
	for i := first; i <= last && i < len(argv); i += max(s.Step, 1) {
		refs = append(refs, KeyRef{i, s.Flags})
	}
	return refs, nil
}

func (s *KeySpec) begin(argv [][]byte) int {
	if s.Keyword == "" {
		return s.Index
	}
	from, step := s.Index, 1
	if from < 0 {
		from, step = len(argv)+from, -1
	}
	for i := from; i > 0 && i < len(argv); i += step {
		if EqualFold(argv[i], s.Keyword) {
			return i + 1
		}
	}
	return 0
}

// builtinCommands is the engine's own table.
func builtinCommands() []Command {
	var all []Command
	for _, group := range [][]Command{
		stringCommands(), listCommands(), hashCommands(), hashExpireCommands(), hashExCommands(), setCommands(), zsetCommands(), genericCommands(), connectionCommands(), transactionCommands(), pubsubCommands(), commandCommands(), serverCommands(), counterCommands(), rangeCommands(), lcsCommands(), conditionCommands(), expireCommands(), keyscanCommands(), objectCommands(), databaseCommands(), monitorCommands(), sortCommands(), bitmapCommands(),
		latencyCommands(), memoryCommands(),
		durabilityCommands(), replicationCommands(), clusterCommands(), moduleCommands(),
		dumpCommands(), migrateCommands(),
		hyperloglogCommands(), geoCommands(),
		aclCommands(),
		streamCommands(), streamReadCommands(), streamGroupCommands(), streamPendingCommands(), streamReferenceCommands(), streamInfoCommands(),
	} {
		all = append(all, group...)
	}
	return all
}

// Commands returns every declaration, subcommands behind their containers,
// by name: for documentation, completion and tests.
func (e *Engine) Commands() []Command {
	var all []Command
	for _, top := range e.table.order {
		all = append(all, top.Command)
		for _, sub := range top.order {
			all = append(all, sub.Command)
		}
	}
	return all
}
