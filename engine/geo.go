package engine

import (
	"bytes"
	"slices"
	"strconv"

	"perigee/engine/geohash"
)

// geoCommands keep points in sorted sets: a point's score is its hash.
func geoCommands() []Command {
	return slices.Concat(geoMemberCommands(), geoSearchCommands(), geoRadiusCommands())
}

// geoUnit is the choice of a unit.
func geoUnit() Arg {
	return OneOf("unit", Word("m", "M"), Word("km", "KM"), Word("ft", "FT"), Word("mi", "MI"))
}

func geoMemberCommands() []Command {
	return []Command{{
		Name: "geoadd", Group: GroupGeo, Since: "3.2.0",
		Summary:    "Adds members to a geospatial index, or moves them.",
		Complexity: "O(log(N)) for each member given, where N is the size of the index",
		Args: []Arg{Key("key"),
			Opt(AddedIn("6.2.0", OneOf("condition", Word("nx", "NX"), Word("xx", "XX")))),
			Opt(AddedIn("6.2.0", Word("change", "CH"))),
			Many(Double("longitude"), Double("latitude"), String("member"))},
		Arity: -5, Flags: Write | DenyOOM, Keys: OneKey(1, RW|Update),
		Run: geoadd,
	}, {
		Name: "geodist", Group: GroupGeo, Since: "3.2.0",
		Summary:    "Returns the distance between two members of a geospatial index.",
		Complexity: "O(1)",
		Args:       []Arg{Key("key"), String("member1"), String("member2"), Opt(geoUnit())},
		Arity:      -4, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: geodist,
	}, {
		Name: "geohash", Group: GroupGeo, Since: "3.2.0",
		Summary:    "Returns the geohashes of members of a geospatial index, as others understand them.",
		Complexity: "O(1) for each member given",
		Args:       []Arg{Key("key"), Opt(Many(String("member")))},
		Arity:      -2, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: geohashes,
	}, {
		Name: "geopos", Group: GroupGeo, Since: "3.2.0",
		Summary:    "Returns the longitudes and latitudes of members of a geospatial index.",
		Complexity: "O(1) for each member given",
		Args:       []Arg{Key("key"), Opt(Many(String("member")))},
		Arity:      -2, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		Run: geopos,
	}}
}

// geoadd replies as ZADD does.
func geoadd(ks *Keyspace, args Args, w Reply) error {
	var o zaddOptions
	i := 1
options:
	for ; i < len(args); i++ {
		switch {
		case args.Is(i, "NX"):
			o.onlyNew = true
		case args.Is(i, "XX"):
			o.onlyOld = true
		case args.Is(i, "CH"):
			o.countChanged = true
		default:
			break options
		}
	}
	points := args[i:]
	if len(points)%3 != 0 || len(points) == 0 || o.onlyNew && o.onlyOld {
		return ErrSyntax
	}
	scores := make([]float64, 0, len(points)/3)
	pairs := make(Args, 0, len(points)/3*2)
	for i := 0; i < len(points); i += 3 {
		p, err := points.point(i)
		if err != nil {
			return err
		}
		scores = append(scores, float64(geohash.HashOf(p)))
		pairs = append(pairs, nil, points[i+2])
	}
	v, err := ks.zsetToChange(args.Key(0))
	if err != nil {
		return err
	}
	ks.addScores(v, args.Key(0), scores, pairs, &o, w)
	return nil
}

// point reads the longitude at argument i and the latitude behind it.
func (a Args) point(i int) (p geohash.Point, err error) {
	if p.Longitude, err = a.Float(i); err != nil {
		return p, err
	}
	if p.Latitude, err = a.Float(i + 1); err != nil {
		return p, err
	}
	if !p.Valid() {
		return p, Errf("invalid longitude,latitude pair " + sixDecimals(p.Longitude) + "," + sixDecimals(p.Latitude))
	}
	return p, nil
}

// sixDecimals is C's %f.
func sixDecimals(f float64) string {
	switch text := strconv.FormatFloat(f, 'f', 6, 64); text {
	case "+Inf", "-Inf":
		return string(bytes.TrimLeft(bytes.ToLower([]byte(text)), "+"))
	default:
		return text
	}
}

// unit reads argument i as a unit and returns its length in metres.
func (a Args) unit(i int) (float64, error) {
	switch {
	case a.Is(i, "M"):
		return 1, nil
	case a.Is(i, "KM"):
		return 1000, nil
	case a.Is(i, "FT"):
		return 0.3048, nil
	case a.Is(i, "MI"):
		return 1609.34, nil
	}
	return 0, Errf("unsupported unit provided. please use M, KM, FT, MI")
}

func geodist(ks *Keyspace, args Args, w Reply) error {
	unit := 1.0
	if len(args) > 4 {
		return ErrSyntax
	}
	if len(args) == 4 {
		var err error
		if unit, err = args.unit(3); err != nil {
			return err
		}
	}
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	from, ok := v.point(args[1])
	to, okToo := v.point(args[2])
	if !ok || !okToo {
		w.Null()
		return nil
	}
	writeDistance(w, geohash.Distance(from, to)/unit)
	return nil
}

// writeDistance writes four decimals, as a string in every protocol.
func writeDistance(w Reply, distance float64) {
	var text [32]byte
	w.Bulk(strconv.AppendFloat(text[:0], distance, 'f', 4, 64))
}

// point returns where a member of v, which may be nil, is.
func (v *zsetValue) point(member []byte) (geohash.Point, bool) {
	if v == nil {
		return geohash.Point{}, false
	}
	score, ok := v.Score(member)
	return geohash.OfScore(score).Point(), ok
}

func geohashes(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	w.Array(len(args) - 1)
	for _, member := range args[1:] {
		if v != nil {
			if score, ok := v.Score(member); ok {
				w.BulkString(geohash.OfScore(score).String())
				continue
			}
		}
		w.Null()
	}
	return nil
}

func geopos(ks *Keyspace, args Args, w Reply) error {
	v, err := ks.zsetAt(args.Key(0))
	if err != nil {
		return err
	}
	w.Array(len(args) - 1)
	for _, member := range args[1:] {
		if p, ok := v.point(member); ok {
			writePoint(w, p)
		} else {
			w.NullArray()
		}
	}
	return nil
}

func writePoint(w Reply, p geohash.Point) {
	w.Array(2)
	writeCoordinate(w, p.Longitude)
	writeCoordinate(w, p.Latitude)
}

// writeCoordinate writes up to 17 decimals, all that are not 0.
func writeCoordinate(w Reply, degrees float64) {
	var room [32]byte
	text := bytes.TrimRight(strconv.AppendFloat(room[:0], degrees, 'f', 17, 64), "0")
	text = bytes.TrimSuffix(text, []byte("."))
	if string(text) == "-0" {
		text = text[1:]
	}
	w.DoubleText(text)
}
