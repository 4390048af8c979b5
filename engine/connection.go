package engine

func connectionCommands() []Command {
	return []Command{{
		Name: "ping", Group: GroupConnection, Since: "1.0.0",
		Summary:    "Returns the server's liveliness response.",
		Complexity: "O(1)",
		Args:       []Arg{Opt(String("message"))},
		Arity:      -1, Flags: Fast,
		RunClient: ping,
	}, {
		Name: "select", Group: GroupConnection, Since: "1.0.0",
		Summary:    "Changes the selected database.",
		Complexity: "O(1)",
		Args:       []Arg{Integer("index")},
		Arity:      2, Flags: Loading | Stale | Fast,
		RunClient: selectDB,
	}}
}

func ping(c *Client, args Args, w Reply) error {
	if len(args) > 1 {
		return errArity("ping")
	}
	if c.subs.any() && c.Proto() == 2 {
		w.Array(2)
		w.BulkString("pong")
		if len(args) == 1 {
			w.Bulk(args[0])
		} else {
			w.BulkString("")
		}
		return nil
	}
	if len(args) == 1 {
		w.Bulk(args[0])
		return nil
	}
	w.Status("PONG")
	return nil
}

func selectDB(c *Client, args Args, w Reply) error {
	n, err := args.Int(0)
	if err != nil {
		return err
	}
	if _, err := c.Keyspace().Other(n); err != nil {
		return err
	}
	c.Select(int(n))
	w.Status("OK")
	return nil
}
