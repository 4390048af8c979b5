package engine

import "slices"

// geoRadiusCommands are older forms of GEOSEARCH.
func geoRadiusCommands() []Command {
	const perRadius = "O(N+log(M)) where N is the number of members in the box around the circle, aligned to the grid, and M the number of members inside"
	circle := []Arg{Double("radius"), geoUnit()}
	options := func(any Arg) []Arg {
		return slices.Concat(geoWith(), []Arg{
			Opt(Block("count-block", With("COUNT", Integer("count")), Opt(any))),
			Opt(OneOf("order", Word("asc", "ASC"), Word("desc", "DESC"))),
		})
	}
	any := Word("any", "ANY")
	at, by := []Arg{Key("key"), Double("longitude"), Double("latitude")}, []Arg{Key("key"), String("member")}
	store := []Arg{Opt(With("STORE", Keyed(1, Key("storekey")))), Opt(With("STOREDIST", Keyed(2, Key("storedistkey"))))}
	keys := func(from int) []KeySpec {
		return Specs(OneKey(1, RO|Access), KeyAfter("STORE", from, OW|Update), KeyAfter("STOREDIST", from, OW|Update))
	}
	return []Command{{
		Name: "georadius", Group: GroupGeo, Since: "3.2.0",
		Summary:    "Returns the members of a geospatial index inside a circle around a point, or stores them.",
		Complexity: perRadius,
		Args:       slices.Concat(at, circle, options(AddedIn("6.2.0", any)), store),
		Arity:      -6, Flags: Write | DenyOOM, Keys: keys(6), KeysFunc: geoRadiusKeys(6),
		Run: georadius,
	}, {
		Name: "georadius_ro", Group: GroupGeo, Since: "3.2.10",
		Summary:    "Returns the members of a geospatial index inside a circle around a point.",
		Complexity: perRadius,
		Args:       slices.Concat(at, circle, options(AddedIn("6.2.0", any))),
		Arity:      -6, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: georadiusRO,
	}, {
		Name: "georadiusbymember", Group: GroupGeo, Since: "3.2.0",
		Summary:    "Returns the members of a geospatial index inside a circle around one of them, or stores them.",
		Complexity: perRadius,
		Args:       slices.Concat(by, circle, options(any), store),
		Arity:      -5, Flags: Write | DenyOOM, Keys: keys(5), KeysFunc: geoRadiusKeys(5),
		Run: georadiusbymember,
	}, {
		Name: "georadiusbymember_ro", Group: GroupGeo, Since: "3.2.10",
		Summary:    "Returns the members of a geospatial index inside a circle around one of them.",
		Complexity: perRadius,
		Args:       slices.Concat(by, circle, options(any)),
		Arity:      -5, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: georadiusbymemberRO,
	}}
}

// geoRadiusKeys finds the key searched and those behind every STORE and
// STOREDIST among the options, which begin at a position: the last is the one
// written to.
func geoRadiusKeys(options int) func(argv [][]byte) ([]KeyRef, error) {
	return func(argv [][]byte) ([]KeyRef, error) {
		refs := []KeyRef{{1, RO | Access}}
		for _, option := range []string{"STORE", "STOREDIST"} {
			for i := options; i+1 < len(argv); i++ {
				if EqualFold(argv[i], option) {
					i++
					refs = append(refs, KeyRef{i, OW | Update})
				}
			}
		}
		return refs, nil
	}
}

func georadius(ks *Keyspace, args Args, w Reply) error {
	return radiusAround(ks, args, geoQuery{mayStore: true, event: "georadiusstore"}, w)
}

func georadiusRO(ks *Keyspace, args Args, w Reply) error {
	return radiusAround(ks, args, geoQuery{}, w)
}

// radiusAround searches around the point at argument 1.
func radiusAround(ks *Keyspace, args Args, q geoQuery, w Reply) error {
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	if q.area.Center, err = args.point(1); err != nil {
		return err
	}
	if err := q.circle(args, 3); err != nil {
		return err
	}
	if err := q.read(v, args[5:]); err != nil {
		return err
	}
	return q.answer(ks, v, w)
}

func georadiusbymember(ks *Keyspace, args Args, w Reply) error {
	return radiusAroundMember(ks, args, geoQuery{mayStore: true, event: "georadiusstore"}, w)
}

func georadiusbymemberRO(ks *Keyspace, args Args, w Reply) error {
	return radiusAroundMember(ks, args, geoQuery{}, w)
}

// radiusAroundMember searches around the member at argument 1. The circle of
// one that is in no sorted set is not even read.
func radiusAroundMember(ks *Keyspace, args Args, q geoQuery, w Reply) error {
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	if v != nil {
		if err := q.center(v, args[1]); err != nil {
			return err
		}
		if err := q.circle(args, 2); err != nil {
			return err
		}
	}
	if err := q.read(v, args[4:]); err != nil {
		return err
	}
	return q.answer(ks, v, w)
}
