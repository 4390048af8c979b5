package engine

import (
	"bytes"
	"time"
)

func blockingListCommands() []Command {
	timeout := Double("timeout")
	return []Command{{
		Name: "blmove", Group: GroupList, Since: "6.2.0",
		Summary:    "Moves an element from an end of one list to an end of another and returns it, waiting until there is one.",
		Complexity: "O(1)",
		Args:       append(append(sourceAndDestination(), fromAndTo()...), timeout),
		Arity:      6, Flags: Write | DenyOOM | Blocking, Keys: moveKeys(),
		RunClient: blmove,
	}, {
		Name: "blmpop", Group: GroupList, Since: "7.0.0",
		Summary:    "Removes and returns elements from an end of the first list that exists among several, waiting until one does.",
		Complexity: "O(N+M) where N is the number of keys given and M is the number of elements returned.",
		Args:       append([]Arg{timeout}, popManyArgs()...),
		Arity:      -5, Flags: Write | Blocking | MovableKeys, Keys: NumKeys(2, 3, RW|Access|Delete),
		RunClient: blmpop,
	}, {
		Name: "blpop", Group: GroupList, Since: "2.0.0",
		Summary:    "Removes and returns the first element of the first list that exists among several, waiting until one does.",
		Complexity: "O(N) where N is the number of keys given.",
		Args:       []Arg{Many(Key("key")), timeout},
		Arity:      -3, Flags: Write | Blocking, Keys: KeyRange(1, -2, 1, RW|Access|Delete),
		RunClient: func(c *Client, args Args, w Reply) error { return blockingPop(c, args, left, w) },
	}, {
		Name: "brpop", Group: GroupList, Since: "2.0.0",
		Summary:    "Removes and returns the last element of the first list that exists among several, waiting until one does.",
		Complexity: "O(N) where N is the number of keys given.",
		Args:       []Arg{Many(Key("key")), timeout},
		Arity:      -3, Flags: Write | Blocking, Keys: KeyRange(1, -2, 1, RW|Access|Delete),
		RunClient: func(c *Client, args Args, w Reply) error { return blockingPop(c, args, right, w) },
	}, {
		Name: "brpoplpush", Group: GroupList, Since: "2.2.0",
		Summary:    "Moves the last element of one list to the front of another and returns it, waiting until there is one.",
		Complexity: "O(1)",
		Args:       append(sourceAndDestination(), timeout),
		Arity:      4, Flags: Write | DenyOOM | Blocking, Keys: moveKeys(),
		RunClient: brpoplpush,
	}}
}

// blockingPop replies with the key and the element, once there is one.
func blockingPop(c *Client, args Args, from side, w Reply) error {
	last := len(args) - 1
	timeout, err := args.blockTimeout(last)
	if err != nil {
		return err
	}
	for _, key := range args[:last] {
		v, err := c.Keyspace().listToChange(key)
		if err != nil {
			return err
		}
		if v != nil {
			v.popWithKey(key, from, w)
			return nil
		}
	}
	c.awaitList(args[:last], timeout, w, Reply.NullArray, func(v *listValue, key []byte, w Reply) error {
		v.popWithKey(key, from, w)
		return nil
	})
	return nil
}

func (v *listValue) popWithKey(key []byte, from side, w Reply) {
	w.Array(2)
	w.Bulk(key)
	v.popOne(from, w)
}

// awaitList parks the client until one of keys is a list, which serve then
// takes from; the error of serve ends the wait too. A client that may not
// block gets the answer of inVain at once, one whose time runs out a null
// array whatever the command, as in Redis.
func (c *Client) awaitList(keys [][]byte, timeout time.Duration, w Reply, inVain func(Reply), serve func(v *listValue, key []byte, w Reply) error) {
	if !c.MayBlock() {
		inVain(w)
		return
	}
	c.Block(keys, timeout, func(ks *Keyspace, key []byte, w Reply) bool {
		v, err := ks.listToChange(key)
		if err != nil || v == nil {
			return false
		}
		if err := serve(v, key, w); err != nil {
			WriteError(w, err)
		}
		return true
	}, Reply.NullArray)
}

func blmove(c *Client, args Args, w Reply) error {
	m, err := parseMove(args)
	if err != nil {
		return err
	}
	return blockingMove(c, m, args[4:], w)
}

func brpoplpush(c *Client, args Args, w Reply) error {
	return blockingMove(c, move{args[0], args[1], right, left}, args[2:], w)
}

func blockingMove(c *Client, m move, timeoutArg Args, w Reply) error {
	timeout, err := timeoutArg.blockTimeout(0)
	if err != nil {
		return err
	}
	source, err := c.Keyspace().listToChange(m.source)
	if err != nil {
		return err
	}
	if source != nil {
		return c.Keyspace().moveElement(m, w)
	}
	m.destination = bytes.Clone(m.destination)
	c.awaitList([][]byte{m.source}, timeout, w, Reply.Null, func(v *listValue, key []byte, w Reply) error {
		m.source = key
		return v.ks.moveElement(m, w)
	})
	return nil
}

func blmpop(c *Client, args Args, w Reply) error {
	p, err := parsePopMany(args[1:])
	if err != nil {
		return err
	}
	timeout, err := args.blockTimeout(0)
	if err != nil {
		return err
	}
	if found, err := c.Keyspace().popFirst(p, w); found || err != nil {
		return err
	}
	keys := p.keys
	p.keys = nil
	c.awaitList(keys, timeout, w, Reply.NullArray, func(v *listValue, key []byte, w Reply) error {
		v.popKeyed(key, p, w)
		return nil
	})
	return nil
}
