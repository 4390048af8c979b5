package engine_test

import (
	"fmt"
	"testing"

	"perigee/engine/geohash"
)

// TestSearchesAreThoseOfTheReference compares what is found, in its order,
// with scores and distances. The sines and arc sines of C libraries are not
// rounded correctly in one of 500 cases or so, which stored distances show.
func TestSearchesAreThoseOfTheReference(t *testing.T) {
	r := newReferencePair(t)
	for range 6 {
		r.both("FLUSHALL")
		size := []float64{360, 90, 10, 0.1, 0.001}[r.random.IntN(5)] // degrees
		middle := geohash.Point{Longitude: r.random.Float64()*360 - 180, Latitude: r.random.Float64()*170 - 85}
		point := func() []string {
			for {
				p := geohash.Point{Longitude: middle.Longitude + (r.random.Float64()-0.5)*size, Latitude: middle.Latitude + (r.random.Float64()-0.5)*size/2}
				if p.Valid() {
					return []string{fmt.Sprint(p.Longitude), fmt.Sprint(p.Latitude)}
				}
			}
		}
		add := []string{"GEOADD", "v"}
		for i := range 300 {
			add = append(append(add, point()...), fmt.Sprint("m", i))
		}
		r.both(add...)
		for range 60 {
			query := append([]string{"GEOSEARCH", "v", "FROMLONLAT"}, point()...)
			if r.random.IntN(3) == 0 {
				query = []string{"GEOSEARCH", "v", "FROMMEMBER", fmt.Sprint("m", r.random.IntN(300))}
			}
			side := func() string { return fmt.Sprint(r.random.Float64() * size * 111) }
			unit := []string{"km", "mi"}[r.random.IntN(2)]
			if r.random.IntN(2) == 0 {
				query = append(query, "BYRADIUS", side(), unit)
			} else {
				query = append(query, "BYBOX", side(), side(), unit)
			}
			query = append(query, [][]string{nil, {"ASC"}, {"DESC"}, {"COUNT", "5"}, {"COUNT", "7", "ANY"}, {"COUNT", "7", "ANY", "DESC"}}[r.random.IntN(6)]...)
			r.both(append(query, "WITHDIST", "WITHCOORD", "WITHHASH")...)
			r.both(append([]string{"GEOSEARCHSTORE", "d"}, append(query[1:], "STOREDIST")...)...)
			r.nearly("ZRANGE", "d", "0", "-1", "WITHSCORES")
		}
	}
}
