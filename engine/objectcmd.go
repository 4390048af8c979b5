package engine

import "math"

func objectCommands() []Command {
	tips := []string{"nondeterministic_output"}
	return []Command{{
		Name: "object", Group: GroupGeneric, Since: "2.2.3",
		Summary:    "A container for commands that look into a value.",
		Complexity: "Depends on subcommand.",
		Arity:      -2,
	}, {
		Name: "object|encoding", Group: GroupGeneric, Since: "2.2.3",
		Summary:    "Returns how the value of a key is held.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      3, Flags: ReadOnly, Keys: OneKey(2, RO), Tips: tips,
		Run: func(ks *Keyspace, args Args, w Reply) error {
			if h := ks.inspectOrNull(args.Key(0), w); h != nil {
				w.BulkString(h.encoding())
			}
			return nil
		},
	}, {
		Name: "object|freq", Group: GroupGeneric, Since: "4.0.0",
		Summary:    "Returns how often the value of a key is accessed.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      3, Flags: ReadOnly, Keys: OneKey(2, RO), Tips: tips,
		Run: func(ks *Keyspace, args Args, w Reply) error {
			h := ks.inspectOrNull(args.Key(0), w)
			if h == nil {
				return nil
			}
			if ks.e.settings.Policy&EvictLFU == 0 {
				return errNoFrequency
			}
			w.Int(int64(ks.e.frequency(h.access)))
			return nil
		},
	}, {
		Name: "object|help", Group: GroupGeneric, Since: "6.2.0",
		Summary:    "Returns helpful text about the different subcommands.",
		Complexity: "O(1)",
		Arity:      2, Flags: Loading | Stale,
		Run: Help("OBJECT", []string{
			"ENCODING <key>",
			"    Return the kind of internal representation used in order to store the value",
			"    associated with a <key>.",
			"FREQ <key>",
			"    Return the access frequency index of the <key>. The returned integer is",
			"    proportional to the logarithm of the recent access frequency of the key.",
			"IDLETIME <key>",
			"    Return the idle time of the <key>, that is the approximated number of",
			"    seconds elapsed since the last access to the key.",
			"REFCOUNT <key>",
			"    Return the number of references of the value associated with the specified",
			"    <key>.",
		}),
	}, {
		Name: "object|idletime", Group: GroupGeneric, Since: "2.2.3",
		Summary:    "Returns the seconds since the value of a key was last accessed.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      3, Flags: ReadOnly, Keys: OneKey(2, RO), Tips: tips,
		Run: func(ks *Keyspace, args Args, w Reply) error {
			h := ks.inspectOrNull(args.Key(0), w)
			if h == nil {
				return nil
			}
			if ks.e.settings.Policy&EvictLFU != 0 {
				return errNoIdleTime
			}
			w.Int(ks.e.idle(h))
			return nil
		},
	}, {
		Name: "object|refcount", Group: GroupGeneric, Since: "2.2.3",
		Summary:    "Returns how many references to the value of a key there are.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      3, Flags: ReadOnly, Keys: OneKey(2, RO), Tips: tips,
		Run: func(ks *Keyspace, args Args, w Reply) error {
			if h := ks.inspectOrNull(args.Key(0), w); h != nil {
				w.Int(h.references())
			}
			return nil
		},
	}}
}

// What a policy does not keep track of.
var (
	errNoIdleTime  = Errf("An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
	errNoFrequency = Errf("An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
)

// inspectOrNull is inspect that replies with null when there is no key.
func (ks *Keyspace) inspectOrNull(key []byte, w Reply) entry {
	h := ks.inspect(key)
	if h == nil {
		w.Null()
	}
	return h
}

// encoding is what OBJECT ENCODING says of the entry's value.
func (h *header) encoding() string {
	if h.kind == KindString {
		return stringEncoding(h)
	}
	return h.object().collection().encoding()
}

// sharedIntegers is how many small integers Redis shares between keys, whose
// reference count says so.
const sharedIntegers = 10000

// references is what OBJECT REFCOUNT says: nothing is shared here, but clients
// expect the number that stands for a shared small integer.
func (h *header) references() int64 {
	if h.kind == KindString && stringEncoding(h) == "int" {
		if n, _ := ParseInt(stringOf(h)); n >= 0 && n < sharedIntegers {
			return math.MaxInt32
		}
	}
	return 1
}
