package engine

import (
	"maps"
	"slices"

	"perigee/engine/glob"
)

// pubsub is the register of subscriptions: channels, patterns, and shard
// channels, each with its subscribers.
type pubsub struct {
	channels, patterns, shards waiters[string]
}

func (p *pubsub) init() {
	p.channels, p.patterns, p.shards = waiters[string]{}, waiters[string]{}, waiters[string]{}
}

// subscriptions are one client's, with its places in the register.
type subscriptions struct {
	channels, patterns, shards map[string]*waiter[string]
}

func (s *subscriptions) any() bool {
	return len(s.channels)+len(s.patterns)+len(s.shards) > 0
}

// subscription is one of the three kinds: its words on the wire, the register
// and a client's part of it.
type subscription struct {
	subscribe, unsubscribe string
	register               func(*pubsub) waiters[string]
	places                 func(*Client) *map[string]*waiter[string]
	count                  func(*Client) int
}

func plainCount(c *Client) int { return len(c.subs.channels) + len(c.subs.patterns) }

var (
	toChannels = subscription{"subscribe", "unsubscribe",
		func(p *pubsub) waiters[string] { return p.channels }, func(c *Client) *map[string]*waiter[string] { return &c.subs.channels }, plainCount}
	toPatterns = subscription{"psubscribe", "punsubscribe",
		func(p *pubsub) waiters[string] { return p.patterns }, func(c *Client) *map[string]*waiter[string] { return &c.subs.patterns }, plainCount}
	toShards = subscription{"ssubscribe", "sunsubscribe",
		func(p *pubsub) waiters[string] { return p.shards }, func(c *Client) *map[string]*waiter[string] { return &c.subs.shards },
		func(c *Client) int { return len(c.subs.shards) }}
)

func pubsubCommands() []Command {
	const sub = PubSub | NoScript | Loading | Stale
	shardKeys := KeyRange(1, -1, 1, NotKey)
	return []Command{{
		Name: "psubscribe", Group: GroupPubSub, Since: "2.0.0",
		Summary: "Listens for messages published to channels that match one or more patterns.", Complexity: "O(N) where N is the number of patterns to subscribe to.",
		Args: []Arg{Many(Pattern("pattern"))}, Arity: -2, Flags: sub, Channels: &ChannelSpec{First: 1, Many: true, Pattern: true},
		RunClient: subscribeTo(toPatterns),
	}, {
		Name: "publish", Group: GroupPubSub, Since: "2.0.0",
		Summary: "Posts a message to a channel.", Complexity: "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
		Args: []Arg{String("channel"), String("message")}, Arity: 3, Flags: PubSub | Loading | Stale | Fast | MayReplicate, Channels: &ChannelSpec{First: 1},
		Run: func(ks *Keyspace, args Args, w Reply) error {
			w.Int(int64(ks.e.Publish(args[0], args[1])))
			return nil
		},
	}, {
		Name: "pubsub", Group: GroupPubSub, Since: "2.8.0",
		Summary: "A container for Pub/Sub commands.", Complexity: "Depends on subcommand.", Arity: -2,
	}, {
		Name: "pubsub|channels", Group: GroupPubSub, Since: "2.8.0",
		Summary: "Returns the active channels.", Complexity: "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
		Args: []Arg{Opt(Pattern("pattern"))}, Arity: -2, Flags: PubSub | Loading | Stale,
		RunClient: listChannels(toChannels),
	}, {
		Name: "pubsub|help", Group: GroupPubSub, Since: "6.2.0",
		Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)",
		Arity: 2, Flags: Loading | Stale,
		Run: Help("PUBSUB", []string{
			"CHANNELS [<pattern>]", "    Return the currently active channels matching a <pattern> (default: '*').",
			"NUMPAT", "    Return number of subscriptions to patterns.",
			"NUMSUB [<channel> ...]", "    Return the number of subscribers for the specified channels, excluding", "    pattern subscriptions(default: no channels).",
			"SHARDCHANNELS [<pattern>]", "    Return the currently active shard level channels matching a <pattern> (default: '*').",
			"SHARDNUMSUB [<shardchannel> ...]", "    Return the number of subscribers for the specified shard level channel(s)",
		}),
	}, {
		Name: "pubsub|numpat", Group: GroupPubSub, Since: "2.8.0",
		Summary: "Returns a count of unique pattern subscriptions.", Complexity: "O(1)",
		Arity: 2, Flags: PubSub | Loading | Stale,
		Run: func(ks *Keyspace, _ Args, w Reply) error {
			w.Int(int64(len(ks.e.pubsub.patterns)))
			return nil
		},
	}, {
		Name: "pubsub|numsub", Group: GroupPubSub, Since: "2.8.0",
		Summary: "Returns a count of subscribers to channels.", Complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
		Args: []Arg{Opt(Many(String("channel")))}, Arity: -2, Flags: PubSub | Loading | Stale,
		Run: countSubscribers(toChannels),
	}, {
		Name: "pubsub|shardchannels", Group: GroupPubSub, Since: "7.0.0",
		Summary: "Returns the active shard channels.", Complexity: "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
		Args: []Arg{Opt(Pattern("pattern"))}, Arity: -2, Flags: PubSub | Loading | Stale,
		RunClient: listChannels(toShards),
	}, {
		Name: "pubsub|shardnumsub", Group: GroupPubSub, Since: "7.0.0",
		Summary: "Returns the count of subscribers of shard channels.", Complexity: "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
		Args: []Arg{Opt(Many(String("shardchannel")))}, Arity: -2, Flags: PubSub | Loading | Stale,
		Run: countSubscribers(toShards),
	}, {
		Name: "punsubscribe", Group: GroupPubSub, Since: "2.0.0",
		Summary: "Stops listening to messages published to channels that match one or more patterns.", Complexity: "O(N) where N is the number of patterns to unsubscribe.",
		Args: []Arg{Opt(Many(Pattern("pattern")))}, Arity: -1, Flags: sub,
		RunClient: unsubscribeFrom(toPatterns),
	}, {
		Name: "spublish", Group: GroupPubSub, Since: "7.0.0",
		Summary: "Post a message to a shard channel.", Complexity: "O(N) where N is the number of clients subscribed to the receiving shard channel.",
		Args: []Arg{String("shardchannel"), String("message")}, Arity: 3, Flags: PubSub | Loading | Stale | Fast | MayReplicate, Keys: OneKey(1, NotKey), Channels: &ChannelSpec{First: 1},
		Run: func(ks *Keyspace, args Args, w Reply) error {
			w.Int(int64(ks.e.publish(ks.e.pubsub.shards, "smessage", args[0], args[1])))
			return nil
		},
	}, {
		Name: "ssubscribe", Group: GroupPubSub, Since: "7.0.0",
		Summary: "Listens for messages published to shard channels.", Complexity: "O(N) where N is the number of shard channels to subscribe to.",
		Args: []Arg{Many(String("shardchannel"))}, Arity: -2, Flags: sub, Keys: shardKeys, Channels: &ChannelSpec{First: 1, Many: true},
		RunClient: subscribeTo(toShards),
	}, {
		Name: "subscribe", Group: GroupPubSub, Since: "2.0.0",
		Summary: "Listens for messages published to channels.", Complexity: "O(N) where N is the number of channels to subscribe to.",
		Args: []Arg{Many(String("channel"))}, Arity: -2, Flags: sub, Channels: &ChannelSpec{First: 1, Many: true},
		RunClient: subscribeTo(toChannels),
	}, {
		Name: "sunsubscribe", Group: GroupPubSub, Since: "7.0.0",
		Summary: "Stops listening to messages posted to shard channels.", Complexity: "O(N) where N is the number of shard channels to unsubscribe.",
		Args: []Arg{Opt(Many(String("shardchannel")))}, Arity: -1, Flags: sub, Keys: shardKeys,
		RunClient: unsubscribeFrom(toShards),
	}, {
		Name: "unsubscribe", Group: GroupPubSub, Since: "2.0.0",
		Summary: "Stops listening to messages posted to channels.", Complexity: "O(N) where N is the number of channels to unsubscribe.",
		Args: []Arg{Opt(Many(String("channel")))}, Arity: -1, Flags: sub,
		RunClient: unsubscribeFrom(toChannels),
	}}
}

// subscribeTo replies, as an exception to the rule, with one message for each
// name.
func subscribeTo(kind subscription) func(*Client, Args, Reply) error {
	return func(c *Client, args Args, w Reply) error {
		// Redis refuses shard channels alone inside EXEC.
		if kind.subscribe == toShards.subscribe && c.executing {
			return Errf("SSUBSCRIBE isn't allowed for a DENY BLOCKING client")
		}
		for _, name := range args {
			c.subscribe(kind, string(name))
			w.Push(3)
			w.BulkString(kind.subscribe)
			w.Bulk(name)
			w.Int(int64(kind.count(c)))
		}
		c.pushing = !c.executing
		return nil
	}
}

func (c *Client) subscribe(kind subscription, name string) {
	places := kind.places(c)
	if (*places)[name] != nil {
		return
	}
	if *places == nil {
		*places = map[string]*waiter[string]{}
	}
	(*places)[name] = kind.register(&c.e.pubsub).join(name, c)
}

// unsubscribeFrom replies with one message for each name, and with one where
// there is none.
func unsubscribeFrom(kind subscription) func(*Client, Args, Reply) error {
	return func(c *Client, args Args, w Reply) error {
		names := make([]string, len(args))
		for i, a := range args {
			names[i] = string(a)
		}
		if len(args) == 0 {
			names = slices.Sorted(maps.Keys(*kind.places(c)))
		}
		for _, name := range names {
			c.unsubscribe(kind, name)
			w.Push(3)
			w.BulkString(kind.unsubscribe)
			w.BulkString(name)
			w.Int(int64(kind.count(c)))
		}
		if len(names) == 0 {
			w.Push(3)
			w.BulkString(kind.unsubscribe)
			w.Null()
			w.Int(int64(kind.count(c)))
		}
		c.pushing = !c.executing
		return nil
	}
}

func (c *Client) unsubscribe(kind subscription, name string) {
	places := *kind.places(c)
	if place := places[name]; place != nil {
		kind.register(&c.e.pubsub).leave(place)
		delete(places, name)
	}
}

// leave ends all subscriptions of a client.
func (p *pubsub) leave(c *Client) {
	for _, kind := range []subscription{toChannels, toPatterns, toShards} {
		for _, place := range *kind.places(c) {
			kind.register(p).leave(place)
		}
		*kind.places(c) = nil
	}
}

func listChannels(kind subscription) func(*Client, Args, Reply) error {
	return func(c *Client, args Args, w Reply) error {
		if len(args) > 1 {
			return c.errSubcommandSyntax()
		}
		var names []string
		for name := range kind.register(&c.e.pubsub) {
			if len(args) == 0 || glob.Match(args[0], []byte(name), false) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		w.Array(len(names))
		for _, n := range names {
			w.BulkString(n)
		}
		return nil
	}
}

func countSubscribers(kind subscription) func(*Keyspace, Args, Reply) error {
	return func(ks *Keyspace, args Args, w Reply) error {
		w.Array(2 * len(args))
		for _, name := range args {
			w.Bulk(name)
			w.Int(int64(kind.register(&ks.e.pubsub).count(string(name))))
		}
		return nil
	}
}
