package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/engine/geohash"
)

var geoSetup = []string{"GEOADD g 13.361389 38.115556 a 15.087269 37.502669 b 2 48 c", "SET text x", "EXPIRE g 100", "ZADD d 1 x", "EXPIRE d 50"}

var geoWrites = []string{
	"GEOADD g 1 1 new", "GEOADD g CH 1 1 a 2 2 b", "GEOADD g NX 1 1 a", "GEOADD new 1 1 a", "GEOADD new XX 1 1 a",
	"GEOSEARCHSTORE d g FROMMEMBER a BYRADIUS 300 km", "GEOSEARCHSTORE d g FROMMEMBER a BYRADIUS 300 km STOREDIST", "GEOSEARCHSTORE g g FROMLONLAT 2 48 BYBOX 10 10 km",
	"GEOSEARCHSTORE d g FROMLONLAT 90 0 BYBOX 10 10 km", "GEOSEARCHSTORE text g FROMMEMBER a BYRADIUS 1 m", "GEORADIUS g 15 37 300 km STORE d", "GEORADIUSBYMEMBER g a 300 km STOREDIST new",
	"GEORADIUSBYMEMBER missing a 300 km STORE d",
}

func TestGeoWritesAreReplayed(t *testing.T) {
	for _, line := range geoWrites {
		te := newTestEngine(t)
		j := &fakeJournal{}
		te.UseJournal(j, 0)
		for _, setup := range geoSetup {
			te.do(setup)
		}
		if got := te.do(line); strings.HasPrefix(got, "-") {
			t.Errorf("%.40s: %s", line, got)
		}
		checkReplayed(t, te, j)
	}
}

func TestGeoWritesAreUndone(t *testing.T) {
	te := newTestEngine(t)
	for _, setup := range geoSetup {
		te.do(setup)
	}
	checkUndone(t, te, geoWrites)
}

func TestGeoEvents(t *testing.T) {
	got := toldEvents(t, newTestEngine(t), "GEOADD g 1 1 a", "GEOADD g 1 1 a", "GEOADD g CH 2 1 a",
		"GEOSEARCHSTORE d g FROMLONLAT 2 1 BYRADIUS 10 km", "GEOSEARCHSTORE d g FROMLONLAT 10 1 BYRADIUS 10 km", "GEOSEARCHSTORE d g FROMLONLAT 10 1 BYRADIUS 10 km",
		"GEORADIUS g 2 1 10 km STORE d", "GEORADIUS g 2 1 10 km", "GEORADIUSBYMEMBER g a 10 km STOREDIST e", "GEORADIUS missing 2 1 10 km STORE d")
	want := []string{"zadd g", "zadd g", "geosearchstore d", "del d", "georadiusstore d", "georadiusstore e", "del d"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestEveryStoreIsAKey has no STORE escape whoever checks keys.
func TestEveryStoreIsAKey(t *testing.T) {
	te := newTestEngine(t)
	for line, want := range map[string]string{
		"GEORADIUS k 1 2 3 m":                                 "k",
		"GEORADIUS k 1 2 3 m STORE a COUNT 3 storedist b":     "k a b",
		"GEORADIUS k 1 2 3 m STORE STORE STORE x":             "k STORE x",
		"GEORADIUS k 1 2 3 m STORE":                           "k",
		"GEORADIUSBYMEMBER k store 3 m ASC STORE a STORE b":   "k a b",
		"GEORADIUSBYMEMBER k STOREDIST 3 m WITHDIST WITHDIST": "k",
	} {
		reply := te.do("COMMAND GETKEYS " + line)
		var keys []string
		for i, part := range strings.Split(reply, "\r\n") {
			if i > 0 && i%2 == 0 {
				keys = append(keys, part)
			}
		}
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// TestSearchesFindWhatIsNear compares with the distances of all members, away
// from the ends of the map, where cells do not go around all of an area.
func TestSearchesFindWhatIsNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		te := newTestEngine(&testing.T{})
		size := rapid.SampledFrom([]float64{0.001, 1, 30}).Draw(t, "size")
		at := geohash.Point{Longitude: rapid.Float64Range(-100, 100).Draw(t, "longitude"), Latitude: rapid.Float64Range(-50, 50).Draw(t, "latitude")}
		points := map[string]geohash.Point{}
		for i := range rapid.IntRange(1, 60).Draw(t, "members") {
			p := geohash.Point{Longitude: at.Longitude + rapid.Float64Range(-size, size).Draw(t, "east"), Latitude: at.Latitude + rapid.Float64Range(-size, size).Draw(t, "north")}
			name := fmt.Sprint("m", i)
			te.do(fmt.Sprintf("GEOADD g %v %v %s", p.Longitude, p.Latitude, name))
			points[name] = geohash.HashOf(p).Point()
		}
		radius := rapid.Float64Range(0, size*111000).Draw(t, "radius")
		var want []string
		for name, p := range points {
			if geohash.Distance(at, p) <= radius {
				want = append(want, name)
			}
		}
		var got []string
		for i, part := range strings.Split(te.do(fmt.Sprintf("GEOSEARCH g FROMLONLAT %v %v BYRADIUS %v m ASC", at.Longitude, at.Latitude, radius)), "\r\n") {
			if i > 0 && i%2 == 0 {
				got = append(got, part)
			}
		}
		if !slices.IsSortedFunc(got, func(a, b string) int {
			return int(geohash.Distance(at, points[a])*1e6) - int(geohash.Distance(at, points[b])*1e6)
		}) {
			t.Fatalf("%q is not in order", got)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%v m around %v: got %q, want %q of %v", radius, at, got, want, points)
		}
	})
}

func BenchmarkGeosearch(b *testing.B) {
	te := newTestEngine(b)
	for i := range 100_000 {
		te.do(fmt.Sprintf("GEOADD g %v %v m%d", float64(i%1000)/50, 30+float64(i/1000)/10, i))
	}
	for _, radius := range []string{"5", "50"} {
		b.Run(radius+"km", func(b *testing.B) {
			b.ReportAllocs()
			argv := words("GEOSEARCH g FROMLONLAT 10 35 BYRADIUS " + radius + " km ASC COUNT 10")
			for range b.N {
				te.Execute(te.c, argv)
				te.c.Sent(te.c.Out.Len())
			}
		})
	}
}
