package engine

import "math"

// maxFieldDeadline bounds the deadlines of fields, in Unix milliseconds.
const maxFieldDeadline = 1<<46 - 1

// hashExpireCommands are about the deadlines of hash fields alone.
func hashExpireCommands() []Command {
	const (
		perField  = "O(N) where N is the number of fields given"
		set, read = Write | DenyOOM | Fast, ReadOnly | Fast
	)
	fields := With("FIELDS", Block("fields", Integer("numfields"), Many(String("field"))))
	condition := Opt(OneOf("condition", Word("nx", "NX"), Word("xx", "XX"), Word("gt", "GT"), Word("lt", "LT")))
	return []Command{{
		Name: "hexpire", Group: GroupHash, Since: "7.4.0",
		Summary: "Sets the time to live of fields of a hash in seconds.", Complexity: perField,
		Args:  []Arg{Key("key"), Integer("seconds"), condition, fields},
		Arity: -6, Flags: set, Keys: OneKey(1, RW|Update),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.expireFieldsAfter(args, expireTime{name: "hexpire", unit: 1000, from: ks.Now()}, w)
		},
	}, {
		Name: "hexpireat", Group: GroupHash, Since: "7.4.0",
		Summary: "Sets the expiration time of fields of a hash to a Unix time in seconds.", Complexity: perField,
		Args:  []Arg{Key("key"), UnixTime("unix-time-seconds"), condition, fields},
		Arity: -6, Flags: set, Keys: OneKey(1, RW|Update),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.expireFieldsAfter(args, expireTime{name: "hexpireat", unit: 1000}, w)
		},
	}, {
		Name: "hexpiretime", Group: GroupHash, Since: "7.4.0",
		Summary: "Returns the expiration times of fields of a hash as Unix times in seconds.", Complexity: perField,
		Args:  []Arg{Key("key"), fields},
		Arity: -5, Flags: read, Keys: OneKey(1, RO|Access),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.replyFieldDeadlines(args, w, func(at int64) int64 { return (at + 999) / 1000 })
		},
	}, {
		Name: "hpersist", Group: GroupHash, Since: "7.4.0",
		Summary: "Removes the expiration times of fields of a hash.", Complexity: perField,
		Args:  []Arg{Key("key"), fields},
		Arity: -5, Flags: Write | Fast, Keys: OneKey(1, RW|Update),
		Run: hpersist,
	}, {
		Name: "hpexpire", Group: GroupHash, Since: "7.4.0",
		Summary: "Sets the time to live of fields of a hash in milliseconds.", Complexity: perField,
		Args:  []Arg{Key("key"), Integer("milliseconds"), condition, fields},
		Arity: -6, Flags: set, Keys: OneKey(1, RW|Update),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.expireFieldsAfter(args, expireTime{name: "hpexpire", unit: 1, from: ks.Now()}, w)
		},
	}, {
		Name: "hpexpireat", Group: GroupHash, Since: "7.4.0",
		Summary: "Sets the expiration time of fields of a hash to a Unix time in milliseconds.", Complexity: perField,
		Args:  []Arg{Key("key"), UnixTime("unix-time-milliseconds"), condition, fields},
		Arity: -6, Flags: set, Keys: OneKey(1, RW|Update),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.expireFieldsAfter(args, expireTime{name: "hpexpireat", unit: 1}, w)
		},
	}, {
		Name: "hpexpiretime", Group: GroupHash, Since: "7.4.0",
		Summary: "Returns the expiration times of fields of a hash as Unix times in milliseconds.", Complexity: perField,
		Args:  []Arg{Key("key"), fields},
		Arity: -5, Flags: read, Keys: OneKey(1, RO|Access),
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.replyFieldDeadlines(args, w, func(at int64) int64 { return at })
		},
	}, {
		Name: "hpttl", Group: GroupHash, Since: "7.4.0",
		Summary: "Returns the times to live of fields of a hash in milliseconds.", Complexity: perField,
		Args:  []Arg{Key("key"), fields},
		Arity: -5, Flags: read, Keys: OneKey(1, RO|Access), Tips: []string{"nondeterministic_output"},
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.replyFieldDeadlines(args, w, func(at int64) int64 { return at - ks.Now() })
		},
	}, {
		Name: "httl", Group: GroupHash, Since: "7.4.0",
		Summary: "Returns the times to live of fields of a hash in seconds.", Complexity: perField,
		Args:  []Arg{Key("key"), fields},
		Arity: -5, Flags: read, Keys: OneKey(1, RO|Access), Tips: []string{"nondeterministic_output"},
		Run: func(ks *Keyspace, args Args, w Reply) error {
			return ks.replyFieldDeadlines(args, w, func(at int64) int64 { return (at - ks.Now() + 999) / 1000 })
		},
	}}
}

// What a command about deadlines replies for each field.
const (
	fieldMissing   = -2
	fieldUntimed   = -1
	fieldUnchanged = 0
	fieldChanged   = 1
	fieldExpired   = 2
)

var (
	errFieldsMisplaced = Errf("Mandatory argument FIELDS is missing or not at the right position")
	errFieldsMismatch  = Errf("The `numfields` parameter must match the number of arguments")
	errFieldCount      = Errf("Number of fields must be a positive integer")
	errFieldTime       = Errf("invalid expire time, must be >= 0")
)

// fieldList reads FIELDS, a number and that many fields, from argument i to
// the last; badCount is the error for a number that is none.
func (a Args) fieldList(i int, badCount *Error) (Args, error) {
	if !a.Is(i, "FIELDS") || i+1 >= len(a) {
		return nil, errFieldsMisplaced
	}
	n, ok := ParseInt(a[i+1])
	if !ok || n < 1 {
		return nil, badCount
	}
	if n != int64(len(a)-i-2) {
		return nil, errFieldsMismatch
	}
	return a[i+2:], nil
}

// readField is read within the bounds of a field's deadline.
func (t expireTime) readField(arg []byte) (int64, error) {
	n, ok := ParseInt(arg)
	switch {
	case !ok:
		return 0, ErrNotInteger
	case n < 0:
		return 0, errFieldTime
	case n > maxFieldDeadline/t.unit || n*t.unit > maxFieldDeadline-t.from:
		return 0, errExpireTime(t.name)
	}
	return n*t.unit + t.from, nil
}

// fieldCondition reads the condition of HEXPIRE's kin, of which there may be
// one at i, and where the next argument is.
func (a Args) fieldCondition(i int) (expireCondition, int) {
	c := expireCondition{nx: a.Is(i, "NX"), xx: a.Is(i, "XX"), gt: a.Is(i, "GT"), lt: a.Is(i, "LT")}
	if c != (expireCondition{}) {
		i++
	}
	return c, i
}

// expireFieldsAfter replies for each field whether it has a new deadline. One
// that has passed already deletes it.
func (ks *Keyspace) expireFieldsAfter(args Args, t expireTime, w Reply) error {
	at, err := t.readField(args[1])
	if err != nil {
		return err
	}
	condition, next := args.fieldCondition(2)
	fields, err := args.fieldList(next, Errf("Parameter `numFields` should be greater than 0"))
	if err != nil {
		return err
	}
	v, err := ks.hashToChange(args.Key(0))
	if err != nil {
		return err
	}
	w.Array(len(fields))
	var done fieldEvents
	for _, field := range fields {
		w.Int(int64(done.expire(v, field, at, condition)))
	}
	done.tell(ks, v, args.Key(0))
	return nil
}

// fieldEvents is what a command did to fields, for the events it is to tell.
type fieldEvents struct{ set, timed, persisted, deleted bool }

// expire gives a field of v, which may be nil, a deadline and returns what to
// reply for it.
func (d *fieldEvents) expire(v *hashValue, field []byte, at int64, condition expireCondition) int {
	if v == nil || !v.Has(field) {
		return fieldMissing
	}
	if was, _ := v.deadline(field); !condition.holds(was, at) {
		return fieldUnchanged
	}
	if at <= v.ks.Now() {
		v.delete(field)
		d.deleted = true
		return fieldExpired
	}
	v.setDeadline(field, at)
	d.timed = true
	return fieldChanged
}

// persist takes the deadline of a field of v, which may be nil, away and
// returns what to reply for it.
func (d *fieldEvents) persist(v *hashValue, field []byte) int {
	if v == nil || !v.Has(field) {
		return fieldMissing
	}
	if at, _ := v.deadline(field); at == 0 {
		return fieldUntimed
	}
	v.setDeadline(field, 0)
	d.persisted = true
	return fieldChanged
}

// tell publishes what was done to key, whose hash v was, and removes it if it
// is empty.
func (d *fieldEvents) tell(ks *Keyspace, v *hashValue, key []byte) {
	if d.set {
		ks.notify(EventHash, "hset", key)
	}
	if d.timed {
		ks.notify(EventHash, "hexpire", key)
	}
	if d.persisted {
		ks.notify(EventHash, "hpersist", key)
	}
	if d.deleted {
		ks.notify(EventHash, "hdel", key)
	}
	if v != nil && v.Len() == 0 {
		ks.remove(&v.header)
		ks.notify(EventGeneric, "del", key)
	}
}

// hpersist replies for each field whether it had a deadline.
func hpersist(ks *Keyspace, args Args, w Reply) error {
	fields, err := args.fieldList(1, errFieldCount)
	if err != nil {
		return err
	}
	v, err := ks.hashToChange(args.Key(0))
	if err != nil {
		return err
	}
	w.Array(len(fields))
	var done fieldEvents
	for _, field := range fields {
		w.Int(int64(done.persist(v, field)))
	}
	done.tell(ks, v, args.Key(0))
	return nil
}

// replyFieldDeadlines replies for each field with what count makes of its
// deadline.
func (ks *Keyspace) replyFieldDeadlines(args Args, w Reply, count func(at int64) int64) error {
	fields, err := args.fieldList(1, errFieldCount)
	if err != nil {
		return err
	}
	v, err := ks.hashAt(args.Key(0))
	if err != nil {
		return err
	}
	w.Array(len(fields))
	for _, field := range fields {
		n := int64(fieldMissing)
		if v != nil && v.Has(field) {
			if n, _ = v.deadline(field); n == 0 {
				n = fieldUntimed
			} else {
				n = count(n)
			}
		}
		w.Int(n)
	}
	return nil
}

// fieldOptions are what HGETEX and HSETEX take.
type fieldOptions struct {
	fields   Args // and values
	fnx, fxx bool
	keepTTL  bool
	persist  bool
	timed    bool
	deadline int64
}

// parseFieldOptions reads the arguments of HGETEX, or, when pairs is set,
// HSETEX from the first on; name is the command's.
func parseFieldOptions(ks *Keyspace, args Args, name string, pairs bool) (o fieldOptions, err error) {
	given := false
	for i := 0; i < len(args); i++ {
		switch {
		case args.Is(i, "FIELDS"):
			if o.fields != nil {
				return o, Errf("multiple FIELDS arguments")
			}
			if i, err = o.readFields(args, i, name, pairs); err != nil {
				return o, err
			}
		case pairs && (args.Is(i, "FNX") || args.Is(i, "FXX")):
			if o.fnx || o.fxx {
				return o, Errf("Only one of FXX or FNX arguments can be specified")
			}
			o.fnx, o.fxx = args.Is(i, "FNX"), args.Is(i, "FXX")
		default:
			lifetime := lifetimeOption(args[i], !pairs)
			if lifetime == "" {
				return o, Errf("unknown argument: " + clip(args[i], 128))
			}
			if given {
				return o, errOneLifetime(pairs)
			}
			given = true
			if i, err = o.readLifetime(ks, args, i, lifetime, name); err != nil {
				return o, err
			}
		}
	}
	if o.fields == nil {
		return o, Errf("missing FIELDS argument")
	}
	return o, nil
}

func errOneLifetime(pairs bool) *Error {
	if pairs {
		return Errf("Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified")
	}
	return Errf("Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified")
}

// readFields reads FIELDS at i and returns the index of its last argument.
func (o *fieldOptions) readFields(args Args, i int, name string, pairs bool) (int, error) {
	if i+2 >= len(args) {
		return i, errArity(name)
	}
	n, ok := ParseInt(args[i+1])
	if !ok || n < 1 || n > math.MaxInt32 {
		return i, Errf("invalid number of fields")
	}
	if pairs {
		n *= 2
	}
	if n > int64(len(args)-i-2) {
		return i, errArity(name)
	}
	last := i + 1 + int(n)
	o.fields = args[i+2 : last+1]
	return last, nil
}

// readLifetime reads an option about the deadline at i and returns the index
// of its last argument.
func (o *fieldOptions) readLifetime(ks *Keyspace, args Args, i int, option, name string) (last int, err error) {
	switch option {
	case "KEEPTTL":
		o.keepTTL = true
		return i, nil
	case "PERSIST":
		o.persist = true
		return i, nil
	}
	if i++; i == len(args) {
		return i, Errf("missing expire time")
	}
	t := expireTime{name: name, unit: 1, from: ks.Now()}
	if option[0] == 'E' {
		t.unit = 1000
	}
	if len(option) == 4 {
		t.from = 0
	}
	o.timed = true
	o.deadline, err = t.readField(args[i])
	return i, err
}
