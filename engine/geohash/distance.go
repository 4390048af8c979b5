package geohash

import "math"

// earthRadius is in metres.
const earthRadius = 6372797.560856

// Distance returns the metres between two points.
func Distance(from, to Point) float64 {
	o := newOrigin(from)
	return o.distance(to)
}

// origin is a point from which distances are measured.
type origin struct {
	Point
	lon, lat float64 // radians
	cosLat   float64
}

func newOrigin(p Point) origin {
	o := origin{Point: p, lon: radians(p.Longitude), lat: radians(p.Latitude)}
	o.cosLat = cosine(o.lat)
	return o
}

func (o *origin) distance(to Point) float64 {
	v := sine((radians(to.Longitude) - o.lon) / 2)
	if v == 0 {
		return o.latitudes(to)
	}
	lat := radians(to.Latitude)
	u := sine((lat - o.lat) / 2)
	a := float64(u*u) + float64(o.cosLat*cosine(lat)*v*v)
	return 2 * earthRadius * arcSine(min(math.Sqrt(a), 1))
}

// latitudes returns the metres between two latitudes.
func (o *origin) latitudes(to Point) float64 {
	return earthRadius * math.Abs(radians(to.Latitude)-o.lat)
}
