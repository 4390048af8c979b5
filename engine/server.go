package engine

import (
	"strings"
)

// serverCommands are about the server as a whole; INFO's text is in info.go.
func serverCommands() []Command {
	const admin = Admin | NoScript | Loading | Stale
	return []Command{{
		Name: "config", Group: GroupServer, Since: "2.0.0",
		Summary: "A container for server configuration commands.", Complexity: "Depends on subcommand.", Arity: -2,
	}, {
		Name: "config|get", Group: GroupServer, Since: "2.0.0",
		Summary: "Returns the effective values of configuration parameters.", Complexity: "O(N) when N is the number of configuration parameters provided",
		Args: []Arg{Many(String("parameter"))}, Arity: -3, Flags: admin,
		Run: configGet,
	}, {
		Name: "config|help", Group: GroupServer, Since: "5.0.0",
		Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)",
		Arity: 2, Flags: Loading | Stale,
		Run: Help("CONFIG", []string{
			"GET <pattern>", "    Return parameters matching the glob-like <pattern> and their values.",
			"SET <directive> <value>", "    Set the configuration <directive> to <value>.",
			"RESETSTAT", "    Reset statistics reported by the INFO command.",
			"REWRITE", "    Rewrite the configuration file.",
		}),
	}, {
		Name: "config|resetstat", Group: GroupServer, Since: "2.0.0",
		Summary: "Resets the server's statistics.", Complexity: "O(1)", Arity: 2, Flags: admin,
		Run: func(ks *Keyspace, _ Args, w Reply) error { ks.e.resetStats(); w.Status("OK"); return nil },
	}, {
		Name: "config|rewrite", Group: GroupServer, Since: "2.8.0",
		Summary: "Persists the effective configuration to file.", Complexity: "O(1)", Arity: 2, Flags: admin,
		Run: configRewrite,
	}, {
		Name: "config|set", Group: GroupServer, Since: "2.0.0",
		Summary: "Sets configuration parameters in-flight.", Complexity: "O(N) when N is the number of configuration parameters provided",
		Args: []Arg{Many(String("parameter"), String("value"))}, Arity: -4, Flags: admin,
		Tips:      []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		RunClient: configSet,
	}, {
		Name: "debug", Group: GroupServer, Since: "1.0.0",
		Summary: "A container for debugging commands.", Complexity: "Depends on subcommand.",
		Arity: -2, Flags: Admin | NoScript | Loading | Stale,
		RunClient: debugCommand,
	}, {
		Name: "info", Group: GroupServer, Since: "1.0.0",
		Summary: "Returns information and statistics about the server.", Complexity: "O(1)",
		Args: []Arg{Opt(Many(String("section")))}, Arity: -1, Flags: Loading | Stale, Categories: []string{"dangerous"},
		Tips:      []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
		RunClient: info,
	}, {
		Name: "shutdown", Group: GroupServer, Since: "1.0.0",
		Summary: "Synchronously saves the database(s) to disk and shuts down the server.", Complexity: "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
		Args: []Arg{Opt(OneOf("save-selector", Word("nosave", "NOSAVE"), Word("save", "SAVE"))), AddedIn("7.0.0", Opt(Word("now", "NOW"))),
			AddedIn("7.0.0", Opt(Word("force", "FORCE"))), AddedIn("7.0.0", Opt(Word("abort", "ABORT")))},
		Arity: -1, Flags: Admin | NoScript | Loading | Stale | NoMulti | AllowBusy,
		RunClient: shutdown,
	}, {
		Name: "slowlog", Group: GroupServer, Since: "2.2.12",
		Summary: "A container for slow log commands.", Complexity: "Depends on subcommand.", Arity: -2,
	}, {
		Name: "slowlog|get", Group: GroupServer, Since: "2.2.12",
		Summary: "Returns the slow log's entries.", Complexity: "O(N) where N is the number of entries returned",
		Args: []Arg{Opt(Integer("count")), AddedIn("perigee 0.1", Opt(Word("withscript", "WITHSCRIPT")))}, Arity: -2, Flags: Admin | Loading | Stale,
		Tips:      []string{"request_policy:all_nodes", "nondeterministic_output"},
		RunClient: slowlogGet,
	}, {
		Name: "slowlog|help", Group: GroupServer, Since: "6.2.0",
		Summary: "Show helpful text about the different subcommands", Complexity: "O(1)",
		Arity: 2, Flags: Loading | Stale,
		Run: Help("SLOWLOG", []string{
			"GET [<count>]", "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
			"    Entries are made of:", "    id, timestamp, time in microseconds, arguments array, client IP and port,", "    client name",
			"GET [<count>] WITHSCRIPT", "    Also what a script did: its name, the commands it called and its hottest line.",
			"LEN", "    Return the length of the slowlog.", "RESET", "    Reset the slowlog.",
		}),
	}, {
		Name: "slowlog|len", Group: GroupServer, Since: "2.2.12",
		Summary: "Returns the number of entries in the slow log.", Complexity: "O(1)", Arity: 2, Flags: Admin | Loading | Stale,
		Tips: []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
		Run:  func(ks *Keyspace, _ Args, w Reply) error { w.Int(int64(len(ks.e.slowlog.entries))); return nil },
	}, {
		Name: "slowlog|reset", Group: GroupServer, Since: "2.2.12",
		Summary: "Clears all entries from the slow log.", Complexity: "O(N) where N is the number of entries in the slowlog", Arity: 2, Flags: Admin | Loading | Stale,
		Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		Run:  func(ks *Keyspace, _ Args, w Reply) error { ks.e.slowlog.entries = nil; w.Status("OK"); return nil },
	}, {
		Name: "time", Group: GroupServer, Since: "2.6.0",
		Summary: "Returns the server time.", Complexity: "O(1)", Arity: 1, Flags: Loading | Stale | Fast, Tips: []string{"nondeterministic_output"},
		Run: serverTime,
	}}
}

func serverTime(ks *Keyspace, _ Args, w Reply) error {
	us := ks.e.micros
	w.Array(2)
	w.BulkString(itoa64(us / 1e6))
	w.BulkString(itoa64(us % 1e6))
	return nil
}

func configGet(ks *Keyspace, args Args, w Reply) error {
	var found [][2]string
	seen := map[string]bool{}
	for _, pattern := range args {
		if ks.e.config == nil {
			break
		}
		for _, p := range ks.e.config.Get(string(pattern)) {
			if name := strings.ToLower(p[0]); !seen[name] {
				seen[name] = true
				found = append(found, p)
			}
		}
	}
	w.Map(len(found))
	writeFields(w, found)
	return nil
}

func configSet(c *Client, args Args, w Reply) error {
	if len(args)%2 != 0 {
		return ErrSyntax
	}
	var set [][2]string
	for i := 0; i < len(args); i += 2 {
		set = append(set, [2]string{string(args[i]), string(args[i+1])})
	}
	if c.e.config == nil {
		return Errf("Unknown option or number of arguments for CONFIG SET - '" + set[0][0] + "'")
	}
	if err := c.e.config.Set(set, c.local()); err != nil {
		return err
	}
	w.Status("OK")
	return nil
}

func configRewrite(ks *Keyspace, _ Args, w Reply) error {
	if ks.e.config == nil {
		return Errf("The server is running without a config file")
	}
	if err := ks.e.config.Rewrite(); err != nil {
		return err
	}
	w.Status("OK")
	return nil
}

// resetStats sets the counters of INFO to zero, as CONFIG RESETSTAT does.
func (e *Engine) resetStats() {
	kept := e.stats
	e.expiry = expiry{rest: e.expiry.rest}
	e.eviction.exceeded = 0
	e.stats = stats{errorCodes: map[string]int64{}, memoryPeak: e.Used(), lastSample: kept.lastSample}
	if e.scripting != nil {
		e.scripting.ResetStats()
	}
	for t := range e.table.all() {
		t.calls, t.rejected, t.failed, t.spent, t.durations = 0, 0, 0, 0, nil
	}
}

func shutdown(c *Client, args Args, w Reply) error {
	save, asked, abort := true, false, false
	for i := range args {
		switch {
		case args.Is(i, "NOSAVE"):
			save = false
		case args.Is(i, "SAVE"):
			asked = true
		case args.Is(i, "NOW"), args.Is(i, "FORCE"):
		case args.Is(i, "ABORT"):
			abort = true
		default:
			return ErrSyntax
		}
	}
	if abort && len(args) > 1 || asked && !save {
		return ErrSyntax
	}
	if abort {
		return Errf("No shutdown in progress.")
	}
	if c.e.busy != nil && save {
		return c.e.scripting.Busy()
	}
	if c.e.process == nil {
		return Errf("Errors trying to SHUTDOWN. Check logs.")
	}
	c.e.process.Shutdown(save)
	c.closeDone = true
	return nil
}
