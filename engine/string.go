package engine

func stringCommands() []Command {
	expiration := []Arg{
		AddedIn("2.6.12", With("EX", Integer("seconds"))),
		AddedIn("2.6.12", With("PX", Integer("milliseconds"))),
		AddedIn("6.2.0", With("EXAT", UnixTime("unix-time-seconds"))),
		AddedIn("6.2.0", With("PXAT", UnixTime("unix-time-milliseconds"))),
		AddedIn("6.0.0", Word("keepttl", "KEEPTTL")),
	}
	return []Command{{
		Name: "get", Group: GroupString, Since: "1.0.0",
		Summary:    "Returns the string value of a key.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: get,
	}, {
		Name: "getdel", Group: GroupString, Since: "6.2.0",
		Summary:    "Returns the string value of a key and deletes the key.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: Write | Fast, Keys: OneKey(1, RW|Access|Delete),
		Run: getdel,
	}, {
		Name: "getex", Group: GroupString, Since: "6.2.0",
		Summary:    "Returns the string value of a key and sets or removes its expiration time.",
		Complexity: "O(1)",
		Args: []Arg{Key("key"), Opt(OneOf("expiration",
			With("EX", Integer("seconds")),
			With("PX", Integer("milliseconds")),
			With("EXAT", UnixTime("unix-time-seconds")),
			With("PXAT", UnixTime("unix-time-milliseconds")),
			Word("persist", "PERSIST")))},
		Arity: -2, Flags: Write | Fast, Keys: OneKey(1, RW|Access|Update),
		Run: getex,
	}, {
		Name: "getset", Group: GroupString, Since: "1.0.0",
		Summary:    "Returns the previous string value of a key after setting it to a new value.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("value")},
		Arity:      3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Access|Update),
		Run: getset,
	}, {
		Name: "mget", Group: GroupString, Since: "1.0.0",
		Summary:    "Returns the string values of one or more keys.",
		Complexity: "O(N) where N is the number of keys to retrieve.",
		Args:       []Arg{Many(Key("key"))},
		Arity:      -2, Flags: ReadOnly | Fast, Keys: KeyRange(1, -1, 1, RO|Access),
		Tips: []string{"request_policy:multi_shard"},
		Run:  mget,
	}, {
		Name: "mset", Group: GroupString, Since: "1.0.1",
		Summary:    "Sets one or more keys to string values.",
		Complexity: "O(N) where N is the number of keys to set.",
		Args:       []Arg{Many(Key("key"), String("value"))},
		Arity:      -3, Flags: Write | DenyOOM, Keys: KeyRange(1, -1, 2, OW|Update),
		Tips: []string{"request_policy:multi_shard", "response_policy:all_succeeded"},
		Run:  mset,
	}, {
		Name: "msetnx", Group: GroupString, Since: "1.0.1",
		Summary:    "Sets one or more keys to string values, only if none of them exists.",
		Complexity: "O(N) where N is the number of keys to set.",
		Args:       []Arg{Many(Key("key"), String("value"))},
		Arity:      -3, Flags: Write | DenyOOM, Keys: KeyRange(1, -1, 2, OW|Insert),
		Tips: []string{"request_policy:multi_shard", "response_policy:agg_min"},
		Run:  msetnx,
	}, {
		Name: "psetex", Group: GroupString, Since: "2.6.0",
		Summary:    "Sets the string value of a key and its expiration time in milliseconds.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Integer("milliseconds"), String("value")},
		Arity:      4, Flags: Write | DenyOOM, Keys: OneKey(1, OW|Update),
		Run: psetex,
	}, {
		Name: "set", Group: GroupString, Since: "1.0.0",
		Summary:    "Sets the string value of a key, ignoring its type.",
		Complexity: "O(1)",
		Args: []Arg{Key("key"), String("value"),
			AddedIn("2.6.12", Opt(OneOf("condition", append([]Arg{Word("nx", "NX"), Word("xx", "XX")}, valueConditions()...)...))),
			AddedIn("6.2.0", Opt(Word("get", "GET"))),
			Opt(OneOf("expiration", expiration...))},
		Arity: -3, Flags: Write | DenyOOM, Keys: OneKey(1, RW|Access|Update|VariableFlags),
		KeysFunc: setKeys,
		Run:      set,
	}, {
		Name: "setex", Group: GroupString, Since: "2.0.0",
		Summary:    "Sets the string value of a key and its expiration time in seconds.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), Integer("seconds"), String("value")},
		Arity:      4, Flags: Write | DenyOOM, Keys: OneKey(1, OW|Update),
		Run: setex,
	}, {
		Name: "setnx", Group: GroupString, Since: "1.0.0",
		Summary:    "Sets the string value of a key, only if the key does not exist.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("value")},
		Arity:      3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, OW|Insert),
		Run: setnx,
	}, {
		Name: "strlen", Group: GroupString, Since: "2.2.0",
		Summary:    "Returns the length of a string value.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO),
		Run: strlen,
	}}
}

func get(ks *Keyspace, args Args, w Reply) error {
	_, err := ks.replyString(args.Key(0), w)
	return err
}

// replyString replies with the string at key, or null, and tells whether
// there is one.
func (ks *Keyspace) replyString(key []byte, w Reply) (bool, error) {
	value, ok, err := ks.String(key)
	if err != nil {
		return false, err
	}
	if !ok {
		w.Null()
		return false, nil
	}
	w.Bulk(value)
	return true, nil
}

func getdel(ks *Keyspace, args Args, w Reply) error {
	ok, err := ks.replyString(args.Key(0), w)
	if ok {
		ks.Delete(args.Key(0))
		ks.notify(EventGeneric, "del", args.Key(0))
	}
	return err
}

// getex replies as GET does and then sets or removes the deadline. A deadline
// that has passed deletes the key.
func getex(ks *Keyspace, args Args, w Reply) error {
	o, err := parseGetexOptions(args[1:])
	if err != nil {
		return err
	}
	value, ok, err := ks.String(args.Key(0))
	if err != nil {
		return err
	}
	if !ok {
		w.Null()
		return nil
	}
	deadline, err := o.deadline(ks, "getex")
	if err != nil {
		return err
	}
	w.Bulk(value)
	switch {
	case o.ttl != nil && deadline <= ks.Now():
		ks.Delete(args.Key(0))
		ks.notify(EventGeneric, "del", args.Key(0))
	case o.ttl != nil:
		ks.SetDeadline(args.Key(0), deadline)
		ks.notify(EventGeneric, "expire", args.Key(0))
	case o.persist:
		ks.persist(args.Key(0))
	}
	return nil
}

func getset(ks *Keyspace, args Args, w Reply) error {
	if _, err := ks.replyString(args.Key(0), w); err != nil {
		return err
	}
	ks.SetString(args.Key(0), args[1], 0)
	ks.notify(EventString, "set", args.Key(0))
	return nil
}

// mget replies with null for what is missing or no string.
func mget(ks *Keyspace, args Args, w Reply) error {
	w.Array(len(args))
	for _, key := range args {
		if _, err := ks.replyString(key, w); err != nil {
			w.Null()
		}
	}
	return nil
}

func mset(ks *Keyspace, args Args, w Reply) error {
	pairs, err := args.Pairs(0, "mset")
	if err != nil {
		return err
	}
	ks.setStrings(pairs)
	w.Status("OK")
	return nil
}

// msetnx replies whether the keys were set: all or none.
func msetnx(ks *Keyspace, args Args, w Reply) error {
	pairs, err := args.Pairs(0, "msetnx")
	if err != nil {
		return err
	}
	for i := 0; i < len(pairs); i += 2 {
		if ks.Exists(pairs.Key(i)) {
			w.Int(0)
			return nil
		}
	}
	ks.setStrings(pairs)
	w.Int(1)
	return nil
}

func (ks *Keyspace) setStrings(pairs Args) {
	for i := 0; i < len(pairs); i += 2 {
		ks.SetString(pairs.Key(i), pairs[i+1], 0)
		ks.notify(EventString, "set", pairs.Key(i))
	}
}

// setKeys tells that SET reads only where its options say so.
func setKeys(argv [][]byte) ([]KeyRef, error) {
	for _, word := range argv[3:] {
		for _, reading := range []string{"GET", "IFEQ", "IFNE", "IFDEQ", "IFDNE"} {
			if EqualFold(word, reading) {
				return []KeyRef{{1, RW | Access | Update}}, nil
			}
		}
	}
	return []KeyRef{{1, OW | Update}}, nil
}

func set(ks *Keyspace, args Args, w Reply) error {
	if len(args) == 2 {
		ks.SetString(args.Key(0), args[1], 0)
		ks.notify(EventString, "set", args.Key(0))
		w.Status("OK")
		return nil
	}
	o, err := parseSetOptions(args[2:])
	if err != nil {
		return err
	}
	deadline, err := o.deadline(ks, "set")
	if err != nil {
		return err
	}
	return o.set(ks, args.Key(0), args[1], deadline, w)
}

// set carries out a SET with options. With GET the reply is the old value,
// whether or not the condition holds.
func (o *setOptions) set(ks *Keyspace, key, value []byte, deadline int64, w Reply) error {
	if o.get {
		if _, err := ks.replyString(key, w); err != nil {
			return err
		}
	}
	may, err := o.maySet(ks, key)
	if err != nil {
		return err
	}
	if !may {
		if !o.get {
			w.Null()
		}
		return nil
	}
	o.put(ks, key, value, deadline)
	if !o.get {
		w.Status("OK")
	}
	return nil
}

// put sets key, whatever the conditions.
func (o *setOptions) put(ks *Keyspace, key, value []byte, deadline int64) {
	if o.keepTTL {
		deadline, _ = ks.Deadline(key)
	}
	ks.SetString(key, value, deadline)
	ks.notify(EventString, "set", key)
	if o.ttl != nil {
		ks.notify(EventGeneric, "expire", key)
	}
}

// maySet tells whether the conditions let key be set.
func (o *setOptions) maySet(ks *Keyspace, key []byte) (bool, error) {
	switch {
	case o.nx:
		return !ks.Exists(key), nil
	case o.xx:
		return ks.Exists(key), nil
	case !o.match.given:
		return true, nil
	}
	value, ok, err := ks.String(key)
	return err == nil && o.match.holds(value, ok), err
}

func setex(ks *Keyspace, args Args, w Reply) error {
	return ks.setWithTTL(args, setOptions{ttl: args[1], seconds: true}, "setex", w)
}

func psetex(ks *Keyspace, args Args, w Reply) error {
	return ks.setWithTTL(args, setOptions{ttl: args[1]}, "psetex", w)
}

func (ks *Keyspace) setWithTTL(args Args, o setOptions, name string, w Reply) error {
	deadline, err := o.deadline(ks, name)
	if err != nil {
		return err
	}
	ks.SetString(args.Key(0), args[2], deadline)
	ks.notify(EventString, "set", args.Key(0))
	ks.notify(EventGeneric, "expire", args.Key(0))
	w.Status("OK")
	return nil
}

func setnx(ks *Keyspace, args Args, w Reply) error {
	if ks.Exists(args.Key(0)) {
		w.Int(0)
		return nil
	}
	ks.SetString(args.Key(0), args[1], 0)
	ks.notify(EventString, "set", args.Key(0))
	w.Int(1)
	return nil
}

func strlen(ks *Keyspace, args Args, w Reply) error {
	value, _, err := ks.String(args.Key(0))
	if err != nil {
		return err
	}
	w.Int(int64(len(value)))
	return nil
}
