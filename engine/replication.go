package engine

import "strings"

// replicationCommands answer as a primary that has no replicas and never will
// be one: there is no replication.
func replicationCommands() []Command {
	const admin = Admin | NoScript | Stale
	hostPort := OneOf("args", Block("host-port", String("host"), Integer("port")), Block("no-one", Word("no", "NO"), Word("one", "ONE")))
	return []Command{{
		Name: "failover", Group: GroupServer, Since: "6.2.0",
		Summary: "Hands over to a replica; there are none.", Complexity: "O(1)",
		Args: []Arg{Opt(With("TO", Block("target", String("host"), Integer("port"), Opt(Word("force", "FORCE"))))),
			Opt(Word("abort", "ABORT")), Opt(With("TIMEOUT", Integer("milliseconds")))},
		Arity: -1, Flags: admin,
		Run: failover,
	}, {
		Name: "psync", Group: GroupServer, Since: "2.8.0",
		Summary: "Is how replicas ask for changes, and is refused.", Complexity: "O(1)",
		Args:  []Arg{String("replicationid"), Integer("offset")},
		Arity: -3, Flags: Admin | NoScript | NoAsyncLoading | NoMulti,
		Run: refuseReplica,
	}, {
		Name: "replconf", Group: GroupServer, Since: "3.0.0",
		Summary: "Is how replicas say what they can do.", Complexity: "O(1)",
		Arity: -1, Flags: admin | Loading | AllowBusy,
		Run: replconf,
	}, {
		Name: "replicaof", Group: GroupServer, Since: "5.0.0",
		Summary: "Makes the server a primary, which it is; anything else is refused.", Complexity: "O(1)",
		Args:  []Arg{hostPort},
		Arity: 3, Flags: admin | NoAsyncLoading,
		Run: replicaof,
	}, {
		Name: "role", Group: GroupServer, Since: "2.8.12",
		Summary: "Returns the role in replication: a primary without replicas.", Complexity: "O(1)",
		Arity: 1, Flags: NoScript | Loading | Stale | Fast, Categories: []string{"admin", "dangerous"},
		Run: func(_ *Keyspace, _ Args, w Reply) error {
			w.Array(3)
			w.BulkString("master")
			w.Int(0)
			w.Array(0)
			return nil
		},
	}, {
		Name: "slaveof", Group: GroupServer, Since: "1.0.0",
		Summary: "Is REPLICAOF by its old name.", Complexity: "O(1)",
		Args:  []Arg{hostPort},
		Arity: 3, Flags: admin | NoAsyncLoading,
		Run: replicaof,
	}, {
		Name: "sync", Group: GroupServer, Since: "1.0.0",
		Summary: "Is how replicas once asked for all data, and is refused.", Complexity: "O(1)",
		Arity: 1, Flags: Admin | NoScript | NoAsyncLoading | NoMulti,
		Run: refuseReplica,
	}}
}

func refuseReplica(*Keyspace, Args, Reply) error {
	return Errf("this server does not replicate: it cannot have replicas")
}

// replicaof replies OK to NO ONE.
func replicaof(_ *Keyspace, args Args, w Reply) error {
	if args.Is(0, "NO") && args.Is(1, "ONE") {
		w.Status("OK")
		return nil
	}
	if _, err := args.IntIn(1, 0, 65535); err != nil {
		return Errf("Invalid master port")
	}
	return Errf("this server does not replicate: it cannot be a replica")
}

// replconf takes what a replica says before it asks for data.
func replconf(_ *Keyspace, args Args, w Reply) error {
	if len(args)%2 != 0 {
		return ErrSyntax
	}
	for i := 0; i < len(args); i += 2 {
		switch {
		case args.Is(i, "LISTENING-PORT"), args.Is(i, "RDB-ONLY"):
			if _, err := args.Int(i + 1); err != nil {
				return err
			}
		case args.Is(i, "RDB-FILTER-ONLY"), args.Is(i, "IP-ADDRESS"), args.Is(i, "CAPA"):
		default:
			return Errf("Unrecognized REPLCONF option: " + clip(args[i], 128))
		}
	}
	w.Status("OK")
	return nil
}

func failover(_ *Keyspace, args Args, _ Reply) error {
	if len(args) == 1 && args.Is(0, "ABORT") {
		return Errf("No failover in progress.")
	}
	given := map[string]bool{}
	for i := 0; i < len(args); i++ {
		option := strings.ToUpper(string(args[i]))
		if given[option] {
			return ErrSyntax
		}
		given[option] = true
		switch {
		case option == "TIMEOUT" && i+1 < len(args):
			n, err := args.Int(i + 1)
			if err != nil {
				return err
			}
			if n <= 0 {
				return Errf("FAILOVER timeout must be greater than 0")
			}
			i++
		case option == "TO" && i+2 < len(args):
			if _, err := args.Int(i + 2); err != nil {
				return err
			}
			i += 2
		case option == "FORCE":
		default:
			return ErrSyntax
		}
	}
	return Errf("FAILOVER requires connected replicas.")
}
