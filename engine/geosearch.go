package engine

import (
	"cmp"
	"slices"

	"perigee/engine/geohash"
)

const perGeoSearch = "O(N+log(M)) where N is the number of members in the box around the area, aligned to the grid, and M the number of members inside"

func geoSearchCommands() []Command {
	area := []Arg{
		OneOf("from", With("FROMMEMBER", String("member")), With("FROMLONLAT", Block("fromlonlat", Double("longitude"), Double("latitude")))),
		OneOf("by",
			Block("circle", With("BYRADIUS", Double("radius")), geoUnit()),
			Block("box", With("BYBOX", Double("width")), Double("height"), geoUnit())),
		Opt(OneOf("order", Word("asc", "ASC"), Word("desc", "DESC"))),
		Opt(Block("count-block", With("COUNT", Integer("count")), Opt(Word("any", "ANY")))),
	}
	return []Command{{
		Name: "geosearch", Group: GroupGeo, Since: "6.2.0",
		Summary:    "Returns the members of a geospatial index inside a circle or a box.",
		Complexity: perGeoSearch,
		Args:       slices.Concat([]Arg{Key("key")}, area, geoWith()),
		Arity:      -7, Flags: ReadOnly, Keys: OneKey(1, RO|Access),
		RunClient: geosearch,
	}, {
		Name: "geosearchstore", Group: GroupGeo, Since: "6.2.0",
		Summary:    "Stores the members of a geospatial index inside a circle or a box at another key.",
		Complexity: perGeoSearch,
		Args:       slices.Concat([]Arg{Key("destination"), Keyed(1, Key("source"))}, area, []Arg{Opt(Word("storedist", "STOREDIST"))}),
		Arity:      -8, Flags: Write | DenyOOM, Keys: Specs(OneKey(1, OW|Update), OneKey(2, RO|Access)),
		RunClient: geosearchstore,
	}}
}

// geoWith is what may be asked about each member.
func geoWith() []Arg {
	return []Arg{Opt(Word("withcoord", "WITHCOORD")), Opt(Word("withdist", "WITHDIST")), Opt(Word("withhash", "WITHHASH"))}
}

func geosearch(c *Client, args Args, w Reply) error {
	q := geoQuery{name: c.argv[0], open: true}
	return q.run(c.Keyspace(), args.Key(0), args[1:], w)
}

func geosearchstore(c *Client, args Args, w Reply) error {
	q := geoQuery{name: c.argv[0], open: true, store: args.Key(0), event: "geosearchstore"}
	return q.run(c.Keyspace(), args.Key(1), args[2:], w)
}

// geoQuery is what a command of the GEOSEARCH or the GEORADIUS family asks for.
type geoQuery struct {
	name     []byte // as the client wrote it, for errors
	event    string // of storing
	open     bool   // FROM… and BY… are options
	mayStore bool   // STORE and STOREDIST with a key are

	area                          geohash.Area
	from, by                      string // the options that said so
	backwards, sorted             bool   // DESC, ASC or DESC
	count                         int64  // 0 is no bound
	any                           bool
	withCoord, withDist, withHash bool

	store     []byte // nil replies with the members
	distances bool   // store distances, not hashes
}

// run searches the sorted set at key. As in the reference, its type is what is
// looked at first, then one argument after the other.
func (q *geoQuery) run(ks *Keyspace, key []byte, options Args, w Reply) error {
	v, err := ks.zsetAt(key)
	if err != nil {
		return err
	}
	if err := q.read(v, options); err != nil {
		return err
	}
	return q.answer(ks, v, w)
}

// answer replies with the members found, or stores them and replies with their
// number.
func (q *geoQuery) answer(ks *Keyspace, v *zsetValue, w Reply) error {
	found := q.find(v)
	if q.store == nil {
		q.write(found, w)
		return nil
	}
	var r zresult
	for i := range found {
		score := found[i].score
		if q.distances {
			score = found[i].distance / q.area.Unit
		}
		r.add(found[i].member, score)
	}
	ks.storeZSet(q.store, &r, q.event)
	w.Int(int64(len(found)))
	return nil
}

// geoFound is a member inside the area.
type geoFound struct {
	member   []byte
	score    float64
	point    geohash.Point
	distance float64 // metres
}

// find returns the members of v, which may be nil, in the order asked for.
func (q *geoQuery) find(v *zsetValue) []geoFound {
	if v == nil {
		return nil
	}
	var found []geoFound
	finder := q.area.Finder()
	for _, r := range q.area.Ranges() {
		if q.any && int64(len(found)) >= q.count {
			break
		}
		first, n := v.span(&zrangeQuery{by: byScore, min: scoreBound{score: float64(r.From)}, max: scoreBound{score: float64(r.To), exclusive: true}})
		v.walk(first, n, false, func(member []byte, score float64) bool {
			p := geohash.OfScore(score).Point()
			if distance, inside := finder.Contains(p); inside {
				found = append(found, geoFound{slices.Clone(member), score, p, distance})
			}
			return !q.any || int64(len(found)) < q.count
		})
	}
	return q.order(found)
}

// order sorts what was found, as far as it is asked for, and returns that.
func (q *geoQuery) order(found []geoFound) []geoFound {
	nearer := func(a, b *geoFound) int { return cmp.Compare(a.distance, b.distance) }
	if q.backwards {
		nearer = func(a, b *geoFound) int { return cmp.Compare(b.distance, a.distance) }
	}
	all := q.count == 0 || q.count >= int64(len(found))
	switch {
	case q.sorted && all:
		slices.SortStableFunc(found, func(a, b geoFound) int { return nearer(&a, &b) })
	case q.sorted:
		partialSort(found, int(q.count), nearer)
	}
	if !all {
		found = found[:q.count]
	}
	return found
}

func (q *geoQuery) write(found []geoFound, w Reply) {
	w.Array(len(found))
	more := 0
	for _, with := range []bool{q.withDist, q.withHash, q.withCoord} {
		if with {
			more++
		}
	}
	for i := range found {
		f := &found[i]
		if more > 0 {
			w.Array(1 + more)
		}
		w.Bulk(f.member)
		if q.withDist {
			writeDistance(w, f.distance/q.area.Unit)
		}
		if q.withHash {
			w.Int(int64(geohash.OfScore(f.score)))
		}
		if q.withCoord {
			writePoint(w, f.point)
		}
	}
}

var errGeoMember = Errf("could not decode requested zset member")

// center makes a member of v the center. If v is nil nothing will be found, so
// that it is as good as any.
func (q *geoQuery) center(v *zsetValue, member []byte) error {
	p, ok := v.point(member)
	if !ok && v != nil {
		return errGeoMember
	}
	q.area.Center = p
	return nil
}

// read reads the options and checks what goes together.
func (q *geoQuery) read(v *zsetValue, options Args) error {
	for i := 0; i < len(options); {
		n, err := q.option(v, options[i:])
		if err != nil {
			return err
		}
		i += n
	}
	switch {
	case q.store != nil && (q.withDist || q.withHash || q.withCoord):
		return Errf(q.storing() + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	case q.open && q.from == "":
		return Errf("exactly one of FROMMEMBER or FROMLONLAT can be specified for " + string(q.name))
	case q.open && q.by == "":
		return Errf("exactly one of BYRADIUS and BYBOX can be specified for " + string(q.name))
	case q.any && q.count == 0:
		return Errf("the ANY argument requires COUNT argument")
	}
	if q.count > 0 && !q.any {
		q.sorted = true
	}
	return nil
}

// storing is what stores, in the words of an error.
func (q *geoQuery) storing() string {
	if q.open {
		return "GEOSEARCHSTORE"
	}
	return "STORE option in GEORADIUS"
}

// option reads the option that args begin with and returns how many arguments
// it is.
func (q *geoQuery) option(v *zsetValue, args Args) (n int, err error) {
	switch more := len(args) - 1; {
	case args.Is(0, "WITHDIST"):
		q.withDist = true
	case args.Is(0, "WITHHASH"):
		q.withHash = true
	case args.Is(0, "WITHCOORD"):
		q.withCoord = true
	case args.Is(0, "ANY"):
		q.any = true
	case args.Is(0, "ASC"):
		q.sorted, q.backwards = true, false
	case args.Is(0, "DESC"):
		q.sorted, q.backwards = true, true
	case args.Is(0, "COUNT") && more >= 1:
		if q.count, err = args.Int(1); err == nil && q.count <= 0 {
			err = Errf("COUNT must be > 0")
		}
		return 2, err
	case q.mayStore && more >= 1 && (args.Is(0, "STORE") || args.Is(0, "STOREDIST")):
		q.store, q.distances = args[1], args.Is(0, "STOREDIST")
		return 2, nil
	case q.open && q.store != nil && args.Is(0, "STOREDIST"):
		q.distances = true
	case q.open:
		return q.areaOption(v, args)
	default:
		return 0, ErrSyntax
	}
	return 1, nil
}

// areaOption is option for where and how large the area is.
func (q *geoQuery) areaOption(v *zsetValue, args Args) (n int, err error) {
	switch more := len(args) - 1; {
	case args.Is(0, "FROMMEMBER") && more >= 1 && q.from != "FROMLONLAT":
		q.from = "FROMMEMBER"
		return 2, q.center(v, args[1])
	case args.Is(0, "FROMLONLAT") && more >= 2 && q.from != "FROMMEMBER":
		q.from = "FROMLONLAT"
		q.area.Center, err = args.point(1)
		return 3, err
	case args.Is(0, "BYRADIUS") && more >= 2 && q.by != "BYBOX":
		q.by = "BYRADIUS"
		return 3, q.circle(args, 1)
	case args.Is(0, "BYBOX") && more >= 3 && q.by != "BYRADIUS":
		q.by = "BYBOX"
		return 4, q.box(args, 1)
	}
	return 0, ErrSyntax
}

// circle reads radius and unit from argument i on.
func (q *geoQuery) circle(args Args, i int) (err error) {
	var ok bool
	if q.area.Radius, ok = ParseFloat(args[i]); !ok {
		return Errf("need numeric radius")
	}
	if q.area.Radius < 0 {
		return Errf("radius cannot be negative")
	}
	q.area.Circle = true
	q.area.Unit, err = args.unit(i + 1)
	return err
}

// box reads width, height and unit from argument i on.
func (q *geoQuery) box(args Args, i int) (err error) {
	var ok bool
	if q.area.Width, ok = ParseFloat(args[i]); !ok {
		return Errf("need numeric width")
	}
	if q.area.Height, ok = ParseFloat(args[i+1]); !ok {
		return Errf("need numeric height")
	}
	if q.area.Width < 0 || q.area.Height < 0 {
		return Errf("height or width cannot be negative")
	}
	q.area.Unit, err = args.unit(i + 2)
	return err
}
