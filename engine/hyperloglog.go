package engine

import "perigee/engine/hyperloglog"

func hyperloglogCommands() []Command {
	return []Command{{
		Name: "pfadd", Group: GroupHyperLogLog, Since: "2.8.9",
		Summary:    "Adds elements to a HyperLogLog, creating the key if it is missing.",
		Complexity: "O(1) for each element",
		Args:       []Arg{Key("key"), Opt(Many(String("element")))},
		Arity:      -2, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Insert),
		Run: pfadd,
	}, {
		Name: "pfcount", Group: GroupHyperLogLog, Since: "2.8.9",
		Summary:    "Estimates how many different elements HyperLogLogs have seen together.",
		Complexity: "O(1) for one key whose count is known, else O(N) with a large constant, where N is the number of keys",
		Args:       []Arg{Many(Key("key"))},
		Arity:      -2, Flags: ReadOnly | MayReplicate, Keys: KeyRange(1, -1, 1, RW|Access),
		Run: pfcount,
	}, {
		Name: "pfdebug", Group: GroupHyperLogLog, Since: "2.8.9",
		Summary:    "Shows the inside of a HyperLogLog.",
		Complexity: "O(1)",
		Args:       []Arg{String("subcommand"), Key("key")},
		Arity:      3, Flags: Write | DenyOOM | Admin, Keys: OneKey(2, RW|Access),
		Run: pfdebug,
	}, {
		Name: "pfmerge", Group: GroupHyperLogLog, Since: "2.8.9",
		Summary:    "Merges HyperLogLogs into one, creating the key if it is missing.",
		Complexity: "O(N) with a large constant, where N is the number of keys",
		Args:       []Arg{Key("destkey"), Keyed(1, Opt(Many(Key("sourcekey"))))},
		Arity:      -2, Flags: Write | DenyOOM, Keys: Specs(OneKey(1, RW|Access|Insert), KeyRange(2, -1, 1, RO|Access)),
		Run: pfmerge,
	}, {
		Name: "pfselftest", Group: GroupHyperLogLog, Since: "2.8.9",
		Summary:    "Tests the HyperLogLog.",
		Complexity: "O(1) with a very large constant",
		Arity:      1, Flags: Admin,
		Run: pfselftest,
	}}
}

var (
	errNotHLL     = &Error{"WRONGTYPE", "Key is not a valid HyperLogLog string value."}
	errCorruptHLL = &Error{"INVALIDOBJ", "Corrupted HLL object detected"}
)

// hllAt returns the HyperLogLog at key for a command that reads it, nil if
// there is none. It aliases the keyspace.
func (ks *Keyspace) hllAt(key []byte) (hyperloglog.Value, error) {
	return checkedHLL(ks.String(key))
}

// hllToChange is hllAt for a command that writes.
func (ks *Keyspace) hllToChange(key []byte) (hyperloglog.Value, error) {
	return checkedHLL(ks.StringForWrite(key))
}

func checkedHLL(value []byte, ok bool, err error) (hyperloglog.Value, error) {
	v := hyperloglog.Value(value)
	switch {
	case err != nil || !ok:
		return nil, err
	case !v.Valid():
		return nil, errNotHLL
	}
	return v, nil
}

// pfadd replies with 1 if a register was raised or the key is new, else 0.
func pfadd(ks *Keyspace, args Args, w Reply) error {
	key, elements := args.Key(0), args[1:]
	v, err := ks.hllToChange(key)
	if err != nil {
		return err
	}
	var changed bool
	if v != nil && v.Dense() {
		changed = ks.addDense(key, elements)
	} else if changed, err = ks.addSparse(key, v, elements); err != nil {
		return err
	}
	n := int64(0)
	if changed {
		ks.notify(EventString, "pfadd", key)
		n = 1
	}
	w.Int(n)
	return nil
}

// addDense adds elements to the dense value at key and tells whether that
// changed it. It writes and records a byte or two for each register.
func (ks *Keyspace) addDense(key []byte, elements Args) (changed bool) {
	ks.editRaw(key)
	value := func() hyperloglog.Value { return stringOf(entry(ks.keys.Find(key))) }
	for _, e := range elements {
		if offset, part, n := value().Raise(hyperloglog.Hash(e)); n > 0 {
			ks.SetRange(key, offset, part[:n])
			changed = true
		}
	}
	if changed {
		ks.forgetCount(key, value())
	}
	return changed
}

// forgetCount notes that the count that v, which is at key, holds is out of
// date.
func (ks *Keyspace) forgetCount(key []byte, v hyperloglog.Value) {
	offset, stale := v.StaleByte()
	ks.SetRange(key, offset, []byte{stale})
}

// addSparse adds elements to v, the sparse value at key, which is missing when
// v is nil, and tells whether that changed anything.
func (ks *Keyspace) addSparse(key []byte, v hyperloglog.Value, elements Args) (changed bool, err error) {
	if v == nil {
		v, changed = hyperloglog.New(), true
	} else {
		v = append(make(hyperloglog.Value, 0, len(v)+64), v...)
	}
	for _, e := range elements {
		index, rank := hyperloglog.Hash(e)
		var raised bool
		if v, raised, err = v.Add(index, rank, ks.e.settings.HLLSparseMaxBytes); err != nil {
			return false, errCorruptHLL
		}
		changed = changed || raised
	}
	if changed {
		ks.EditString(key, v)
	} else {
		ks.editRaw(key)
	}
	return changed, nil
}

// pfcount keeps the count of a single key with its value.
func pfcount(ks *Keyspace, args Args, w Reply) error {
	if len(args) > 1 {
		var registers [hyperloglog.Registers]byte
		if _, err := ks.merge(&registers, args); err != nil {
			return err
		}
		w.Int(int64(hyperloglog.CountOf(&registers)))
		return nil
	}
	key := args.Key(0)
	v, err := ks.hllAt(key)
	if err != nil {
		return err
	}
	if v == nil {
		w.Int(0)
		return nil
	}
	count, ok := v.Cached()
	if !ok {
		if count, err = v.Count(); err != nil {
			return errCorruptHLL
		}
		offset, b := hyperloglog.CountBytes(count)
		ks.SetRange(key, offset, b[:])
	}
	ks.editRaw(key)
	w.Int(int64(count))
	return nil
}

// merge raises registers to those of all keys, and tells whether any of them is
// dense. Keys that are missing have seen nothing.
func (ks *Keyspace) merge(registers *[hyperloglog.Registers]byte, keys Args) (dense bool, err error) {
	for i := range keys {
		v, err := ks.hllAt(keys.Key(i))
		if err != nil {
			return false, err
		}
		if v == nil {
			continue
		}
		dense = dense || v.Dense()
		if v.Merge(registers) != nil {
			return false, errCorruptHLL
		}
	}
	return dense, nil
}

// pfmerge makes the first key, whose own elements stay, dense if any is.
func pfmerge(ks *Keyspace, args Args, w Reply) error {
	key := args.Key(0)
	var registers [hyperloglog.Registers]byte
	dense, err := ks.merge(&registers, args)
	if err != nil {
		return err
	}
	v, err := ks.hllToChange(key)
	if err != nil {
		return err
	}
	if v == nil {
		v = hyperloglog.New()
	}
	if v, err = v.With(&registers, dense, ks.e.settings.HLLSparseMaxBytes); err != nil {
		return errCorruptHLL
	}
	ks.EditString(key, v)
	ks.forgetCount(key, v)
	ks.notify(EventString, "pfadd", key)
	w.Status("OK")
	return nil
}

// pfdebug shows what a value consists of.
func pfdebug(ks *Keyspace, args Args, w Reply) error {
	key := args.Key(1)
	v, err := ks.hllToChange(key)
	if err != nil {
		return err
	}
	if v == nil {
		return Errf("The specified key does not exist")
	}
	ks.editRaw(key)
	switch {
	case args.Is(0, "GETREG"):
		if v, err = ks.toDense(key, v); err != nil {
			return err
		}
		w.Array(hyperloglog.Registers)
		for i := range hyperloglog.Registers {
			w.Int(int64(v.Register(i)))
		}
	case args.Is(0, "DECODE"):
		if v.Dense() {
			return Errf("HLL encoding is not sparse")
		}
		w.BulkString(v.Runs())
	case args.Is(0, "ENCODING"):
		w.Status(encodingName(v))
	case args.Is(0, "TODENSE"):
		was := v
		if _, err = ks.toDense(key, v); err != nil {
			return err
		}
		if was.Dense() {
			w.Int(0)
		} else {
			w.Int(1)
		}
	default:
		return Errf("Unknown PFDEBUG subcommand '" + clip(args[0], len(args[0])) + "'")
	}
	return nil
}

func encodingName(v hyperloglog.Value) string {
	if v.Dense() {
		return "dense"
	}
	return "sparse"
}

// toDense makes v, the value at key, dense.
func (ks *Keyspace) toDense(key []byte, v hyperloglog.Value) (hyperloglog.Value, error) {
	if v.Dense() {
		return v, nil
	}
	d, err := v.ToDense()
	if err != nil {
		return nil, errCorruptHLL
	}
	ks.EditString(key, d)
	return d, nil
}

func pfselftest(ks *Keyspace, args Args, w Reply) error {
	if err := hyperloglog.SelfTest(ks.Rand()); err != nil {
		return &Error{"TESTFAILED", err.Error()}
	}
	w.Status("OK")
	return nil
}
