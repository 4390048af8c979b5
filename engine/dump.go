package engine

import (
	"math"

	"perigee/engine/rdb"
)

func dumpCommands() []Command {
	options := []Arg{Key("key"), Integer("ttl"), String("serialized-value"), Opt(AddedIn("3.0.0", Word("replace", "REPLACE"))),
		Opt(AddedIn("5.0.0", Word("absttl", "ABSTTL"))), Opt(AddedIn("5.0.0", With("IDLETIME", Integer("seconds")))),
		Opt(AddedIn("5.0.0", With("FREQ", Integer("frequency"))))}
	return []Command{{
		Name: "dump", Group: GroupGeneric, Since: "2.6.0",
		Summary:    "Returns a serialized form of the value of a key.",
		Complexity: "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly, Keys: OneKey(1, RO|Access), Tips: []string{"nondeterministic_output"},
		Run: dump,
	}, {
		Name: "restore", Group: GroupGeneric, Since: "2.6.0",
		Summary:    "Makes a key from the serialized form of a value.",
		Complexity: "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
		Args:       options,
		Arity:      -4, Flags: Write | DenyOOM, Keys: OneKey(1, OW|Update), Categories: []string{"dangerous"},
		Run: restore,
	}, {
		Name: "restore-asking", Group: GroupServer, Since: "3.0.0",
		Summary:    "Makes a key from the serialized form of a value, on behalf of the migration of a slot.",
		Complexity: "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
		Args:       options,
		Arity:      -4, Flags: Write | DenyOOM | Asking, Keys: OneKey(1, OW|Update), Categories: []string{"dangerous", "keyspace"},
		Run: restore,
	}}
}

var (
	errBusyKey     = &Error{"BUSYKEY", "Target key name already exists."}
	errDumpFooter  = Errf("DUMP payload version or checksum are wrong")
	errDumpFormat  = Errf("Bad data format")
	errRestoreTTL  = Errf("Invalid TTL value, must be >= 0")
	errRestoreIdle = Errf("Invalid IDLETIME value, must be >= 0")
	errRestoreFreq = Errf("Invalid FREQ value, must be >= 0 and <= 255")
)

// dump replies with the payload of a value, or null.
func dump(ks *Keyspace, args Args, w Reply) error {
	h := ks.lookup(args.Key(0))
	if h == nil {
		w.Null()
		return nil
	}
	w.Bulk(h.dump())
	return nil
}

// dump is the payload of the entry's value, footer included. O(size).
func (h *header) dump() []byte {
	b, version := h.appendValue(nil)
	return rdb.Seal(b, version)
}

// restoreOptions are what follows the payload.
type restoreOptions struct {
	replace, absolute bool
	idle              int64 // seconds, -1 if not given
	frequency         int64 // -1 if not given
}

func parseRestoreOptions(args Args) (restoreOptions, error) {
	o := restoreOptions{idle: -1, frequency: -1}
	for i := 0; i < len(args); i++ {
		var err error
		switch more := i+1 < len(args); {
		case args.Is(i, "REPLACE"):
			o.replace = true
		case args.Is(i, "ABSTTL"):
			o.absolute = true
		case args.Is(i, "IDLETIME") && more && o.frequency < 0:
			i++
			if o.idle, err = args.Int(i); err == nil && o.idle < 0 {
				err = errRestoreIdle
			}
		case args.Is(i, "FREQ") && more && o.idle < 0:
			i++
			if o.frequency, err = args.Int(i); err == nil && (o.frequency < 0 || o.frequency > 255) {
				err = errRestoreFreq
			}
		default:
			err = ErrSyntax
		}
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// restore makes a key from a payload. Nothing changes unless all of it can be
// read.
func restore(ks *Keyspace, args Args, w Reply) error {
	o, err := parseRestoreOptions(args[3:])
	if err != nil {
		return err
	}
	key := args.Key(0)
	if !o.replace && ks.Exists(key) {
		return errBusyKey
	}
	ttl, err := args.Int(1)
	if err != nil {
		return err
	}
	if ttl < 0 {
		return errRestoreTTL
	}
	body, ok := rdb.Open(args[2])
	if !ok {
		return errDumpFooter
	}
	value, err := ks.readValue(body)
	if err != nil {
		return errDumpFormat
	}
	ks.putRestored(key, value, ks.restoredDeadline(ttl, o.absolute), o)
	w.Status("OK")
	return nil
}

// restoredDeadline is the deadline of a key with this time to live, 0 for
// none. One beyond the end of time is the last moment.
func (ks *Keyspace) restoredDeadline(ttl int64, absolute bool) int64 {
	if ttl == 0 || absolute {
		return ttl
	}
	if ttl > math.MaxInt64-ks.Now() {
		return math.MaxInt64
	}
	return ks.Now() + ttl
}

// putRestored replaces what key holds by a value; one whose deadline has
// passed only takes the old one away.
func (ks *Keyspace) putRestored(key []byte, value restored, deadline int64, o restoreOptions) {
	deleted := o.replace && ks.discard(key)
	if deadline != 0 && deadline <= ks.Now() {
		if deleted {
			ks.notify(EventGeneric, "del", key)
		}
		return
	}
	value.put(ks, key, deadline)
	if o.idle >= 0 {
		ks.SetIdle(key, o.idle)
	}
	if o.frequency >= 0 {
		ks.SetFrequency(key, uint8(o.frequency))
	}
	ks.notify(EventGeneric, "restore", key)
}
