package engine

// clusterCommands answer as a server that is in no cluster.
func clusterCommands() []Command {
	const (
		admin   = Admin | Stale
		changes = Admin | Stale | NoAsyncLoading
		perNode = "O(N) where N is the total number of Cluster nodes"
	)
	unsteady := []string{"nondeterministic_output"}
	node, slot := String("node-id"), Integer("slot")
	span := Block("start-slot_end-slot", Integer("start-slot"), Integer("end-slot"))
	span.Multiple = true
	sub := func(name, since, summary, complexity string, arity int, flags Flags, tips []string, args ...Arg) Command {
		return Command{Name: "cluster|" + name, Group: GroupCluster, Since: since, Summary: summary, Complexity: complexity,
			Args: args, Arity: arity, Flags: flags, Tips: tips, Run: noCluster}
	}
	connection := func(name, summary string, flags Flags) Command {
		return Command{Name: name, Group: GroupCluster, Since: "3.0.0", Summary: summary, Complexity: "O(1)",
			Arity: 1, Flags: flags, Categories: []string{"connection"}, Run: noCluster}
	}
	return []Command{
		connection("asking", "Announces a command for a slot that is being imported.", Fast),
		connection("readonly", "Lets a replica of a cluster answer reads.", Loading|Stale|Fast),
		connection("readwrite", "Takes READONLY back.", Loading|Stale|Fast),
		{
			Name: "cluster", Group: GroupCluster, Since: "3.0.0",
			Summary: "A container for cluster commands.", Complexity: "Depends on subcommand.", Arity: -2,
		},
		sub("addslots", "3.0.0", "Assigns hash slots to a node.", "O(N) where N is the total number of hash slot arguments", -3, changes, nil, Many(slot)),
		sub("addslotsrange", "7.0.0", "Assigns ranges of hash slots to a node.", "O(N) where N is the total number of the slots between the start slot and end slot arguments.", -4, changes, nil, span),
		sub("bumpepoch", "3.0.0", "Advances the cluster's epoch.", "O(1)", 2, changes, unsteady),
		sub("count-failure-reports", "3.0.0", "Returns the number of failure reports about a node.", "O(N) where N is the number of failure reports", 3, admin, unsteady, node),
		sub("countkeysinslot", "3.0.0", "Returns the number of keys in a hash slot.", "O(1)", 3, Stale, nil, slot),
		sub("delslots", "3.0.0", "Takes hash slots from a node.", "O(N) where N is the total number of hash slot arguments", -3, changes, nil, Many(slot)),
		sub("delslotsrange", "7.0.0", "Takes ranges of hash slots from a node.", "O(N) where N is the total number of the slots between the start slot and end slot arguments.", -4, changes, nil, span),
		sub("failover", "3.0.0", "Has a replica take over.", "O(1)", -2, changes, nil, Opt(OneOf("options", Word("force", "FORCE"), Word("takeover", "TAKEOVER")))),
		sub("flushslots", "3.0.0", "Takes all hash slots from a node.", "O(1)", 2, changes, nil),
		sub("forget", "3.0.0", "Removes a node from the table of nodes.", "O(1)", 3, changes, nil, node),
		sub("getkeysinslot", "3.0.0", "Returns keys in a hash slot.", "O(log(N)) where N is the number of requested keys", 4, Stale, unsteady, slot, Integer("count")),
		sub("help", "5.0.0", "Returns helpful text about the different subcommands.", "O(1)", 2, Loading|Stale, nil),
		sub("info", "3.0.0", "Returns the state of the node.", "O(1)", 2, Stale, unsteady),
		sub("keyslot", "3.0.0", "Returns the hash slot of a key.", "O(N) where N is the number of bytes in the key", 3, Stale, nil, String("key")),
		sub("links", "7.0.0", "Returns the connections between nodes.", perNode, 2, Stale, unsteady),
		sub("meet", "3.0.0", "Makes two nodes meet.", "O(1)", -4, changes, nil, String("ip"), Integer("port"), AddedIn("4.0.0", Opt(Integer("cluster_bus_port")))),
		sub("myid", "3.0.0", "Returns the node's name.", "O(1)", 2, Stale, nil),
		sub("nodes", "3.0.0", "Returns what the node knows of the cluster.", perNode, 2, Stale, unsteady),
		sub("replicas", "5.0.0", "Returns the replicas of a node.", "O(1)", 3, admin, unsteady, node),
		sub("replicate", "3.0.0", "Makes the node a replica of another.", "O(1)", 3, changes, nil, node),
		sub("reset", "3.0.0", "Resets the node.", "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.", -2, Admin|Stale|NoScript, nil,
			Opt(OneOf("hard_soft", Word("hard", "HARD"), Word("soft", "SOFT")))),
		sub("saveconfig", "3.0.0", "Saves the node's view of the cluster to disk.", "O(1)", 2, changes, nil),
		sub("set-config-epoch", "3.0.0", "Sets the epoch of a new node.", "O(1)", 3, changes, nil, Integer("config-epoch")),
		sub("setslot", "3.0.0", "Binds a hash slot to a node.", "O(1)", -4, changes, nil, slot,
			OneOf("subcommand", With("IMPORTING", node), With("MIGRATING", node), With("NODE", node), Word("stable", "STABLE"))),
		sub("shards", "7.0.0", "Returns which nodes have which hash slots.", perNode, 2, Stale, unsteady),
		sub("slaves", "3.0.0", "Returns the replicas of a node.", "O(1)", 3, admin, unsteady, node),
		sub("slots", "3.0.0", "Returns which nodes have which hash slots.", perNode, 2, Stale, unsteady),
	}
}

func noCluster(*Keyspace, Args, Reply) error {
	return Errf("This instance has cluster support disabled")
}
