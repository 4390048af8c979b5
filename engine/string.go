package engine

func stringCommands() []Command {
	return []Command{{
		Name: "get", Group: GroupString, Since: "1.0.0",
		Summary:    "Returns the string value of a key.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key")},
		Arity:      2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: get,
	}, {
		Name: "set", Group: GroupString, Since: "1.0.0",
		Summary:    "Sets the string value of a key, ignoring its type.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("value")},
		Arity:      -3, Flags: Write | DenyOOM, Keys: OneKey(1, RW|Access|Update),
		Run: set,
	}}
}

func get(ks *Keyspace, args Args, w Reply) error {
	value, ok, err := ks.String(args.Key(0))
	if err != nil {
		return err
	}
	if !ok {
		w.Null()
		return nil
	}
	w.Bulk(value)
	return nil
}

func set(ks *Keyspace, args Args, w Reply) error {
	ks.SetString(args.Key(0), args[1], 0)
	w.Status("OK")
	return nil
}
