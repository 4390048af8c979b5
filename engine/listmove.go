package engine

func sourceAndDestination() []Arg { return []Arg{Key("source"), Keyed(1, Key("destination"))} }

func fromAndTo() []Arg {
	return []Arg{leftOrRight("wherefrom"), leftOrRight("whereto")}
}

func leftOrRight(name string) Arg {
	return OneOf(name, Word("left", "LEFT"), Word("right", "RIGHT"))
}

func moveKeys() []KeySpec {
	return Specs(OneKey(1, RW|Access|Delete), OneKey(2, RW|Insert))
}

func popManyArgs() []Arg {
	return []Arg{Integer("numkeys"), Many(Key("key")), leftOrRight("where"), Opt(With("COUNT", Integer("count")))}
}

// side reads argument i as LEFT or RIGHT.
func (a Args) side(i int) (side, error) {
	switch {
	case a.Is(i, "LEFT"):
		return left, nil
	case a.Is(i, "RIGHT"):
		return right, nil
	}
	return left, ErrSyntax
}

// move is what LMOVE and its kin do: from an end of the list at source to an
// end of the one at destination.
type move struct {
	source, destination []byte
	from, to            side
}

// parseMove reads source, destination and the two ends.
func parseMove(args Args) (m move, err error) {
	m = move{source: args[0], destination: args[1]}
	if m.from, err = args.side(2); err != nil {
		return m, err
	}
	m.to, err = args.side(3)
	return m, err
}

func lmove(ks *Keyspace, args Args, w Reply) error {
	m, err := parseMove(args)
	if err != nil {
		return err
	}
	return ks.moveElement(m, w)
}

// moveElement makes the move and replies with the element, or with null if
// there is none.
func (ks *Keyspace) moveElement(m move, w Reply) error {
	source, err := ks.listToChange(m.source)
	if err != nil {
		return err
	}
	if source == nil {
		w.Null()
		return nil
	}
	destination, err := ks.listToChange(m.destination)
	if err != nil {
		return err
	}
	if destination == nil {
		destination = ks.addList(m.destination)
	}
	w.Bulk(source.moveTo(destination, m.from, m.to))
	return nil
}

// popMany is what LMPOP and BLMPOP do: take up to count elements from an end
// of the first of keys that exists.
type popMany struct {
	keys  [][]byte
	from  side
	count int64
}

var (
	errNumKeys    = Errf("numkeys should be greater than 0")
	errCountBelow = Errf("count should be greater than 0")
)

// parsePopMany reads numkeys, keys, LEFT or RIGHT, and COUNT.
func parsePopMany(args Args) (p popMany, err error) {
	n, err := args.Int(0)
	if err != nil || n <= 0 {
		return p, errNumKeys
	}
	if n >= int64(len(args)-1) {
		return p, ErrSyntax
	}
	p.keys, args = args[1:1+n], args[1+n:]
	if p.from, err = args.side(0); err != nil {
		return p, err
	}
	p.count = 1
	switch {
	case len(args) == 1:
		return p, nil
	case len(args) < 3 || !args.Is(1, "COUNT"):
		return p, ErrSyntax
	}
	if p.count, err = args.Int(2); err != nil || p.count <= 0 {
		return p, errCountBelow
	}
	if len(args) > 3 {
		return p, ErrSyntax
	}
	return p, nil
}

func lmpop(ks *Keyspace, args Args, w Reply) error {
	p, err := parsePopMany(args)
	if err != nil {
		return err
	}
	found, err := ks.popFirst(p, w)
	if err == nil && !found {
		w.NullArray()
	}
	return err
}

// popFirst replies with the key and its elements, unless no key exists.
func (ks *Keyspace) popFirst(p popMany, w Reply) (found bool, err error) {
	for _, key := range p.keys {
		v, err := ks.listToChange(key)
		if err != nil {
			return false, err
		}
		if v != nil {
			v.popKeyed(key, p, w)
			return true, nil
		}
	}
	return false, nil
}

func (v *listValue) popKeyed(key []byte, p popMany, w Reply) {
	w.Array(2)
	w.Bulk(key)
	v.popMany(p.from, p.count, w)
}
