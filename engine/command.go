package engine

// Flags say what a command does and where it may run. Names and meanings are
// those of COMMAND's reply.
type Flags uint32

const (
	Write Flags = 1 << iota
	ReadOnly
	DenyOOM
	Admin
	PubSub
	NoScript
	Blocking
	Loading
	Stale
	SkipMonitor
	SkipSlowlog
	Asking
	Fast
	NoAuth
	MayReplicate
	NoAsyncLoading
	NoMulti
	AllowBusy
	MovableKeys
	NoMandatoryKeys
	Dangerous  // ACL category without a flag of its own in COMMAND
	Connection // likewise
	Keyspace_  // likewise: @keyspace
	FromModule // declared by a Lua module
	RunsScript // the engine tells Scripting how long it took
)

// flagNames are COMMAND's names in the order in which Redis prints them, which
// keeps may_replicate to itself.
var flagNames = []struct {
	flag Flags
	name string
}{
	{Write, "write"}, {ReadOnly, "readonly"}, {DenyOOM, "denyoom"}, {FromModule, "module"}, {Admin, "admin"},
	{PubSub, "pubsub"}, {NoScript, "noscript"}, {Blocking, "blocking"}, {Loading, "loading"}, {Stale, "stale"},
	{SkipMonitor, "skip_monitor"}, {SkipSlowlog, "skip_slowlog"}, {Asking, "asking"}, {Fast, "fast"},
	{NoAuth, "no_auth"}, {MovableKeys, "movablekeys"},
	{NoMandatoryKeys, "no_mandatory_keys"},
	{NoAsyncLoading, "no_async_loading"}, {NoMulti, "no_multi"}, {AllowBusy, "allow_busy"},
}

// Names returns the flags as COMMAND prints them.
func (f Flags) Names() []string {
	var names []string
	for _, n := range flagNames {
		if f&n.flag != 0 {
			names = append(names, n.name)
		}
	}
	return names
}

// Group is the command group of the documentation.
type Group string

const (
	GroupGeneric      Group = "generic"
	GroupString       Group = "string"
	GroupList         Group = "list"
	GroupSet          Group = "set"
	GroupSortedSet    Group = "sorted-set"
	GroupHash         Group = "hash"
	GroupPubSub       Group = "pubsub"
	GroupTransactions Group = "transactions"
	GroupConnection   Group = "connection"
	GroupServer       Group = "server"
	GroupScripting    Group = "scripting"
	GroupHyperLogLog  Group = "hyperloglog"
	GroupCluster      Group = "cluster"
	GroupGeo          Group = "geo"
	GroupStream       Group = "stream"
	GroupBitmap       Group = "bitmap"
	GroupModule       Group = "module"
)

// A Command is declared once; COMMAND, its subcommands, ACL categories, help
// and the README's tables derive from the declaration.
type Command struct {
	// Name is in lower case; a subcommand's is "container|sub".
	Name       string
	Group      Group
	Since      string // version of Redis that brought it, or "perigee x.y"
	Summary    string // one sentence
	Complexity string
	Args       []Arg
	// Arity counts the name (and a subcommand's name); negative is a minimum.
	Arity int
	Flags Flags
	// Keys tell where the keys are; nil is none. See OneKey and its kin.
	Keys []KeySpec
	// KeysFunc finds keys that Keys cannot describe (SORT, EVAL's like are
	// describable), or flags that depend on the arguments. It gets the whole argument vector and returns positions.
	KeysFunc func(argv [][]byte) ([]KeyRef, error)
	// Channels tells where the channels are; nil is none.
	Channels *ChannelSpec
	// Needs tells, by Write and DenyOOM, what one call asks of disk and memory
	// where that depends on the arguments: a script may say whether it writes.
	// MayReplicate says that it has not said so.
	Needs func(argv [][]byte) Flags
	// Categories are ACL categories beyond those that flags and group give; a
	// minus takes the group's away.
	Categories []string
	// Tips are COMMAND's command tips.
	Tips []string
	// Module names the Lua module that declared the command; empty for ours.
	Module string

	// Run is the handler of a command on data, RunClient of one about the
	// client itself. A container of subcommands has neither.
	Run       func(ks *Keyspace, args Args, w Reply) error
	RunClient func(c *Client, args Args, w Reply) error
}

// KeyFlags say what a command does with a key, as COMMAND's key
// specifications do.
type KeyFlags uint16

const (
	RO KeyFlags = 1 << iota
	RW
	OW
	RM
	Access
	Update
	Insert
	Delete
	NotKey
	Incomplete
	VariableFlags
)

var keyFlagNames = []string{"RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags"}

// Names returns the flags as COMMAND prints them.
func (f KeyFlags) Names() []string {
	var names []string
	for i, n := range keyFlagNames {
		if f&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// A KeySpec locates keys among a command's arguments: where to begin and how
// to go on from there, as Redis 7's key specifications. Build it with OneKey,
// KeyRange, NumKeys, KeyAfter and their kin.
type KeySpec struct {
	Flags KeyFlags
	// Begin: at Index, or after Keyword searched from Index (negative: from
	// the end backwards).
	Index   int
	Keyword string
	// Find: a range up to Last (relative to the beginning; negative: from the
	// end of the arguments) by Step, with Limit; or, when NumIndex >= 0, a
	// count at NumIndex and the first key at First, both relative.
	Last, Step, Limit int
	NumKeys           bool
	NumIndex, First   int
	Unknown           bool
}

// A KeyRef is the position of one key in the argument vector.
type KeyRef struct {
	Pos   int
	Flags KeyFlags
}

// OneKey is the key at position i (the command's name is position 0).
func OneKey(i int, f KeyFlags) []KeySpec { return KeyRange(i, 0, 1, f) }

// KeyRange is the keys from position first, to last relative to first (or
// from the end when negative), every step arguments.
func KeyRange(first, last, step int, f KeyFlags) []KeySpec {
	return []KeySpec{{Flags: f, Index: first, Last: last, Step: step}}
}

// NumKeys is a count at position num followed by that many keys at first.
func NumKeys(num, first int, f KeyFlags) []KeySpec {
	return []KeySpec{{Flags: f, Index: num, NumKeys: true, First: first - num, Step: 1}}
}

// KeyAfter is the key after a keyword, searched from position from.
func KeyAfter(keyword string, from int, f KeyFlags) []KeySpec {
	return []KeySpec{{Flags: f, Index: from, Keyword: keyword, Step: 1}}
}

// KeysAfter is the keys between a keyword, searched from position from, and as
// many further arguments as there are keys.
func KeysAfter(keyword string, from int, f KeyFlags) []KeySpec {
	return []KeySpec{{Flags: f, Index: from, Keyword: keyword, Last: -1, Step: 1, Limit: 2}}
}

// UnknownKeys says that keys exist where no specification can tell.
func UnknownKeys(f KeyFlags) []KeySpec { return []KeySpec{{Flags: f, Unknown: true}} }

// Specs joins specifications.
func Specs(parts ...[]KeySpec) []KeySpec {
	var all []KeySpec
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// A ChannelSpec locates the channels that a command publishes to or subscribes
// to: the argument at First, or all from there on.
type ChannelSpec struct {
	First   int
	Many    bool
	Pattern bool // they are patterns of channels
}

// ArgType is the type of an argument as COMMAND DOCS names it.
type ArgType string

const (
	ArgString   ArgType = "string"
	ArgInteger  ArgType = "integer"
	ArgDouble   ArgType = "double"
	ArgKey      ArgType = "key"
	ArgPattern  ArgType = "pattern"
	ArgUnixTime ArgType = "unix-time"
	ArgToken    ArgType = "pure-token"
	ArgOneOf    ArgType = "oneof"
	ArgBlock    ArgType = "block"
)

// An Arg describes one argument for COMMAND DOCS, help and checks.
type Arg struct {
	Name          string
	Type          ArgType
	Token         string
	Optional      bool
	Multiple      bool
	MultipleToken bool
	Since         string
	Args          []Arg
	KeySpec       int // index into Keys, for a key or a pattern of keys
}

// Constructors of arguments, so that a declaration reads like a synopsis.
func Key(name string) Arg                { return Arg{Name: name, Type: ArgKey} }
func String(name string) Arg             { return Arg{Name: name, Type: ArgString} }
func Integer(name string) Arg            { return Arg{Name: name, Type: ArgInteger} }
func Double(name string) Arg             { return Arg{Name: name, Type: ArgDouble} }
func Pattern(name string) Arg            { return Arg{Name: name, Type: ArgPattern} }
func UnixTime(name string) Arg           { return Arg{Name: name, Type: ArgUnixTime} }
func Word(name, token string) Arg        { return Arg{Name: name, Type: ArgToken, Token: token} }
func OneOf(name string, args ...Arg) Arg { return Arg{Name: name, Type: ArgOneOf, Args: args} }
func Block(name string, args ...Arg) Arg { return Arg{Name: name, Type: ArgBlock, Args: args} }

// Opt makes an argument optional.
func Opt(a Arg) Arg { a.Optional = true; return a }

// Many makes an argument repeatable; several are wrapped in a block first.
func Many(args ...Arg) Arg {
	a := args[0]
	if len(args) > 1 {
		a = Block("data", args...)
	}
	a.Multiple = true
	return a
}

// With puts a token before an argument.
func With(token string, a Arg) Arg { a.Token = token; return a }

// Keyed points an argument at its key specification.
func Keyed(spec int, a Arg) Arg { a.KeySpec = spec; return a }

// AddedIn notes the version that brought an argument.
func AddedIn(version string, a Arg) Arg { a.Since = version; return a }
