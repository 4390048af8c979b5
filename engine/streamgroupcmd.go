package engine

import "perigee/engine/stream"

func streamGroupCommands() []Command {
	id := OneOf("id-selector", String("id"), Word("new-id", "$"))
	entriesRead := Opt(AddedIn("7.0.0", With("ENTRIESREAD", Integer("entries-read"))))
	return []Command{{
		Name: "xack", Group: GroupStream, Since: "5.0.0",
		Summary:    "Ends that entries are pending in a consumer group and counts those that were.",
		Complexity: "O(1) for each message ID processed.",
		Args:       []Arg{Key("key"), String("group"), Many(String("id"))},
		Arity:      -4, Flags: Write | Fast, Keys: OneKey(1, RW|Update),
		Run: xack,
	}, {
		Name: "xgroup", Group: GroupStream, Since: "5.0.0",
		Summary:    "A container for commands on consumer groups.",
		Complexity: "Depends on subcommand.",
		Arity:      -2,
	}, {
		Name: "xgroup|create", Group: GroupStream, Since: "5.0.0",
		Summary:    "Makes a consumer group.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("group"), id, Opt(Word("mkstream", "MKSTREAM")), entriesRead},
		Arity:      -5, Flags: Write | DenyOOM, Keys: OneKey(2, RW|Insert),
		RunClient: xgroupCreate,
	}, {
		Name: "xgroup|createconsumer", Group: GroupStream, Since: "6.2.0",
		Summary:    "Makes a consumer of a consumer group.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("group"), String("consumer")},
		Arity:      5, Flags: Write | DenyOOM, Keys: OneKey(2, RW|Insert),
		Run: xgroupCreateConsumer,
	}, {
		Name: "xgroup|delconsumer", Group: GroupStream, Since: "5.0.0",
		Summary:    "Deletes a consumer of a consumer group and counts what was pending for it.",
		Complexity: "O(N) where N is the number of entries pending for the consumer",
		Args:       []Arg{Key("key"), String("group"), String("consumer")},
		Arity:      5, Flags: Write, Keys: OneKey(2, RW|Delete),
		Run: xgroupDelConsumer,
	}, {
		Name: "xgroup|destroy", Group: GroupStream, Since: "5.0.0",
		Summary:    "Deletes a consumer group.",
		Complexity: "O(N) where N is the number of entries in the group's pending entries list (PEL).",
		Args:       []Arg{Key("key"), String("group")},
		Arity:      4, Flags: Write, Keys: OneKey(2, RW|Delete),
		Run: xgroupDestroy,
	}, {
		Name: "xgroup|help", Group: GroupStream, Since: "5.0.0",
		Summary:    "Returns helpful text about the different subcommands.",
		Complexity: "O(1)",
		Arity:      2, Flags: Loading | Stale,
		Run: Help("XGROUP", []string{
			"CREATE <key> <groupname> <id|$> [option]",
			"    Create a new consumer group. Options are:",
			"    * MKSTREAM",
			"      Create the empty stream if it does not exist.",
			"    * ENTRIESREAD entries_read",
			"      Set the group's entries_read counter (internal use).",
			"CREATECONSUMER <key> <groupname> <consumer>",
			"    Create a new consumer in the specified group.",
			"DELCONSUMER <key> <groupname> <consumer>",
			"    Remove the specified consumer.",
			"DESTROY <key> <groupname>",
			"    Remove the specified group.",
			"SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
			"    Set the current group ID and entries_read counter.",
		}),
	}, {
		Name: "xgroup|setid", Group: GroupStream, Since: "5.0.0",
		Summary:    "Sets the last ID that a consumer group has got.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("group"), id, entriesRead},
		Arity:      -5, Flags: Write, Keys: OneKey(2, RW|Update),
		RunClient: xgroupSetID,
	}}
}

var (
	errGroupNoStream = Errf("The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.")
	errGroupBusy     = &Error{"BUSYGROUP", "Consumer Group name already exists"}
	errEntriesRead   = Errf("value for ENTRIESREAD must be positive or -1")
)

func errNoGroup(key, group []byte) *Error {
	return &Error{"NOGROUP", "No such consumer group '" + string(group) + "' for key name '" + string(key) + "'"}
}

// groupToChange returns the stream of argument 0 and its group of argument 1,
// nil if the stream has none of that name.
func (ks *Keyspace) groupToChange(args Args) (*streamValue, *streamGroup, error) {
	v, err := ks.streamToChange(args.Key(0))
	if err != nil {
		return nil, nil, err
	}
	if v == nil {
		return nil, nil, errGroupNoStream
	}
	return v, v.group(args[1]), nil
}

// groupOptions is what stands behind the ID of XGROUP CREATE and SETID.
type groupOptions struct {
	make bool
	read int64 // -1 for unknown
}

func (c *Client) parseGroup(args Args, create bool) (o groupOptions, err error) {
	o.read = -1
	for i := 3; i < len(args); i++ {
		switch {
		case create && args.Is(i, "MKSTREAM"):
			o.make = true
		case args.Is(i, "ENTRIESREAD") && i+1 < len(args):
			i++
			if o.read, err = args.Int(i); err == nil && o.read < -1 {
				err = errEntriesRead
			}
			if err != nil {
				return o, err
			}
		default:
			return o, c.errSubcommandSyntax()
		}
	}
	return o, nil
}

// wordy tells whether there are more arguments than the options can make,
// which Redis notices last.
func (o *groupOptions) wordy(args Args, create bool) bool {
	return len(args) > 6 || !create && len(args) != 3 && len(args) != 5
}

func xgroupCreate(c *Client, args Args, w Reply) error {
	o, err := c.parseGroup(args, true)
	if err != nil {
		return err
	}
	ks := c.Keyspace()
	v, err := ks.streamToChange(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil && !o.make {
		return errGroupNoStream
	}
	if o.wordy(args, true) {
		return c.errSubcommandSyntax()
	}
	var id stream.ID
	if string(args[2]) != "$" {
		id, err = args.streamID(2)
	} else if v != nil {
		id = v.last
	}
	if err != nil {
		return err
	}
	if v != nil && v.group(args[1]) != nil {
		return errGroupBusy
	}
	if v == nil {
		v = ks.addStream(args.Key(0))
	}
	v.putGroup(string(args[1]), id, o.read)
	ks.notify(EventStream, "xgroup-create", args.Key(0))
	w.Status("OK")
	return nil
}

func xgroupSetID(c *Client, args Args, w Reply) error {
	o, err := c.parseGroup(args, false)
	if err != nil {
		return err
	}
	ks := c.Keyspace()
	v, g, err := ks.groupToChange(args)
	switch {
	case err != nil:
		return err
	case g == nil:
		return errNoGroup(args.Key(0), args[1])
	case o.wordy(args, false):
		return c.errSubcommandSyntax()
	}
	id := v.last
	if string(args[2]) != "$" {
		var ok bool
		if id, ok = stream.ParseBound(args[2], 0); !ok {
			return errStreamID
		}
	}
	v.putGroup(g.name, id, o.read)
	ks.notify(EventStream, "xgroup-setid", args.Key(0))
	w.Status("OK")
	return nil
}

// xgroupDestroy replies whether there was such a group.
func xgroupDestroy(ks *Keyspace, args Args, w Reply) error {
	v, g, err := ks.groupToChange(args)
	if err != nil {
		return err
	}
	if g == nil {
		w.Int(0)
		return nil
	}
	v.deleteGroup(g)
	ks.notify(EventStream, "xgroup-destroy", args.Key(0))
	w.Int(1)
	return nil
}

// xgroupCreateConsumer replies whether the consumer is new.
func xgroupCreateConsumer(ks *Keyspace, args Args, w Reply) error {
	v, g, err := ks.groupToChange(args)
	switch {
	case err != nil:
		return err
	case g == nil:
		return errNoGroup(args.Key(0), args[1])
	case g.consumer(args[2]) != nil:
		w.Int(0)
		return nil
	}
	v.greet(g, args[2], -1)
	w.Int(1)
	return nil
}

// xgroupDelConsumer replies with how many entries were pending for the consumer.
func xgroupDelConsumer(ks *Keyspace, args Args, w Reply) error {
	v, g, err := ks.groupToChange(args)
	switch {
	case err != nil:
		return err
	case g == nil:
		return errNoGroup(args.Key(0), args[1])
	}
	pending := 0
	if c := g.consumer(args[2]); c != nil {
		pending = c.pending.Len()
		v.deleteConsumer(g, c)
		ks.notify(EventStream, "xgroup-delconsumer", args.Key(0))
	}
	w.Int(int64(pending))
	return nil
}

// xack replies with the number of entries that were pending.
func xack(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.streamAt(args.Key(0))
	if err != nil {
		return err
	}
	if v == nil || v.group(args[1]) == nil {
		w.Int(0)
		return nil
	}
	ids, err := args[2:].streamIDs()
	if err != nil {
		return err
	}
	g, done := v.group(args[1]), 0
	for _, id := range ids {
		if v.deletePending(g, id) {
			done++
		}
	}
	w.Int(int64(done))
	return nil
}
