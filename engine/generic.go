package engine

func genericCommands() []Command {
	return []Command{{
		Name: "del", Group: GroupGeneric, Since: "1.0.0",
		Summary:    "Deletes one or more keys.",
		Complexity: "O(N) where N is the number of keys that will be removed.",
		Args:       []Arg{Many(Key("key"))},
		Arity:      -2, Flags: Write, Keys: KeyRange(1, -1, 1, RM|Delete),
		Run: del,
	}}
}

// del replies with the number of keys removed. UNLINK is the same: removing
// is O(1) here whatever the value's size.
func del(ks *Keyspace, args Args, w Reply) error {
	n := 0
	for _, key := range args {
		if ks.Delete(key) {
			n++
		}
	}
	w.Int(int64(n))
	return nil
}
