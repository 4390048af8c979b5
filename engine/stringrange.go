package engine

func rangeCommands() []Command {
	return []Command{{
		Name: "append", Group: GroupString, Since: "2.0.0",
		Summary:    "Appends a string to the value of a key, creating the key if it is missing.",
		Complexity: "O(N) where N is the length of what is appended, amortized.",
		Args:       []Arg{Key("key"), String("value")},
		Arity:      3, Flags: Write | DenyOOM | Fast, Keys: OneKey(1, RW|Insert),
		Run: appendString,
	}, {
		Name: "getrange", Group: GroupString, Since: "2.4.0",
		Summary:    "Returns a part of the string at a key.",
		Complexity: "O(N) where N is the length of the returned string.",
		Args:       []Arg{Key("key"), Integer("start"), Integer("end")},
		Arity:      4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: getrange,
	}, {
		Name: "setrange", Group: GroupString, Since: "2.2.0",
		Summary:    "Overwrites a part of the string at a key, creating the key if it is missing.",
		Complexity: "O(N) where N is the length of the value given, amortized, plus the distance by which the string grows.",
		Args:       []Arg{Key("key"), Integer("offset"), String("value")},
		Arity:      4, Flags: Write | DenyOOM, Keys: OneKey(1, RW|Update),
		Run: setrange,
	}, {
		Name: "substr", Group: GroupString, Since: "1.0.0",
		Summary:    "Returns a part of the string at a key, as GETRANGE does.",
		Complexity: "O(N) where N is the length of the returned string.",
		Args:       []Arg{Key("key"), Integer("start"), Integer("end")},
		Arity:      4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: getrange,
	}}
}

// appendString replies with the string's new length.
func appendString(ks *Keyspace, args Args, w Reply) error {
	key, part := args.Key(0), args[1]
	value, ok, err := ks.StringForWrite(key)
	if err != nil {
		return err
	}
	if !ok {
		ks.SetString(key, part, 0)
		ks.notify(EventString, "append", key)
		w.Int(int64(len(part)))
		return nil
	}
	if err := ks.mayBeLong(len(value), len(part)); err != nil {
		return err
	}
	w.Int(int64(ks.SetRange(key, len(value), part)))
	ks.notify(EventString, "append", key)
	return nil
}

// mayBeLong refuses a string of more bytes than a client could fetch.
func (ks *Keyspace) mayBeLong(offset, n int) error {
	if most := ks.e.settings.MaxBulkLen; offset > most || n > most-offset {
		return ErrTooLong
	}
	return nil
}

func getrange(ks *Keyspace, args Args, w Reply) error {
	start, err := args.Int(1)
	if err != nil {
		return err
	}
	end, err := args.Int(2)
	if err != nil {
		return err
	}
	value, _, err := ks.String(args.Key(0))
	if err != nil {
		return err
	}
	w.Bulk(slice(value, start, end))
	return nil
}

// slice returns the bytes from start to end inclusive; negative indexes count
// from the end, and what lies outside is left out.
func slice(value []byte, start, end int64) []byte {
	n := int64(len(value))
	if start < 0 && end < 0 && start > end {
		return nil
	}
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	end = min(end, n-1)
	if start > end {
		return nil
	}
	return value[start : end+1]
}

// setrange replies with the string's length. An empty value changes nothing
// and creates nothing.
func setrange(ks *Keyspace, args Args, w Reply) error {
	offset, err := args.Int(1)
	if err != nil {
		return err
	}
	if offset < 0 {
		return Errf("offset is out of range")
	}
	key, part := args.Key(0), args[2]
	value, _, err := ks.StringForWrite(key)
	if err != nil {
		return err
	}
	if len(part) == 0 {
		w.Int(int64(len(value)))
		return nil
	}
	if err := ks.mayBeLong(int(offset), len(part)); err != nil {
		return err
	}
	w.Int(int64(ks.SetRange(key, int(offset), part)))
	ks.notify(EventString, "setrange", key)
	return nil
}
