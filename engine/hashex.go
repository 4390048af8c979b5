package engine

// hashExCommands read or write fields of a hash and do something else with
// them at once.
func hashExCommands() []Command {
	const perField = "O(N) where N is the number of fields given"
	expiration := []Arg{
		With("EX", Integer("seconds")),
		With("PX", Integer("milliseconds")),
		With("EXAT", UnixTime("unix-time-seconds")),
		With("PXAT", UnixTime("unix-time-milliseconds")),
	}
	with := func(word Arg) Arg { return Opt(OneOf("expiration", append(expiration[:4:4], word)...)) }
	fields := With("FIELDS", Block("fields", Integer("numfields"), Many(String("field"))))
	return []Command{{
		Name: "hgetdel", Group: GroupHash, Since: "8.0.0",
		Summary: "Returns the values of fields of a hash and deletes the fields.", Complexity: perField,
		Args:  []Arg{Key("key"), fields},
		Arity: -5, Flags: Write | Fast, Keys: OneKey(1, RW|Access|Delete),
		Run: hgetdel,
	}, {
		Name: "hgetex", Group: GroupHash, Since: "8.0.0",
		Summary: "Returns the values of fields of a hash and sets or removes their expiration times.", Complexity: perField,
		Args:  []Arg{Key("key"), with(Word("persist", "PERSIST")), fields},
		Arity: -5, Flags: Write | Fast, Keys: OneKey(1, RW|Access|Update),
		Run: hgetex,
	}, {
		Name: "hsetex", Group: GroupHash, Since: "8.0.0",
		Summary: "Sets fields of a hash and their expiration times.", Complexity: perField,
		Args: []Arg{Key("key"), Opt(OneOf("condition", Word("fnx", "FNX"), Word("fxx", "FXX"))), with(Word("keepttl", "KEEPTTL")),
			With("FIELDS", Block("fields", Integer("numfields"), Many(String("field"), String("value"))))},
		Arity: -6, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Update),
		Run: hsetex,
	}}
}

// hgetdel replies with the fields' values, null for what is missing.
func hgetdel(ks *Keyspace, args Args, w Reply) error {
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
		writeField(v, field, w)
		if v != nil && v.Has(field) {
			v.delete(field)
			done.deleted = true
		}
	}
	done.tell(ks, v, args.Key(0))
	return nil
}

// hgetex replies with the fields' values, null for what is missing.
func hgetex(ks *Keyspace, args Args, w Reply) error {
	o, err := parseFieldOptions(ks, args[1:], "hgetex", false)
	if err != nil {
		return err
	}
	v, err := ks.hashToChange(args.Key(0))
	if err != nil {
		return err
	}
	w.Array(len(o.fields))
	var done fieldEvents
	for _, field := range o.fields {
		writeField(v, field, w)
		switch {
		case o.timed:
			done.expire(v, field, o.deadline, expireCondition{})
		case o.persist:
			done.persist(v, field)
		}
	}
	done.tell(ks, v, args.Key(0))
	return nil
}

// hsetex replies with 1 if all fields were set, with 0 if none was.
func hsetex(ks *Keyspace, args Args, w Reply) error {
	o, err := parseFieldOptions(ks, args[1:], "hsetex", true)
	if err != nil {
		return err
	}
	v, err := ks.hashToChange(args.Key(0))
	if err != nil {
		return err
	}
	if !o.mayStore(v) {
		w.Int(0)
		return nil
	}
	if v == nil {
		v = ks.addHash(args.Key(0))
	}
	v.expect(len(o.fields) / 2)
	done := fieldEvents{set: true}
	for i := 0; i < len(o.fields); i += 2 {
		o.store(v, o.fields[i], o.fields[i+1], &done)
	}
	done.tell(ks, v, args.Key(0))
	w.Int(1)
	return nil
}

// mayStore tells whether FNX or FXX lets the fields be set in v, which may be
// nil.
func (o *fieldOptions) mayStore(v *hashValue) bool {
	if !o.fnx && !o.fxx {
		return true
	}
	for i := 0; i < len(o.fields); i += 2 {
		if has := v != nil && v.Has(o.fields[i]); has == o.fnx {
			return false
		}
	}
	return true
}

func (o *fieldOptions) store(v *hashValue, field, value []byte, done *fieldEvents) {
	if !o.keepTTL && !o.timed {
		v.set(field, value)
		return
	}
	v.put(field, value)
	if o.timed {
		done.expire(v, field, o.deadline, expireCondition{})
	}
}
