package engine

// pubsub is the register of subscriptions: channels, patterns, and shard
// channels, each with its subscribers in the order in which they came.
type pubsub struct {
	channels, patterns, shards map[string][]*Client
}

func (p *pubsub) init() {
	p.channels, p.patterns, p.shards = map[string][]*Client{}, map[string][]*Client{}, map[string][]*Client{}
}

// subscriptions are one client's.
type subscriptions struct {
	channels, patterns, shards map[string]struct{}
}

func (s *subscriptions) any() bool {
	return len(s.channels)+len(s.patterns)+len(s.shards) > 0
}

// leave ends all subscriptions of a client.
func (p *pubsub) leave(c *Client) {
	drop(p.channels, c, c.subs.channels)
	drop(p.patterns, c, c.subs.patterns)
	drop(p.shards, c, c.subs.shards)
	c.subs = subscriptions{}
}

func drop(register map[string][]*Client, c *Client, names map[string]struct{}) {
	for name := range names {
		register[name] = without(register[name], c)
		if len(register[name]) == 0 {
			delete(register, name)
		}
	}
}

func without(list []*Client, c *Client) []*Client {
	for i, o := range list {
		if o == c {
			return append(list[:i:i], list[i+1:]...)
		}
	}
	return list
}
